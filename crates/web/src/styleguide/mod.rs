//! `/styleguide`: every token and every component in every state, as the pages have them.
//!
//! For development and the demo; whoever mounts it decides. It reads nothing of any tenant.

mod tokens;

use almanac_model::grade::Grade;
use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

use self::tokens::{PAIRS, Side, contrast};
use crate::assets;
use crate::components::as_of::{AsOf, row_age};
use crate::components::button::{Button, Weight, busy, link_button};
use crate::components::change::{change, left_out};
use crate::components::field::check_box;
use crate::components::grade::grade_chip;
use crate::components::keys::chord;
use crate::components::mark::Freshness;
use crate::components::sample::Sample;
use crate::components::shell_samples::FrameSample;
use crate::components::tabs::{Tab, segments};
use crate::components::{all, shell_samples, table_samples, why};
use crate::preferences::Theme;

/// How the page is looked at.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Look {
    /// The theme of the whole page.
    #[serde(default)]
    theme: Theme,
    /// The frame that it stands in.
    #[serde(default)]
    frame: FrameSample,
}

/// Groups of tokens, in the order of the picture.
const GROUPS: [(&str, &[&str]); 7] = [
    ("Surfaces", &["bg", "sunken", "hover", "selected", "raised"]),
    ("Lines", &["line", "line-2", "edge"]),
    ("Text", &["text", "text-2", "text-3"]),
    ("Accent", &["accent", "accent-hover", "focus"]),
    ("Status text", &["good", "plan", "over", "none"]),
    ("Status marks", &["good-mark", "plan-mark", "over-mark", "none-mark"]),
    ("Charts", &["c1", "c2", "c3", "c4"]),
];

/// Grades in the order of the picture: what needs an act first.
const GRADES: [Grade; 5] =
    [Grade::Replace, Grade::Plan, Grade::Healthy, Grade::Kept, Grade::Unknown];

/// The page.
pub(crate) async fn get(Query(look): Query<Look>) -> Markup {
    let more = html! {
        @if let Some(style) = &assets::links().styleguide { link rel="stylesheet" href=(style); }
    };
    shell_samples::document(look.theme, look.frame, &content(), &more)
}

/// The explanation that the page's chips open.
pub(crate) async fn why() -> Markup {
    why::sample()
}

/// The next rows of the page's table.
pub(crate) async fn rows() -> Markup {
    table_samples::sample_more_rows()
}

fn content() -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Styleguide" {
            div.guide {
                header {
                    h1 { "Foundations" }
                    p { "One set of names, two sets of values. Figures are WCAG contrast." }
                    p { a href="?frame=wizard" { "Frame of a wizard" } ", " a href="?frame=bare" { "bare page" } }
                }
                div.guide-columns {
                    div.foundations { (side("light", Side::Light)) (side("dark", Side::Dark)) }
                    div {
                        h2 { "Type" } (type_sizes())
                        h2 { "Vocabulary" } (vocabulary())
                        h2 { "Controls" } (controls())
                        h2 { "Rows" } (row_states())
                    }
                }
                @for (area, samples) in all() {
                    h2 { (area) }
                    div.samples { @for each in &samples { (sample(each)) } }
                }
            }
        }
    }
}

fn side(theme: &str, side: Side) -> Markup {
    html! {
        div data-theme=(theme) {
            @for (title, tokens) in GROUPS {
                div.swatch-group {
                    h2 { (title) }
                    div.swatches { @for token in tokens { (swatch(token, side)) } }
                }
            }
        }
    }
}

fn swatch(token: &str, side: Side) -> Markup {
    let pair = PAIRS.iter().find(|pair| pair.token == token);
    let figure = pair.and_then(|pair| Some((contrast(token, pair.ground, side)?, pair)));
    html! {
        div.swatch {
            svg viewBox="0 0 28 28" aria-hidden="true" {
                rect x=".5" y=".5" width="27" height="27" rx="5" fill={ "var(--" (token) ")" } {}
            }
            b { (token) }
            @if let Some((figure, pair)) = figure {
                span title={ "At least " (pair.floor) } { (format!("{figure:.1}")) " on " (pair.ground) }
            }
        }
    }
}

