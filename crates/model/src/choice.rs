//! What people decided about one asset, and how two people's edits meet.
//!
//! Choices merge by field: each field remembers at which version of the whole it was last
//! changed, so an editor who saw an older version is only refused when somebody changed the very
//! field meanwhile. Nothing here knows whether the asset exists.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::author::Author;
use crate::chain::Target;
use crate::class::ClassId;
use crate::date::add_months;
use crate::fact::FactValue;
use crate::grade::{Grade, Kept, Manual};
use crate::lock::{Lock, Locks};
use crate::verdict::AssetChoices;

/// A reason is at most this long, in characters.
pub const REASON_MAX: usize = 1_000;

/// An accepted risk is looked at again within so many months.
const KEEP_MONTHS_MAX: u32 = 120;

/// No warranty runs longer from today.
const AHEAD_MONTHS_MAX: u32 = 360;

/// Something about an asset that a person can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ChoiceField {
    /// Which value a target has.
    Fact(Target),
    /// A grade given by hand.
    Manual,
    /// Until when the risk is accepted.
    Kept,
    /// Its class.
    Class,
}

/// A name that is no [`ChoiceField`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is nothing to decide called {0:?}")]
pub struct UnknownChoiceField(pub String);

/// One decision of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetEdit {
    /// A value applies instead of the PSA's.
    Lock {
        /// Of which target.
        target: Target,
        /// The value.
        value: FactValue,
        /// In the person's words; may be empty.
        reason: String,
    },
    /// The PSA's value applies again.
    Unlock {
        /// Of which target.
        target: Target,
    },
    /// A grade given by hand.
    Manual(Manual),
    /// The rules grade again.
    ClearManual,
    /// The risk is accepted until a day.
    Keep(Kept),
    /// The risk is no longer accepted.
    ClearKeep,
    /// A class of its kind.
    Class(ClassId),
    /// The first class of its kind again.
    ClearClass,
}

/// Why an edit is refused whatever the asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditProblem {
    /// The grade or the acceptance needs a reason.
    #[error("a reason is needed, so that others can judge it later")]
    NoReason,
    /// The reason is longer than [`REASON_MAX`].
    #[error("the reason is longer than {REASON_MAX} characters")]
    LongReason,
    /// A text for a date, or a date for a text.
    #[error("the value is of another type than the target's")]
    OtherType,
    /// Kept and unknown are not given by hand.
    #[error("by hand an asset can be graded replace, plan or healthy")]
    NotByHand,
    /// Only a warranty's end lies ahead.
    #[error("this day is in the future; give today or an earlier day")]
    FutureDay,
    /// Later than any warranty ends.
    #[error("this day is more than 30 years ahead; check the year")]
    FarDay,
    /// The acceptance would have ended already.
    #[error("this day is past; give today or a later day")]
    PastDay,
    /// The acceptance would hold longer than anyone can judge.
    #[error("this day is more than 10 years ahead; then the risk is looked at again")]
    LongKeep,
}

impl EditProblem {
    /// Whether the reason is to be mended; otherwise the value is.
    pub fn is_of_reason(self) -> bool {
        matches!(self, EditProblem::NoReason | EditProblem::LongReason)
    }
}

/// Who changed a field last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// The version of the whole that this change made.
    pub version: i64,
    /// Milliseconds UTC.
    pub at_ms: i64,
    /// Who.
    pub by: Author,
}

/// Everything that people decided about one asset.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AssetChoice {
    /// What grading looks at.
    pub choices: AssetChoices,
    /// Values over the PSA's.
    pub locks: Locks,
    /// Who changed each field last; a field that was never changed has no entry.
    pub touched: BTreeMap<ChoiceField, Touch>,
    /// Grows by one with each change; 0 is an asset that nobody decided about.
    pub version: i64,
}

/// What an edit changed, for the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceChange {
    /// Of what.
    pub field: ChoiceField,
    /// What applied before, as a person reads it; `None` is nothing.
    pub before: Option<String>,
    /// What applies now.
    pub after: Option<String>,
    /// In the person's words; empty where none were given.
    pub reason: String,
}

impl ChoiceField {
    /// The stored name: the target's, or `manual`, `kept`, `class`.
    pub fn name(self) -> &'static str {
        match self {
            ChoiceField::Fact(target) => target.name(),
            ChoiceField::Manual => "manual",
            ChoiceField::Kept => "kept",
            ChoiceField::Class => "class",
        }
    }
}

