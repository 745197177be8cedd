//! The limit on calls to the PSA, as the operator's rules have it.

use std::sync::Arc;

/// How many calls may be made to a PSA within five minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimit {
    /// By everyone together.
    pub calls: u32,
    /// The share of background work, 1 to 100; what a person waits for may use all.
    pub share_percent: u32,
}

/// The limit at an address; `None` where none is known.
pub type CallLimits = Arc<dyn Fn(&str) -> Option<CallLimit> + Send + Sync>;

impl CallLimit {
    /// The calls that background work may make.
    pub(crate) fn share(self) -> u64 {
        u64::from(self.calls) * u64::from(self.share_percent) / 100
    }
}
