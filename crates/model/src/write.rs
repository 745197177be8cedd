//! What is to be written to the PSA: one field at a time, with what it was and what it becomes.
//!
//! A write names the PSA's own field, so that a person sees before it is sent what would change
//! where. It is only ever about a value that somebody set over the PSA's (a padlock): nothing that
//! was worked out is sent.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::asset::{RemoteField, RemoteValue};
use crate::chain::{Chains, Link, Target};
use crate::date::parse_date_in;
use crate::fact::{FactValue, Facts};
use crate::lock::Locks;

/// What can be switched on to be written, each by itself (off until then).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteFeature {
    /// First and last day of the warranty.
    WarrantyDates,
    /// Purchase date, serial number and the other facts of an asset.
    AssetFields,
}

/// A name that is no [`WriteFeature`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing that can be written is called {0:?}")]
pub struct UnknownWriteFeature(pub String);

impl WriteFeature {
    /// Every feature, in the order lists show them.
    pub const ALL: [WriteFeature; 2] = [WriteFeature::WarrantyDates, WriteFeature::AssetFields];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            WriteFeature::WarrantyDates => "warranty_dates",
            WriteFeature::AssetFields => "asset_fields",
        }
    }

    /// The feature that a target belongs to.
    pub fn of(target: Target) -> WriteFeature {
        match target {
            Target::WarrantyEnd | Target::WarrantyStart => WriteFeature::WarrantyDates,
            _ => WriteFeature::AssetFields,
        }
    }
}

impl fmt::Display for WriteFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for WriteFeature {
    type Err = UnknownWriteFeature;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = WriteFeature::ALL.into_iter().find(|feature| feature.name() == text);
        found.ok_or_else(|| UnknownWriteFeature(text.to_owned()))
    }
}

/// One field of one record that is to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldWrite {
    /// What it is a value of.
    pub target: Target,
    /// The PSA's field.
    pub field: RemoteField,
    /// The PSA's value when the write was planned; `None` where it had none.
    pub base: Option<FactValue>,
    /// What it becomes; `None` empties it, which only taking a write back does.
    pub wanted: Option<FactValue>,
    /// What the PSA had just before sending, and after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenValues>,
}

/// What was read around a write.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SeenValues {
    /// Just before sending.
    pub before: Option<FactValue>,
    /// After sending; `None` also where nothing was sent.
    pub after: Option<FactValue>,
}

/// Where one write stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteState {
    /// Shown, and not approved.
    Planned,
    /// Approved, and not sent.
    Queued,
    /// Sent, or about to be: what became of it is looked at before anything else happens.
    Sending,
    /// Sent and read back.
    Applied,
    /// The PSA had the value already: nothing was sent.
    Already,
    /// Everything was done but the sending.
    Rehearsed,
    /// The PSA's value is neither the one planned against nor the one wanted.
    Conflict,
    /// The PSA refused it, or its right is missing.
    Refused,
    /// The PSA said yes, and kept another value.
    NotTaken,
    /// The record is no longer there.
    Gone,
    /// A person gave it up.
    Discarded,
}

/// A name that is no [`WriteState`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no state of a write is called {0:?}")]
pub struct UnknownWriteState(pub String);

impl WriteState {
    /// Every state.
    pub const ALL: [WriteState; 11] = [
        WriteState::Planned,
        WriteState::Queued,
        WriteState::Sending,
        WriteState::Applied,
        WriteState::Already,
        WriteState::Rehearsed,
        WriteState::Conflict,
        WriteState::Refused,
        WriteState::NotTaken,
        WriteState::Gone,
        WriteState::Discarded,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            WriteState::Planned => "planned",
            WriteState::Queued => "queued",
            WriteState::Sending => "sending",
            WriteState::Applied => "applied",
            WriteState::Already => "already",
            WriteState::Rehearsed => "rehearsed",
            WriteState::Conflict => "conflict",
            WriteState::Refused => "refused",
            WriteState::NotTaken => "not_taken",
            WriteState::Gone => "gone",
            WriteState::Discarded => "discarded",
        }
    }

    /// Whether it is wedged: nothing more happens until a person decides.
    pub fn is_wedged(self) -> bool {
        use WriteState::{Conflict, Gone, NotTaken, Refused};
        matches!(self, Conflict | Refused | NotTaken | Gone)
    }

    /// Whether it was approved and has not come to an end.
    pub fn is_under_way(self) -> bool {
        matches!(self, WriteState::Queued | WriteState::Sending)
    }
}

