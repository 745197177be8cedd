//! What an asset's values were, and the edit that takes the last decision back.

use almanac_model::choice::{AssetChoice, AssetEdit, ChoiceField};
use almanac_model::class::ClassId;
use almanac_model::fact::FactValue;
use almanac_model::grade::{Kept, Manual};
use almanac_store::{ChangeCause, FactChange};

use super::words;

/// The edit after which everything is as it was before the newest decision of a person; `None`
/// where nobody decided anything, or what was cannot be given by hand any more.
pub(super) fn undo(choice: &AssetChoice, history: &[FactChange]) -> Option<AssetEdit> {
    let touched = choice.touched.iter().find(|(_, touch)| touch.version == choice.version);
    let field = *touched?.0;
    let shown = choice.shown(field);
    let of_field: Vec<&FactChange> =
        history.iter().filter(|change| change.field == field && is_of_person(change)).collect();
    let last = newest(&of_field, |change| match &change.cause {
        ChangeCause::Locked { .. } | ChangeCause::Decided { .. } => change.new_value == shown,
        _ => shown.is_none(),
    })?;
    let rest: Vec<&FactChange> =
        of_field.into_iter().filter(|change| !std::ptr::eq(*change, last)).collect();
    let before = newest(&rest, |change| change.new_value == last.old_value);
    // What was decided before, with its reason: nothing if that was itself taken back.
    let stood = before.and_then(|change| match &change.cause {
        ChangeCause::Locked { reason, .. } | ChangeCause::Decided { reason, .. } => {
            Some((change.new_value.clone()?, reason.clone()))
        }
        _ => None,
    });
    match (field, stood) {
        (ChoiceField::Fact(target), None) => Some(AssetEdit::Unlock { target }),
        (ChoiceField::Fact(target), Some((value, reason))) => {
            let value = FactValue::of_person(target, &value).ok()?;
            Some(AssetEdit::Lock { target, value, reason })
        }
        (ChoiceField::Manual, None) => Some(AssetEdit::ClearManual),
        (ChoiceField::Manual, Some((grade, reason))) => {
            Some(AssetEdit::Manual(Manual { grade: words::grade(&grade)?, reason }))
        }
        (ChoiceField::Kept, None) => Some(AssetEdit::ClearKeep),
        (ChoiceField::Kept, Some((until, reason))) => {
            Some(AssetEdit::Keep(Kept { until: until.parse().ok()?, reason }))
        }
        (ChoiceField::Class, None) => Some(AssetEdit::ClearClass),
        (ChoiceField::Class, Some((id, _))) => Some(AssetEdit::Class(ClassId(id.parse().ok()?))),
    }
}

/// The newest change; of several in one millisecond the one that fits.
fn newest<'a>(
    changes: &[&'a FactChange],
    fits: impl Fn(&FactChange) -> bool,
) -> Option<&'a FactChange> {
    let first = *changes.first()?;
    let together = changes.iter().copied().take_while(|change| change.at == first.at);
    Some(together.into_iter().find(|change| fits(change)).unwrap_or(first))
}

fn is_of_person(change: &FactChange) -> bool {
    !matches!(change.cause, ChangeCause::Psa { .. } | ChangeCause::Mapping { .. })
}

#[cfg(test)]
mod tests {
    use almanac_model::author::Author;
    use almanac_model::chain::Target;
    use almanac_model::choice::ChoiceChange;
    use almanac_model::grade::Grade;

    use super::*;

    /// A choice, and the history that the store would keep of it, newest last.
    #[derive(Default)]
    struct Decided {
        choice: AssetChoice,
        history: Vec<FactChange>,
    }

    impl Decided {
        fn edit(&mut self, edit: &AssetEdit) {
            let by = Author::user("1", "Ruth Adeyemi");
            let changed = self.choice.apply(edit, &by, 0, None).expect("it changes something");
            let ChoiceChange { field, before, after, reason } = changed;
            let cause = match edit {
                AssetEdit::Lock { .. } => ChangeCause::Locked { by, reason },
                AssetEdit::Unlock { .. } => ChangeCause::Unlocked { by },
                AssetEdit::Manual(_) | AssetEdit::Keep(_) | AssetEdit::Class(_) => {
                    ChangeCause::Decided { by, reason }
                }
                _ => ChangeCause::Cleared { by },
            };
            let change = FactChange {
                field,
                at: 0,
                cause,
                old_value: before,
                old_source: None,
                new_value: after,
            };
            self.history.push(change);
        }
    }

    fn lock(value: &str) -> AssetEdit {
        let target = Target::PurchaseDate;
        let value = FactValue::of_person(target, value).expect("a date");
        AssetEdit::Lock { target, value, reason: "invoice".to_owned() }
    }

    fn manual(grade: Grade) -> AssetEdit {
        AssetEdit::Manual(Manual { grade, reason: format!("why {grade}") })
    }

    #[test]
    fn undo_is_what_stood_before_with_its_reason_in_whatever_order_the_history_comes() {
        let unlock = AssetEdit::Unlock { target: Target::PurchaseDate };
        let edits = [
            lock("2019-07-04"),
            manual(Grade::Plan),
            lock("2020-01-01"),
            unlock.clone(),
            manual(Grade::Healthy),
            AssetEdit::ClearManual,
        ];
        let undone = [
            unlock,
            AssetEdit::ClearManual,
            lock("2019-07-04"),
            lock("2020-01-01"),
            manual(Grade::Plan),
            manual(Grade::Healthy),
        ];
        let mut decided = Decided::default();
        assert_eq!(undo(&decided.choice, &[]), None);
        for (edit, expected) in edits.iter().zip(undone) {
            decided.edit(edit);
            let mut newest_first = decided.history.clone();
            newest_first.reverse();
            assert_eq!(undo(&decided.choice, &newest_first).as_ref(), Some(&expected));
        }
        // Within one millisecond the order of the history says nothing.
        assert_eq!(undo(&decided.choice, &decided.history), Some(manual(Grade::Healthy)));
    }
}
