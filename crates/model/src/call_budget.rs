//! How many calls a connection may make, and when: the rules of a budget that all processes share.
//!
//! Pure: whoever keeps a [`CallBudget`] (a row of the database, or one process for itself) hands
//! in the time and stores what comes out. Three rules stack. The **window** never lets more calls
//! into five minutes than a class's part of the limit (HALO-API 2.8: 700, older 300, per rolling
//! five minutes; token calls count). The **rate** is learned: refusals lower it, good answers
//! raise it slowly, the faster the longer all was calm. While the PSA **refuses**, one probe of
//! all processes goes at a time, at growing pauses, because nothing says when its window moves on.
//!
//! | class | part of the limit | calls ahead of the learned rate |
//! |---|---|---|
//! | a person waits | all of it | 4 |
//! | a webhook told | the share and half of the rest | 2 |
//! | what changed | the share | 0 |
//! | a scan | nine tenths of the share | none, and it leaves each call's first half to the others |

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Halo counts calls over a rolling window of five minutes (HALO-API 2.8).
pub const CALL_WINDOW_MS: i64 = 300_000;

/// Calls are counted in spans of this length; a span counts until its last moment has left.
const SPAN_MS: i64 = 2_000;

/// Most calls of one grant.
const GRANT_MAX: u32 = 32;

/// A grant at a learned rate reaches no farther ahead: what other processes hold when the PSA
/// begins to refuse is refused too.
const GRANT_AHEAD_MS: f64 = 1_000.0;

/// A grant that is not used by then is lost, at a process that died too.
const GRANT_LAPSE_MS: i64 = 2_000;

/// A probe whose process says nothing for so long is taken for lost: longer than a call may take.
const PROBE_LAPSE_MS: i64 = 75_000;

/// How often the others look whether a probe has come back.
const PROBE_LOOK_MS: i64 = 500;

/// The longest pause between two probes without `Retry-After` (Q-18: up to 60 s).
const PAUSE_MS_MAX: i64 = 60_000;

/// How long refusals are sat out before a caller hears of them.
const PATIENCE_MS: i64 = 17 * 60_000;

/// The lowest rate that is learned, in calls per window: a third of the lowest limit seen (300).
/// Whatever is slower still, because others use the limit up, is left to the pauses.
const LEARNED_MIN: f64 = 100.0;

/// The highest: there is no limit worth keeping to.
const LEARNED_MAX: f64 = 60_000.0;

/// What the first refusal leaves of the rate, and each later one until a probe is answered.
const CUT_FIRST: f64 = 0.85;
const CUT_MORE: f64 = 0.75;

/// What is found out by a burst that was refused is used with so much caution.
const BURST_CAUTION: f64 = 0.9;

/// A good answer raises the rate by this part of it, and by as much again for each five minutes
/// without a refusal.
const GROWTH: f64 = 0.000_2;
const GROWTH_AGAIN_MS: f64 = 300_000.0;

/// After so long without a refusal at the full rate, nothing is left to be careful of.
const FORGET_MS: i64 = 3_600_000;

/// Calls farther apart than this belong to different bursts.
const BURST_GAP_MS: i64 = 10_000;

/// Times farther ahead than this come from a clock that was wrong.
const SKEW_MS: i64 = 60_000;

/// Who needs a call; the later, the sooner it is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallClass {
    /// A scan that nobody waits for.
    Scan,
    /// A round that reads what changed.
    Changes,
    /// The PSA told of a change.
    Webhook,
    /// A person waits.
    Person,
}

/// The limit that an operator knows of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallCeiling {
    /// Calls in a window; `None` when only the PSA's refusals count.
    pub limit: Option<u32>,
    /// The part that background work may use, 1 to 100.
    pub share_percent: u32,
}

impl CallCeiling {
    /// Calls of all classes together beyond which this class waits.
    pub fn of(self, class: CallClass) -> Option<u32> {
        let share = u64::from(self.share_percent.clamp(1, 100));
        let per_mille = match class {
            CallClass::Scan => share * 9,
            CallClass::Changes => share * 10,
            CallClass::Webhook => (share + (100 - share) / 2) * 10,
            CallClass::Person => 1_000,
        };
        let limit = u64::from(self.limit?);
        Some(u32::try_from((limit * per_mille / 1_000).max(1)).unwrap_or(u32::MAX))
    }
}

