//! What changed since the seed: values, deletions, rows added.
//!
//! Rows added continue the indexes of the seeded ones, so their ids are new and higher, as an
//! identity column's are. `version` counts changes; lists computed for an older one are stale.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The changes of one kind.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    seeded: u32,
    added: u32,
    deleted: BTreeSet<u32>,
    changed: BTreeMap<u32, Change>,
    version: u64,
}

/// The changes of one row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    /// Properties that differ from the seed.
    pub(crate) values: Map<String, Value>,
    /// Asset fields that differ, by `field_id`.
    pub(crate) fields: BTreeMap<i64, Value>,
    /// Made by a client: nothing of the seeded row shows.
    pub(crate) is_created: bool,
    /// When, in simulated milliseconds since 1970.
    pub(crate) updated: i64,
}

impl Overlay {
    /// No changes on so many seeded rows.
    pub(crate) fn new(seeded: u32) -> Overlay {
        Overlay { seeded, ..Overlay::default() }
    }

    /// One past the highest index.
    pub(crate) fn end(&self) -> u32 {
        self.seeded.saturating_add(self.added)
    }

    /// Counts changes.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The changes of one row.
    pub(crate) fn change(&self, index: u32) -> Option<&Change> {
        if self.changed.is_empty() { None } else { self.changed.get(&index) }
    }

    /// Whether the row was deleted.
    pub(crate) fn is_deleted(&self, index: u32) -> bool {
        !self.deleted.is_empty() && self.deleted.contains(&index)
    }

    /// Adds a row with a new, higher id; its index.
    pub(crate) fn add(&mut self) -> u32 {
        let index = self.end();
        self.added += 1;
        self.version += 1;
        index
    }

    /// Deletes a row; false when it was not there.
    pub(crate) fn delete(&mut self, index: u32) -> bool {
        self.version += 1;
        index < self.end() && self.deleted.insert(index)
    }

    /// Brings a deleted row back under its id; false when it was not deleted.
    pub(crate) fn restore(&mut self, index: u32) -> bool {
        self.version += 1;
        self.deleted.remove(&index)
    }

    /// A deleted row, if there is one.
    pub(crate) fn any_deleted(&self) -> Option<u32> {
        self.deleted.first().copied()
    }

    /// Merges values into a row (Q-42: absent properties stay).
    pub(crate) fn merge(&mut self, index: u32, values: Map<String, Value>, updated: i64) {
        self.version += 1;
        let change = self.changed.entry(index).or_default();
        change.values.extend(values);
        change.updated = updated;
    }

    /// Merges asset field values into a row.
    pub(crate) fn merge_fields(&mut self, index: u32, fields: BTreeMap<i64, Value>, updated: i64) {
        self.version += 1;
        let change = self.changed.entry(index).or_default();
        change.fields.extend(fields);
        change.updated = updated;
    }

    /// Notes that a client made this row.
    pub(crate) fn mark_created(&mut self, index: u32) {
        self.changed.entry(index).or_default().is_created = true;
    }
}
