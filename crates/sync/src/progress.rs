//! What a run tells while it goes on.

use almanac_model::stream::Stream;

use crate::status::StreamStatus;

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum ProgressEvent {
    /// A stream begins; how many records it claims to have is not known yet.
    StreamStarted {
        /// The stream.
        stream: Stream,
        /// A scan that was interrupted goes on.
        is_resumed: bool,
    },
    /// A page was committed.
    PageCommitted {
        /// The stream.
        stream: Stream,
        /// Records read in this pass.
        read: u64,
        /// Records that the current list claims to have.
        claimed: Option<u64>,
        /// The pass over the stream, from 1.
        pass: u32,
    },
    /// A stream has ended.
    StreamEnded(StreamStatus),
}

/// Somebody who watches a run.
pub trait Progress: Send + Sync {
    /// Called for each event, in order; must not block.
    fn report(&self, event: ProgressEvent);
}

/// Nobody.
pub struct Quiet;

impl Progress for Quiet {
    fn report(&self, _: ProgressEvent) {}
}