impl FromStr for WriteState {
    type Err = UnknownWriteState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = WriteState::ALL.into_iter().find(|state| state.name() == text);
        found.ok_or_else(|| UnknownWriteState(text.to_owned()))
    }
}

/// The PSA's field that a target's value is written to: the place that gave the fact or holds what
/// could not be used, else the first that every asset has. What merely stands in for the target is
/// never written. `None` where this PSA has no place for it.
pub fn home(chains: &Chains, target: Target, facts: &Facts) -> Option<RemoteField> {
    let own = chains.own_links(target);
    let given = facts.get(target).map(|fact| (fact.link, &fact.field));
    let unusable = facts.problems.iter().filter(|problem| problem.target == target);
    let unusable = unusable.map(|problem| (problem.link, &problem.field));
    let held = given.into_iter().chain(unusable).min_by_key(|(link, _)| *link);
    let held = held.filter(|(link, _)| usize::from(*link) < own.len());
    held.map(|(_, field)| field.clone()).or_else(|| {
        own.iter().find_map(|link| match link {
            Link::Standard(name) => Some(RemoteField::Standard(name.clone())),
            _ => None,
        })
    })
}

/// What could be written of one asset.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proposal {
    /// Locked values that the PSA does not have.
    pub fields: Vec<FieldWrite>,
    /// Locked values that the PSA has no place for.
    pub homeless: Vec<Target>,
}

/// What of a feature could be written of an asset: every value that a person locked and that the
/// PSA does not have. `facts` and `values` are what was read, without locks.
pub fn propose(
    chains: &Chains,
    feature: WriteFeature,
    locks: &Locks,
    facts: &Facts,
    values: &[RemoteValue],
) -> Proposal {
    let mut proposal = Proposal::default();
    let of_feature = |target: &Target| WriteFeature::of(*target) == feature;
    for target in Target::ALL.into_iter().filter(of_feature) {
        let Some(lock) = locks.get(target) else { continue };
        let Some(field) = home(chains, target, facts) else {
            proposal.homeless.push(target);
            continue;
        };
        let base = held(chains, target, &field, values);
        let wanted = Some(lock.value.clone());
        if base != wanted {
            proposal.fields.push(FieldWrite { target, field, base, wanted, seen: None });
        }
    }
    proposal
}

/// What an asset has in a field, as a value of a target. A date that cannot be read is given as
/// its text, so that it never passes for "not set".
pub fn held(
    chains: &Chains,
    target: Target,
    field: &RemoteField,
    values: &[RemoteValue],
) -> Option<FactValue> {
    let value = values.iter().find(|value| is_same_field(&value.field, field))?;
    let text = value.value.trim();
    if target.is_date() {
        return match parse_date_in(text, chains.zone()) {
            Ok(date) => date.map(FactValue::Date),
            Err(_) => Some(FactValue::Text(text.to_owned())),
        };
    }
    Some(FactValue::Text(text.to_owned())).filter(|_| !text.is_empty())
}

