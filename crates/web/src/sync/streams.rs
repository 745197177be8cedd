//! The streams as a table: those that people know by name one by one, the lists behind them in one
//! row. A list that needs a look stands by itself, so that folding hides nothing that is wrong.

use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_store::StreamProgress;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::facts::Facts;
use super::query::SyncQuery;
use super::runs::number;
use super::view::wide;
use super::{SyncProblems, SyncReceipts};
use crate::components::format;
use crate::components::mark::hold_mark;
use crate::components::page::section_head;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::halo_words::stream_title;
use crate::route::Route;

/// The streams that people know by name, in the order they are read.
const NAMED: [Stream; 10] = [
    Stream::Clients,
    Stream::Sites,
    Stream::Contacts,
    Stream::Assets,
    Stream::Tickets,
    Stream::TicketActions,
    Stream::Opportunities,
    Stream::Projects,
    Stream::Contracts,
    Stream::Invoices,
];

/// The table with what stands beside it.
pub(super) struct StreamsView {
    pub(super) lines: Vec<StreamLine>,
    /// The other way to show them: its words and its address.
    pub(super) other: (&'static str, String),
}

/// A row: one stream, or several that are the same to who looks.
pub(super) struct StreamLine {
    pub(super) label: String,
    /// How many records the PSA had when it was last read whole.
    pub(super) claimed: Option<u64>,
    pub(super) live: u64,
    /// How many records the last whole read but the first corrected.
    pub(super) corrected: Option<u64>,
    /// How many records differed after the last whole read, or when they were last compared.
    pub(super) differ: Option<u64>,
    /// Where its receipts are.
    pub(super) receipts_href: String,
    /// How many rows were not understood, and where they are.
    pub(super) bad: (u64, String),
    pub(super) state: Standing,
}

/// Where a stream stands.
pub(super) enum Standing {
    Held,
    BeingRead,
    NeverRead,
    /// When a scan last finished: for people, for machines.
    Read(String, String),
}

impl StreamsView {
    pub(super) fn new(facts: &Facts, query: &SyncQuery, now_ms: i64) -> StreamsView {
        let is_each = query.is_each_stream();
        let is_alone = |stream: &Stream| {
            is_each || NAMED.contains(stream) || StreamLine::needs_a_look(facts, *stream)
        };
        let (alone, folded): (Vec<Stream>, Vec<Stream>) =
            Stream::ALL.into_iter().partition(is_alone);
        let line = |stream: Stream| {
            StreamLine::new(facts, &[stream], stream_title(stream).to_owned(), now_ms)
        };
        let mut lines: Vec<StreamLine> = alone.into_iter().map(line).collect();
        if !folded.is_empty() {
            let label = format!("{} lists", number(folded.len() as u64));
            lines.push(StreamLine::new(facts, &folded, label, now_ms));
        }
        let words = if is_each { "Fold the lists" } else { "Each list" };
        StreamsView { lines, other: (words, query.with_each_stream(!is_each).streams_url()) }
    }

    pub(super) fn section(&self, bad: u64) -> Markup {
        let (words, url) = &self.other;
        let meta = html! {
            "as Halo counted when it was last read \u{b7} "
            a href=(url) { (words) } " \u{b7} "
            a href=(SyncReceipts {}.url()) { "Receipts" }
        };
        html! {
            section.section #streams {
                (section_head("Streams", Some(&meta)))
                (wide("Streams", &self.table()))
                @if bad > 0 {
                    p { a href=(SyncProblems {}.url()) {
                        (format::count(i64::try_from(bad).unwrap_or(i64::MAX), "row was", "rows were"))
                        " not understood"
                    } ". They are kept as received; the others are not affected." }
                }
            }
        }
    }

    fn table(&self) -> Markup {
        let columns = [
            Column::new("Stream", ColumnKind::Name),
            Column::new("In Halo", ColumnKind::Number),
            Column::new("Here", ColumnKind::Number),
            Column { drop: Some(3), ..Column::new("Corrected", ColumnKind::Number) },
            Column { drop: Some(3), ..Column::new("Differ now", ColumnKind::Number) },
            Column::new("Last read", ColumnKind::Text),
        ];
        let parts: Vec<Part<'_>> = self
            .lines
            .iter()
            .zip(1..)
            .map(|(line, index)| Part::Row(Row { index, key: &line.label, cells: line.cells() }))
            .collect();
        bare_table(&Table::whole("Streams", &columns, &parts, RowHeight::Low))
    }
}

