//! The filter row: chips "Field: value" joined by and, the search of this list, menus.
//!
//! Every choice is a link or a GET form, so that the address holds it and a link shows the same rows.

use maud::{Markup, html};

use super::button::hidden_fields;
use super::icon::{Icon, icon};
use super::sample::{HOSTILE, Sample};

/// A filter that is on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FilterChip<'a> {
    /// The field.
    pub(crate) field: &'a str,
    /// The value; several are joined by "or".
    pub(crate) value: &'a str,
    /// The same list without it.
    pub(crate) without_href: &'a str,
}

/// A choice in a menu.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MenuItem<'a> {
    /// Its words.
    pub(crate) label: &'a str,
    /// The list with it.
    pub(crate) href: &'a str,
    /// Whether it is on.
    pub(crate) is_current: bool,
}

/// The search of a list: a GET form that keeps the other choices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Find<'a> {
    /// Where it is sent.
    pub(crate) action: &'a str,
    /// What can be found, such as "Name, serial, user".
    pub(crate) hint: &'a str,
    /// What was typed.
    pub(crate) text: &'a str,
    /// The other choices of the address.
    pub(crate) kept: &'a [(&'a str, &'a str)],
}

/// A filter that is on, with the link that takes it off.
pub(crate) fn filter_chip(chip: &FilterChip<'_>) -> Markup {
    html! {
        span.filter-chip {
            span { (chip.field) ": " b { (chip.value) } }
            a href=(chip.without_href) aria-label={ "Remove " (chip.field) ": " (chip.value) } { (icon(Icon::Close)) }
        }
    }
}

/// The search of a list.
pub(crate) fn find(find: &Find<'_>) -> Markup {
    html! {
        form.find role="search" method="get" action=(find.action) {
            (hidden_fields(find.kept))
            (icon(Icon::Search))
            input type="search" name="q" value=(find.text) placeholder=(find.hint) aria-label=(find.hint)
                autocomplete="off" spellcheck="false" maxlength="200";
            kbd aria-hidden="true" { "/" }
        }
    }
}

/// A menu of links behind a button.
pub(crate) fn menu(label: &str, shape: Option<Icon>, items: &[MenuItem<'_>]) -> Markup {
    let list = html! {
        @for item in items {
            a href=(item.href) aria-current=[item.is_current.then_some("true")] { (item.label) }
        }
    };
    menu_of(label, shape, &list)
}

/// A menu with anything in it.
pub(crate) fn menu_of(label: &str, shape: Option<Icon>, list: &Markup) -> Markup {
    html! {
        details.menu {
            summary.button {
                @if let Some(shape) = shape { (icon(shape)) }
                (label)
                (icon(Icon::ChevronDown))
            }
            div.list { (list) }
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let chip =
        |field, value| filter_chip(&FilterChip { field, value, without_href: "/styleguide" });
    let items = [
        MenuItem { label: "Kind", href: "/styleguide", is_current: true },
        MenuItem { label: "Site", href: "/styleguide", is_current: false },
        MenuItem { label: "No groups", href: "/styleguide", is_current: false },
    ];
    let search = Find {
        action: "/styleguide",
        hint: "Name, serial, user",
        text: "",
        kept: &[("grade", "replace")],
    };
    let row = html! {
        div.filters {
            (chip("Grade", "Replace")) (chip("Site", "Leeds or York")) (chip("Class", HOSTILE))
            (find(&search))
            div.trail { span { b { "£63,660" } " due in 12 months" } (menu("Group: Kind", None, &items)) }
        }
    };
    vec![Sample::wide("Filter row", row)]
}
