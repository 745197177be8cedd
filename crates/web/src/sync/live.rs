//! The run that goes on: a part of the page that is read again while it changes.

use almanac_store::{ActiveRun, RunId};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::SyncProgressPart;
use super::facts::Facts;
use super::steps::{Line, steps};
use crate::components::format;
use crate::components::icon::spinner;
use crate::components::progress::{Progress, ProgressLine, live_part, progress};
use crate::places;
use crate::route::Route;

/// A run commits several pages a second; more often would only flicker.
const EVERY_RUNNING_MS: u32 = 1_500;

/// Who looks at a quiet page learns within this time that a sync began.
const EVERY_QUIET_MS: u32 = 20_000;

/// What a page says that watches something that goes on.
const WATCHING: &str = "true";

/// A rate over less than this is chance.
const RATE_AFTER_MS: i64 = 3_000;

/// Background work takes up what is due within seconds.
const WAIT_MS_MAX: i64 = 60_000;

/// A job that is due later than this waits because it failed before.
const SOON_MS: i64 = 2_000;

/// What goes on.
pub(super) enum Live {
    /// Nothing.
    Quiet,
    /// A sync that a person asked for has not begun.
    Waiting {
        /// "4 s ago".
        since: String,
        is_long: bool,
    },
    Running(Box<Running>),
}

/// A run as shown.
#[derive(Default)]
pub(super) struct Running {
    pub(super) title: &'static str,
    pub(super) started: String,
    pub(super) done: String,
    pub(super) of: String,
    pub(super) left: String,
    pub(super) percent: u64,
    pub(super) rate: String,
    pub(super) lines: Vec<Line>,
}

impl Live {
    pub(super) fn new(facts: &Facts, now_ms: i64) -> Live {
        if let Some(run) = facts.progress.run {
            return Live::Running(Box::new(Running::new(facts, run, now_ms)));
        }
        // One that failed waits for its next attempt, which what is in its way says.
        let is_put_off = facts.progress.retry_at.is_some_and(|at| at > now_ms + SOON_MS);
        match facts.progress.waiting_since.filter(|_| !is_put_off) {
            None => Live::Quiet,
            Some(since_ms) => Live::Waiting {
                since: format::ago(since_ms, now_ms, &TimeZone::UTC),
                is_long: now_ms - since_ms > WAIT_MS_MAX,
            },
        }
    }

    /// Whether there is something to watch.
    pub(super) fn is_on(&self) -> bool {
        !matches!(self, Live::Quiet)
    }

    /// What a page watches: what goes on, or that nothing does since the newest run.
    pub(super) fn watched(&self, last_run: Option<RunId>) -> String {
        match (self.is_on(), last_run) {
            (true, _) => WATCHING.to_owned(),
            (false, Some(run)) => run.0.to_string(),
            (false, None) => "nothing".to_owned(),
        }
    }

    /// The part as it stands in the page.
    pub(super) fn part(&self, last_run: Option<RunId>) -> Markup {
        let every_ms = if self.is_on() { EVERY_RUNNING_MS } else { EVERY_QUIET_MS };
        let src = format!("{}?watching={}", SyncProgressPart {}.url(), self.watched(last_run));
        live_part(&src, every_ms, &self.inside())
    }

    /// The part as it is fetched by a page that watched something: when that has turned, the whole
    /// page has more to say. A run that began and ended between two looks has turned it too.
    pub(super) fn fragment(&self, watched: &str, last_run: Option<RunId>) -> Markup {
        if watched == self.watched(last_run) {
            return self.inside();
        }
        let sync = places::Sync {}.url();
        let words = if self.is_on() { "A sync has begun." } else { "The sync has ended." };
        html! {
            p.section data-done data-done-href=(sync) { (words) " " a href=(sync) { "Show it" } }
        }
    }

    fn inside(&self) -> Markup {
        match self {
            Live::Quiet => Markup::default(),
            Live::Waiting { since, is_long } => html! {
                section.section {
                    h2 { (spinner()) " The sync waits to begin" }
                    p.text-2 {
                        "Asked for " (since) ". "
                        @if *is_long {
                            "Nothing has taken it up: ask your operator whether "
                            code { "almanac serve" } " or " code { "almanac worker" } " runs."
                        } @else {
                            "You can close this page."
                        }
                    }
                    p.no-script { a href=(places::Sync {}.url()) { "Look again" } }
                }
            },
            Live::Running(running) => running.markup(),
        }
    }
}

