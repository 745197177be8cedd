//! Age of data: the mark of freshness and the age, which ticks in the browser.

use maud::{Markup, html};

use super::format;
use super::mark::{Freshness, freshness_mark};
use super::sample::Sample;

/// An age as shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsOf<'a> {
    /// The mark.
    pub(crate) freshness: Freshness,
    /// The instant for machines, as by `format::iso`.
    pub(crate) iso: &'a str,
    /// As by `format::age`.
    pub(crate) age: &'a str,
}

/// For the top bar: "As of 40 s ago". What is old or on hold says so; the age is always that of the
/// data, so that of a hold is told elsewhere.
pub(crate) fn as_of(view: &AsOf<'_>) -> Markup {
    let lead = if view.freshness == Freshness::OnHold { "On hold, as of" } else { "As of" };
    html! {
        span class=(class(view.freshness)) role="status" {
            (freshness_mark(view.freshness))
            span {
                span.lead { (lead) " " }
                time datetime=(view.iso) data-age="ago" { (view.age) @if format::is_span(view.age) { " ago" } }
                span.unseen { ", " (view.freshness.title()) }
            }
        }
    }
}

/// For a row: mark and age only.
pub(crate) fn row_age(view: &AsOf<'_>) -> Markup {
    html! {
        span class=(class(view.freshness)) {
            (freshness_mark(view.freshness))
            time datetime=(view.iso) data-age="" { (view.age) }
            span.unseen { ", " (view.freshness.title()) }
        }
    }
}

fn class(freshness: Freshness) -> &'static str {
    match freshness {
        Freshness::Fresh | Freshness::Recent => "as-of",
        Freshness::Old => "as-of is-old",
        Freshness::OnHold => "as-of is-hold",
    }
}

/// Samples for the styleguide. They are of 2026, so the browser will say so.
pub(super) fn samples() -> Vec<Sample> {
    let ages = ["40 s", "4 min", "07:11", "07:12"];
    let views: Vec<_> = Freshness::ALL
        .into_iter()
        .zip(ages)
        .map(|(freshness, age)| AsOf { freshness, iso: "", age })
        .collect();
    let list = html! {
        div.pad {
            @for view in &views { p { (as_of(view)) } }
            div.actions { @for view in &views { (row_age(view)) } }
        }
    };
    vec![Sample::new("Age of data: in the top bar, in a row", list)]
}
