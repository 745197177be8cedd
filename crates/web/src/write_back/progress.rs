//! A plan that is being carried out: a part of its page that is read again while it changes.

use almanac_model::write::WriteState;
use almanac_store::{WriteMode, WritePlan as Stored};
use maud::{Markup, html};

use super::standing::Standing;
use super::words::{counted, plan_words, writes};
use super::{WritePlan, WritePlanProgress};
use crate::components::bar::progress_bar;
use crate::components::format;
use crate::components::icon::spinner;
use crate::components::progress::live_part;
use crate::route::Route;

/// Each write is three calls to Halo; more often would only flicker.
const EVERY_MS: u32 = 1_500;

/// The part as it stands in the page.
pub(super) fn part(plan: &Stored, mode: WriteMode) -> Markup {
    live_part(&WritePlanProgress { plan: plan.id }.url(), EVERY_MS, &inside(plan, mode))
}

/// The part of a plan that does not go on: how far it came, and why it stands.
pub(super) fn part_standing(plan: &Stored, standing: &Standing) -> Markup {
    let (total, open) = of_writes(plan);
    html! {
        section.section aria-label="Progress" {
            (standing.panel(plan.id))
            (progress_bar(format::share_percent(total.saturating_sub(open), total)))
            p.text-2 { (writes(counted(open))) " to go." }
        }
    }
}

/// The part as it is fetched: when nothing goes on any more, the page has more to say.
pub(super) fn fragment(plan: &Stored, mode: WriteMode, standing: Option<&Standing>) -> Markup {
    let words = match (plan.is_under_way(), standing) {
        (true, None) => return inside(plan, mode),
        (true, Some(_)) => "It does not go on. ",
        (false, _) => "It has come to its end. ",
    };
    let url = WritePlan { plan: plan.id }.url();
    html! {
        p.section data-done data-done-href=(url) { (words) a href=(url) { "Show it" } }
    }
}

/// How many writes the plan has, and how many of them have not come to an end.
fn of_writes(plan: &Stored) -> (u64, u64) {
    let total = plan.len() - plan.count(WriteState::Discarded);
    (total, plan.count(WriteState::Queued) + plan.count(WriteState::Sending))
}

fn inside(plan: &Stored, mode: WriteMode) -> Markup {
    let (total, open) = of_writes(plan);
    let (_, words) = plan_words(plan, mode);
    let rest = format!("{} to go", writes(counted(open)));
    html! {
        section.section aria-label="Progress" {
            h2 { @if mode != WriteMode::Off { (spinner()) " " } (capital(&words)) }
            (progress_bar(format::share_percent(total.saturating_sub(open), total)))
            p.text-2 {
                (rest) ". "
                @if mode == WriteMode::Off {
                    "It goes on when writing this is switched on again."
                } @else {
                    "You can close this page. Halo is read again just before each write and after it."
                }
            }
            p.no-script { a href=(WritePlan { plan: plan.id }.url()) { "Look again" } }
        }
    }
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}
