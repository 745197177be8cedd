//! Padlocks: values that a person set over the PSA's.
//!
//! A lock never changes a fact that was read. [`Facts::with_locks`] lays locks over facts: then
//! [`Facts::text`] and [`Facts::date`] give the locked value to every rule, while the PSA's stays
//! visible beside it. The stored form of facts leaves locks out, so a lock can never be taken for
//! something that the PSA said, and laying them over again changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::author::Author;
use crate::chain::Target;
use crate::date::parse_date;
use crate::fact::{Fact, FactValue, Facts};
use crate::serial::is_placeholder;
use crate::typed;

/// A locked text is at most this long, in characters.
pub const LOCKED_TEXT_MAX: usize = 2_000;

/// A value that a person set over the PSA's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// What applies instead of the PSA's value.
    pub value: FactValue,
    /// In the person's words; may be empty.
    pub reason: String,
    /// Who set it.
    pub by: Author,
    /// When, in milliseconds UTC.
    pub at_ms: i64,
    /// What the PSA said at that moment; `None` where it said nothing usable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<FactValue>,
}

/// Every lock of one asset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Locks(BTreeMap<Target, Lock>);

/// Why a text cannot be a value of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAValue {
    /// Nothing was given, or a stand-in for "not set".
    #[error("a value is needed")]
    Empty,
    /// A date was wanted, and the text is none or can be read two ways.
    #[error("this is not a date that can be read one way only; write it as 2024-03-31")]
    UnreadableDate,
    /// The text stands in for a serial number.
    #[error("this text stands in for a serial number; it would match other machines")]
    PlaceholderSerial,
    /// The text is longer than [`LOCKED_TEXT_MAX`].
    #[error("the text is longer than {LOCKED_TEXT_MAX} characters")]
    TooLong,
}

/// A target's value with where it came from, the overruled one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provenance<'a> {
    /// What applies.
    pub value: Option<&'a FactValue>,
    /// What the PSA says.
    pub psa: Option<&'a Fact>,
    /// Who set another value over it, when and why.
    pub lock: Option<&'a Lock>,
}

impl Locks {
    /// A target's lock.
    pub fn get(&self, target: Target) -> Option<&Lock> {
        self.0.get(&target)
    }

    /// Sets a lock, over any earlier one of the target.
    pub fn set(&mut self, target: Target, lock: Lock) {
        self.0.insert(target, lock);
    }

    /// Takes a lock away; the one that was there.
    pub fn remove(&mut self, target: Target) -> Option<Lock> {
        self.0.remove(&target)
    }

    /// Whether nothing is locked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every lock, in the order of targets.
    pub fn iter(&self) -> impl Iterator<Item = (Target, &Lock)> {
        self.0.iter().map(|(&target, lock)| (target, lock))
    }
}

impl FactValue {
    /// Reads what a person typed as a value of a target: a date where the target is one
    /// (`2024-03-31`, `31 Mar 2024`), otherwise text, trimmed.
    ///
    /// # Errors
    /// [`NotAValue`] says what is wrong with it.
    pub fn of_person(target: Target, text: &str) -> Result<FactValue, NotAValue> {
        // Only notes have lines.
        let typed =
            if target == Target::Notes { typed::typed(text) } else { typed::typed_line(text) };
        if target.is_date() {
            let date = parse_date(&typed).map_err(|_| NotAValue::UnreadableDate)?;
            return date.map(FactValue::Date).ok_or(NotAValue::Empty);
        }
        if typed.is_empty() {
            return Err(NotAValue::Empty);
        }
        if typed.chars().count() > LOCKED_TEXT_MAX {
            return Err(NotAValue::TooLong);
        }
        if target == Target::SerialNumber && is_placeholder(&typed) {
            return Err(NotAValue::PlaceholderSerial);
        }
        Ok(FactValue::Text(typed))
    }

    /// Whether it can be a value of a target: a date exactly where the target is one.
    pub fn suits(&self, target: Target) -> bool {
        matches!(self, FactValue::Date(_)) == target.is_date()
    }
}

impl Facts {
    /// The same facts with locks laid over them, instead of any before.
    #[must_use]
    pub fn with_locks(mut self, locks: &Locks) -> Facts {
        self.locks.clone_from(locks);
        self
    }

    /// What applies to a target: the locked value, else the PSA's.
    pub fn value(&self, target: Target) -> Option<&FactValue> {
        match self.locks.get(target) {
            Some(lock) => Some(&lock.value),
            None => self.get(target).map(|fact| &fact.value),
        }
    }

