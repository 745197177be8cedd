//! The typed status of a run. Its JSON is public (`docs/sync.md`).

use almanac_model::stream::Stream;
use almanac_psa::CallStats;
use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every stream was read to its end and checked.
    Done,
    /// Some stream could not be read to its end; the next run goes on.
    Partial,
    /// Some stream waits for a person.
    Held,
    /// The run ended early.
    Failed,
}

/// Why a stream is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldStatus {
    /// The public code.
    pub code: String,
    /// What happened, with numbers.
    pub text: String,
}

/// What a run did to one stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamStatus {
    /// The stream's public name.
    pub stream: String,
    /// `full`: the stream is read whole. `changes`: what changed, or the children of what did.
    pub mode: String,
    /// Distinct records received.
    pub read: u64,
    /// Records that were new.
    pub added: u64,
    /// Records whose bytes differ from before.
    pub changed: u64,
    /// Records that are as before; they cost no write.
    pub unchanged: u64,
    /// Records that are gone.
    pub removed: u64,
    /// Records that were not understood; kept raw.
    pub bad: u64,
    /// Calls to the PSA.
    pub requests: u64,
    /// Answers that said "too many".
    pub throttled: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// Why it is held, if it is.
    pub held: Option<HeldStatus>,
    /// Whether the scan has used up the run's calls, so that a later run goes on with it.
    #[serde(skip)]
    pub is_open: bool,
}

impl StreamStatus {
    /// Of a stream that nothing was done to.
    pub(crate) fn new(stream: Stream) -> StreamStatus {
        StreamStatus {
            stream: stream.name().to_owned(),
            mode: "full".to_owned(),
            read: 0,
            added: 0,
            changed: 0,
            unchanged: 0,
            removed: 0,
            bad: 0,
            requests: 0,
            throttled: 0,
            bytes: 0,
            seconds: 0.0,
            held: None,
            is_open: false,
        }
    }

    /// Takes what was called between two readings.
    pub(crate) fn set_calls(&mut self, before: CallStats, after: CallStats) {
        self.requests = after.requests - before.requests;
        self.throttled = after.throttled - before.throttled;
        self.bytes = after.bytes - before.bytes;
    }
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStatus {
    /// The run.
    pub run_id: String,
    /// The tenant's slug.
    pub tenant: String,
    /// ISO instant.
    pub started_at: String,
    /// ISO instant.
    pub ended_at: String,
    /// How it ended.
    pub outcome: Outcome,
    /// One entry for each stream, in the order read.
    pub streams: Vec<StreamStatus>,
    /// Calls to the PSA.
    pub requests: u64,
    /// The most memory this process has used.
    pub peak_memory_bytes: u64,
    /// The code of what ended a failed run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<HeldStatus>,
}
