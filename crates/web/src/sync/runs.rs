//! The runs as a list: when, why, what, how many, how it ended, how long, at how many calls.

use almanac_model::author::Author;
use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_store::{ActiveRun, Run, RunCause, RunId};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use uuid::Uuid;

use super::SyncRun;
use super::facts::Facts;
use super::query::{Show, SyncQuery};
use super::told::RunTold;
use crate::components::format;
use crate::components::mark::{Freshness, freshness_mark, hold_mark};
use crate::components::table::{
    Cell, Column, ColumnKind, Direction, Part, Row, RowHeight, Table, bare_table,
};
use crate::components::tabs::{Tab, segments};
use crate::halo_words::title_of;
use crate::route::Route;

/// Runs on one page.
const SHOWN_MAX: usize = 30;

/// How a run ended, or that it has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    Running,
    Done {
        changes: u64,
    },
    /// Some stream could not be read to its end.
    Partial,
    /// These streams wait for a person.
    Held(Vec<String>),
    Failed {
        code: String,
        title: String,
    },
    /// Its program was ended by force.
    Cut,
}

/// A run as shown.
pub(super) struct RunLine {
    pub(super) id: Uuid,
    pub(super) started: String,
    pub(super) iso: String,
    pub(super) cause: String,
    pub(super) what: String,
    pub(super) records: Option<String>,
    pub(super) ending: Ending,
    pub(super) took: Option<String>,
    pub(super) calls: Option<String>,
}

/// The list with its filter.
pub(super) struct RunsView {
    pub(super) query: SyncQuery,
    /// How many there are of each, where the newest runs are shown.
    pub(super) counts: Option<[u64; 3]>,
    pub(super) lines: Vec<RunLine>,
    /// The page of the runs before these.
    pub(super) earlier: Option<String>,
}

impl Ending {
    pub(super) fn of(run: &Run, told: Option<&RunTold>, active: Option<ActiveRun>) -> Ending {
        if run.ended_at.is_none() {
            let is_active = active.is_some_and(|active| active.id == run.id);
            return if is_active { Ending::Running } else { Ending::Cut };
        }
        let held = || {
            let streams = told.map(|told| told.streams.as_slice()).unwrap_or_default();
            let held = streams.iter().filter(|stream| stream.held.is_some());
            held.map(|stream| title_of(&stream.stream).to_owned()).collect()
        };
        match run.outcome.as_deref() {
            Some("done") => Ending::Done { changes: told.map_or(0, RunTold::changes) },
            Some("partial") => Ending::Partial,
            Some("held") => Ending::Held(held()),
            _ => {
                let error = told.and_then(|told| told.error.clone()).unwrap_or_default();
                let known = Code::ALL.iter().find(|code| code.code == error.code);
                let title = known.map_or(error.text, |code| code.title.to_owned());
                Ending::Failed { code: error.code, title }
            }
        }
    }

    fn is_problem(&self) -> bool {
        !matches!(self, Ending::Running | Ending::Done { .. })
    }

    fn is_change(&self) -> bool {
        matches!(self, Ending::Done { changes } if *changes > 0)
    }

    fn is_shown(&self, show: Show) -> bool {
        match show {
            Show::All => true,
            Show::Changed => self.is_change(),
            Show::Problems => self.is_problem(),
        }
    }

    /// The words, with the mark that repeats them.
    pub(super) fn markup(&self) -> Markup {
        let old = freshness_mark(Freshness::Old);
        match self {
            Ending::Running => html! { "being read" },
            Ending::Done { changes: 0 } => html! { span.text-2 { "0 changed" } },
            Ending::Done { changes } => html! { (number(*changes)) " changed" },
            Ending::Partial => html! {
                span.is-plan { (old) " incomplete, the next run goes on" }
            },
            Ending::Held(streams) => html! {
                span.is-over { (hold_mark()) " halted, nothing removed: " (streams.join(", ")) }
            },
            Ending::Failed { code, title } => html! {
                span.is-over {
                    (old) " " (title)
                    @if title.is_empty() { "failed; the log says why" }
                    @if !code.is_empty() { " " code { (code) } }
                }
            },
            Ending::Cut => html! { span.is-plan { (old) " cut off, the next run goes on" } },
        }
    }
}