/// A process asks for calls, and says what became of those it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallAsk {
    /// For whom.
    pub class: CallClass,
    /// The known limit.
    pub ceiling: CallCeiling,
    /// So many would be used soon.
    pub wanted: u32,
    /// Calls answered since it asked last, by anything but "too many".
    pub answered: u32,
    /// Calls of the grant before that lapsed unused.
    pub unused: u32,
    /// How long ago that grant was made, in milliseconds.
    pub unused_ago_ms: i64,
    /// Whether a probe was given up without an answer.
    pub has_lost_probe: bool,
}

/// What a process may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallTurn {
    /// Calls may be sent.
    Go(CallGrant),
    /// Ask again after so many milliseconds.
    Wait(i64),
}

/// Leave to send some calls; they are counted as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallGrant {
    /// How many.
    pub count: u32,
    /// From one to the next, in milliseconds; the first may go at once.
    pub every_ms: i64,
    /// Until when they may be used, in milliseconds from now.
    pub for_ms: i64,
    /// Whether it finds out if the PSA refuses still. How it went must be told at once.
    pub is_probe: bool,
}

/// What cannot wait until a process asks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallTold {
    /// The PSA answered "too many".
    Refused {
        /// How long before the call had been sent, in milliseconds.
        sent_ago_ms: i64,
        /// The pause that the PSA named, in milliseconds.
        retry_after_ms: Option<i64>,
        /// Whether the call was a probe.
        is_probe: bool,
    },
    /// The PSA answered a probe by anything else.
    ProbeAnswered,
}

/// The calls of one connection, as all processes together made them. Times are milliseconds UTC.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallBudget {
    /// Where a span begins and its calls, oldest first.
    sent: VecDeque<(i64, u32)>,
    /// Calls per window that the PSA lets us have, once it refused.
    learned: Option<f64>,
    /// When the next call at the learned rate is due.
    next_at: i64,
    /// When the calls of now began without a long gap, and how many they are.
    burst_at: i64,
    burst_calls: u32,
    refusal: Option<Refusal>,
    /// The pause after a first refusal: half of what the last refusals lasted.
    pause_ms: i64,
    /// When the PSA last ceased to refuse.
    calm_at: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Refusal {
    began_at: i64,
    count: u32,
    until: i64,
    /// Until when a probe is under way.
    probe_until: i64,
}

impl CallBudget {
    /// Grants calls or tells how long to wait.
    pub fn take(&mut self, ask: &CallAsk, now_ms: i64) -> CallTurn {
        self.forget(now_ms);
        self.give_back(ask, now_ms);
        self.grow(ask, now_ms);
        if let Some(refusal) = &mut self.refusal {
            if ask.has_lost_probe {
                refusal.probe_until = 0;
            }
            let wait =
                (refusal.until - now_ms).max((refusal.probe_until - now_ms).min(PROBE_LOOK_MS));
            if wait > 0 {
                return CallTurn::Wait(wait);
            }
            refusal.probe_until = now_ms + PROBE_LAPSE_MS;
            self.count(1, now_ms);
            let for_ms = GRANT_LAPSE_MS;
            return CallTurn::Go(CallGrant { count: 1, every_ms: 0, for_ms, is_probe: true });
        }
        let mut count = ask.wanted.clamp(1, GRANT_MAX);
        if let Some(ceiling) = ask.ceiling.of(ask.class) {
            let made = self.made();
            if made >= ceiling {
                let oldest = self.sent.front().map_or(now_ms, |(at, _)| *at);
                return CallTurn::Wait((oldest + SPAN_MS + CALL_WINDOW_MS - now_ms).max(1));
            }
            count = count.min(ceiling - made);
        }
        let mut every_ms = 0;
        if let Some(every) = self.every_ms() {
            let wait = self.next_at as f64 - slots_ahead(ask.class) * every - now_ms as f64;
            if wait >= 1.0 {
                return CallTurn::Wait(wait as i64);
            }
            count = count.min((GRANT_AHEAD_MS / every) as u32).max(1);
            every_ms = every.ceil() as i64;
            // A call that was due and not made is not lost, as long as it is one.
            let due = (self.next_at as f64).max(now_ms as f64 - every);
            self.next_at = (due + every * f64::from(count)).ceil() as i64;
        }
        self.count(count, now_ms);
        let for_ms = every_ms * i64::from(count) + GRANT_LAPSE_MS;
        CallTurn::Go(CallGrant { count, every_ms, for_ms, is_probe: false })
    }

