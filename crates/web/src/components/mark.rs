//! Marks: 10 px shapes that carry a meaning, which colour only repeats.

use almanac_model::grade::Grade;
use maud::{Markup, html};

use super::sample::Sample;

/// How fresh something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Within a minute.
    Fresh,
    /// Within its limit.
    Recent,
    /// Older than its limit.
    Old,
    /// Nothing is read at the moment, until a person says so.
    OnHold,
}

impl Freshness {
    /// Every one, freshest first.
    pub(crate) const ALL: [Freshness; 4] =
        [Freshness::Fresh, Freshness::Recent, Freshness::Old, Freshness::OnHold];

    /// What the shape says, for those who listen.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Freshness::Fresh => "live",
            Freshness::Recent => "current",
            Freshness::Old => "older than it should be",
            Freshness::OnHold => "on hold",
        }
    }
}

/// The shape of a grade.
pub(crate) fn grade_mark(grade: Grade) -> Markup {
    match grade {
        Grade::Replace => shape(
            "mark mark-replace",
            &html! { path d="M5 0 10 5 5 10 0 5z" fill="currentColor" {} },
        ),
        Grade::Plan => shape(
            "mark mark-plan",
            &html! {
                circle cx="5" cy="5" r="4.3" fill="none" stroke="currentColor" stroke-width="1.4" {}
                path d="M5 .7a4.3 4.3 0 0 1 0 8.6z" fill="currentColor" {}
            },
        ),
        Grade::Healthy => shape(
            "mark mark-healthy",
            &html! { circle cx="5" cy="5" r="3.2" fill="currentColor" {} },
        ),
        Grade::Kept => shape(
            "mark mark-kept",
            &html! {
                rect x=".8" y=".8" width="8.4" height="8.4" rx="2" fill="none" stroke="currentColor" stroke-width="1.3" {}
                path d="M3 5h4" stroke="currentColor" stroke-width="1.3" {}
            },
        ),
        Grade::Unknown => shape(
            "mark mark-unknown",
            &html! {
                circle cx="5" cy="5" r="4.2" fill="none" stroke="currentColor" stroke-width="1.4"
                    stroke-dasharray="1.7 1.6" {}
            },
        ),
    }
}

/// The shape of a freshness.
pub(crate) fn freshness_mark(freshness: Freshness) -> Markup {
    match freshness {
        Freshness::Fresh => {
            shape("mark mark-fresh", &html! { circle cx="5" cy="5" r="2.8" fill="currentColor" {} })
        }
        Freshness::Recent => shape(
            "mark mark-recent",
            &html! { circle cx="5" cy="5" r="2.9" fill="none" stroke="currentColor" stroke-width="1.6" {} },
        ),
        Freshness::Old => {
            shape("mark mark-old", &html! { path d="M5 1.2 9 8.8H1z" fill="currentColor" {} })
        }
        Freshness::OnHold => hold_mark(),
    }
}

/// Two bars: something waits for a person.
pub(crate) fn hold_mark() -> Markup {
    shape("mark mark-hold", &html! { path d="M2 1h2v8H2zM6 1h2v8H6z" fill="currentColor" {} })
}

fn shape(class: &str, inner: &Markup) -> Markup {
    html! {
        svg class=(class) width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" { (inner) }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let grades = html! {
        div.pad.actions { @for grade in Grade::ALL { (grade_mark(grade)) span { (grade.title()) } } }
    };
    vec![Sample::new("Marks of grades, 10 px", grades)]
}
