//! What keeps a stream from being read: something that a person decides, or something that passes.

use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_store::StreamProgress;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::facts::Facts;
use super::release::ReleaseView;
use super::runs::number;
use crate::components::banner::Level;
use crate::components::button::{Button, act};
use crate::components::format;
use crate::components::trouble::{Trouble, trouble};
use crate::halo_words::stream_title;
use crate::places::{self, SyncNow};
use crate::route::Route;

/// A stream that waits.
pub(super) struct HeldView {
    pub(super) level: Level,
    pub(super) title: String,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) act: String,
    pub(super) code: String,
    /// For who may release it, where a number does.
    pub(super) release: Option<ReleaseView>,
    /// Whether testing the connection may tell more.
    pub(super) is_of_connection: bool,
    /// Where Halo is, when something is to be looked at or set there.
    pub(super) halo_href: Option<String>,
}

impl HeldView {
    /// Every stream that waits.
    pub(super) fn all(facts: &Facts, now_ms: i64) -> Vec<HeldView> {
        let held: Vec<&StreamProgress> =
            facts.progress.streams.iter().filter(|line| line.held.is_some()).collect();
        let mut views = Vec::new();
        let mut causes: Vec<&str> = Vec::new();
        for line in &held {
            let cause = cause(line);
            if cause.is_some_and(|code| causes.contains(&code)) {
                continue;
            }
            let Some(mut view) = HeldView::of(facts, line, now_ms) else { continue };
            if let Some(code) = cause {
                causes.push(code);
                let same = held.iter().filter(|other| self::cause(other) == cause).count();
                view.of_several(stream_title(line.stream), same - 1);
            }
            views.push(view);
        }
        views
    }

    /// The same of more streams.
    fn of_several(&mut self, first: &str, more: usize) {
        if more == 0 {
            return;
        }
        let more = i64::try_from(more).unwrap_or(i64::MAX);
        let more = format::count(more, "more stream", "more streams");
        if self.code != Code::CONN_UNREACHABLE.code {
            let stand = match self.level {
                Level::Warning => "were not read to the end",
                Level::Halt => "are on hold",
            };
            self.title = format!("{first} and {more} {stand}");
        }
        self.what = format!(
            "{first} and {more} stay as they were, with their age beside them. Editing here works."
        );
    }

    fn of(facts: &Facts, line: &StreamProgress, now_ms: i64) -> Option<HeldView> {
        let held = line.held.as_ref()?;
        let stream = stream_title(line.stream);
        let known = Code::ALL.iter().find(|code| code.code == held.code);
        let does_pass = Code::heals_by_itself(&held.code);
        let lasting = match held.since {
            // Of before it was kept.
            ..=0 => String::new(),
            since => format!(" {}", format::lasting(since, now_ms, &TimeZone::UTC)),
        };
        let is_away = held.code == Code::CONN_UNREACHABLE.code;
        let title = match () {
            () if is_away => format!("Halo has not answered{lasting}"),
            () if does_pass => format!("{stream}: not read to the end{lasting}"),
            () => format!("{stream} are on hold{lasting}"),
        };
        let read = line.last_scan_at.map(|at| format::ago(at, now_ms, &TimeZone::UTC));
        let what = match read {
            Some(ago) if is_away => format!(
                "You see what was read before: {}, {ago}. Editing here works.",
                stream.to_lowercase()
            ),
            Some(ago) => format!(
                "{} {} stay as they were, last read whole {ago}. Everything else still syncs.",
                number(line.live),
                stream.to_lowercase()
            ),
            None if is_away => "Nothing of this was read whole yet. Editing here works.".to_owned(),
            None => "It was never read whole. Everything else still syncs.".to_owned(),
        };
        let release = release_of(facts, line.stream);
        let may_not_release = held.number.is_some() && release.is_none();
        let act = match known {
            _ if does_pass => passes(facts.progress.retry_at, now_ms),
            Some(code) if may_not_release => {
                format!("{} An owner or an administrator releases it.", code.remedy)
            }
            Some(code) => code.remedy.to_owned(),
            None => "Test the connection, then read again.".to_owned(),
        };
        Some(HeldView {
            level: if does_pass { Level::Warning } else { Level::Halt },
            title,
            what,
            why: held.text.clone(),
            act,
            code: held.code.clone(),
            release,
            is_of_connection: held.code.starts_with("CONN-"),
            halo_href: (!does_pass).then(|| facts.halo_href.clone()),
        })
    }

    pub(super) fn markup(&self, may_run: bool) -> Markup {
        let label = if self.level == Level::Warning { "Try now" } else { "Read again" };
        let again = Button { is_small: true, busy_label: Some("Asking"), ..Button::new(label) };
        html! {
            div role="alert" {
                (trouble(&Trouble {
                    level: self.level,
                    title: &self.title,
                    what: &self.what,
                    why: &self.why,
                    act: &self.act,
                    code: Some(&self.code),
                    actions: Some(html! {
                        @if may_run { (act(&again, &SyncNow {}.url(), &[])) }
                        @if self.is_of_connection {
                            a href=(places::Connection {}.url()) { "Test the connection" }
                        }
                        @if let Some(href) = &self.halo_href {
                            a href=(href) rel="noreferrer" { "Open Halo" }
                        }
                        @if let Some(release) = &self.release { (release.markup()) }
                    }),
                }))
            }
        }
    }
}

/// The code of a hold that no number releases: it has one cause, however many streams it keeps, and
/// is said once.
fn cause(line: &StreamProgress) -> Option<&str> {
    let held = line.held.as_ref().filter(|held| held.number.is_none())?;
    Some(held.code.as_str())
}

/// What to do about what passes.
fn passes(retry_at: Option<i64>, now_ms: i64) -> String {
    match retry_at.filter(|at| *at > now_ms) {
        Some(at) => format!(
            "Nothing. It is tried again by itself at {} UTC.",
            format::clock_time(at, &TimeZone::UTC)
        ),
        None => "Nothing. It is tried again by itself.".to_owned(),
    }
}

/// What releases a stream, for who may.
fn release_of(facts: &Facts, stream: Stream) -> Option<ReleaseView> {
    let state = facts.state(stream).filter(|_| facts.may_release)?;
    let number = state.held.as_ref()?.number?;
    Some(ReleaseView {
        stream,
        number,
        released: state.release.as_ref().map(|release| release.by.name.clone()),
        typed: String::new(),
        fault: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_says_when_it_is_tried_again() {
        const NOON_MS: i64 = 43_200_000;
        assert_eq!(
            passes(Some(NOON_MS), NOON_MS - 40_000),
            "Nothing. It is tried again by itself at 12:00:00 UTC."
        );
        for unknown in [None, Some(NOON_MS - 50_000)] {
            let said = passes(unknown, NOON_MS - 40_000);
            assert_eq!(said, "Nothing. It is tried again by itself.");
        }
    }
}
