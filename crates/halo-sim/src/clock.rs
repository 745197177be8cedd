//! The simulator's own clock: ours, moved by an offset and run at any speed.
//!
//! Everything that Halo would time is timed here: token lifetimes, the limit's window, `Date`
//! headers, times of changes. Latency and stalls are not: they are real seconds.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// A clock that can be set, moved and sped up. Instants are milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct Clock(Mutex<Reading>);

#[derive(Debug)]
struct Reading {
    taken: Instant,
    millis: i64,
    speed: f64,
}

impl Reading {
    fn now(&self) -> i64 {
        let passed = self.taken.elapsed().as_secs_f64() * self.speed * 1_000.0;
        self.millis.saturating_add(passed as i64)
    }
}

impl Clock {
    /// A clock that starts `offset_seconds` away from the machine's.
    #[expect(
        clippy::disallowed_methods,
        reason = "a simulated clock starts from the machine's; everything else takes its time from here"
    )]
    pub(crate) fn new(offset_seconds: i64, speed: f64) -> Clock {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let millis = i64::try_from(real.as_millis()).unwrap_or(i64::MAX);
        let millis = millis.saturating_add(offset_seconds.saturating_mul(1_000));
        Clock(Mutex::new(Reading { taken: Instant::now(), millis, speed: speed.max(0.0) }))
    }

    /// Simulated milliseconds since 1970.
    pub(crate) fn now_millis(&self) -> i64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).now()
    }

    /// Simulated seconds per real second.
    pub(crate) fn speed(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).speed
    }

    /// Moves the clock, forward or back.
    pub(crate) fn advance(&self, seconds: f64) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.millis = reading.millis.saturating_add((seconds * 1_000.0) as i64);
    }

    /// Changes the speed from now on.
    pub(crate) fn set_speed(&self, speed: f64) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let millis = reading.now();
        *reading = Reading { taken: Instant::now(), millis, speed: speed.max(0.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_clock_moves_only_when_advanced() {
        let clock = Clock::new(0, 0.0);
        let before = clock.now_millis();
        assert_eq!(clock.now_millis(), before);
        clock.advance(90.5);
        assert_eq!(clock.now_millis(), before + 90_500);
        clock.advance(-90.5);
        assert_eq!(clock.now_millis(), before);
    }

    #[test]
    fn changing_the_speed_does_not_jump() {
        let clock = Clock::new(1_000, 0.0);
        let before = clock.now_millis();
        clock.set_speed(1.0);
        assert!((clock.now_millis() - before) < 60_000);
        assert!(clock.now_millis() >= before);
    }
}
