//! What the sync page says: one sentence first, then what waits for a person, then the evidence.

use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_store::RunId;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::calls::CallsView;
use super::facts::Facts;
use super::held::HeldView;
use super::live::Live;
use super::next::NextView;
use super::query::SyncQuery;
use super::reconciled::Reconciled;
use super::runs::{RunsView, number};
use super::streams::StreamsView;
use crate::components::button::{Button, act, link_button};
use crate::components::empty::{Empty, EmptyKind, empty};
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::page::{body, with_panel};
use crate::components::shell::Crumb;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::Route;
use crate::write_back::WritesPanel;

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
    /// When the assets were last compared whole.
    pub(super) reconciled: Option<Reconciled>,
    pub(super) streams: StreamsView,
    /// Rows not understood, in all streams.
    pub(super) bad: u64,
    pub(super) runs: RunsView,
    pub(super) calls: CallsView,
    /// What is read in the next five minutes.
    pub(super) next: Option<NextView>,
    /// What waits to be written and what was written, for who may write.
    pub(super) writes: Option<WritesPanel>,
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
            held: HeldView::all(facts, now_ms),
            reconciled: Reconciled::of(&facts.asset_receipts, now_ms),
            streams: StreamsView::new(facts, &query, now_ms),
            bad: facts.progress.streams.iter().map(|line| line.bad).sum(),
            runs: RunsView::new(facts, query, now_ms),
            calls: CallsView::new(&facts.calls, &facts.runs, facts.limit, now_ms),
            next: None,
            writes: None,
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
        let inside = html! {
            (self.head())
            div.scroll {
                @if !self.held.is_empty() { (self.held_section()) }
                (self.live.part(self.last_run))
                // Before anything was read whole every row of it would say so.
                @if !self.is_first { (self.streams.section(self.bad)) }
                (self.runs.markup())
            }
        };
        let panel = html! {
            div.panel-sections {
                (self.calls.markup())
                @if let Some(next) = &self.next { (next.markup()) }
                @if let Some(writes) = &self.writes { (writes.markup()) }
            }
        };
        in_frame(chrome, &with_panel(&inside, "Calls and writes", &panel))
    }

    /// As the head of every page, with the receipt above the sentence that it proves.
    fn head(&self) -> Markup {
        html! {
            header.head {
                div.words {
                    @if let Some(reconciled) = &self.reconciled { (reconciled.markup()) }
                    h1 { (self.sentence) }
                    p { (self.about) }
                }
                div.actions { (self.sync_now()) }
            }
        }
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
        html! {
            section.section aria-label="On hold" {
                @for held in &self.held { (held.markup(self.may_run)) }
            }
        }
    }
}

/// What there is to know, in one sentence.
fn sentence(facts: &Facts) -> String {
    let Some(assets) = facts.stream(Stream::Assets) else {
        return "Nothing is read from Halo yet".to_owned();
    };
    let here = number(assets.live);
    let waits = assets.held.as_ref().is_some_and(|held| !Code::heals_by_itself(&held.code));
    if waits {
        return format!("Assets are on hold, {here} here");
    }
    if assets.last_scan_at.is_none() {
        let is_on = facts.progress.run.is_some() || facts.progress.waiting_since.is_some();
        let words = if is_on {
            "Halo is being read for the first time"
        } else {
            "Halo has not been read yet"
        };
        return words.to_owned();
    }
    match facts.in_psa(Stream::Assets) {
        Some(claimed) => match facts.differing(Stream::Assets) {
            Some(differ) => {
                format!("Halo {} assets, here {here}, {} differ", number(claimed), number(differ))
            }
            None => format!("Halo {} assets, here {here}", number(claimed)),
        },
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
    let holds = facts.progress.streams.iter().filter_map(|line| line.held.as_ref());
    let held = holds.filter(|held| !Code::heals_by_itself(&held.code)).count();
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