    /// Notes a refusal, or how a probe went. False when the patience with refusals has ended.
    pub fn tell(&mut self, told: CallTold, now_ms: i64) -> bool {
        self.forget(now_ms);
        match told {
            CallTold::ProbeAnswered => {
                self.settle(now_ms);
                true
            }
            CallTold::Refused { sent_ago_ms, retry_after_ms, is_probe } => {
                self.burst_calls = self.burst_calls.saturating_sub(1);
                // Of calls that were under way together, one refusal says it for all.
                let is_late = now_ms - sent_ago_ms < self.calm_at;
                let is_news = match self.refusal {
                    Some(_) => is_probe,
                    None => !is_late,
                };
                !is_news || self.refuse(retry_after_ms, now_ms)
            }
        }
    }

    /// Calls of the last window.
    pub fn made(&self) -> u32 {
        self.sent.iter().map(|(_, calls)| calls).sum()
    }

    /// Calls in five minutes that the PSA's refusals left us; `None` while it refused nothing.
    pub fn learned(&self) -> Option<u32> {
        self.learned.map(|learned| learned as u32)
    }

    /// Until when nothing but a probe goes, in milliseconds UTC.
    pub fn waits_until(&self) -> Option<i64> {
        self.refusal.as_ref().map(|refusal| refusal.until)
    }

    fn refuse(&mut self, retry_after_ms: Option<i64>, now_ms: i64) -> bool {
        let first = self.pause_ms.clamp(1_000, PAUSE_MS_MAX);
        let refusal = self.refusal.get_or_insert(Refusal {
            began_at: now_ms,
            count: 0,
            until: now_ms,
            probe_until: 0,
        });
        let doubled = first.saturating_mul(1 << refusal.count.min(6)).min(PAUSE_MS_MAX);
        refusal.until = now_ms + retry_after_ms.map_or(doubled, |asked| asked.max(1_000));
        refusal.probe_until = 0;
        refusal.count += 1;
        let cut = if refusal.count == 1 { CUT_FIRST } else { CUT_MORE };
        self.learned = self.learned.map(|learned| (learned * cut).max(LEARNED_MIN));
        let is_patient = refusal.until - refusal.began_at <= PATIENCE_MS;
        if !is_patient {
            // Whoever comes back later finds a fresh patience, at the learned rate.
            self.settle(now_ms);
        }
        is_patient
    }

    /// The PSA refuses no more.
    fn settle(&mut self, now_ms: i64) {
        let Some(refusal) = self.refusal.take() else { return };
        let lasted = now_ms - refusal.began_at;
        self.pause_ms = (lasted / 2).clamp(1_000, PAUSE_MS_MAX);
        self.calm_at = now_ms;
        if self.learned.is_none() {
            // What went through since the burst began, or in the last window, is a rate that was
            // sustained, whatever the length of the PSA's own window is.
            let took = (now_ms - self.burst_at).max(1_000);
            let burst = f64::from(self.burst_calls) * CALL_WINDOW_MS as f64 / took as f64;
            let found = burst.max(f64::from(self.made())) * BURST_CAUTION;
            self.learned = Some(found.clamp(LEARNED_MIN, LEARNED_MAX));
        }
        self.next_at = now_ms + self.every_ms().unwrap_or(0.0) as i64;
    }

    /// Good answers raise a learned rate, up to the known limit, and at last it is forgotten.
    fn grow(&mut self, ask: &CallAsk, now_ms: i64) {
        let Some(learned) = self.learned else { return };
        let highest =
            ask.ceiling.limit.map_or(LEARNED_MAX, |limit| f64::from(limit).max(LEARNED_MIN));
        let calm_ms = now_ms - self.calm_at;
        if self.refusal.is_some() {
            return;
        }
        if learned >= highest && calm_ms >= FORGET_MS {
            self.learned = None;
            return;
        }
        let growth = GROWTH * (1.0 + calm_ms as f64 / GROWTH_AGAIN_MS);
        self.learned = Some((learned * (1.0 + growth * f64::from(ask.answered))).min(highest));
    }

    fn every_ms(&self) -> Option<f64> {
        self.learned.map(|learned| CALL_WINDOW_MS as f64 / learned)
    }

