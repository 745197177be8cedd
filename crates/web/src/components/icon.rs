//! Icons: one set, 16 px, beside a word, or alone inside of something that has a name.
//!
//! An icon is never read aloud; whoever shows one alone names the control around it.

use maud::{Markup, PreEscaped, html};

pub(crate) use super::icon_shapes::Icon;
use super::sample::Sample;

/// An icon.
pub(crate) fn icon(icon: Icon) -> Markup {
    html! {
        svg.icon width="16" height="16" viewBox="0 0 24 24" aria-hidden="true" {
            (PreEscaped(icon.shapes()))
        }
    }
}

/// What turns while something is done.
pub(crate) fn spinner() -> Markup {
    html! {
        svg.icon.spinner width="14" height="14" viewBox="0 0 24 24" aria-hidden="true" {
            path d="M12 3a9 9 0 1 1-9 9" {}
        }
    }
}

/// The mark of the product.
pub(crate) fn product_mark() -> Markup {
    html! {
        svg.mark width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" {
            rect width="16" height="16" rx="3.5" fill="currentColor" {}
            path.product-letter d="M4.2 12 8 4l3.8 8M5.7 9.2h4.6" {}
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let all = html! {
        div.icon-grid.pad {
            @for each in Icon::ALL {
                span.icon-cell { (icon(*each)) span.small.text-3 { (format!("{each:?}")) } }
            }
        }
    };
    vec![
        Sample::wide("Icons, 16 px, stroke 1.6", all),
        Sample::new("Busy", html! { div.pad { (spinner()) } }),
    ]
}
