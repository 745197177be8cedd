//! When the next call may be sent: one pacer for each connection.
//!
//! Two rules stack. The **window** never lets more calls into 300 seconds than our share of the
//! limit (HALO-API 2.8: 700, older 300, per rolling five minutes; token calls count). The
//! **spacing** is learned: a 429 sets it from the calls counted so far, each good answer shrinks
//! it a little. While Halo refuses, one probe at a time is sent, at growing pauses, because
//! nothing says when its window moves on. Patience ends after a quarter of an hour without one
//! good answer (Q-18: failing after 50 seconds was provably too short).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Halo counts calls over a rolling window of five minutes (HALO-API 2.8).
pub(crate) const WINDOW: Duration = Duration::from_secs(300);
/// Calls in flight at once; more gains nothing under a limit of calls.
const CONCURRENCY_MAX: usize = 4;
/// The longest pause between two probes without `Retry-After` (Q-18: up to 60 s).
const BACK_OFF_MAX: Duration = Duration::from_secs(60);
/// How long refusals are sat out before the caller hears of them.
const PATIENCE: Duration = Duration::from_secs(17 * 60);
/// The slowest spacing that is learned: half of the lowest limit seen (300 per window). Whatever
/// is slower still, because others use the limit up, is left to the pauses after refusals.
const SPACING_MAX: Duration = Duration::from_secs(2);
/// A spacing below this is no spacing.
const SPACING_MIN: Duration = Duration::from_millis(2);
/// What one good answer leaves of the spacing.
const RECOVERY: f64 = 0.93;

/// Paces the calls of one connection.
#[derive(Debug)]
pub(crate) struct Pacer {
    /// Calls allowed in a window; `None` when only the remote's refusals count.
    ceiling: Option<u32>,
    slots: Semaphore,
    state: Mutex<State>,
    moved: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Calls of the last window, by second, oldest first.
    sent: VecDeque<(Instant, u32)>,
    /// The learned pause between two calls.
    spacing: Option<Duration>,
    /// When the next spaced call may go.
    next_at: Option<Instant>,
    /// Since when the remote refuses, if it does.
    refusal: Option<Refusal>,
}

#[derive(Debug)]
struct Refusal {
    began_at: Instant,
    /// Refusals counted; answers to calls sent before the last one say nothing new.
    count: u32,
    last_at: Instant,
    until: Instant,
    is_probing: bool,
}

/// Leave to send one call. Report how it went; dropping it reports nothing but ends a probe.
#[derive(Debug)]
pub(crate) struct Admission<'p> {
    pacer: &'p Pacer,
    sent_at: Instant,
    is_probe: bool,
    _slot: SemaphorePermit<'p>,
}

enum Next {
    Go { is_probe: bool },
    WaitUntil(Instant),
    WaitForProbe,
}

impl Pacer {
    /// A pacer for a limit per five minutes, of which `share_percent` is ours.
    pub(crate) fn new(call_limit: Option<u32>, share_percent: u32) -> Self {
        let ceiling = call_limit.map(|limit| {
            let share = u64::from(limit) * u64::from(share_percent.clamp(1, 100)) / 100;
            u32::try_from(share.max(1)).unwrap_or(u32::MAX)
        });
        Self {
            ceiling,
            slots: Semaphore::new(CONCURRENCY_MAX),
            state: Mutex::default(),
            moved: Notify::new(),
        }
    }

    /// Waits until a call may be sent, and counts it.
    pub(crate) async fn admit(&self) -> Admission<'_> {
        let slot = self.slots.acquire().await.expect("the semaphore is never closed");
        loop {
            let moved = self.moved.notified();
            let now = Instant::now();
            let next = self.lock().next(now, self.ceiling);
            match next {
                Next::Go { is_probe } => {
                    return Admission { pacer: self, sent_at: now, is_probe, _slot: slot };
                }
                Next::WaitUntil(at) => tokio::time::sleep_until(at).await,
                Next::WaitForProbe => moved.await,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code under the lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admission<'_> {
    /// The remote answered something other than "too many".
    pub(crate) fn answered(self) {
        let mut state = self.pacer.lock();
        state.refusal = None;
        state.spacing = state
            .spacing
            .map(|spacing| spacing.mul_f64(RECOVERY))
            .filter(|spacing| *spacing >= SPACING_MIN);
        drop(state);
        self.pacer.moved.notify_waiters();
    }

    /// The remote answered "too many". False when patience is at its end.
    #[must_use]
    pub(crate) fn refused(self, retry_after: Option<Duration>) -> bool {
        let now = Instant::now();
        let mut state = self.pacer.lock();
        let is_news = state.refusal.as_ref().is_none_or(|refusal| self.sent_at >= refusal.last_at);
        if is_news {
            state.learn(now);
        }
        let calls = state.count(now);
        tracing::debug!(calls, ?retry_after, "halo throttles");
        let refusal = state.refusal.get_or_insert(Refusal {
            began_at: now,
            count: 0,
            last_at: now,
            until: now,
            is_probing: false,
        });
        if is_news {
            let doubled = Duration::from_secs(1 << refusal.count.min(6)).min(BACK_OFF_MAX);
            let pause = retry_after.map_or(doubled, |asked| asked.max(Duration::from_secs(1)));
            refusal.count += 1;
            refusal.last_at = now;
            refusal.until = now + pause.mul_f64(1.0 + fastrand::f64() * 0.1);
        }
        let is_patient = refusal.until.saturating_duration_since(refusal.began_at) <= PATIENCE;
        if !is_patient {
            // Whoever comes back later finds a fresh patience, at the learned spacing.
            state.refusal = None;
        }
        is_patient
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            if let Some(refusal) = &mut self.pacer.lock().refusal {
                refusal.is_probing = false;
            }
            self.pacer.moved.notify_waiters();
        }
    }
}

impl State {
    fn next(&mut self, now: Instant, ceiling: Option<u32>) -> Next {
        if let Some(refusal) = &mut self.refusal {
            if refusal.is_probing {
                return Next::WaitForProbe;
            }
            if now < refusal.until {
                return Next::WaitUntil(refusal.until);
            }
            refusal.is_probing = true;
            self.record(now);
            return Next::Go { is_probe: true };
        }
        if ceiling.is_some_and(|ceiling| self.count(now) >= ceiling)
            && let Some((oldest, _)) = self.sent.front()
        {
            return Next::WaitUntil(*oldest + WINDOW + Duration::from_secs(1));
        }
        if let Some(spacing) = self.spacing {
            if let Some(at) = self.next_at.filter(|at| *at > now) {
                return Next::WaitUntil(at);
            }
            self.next_at = Some(now + spacing);
        }
        self.record(now);
        Next::Go { is_probe: false }
    }