    fn count(&mut self, calls: u32, now_ms: i64) {
        let last = self.sent.back().map_or(0, |(at, _)| *at);
        if now_ms - last > BURST_GAP_MS && self.refusal.is_none() {
            (self.burst_at, self.burst_calls) = (now_ms, 0);
        }
        self.burst_calls = self.burst_calls.saturating_add(calls);
        match self.sent.back_mut() {
            Some((at, made)) if now_ms < *at + SPAN_MS => *made += calls,
            _ => self.sent.push_back((now_ms, calls)),
        }
    }

    fn give_back(&mut self, ask: &CallAsk, now_ms: i64) {
        let made_at = now_ms - ask.unused_ago_ms;
        let span = self.sent.iter_mut().rev().find(|(at, _)| *at <= made_at);
        if let Some((at, made)) = span
            && made_at < *at + SPAN_MS
        {
            *made = made.saturating_sub(ask.unused);
            self.burst_calls = self.burst_calls.saturating_sub(ask.unused);
        }
    }

    /// Drops what has left the window, and what a clock that was ahead has left behind.
    fn forget(&mut self, now_ms: i64) {
        let gone = now_ms - CALL_WINDOW_MS - SPAN_MS;
        self.sent.retain(|(at, made)| *at > gone && *at <= now_ms + SKEW_MS && *made > 0);
        self.calm_at = self.calm_at.min(now_ms);
        self.burst_at = self.burst_at.min(now_ms);
        self.next_at = self.next_at.min(now_ms + SKEW_MS);
        if self.refusal.as_ref().is_some_and(|refusal| refusal.began_at > now_ms + SKEW_MS) {
            self.refusal = None;
        }
    }
}

