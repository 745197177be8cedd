//! What an open scan remembers from page to page, so that a later run can go on with it.
//!
//! Both shapes here are stored as JSON and outlive the program that wrote them: a new field needs
//! a default. A checkpoint that cannot be read, or is too old, means a scan from the start, never
//! an error.

use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;
use almanac_psa::walk::Walk;
use almanac_psa::{Part, SeenSet};
use almanac_store::{SeenChunk, StoreError, StreamState, TenantStore};
use serde::{Deserialize, Serialize};

use crate::correction::Corrections;

/// An interrupted scan older than this is begun again: too much may have moved meanwhile.
const RESUME_AGE_MS_MAX: i64 = 10 * 60 * 1_000;

/// How far a scan is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    pub(crate) walk: Walk,
    /// The number of the next chunk of seen identifiers.
    pub(crate) chunk: i64,
    /// Whether the list of identifiers was compared in this scan by this run. What that list named
    /// is not kept, so a run that goes on asks again before it finds anything gone.
    #[serde(skip)]
    pub(crate) is_ids_checked: bool,
    pub(crate) at_ms: i64,
    /// What earlier pages of this scan wrote, by this run or one that was interrupted.
    #[serde(default)]
    pub(crate) written: Written,
}

/// What a scan wrote so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) added: u64,
    pub(crate) changed: u64,
    /// Rows of this pass that are not understood.
    #[serde(default)]
    pub(crate) bad: u64,
    /// What was found to differ.
    #[serde(default)]
    pub(crate) corrections: Corrections,
    /// Records corrected by a scan that was given up before it could tell of them.
    #[serde(default)]
    pub(crate) before: u64,
}

impl Written {
    /// Records that are as the PSA has them now, by this scan or one that it stands in for.
    pub(crate) fn corrected(&self) -> u64 {
        self.before + self.added + self.changed
    }
}

/// The identifiers that one page of one pass brought.
#[derive(Debug, Serialize, Deserialize)]
struct Chunk {
    pass: u32,
    ids: Vec<RemoteId>,
}

impl Checkpoint {
    /// A scan that has read nothing.
    pub(crate) fn new(parts: Vec<Part>, at_ms: i64) -> Checkpoint {
        let walk = Walk::new(parts);
        Checkpoint { walk, chunk: 0, is_ids_checked: false, at_ms, written: Written::default() }
    }

    /// The interrupted scan of a stream and its number, when it may be resumed.
    pub(crate) fn interrupted(state: &StreamState, now_ms: i64) -> Option<(i64, Checkpoint)> {
        let open = state.scan.as_ref()?;
        let checkpoint: Checkpoint = serde_json::from_str(&open.state).ok()?;
        // One from the future tells of a clock that was put back: how old it is nobody knows.
        let is_fresh = (0..=RESUME_AGE_MS_MAX).contains(&(now_ms - checkpoint.at_ms));
        is_fresh.then_some((open.generation, checkpoint))
    }

    /// Takes over what a scan that is too old to be resumed has corrected, for the receipt: this scan
    /// finds those records as they should be.
    pub(crate) fn stand_in_for(&mut self, state: &StreamState) {
        let Some(open) = &state.scan else { return };
        let Ok(old) = serde_json::from_str::<Checkpoint>(&open.state) else { return };
        self.written.before = old.written.corrected();
        self.written.corrections = old.written.corrections;
    }

    /// Takes the next number of a chunk for the identifiers that a page brought.
    pub(crate) fn next_chunk(&mut self, ids: Vec<RemoteId>) -> SeenChunk {
        let seq = self.chunk;
        self.chunk += 1;
        SeenChunk { seq, ids: to_json(&Chunk { pass: self.walk.pass(), ids }) }
    }

    /// As it is stored.
    pub(crate) fn to_json(&self) -> String {
        to_json(self)
    }

    /// What this scan's pass saw so far, and what the pass before saw, if there was one.
    pub(crate) async fn load_seen(
        &self,
        store: &TenantStore,
        (connection, stream, generation): (ConnectionId, Stream, i64),
    ) -> Result<(SeenSet, Option<SeenSet>), StoreError> {
        let pass = self.walk.pass();
        let (mut seen, mut before) = (SeenSet::default(), SeenSet::default());
        for chunk in store.seen_load(connection, stream, generation).await? {
            let chunk: Chunk = serde_json::from_str(&chunk).map_err(|_| StoreError::Corrupt {
                table: "seen_chunk".to_owned(),
                column: "ids".to_owned(),
                id: stream.to_string(),
            })?;
            for id in &chunk.ids {
                if chunk.pass == pass {
                    seen.insert(id);
                } else if chunk.pass + 1 == pass {
                    before.insert(id);
                }
            }
        }
        Ok((seen, (pass > 1).then_some(before)))
    }
}

fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("checkpoints are plain data")
}

#[cfg(test)]
mod tests {
    use almanac_model::stream::Stream;
    use almanac_store::OpenScan;

    use super::*;

    #[test]
    fn a_scan_goes_on_unless_it_is_old_or_from_the_future() {
        const AT_MS: i64 = 1_000_000;
        let checkpoint = Checkpoint::new(vec![Part::whole()], AT_MS);
        let scan = OpenScan { generation: 3, state: checkpoint.to_json() };
        let state = StreamState { scan: Some(scan), ..StreamState::unread(Stream::Assets) };
        let goes_on = |now_ms| Checkpoint::interrupted(&state, now_ms).is_some();
        assert!(goes_on(AT_MS) && goes_on(AT_MS + RESUME_AGE_MS_MAX));
        assert!(!goes_on(AT_MS + RESUME_AGE_MS_MAX + 1) && !goes_on(AT_MS - 1));
    }

    #[test]
    fn what_was_compared_before_an_interruption_is_compared_again() {
        let mut checkpoint = Checkpoint::new(vec![Part::whole()], 1);
        checkpoint.is_ids_checked = true;
        checkpoint.written.bad = 3;
        let again: Checkpoint = serde_json::from_str(&checkpoint.to_json()).expect("its own");
        assert!(!again.is_ids_checked);
        assert_eq!(again.written.bad, 3);
        let older = checkpoint.to_json().replace("\"at_ms\"", "\"is_ids_checked\":true,\"at_ms\"");
        let older: Checkpoint = serde_json::from_str(&older).expect("of an earlier version");
        assert!(!older.is_ids_checked);
    }
}
