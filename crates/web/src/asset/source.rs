//! Where a value comes from: the PSA's field, when it was read, who locked it, what it was before.

use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::choice::ChoiceField;
use almanac_model::fact::{Fact, ProblemKind};
use almanac_model::lock::Lock;
use almanac_store::{ChangeCause, FactChange};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::Seen;
use super::words::{field_title, kept_text, lower, target_title, value_text};
use crate::components::format;
use crate::fact_words::field;
use crate::places::WriteBack;
use crate::route::Route;

/// So many earlier values are shown with a value; the asset's page has all.
const EARLIER_MAX: usize = 4;

/// A value with its source.
#[derive(Debug, Clone)]
pub(super) struct SourceView {
    /// "Purchase date 4 Jul 2019".
    pub(super) title: String,
    /// The value, or why there is none.
    pub(super) value: Result<String, &'static str>,
    /// Whether a person locked it.
    pub(super) is_locked: bool,
    /// Source, fetched, locked by, earlier: each with its words.
    pub(super) facts: Vec<(&'static str, Markup)>,
    /// The source in one line.
    pub(super) from: Markup,
}

impl SourceView {
    /// A target's value.
    pub(super) fn of_target(seen: &Seen, target: Target) -> SourceView {
        let provenance = seen.why.facts.provenance(target);
        let value = provenance.value.map(value_text).ok_or(void(target));
        let (is_locked, is_read) = (provenance.lock.is_some(), provenance.psa.is_some());
        let mut facts = Vec::new();
        if let Some(lock) = provenance.lock {
            facts.push(("Source", html! { "set here, over Halo's value" }));
            facts.push(("Locked by", locked_by(lock)));
            facts.push(("Halo says", halo_says(seen, provenance.psa)));
            facts.extend(unwritten(seen, target).map(|words| ("Write-back", words)));
        } else if let Some(fact) = provenance.psa {
            facts.push(("Source", source(seen, fact)));
        } else {
            facts.push(("Source", nowhere(seen)));
        }
        if is_read {
            facts.push(("Fetched", fetched(seen)));
        }
        facts.extend(problems(seen, target));
        facts.extend(earlier(seen, ChoiceField::Fact(target)));
        let title = match &value {
            Ok(value) => format!("{} {value}", target_title(target)),
            Err(void) => format!("{}: {void}", target_title(target)),
        };
        let from = match (is_locked, provenance.psa) {
            (true, _) => html! {
                "set here, over Halo's value"
                @if let Some(unwritten) = unwritten(seen, target) { ". " (unwritten) }
            },
            (false, Some(fact)) => field(&fact.field),
            (false, None) => html! { span.text-3 { "Halo gives no value" } },
        };
        SourceView { title, value, is_locked, facts, from }
    }
}

impl SourceView {
    /// What a person decided, such as "Kept until 1 Mar 2027"; `None` where nobody did.
    pub(super) fn of_choice(seen: &Seen, of: ChoiceField) -> Option<SourceView> {
        let choice = &seen.why.choice;
        let value = kept_text(&seen.fleet, of, &choice.shown(of)?);
        let reason = match of {
            ChoiceField::Kept => choice.choices.kept.as_ref().map(|kept| kept.reason.as_str()),
            ChoiceField::Manual => choice.choices.manual.as_ref().map(|by| by.reason.as_str()),
            ChoiceField::Fact(_) | ChoiceField::Class => None,
        };
        let mut facts = Vec::new();
        if let Some(touch) = choice.touched.get(&of) {
            facts.push(("Decided by", html! { (by_and_when(&touch.by, touch.at_ms)) }));
        }
        facts.extend(reason.map(|reason| ("Reason", html! { "“" (reason) "”" })));
        facts.extend(earlier(seen, of));
        let title = format!("{} {value}", field_title(of));
        let from = html! { "decided here" };
        Some(SourceView { title, value: Ok(value), is_locked: false, facts, from })
    }
}

/// Why there is no value.
pub(super) fn void(target: Target) -> &'static str {
    match target {
        Target::PurchaseDate => "needs a date",
        Target::WarrantyEnd | Target::WarrantyStart => "no record",
        Target::Notes => "none",
        _ => "not known",
    }
}