/// How many calls of the learned rate a class may be ahead of it.
fn slots_ahead(class: CallClass) -> f64 {
    match class {
        CallClass::Scan => -0.5,
        CallClass::Changes => 0.0,
        CallClass::Webhook => 2.0,
        CallClass::Person => 4.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: CallCeiling = CallCeiling { limit: Some(700), share_percent: 50 };
    const NONE: CallCeiling = CallCeiling { limit: None, share_percent: 50 };

    fn ask(class: CallClass, ceiling: CallCeiling) -> CallAsk {
        CallAsk {
            class,
            ceiling,
            wanted: 1,
            answered: 0,
            unused: 0,
            unused_ago_ms: 0,
            has_lost_probe: false,
        }
    }

    fn refused(retry_after_ms: Option<i64>, is_probe: bool) -> CallTold {
        CallTold::Refused { sent_ago_ms: 100, retry_after_ms, is_probe }
    }

    /// Takes single calls until none goes at this instant.
    fn drain(budget: &mut CallBudget, class: CallClass, now_ms: i64) -> u32 {
        let mut count = 0;
        while let CallTurn::Go(grant) = budget.take(&ask(class, LIMIT), now_ms) {
            count += grant.count;
        }
        count
    }

    #[test]
    fn each_class_finds_calls_that_those_before_it_left() {
        let mut budget = CallBudget::default();
        assert_eq!(drain(&mut budget, CallClass::Scan, 1_000), 315);
        assert_eq!(drain(&mut budget, CallClass::Changes, 1_000), 35);
        assert_eq!(drain(&mut budget, CallClass::Webhook, 1_000), 175);
        assert_eq!(drain(&mut budget, CallClass::Person, 1_000), 175);
        assert_eq!(budget.made(), 700);
        let full = budget.take(&ask(CallClass::Person, LIMIT), 2_000);
        assert_eq!(full, CallTurn::Wait(CALL_WINDOW_MS + SPAN_MS - 1_000));
        assert_eq!(drain(&mut budget, CallClass::Scan, 1_000 + CALL_WINDOW_MS + SPAN_MS), 315);
    }

    #[test]
    fn a_grant_is_counted_whole_and_what_lapsed_is_given_back() {
        let mut budget = CallBudget::default();
        let eight = CallAsk { wanted: 8, ..ask(CallClass::Changes, LIMIT) };
        assert!(matches!(budget.take(&eight, 1_000), CallTurn::Go(CallGrant { count: 8, .. })));
        assert_eq!(budget.made(), 8);
        let next = CallAsk { unused: 5, unused_ago_ms: 4_000, ..ask(CallClass::Changes, LIMIT) };
        budget.take(&next, 5_000);
        assert_eq!(budget.made(), 4);
        // What left the window is not given back a second time, out of somebody else's.
        let late = CallAsk { unused: 8, unused_ago_ms: 400_000, ..next };
        budget.take(&late, 290_000);
        assert_eq!(budget.made(), 5);
    }

    #[test]
    fn while_the_psa_refuses_one_probe_of_all_goes_at_a_time() {
        let mut budget = CallBudget::default();
        let one = ask(CallClass::Person, NONE);
        assert!(matches!(budget.take(&one, 0), CallTurn::Go(_)));
        assert!(budget.tell(refused(Some(40_000), false), 100));
        assert_eq!(budget.take(&one, 1_100), CallTurn::Wait(39_000), "Retry-After is obeyed");
        assert!(matches!(
            budget.take(&one, 40_100),
            CallTurn::Go(CallGrant { is_probe: true, .. })
        ));
        assert_eq!(budget.take(&one, 40_200), CallTurn::Wait(PROBE_LOOK_MS));
        // Its process died; the next one takes over.
        let lapsed = 40_100 + PROBE_LAPSE_MS;
        assert!(matches!(
            budget.take(&one, lapsed),
            CallTurn::Go(CallGrant { is_probe: true, .. })
        ));
        assert!(budget.tell(CallTold::ProbeAnswered, lapsed + 50));
        assert!(matches!(
            budget.take(&one, lapsed + 5_000),
            CallTurn::Go(CallGrant { is_probe: false, .. })
        ));
    }

    #[test]
    fn refusals_of_calls_sent_together_count_once() {
        let mut budget = CallBudget::default();
        for _ in 0..3 {
            budget.take(&ask(CallClass::Person, NONE), 5_000);
        }
        for _ in 0..3 {
            assert!(budget.tell(refused(None, false), 5_100));
        }
        assert_eq!(budget.waits_until(), Some(6_100), "not doubled");
    }

    #[test]
    fn at_a_learned_rate_a_person_goes_before_a_webhook_and_that_before_the_rest() {
        let mut budget = CallBudget { learned: Some(300.0), ..CallBudget::default() };
        let mut now_ms = 10_000;
        let mut order = Vec::new();
        // Background work has what it may have; then all come at once.
        while let CallTurn::Go(_) = budget.take(&ask(CallClass::Changes, NONE), now_ms) {}
        while order.len() < 12 {
            for class in
                [CallClass::Scan, CallClass::Changes, CallClass::Webhook, CallClass::Person]
            {
                if matches!(budget.take(&ask(class, NONE), now_ms), CallTurn::Go(_)) {
                    order.push(class);
                }
            }
            now_ms += 100;
        }
        let first_of = |class| order.iter().position(|found| *found == class).unwrap_or(99);
        assert!(first_of(CallClass::Webhook) < first_of(CallClass::Changes), "{order:?}");
        assert!(first_of(CallClass::Person) < first_of(CallClass::Changes), "{order:?}");
        assert!(!order.contains(&CallClass::Scan), "{order:?}");
    }

    #[test]
    fn a_clock_that_was_ahead_stops_nobody() {
        let mut budget = CallBudget { learned: Some(300.0), ..CallBudget::default() };
        let year_ms = 365 * 86_400_000;
        budget.take(&ask(CallClass::Person, LIMIT), year_ms);
        budget.tell(refused(None, false), year_ms);
        let turn = budget.take(&ask(CallClass::Person, LIMIT), 1_000);
        assert!(matches!(turn, CallTurn::Go(_) | CallTurn::Wait(..=SKEW_MS)), "{turn:?}");
        assert!(matches!(budget.take(&ask(CallClass::Person, LIMIT), 62_000), CallTurn::Go(_)));
    }

    #[test]
    fn it_comes_back_from_storage_as_it_was_and_from_an_older_form() {
        let mut budget = CallBudget { learned: Some(300.0), ..CallBudget::default() };
        budget.take(&ask(CallClass::Person, LIMIT), 5_000);
        budget.tell(refused(None, false), 5_100);
        let text = serde_json::to_string(&budget).expect("it is plain data");
        assert_eq!(serde_json::from_str::<CallBudget>(&text).expect("as written"), budget);
        assert_eq!(serde_json::from_str::<CallBudget>("{}").expect("read"), CallBudget::default());
    }
}
