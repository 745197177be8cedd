//! Banners: something of this page waits for a person. One sentence in bold, then what is safe, then acts.

use maud::{Markup, html};

use super::button::{Button, link_button};
use super::mark::{Freshness, freshness_mark, hold_mark};
use super::sample::Sample;

/// How much a banner or an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Halted, refused: it waits for a person.
    Halt,
    /// It may mend itself, or costs something small.
    Warning,
}

/// A banner.
#[derive(Debug, Clone)]
pub(crate) struct Banner<'a> {
    /// How much it is about.
    pub(crate) level: Level,
    /// What happened: "Ostler Freight: assets are on hold since 07:12."
    pub(crate) title: &'a str,
    /// Why, with the numbers, and what did not happen.
    pub(crate) text: &'a str,
    /// What it most often is.
    pub(crate) hint: Option<&'a str>,
    /// Buttons.
    pub(crate) actions: Option<Markup>,
}

/// A banner. A halt is said at once to those who listen; a warning when they pause.
pub(crate) fn banner(banner: &Banner<'_>) -> Markup {
    let (class, role) = match banner.level {
        Level::Halt => ("banner", "alert"),
        Level::Warning => ("banner is-warning", "status"),
    };
    html! {
        div class=(class) role=(role) {
            (level_mark(banner.level))
            p {
                b { (banner.title) } " " (banner.text)
                @if let Some(hint) = banner.hint { " " span.hint { (hint) } }
            }
            @if let Some(actions) = &banner.actions { div.actions { (actions) } }
        }
    }
}

/// The shape of a level.
pub(super) fn level_mark(level: Level) -> Markup {
    match level {
        Level::Halt => hold_mark(),
        Level::Warning => freshness_mark(Freshness::Old),
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let actions = html! {
        @for label in ["See the 61", "Read again", "Apply anyway"] {
            (link_button(&Button { is_small: true, ..Button::new(label) }, "/styleguide"))
        }
    };
    let halt = Banner {
        level: Level::Halt,
        title: "Ostler Freight: assets are on hold since 07:12.",
        text: "Halo returned 35 of 96 assets. Applying that would remove 61, and your limit is 25 for one \
               client. Nothing was removed; pages show the 07:11 data.",
        hint: Some("Most often a changed asset filter or a lost right of the API agent."),
        actions: Some(actions),
    };
    let warning = Banner {
        level: Level::Warning,
        title: "Halo has not answered since 09:22.",
        text: "You see data as of 09:21.",
        hint: None,
        actions: None,
    };
    vec![Sample::wide("Banners", html! { (banner(&halt)) (banner(&warning)) })]
}