impl fmt::Display for ChoiceField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ChoiceField {
    type Err = UnknownChoiceField;

    fn from_str(name: &str) -> Result<ChoiceField, UnknownChoiceField> {
        let facts = Target::ALL.into_iter().map(ChoiceField::Fact);
        facts
            .chain([ChoiceField::Manual, ChoiceField::Kept, ChoiceField::Class])
            .find(|field| field.name() == name)
            .ok_or_else(|| UnknownChoiceField(name.to_owned()))
    }
}

impl From<ChoiceField> for String {
    fn from(field: ChoiceField) -> String {
        field.name().to_owned()
    }
}

impl TryFrom<String> for ChoiceField {
    type Error = UnknownChoiceField;

    fn try_from(name: String) -> Result<ChoiceField, UnknownChoiceField> {
        name.parse()
    }
}

impl AssetEdit {
    /// What it decides.
    pub fn field(&self) -> ChoiceField {
        match self {
            AssetEdit::Lock { target, .. } | AssetEdit::Unlock { target } => {
                ChoiceField::Fact(*target)
            }
            AssetEdit::Manual(_) | AssetEdit::ClearManual => ChoiceField::Manual,
            AssetEdit::Keep(_) | AssetEdit::ClearKeep => ChoiceField::Kept,
            AssetEdit::Class(_) | AssetEdit::ClearClass => ChoiceField::Class,
        }
    }

    /// The name of the action in the audit.
    pub fn action(&self) -> &'static str {
        match self {
            AssetEdit::Lock { .. } => "asset.lock",
            AssetEdit::Unlock { .. } => "asset.unlock",
            AssetEdit::Manual(_) => "asset.grade",
            AssetEdit::ClearManual => "asset.grade_clear",
            AssetEdit::Keep(_) => "asset.keep",
            AssetEdit::ClearKeep => "asset.keep_clear",
            AssetEdit::Class(_) => "asset.class",
            AssetEdit::ClearClass => "asset.class_clear",
        }
    }

    /// In the person's words; empty where none were given.
    pub fn reason(&self) -> &str {
        match self {
            AssetEdit::Lock { reason, .. } => reason,
            AssetEdit::Manual(manual) => &manual.reason,
            AssetEdit::Keep(kept) => &kept.reason,
            AssetEdit::Unlock { .. }
            | AssetEdit::ClearManual
            | AssetEdit::ClearKeep
            | AssetEdit::Class(_)
            | AssetEdit::ClearClass => "",
        }
    }

    /// Whether it makes sense by itself.
    ///
    /// # Errors
    /// [`EditProblem`] says what is wrong with it.
    pub fn check(&self) -> Result<(), EditProblem> {
        if self.reason().chars().count() > REASON_MAX {
            return Err(EditProblem::LongReason);
        }
        match self {
            AssetEdit::Lock { target, value, .. } if !value.suits(*target) => {
                Err(EditProblem::OtherType)
            }
            AssetEdit::Manual(Manual { grade: Grade::Kept | Grade::Unknown, .. }) => {
                Err(EditProblem::NotByHand)
            }
            AssetEdit::Manual(_) | AssetEdit::Keep(_) if self.reason().trim().is_empty() => {
                Err(EditProblem::NoReason)
            }
            _ => Ok(()),
        }
    }

    /// Whether it makes sense to ask for it today: [`AssetEdit::check`], and its days. What was
    /// decided earlier is not measured by this: a day that was ahead then may be past by now.
    ///
    /// # Errors
    /// [`EditProblem`] says what is wrong with it.
    pub fn check_on(&self, today: Date) -> Result<(), EditProblem> {
        self.check_days(today)?;
        self.check()
    }

    /// The part of [`AssetEdit::check_on`] that is about days.
    fn check_days(&self, today: Date) -> Result<(), EditProblem> {
        match self {
            AssetEdit::Lock { value: FactValue::Date(day), .. }
                if *day > add_months(today, AHEAD_MONTHS_MAX) =>
            {
                Err(EditProblem::FarDay)
            }
            AssetEdit::Lock { target, value: FactValue::Date(day), .. }
                if *target != Target::WarrantyEnd && *day > today =>
            {
                Err(EditProblem::FutureDay)
            }
            AssetEdit::Keep(kept) if kept.until < today => Err(EditProblem::PastDay),
            AssetEdit::Keep(kept) if kept.until > add_months(today, KEEP_MONTHS_MAX) => {
                Err(EditProblem::LongKeep)
            }
            _ => Ok(()),
        }
    }
}

