//! What the sync page says: one sentence first, then what waits for a person, then the evidence.

use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_store::{ReceiptKind, RunId};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::calls::CallsView;
use super::facts::Facts;
use super::live::Live;
use super::release::ReleaseView;
use super::runs::{RunsView, number};
use super::{SyncProblems, SyncReceipts, query::SyncQuery};
use crate::components::banner::Level;
use crate::components::button::{Button, act, link_button};
use crate::components::empty::{Empty, EmptyKind, empty};
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::mark::hold_mark;
use crate::components::page::{Header, body, header, section_head, with_panel};
use crate::components::shell::Crumb;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::components::trouble::{Trouble, trouble};
use crate::halo_words::stream_title;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::Route;

/// The page of a tenant that is connected.
pub(super) struct SyncView {
    pub(super) sentence: String,
    pub(super) about: String,
    /// Whether nothing was ever read to its end.
    pub(super) is_first: bool,
    pub(super) may_run: bool,
    pub(super) live: Live,
    pub(super) last_run: Option<RunId>,
    pub(super) held: Vec<HeldView>,
    pub(super) streams: Vec<StreamLine>,
    /// Rows not understood, in all streams.
    pub(super) bad: u64,
    pub(super) runs: RunsView,
    pub(super) calls: CallsView,
}

/// A stream that waits for a person.
pub(super) struct HeldView {
    pub(super) title: String,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) act: String,
    pub(super) code: String,
    /// For who may release it, where a number does.
    pub(super) release: Option<ReleaseView>,
}

/// A stream in the table.
pub(super) struct StreamLine {
    pub(super) label: &'static str,
    pub(super) claimed: Option<String>,
    pub(super) live: String,
    /// How many records the last whole read corrected.
    pub(super) corrected: Option<String>,
    /// Where its receipts are.
    pub(super) receipts_href: String,
    /// The group it is listed in.
    pub(super) group: &'static str,
    pub(super) bad: u64,
    /// Where its rows are that were not understood.
    pub(super) bad_href: String,
    /// How many records differed when all were last compared.
    pub(super) differ: Option<String>,
    /// When a scan last finished: for people, for machines.
    pub(super) scanned: Option<(String, String)>,
    pub(super) is_held: bool,
    pub(super) is_open: bool,
}

impl SyncView {
    pub(super) fn new(facts: &Facts, query: SyncQuery, may_run: bool, now_ms: i64) -> SyncView {
        let live = Live::new(facts, now_ms);
        SyncView {
            sentence: sentence(facts),
            about: match facts.compared.as_ref().filter(|_| !facts.is_first()) {
                Some(compared) => {
                    format!("{} {}", about(facts, now_ms), compared.sentence(now_ms))
                }
                None => about(facts, now_ms),
            },
            is_first: facts.is_first(),
            may_run,
            held: held(facts, now_ms),
            streams: Stream::ALL.map(|stream| StreamLine::new(facts, stream, now_ms)).into(),
            bad: facts.progress.streams.iter().map(|line| line.bad).sum(),
            runs: RunsView::new(facts, query, now_ms),
            calls: CallsView::new(&facts.calls, &facts.runs, facts.limit, now_ms),
            live,
            last_run: facts.progress.last_run,
        }
    }

