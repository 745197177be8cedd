//! The column chooser: a form of boxes in a menu, sent in the order in which they stand.
//!
//! The island adds the search and the order; without it columns can be chosen in the table's own order.

use maud::{Markup, html};

use super::button::{Button, Weight, hidden_fields, submit};
use super::filter::menu_of;
use super::icon::{Icon, icon};
use super::sample::Sample;

/// A column that can be chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    /// What the form sends.
    pub(crate) key: &'a str,
    /// What the table's head says.
    pub(crate) label: &'a str,
    /// Whether it is shown.
    pub(crate) is_on: bool,
    /// Whether it always is: name, grade, money and date are.
    pub(crate) is_fixed: bool,
}

/// The chooser. The form posts `column` once for each chosen column; `reset` brings back the table's own.
pub(crate) fn column_chooser(
    action: &str,
    hidden: &[(&str, &str)],
    choices: &[Choice<'_>],
) -> Markup {
    let list = html! {
        column-chooser {
            form method="post" action=(action) {
                (hidden_fields(hidden))
                input.input type="search" aria-label="Find a column" placeholder="Find a column" hidden data-script;
                ul { @for choice in choices { (row(choice)) } }
                div.foot {
                    (submit(&Button { is_small: true, ..Button::primary("Show these") }, None))
                    (submit(&Button { is_small: true, weight: Weight::Plain, ..Button::new("Reset") }, Some(("reset", "yes"))))
                }
            }
        }
    };
    menu_of("Columns", Some(Icon::Columns), &list)
}

fn row(choice: &Choice<'_>) -> Markup {
    html! {
        li.row {
            label.choice {
                input type="checkbox" name="column" value=(choice.key) checked[choice.is_on || choice.is_fixed]
                    disabled[choice.is_fixed];
                span { (choice.label) }
            }
            @if choice.is_fixed { input type="hidden" name="column" value=(choice.key); }
            span.order hidden data-script {
                button.icon-button type="button" data-step="up" aria-label={ "Move " (choice.label) " up" } {
                    (icon(Icon::ArrowUp))
                }
                button.icon-button type="button" data-step="down" aria-label={ "Move " (choice.label) " down" } {
                    (icon(Icon::ArrowDown))
                }
            }
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let of = |key, label, is_on| Choice { key, label, is_on, is_fixed: false };
    let choices = [
        Choice { is_fixed: true, ..of("name", "Asset", true) },
        of("kind", "Type", true),
        of("age", "Age", true),
        of("serial", "Serial number", false),
    ];
    let sample = html! { div.filters { div.trail { (column_chooser("/styleguide", &[("table", "assets")], &choices)) } } };
    vec![Sample::new("Column chooser", sample)]
}
