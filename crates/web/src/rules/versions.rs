//! The versions of the rules: who saved each, when and why, and the way back.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::RulesVersion;
use super::load::Ruled;
use crate::components::button::{Button, link_button};
use crate::components::format;
use crate::route::Route;

/// The part of the page.
pub(super) fn part(ruled: &Ruled) -> Markup {
    let back = Button { is_small: true, ..Button::new("Go back to it") };
    let cell = |version: i64| {
        html! {
            @if version == ruled.version { td.text-2 { "applies now" } }
            @else if ruled.may_edit { td { (link_button(&back, &RulesVersion { version }.url())) } }
            @else { td.void { "not yours to change" } }
        }
    };
    html! {
        section.section aria-label="Versions" {
            table.table {
                caption.unseen { "Versions of the rules" }
                thead { tr {
                    th.is-name scope="col" { "Version" } th scope="col" { "Saved" }
                    th scope="col" { "By" } th scope="col" { "Why" } th scope="col" { "Go back" }
                } }
                tbody {
                    @for head in &ruled.versions {
                        tr {
                            th.is-name scope="row" { "v" (head.version) }
                            td { (format::date_time(head.at, &TimeZone::UTC)) }
                            td { (head.by.name) }
                            @if head.note.is_empty() { td.void { "no reason given" } }
                            @else { td { (head.note) } }
                            (cell(head.version))
                        }
                    }
                    tr {
                        th.is-name scope="row" { "Default rules" }
                        td.text-2 { "with the program" } td.text-2 { "Almanac" }
                        td.text-2 { "where every MSP begins" }
                        (cell(0))
                    }
                }
            }
        }
    }
}
