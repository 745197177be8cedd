//! Errors in three lines: what (and what is still true), why, and the one thing to do.
//!
//! It covers the smallest part that the harm covers. Pages of errors use it with `h1`.

use maud::{Markup, html};

use super::banner::{Level, level_mark};
use super::button::{Button, link_button};
use super::sample::{HOSTILE, Sample};

/// An error.
#[derive(Debug, Clone)]
pub(crate) struct Trouble<'a> {
    /// Halted, or only disturbed.
    pub(crate) level: Level,
    /// What happened, in one sentence.
    pub(crate) title: &'a str,
    /// What you see is still true, what is not.
    pub(crate) what: &'a str,
    /// The named system and the answer that it gave.
    pub(crate) why: &'a str,
    /// One act, or "Nothing" and when it mends itself.
    pub(crate) act: &'a str,
    /// For support, such as `CONN-006`.
    pub(crate) code: Option<&'a str>,
    /// Buttons.
    pub(crate) actions: Option<Markup>,
}

/// The panel, in a part of a page.
pub(crate) fn trouble(view: &Trouble<'_>) -> Markup {
    panel(view, &html! { h2 { (level_mark(view.level)) (view.title) } })
}

/// The panel as the whole content of a page.
pub(crate) fn trouble_page(view: &Trouble<'_>) -> Markup {
    panel(view, &html! { h1 { (level_mark(view.level)) (view.title) } })
}

fn panel(view: &Trouble<'_>, title: &Markup) -> Markup {
    let class = match view.level {
        Level::Halt => "trouble",
        Level::Warning => "trouble is-warning",
    };
    html! {
        section class=(class) {
            (title)
            dl {
                dt { "What" } dd { (view.what) }
                dt { "Why" } dd { (view.why) }
                dt { "Do" } dd { (view.act) }
            }
            @if view.code.is_some() || view.actions.is_some() {
                div.foot {
                    @if let Some(actions) = &view.actions { (actions) }
                    @if let Some(code) = view.code { code.code { (code) } }
                }
            }
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let small = |label| Button { is_small: true, ..Button::new(label) };
    let down = Trouble {
        level: Level::Warning,
        title: "Halo has not answered since 09:22",
        what: "You see data as of 09:21. Editing here works; 3 writes wait in line.",
        why: "calderridge.halopsa.com timed out 8 times. Our network is fine.",
        act: "Nothing. We try again in 40 s and tell you when it is back.",
        code: Some("CONN-001"),
        actions: Some(link_button(&small("Try now"), "/styleguide")),
    };
    let again = Button { is_small: true, ..Button::primary("Check again") };
    let right = Trouble {
        level: Level::Halt,
        title: "Contacts stopped syncing at 08:14",
        what: "5,962 contacts stay as they were. Everything else still syncs.",
        why: "Halo answers 401: the agent’s Users Access Level is now No Access.",
        act: "Set Users Access Level to Read Only on agent Almanac API, then check again.",
        code: Some("CONN-006"),
        actions: Some(html! {
            (link_button(&again, "/styleguide"))
            (link_button(&small("Open in Halo"), "/styleguide"))
        }),
    };
    let hostile = Trouble {
        level: Level::Halt,
        title: HOSTILE,
        what: HOSTILE,
        why: HOSTILE,
        act: "Nothing.",
        code: None,
        actions: None,
    };
    vec![
        Sample::new("Error, a dependency is down", trouble(&down)),
        Sample::new("Error, a right was taken away", trouble(&right)),
        Sample::new("A message that tries to run", trouble(&hostile)),
        Sample::new("Error as a page", html! { div data-not-a-page { (trouble_page(&down)) } }),
    ]
}