/// Whether two name one field of the PSA; what people call it may have changed.
pub fn is_same_field(left: &RemoteField, right: &RemoteField) -> bool {
    use RemoteField::{Custom, Standard, Typed};
    match (left, right) {
        (Standard(left), Standard(right)) => left == right,
        (Typed { field_id: left, .. }, Typed { field_id: right, .. })
        | (Custom { field_id: left, .. }, Custom { field_id: right, .. }) => left == right,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::*;
    use crate::author::Author;
    use crate::chain::resolve;
    use crate::lock::Lock;

    fn chains() -> Chains {
        let standard = |name: &str| Link::Standard(name.to_owned());
        let typed = |name: &str| Link::TypedName(name.to_owned());
        Chains::new()
            .with(Target::PurchaseDate, [standard("bought"), typed("Purchase Date")])
            .with_stand_ins(Target::PurchaseDate, [standard("installed")])
            .with(Target::InstallDate, [standard("installed")])
            .with(Target::SerialNumber, [typed("Serial")])
    }

    fn standard(name: &str) -> RemoteField {
        RemoteField::Standard(name.to_owned())
    }

    fn typed(field_id: &str, name: &str) -> RemoteField {
        RemoteField::Typed { field_id: field_id.to_owned(), name: name.to_owned() }
    }

    fn value(field: RemoteField, value: &str) -> RemoteValue {
        RemoteValue { field, value: value.to_owned() }
    }

    #[track_caller]
    fn check(target: Target, values: &[RemoteValue], want: Option<&RemoteField>) {
        let facts = resolve(&chains(), values);
        assert_eq!(home(&chains(), target, &facts).as_ref(), want, "{values:?}");
    }

    #[test]
    fn a_value_is_written_where_its_fact_is_kept_and_never_to_a_stand_in() {
        let installed = value(standard("installed"), "2020-01-01");
        let purchase = value(typed("7", "Purchase Date"), "2021-01-01");
        check(Target::PurchaseDate, &[], Some(&standard("bought")));
        check(Target::PurchaseDate, std::slice::from_ref(&installed), Some(&standard("bought")));
        check(
            Target::PurchaseDate,
            &[installed.clone(), purchase],
            Some(&typed("7", "Purchase Date")),
        );
        let unreadable = value(typed("7", "Purchase Date"), "last spring");
        check(
            Target::PurchaseDate,
            &[installed.clone(), unreadable],
            Some(&typed("7", "Purchase Date")),
        );
        check(Target::InstallDate, &[installed], Some(&standard("installed")));
        check(Target::SerialNumber, &[], None);
        check(
            Target::SerialNumber,
            &[value(typed("9", "Serial"), "0")],
            Some(&typed("9", "Serial")),
        );
    }

    #[test]
    fn what_is_held_is_read_as_its_target_and_found_by_the_fields_identifier() {
        let values = [
            value(standard("bought"), "2021-01-01T00:00:00"),
            value(typed("7", "Old name"), " last spring "),
        ];
        let held = |target, field: &RemoteField| held(&chains(), target, field, &values);
        let day = FactValue::Date(Date::constant(2021, 1, 1));
        assert_eq!(held(Target::PurchaseDate, &standard("bought")), Some(day));
        let text = FactValue::Text("last spring".to_owned());
        assert_eq!(held(Target::PurchaseDate, &typed("7", "New name")), Some(text));
        assert_eq!(held(Target::PurchaseDate, &typed("8", "Old name")), None);
    }

    #[test]
    fn a_locked_value_that_the_psa_does_not_have_is_proposed() {
        let lock = |value: FactValue| Lock {
            value,
            reason: String::new(),
            by: Author::user("1", "Ann"),
            at_ms: 0,
            before: None,
        };
        let day = FactValue::Date(Date::constant(2021, 1, 1));
        let mut locks = Locks::default();
        locks.set(Target::PurchaseDate, lock(day.clone()));
        locks.set(Target::InstallDate, lock(day.clone()));
        locks.set(Target::SerialNumber, lock(FactValue::Text("S1".to_owned())));
        locks.set(Target::WarrantyEnd, lock(day.clone()));
        let values = [value(standard("installed"), "2021-01-01T00:00:00")];
        let facts = resolve(&chains(), &values);
        let propose = |feature| propose(&chains(), feature, &locks, &facts, &values);
        let proposal = propose(WriteFeature::AssetFields);
        let [field] = &proposal.fields[..] else { panic!("{proposal:?}") };
        assert_eq!((field.target, &field.field), (Target::PurchaseDate, &standard("bought")));
        assert_eq!((&field.base, &field.wanted), (&None, &Some(day)), "not the stand-in's value");
        assert_eq!(proposal.homeless, [Target::SerialNumber], "the install date is there already");
        assert_eq!(propose(WriteFeature::WarrantyDates).homeless, [Target::WarrantyEnd]);
    }

    #[test]
    fn names_are_read_back() {
        for state in WriteState::ALL {
            assert_eq!(state.name().parse(), Ok(state));
        }
        for feature in WriteFeature::ALL {
            assert_eq!(feature.name().parse(), Ok(feature));
        }
    }
}