    /// The page again, with what was typed into a stream's form and why it is refused.
    pub(super) fn with_fault(mut self, stream: Stream, typed: &str, fault: &str) -> SyncView {
        let releases = self.held.iter_mut().filter_map(|held| held.release.as_mut());
        for release in releases.filter(|release| release.stream == stream) {
            typed.clone_into(&mut release.typed);
            release.fault = Some(fault.to_owned());
        }
        self
    }

    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let head = Header {
            title: &self.sentence,
            sentence: &self.about,
            is_inline: false,
            actions: Some(self.sync_now()),
        };
        let inside = html! {
            (header(&head))
            div.scroll {
                @if !self.held.is_empty() { (self.held_section()) }
                (self.live.part(self.last_run))
                (self.stream_section())
                (self.runs.markup())
            }
        };
        let panel = self.calls.markup();
        in_frame(chrome, &with_panel(&inside, "Calls to Halo", &panel))
    }

    fn sync_now(&self) -> Markup {
        let label = if self.is_first { "Start the first sync" } else { "Sync now" };
        let off_because = match (&self.live, self.may_run) {
            (_, false) => Some("An owner, administrator or manager can start one."),
            (Live::Quiet, true) => None,
            (_, true) => Some("One is under way."),
        };
        let button = Button {
            icon: Some(Icon::Sync),
            busy_label: Some("Asking"),
            off_because,
            ..Button::primary(label)
        };
        if off_because.is_some() {
            return link_button(&button, &places::Sync {}.url());
        }
        act(&button, &places::SyncNow {}.url(), &[])
    }

    fn held_section(&self) -> Markup {
        let again = Button { is_small: true, ..Button::new("Read again") };
        html! {
            section.section aria-label="On hold" {
                @for held in &self.held {
                    div role="alert" {
                        (trouble(&Trouble {
                            level: Level::Halt,
                            title: &held.title,
                            what: &held.what,
                            why: &held.why,
                            act: &held.act,
                            code: Some(&held.code),
                            actions: Some(html! {
                                @if self.may_run { (act(&again, &places::SyncNow {}.url(), &[])) }
                                @if let Some(release) = &held.release { (release.markup()) }
                            }),
                        }))
                    }
                }
            }
        }
    }

    fn stream_section(&self) -> Markup {
        let meta = html! {
            "as Halo counted when it was last read"
            @if self.is_never_compared() { "; " code { "almanac sync verify" } " compares every record" }
            " \u{b7} " a href=(SyncReceipts {}.url()) { "Receipts" }
        };
        html! {
            section.section {
                (section_head("Streams", Some(&meta)))
                (wide("Streams", &self.stream_table()))
                @if self.bad > 0 {
                    p { a href=(SyncProblems {}.url()) {
                        (format::count(i64::try_from(self.bad).unwrap_or(i64::MAX), "row was", "rows were"))
                        " not understood"
                    } ". They are kept as received; the others are not affected." }
                }
            }
        }
    }

    fn is_never_compared(&self) -> bool {
        self.streams.iter().all(|line| line.differ.is_none())
    }

    fn stream_table(&self) -> Markup {
        let columns = [
            Column::new("Stream", ColumnKind::Name),
            Column::new("In Halo", ColumnKind::Number),
            Column::new("Here", ColumnKind::Number),
            Column { drop: Some(2), ..Column::new("Corrected", ColumnKind::Number) },
            Column::new("Not understood", ColumnKind::Number),
            Column { drop: Some(2), ..Column::new("Differ", ColumnKind::Number) },
            Column { drop: Some(3), ..Column::new("Last scan", ColumnKind::Text) },
            Column { drop: Some(1), ..Column::new("State", ColumnKind::Text) },
        ];
        let counts: Vec<(&'static str, String)> = GROUPS
            .iter()
            .map(|group| {
                let of = self.streams.iter().filter(|line| line.group == *group).count();
                (*group, number(of as u64))
            })
            .collect();
        let mut parts: Vec<Part<'_>> = Vec::with_capacity(self.streams.len() + GROUPS.len());
        let mut group = "";
        for (line, index) in self.streams.iter().zip(1..) {
            if line.group != group {
                group = line.group;
                let count = counts.iter().find(|(name, _)| *name == group);
                let count = count.map_or("", |(_, count)| count.as_str());
                parts.push(Part::Group { label: group, count });
            }
            parts.push(Part::Row(Row { index, key: line.label, cells: line.cells() }));
        }
        bare_table(&Table::whole("Streams", &columns, &parts, RowHeight::Low))
    }
}

impl StreamLine {
    fn new(facts: &Facts, stream: Stream, now_ms: i64) -> StreamLine {
        let line = facts.stream(stream);
        let state = facts.state(stream);
        let scanned_at = line.and_then(|line| line.last_scan_at);
        StreamLine {
            label: stream_title(stream),
            claimed: facts.in_psa(stream).map(number),
            live: number(line.map_or(0, |line| line.live)),
            corrected: facts
                .receipt(stream)
                .filter(|receipt| receipt.kind == ReceiptKind::Scan && !receipt.told.is_first)
                .map(|receipt| number(receipt.told.corrected)),
            receipts_href: format!("{}?stream={}", SyncReceipts {}.url(), stream.name()),
            group: group_of(stream),
            bad: line.map_or(0, |line| line.bad),
            bad_href: format!("{}#{}", SyncProblems {}.url(), stream.name()),
            differ: facts
                .compared
                .as_ref()
                .and_then(|compared| compared.differing(stream))
                .map(number),
            scanned: scanned_at
                .map(|at| (format::age(at, now_ms, &TimeZone::UTC), format::iso(at))),
            is_held: line.is_some_and(|line| line.held.is_some()),
            is_open: state.is_some_and(|state| state.scan.is_some()),
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let bad = match self.bad {
            0 => html! { span.text-3 { "0" } },
            bad => html! { a href=(self.bad_href) { (number(bad)) } },
        };
        let scanned = match &self.scanned {
            None => Cell::Void("never"),
            Some((age, iso)) => Cell::Other(html! { time datetime=(iso) data-age="" { (age) } }),
        };
        let state = match (self.is_held, self.is_open, &self.scanned) {
            (true, _, _) => Cell::Other(html! { span.is-over { (hold_mark()) " on hold" } }),
            (false, true, _) => Cell::Text("being read"),
            (false, false, None) => Cell::Void("never read"),
            (false, false, Some(_)) => Cell::Text("read whole"),
        };
        vec![
            Cell::Other(html! { (self.label) }),
            self.claimed.as_deref().map_or(Cell::Void("not told"), Cell::Value),
            Cell::Strong(&self.live),
            match &self.corrected {
                // Nothing corrected is nothing to look at: quiet, and its receipt a click away all the same.
                Some(count) if count == "0" => {
                    Cell::Other(html! { a.is-quiet href=(self.receipts_href) { (count) } })
                }
                Some(count) => Cell::Other(html! { a href=(self.receipts_href) { (count) } }),
                None => Cell::Void("no scan since"),
            },
            Cell::Other(bad),
            self.differ.as_deref().map_or(Cell::Void("not compared"), Cell::Value),
            scanned,
            state,
        ]
    }
}

/// The groups of streams, in the order they are read.
const GROUPS: [&str; 3] = ["Customers and assets", "Tickets", "Projects and money"];

fn group_of(stream: Stream) -> &'static str {
    match stream {
        _ if stream.is_of_assets() => GROUPS[0],
        Stream::Opportunities | Stream::Projects | Stream::Contracts | Stream::Invoices => {
            GROUPS[2]
        }
        _ => GROUPS[1],
    }
}

