//! What became different between two readings of an asset.
//!
//! Values are compared, not where they came from: the same date from another field is no change.
//! Locks play no part, since they are laid over what was read.

use crate::chain::Target;
use crate::fact::{Fact, FactValue, Facts};

/// One target whose value differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetChange {
    /// Of what.
    pub target: Target,
    /// What was read before, with its source; `None` where it was not set.
    pub before: Option<Fact>,
    /// What is read now; `None` where it is no longer set.
    pub after: Option<FactValue>,
}

impl Facts {
    /// The targets whose value differs from what was read before, in the order of targets.
    pub fn changes_since(&self, before: &Facts) -> Vec<TargetChange> {
        let differs = |target: Target| {
            let (before, after) = (before.get(target), self.get(target));
            let value = |fact: &Fact| fact.value.clone();
            let change = TargetChange { target, before: before.cloned(), after: after.map(value) };
            (before.map(value) != change.after).then_some(change)
        };
        Target::ALL.into_iter().filter_map(differs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::RemoteField;

    fn facts(values: &[(Target, &str, &str)]) -> Facts {
        let mut facts = Facts::default();
        for (target, value, field) in values {
            let fact = Fact {
                value: FactValue::of_person(*target, value).unwrap(),
                link: 0,
                field: RemoteField::Standard((*field).to_owned()),
                text: (*value).to_owned(),
            };
            facts.values.insert(*target, fact);
        }
        facts
    }

    #[test]
    fn a_value_that_came_went_or_differs_is_a_change() {
        let before = facts(&[
            (Target::PurchaseDate, "2024-03-01", "bought"),
            (Target::Model, "T14", "model"),
            (Target::Ram, "16 GB", "ram"),
        ]);
        let after = facts(&[
            (Target::PurchaseDate, "2024-04-01", "bought"),
            (Target::Model, "T14", "another field"),
            (Target::Hostname, "PC-1", "name"),
        ]);
        let changes = after.changes_since(&before);
        let shown: Vec<_> = changes
            .iter()
            .map(|change| {
                let before = change.before.as_ref().map(|fact| fact.value.to_string());
                (change.target, before, change.after.as_ref().map(ToString::to_string))
            })
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            shown,
            [
                (Target::PurchaseDate, some("2024-03-01"), some("2024-04-01")),
                (Target::Ram, some("16 GB"), None),
                (Target::Hostname, None, some("PC-1")),
            ]
        );
        assert!(after.changes_since(&after).is_empty());
    }
}