impl AssetChoice {
    /// What applies to a field, as a person reads it; `None` is nothing.
    pub fn shown(&self, field: ChoiceField) -> Option<String> {
        match field {
            ChoiceField::Fact(target) => self.locks.get(target).map(|lock| lock.value.to_string()),
            ChoiceField::Manual => {
                self.choices.manual.as_ref().map(|manual| manual.grade.name().to_owned())
            }
            ChoiceField::Kept => self.choices.kept.as_ref().map(|kept| kept.until.to_string()),
            ChoiceField::Class => self.choices.class.map(|class| class.0.to_string()),
        }
    }

    /// Who changed the same field since `expected_version`; then the edit may not go through.
    /// Asking for what applies already is no conflict, so that an edit may be sent twice.
    pub fn conflict(&self, edit: &AssetEdit, expected_version: i64) -> Option<&Touch> {
        let touch = self.touched.get(&edit.field())?;
        (touch.version > expected_version && !self.applies(edit)).then_some(touch)
    }

    /// Carries an edit out. `psa` is what the PSA says of the target that is locked. `None` when
    /// it applied already; then nothing changed.
    pub fn apply(
        &mut self,
        edit: &AssetEdit,
        by: &Author,
        at_ms: i64,
        psa: Option<&FactValue>,
    ) -> Option<ChoiceChange> {
        if self.applies(edit) {
            return None;
        }
        let field = edit.field();
        let psa_shown = || psa.map(ToString::to_string);
        let before = match field {
            ChoiceField::Fact(_) => self.shown(field).or_else(psa_shown),
            _ => self.shown(field),
        };
        self.set(edit, by, at_ms, psa);
        self.version += 1;
        self.touched.insert(field, Touch { version: self.version, at_ms, by: by.clone() });
        let after = match edit {
            AssetEdit::Unlock { .. } => psa_shown(),
            _ => self.shown(field),
        };
        Some(ChoiceChange { field, before, after, reason: edit.reason().to_owned() })
    }

    fn set(&mut self, edit: &AssetEdit, by: &Author, at_ms: i64, psa: Option<&FactValue>) {
        match edit {
            AssetEdit::Lock { target, value, reason } => {
                let lock = Lock {
                    value: value.clone(),
                    reason: reason.clone(),
                    by: by.clone(),
                    at_ms,
                    before: psa.cloned(),
                };
                self.locks.set(*target, lock);
            }
            AssetEdit::Unlock { target } => {
                self.locks.remove(*target);
            }
            AssetEdit::Manual(manual) => self.choices.manual = Some(manual.clone()),
            AssetEdit::ClearManual => self.choices.manual = None,
            AssetEdit::Keep(kept) => self.choices.kept = Some(kept.clone()),
            AssetEdit::ClearKeep => self.choices.kept = None,
            AssetEdit::Class(class) => self.choices.class = Some(*class),
            AssetEdit::ClearClass => self.choices.class = None,
        }
    }

    /// The edit after which the field that `edit` decides is as it is now.
    pub fn inverse(&self, edit: &AssetEdit) -> AssetEdit {
        match edit.field() {
            ChoiceField::Fact(target) => match self.locks.get(target) {
                Some(Lock { value, reason, .. }) => {
                    AssetEdit::Lock { target, value: value.clone(), reason: reason.clone() }
                }
                None => AssetEdit::Unlock { target },
            },
            ChoiceField::Manual => {
                self.choices.manual.clone().map_or(AssetEdit::ClearManual, AssetEdit::Manual)
            }
            ChoiceField::Kept => {
                self.choices.kept.clone().map_or(AssetEdit::ClearKeep, AssetEdit::Keep)
            }
            ChoiceField::Class => {
                self.choices.class.map_or(AssetEdit::ClearClass, AssetEdit::Class)
            }
        }
    }