impl Running {
    fn new(facts: &Facts, run: ActiveRun, now_ms: i64) -> Running {
        let lines = &facts.progress.streams;
        // All that was ever read whole was read by this run.
        let is_first =
            lines.iter().all(|line| line.last_scan_at.is_none_or(|at| at >= run.started_at));
        let read: u64 = lines.iter().map(|line| line.read).sum();
        let expected: Vec<Option<u64>> = lines.iter().map(|line| facts.expected(line)).collect();
        let total: u64 = expected.iter().flatten().sum();
        let is_whole = expected.iter().all(Option::is_some);
        let elapsed_ms = (now_ms - run.started_at).max(0);
        let started = format::clock_time(run.started_at, &TimeZone::UTC);
        Running {
            title: if is_first { "First sync from Halo" } else { "Reading Halo" },
            started: format!("started {started}"),
            done: number(read),
            of: format!("of {}{} records", if is_whole { "" } else { "at least " }, number(total)),
            left: left(read, is_whole.then_some(total), elapsed_ms),
            percent: format::share_percent(read, total),
            rate: rate(read, run.requests, elapsed_ms),
            lines: steps(facts),
        }
    }

    fn markup(&self) -> Markup {
        let lines: Vec<ProgressLine<'_>> = self
            .lines
            .iter()
            .map(|line| ProgressLine {
                label: line.label,
                done: &line.done,
                note: &line.note,
                state: line.state,
            })
            .collect();
        let view = Progress {
            title: self.title,
            started: &self.started,
            done: &self.done,
            of: &self.of,
            left: &self.left,
            percent: self.percent,
            rate: &self.rate,
            lines: &lines,
            note: "You can close this page. What has been read can be used already. After a stop it \
                   goes on where it was.",
            is_over: false,
        };
        html! {
            div.section {
                (progress(&view))
                p.no-script { a href=(places::Sync {}.url()) { "Look again" } }
            }
        }
    }
}

fn left(read: u64, total: Option<u64>, elapsed_ms: i64) -> String {
    let unknown = || "time left not known yet".to_owned();
    let Some(total) = total.filter(|_| read > 0 && elapsed_ms >= RATE_AFTER_MS) else {
        return unknown();
    };
    let rest = u128::from(total.saturating_sub(read));
    let ms = rest * u128::from(elapsed_ms.unsigned_abs()) / u128::from(read);
    match i64::try_from(ms) {
        Ok(ms) if ms < 10_000 => "a few seconds left".to_owned(),
        Ok(ms) if ms < 90_000 => format!("about {} s left", ms / 1_000),
        Ok(ms) if ms < 5_400_000 => format!("about {} min left", (ms + 30_000) / 60_000),
        Ok(ms) => format!("about {} h left", (ms + 1_800_000) / 3_600_000),
        Err(_) => unknown(),
    }
}

fn rate(read: u64, calls: u64, elapsed_ms: i64) -> String {
    let elapsed = elapsed_ms.unsigned_abs();
    let calls_said = format::count(signed(calls), "call", "calls");
    if elapsed_ms < RATE_AFTER_MS {
        return format!("{calls_said} to Halo so far.");
    }
    let per =
        |count: u64, ms: u64| (u128::from(count) * u128::from(ms) / u128::from(elapsed)) as u64;
    format!(
        "{} records a second. {calls_said} to Halo, {} a minute.",
        number(per(read, 1_000)),
        number(per(calls, 60_000))
    )
}

fn number(count: u64) -> String {
    format::number(signed(count))
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_said_as_well_as_it_is_known() {
        assert_eq!(left(100, Some(1_000), 1_000), "time left not known yet");
        assert_eq!(left(0, Some(1_000), 60_000), "time left not known yet");
        assert_eq!(left(100, None, 60_000), "time left not known yet");
        assert_eq!(left(100, Some(100), 60_000), "a few seconds left");
        assert_eq!(left(500, Some(1_000), 60_000), "about 60 s left");
        assert_eq!(left(100, Some(300), 60_000), "about 2 min left");
        assert_eq!(left(1, Some(u64::MAX), 60_000), "time left not known yet");
        assert_eq!(left(1, Some(121), 60_000), "about 2 h left");
    }

    #[test]
    fn rates_are_per_second_and_per_minute() {
        assert_eq!(rate(600, 4, 10_000), "60 records a second. 4 calls to Halo, 24 a minute.");
        assert_eq!(rate(600, 1, 100), "1 call to Halo so far.");
    }

    #[test]
    fn a_part_that_turned_leads_to_the_whole_page() {
        let waiting = Live::Waiting { since: "4 s ago".to_owned(), is_long: false };
        let run = |number| Some(RunId(uuid::Uuid::from_u128(number)));
        let has_turned = |live: &Live, watched: &str, last_run| {
            let part = live.fragment(watched, last_run).into_string();
            part.contains("data-done-href=\"/sync\"")
        };
        let quiet = |last_run| Live::Quiet.watched(last_run);
        assert!(has_turned(&waiting, &quiet(None), None));
        assert!(!has_turned(&waiting, WATCHING, run(1)));
        assert!(has_turned(&Live::Quiet, WATCHING, run(1)));
        assert!(has_turned(&Live::Quiet, &quiet(None), run(1)), "one began and ended in between");
        assert!(has_turned(&Live::Quiet, &quiet(run(1)), run(2)));
        assert_eq!(Live::Quiet.fragment(&quiet(run(1)), run(1)).into_string(), "");
        assert!(Live::Quiet.part(None).into_string().contains("watching=nothing"));
    }
}