    /// What applies to a target, with where it came from.
    pub fn provenance(&self, target: Target) -> Provenance<'_> {
        Provenance {
            value: self.value(target),
            psa: self.get(target),
            lock: self.locks.get(target),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use proptest::prelude::*;

    use super::*;
    use crate::asset::RemoteField;

    fn fact(value: &FactValue) -> Fact {
        let field = RemoteField::Standard("bought".to_owned());
        Fact { value: value.clone(), link: 0, field, text: value.to_string() }
    }

    fn lock(value: FactValue, before: Option<FactValue>) -> Lock {
        let by = Author::user("7", "Ann");
        Lock { value, reason: "from the invoice".to_owned(), by, at_ms: 5, before }
    }

    fn day(year: i16) -> FactValue {
        FactValue::Date(Date::constant(year, 3, 1))
    }

    #[test]
    fn a_locked_value_wins_and_the_psas_stays_visible() {
        let mut facts = Facts::default();
        facts.values.insert(Target::PurchaseDate, fact(&day(2019)));
        let mut locks = Locks::default();
        locks.set(Target::PurchaseDate, lock(day(2024), Some(day(2019))));
        locks.set(Target::Model, lock(FactValue::Text("T14".to_owned()), None));
        let locked = facts.clone().with_locks(&locks);
        assert_eq!(locked.date(Target::PurchaseDate), Some(Date::constant(2024, 3, 1)));
        assert_eq!(locked.text(Target::Model), Some("T14"));
        let provenance = locked.provenance(Target::PurchaseDate);
        assert_eq!(provenance.value, Some(&day(2024)));
        assert_eq!(provenance.psa.unwrap().value, day(2019));
        assert_eq!(provenance.lock.unwrap().by.name, "Ann");
        assert_eq!(locked.clone().with_locks(&Locks::default()), facts, "unlocking gives it back");
    }

    #[test]
    fn locks_keep_their_stored_form() {
        let mut locks = Locks::default();
        locks.set(Target::PurchaseDate, lock(day(2024), None));
        let stored = serde_json::to_string(&locks).unwrap();
        assert_eq!(
            stored,
            concat!(
                r#"{"purchase_date":{"value":{"d":"2024-03-01"},"reason":"from the invoice","#,
                r#""by":{"user":"7","name":"Ann"},"at_ms":5}}"#
            )
        );
        assert_eq!(serde_json::from_str::<Locks>(&stored).unwrap(), locks);
    }

    #[test]
    fn what_a_person_types_becomes_a_value_or_a_reason_why_not() {
        let cases = "
            purchase_date | 2024-03-31   | 2024-03-31
            purchase_date |  31 Mar 2024 | 2024-03-31
            purchase_date | 01/03/2024   | UnreadableDate
            purchase_date | tomorrow     | UnreadableDate
            purchase_date |              | Empty
            purchase_date | 1900-01-01   | Empty
            model         |  ThinkPad    | ThinkPad
            model         |              | Empty
            serial_number | PF3X         | PF3X
            serial_number | 00000000     | PlaceholderSerial
        ";
        for line in cases.lines().filter(|line| line.contains('|')) {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let target = Target::ALL.into_iter().find(|t| t.name() == cells[0]).unwrap();
            let shown = match FactValue::of_person(target, cells[1]) {
                Ok(value) => {
                    assert!(value.suits(target), "{line}");
                    value.to_string()
                }
                Err(error) => format!("{error:?}"),
            };
            assert_eq!(shown, cells[2], "{line}");
        }
        let long = "x".repeat(LOCKED_TEXT_MAX + 1);
        assert_eq!(FactValue::of_person(Target::Notes, &long), Err(NotAValue::TooLong));
    }

    fn any_value(target: Target) -> BoxedStrategy<FactValue> {
        if target.is_date() {
            (1990_i16..2040).prop_map(day).boxed()
        } else {
            "[a-z]{1,6}".prop_map(FactValue::Text).boxed()
        }
    }

    fn any_values() -> impl Strategy<Value = BTreeMap<Target, FactValue>> {
        let each = Target::ALL.map(|target| proptest::option::of(any_value(target)));
        each.to_vec().prop_map(|values| {
            let named = Target::ALL.into_iter().zip(values);
            named.filter_map(|(target, value)| Some((target, value?))).collect()
        })
    }

    proptest! {
        #[test]
        fn laying_locks_over_facts_is_idempotent_and_leaves_the_stored_form(
            psa in any_values(), locked in any_values(),
        ) {
            let mut facts = Facts::default();
            facts.values.extend(psa.iter().map(|(&target, value)| (target, fact(value))));
            let mut locks = Locks::default();
            for (&target, value) in &locked {
                locks.set(target, lock(value.clone(), psa.get(&target).cloned()));
            }
            let once = facts.clone().with_locks(&locks);
            prop_assert_eq!(&once.clone().with_locks(&locks), &once);
            for target in Target::ALL {
                let want = locked.get(&target).or(psa.get(&target));
                prop_assert_eq!(once.value(target), want);
                prop_assert_eq!(once.get(target), facts.get(target));
            }
            let stored = serde_json::to_string(&once).unwrap();
            prop_assert_eq!(&stored, &serde_json::to_string(&facts).unwrap());
            let read: Facts = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(read.with_locks(&locks), once);
        }
    }
}