fn type_sizes() -> Markup {
    let rows = [
        ("Report title", "headline", "The file server", "600 30/36 Serif"),
        ("Page title", "as-page-title", "Harrow & Pike LLP", "600 20/26 Inter"),
        ("Section", "as-section", "Waiting to be written", "600 14/20"),
        ("Body", "", "Halo 3,412 assets, here 3,412", "400 13/20"),
        ("Strong", "strong", "HP-FS01", "550 13/20"),
        ("Small, header", "small text-2", "Grade and reason", "400 or 500 12/16"),
        ("Code", "mono", "read:contracts", "450 12/16 Geist Mono"),
    ];
    html! {
        ul.guide-rows {
            @for (name, class, words, size) in rows {
                li { span { (name) } span class=(class) { (words) } span { (size) } }
            }
        }
    }
}

fn vocabulary() -> Markup {
    let grades = html! { @for grade in GRADES { (grade_chip(grade)) } };
    let ages = ["40 s", "4 min", "07:11", "07:12"];
    let ages = html! {
        @for (freshness, age) in Freshness::ALL.into_iter().zip(ages) {
            (row_age(&AsOf { freshness, iso: "", age }))
        }
    };
    let changes = html! { (change("31 Dec 2026", "31 Dec 2027")) (left_out("left out")) };
    let decisions = html! {
        span.decision-approved { "Approved" } span.decision-proposed { "Proposed" }
        span.text-2 { "Deferred" } span.text-2 { "Declined" } span.text-3 { "Idea" }
    };
    rows_of(&[("Grade", grades), ("Freshness", ages), ("Change", changes), ("Decision", decisions)])
}

fn controls() -> Markup {
    let clear = Button { weight: Weight::Plain, ..Button::new("Clear") };
    let off = Button { off_because: Some("Contacts must be open."), ..Button::new("Continue") };
    let buttons = html! {
        (link_button(&Button::primary("Apply 15 changes"), "#")) (link_button(&Button::new("Reject"), "#"))
        (link_button(&clear, "#")) (link_button(&off, "#"))
    };
    let choices = html! {
        (check_box("off", "1", "off", None, false)) (check_box("on", "1", "on", None, true))
        (segments("Sample", &[Tab::new("All", "#", true), Tab::new("Changed", "#", false)]))
    };
    let keys = html! { (chord("J K")) (chord("Ctrl+Enter")) (chord("?")) };
    rows_of(&[
        ("Button", buttons),
        (
            "Busy",
            html! { (busy("Writing 12 of 36")) span.small.text-2 { "label keeps its width" } },
        ),
        ("Choice", choices),
        ("Keys", keys),
    ])
}

fn rows_of(rows: &[(&str, Markup)]) -> Markup {
    html! {
        ul.guide-rows { @for (name, markup) in rows { li { span { (name) } div.sample { (markup) } } } }
    }
}

fn row_states() -> Markup {
    let states = [
        ("Rest", "", false),
        ("Hover", "is-hover", false),
        ("Keyboard cursor", "is-cursor", false),
        ("Selected", "", true),
    ];
    html! {
        table.table {
            caption.unseen { "States of a row" }
            tbody {
                @for (state, class, is_on) in states {
                    tr class=(class) {
                        td.is-box { input type="checkbox" checked[is_on] aria-label={ "Select " (state) }; }
                        th.is-name scope="row" { b { "HP-LT-014" } }
                        td.drop-2 { "Laptop Standard" }
                        td { (grade_chip(Grade::Plan)) }
                        td.is-number.is-value { "£1,240" }
                        td.is-number { span.small.text-3 { (state) } }
                    }
                }
            }
        }
    }
}

fn sample(sample: &Sample) -> Markup {
    html! {
        section.sample-box.is-wide[sample.is_wide] {
            h3 { (sample.name) }
            div.sample-frame { (sample.markup) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_shows_every_token_in_both_themes_and_every_sample() {
        let text =
            get(Query(Look { theme: Theme::Dark, frame: FrameSample::Full })).await.into_string();
        assert!(text.contains("<html lang=\"en\" data-theme=\"dark\""));
        assert_eq!(text.matches("class=\"swatch\"").count(), 2 * 26);
        let samples: usize = all().iter().map(|(_, samples)| samples.len()).sum();
        assert_eq!(text.matches("class=\"sample-box").count(), samples);
        assert!(text.contains("17.1 on bg") && text.contains("15.6 on bg"));
        assert!(why().await.into_string().contains("Why Replace?"));
        assert!(rows().await.into_string().contains("aria-rowindex=\"119\""));
    }
}
