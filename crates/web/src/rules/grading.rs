//! Grading rules: their order, and how far ahead they look.

use almanac_model::clock::ClockName;
use almanac_model::rule::{Condition, Rule};
use maud::{Markup, html};

use super::inputs::{CellInput, Typed};
use super::load::Ruled;
use crate::components::grade::grade_chip;
use crate::components::page::section_head;

/// The part of the page.
pub(super) fn part(ruled: &Ruled, typed: &Typed) -> Markup {
    let rules = ruled.book().rules.rules();
    let is_off = !ruled.may_edit;
    html! {
        section.section aria-label="Grading rules" {
            (section_head("In this order", Some(&html! { "number them as they should be tried" })))
            table.table.is-stacked {
                caption.unseen { "Grading rules in their order" }
                thead { tr {
                    th scope="col" { "Order" } th.is-name scope="col" { "Rule" }
                    th scope="col" { "Matches" } th scope="col" { "Months ahead" } th scope="col" { "Grade" }
                } }
                tbody {
                    @for (place, rule) in (1..).zip(rules) {
                        tr {
                            td data-label="Order" { (typed.text(&CellInput {
                                name: &format!("order.{}", rule.id),
                                label: &format!("Place of the rule {}", rule.id),
                                present: &place_text(place),
                                is_off,
                            })) }
                            th.is-name scope="row" { (rule.id) }
                            td data-label="Matches" { (words(rule)) }
                            @match rule.when {
                                Condition::EndsWithin { months, .. } => { td data-label="Months ahead" { (typed.text(&CellInput {
                                    name: &format!("months.{}", rule.id),
                                    label: &format!("Months that the rule {} looks ahead", rule.id),
                                    present: &months.to_string(),
                                    is_off,
                                })) } },
                                _ => { td.void data-label="Months ahead" { "does not look ahead" } },
                            }
                            td data-label="Grade" { @match rule.grade {
                                Some(grade) => { (grade_chip(grade)) },
                                None => { "the grade given by hand" },
                            } }
                        }
                    }
                }
            }
        }
    }
}

fn place_text(place: usize) -> String {
    place.to_string()
}

/// What a rule matches.
fn words(rule: &Rule) -> String {
    let which = |only: Option<ClockName>| match only {
        None => "a clock that counts",
        Some(ClockName::PolicyAge) => "policy age, if it counts,",
        Some(ClockName::Warranty) => "warranty, if it counts,",
        Some(ClockName::OsSupport) => "OS support, if it counts,",
    };
    match rule.when {
        Condition::Kept => "a person accepted the risk until a day that is not past".to_owned(),
        Condition::Manual => "a person gave a grade".to_owned(),
        Condition::Missing => {
            "the date of a needed clock is missing, or no clock decides".to_owned()
        }
        Condition::Ended { only } => format!("{} has ended", which(only)),
        Condition::EndsWithin { months, only } => {
            format!("{} ends within {months} months", which(only))
        }
        Condition::Always => "every asset".to_owned(),
    }
}
