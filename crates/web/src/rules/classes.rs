//! Classes: what replacing an asset costs, and a policy age of their own where they have one.

use almanac_model::class::{Amounts, Class};
use almanac_model::kind::Kind;
use maud::{Markup, html};

use super::inputs::{CellInput, Typed};
use super::load::Ruled;
use super::policies::{count_cell, years};
use crate::components::field::{Field, Input, field};
use crate::components::format;
use crate::components::page::section_head;

/// The amounts of a class: name in forms, words.
pub(super) const AMOUNTS: [(&str, &str); 3] =
    [("hardware", "Hardware"), ("set_up", "Set-up"), ("on_site", "On site")];

/// The amounts in the order of [`AMOUNTS`].
pub(super) fn amounts_of(amounts: Amounts) -> [i64; 3] {
    [amounts.hardware, amounts.set_up, amounts.on_site]
}

/// An amount as it is typed: `1240`, `1240.50`.
pub(super) fn typed_amount(minor: i64) -> String {
    if minor % 100 == 0 {
        (minor / 100).to_string()
    } else {
        format!("{}.{:02}", minor / 100, minor % 100)
    }
}

/// The part of the page.
pub(super) fn part(ruled: &Ruled, typed: &Typed) -> Markup {
    let classes = ruled.book().classes.all();
    let currency = ruled.fleet.currency();
    html! {
        section.section aria-label="Classes" {
            (section_head("Classes", Some(&html! { "amounts in " (currency) "; the first class of a kind applies where nobody chose" })))
            @if classes.is_empty() {
                p.text-2 { "There are no classes, so nothing has a price." }
            } @else {
                table.table.is-stacked {
                    caption.unseen { "Classes and their amounts" }
                    thead { tr {
                        th.is-name scope="col" { "Class" } th scope="col" { "Kind" }
                        th.is-number scope="col" { "Assets" }
                        @for (_, words) in AMOUNTS { th scope="col" { (words) } }
                        th.is-number scope="col" { "Together" }
                        th scope="col" { "Policy age, years" }
                        th scope="col" { "First" } th scope="col" { "Remove" }
                    } }
                    tbody { @for class in classes { (row(ruled, typed, class)) } }
                }
            }
        }
        @if ruled.may_edit { (new_class(typed)) }
    }
}

fn row(ruled: &Ruled, typed: &Typed, class: &Class) -> Markup {
    let is_off = !ruled.may_edit;
    let id = class.id.0;
    let named = format!("{} {}", class.kind.title(), class.name);
    let policy = ruled.book().policies.classes().find(|(of, _)| *of == class.id);
    let first = ruled.book().classes.of(class.kind, None).map(|first| first.id);
    let cell = |name: &str, label: &str, present: &str| {
        typed.text(&CellInput { name, label: &format!("{label} of {named}"), present, is_off })
    };
    let tick = |name: &str, label: String| {
        typed.tick(&CellInput { name, label: &label, present: "", is_off })
    };
    html! {
        tr {
            th.is-name scope="row" { (cell(&format!("name.{id}"), "Name", &class.name)) }
            td data-label="Kind" { (class.kind.title()) }
            (count_cell(ruled.by_class.get(&id).copied()))
            @for ((name, words), minor) in AMOUNTS.iter().zip(amounts_of(class.amounts())) {
                td data-label=(words) { (cell(&format!("{name}.{id}"), words, &typed_amount(minor))) }
            }
            td.is-number data-label="Together" { (format::money_exact(class.total())) }
            td data-label="Policy age, years" { (cell(&format!("class_years.{id}"), "Policy age", &years(policy.map(|(_, months)| months)))) }
            @if first == Some(class.id) {
                td.text-2 data-label="First" { "first" }
            } @else {
                td data-label="First" { (tick(&format!("first.{id}"), format!("Make {named} the first"))) }
            }
            td data-label="Remove" { (tick(&format!("remove.{id}"), format!("Remove {named}"))) }
        }
    }
}

fn new_class(typed: &Typed) -> Markup {
    let kinds = Kind::ALL.map(|kind| (kind.name(), kind.title()));
    let kind = typed.value("new_kind", Kind::Laptop.name());
    let fault = |name: &str| typed.faults().find(|(of, _)| *of == name).map(|(_, fault)| fault);
    let text = |name: &'static str, label: &'static str| {
        let value = typed.value(name, "");
        let input = Input::Text { length_max: 80 };
        field(&Field {
            is_optional: true,
            fault: fault(name),
            ..Field::new(name, label, &value, input)
        })
    };
    html! {
        section.section aria-label="Another class" {
            (section_head("Another class", Some(&html! { "leave the name empty for none" })))
            div.form {
                (field(&Field { is_optional: true, ..Field::new("new_kind", "Kind", &kind, Input::Select(&kinds)) }))
                (text("new_name", "Name"))
                (text("new_hardware", "Hardware"))
                (text("new_set_up", "Set-up"))
                (text("new_on_site", "On site"))
            }
        }
    }
}
