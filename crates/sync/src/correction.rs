//! What a scan found to differ and corrected, gathered for its receipt.
//!
//! Kept in the checkpoint, which outlives the program: a new field needs a default. Records are
//! named up to a limit, and counted beyond it.

use std::collections::BTreeMap;

use almanac_model::id::RemoteId;
use almanac_store::Corrected;
use serde::{Deserialize, Serialize};

/// Records named by one receipt; more than so many corrections are not read one by one.
const NAMED_MAX: usize = 200;

/// What was found to differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Corrections {
    /// In how many records each field differed.
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, u64>,
    /// The records, by name, up to the limit.
    #[serde(default)]
    pub(crate) records: Vec<Corrected>,
}

impl Corrections {
    /// A record that was not here.
    pub(crate) fn note_added(&mut self, id: &RemoteId) {
        self.name(id, "added");
    }

    /// A record that is gone.
    pub(crate) fn note_removed(&mut self, id: &RemoteId) {
        self.name(id, "removed");
    }

    /// A record that differed, in these fields or in none that Almanac reads.
    pub(crate) fn note(&mut self, id: &RemoteId, fields: &[String]) {
        for field in fields {
            *self.fields.entry(field.clone()).or_default() += 1;
        }
        let what =
            if fields.is_empty() { "only fields not used".to_owned() } else { fields.join(", ") };
        self.name(id, &what);
    }

    /// A record that is not corrected after all.
    pub(crate) fn forget(&mut self, id: &RemoteId) {
        let Some(at) = self.records.iter().position(|named| named.remote_id == *id) else { return };
        let named = self.records.remove(at);
        for field in named.what.split(", ") {
            if let Some(count) = self.fields.get_mut(field) {
                *count -= 1;
            }
        }
        self.fields.retain(|_, count| *count > 0);
    }

    /// Adds what another page found.
    pub(crate) fn add(&mut self, other: Corrections) {
        for (field, count) in other.fields {
            *self.fields.entry(field).or_default() += count;
        }
        let room = NAMED_MAX.saturating_sub(self.records.len());
        self.records.extend(other.records.into_iter().take(room));
    }

    fn name(&mut self, id: &RemoteId, what: &str) {
        // A page is small: only what is kept over all pages is limited.
        self.records.push(Corrected { remote_id: id.clone(), what: what.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_aside_is_forgotten_and_names_are_limited() {
        let id = |at: usize| RemoteId::new(at.to_string());
        let mut page = Corrections::default();
        page.note(&id(1), &["name".to_owned(), "website".to_owned()]);
        page.note(&id(2), &["name".to_owned()]);
        page.forget(&id(1));
        assert_eq!(page.fields, BTreeMap::from([("name".to_owned(), 1)]));
        assert_eq!(page.records.len(), 1);
        let mut all = Corrections::default();
        for at in 0..NAMED_MAX + 9 {
            let mut page = Corrections::default();
            page.note(&id(at), &["name".to_owned()]);
            all.add(page);
        }
        assert_eq!((all.records.len(), all.fields["name"]), (NAMED_MAX, 209));
    }
}
