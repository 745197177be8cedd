//! What was just done, said once by the page that follows. It stays until it is closed: nobody is hurried.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::sample::Sample;

/// A notice with, perhaps, the form that takes the act back.
pub(crate) fn notice(text: &str, undo: Option<&Markup>) -> Markup {
    html! {
        div.flash role="status" {
            (icon(Icon::Check))
            span { (text) }
            @if let Some(undo) = undo { (undo) }
            button.icon-button type="button" data-close=".flash" aria-label="Close" { (icon(Icon::Close)) }
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    use super::button::{Button, act};

    let undo = act(
        &Button { is_small: true, icon: Some(Icon::Undo), ..Button::new("Undo") },
        "/styleguide",
        &[],
    );
    let sample = html! {
        (notice("12 assets turned from Healthy to Plan.", Some(&undo)))
        (notice("The password is changed; 2 other sessions ended.", None))
    };
    vec![Sample::wide("Notices", sample)]
}