impl RunLine {
    pub(super) fn new(run: &Run, active: Option<ActiveRun>, now_ms: i64) -> RunLine {
        let told = RunTold::of(run);
        RunLine {
            id: run.id.0,
            started: when(run.started_at, now_ms),
            iso: format::iso(run.started_at),
            cause: cause(run.cause.as_ref()),
            what: told.as_ref().map_or_else(|| "not told".to_owned(), what),
            records: told.as_ref().map(|told| number(told.read())),
            took: run.ended_at.map(|ended_at| format::duration(ended_at - run.started_at)),
            calls: told.as_ref().map(|told| number(told.requests)),
            ending: Ending::of(run, told.as_ref(), active),
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        fn or<'a>(value: Option<&'a String>, why: &'a str) -> Cell<'a> {
            value.map_or(Cell::Void(why), |text| Cell::Value(text))
        }
        let url = SyncRun { run: self.id }.url();
        let why = if self.ending == Ending::Running { "not yet" } else { "not told" };
        let name = html! { a href=(url) { time datetime=(self.iso) { (self.started) } } };
        vec![
            Cell::Other(name),
            Cell::Text(&self.cause),
            Cell::Value(&self.what),
            or(self.records.as_ref(), why),
            Cell::Other(self.ending.markup()),
            or(self.took.as_ref(), why),
            or(self.calls.as_ref(), why),
        ]
    }
}

impl RunsView {
    pub(super) fn new(facts: &Facts, query: SyncQuery, now_ms: i64) -> RunsView {
        let active = facts.progress.run;
        let endings: Vec<Ending> = facts
            .runs
            .iter()
            .map(|run| Ending::of(run, RunTold::of(run).as_ref(), active))
            .collect();
        let count = |show| endings.iter().filter(|ending| ending.is_shown(show)).count() as u64;
        let counts = query.before().is_none().then(|| Show::ALL.map(count));
        let mut fitting = facts
            .runs
            .iter()
            .zip(&endings)
            .filter_map(|(run, ending)| ending.is_shown(query.show()).then_some(run));
        let shown: Vec<&Run> = fitting.by_ref().take(SHOWN_MAX).collect();
        let last = if fitting.next().is_some() {
            shown.last().copied()
        } else {
            facts.runs.last().filter(|_| facts.has_more_runs)
        };
        let lines = shown.iter().map(|run| RunLine::new(run, active, now_ms)).collect();
        let earlier = last.map(|run| query.earlier_than(run.id).url());
        RunsView { query, counts, lines, earlier }
    }

    pub(super) fn markup(&self) -> Markup {
        let urls = Show::ALL.map(|show| self.query.with(show).url());
        let tabs: Vec<Tab<'_>> = Show::ALL
            .into_iter()
            .zip(&urls)
            .enumerate()
            .map(|(at, (show, url))| {
                let tab = Tab::new(show.title(), url, show == self.query.show());
                match self.counts {
                    Some(counts) => tab.with_count(number(counts[at])),
                    None => tab,
                }
            })
            .collect();
        html! {
            section.section #runs {
                div.section-head {
                    h2 { "Runs" }
                    span.text-3.small { "times are UTC" }
                    (segments("Runs", &tabs))
                }
                @if self.lines.is_empty() { (self.empty()) } @else { (self.table()) }
                @if let Some(url) = &self.earlier { p { a href=(url) { "Earlier runs" } } }
                @if self.query.before().is_some() { p { a href=(self.query.newest().url()) { "Newest runs" } } }
            }
        }
    }

    fn empty(&self) -> Markup {
        let words = match self.query.show() {
            Show::All => "No run yet.",
            Show::Changed => "No run among these changed anything.",
            Show::Problems => "No run among these had a problem.",
        };
        html! { p.text-2 { (words) } }
    }

    fn table(&self) -> Markup {
        let drop = |column: Column<'static>, at| Column { drop: Some(at), ..column };
        let columns = [
            Column { sorted: Some(Direction::Down), ..Column::new("Started", ColumnKind::Name) },
            drop(Column::new("Cause", ColumnKind::Text), 2),
            drop(Column::new("What", ColumnKind::Text), 1),
            Column::new("Records", ColumnKind::Number),
            Column::new("Result", ColumnKind::Text),
            drop(Column::new("Took", ColumnKind::Number), 2),
            Column::new("Calls", ColumnKind::Number),
        ];
        let parts: Vec<Part<'_>> = self
            .lines
            .iter()
            .zip(1..)
            .map(|(line, index)| Part::Row(Row { index, key: &line.iso, cells: line.cells() }))
            .collect();
        super::view::wide(
            "Runs",
            &bare_table(&Table::whole("Runs", &columns, &parts, RowHeight::Compact)),
        )
    }
}

