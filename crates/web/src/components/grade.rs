//! The grade of an asset: a chip with its shape and word, its reason beside it.
//!
//! The chip answers "why?": it is a link to the explanation, which the island opens in place.

use almanac_model::grade::Grade;
use maud::{Markup, html};

use super::mark::grade_mark;
use super::sample::{HOSTILE, Sample};

/// A grade as shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GradeView<'a> {
    /// The grade.
    pub(crate) grade: Grade,
    /// The reason in a few words, such as "Windows 10 ended, 7.4 of 5 years".
    pub(crate) reason: &'a str,
    /// Where "why?" is answered; without one the chip is no link.
    pub(crate) why_href: Option<&'a str>,
    /// Whether a person gave it.
    pub(crate) is_manual: bool,
}

/// Longer than what two lines of a table's column show for sure; pointing at it then shows all of it.
const REASON_SHORT: usize = 40;

fn is_long(view: &GradeView<'_>) -> bool {
    view.reason.chars().count() > REASON_SHORT
}

/// The chip alone.
pub(crate) fn grade_chip(grade: Grade) -> Markup {
    html! { span class={ "chip chip-" (grade.name()) } { (grade_mark(grade)) (grade.title()) } }
}

/// The chip with its reason; one text for those who listen.
pub(crate) fn graded(view: &GradeView<'_>) -> Markup {
    let class = format!("chip chip-{}", view.grade.name());
    html! {
        span.graded {
            span.slot {
                @if let Some(href) = view.why_href {
                    a class=(class) href=(href) aria-haspopup="dialog"
                        data-why={ "Why " (view.grade.title()) "?" } {
                        (grade_mark(view.grade)) (view.grade.title())
                        span.unseen { ": " (view.reason) ". Why?" }
                    }
                } @else {
                    (grade_chip(view.grade))
                }
            }
            span.reason title=[is_long(view).then_some(view.reason)] {
                (view.reason)
                @if view.is_manual { span.text-3 { ", by hand" } }
            }
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let reasons = [
        "until 30 Jun 2027: accepted by the client",
        "no purchase date, no warranty",
        "Windows 10 ended, 7.4 of 5 years",
        "7 years on 3 Aug 2027",
        "until 20 Feb 2028",
    ];
    let list = html! {
        div.pad {
            @for (grade, reason) in Grade::ALL.into_iter().zip(reasons) {
                @let is_manual = grade == Grade::Plan;
                p { (graded(&GradeView { grade, reason, why_href: Some("/styleguide/why"), is_manual })) }
            }
        }
    };
    let hostile =
        GradeView { grade: Grade::Replace, reason: HOSTILE, why_href: None, is_manual: false };
    vec![
        Sample::new("Grades with their reasons", list),
        Sample::new("A reason that tries to run", html! { div.pad { (graded(&hostile)) } }),
    ]
}
