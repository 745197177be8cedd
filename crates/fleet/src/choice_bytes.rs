//! About how much memory it takes to hold what people decided about an asset.
//!
//! Reasons and locked texts are as long as people make them, so they are counted and not guessed.

use almanac_model::author::Author;
use almanac_model::choice::{AssetChoice, ChoiceField, Touch};
use almanac_model::fact::FactValue;
use almanac_model::id::RemoteId;
use almanac_model::lock::Lock;

use crate::body::ALLOCATION_BYTES;

/// A map that is not empty has room for so many entries.
const MAP_ENTRIES: usize = 11;

/// About what a choice takes with its place in the map of choices, in bytes.
pub(crate) fn choice_bytes(id: &RemoteId, choice: &AssetChoice) -> usize {
    let choices = &choice.choices;
    let mut bytes = size_of::<AssetChoice>() + size_of::<RemoteId>() + text(id.as_str());
    // Counts of references, the place in the map, its control byte; some places are empty.
    bytes += ALLOCATION_BYTES + 4 * size_of::<usize>();
    bytes += choices.kept.as_ref().map_or(0, |kept| text(&kept.reason));
    bytes += choices.manual.as_ref().map_or(0, |manual| text(&manual.reason));
    if !choice.locks.is_empty() {
        bytes += ALLOCATION_BYTES + MAP_ENTRIES * (size_of::<Lock>() + 1);
    }
    for (_, lock) in choice.locks.iter() {
        bytes += value(&lock.value) + lock.before.as_ref().map_or(0, value);
        bytes += text(&lock.reason) + author(&lock.by);
    }
    if !choice.touched.is_empty() {
        bytes += ALLOCATION_BYTES + MAP_ENTRIES * (size_of::<Touch>() + size_of::<ChoiceField>());
    }
    bytes + choice.touched.values().map(|touch| author(&touch.by)).sum::<usize>()
}

fn author(author: &Author) -> usize {
    author.user.as_deref().map_or(0, text) + text(&author.name)
}

fn value(value: &FactValue) -> usize {
    match value {
        FactValue::Text(value) => text(value),
        FactValue::Date(_) => 0,
    }
}

fn text(text: &str) -> usize {
    if text.is_empty() { 0 } else { text.len() + ALLOCATION_BYTES }
}

#[cfg(test)]
mod tests {
    use almanac_model::chain::Target;
    use almanac_model::choice::AssetEdit;
    use almanac_model::grade::{Grade, Manual};

    use super::*;

    fn bytes_after(edits: &[AssetEdit]) -> usize {
        let mut choice = AssetChoice::default();
        for edit in edits {
            choice.apply(edit, &Author::user("1", "Ann"), 0, None);
        }
        choice_bytes(&RemoteId::new("7"), &choice)
    }

    #[test]
    fn long_texts_are_counted() {
        let lock = |length: usize| AssetEdit::Lock {
            target: Target::Notes,
            value: FactValue::Text("x".repeat(length)),
            reason: "y".repeat(length),
        };
        let grown = bytes_after(&[lock(2_000)]) - bytes_after(&[lock(100)]);
        assert_eq!(grown, 2 * 1_900);
        let manual = |length: usize| {
            AssetEdit::Manual(Manual { grade: Grade::Plan, reason: "z".repeat(length) })
        };
        assert_eq!(bytes_after(&[manual(500)]) - bytes_after(&[manual(100)]), 400);
        assert!(bytes_after(&[lock(1), manual(1)]) > bytes_after(&[lock(1)]));
    }
}