/// What there is to know, in one sentence.
fn sentence(facts: &Facts) -> String {
    let Some(assets) = facts.stream(Stream::Assets) else {
        return "Nothing is read from Halo yet".to_owned();
    };
    let here = number(assets.live);
    if assets.held.is_some() {
        return format!("Assets are on hold, {here} here");
    }
    if assets.last_scan_at.is_none() {
        let is_on = facts.progress.run.is_some();
        let words = if is_on {
            "Halo is being read for the first time"
        } else {
            "Halo has not been read yet"
        };
        return words.to_owned();
    }
    match facts.in_psa(Stream::Assets) {
        Some(claimed) => format!("Halo {} assets, here {here}", number(claimed)),
        None => format!("{here} assets here"),
    }
}

fn about(facts: &Facts, now_ms: i64) -> String {
    if facts.is_first() {
        return "Almanac only reads. Nothing in Halo changes until you approve a plan.".to_owned();
    }
    let scans: Vec<i64> =
        facts.progress.streams.iter().filter_map(|line| line.last_scan_at).collect();
    let oldest = scans.iter().min().copied().unwrap_or(now_ms);
    let ago = format::ago(oldest, now_ms, &TimeZone::UTC);
    let held = facts.progress.streams.iter().filter(|line| line.held.is_some()).count();
    let all = Stream::ALL.len();
    let read = scans.len();
    let whole = if read == all {
        format!("All {all} streams were read whole, the oldest {ago}.")
    } else {
        format!("{read} of {all} streams were read whole, the oldest {ago}.")
    };
    match held {
        0 => whole,
        1 => format!("{whole} 1 stream waits for you."),
        many => format!("{whole} {many} streams wait for you."),
    }
}

fn held(facts: &Facts, now_ms: i64) -> Vec<HeldView> {
    let lines = facts.progress.streams.iter();
    lines
        .filter_map(|line| {
            let held = line.held.as_ref()?;
            let title = stream_title(line.stream);
            let code = Code::ALL.iter().find(|code| code.code == held.code);
            let read = line.last_scan_at.map(|at| format::ago(at, now_ms, &TimeZone::UTC));
            let what = match read {
                Some(ago) => format!(
                    "{} {} stay as they were, last read whole {ago}. Everything else still syncs.",
                    number(line.live),
                    title.to_lowercase()
                ),
                None => "It was never read whole. Everything else still syncs.".to_owned(),
            };
            Some(HeldView {
                title: format!("{title} are on hold"),
                what,
                why: held.text.clone(),
                act: code.map_or_else(
                    || "Test the connection, then read again.".to_owned(),
                    |code| code.remedy.to_owned(),
                ),
                code: held.code.clone(),
                release: release_of(facts, line.stream),
            })
        })
        .collect()
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

/// The page of a tenant without a connection.
pub(super) fn unconnected(chrome: &Chrome) -> Markup {
    let may = chrome.may(almanac_model::role::Permission::ManageConnection);
    let connect = Button {
        off_because: (!may).then_some("An owner or an administrator can connect it."),
        ..Button::primary("Connect Halo")
    };
    let inside = html! {
        h1.unseen { "Sync" }
        (empty(&Empty {
            kind: EmptyKind::FirstUse(Icon::Plug),
            title: "Connect Halo to see your clients",
            text: "Almanac starts read-only. Nothing in Halo changes until you approve a plan.",
            actions: link_button(&connect, &places::Connection {}.url()),
        }))
    };
    in_frame(chrome, &body(&inside))
}

pub(super) fn in_frame(chrome: &Chrome, content: &Markup) -> Markup {
    let crumbs = [Crumb { label: "Halo", href: None }, Crumb { label: "Sync", href: None }];
    let frame =
        Frame { title: "Sync", crumbs: &crumbs, current: places::Sync::PATH, ..Frame::default() };
    chrome.page(&frame, content)
}

/// A table that may be wider than the screen.
pub(super) fn wide(name: &str, table: &Markup) -> Markup {
    html! { div.scroll role="region" aria-label=(name) tabindex="0" { (table) } }
}