    fn record(&mut self, now: Instant) {
        match self.sent.back_mut() {
            Some((second, calls)) if now < *second + Duration::from_secs(1) => *calls += 1,
            _ => self.sent.push_back((now, 1)),
        }
    }

    /// Calls of the last window; a second counts until its last moment has left.
    fn count(&mut self, now: Instant) -> u32 {
        let kept_for = WINDOW + Duration::from_secs(1);
        while self.sent.front().is_some_and(|(second, _)| now >= *second + kept_for) {
            self.sent.pop_front();
        }
        self.sent.iter().map(|(_, calls)| calls).sum()
    }

    /// Once for each run of refusals: the calls so far were too many for one window.
    fn learn(&mut self, now: Instant) {
        if self.refusal.is_some() {
            return;
        }
        let even = WINDOW.div_f64(f64::from(self.count(now).max(1)));
        let spacing = match self.spacing {
            Some(spacing) => spacing * 2,
            None => even,
        };
        self.spacing = Some(spacing.clamp(SPACING_MIN, SPACING_MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Halo's rule, counted exactly: so many good calls in any rolling window.
    struct Remote {
        limit: usize,
        window: Duration,
        good: VecDeque<Instant>,
        refused: usize,
    }

    impl Remote {
        fn accepts(&mut self) -> bool {
            let now = Instant::now();
            while self.good.front().is_some_and(|at| *at + self.window <= now) {
                self.good.pop_front();
            }
            let accepts = self.good.len() < self.limit;
            if accepts {
                self.good.push_back(now);
            } else {
                self.refused += 1;
            }
            accepts
        }
    }

    async fn make_calls(pacer: &Pacer, remote: &mut Remote, calls: usize) {
        let mut good = 0;
        while good < calls {
            let admission = pacer.admit().await;
            if remote.accepts() {
                admission.answered();
                good += 1;
            } else {
                assert!(admission.refused(None), "patience ended after {good} calls");
            }
        }
    }

    fn remote(limit: usize, window: Duration) -> Remote {
        Remote { limit, window, good: VecDeque::new(), refused: 0 }
    }

    #[tokio::test(start_paused = true)]
    async fn q_18_limit_300_without_a_header_and_400_calls_complete() {
        let mut remote = remote(300, WINDOW);
        make_calls(&Pacer::new(None, 100), &mut remote, 400).await;
        assert!(remote.refused > 0 && remote.refused < 60, "{}", remote.refused);
    }

    #[tokio::test(start_paused = true)]
    async fn our_share_of_the_limit_is_never_exceeded_in_any_window() {
        let mut remote = remote(350, WINDOW);
        let began = Instant::now();
        make_calls(&Pacer::new(Some(700), 50), &mut remote, 1_100).await;
        assert_eq!(remote.refused, 0);
        assert!(began.elapsed() >= WINDOW * 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_remote_with_a_faster_clock_is_not_waited_for_a_whole_window() {
        let mut remote = remote(300, Duration::from_secs(3));
        let began = Instant::now();
        make_calls(&Pacer::new(None, 100), &mut remote, 600).await;
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_obeyed() {
        let pacer = Pacer::new(None, 100);
        assert!(pacer.admit().await.refused(Some(Duration::from_secs(40))));
        let began = Instant::now();
        pacer.admit().await.answered();
        let waited = began.elapsed();
        assert!(waited >= Duration::from_secs(40) && waited < Duration::from_secs(46));
    }

    #[tokio::test(start_paused = true)]
    async fn patience_lasts_a_quarter_of_an_hour_and_then_ends() {
        let pacer = Pacer::new(None, 100);
        let began = Instant::now();
        while pacer.admit().await.refused(None) {}
        let lasted = began.elapsed();
        assert!(lasted >= Duration::from_secs(15 * 60), "{lasted:?}");
        assert!(lasted <= PATIENCE, "{lasted:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn while_halo_refuses_one_probe_goes_at_a_time() {
        let pacer = Pacer::new(None, 100);
        assert!(pacer.admit().await.refused(None));
        let probe = pacer.admit().await;
        let second = tokio::time::timeout(Duration::from_secs(500), pacer.admit()).await;
        assert!(second.is_err(), "a second call went beside the probe");
        drop(probe);
        pacer.admit().await.answered();
        let both = (pacer.admit().await, pacer.admit().await);
        drop(both);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_of_calls_sent_together_count_once() {
        let pacer = Pacer::new(None, 100);
        let (a, b, c) = (pacer.admit().await, pacer.admit().await, pacer.admit().await);
        tokio::time::advance(Duration::from_millis(50)).await;
        assert!(a.refused(None) && b.refused(None) && c.refused(None));
        assert_eq!(pacer.lock().refusal.as_ref().map(|r| r.count), Some(1));
    }
}
