//! A clock that stands still until a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use almanac_store::testing::START_MS;

/// A clock that a test moves; a clone is the same clock.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl Default for ManualClock {
    /// A clock that stands at the instant from which tests count.
    fn default() -> ManualClock {
        ManualClock(Arc::new(AtomicI64::new(START_MS)))
    }
}

impl ManualClock {
    /// Where it stands, in milliseconds UTC.
    pub fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Moves it forward.
    pub fn forward(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// This clock, as what runs is given one.
    pub fn reader(&self) -> Arc<impl Fn() -> i64 + Send + Sync + 'static> {
        let clock = self.clone();
        Arc::new(move || clock.now_ms())
    }
}