fn source(seen: &Seen, fact: &Fact) -> Markup {
    let value = value_text(&fact.value);
    let differs = fact.text != value && fact.text != fact.value.to_string();
    html! {
        "Halo asset " (seen.why.asset.remote_id) ", " (field(&fact.field)) ", "
        (place(fact.link)) " that is asked"
        @if differs { "; written there as “" (fact.text) "”" }
    }
}

fn place(link: u8) -> String {
    const WORDS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
    match WORDS.get(usize::from(link)) {
        Some(word) => format!("the {word} place"),
        None => format!("place {}", u16::from(link) + 1),
    }
}

fn nowhere(seen: &Seen) -> Markup {
    html! {
        "none: no field of Halo asset " (seen.why.asset.remote_id)
        " that is asked for it holds a value"
    }
}

fn halo_says(seen: &Seen, psa: Option<&Fact>) -> Markup {
    match psa {
        Some(fact) => html! { (value_text(&fact.value)) ", " (source(seen, fact)) },
        None => nowhere(seen),
    }
}

/// That Halo has another value, with the way to write it for those who may.
fn unwritten(seen: &Seen, target: Target) -> Option<Markup> {
    seen.unwritten.contains(&target).then(|| {
        html! {
            @if seen.may_write { a href=(WriteBack {}.url()) { "Not written to Halo" } }
            @else { "Not written to Halo" }
        }
    })
}

fn fetched(seen: &Seen) -> Markup {
    match seen.fleet.as_of_ms() {
        Some(at_ms) => html! {
            "seen by the scan that ended "
            time datetime=(format::iso(at_ms)) { (format::date_time(at_ms, &TimeZone::UTC)) }
        },
        None => html! { "by the first scan, which is still under way" },
    }
}

fn locked_by(lock: &Lock) -> Markup {
    html! {
        (by_and_when(&lock.by, lock.at_ms))
        @if !lock.reason.is_empty() { ", “" (lock.reason) "”" }
    }
}

pub(super) fn by_and_when(by: &Author, at_ms: i64) -> String {
    format!("{}, {}", by.name, format::date_time(at_ms, &TimeZone::UTC))
}

fn problems(seen: &Seen, target: Target) -> Vec<(&'static str, Markup)> {
    let of_target = seen.why.facts.problems.iter().filter(|problem| problem.target == target);
    of_target
        .map(|problem| {
            let why = match problem.kind {
                ProblemKind::UnreadableDate => "no date, or one that can be read two ways",
                ProblemKind::PlaceholderSerial => "a stand-in that many machines share",
            };
            let words = html! { (field(&problem.field)) " holds “" (problem.text) "”: " (why) };
            ("Not used", words)
        })
        .collect()
}

/// The last values before this one, newest first.
fn earlier(seen: &Seen, of: ChoiceField) -> Vec<(&'static str, Markup)> {
    let changes = seen.history.iter().filter(|change| change.field == of);
    changes.take(EARLIER_MAX).map(|change| ("Earlier", was(seen, change))).collect()
}

/// An earlier value, until when, and what ended it.
fn was(seen: &Seen, change: &FactChange) -> Markup {
    let old = change.old_value.as_deref();
    html! {
        @match old {
            Some(old) => { del { (kept_text(&seen.fleet, change.field, old)) } },
            None => { "no value" },
        }
        @if let Some(source) = &change.old_source { ", " (field(source)) }
        ", until " (format::date_time(change.at, &TimeZone::UTC)) ": " (cause(change))
    }
}

/// Who or what changed it.
pub(super) fn cause(change: &FactChange) -> String {
    let with = |verb: &str, by: &Author, reason: &str| {
        let what = lower(field_title(change.field));
        let said = if reason.is_empty() { String::new() } else { format!(", “{reason}”") };
        format!("{} {verb} {what}{said}", by.name)
    };
    match &change.cause {
        ChangeCause::Psa { .. } => "Halo's value changed".to_owned(),
        ChangeCause::Mapping { .. } => {
            "read in another way; Halo's record did not change".to_owned()
        }
        ChangeCause::Locked { by, reason } => with("locked", by, reason),
        ChangeCause::Unlocked { by } => with("unlocked", by, ""),
        ChangeCause::Decided { by, reason } => with("decided", by, reason),
        ChangeCause::Cleared { by } => with("cleared", by, ""),
    }
}