    /// Whether everything is as the edit asks.
    pub fn applies(&self, edit: &AssetEdit) -> bool {
        match edit {
            AssetEdit::Lock { target, value, reason } => self
                .locks
                .get(*target)
                .is_some_and(|lock| lock.value == *value && lock.reason == *reason),
            AssetEdit::Unlock { target } => self.locks.get(*target).is_none(),
            AssetEdit::Manual(manual) => self.choices.manual.as_ref() == Some(manual),
            AssetEdit::ClearManual => self.choices.manual.is_none(),
            AssetEdit::Keep(kept) => self.choices.kept.as_ref() == Some(kept),
            AssetEdit::ClearKeep => self.choices.kept.is_none(),
            AssetEdit::Class(class) => self.choices.class == Some(*class),
            AssetEdit::ClearClass => self.choices.class.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use proptest::prelude::*;

    use super::*;

    fn ann() -> Author {
        Author::user("1", "Ann")
    }

    fn lock(year: i16) -> AssetEdit {
        AssetEdit::Lock {
            target: Target::PurchaseDate,
            value: FactValue::Date(Date::constant(year, 3, 1)),
            reason: String::new(),
        }
    }

    fn manual(grade: Grade) -> AssetEdit {
        AssetEdit::Manual(Manual { grade, reason: "agreed".to_owned() })
    }

    fn keep() -> AssetEdit {
        let until = Date::constant(2027, 3, 31);
        AssetEdit::Keep(Kept { until, reason: "agreed".to_owned() })
    }

    #[test]
    fn edits_of_other_fields_merge_and_of_the_same_field_conflict() {
        let mut choice = AssetChoice::default();
        choice.apply(&lock(2024), &ann(), 5, None).unwrap();
        let seen = choice.version;
        let bob = Author::user("2", "Bob");
        choice.apply(&manual(Grade::Plan), &bob, 6, None).unwrap();
        assert_eq!(choice.conflict(&lock(2025), seen), None);
        assert_eq!(choice.conflict(&keep(), seen), None);
        let touch = choice.conflict(&manual(Grade::Replace), seen).unwrap();
        assert_eq!((touch.by.name.as_str(), touch.at_ms), ("Bob", 6));
        assert_eq!(choice.conflict(&manual(Grade::Plan), seen), None, "it applies already");
        assert!(choice.conflict(&AssetEdit::ClearManual, seen).is_some());
        assert_eq!(choice.conflict(&AssetEdit::ClearManual, choice.version), None);
    }

    #[test]
    fn a_change_tells_what_applied_before_and_after() {
        let mut choice = AssetChoice::default();
        let psa = FactValue::Date(Date::constant(2019, 1, 1));
        let change = choice.apply(&lock(2024), &ann(), 5, Some(&psa)).unwrap();
        let shown = |change: ChoiceChange| (change.before, change.after);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(shown(change), (some("2019-01-01"), some("2024-03-01")));
        assert_eq!(choice.locks.get(Target::PurchaseDate).unwrap().before, Some(psa.clone()));
        let unlock = AssetEdit::Unlock { target: Target::PurchaseDate };
        let change = choice.apply(&unlock, &ann(), 6, Some(&psa)).unwrap();
        assert_eq!(shown(change), (some("2024-03-01"), some("2019-01-01")));
        assert_eq!(choice.apply(&unlock, &ann(), 7, Some(&psa)), None);
        assert_eq!(choice.version, 2, "what applied already is no change");
    }

    #[test]
    fn an_edit_that_makes_no_sense_is_refused() {
        let text = FactValue::Text("x".to_owned());
        let other =
            AssetEdit::Lock { target: Target::PurchaseDate, value: text, reason: String::new() };
        assert_eq!(other.check(), Err(EditProblem::OtherType));
        assert_eq!(manual(Grade::Kept).check(), Err(EditProblem::NotByHand));
        assert_eq!(manual(Grade::Replace).check(), Ok(()));
        let silent = Manual { grade: Grade::Plan, reason: " ".to_owned() };
        assert_eq!(AssetEdit::Manual(silent).check(), Err(EditProblem::NoReason));
        let long = Manual { grade: Grade::Plan, reason: "x".repeat(REASON_MAX + 1) };
        assert_eq!(AssetEdit::Manual(long).check(), Err(EditProblem::LongReason));
        assert_eq!(lock(2024).check(), Ok(()), "a lock may go without a reason");
    }

    #[test]
    fn days_are_measured_by_the_day_of_asking() {
        let today = Date::constant(2026, 11, 23);
        let check = |target, day: &str| {
            let value = FactValue::Date(day.parse().unwrap());
            AssetEdit::Lock { target, value, reason: String::new() }.check_on(today)
        };
        assert_eq!(check(Target::PurchaseDate, "2026-11-23"), Ok(()));
        assert_eq!(check(Target::PurchaseDate, "2026-11-24"), Err(EditProblem::FutureDay));
        assert_eq!(check(Target::InstallDate, "2999-01-01"), Err(EditProblem::FarDay));
        assert_eq!(check(Target::WarrantyEnd, "2056-11-23"), Ok(()));
        assert_eq!(check(Target::WarrantyEnd, "2056-11-24"), Err(EditProblem::FarDay));
        let keep = |until: &str, reason: &str| {
            let kept = Kept { until: until.parse().unwrap(), reason: reason.to_owned() };
            AssetEdit::Keep(kept).check_on(today)
        };
        assert_eq!(keep("2026-11-23", "spare"), Ok(()));
        assert_eq!(keep("2026-11-22", "spare"), Err(EditProblem::PastDay));
        assert_eq!(keep("2036-11-23", "spare"), Ok(()));
        assert_eq!(keep("2036-11-24", "spare"), Err(EditProblem::LongKeep));
        assert_eq!(keep("2027-01-01", " "), Err(EditProblem::NoReason), "and all the rest");
        assert!(EditProblem::NoReason.is_of_reason() && !EditProblem::PastDay.is_of_reason());
    }

    #[test]
    fn every_field_has_a_name_that_leads_back() {
        for name in ["purchase_date", "serial_number", "manual", "kept", "class"] {
            let field: ChoiceField = name.parse().unwrap();
            assert_eq!(field.to_string(), name);
            assert_eq!(serde_json::to_value(field).unwrap(), name);
        }
        assert!("grade".parse::<ChoiceField>().is_err());
    }

    fn any_edit() -> impl Strategy<Value = AssetEdit> {
        prop_oneof![
            (2000_i16..2003).prop_map(lock),
            Just(AssetEdit::Unlock { target: Target::PurchaseDate }),
            Just(manual(Grade::Plan)),
            Just(manual(Grade::Replace)),
            Just(AssetEdit::ClearManual),
            Just(keep()),
            Just(AssetEdit::ClearKeep),
            (1_u32..3).prop_map(|id| AssetEdit::Class(ClassId(id))),
            Just(AssetEdit::ClearClass),
        ]
    }

    proptest! {
        #[test]
        fn edits_of_two_fields_give_the_same_in_either_order(a in any_edit(), b in any_edit()) {
            prop_assume!(a.field() != b.field());
            let after = |edits: [&AssetEdit; 2]| {
                let mut choice = AssetChoice::default();
                for edit in edits {
                    choice.apply(edit, &ann(), 5, None);
                }
                (choice.choices, choice.locks)
            };
            prop_assert_eq!(after([&a, &b]), after([&b, &a]));
        }

        #[test]
        fn the_inverse_of_an_edit_takes_it_back(before in prop::collection::vec(any_edit(), 0..6), edit in any_edit()) {
            let mut choice = AssetChoice::default();
            for each in &before {
                choice.apply(each, &ann(), 5, None);
            }
            let stood = choice.clone();
            let inverse = choice.inverse(&edit);
            prop_assert!(choice.applies(&inverse));
            choice.apply(&edit, &ann(), 6, None);
            choice.apply(&inverse, &ann(), 5, None);
            prop_assert_eq!((choice.choices, choice.locks), (stood.choices, stood.locks));
        }

        #[test]
        fn who_saw_the_newest_version_never_conflicts(edits in prop::collection::vec(any_edit(), 0..8)) {
            let mut choice = AssetChoice::default();
            for edit in &edits {
                prop_assert_eq!(choice.conflict(edit, choice.version), None);
                let version = choice.version;
                let changed = choice.apply(edit, &ann(), 5, None).is_some();
                prop_assert_eq!(choice.version, version + i64::from(changed));
                prop_assert!(choice.apply(edit, &ann(), 5, None).is_none());
            }
        }
    }
}
