//! Field definitions that asset types got by writes to their assets (Q-51: PV).
//!
//! They come after a type's own and show on every asset of the type, empty where nothing was
//! entered; that is the damage `_dontaddnewfields` prevents.

use std::collections::BTreeMap;

use super::asset_type::{Type, by_id, field_by_id};

/// What types got: field id and name, by type.
#[derive(Debug, Default)]
pub(crate) struct AddedFields(BTreeMap<i64, Vec<(i64, String)>>);

impl AddedFields {
    /// Adds a field to a type, unless the type has it.
    pub(crate) fn add(&mut self, asset_type: i64, field: i64, name: String) {
        let is_seeded = by_id(asset_type).is_some_and(|kind| kind.fields.contains(&field));
        if !is_seeded && !self.has(asset_type, field) {
            self.0.entry(asset_type).or_default().push((field, name));
        }
    }

    /// Whether a type got this field.
    pub(crate) fn has(&self, asset_type: i64, field: i64) -> bool {
        self.of(asset_type).iter().any(|(own, _)| *own == field)
    }

    /// Id and name of what a type got.
    pub(crate) fn of(&self, asset_type: i64) -> &[(i64, String)] {
        self.0.get(&asset_type).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Every field of a type, those added later last: place, id, name, type letter.
pub(crate) fn all_fields<'a>(
    kind: &'static Type,
    added: &'a AddedFields,
) -> impl Iterator<Item = (usize, i64, &'a str, char)> {
    let seeded = kind.fields.iter().map(|id| {
        let field = field_by_id(*id);
        (field.id, field.name, field.letter)
    });
    let later = added.of(kind.id).iter().map(|(id, name)| (*id, name.as_str(), 'X'));
    seeded.chain(later).enumerate().map(|(place, (id, name, letter))| (place, id, name, letter))
}
