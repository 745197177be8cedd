//! What a run told of itself: the JSON that sync leaves, which is public (`docs/sync.md`).
//!
//! Read leniently: a key that a later version adds or an earlier one lacks hides nothing else.

use almanac_store::Run;
use serde::Deserialize;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct RunTold {
    /// One entry for each stream, in the order read.
    pub(super) streams: Vec<StreamTold>,
    /// Calls to the PSA.
    pub(super) requests: u64,
    /// The most memory that its process has used.
    pub(super) peak_memory_bytes: u64,
    /// What ended a failed run.
    pub(super) error: Option<CodeTold>,
}

/// What a run did to one stream.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct StreamTold {
    /// The stream's public name.
    pub(super) stream: String,
    /// Distinct records received.
    pub(super) read: u64,
    /// Records that were new.
    pub(super) added: u64,
    /// Records that differ from before.
    pub(super) changed: u64,
    /// Records that are as before.
    pub(super) unchanged: u64,
    /// Records that are gone.
    pub(super) removed: u64,
    /// Records that were not understood.
    pub(super) bad: u64,
    /// Calls to the PSA.
    pub(super) requests: u64,
    /// Answers that said "too many".
    pub(super) throttled: u64,
    /// Bytes received.
    pub(super) bytes: u64,
    /// Seconds it took.
    pub(super) seconds: f64,
    /// Why it is held, if it is.
    pub(super) held: Option<CodeTold>,
}

/// A code with what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct CodeTold {
    /// The public code.
    pub(super) code: String,
    /// What happened, with numbers.
    pub(super) text: String,
}

impl RunTold {
    /// What a run told; nothing while it goes on, and for one that was ended by force.
    pub(super) fn of(run: &Run) -> Option<RunTold> {
        serde_json::from_str(run.status.as_deref()?).ok()
    }

    /// Records received.
    pub(super) fn read(&self) -> u64 {
        self.streams.iter().map(|stream| stream.read).sum()
    }

    /// Records that were new, differ or are gone.
    pub(super) fn changes(&self) -> u64 {
        self.streams.iter().map(|stream| stream.added + stream.changed + stream.removed).sum()
    }

    /// Answers that said "too many".
    pub(super) fn throttled(&self) -> u64 {
        self.streams.iter().map(|stream| stream.throttled).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_another_version_is_read_as_far_as_it_is_known() {
        let text = r#"{"later": 1, "streams": [{"stream": "assets", "read": 7, "added": 2,
            "removed": 1, "throttled": 3, "more": []}], "requests": 4}"#;
        let told: RunTold = serde_json::from_str(text).expect("it is lenient");
        assert_eq!((told.read(), told.changes(), told.throttled(), told.requests), (7, 3, 3, 4));
        assert!(serde_json::from_str::<RunTold>("[]").is_err() || told.error.is_none());
    }
}
