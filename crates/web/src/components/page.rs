//! The parts of a page below the top bar: header, section heads, status row, bulk bar.
//!
//! The first line says what there is to decide, in words, with numbers; everything else is evidence for it.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::keys::{KeyHint, key_hints};
use super::sample::Sample;

/// The header of a page: its title, one sentence, its actions at the right.
#[derive(Debug, Clone)]
pub(crate) struct Header<'a> {
    /// The one `h1`.
    pub(crate) title: &'a str,
    /// One sentence.
    pub(crate) sentence: &'a str,
    /// Whether the sentence stands beside the title, as on a client's pages.
    pub(crate) is_inline: bool,
    /// Buttons, at most one of them primary.
    pub(crate) actions: Option<Markup>,
}

/// The header of a page.
pub(crate) fn header(header: &Header<'_>) -> Markup {
    html! {
        header.head.is-inline[header.is_inline] {
            div.words { h1 { (header.title) } p { (header.sentence) } }
            @if let Some(actions) = &header.actions { div.actions { (actions) } }
        }
    }
}

/// The head of a section, with something small at its right.
pub(crate) fn section_head(title: &str, meta: Option<&Markup>) -> Markup {
    html! {
        div.section-head { h2 { (title) } @if let Some(meta) = meta { span.meta { (meta) } } }
    }
}

/// The last row of a page: which rows are seen, and three to five keys.
pub(crate) fn status_row(words: &str, hints: &[KeyHint<'_>]) -> Markup {
    html! { div.status-row { span { (words) } (key_hints(hints)) } }
}

/// The bar that takes the bottom while rows are selected. It lies in the form, with the class `has-bulk`,
/// that holds the table's boxes.
pub(crate) fn bulk_bar(actions: &Markup) -> Markup {
    html! { div.bulk { span.chosen role="status" { "Selected" } (actions) } }
}

/// The page with a panel at its right. Below 1280 px the panel is a drawer behind a handle with its name,
/// and on a phone it follows the page. The drawer is a popover of the browser: it needs no script, Escape
/// closes it, and the focus goes back to the handle.
pub(crate) fn with_panel(body: &Markup, name: &str, panel: &Markup) -> Markup {
    html! {
        div.page {
            div.body { (body) }
            button.panel-handle type="button" popovertarget="panel" { (icon(Icon::ChevronLeft)) (name) }
            aside.panel #panel aria-label=(name) popover {
                button.panel-close.icon-button type="button" popovertarget="panel" popovertargetaction="hide"
                    aria-label={ "Close " (name) } { (icon(Icon::Close)) }
                (panel)
            }
        }
    }
}

/// The page with the panel that holds its one button, such as a plan: it stays in sight at every width.
pub(crate) fn with_plan(body: &Markup, name: &str, plan: &Markup) -> Markup {
    html! {
        div.page { div.body { (body) } aside.panel aria-label=(name) { (plan) } }
    }
}

/// What scrolls under the header, where it is not one table; `name` says what it holds.
pub(crate) fn scrolling(name: &str, content: &Markup) -> Markup {
    html! { div.scroll role="region" aria-label=(name) tabindex="0" { (content) } }
}

/// The page alone.
pub(crate) fn body(body: &Markup) -> Markup {
    html! { div.page { div.body { (body) } } }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    use super::button::{Button, link_button};
    use super::sample::HOSTILE;

    let open = link_button(&Button::primary("Open the review"), "/styleguide");
    // These have an `h1`, so they are the last of their area: what follows is an `h2`.
    let head = Header {
        title: "Harrow & Pike LLP",
        sentence: "84 seats, solicitors. FY ends 31 March",
        is_inline: true,
        actions: Some(open),
    };
    let portfolio = Header {
        title: HOSTILE,
        sentence: "17 clients you advise. 4 reviews before 7 December, 3 of them not ready.",
        is_inline: false,
        actions: None,
    };
    let meta = html! { "undo is open for 30 days" };
    let bulk = html! {
        form.has-bulk method="post" action="/styleguide" {
            div.filters { label.choice.is-box { input type="checkbox" checked; span { "HP-WS-022" } } }
            (bulk_bar(&link_button(&Button::new("Keep until a date"), "/styleguide")))
            (status_row("Rows 1 to 16 of 118", &super::keys::IN_TABLES))
        }
    };
    let panelled = with_panel(
        &html! { div.section { (section_head("Written", Some(&meta))) } },
        "To decide",
        &section_head("To decide", None),
    );
    vec![
        Sample::new("Bulk bar", body(&bulk)),
        Sample::wide("A page with its panel", panelled),
        Sample::wide("Page headers", html! { (header(&head)) (header(&portfolio)) }),
    ]
}
