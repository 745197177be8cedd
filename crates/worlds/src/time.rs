//! The clocks of a world: ours, and that of each PSA.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use almanac_psa::fake::FakeConnector;
use almanac_testkit::ManualClock;

/// Every clock of a world; a clone is the same clocks.
#[derive(Clone)]
pub(crate) struct Time {
    ours: ManualClock,
    psas: Vec<FakeConnector>,
    /// By how much ours is ahead.
    ahead: Arc<AtomicI64>,
}

/// Our clock is never further from the PSA's than this, in milliseconds.
const AHEAD_MAX: i64 = 4 * 60_000;

impl Time {
    pub(crate) fn new(psas: Vec<FakeConnector>) -> Time {
        Time { ours: ManualClock::default(), psas, ahead: Arc::default() }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.ours.now_ms()
    }

    /// Time passes.
    pub(crate) fn forward(&self, ms: i64) {
        self.ours.forward(ms);
        for psa in &self.psas {
            psa.change(|switches| switches.now_ms += ms);
        }
    }

    /// Our clock jumps, ahead or back.
    pub(crate) fn jump(&self, ms: i64) {
        let before = self.ahead.load(SeqCst);
        let ahead = (before + ms).clamp(-AHEAD_MAX, AHEAD_MAX);
        self.ahead.store(ahead, SeqCst);
        self.ours.forward(ahead - before);
    }

    /// What a PSA's answers tell of its clock: nothing. Where a jump came since the last answer,
    /// the difference that is known is an old one.
    pub(crate) fn offset_ms(&self) -> i64 {
        0
    }

    pub(crate) fn clock(&self) -> Arc<impl Fn() -> i64 + Send + Sync + 'static> {
        self.ours.reader()
    }
}
