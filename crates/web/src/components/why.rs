//! "Why?": the verdict, its clocks on one axis of time, the rule, then where the value comes from.
//!
//! The same content is a page of its own and the fragment that the island shows in a popover.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::sample::{HOSTILE, Sample};

/// Width of the axis in its own units; a clock's parts are given in per mille of it.
const AXIS: u32 = 1000;

/// How a clock stands, for its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClockState {
    /// It runs, and ends later than soon.
    Running,
    /// It ends soon.
    Soon,
    /// It has ended.
    Over,
    /// It does not decide.
    NotCounted,
    /// Nothing is known of it.
    Void,
}

/// One clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockView<'a> {
    /// "Policy age, 5 y".
    pub(crate) label: &'a str,
    /// Where it ends, in per mille of the axis; beyond the axis is its end.
    pub(crate) ends_at: Option<u32>,
    /// "29 months over", "ended, not counted", "none".
    pub(crate) words: &'a str,
    /// How it stands.
    pub(crate) state: ClockState,
}

/// A value with its source.
#[derive(Debug, Clone)]
pub(crate) struct ValueView<'a> {
    /// "Purchase date 4 Jul 2019".
    pub(crate) title: &'a str,
    /// Whether a person locked it.
    pub(crate) is_locked: bool,
    /// Source, field, fetched, locked by, earlier: each with its words.
    pub(crate) facts: &'a [(&'a str, Markup)],
}

/// An explanation.
#[derive(Debug, Clone)]
pub(crate) struct Why<'a> {
    /// "Why Replace?".
    pub(crate) title: &'a str,
    /// The asset's name.
    pub(crate) subject: &'a str,
    /// "Lifecycle rules v7".
    pub(crate) rules: &'a str,
    /// Where the axis begins: "Jul 2019".
    pub(crate) axis_from: &'a str,
    /// Where today is, in per mille of the axis.
    pub(crate) today_at: u32,
    /// Every clock.
    pub(crate) clocks: &'a [ClockView<'a>],
    /// The rule, in two sentences.
    pub(crate) rule: &'a str,
    /// The values that it used.
    pub(crate) values: &'a [ValueView<'a>],
    /// Buttons, and a link to all sources.
    pub(crate) actions: Option<Markup>,
}

/// The explanation, in a popover or on a page; its title is `h2`.
pub(crate) fn why(view: &Why<'_>) -> Markup {
    html! {
        article.why {
            header {
                h2 { (view.title) }
                span.subject.text-3.small { (view.subject) }
                span.rules.text-3.small { (view.rules) }
            }
            section {
                (clocks(view))
                p.rule { (view.rule) }
            }
            @for value in view.values { (value_source(value)) }
            @if let Some(actions) = &view.actions { footer { (actions) } }
        }
    }
}

fn clocks(view: &Why<'_>) -> Markup {
    // The word stands over its tick, and inside of the box at both ends.
    let today = view.today_at.min(AXIS) * 218 / AXIS;
    let anchor = match view.today_at {
        0..100 => "start",
        900.. => "end",
        _ => "middle",
    };
    html! {
        table.clocks {
            caption.unseen { "Clocks" }
            thead {
                tr {
                    td { span.unseen { "Clock" } }
                    td {
                        svg.axis-words viewBox="0 0 218 14" aria-hidden="true" {
                            text x="0" y="11" { (view.axis_from) }
                            text x=(today) y="11" text-anchor=(anchor) { "today" }
                        }
                        span.unseen { "from " (view.axis_from) " to today" }
                    }
                    td { span.unseen { "How it stands" } }
                }
            }
            tbody { @for each in view.clocks { (clock(each, view.today_at)) } }
        }
    }
}

fn clock(clock: &ClockView<'_>, today_at: u32) -> Markup {
    let class = match clock.state {
        ClockState::Over => "is-over",
        ClockState::Soon => "is-plan",
        ClockState::Running | ClockState::NotCounted => "is-note",
        ClockState::Void => "void",
    };
    html! {
        tr {
            th scope="row" { (clock.label) }
            @if let Some(ends_at) = clock.ends_at {
                td.axis { (clock_bar(ends_at.min(AXIS), today_at.min(AXIS), clock.state)) }
                td class=(class) { (clock.words) }
            } @else {
                td.void { (clock.words) }
                td { span.unseen { "no date" } }
            }
        }
    }
}

fn clock_bar(ends_at: u32, today_at: u32, state: ClockState) -> Markup {
    let passed = ends_at.min(today_at);
    let is_over = state == ClockState::Over && today_at > ends_at;
    html! {
        svg viewBox={ "0 0 " (AXIS) " 14" } preserveAspectRatio="none" aria-hidden="true" {
            rect.bar-track-light y="6" width=(AXIS) height="2" {}
            rect.bar-passed y="5" width=(passed) height="4" {}
            @if is_over { rect.bar-over x=(ends_at) y="5" width=(today_at - ends_at) height="4" {} }
            rect.bar-tick x=(today_at.saturating_sub(4)) width="7" height="14" {}
        }
    }
}

/// One value with its source, as a part of an explanation.
pub(crate) fn value_source(value: &ValueView<'_>) -> Markup {
    html! {
        section {
            div.value-head {
                h3 { (value.title) }
                @if value.is_locked { span.lock { (icon(Icon::Lock)) "Locked" } }
            }
            dl.facts { @for (name, words) in value.facts { dt { (name) } dd { (words) } } }
        }
    }
}

/// A sample, which the styleguide serves as a fragment too.
pub(crate) fn sample() -> Markup {
    use super::button::{Button, link_button};

    let of = |label, ends_at, words, state| ClockView { label, ends_at, words, state };
    let clocks = [
        of("Policy age, 5 y", Some(627), "29 months over", ClockState::Over),
        of("OS support", Some(787), "13 months over", ClockState::Over),
        of("Warranty", Some(375), "ended, not counted", ClockState::NotCounted),
        of("Vendor updates", Some(2000), "ends 4 Mar 2031", ClockState::Running),
        of("Support contract", Some(960), "ends in 3 months", ClockState::Soon),
        of("Lease", None, "none", ClockState::Void),
    ];
    let facts = [
        ("Source", html! { "Halo asset 2291, field " code { "supplier_purchasedate" } }),
        ("Fetched", html! { "today 09:40:22, by webhook" }),
        ("Locked by", html! { "Ruth Adeyemi, 4 Aug 2026, “invoice D-88213”" }),
        ("Earlier", html! { del { "30 Sep 2019" } " Halo date created, until 4 Aug 2026" }),
    ];
    let small = |label| Button { is_small: true, ..Button::new(label) };
    why(&Why {
        title: "Why Replace?",
        subject: "HP-WS-022",
        rules: "Lifecycle rules v7",
        axis_from: "Jul 2019",
        today_at: 920,
        clocks: &clocks,
        rule: "The worst clock decides. Its i3-7100T cannot run Windows 11, so an upgrade does not stop the OS \
               clock. Warranty counts for servers and network only.",
        values: &[
            ValueView { title: "Purchase date 4 Jul 2019", is_locked: true, facts: &facts },
            ValueView { title: HOSTILE, is_locked: false, facts: &[] },
        ],
        actions: Some(html! {
            (link_button(&small("Keep until a date"), "/styleguide"))
            (link_button(&small("Unlock date"), "/styleguide"))
            a href="/styleguide" { "All 14 field sources" }
        }),
    })
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    vec![Sample::new("Why", sample())]
}
