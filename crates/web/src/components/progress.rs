//! Live progress: done of total, rate, calls of the budget, time left, and a line for each kind of record.
//!
//! The panel is a part of a page that `live-part` reads again; without script the page is loaded again by
//! hand, and says the same.

use maud::{Markup, html};

use super::bar::progress_bar;
use super::icon::{Icon, icon, spinner};
use super::sample::Sample;

/// Where a line of the progress stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepState {
    /// Read whole.
    Done,
    /// Being read.
    Current,
    /// Still to come.
    Next,
}

/// A kind of record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProgressLine<'a> {
    /// Halo's word, such as "Customers and sites".
    pub(crate) label: &'a str,
    /// "2,180 of 3,412".
    pub(crate) done: &'a str,
    /// "64%", "0 refused", "next".
    pub(crate) note: &'a str,
    /// Where it stands.
    pub(crate) state: StepState,
}

/// A progress.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress<'a> {
    /// "First sync from Halo".
    pub(crate) title: &'a str,
    /// "started 09:38:10".
    pub(crate) started: &'a str,
    /// "8,845".
    pub(crate) done: &'a str,
    /// "of 15,295 records".
    pub(crate) of: &'a str,
    /// "about 2 min left".
    pub(crate) left: &'a str,
    /// 0 to 100.
    pub(crate) percent: u64,
    /// "59 records a second. 94 of 161 calls, 38 a minute of our 56."
    pub(crate) rate: &'a str,
    /// Every kind of record, in the order in which they are read.
    pub(crate) lines: &'a [ProgressLine<'a>],
    /// What is usable already, and that the page can be closed.
    pub(crate) note: &'a str,
    /// Whether it is over, so that nobody asks again.
    pub(crate) is_over: bool,
}

/// The panel.
pub(crate) fn progress(view: &Progress<'_>) -> Markup {
    html! {
        section.progress data-done=[view.is_over.then_some("")] {
            div.line { h2 { (view.title) } span.left.text-3.small { (view.started) } }
            div.line {
                span.done { (view.done) } span.text-2 { (view.of) }
                span.left { (view.left) }
            }
            (progress_bar(view.percent))
            p.rate { (view.rate) }
            table.table.is-inset {
                caption.unseen { "By kind of record" }
                tbody { @for each in view.lines { (line(each)) } }
            }
            p.rate { (view.note) }
        }
    }
}

fn line(line: &ProgressLine<'_>) -> Markup {
    let (class, mark, word) = match line.state {
        StepState::Done => ("", html! { span.is-good { (icon(Icon::Check)) } }, "done"),
        StepState::Current => ("is-current", spinner(), "being read"),
        StepState::Next => ("is-next", Markup::default(), "to come"),
    };
    html! {
        tr class=(class) {
            td.is-box { (mark) span.unseen { (word) } }
            th scope="row" { (line.label) }
            td.is-number { (line.done) }
            td.is-number { (line.note) }
        }
    }
}

/// A part of a page that is read again every so many milliseconds until it says that it is over.
pub(crate) fn live_part(src: &str, every_ms: u32, inside: &Markup) -> Markup {
    html! { live-part src=(src) every=(every_ms) { (inside) } }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let of = |label, done, note, state| ProgressLine { label, done, note, state };
    let lines = [
        of("Lists", "154 of 154", "0 refused", StepState::Done),
        of("Customers and sites", "549 of 549", "0 refused", StepState::Done),
        of("Assets", "2,180 of 3,412", "64%", StepState::Current),
        of("Tickets, 12 months", "4,806", "next", StepState::Next),
    ];
    let view = Progress {
        title: "First sync from Halo",
        started: "started 09:38:10",
        done: "8,845",
        of: "of 15,295 records",
        left: "about 2 min left",
        percent: 57,
        rate: "59 records a second. 94 of 161 calls, 38 a minute of our 56.",
        lines: &lines,
        note: "You can close this page. Clients already complete are usable now: 41 of 212. After a stop it goes on \
               where it was.",
        is_over: true,
    };
    vec![Sample::new(
        "Loading, first sync",
        html! { div.pad { (live_part("/styleguide", 2000, &progress(&view))) } },
    )]
}
