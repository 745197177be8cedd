//! A dialog: native, named, closed by Escape, and opened by a button with `data-dialog`.
//!
//! Nothing is only in a dialog: without script the button that opens it is a link to a page with the same
//! form.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::sample::Sample;

/// A dialog.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialog<'a> {
    /// What `data-dialog` names; unique on the page.
    pub(crate) id: &'a str,
    /// Its name.
    pub(crate) title: &'a str,
}

/// A dialog with its body, and buttons at its foot when there are any.
pub(crate) fn dialog(dialog: &Dialog<'_>, body: &Markup, foot: Option<&Markup>) -> Markup {
    let title_id = format!("{}-title", dialog.id);
    html! {
        dialog.dialog id=(dialog.id) aria-labelledby=(title_id) {
            header {
                h2 id=(title_id) { (dialog.title) }
                button.icon-button type="button" data-close="" aria-label="Close" { (icon(Icon::Close)) }
            }
            div.body { (body) }
            @if let Some(foot) = foot { footer { (foot) } }
        }
    }
}

/// A link that opens a dialog, or leads to the page with the same content.
pub(crate) fn opener(label: &str, id: &str, href: &str) -> Markup {
    html! { a.button href=(href) data-dialog=(id) aria-haspopup="dialog" { (label) } }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let view = Dialog { id: "sample-dialog", title: "Keep HP-WS-022 until a date" };
    let body = html! { p { "It returns to its own grade by itself on that day." } };
    let foot = html! {
        button.button type="button" data-close="" { "Cancel" }
        button.button.is-primary type="button" data-close="" { "Keep 1 asset" }
    };
    let sample = html! {
        div.pad { (opener("Keep until a date", view.id, "/styleguide")) (dialog(&view, &body, Some(&foot))) }
    };
    vec![Sample::new("Dialog", sample)]
}
