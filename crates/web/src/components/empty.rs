//! Empty states: first use, nothing for this filter, and empty as it should be.

use maud::{Markup, html};

use super::button::{Button, Weight, link_button};
use super::icon::{Icon, icon};
use super::sample::{HOSTILE, Sample};

/// Why there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmptyKind {
    /// Nothing has been set up: what will be here, the promise of safety, one act.
    FirstUse(Icon),
    /// The filter leaves nothing: the question answered, then which chip frees how many.
    Filter,
    /// Nothing is to be done: say so, say what comes next.
    Good,
}

/// An empty state.
#[derive(Debug, Clone)]
pub(crate) struct Empty<'a> {
    /// Why.
    pub(crate) kind: EmptyKind,
    /// One sentence.
    pub(crate) title: &'a str,
    /// One or two more.
    pub(crate) text: &'a str,
    /// Buttons.
    pub(crate) actions: Markup,
}

/// An empty state.
pub(crate) fn empty(view: &Empty<'_>) -> Markup {
    html! {
        div.empty {
            @match view.kind {
                EmptyKind::FirstUse(shape) => (icon(shape)),
                EmptyKind::Good => (icon(Icon::Check)),
                EmptyKind::Filter => {},
            }
            h2 { (view.title) }
            p { (view.text) }
            div.actions { (view.actions) }
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let clear = Button { weight: Weight::Plain, ..Button::new("Clear all") };
    let first = Empty {
        kind: EmptyKind::FirstUse(Icon::Plug),
        title: "Connect Halo to see your clients",
        text: "Almanac starts read-only. Nothing in Halo changes until you approve a plan.",
        actions: html! {
            (link_button(&Button::primary("Connect Halo"), "/styleguide"))
            (link_button(&Button::new("Import a spreadsheet"), "/styleguide"))
        },
    };
    let filter = Empty {
        kind: EmptyKind::Filter,
        title: "No server at Leeds needs replacing",
        text: "Without “Site: Leeds” there is 1. Without “Grade: Replace” there are 2.",
        actions: html! {
            (link_button(&Button::new("Remove Site"), "/styleguide"))
            (link_button(&Button::new("Remove Grade"), "/styleguide"))
            (link_button(&clear, "/styleguide"))
        },
    };
    let good = Empty {
        kind: EmptyKind::Good,
        title: "Nothing to decide",
        text: "All 12 decisions are made. The next one is expected before Bellweather’s review on 30 November.",
        actions: link_button(&Button::new("See what was decided"), "/styleguide"),
    };
    let hostile = Empty {
        kind: EmptyKind::Filter,
        title: HOSTILE,
        text: HOSTILE,
        actions: Markup::default(),
    };
    vec![
        Sample::new("Empty, first use", empty(&first)),
        Sample::new("Empty, filter matches nothing", empty(&filter)),
        Sample::new("Empty, and that is good", empty(&good)),
        Sample::new("A name that tries to run", empty(&hostile)),
    ]
}
