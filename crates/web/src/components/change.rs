//! A change of a value: what it is now, what it becomes, or that it is left out.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::sample::{HOSTILE, Sample};

/// One field of a plan: in Halo now, becomes. The new value stands on green, the old one plain.
pub(crate) fn change(before: &str, after: &str) -> Markup {
    html! { span.change { span { (before) } (icon(Icon::ArrowRight)) span.value-new { (after) } } }
}

/// A name that another replaces.
pub(crate) fn renamed(before: &str, after: &str) -> Markup {
    html! { span.change { del.value-gone { (before) } (icon(Icon::ArrowRight)) span.value-new { (after) } } }
}

/// A value that a plan leaves out until it is ticked.
pub(crate) fn left_out(value: &str) -> Markup {
    html! { span.value-left-out { (value) } }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let sample = html! {
        div.pad.actions {
            (change("31 Dec 2026", "31 Dec 2027")) (renamed("Client", "Customer")) (left_out("30 Jun 2026"))
            (change("no record", HOSTILE))
        }
    };
    vec![Sample::new("Changes", sample)]
}
