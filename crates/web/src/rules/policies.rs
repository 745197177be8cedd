//! Policies: how long assets of a kind are used, what was agreed with clients, which clocks decide.

use almanac_model::age::years_short;
use almanac_model::kind::Kind;
use almanac_model::policy::Count;
use maud::{Markup, html};

use super::inputs::{CellInput, Typed};
use super::load::Ruled;
use crate::components::field::{Field, Input, field};
use crate::components::format;
use crate::components::page::section_head;

/// Whether a clock counts: its name in forms, and its words.
pub(super) const COUNTS: [(Count, &str, &str); 3] = [
    (Count::No, "no", "does not count"),
    (Count::WhenKnown, "when_known", "where it is known"),
    (Count::Needed, "needed", "counts and is needed"),
];

/// A count's name in forms.
pub(super) fn count_name(count: Count) -> &'static str {
    COUNTS.iter().find(|(known, _, _)| *known == count).map_or("no", |(_, name, _)| name)
}

/// Years as they are typed: empty where age says nothing.
pub(super) fn years(months: Option<u32>) -> String {
    months.map(years_typed).unwrap_or_default()
}

/// Months as years: `5`, `5.5`; months that are no tenth of a year stay months: `40 months`.
fn years_typed(months: u32) -> String {
    if (u64::from(months) * 10).is_multiple_of(12) {
        years_short(months)
    } else {
        format!("{months} months")
    }
}

/// The part of the page.
pub(super) fn part(ruled: &Ruled, typed: &Typed) -> Markup {
    let is_off = !ruled.may_edit;
    let options = COUNTS.map(|(_, name, words)| (name, words));
    let choice = |name: &str, label: &str, count: Count| {
        let present = count_name(count);
        typed.select(&CellInput { name, label, present, is_off }, &options)
    };
    html! {
        section.section aria-label="By kind" {
            (section_head("By kind", Some(&html! { "leave the years empty where age says nothing" })))
            table.table.is-stacked {
                caption.unseen { "Policies by kind" }
                thead { tr {
                    th.is-name scope="col" { "Kind" } th.is-number scope="col" { "Assets" }
                    th scope="col" { "Policy age, years" } th scope="col" { "Age" }
                    th scope="col" { "Warranty" } th scope="col" { "OS support" }
                } }
                tbody {
                    @for kind in Kind::ALL {
                        @let policy = ruled.book().policies.kind(kind);
                        @let (name, title) = (kind.name(), kind.title());
                        tr {
                            th.is-name scope="row" { (title) }
                            (count_cell(ruled.by_kind.get(&kind).copied()))
                            td data-label="Policy age, years" { (typed.text(&CellInput {
                                name: &format!("years.{name}"),
                                label: &format!("Policy age of {title}, years"),
                                present: &years(policy.age_months),
                                is_off,
                            })) }
                            td data-label="Age" { (choice(&format!("age.{name}"), &format!("Age of {title}"), policy.counts.age)) }
                            td data-label="Warranty" { (choice(&format!("warranty.{name}"), &format!("Warranty of {title}"), policy.counts.warranty)) }
                            td data-label="OS support" { (choice(&format!("os.{name}"), &format!("OS support of {title}"), policy.counts.os)) }
                        }
                    }
                }
            }
        }
        (clients(ruled, typed))
    }
}

/// How many assets there are.
pub(super) fn count_cell(count: Option<u32>) -> Markup {
    html! {
        @match count {
            Some(count) => { td.is-number data-label="Assets" { (format::number(i64::from(count))) } },
            None => { td.is-number.void data-label="Assets" { "none" } },
        }
    }
}

fn clients(ruled: &Ruled, typed: &Typed) -> Markup {
    let is_off = !ruled.may_edit;
    let agreed: Vec<_> = ruled
        .book()
        .policies
        .clients()
        .filter_map(|(id, kind, months)| Some((id, ruled.client_name(id)?, kind, months)))
        .collect();
    html! {
        section.section aria-label="Agreed with clients" {
            (section_head("Agreed with clients", Some(&html! { "over class and kind; empty the years to end it" })))
            @if agreed.is_empty() {
                p.text-2 { "Nothing else is agreed with any client." }
            } @else {
                table.table.is-stacked {
                    caption.unseen { "Policies agreed with clients" }
                    thead { tr {
                        th.is-name scope="col" { "Client" } th scope="col" { "Kind" }
                        th scope="col" { "Policy age, years" }
                    } }
                    tbody {
                        @for (id, client, kind, months) in &agreed {
                            tr {
                                th.is-name scope="row" { (client) }
                                td data-label="Kind" { (kind.title()) }
                                td data-label="Policy age, years" { (typed.text(&CellInput {
                                    name: &format!("client_years.{}.{id}", kind.name()),
                                    label: &format!("Policy age of {} at {client}, years", kind.title()),
                                    present: &years(Some(*months)),
                                    is_off,
                                })) }
                            }
                        }
                    }
                }
            }
            @if ruled.may_edit && !ruled.clients.is_empty() { (new_agreement(ruled, typed)) }
        }
    }
}

fn new_agreement(ruled: &Ruled, typed: &Typed) -> Markup {
    let mut clients = vec![("", "Choose a client")];
    clients.extend(ruled.clients.iter().map(|(id, name)| (id.as_str(), name.as_str())));
    let kinds = Kind::ALL.map(|kind| (kind.name(), kind.title()));
    let client = typed.value("new_client", "");
    let kind = typed.value("new_client_kind", Kind::Laptop.name());
    let years = typed.value("new_client_years", "");
    let fault = |name: &str| typed.faults().find(|(of, _)| *of == name).map(|(_, fault)| fault);
    let optional = |of| Field { is_optional: true, ..of };
    let client =
        optional(Field::new("new_client", "Another client", &client, Input::Select(&clients)));
    let kind = optional(Field::new("new_client_kind", "Kind", &kind, Input::Select(&kinds)));
    let input = Input::Text { length_max: 12 };
    let years = optional(Field::new("new_client_years", "Policy age, years", &years, input));
    html! {
        div.form {
            (field(&Field { fault: fault("new_client"), ..client }))
            (field(&kind))
            (field(&Field { fault: fault("new_client_years"), ..years }))
        }
    }
}