/// Today a clock time is enough.
fn when(at_ms: i64, now_ms: i64) -> String {
    const DAY_MS: i64 = 86_400_000;
    if at_ms.div_euclid(DAY_MS) == now_ms.div_euclid(DAY_MS) {
        format::clock_time(at_ms, &TimeZone::UTC)
    } else {
        format::date_time(at_ms, &TimeZone::UTC)
    }
}

/// Why it ran.
fn cause(cause: Option<&RunCause>) -> String {
    let with = |words: &str, by: &Author| format!("{words} {}", by.name);
    match cause {
        Some(RunCause::Schedule) => "Schedule".to_owned(),
        Some(RunCause::Asked { by: Some(by) }) => with("Asked by", by),
        Some(RunCause::Asked { by: None }) => "Asked for".to_owned(),
        Some(RunCause::FirstSync { by: Some(by) }) => with("First sync, by", by),
        Some(RunCause::FirstSync { by: None }) => "First sync".to_owned(),
        Some(RunCause::Resumed) => "Resumed".to_owned(),
        Some(RunCause::Webhook) => "Webhook".to_owned(),
        Some(RunCause::CommandLine) => "Command line".to_owned(),
        None => "not recorded".to_owned(),
    }
}

/// What was read.
fn what(told: &RunTold) -> String {
    if told.streams.len() == Stream::ALL.len() {
        return "Everything".to_owned();
    }
    let titles: Vec<&str> = told.streams.iter().map(|stream| title_of(&stream.stream)).collect();
    if titles.is_empty() { "nothing".to_owned() } else { titles.join(", ") }
}

/// A run's identifier that is larger than its own by one, so that a list before it begins with it.
pub(super) fn just_after(run: Uuid) -> RunId {
    RunId(Uuid::from_u128(run.as_u128().saturating_add(1)))
}

pub(super) fn number(count: u64) -> String {
    format::number(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outcome: Option<&str>, status: Option<&str>) -> Run {
        Run {
            id: RunId(Uuid::from_u128(7)),
            kind: "sync".to_owned(),
            connection: None,
            started_at: 1_000,
            ended_at: outcome.map(|_| 2_000),
            outcome: outcome.map(str::to_owned),
            status: status.map(str::to_owned),
            cause: None,
        }
    }

    #[track_caller]
    fn check(outcome: Option<&str>, status: Option<&str>, want: &Ending, words: &str) {
        let run = run(outcome, status);
        let ending = Ending::of(&run, RunTold::of(&run).as_ref(), None);
        assert_eq!(&ending, want);
        assert!(ending.markup().into_string().contains(words), "{words}");
    }

    #[test]
    fn every_ending_has_its_words() {
        let done = r#"{"streams": [{"stream": "assets", "added": 2, "changed": 1}]}"#;
        check(Some("done"), Some(done), &Ending::Done { changes: 3 }, "3 changed");
        check(Some("done"), None, &Ending::Done { changes: 0 }, "0 changed");
        check(Some("partial"), Some("{}"), &Ending::Partial, "incomplete");
        let held = r#"{"streams": [{"stream": "sites"}, {"stream": "assets", "held": {"code": "SYNC-010"}}]}"#;
        check(
            Some("held"),
            Some(held),
            &Ending::Held(vec!["Assets".to_owned()]),
            "nothing removed: Assets",
        );
        let failed = r#"{"error": {"code": "CONN-004", "text": "x"}}"#;
        let ending = Ending::Failed {
            code: "CONN-004".to_owned(),
            title: Code::CONN_SECRET_REFUSED.title.to_owned(),
        };
        check(Some("failed"), Some(failed), &ending, "CONN-004");
        check(None, None, &Ending::Cut, "cut off");
    }

    #[test]
    fn every_cause_has_its_words() {
        let check = |of: Option<RunCause>, want: &str| assert_eq!(cause(of.as_ref()), want);
        let by = || Some(Author::user("1", "Ann Lee"));
        check(Some(RunCause::Schedule), "Schedule");
        check(Some(RunCause::Asked { by: by() }), "Asked by Ann Lee");
        check(Some(RunCause::Asked { by: None }), "Asked for");
        check(Some(RunCause::FirstSync { by: by() }), "First sync, by Ann Lee");
        check(Some(RunCause::FirstSync { by: None }), "First sync");
        check(Some(RunCause::Resumed), "Resumed");
        check(Some(RunCause::CommandLine), "Command line");
        check(None, "not recorded");
    }
}