fn waits_for_a_person(line: &StreamProgress) -> bool {
    line.held.as_ref().is_some_and(|held| !Code::heals_by_itself(&held.code))
}

impl StreamLine {
    fn needs_a_look(facts: &Facts, stream: Stream) -> bool {
        let is_wrong = facts.stream(stream).is_some_and(|line| line.held.is_some() || line.bad > 0);
        is_wrong || facts.differing(stream).is_some_and(|count| count > 0)
    }

    /// A row of these streams together.
    fn new(facts: &Facts, of: &[Stream], label: String, now_ms: i64) -> StreamLine {
        let lines = || of.iter().filter_map(|stream| facts.stream(*stream));
        // A sum is told only when every part of it is known.
        let claimed = of.iter().map(|stream| facts.in_psa(*stream)).sum();
        let differ = of.iter().map(|stream| facts.differing(*stream)).sum();
        let corrected: Vec<u64> = of.iter().filter_map(|stream| facts.corrected(*stream)).collect();
        let is_open = |stream: &Stream| facts.state(*stream).is_some_and(|s| s.scan.is_some());
        let scanned: Option<Vec<i64>> = lines().map(|line| line.last_scan_at).collect();
        let oldest = scanned.and_then(|scanned| scanned.into_iter().min());
        let state = match oldest {
            _ if lines().any(waits_for_a_person) => Standing::Held,
            _ if of.iter().any(is_open) => Standing::BeingRead,
            None => Standing::NeverRead,
            Some(at) => Standing::Read(format::age(at, now_ms, &TimeZone::UTC), format::iso(at)),
        };
        let receipts = SyncReceipts {}.url();
        let problems = SyncProblems {}.url();
        let (receipts_href, bad_href) = match of {
            [one] => (format!("{receipts}?stream={one}"), format!("{problems}#{one}")),
            _ => (receipts, problems),
        };
        StreamLine {
            label,
            claimed,
            live: lines().map(|line| line.live).sum(),
            corrected: (!corrected.is_empty()).then(|| corrected.iter().sum()),
            differ,
            receipts_href,
            bad: (lines().map(|line| line.bad).sum(), bad_href),
            state,
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        // Nothing corrected is nothing to look at: quiet, and its receipt a click away all the same.
        let quiet = |count: u64, is_loud: bool| {
            html! { a.is-quiet[!is_loud] href=(self.receipts_href) { (number(count)) } }
        };
        let told = |count: Option<u64>, why: &'static str| match count {
            Some(count) => Cell::Other(html! { span.text { (number(count)) } }),
            None => Cell::Void(why),
        };
        vec![
            Cell::Other(html! { (self.label) }),
            told(self.claimed, "not told"),
            Cell::Other(html! { b { (number(self.live)) } }),
            match self.corrected {
                Some(count) => Cell::Other(quiet(count, count > 0)),
                None => Cell::Void("first read"),
            },
            match self.differ {
                Some(0) => Cell::Other(html! { b { "0" } }),
                Some(count) => Cell::Other(html! { b.is-over { (number(count)) } }),
                None => Cell::Void("not compared"),
            },
            Cell::Other(self.standing()),
        ]
    }

    fn standing(&self) -> Markup {
        let (bad, href) = &self.bad;
        html! {
            @match &self.state {
                Standing::Held => { span.is-over { (hold_mark()) " on hold" } },
                Standing::BeingRead => { "being read" },
                Standing::NeverRead => { span.text-3 { "never read" } },
                Standing::Read(age, iso) => {
                    time datetime=(iso) data-age="ago" { (age) @if format::is_span(age) { " ago" } }
                },
            }
            @if *bad > 0 { ", " a href=(href) { (number(*bad)) " not understood" } }
        }
    }
}
