//! The rolling request limit: plain text 429, `Retry-After` only if the switch says so.
//!
//! Every request to the Halo side counts, token and authinfo included (HA). Refused ones do not:
//! whether they count at Halo is unknown.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::answer::Answer;
use crate::switches::Switches;

/// When the requests of the current window came, in simulated milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Limiter(Mutex<VecDeque<i64>>);

impl Limiter {
    /// Counts a request, or refuses it.
    pub(crate) fn admit(&self, now: i64, speed: f64, switches: &Switches) -> Result<(), Answer> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if switches.limit == 0 {
            seen.clear();
            return Ok(());
        }
        let window = i64::from(switches.limit_window_seconds) * 1_000;
        while seen.front().is_some_and(|first| *first + window <= now || *first > now) {
            seen.pop_front();
        }
        if seen.len() < switches.limit as usize {
            seen.push_back(now);
            return Ok(());
        }
        let text = match switches.limit_window_seconds {
            seconds if seconds % 60 == 0 => format!("{} minute", seconds / 60),
            seconds => format!("{seconds} second"),
        };
        let limit = switches.limit;
        let mut answer = Answer::text(
            429,
            format!("Rate Limit Reached - {limit} Requests per rolling {text} window"),
        );
        if switches.retry_after.is_on() {
            let free_in = seen.front().map_or(0, |first| first + window - now);
            let real_seconds = free_in as f64 / 1_000.0 / speed.max(0.001);
            answer.retry_after = Some(real_seconds.ceil().max(1.0) as u64);
        }
        Err(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::switches::Toggle;

    #[test]
    fn the_window_rolls() {
        let limiter = Limiter::default();
        let switches = Switches { limit: 2, limit_window_seconds: 300, ..Switches::default() };
        assert!(limiter.admit(0, 1.0, &switches).is_ok());
        assert!(limiter.admit(100_000, 1.0, &switches).is_ok());
        let refused = limiter.admit(200_000, 1.0, &switches).expect_err("third in the window");
        assert_eq!((refused.status, refused.retry_after), (429, Some(100)));
        assert_eq!(refused.body, b"Rate Limit Reached - 2 Requests per rolling 5 minute window");
        assert!(limiter.admit(300_000, 1.0, &switches).is_ok());
        assert!(limiter.admit(300_001, 1.0, &switches).is_err());
    }

    #[test]
    fn the_hint_counts_real_seconds_and_can_be_left_out() {
        let limiter = Limiter::default();
        let mut switches = Switches { limit: 1, ..Switches::default() };
        assert!(limiter.admit(0, 60.0, &switches).is_ok());
        let refused = limiter.admit(0, 60.0, &switches).expect_err("second");
        assert_eq!(refused.retry_after, Some(5));
        switches.retry_after = Toggle::Off;
        let refused = limiter.admit(0, 60.0, &switches).expect_err("second");
        assert_eq!(refused.retry_after, None);
    }
}
