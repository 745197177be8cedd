//! Keys: the hints of the status row, and the list that `?` opens.

use maud::{Markup, html};

use super::sample::Sample;

/// A key and what it does. Several keys are written with a space, a chord with `+`: `J K`, `Ctrl+Enter`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyHint<'a> {
    /// The keys.
    pub(crate) keys: &'a str,
    /// What they do, in few words.
    pub(crate) does: &'a str,
}

/// What works on every page.
pub(crate) const EVERYWHERE: [KeyHint<'static>; 5] = [
    KeyHint { keys: "Ctrl+K", does: "search or jump" },
    KeyHint { keys: "G", does: "then P, C, T or S: portfolio, clients, tickets, sync" },
    KeyHint { keys: "Ctrl+Enter", does: "send the form, apply the plan" },
    KeyHint { keys: "Esc", does: "close, clear" },
    KeyHint { keys: "?", does: "all keys of this page" },
];

/// What works in every table.
pub(crate) const IN_TABLES: [KeyHint<'static>; 5] = [
    KeyHint { keys: "J K", does: "move" },
    KeyHint { keys: "Enter", does: "open" },
    KeyHint { keys: "W", does: "why this value" },
    KeyHint { keys: "X", does: "select" },
    KeyHint { keys: "/", does: "filter" },
];

/// Key caps.
pub(crate) fn chord(keys: &str) -> Markup {
    html! { span.keys { @for key in keys.split([' ', '+']) { kbd { (key) } } } }
}

/// The hints of the status row, three to five of them.
pub(crate) fn key_hints(hints: &[KeyHint<'_>]) -> Markup {
    html! {
        ul.key-hints aria-label="Keys" {
            @for hint in hints { li { (chord(hint.keys)) span { (hint.does) } } }
        }
    }
}

/// The dialog that `?` opens.
pub(crate) fn key_dialog(hints: &[KeyHint<'_>]) -> Markup {
    let body = html! {
        dl.key-list {
            @for hint in hints.iter().chain(&EVERYWHERE) {
                dt { (chord(hint.keys)) } dd { (hint.does) }
            }
        }
    };
    super::dialog::dialog(
        &super::dialog::Dialog { id: "keys", title: "Keys of this page" },
        &body,
        None,
    )
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    vec![Sample::wide(
        "Keys in the status row",
        html! { div.status-row { "Rows 1 to 16 of 118" (key_hints(&IN_TABLES)) } },
    )]
}
