//! What the rules say of an asset, in sentences, and what follows from it.

use almanac_fleet::Fleet;
use almanac_model::age::years_short;
use almanac_model::asset::RemoteAsset;
use almanac_model::clock::{Clock, ClockName};
use almanac_model::kind::{Kind, KindChoice};
use almanac_model::policy::{Count, PolicySource};
use almanac_model::quick_match::quick_match;
use almanac_model::reason::Reason;
use almanac_model::rule::Condition;
use almanac_model::verdict::AssetVerdict;

use super::Seen;
use super::words::{class_name, lower};
use crate::components::format;

/// Which rules judged.
pub(super) fn rules_title(fleet: &Fleet) -> String {
    match fleet.rulebook_version() {
        Some(version) => format!("Lifecycle rules v{version}"),
        None => "Default lifecycle rules".to_owned(),
    }
}

/// The rule in two sentences: what decided, and what counts.
pub(super) fn rule_sentences(reason: &Reason) -> String {
    let rules = reason.rules.rules();
    let matched = rules.iter().find(|rule| Some(&*rule.id) == reason.rule.as_deref());
    let text = reason.text();
    let decided = match matched.map(|rule| rule.when) {
        Some(Condition::Kept) => format!("{text}. After that day the clocks decide again."),
        Some(Condition::Manual) => format!("{text}. While it stands, the clocks decide nothing."),
        Some(Condition::Missing) => format!("A needed input is missing: {}.", lower_first(&text)),
        Some(Condition::Ended { .. }) => {
            format!("The worst counted clock decides, and one has ended: {}.", lower_first(&text))
        }
        Some(Condition::EndsWithin { months, .. }) => {
            format!("A counted clock ends within {months} months: {}.", lower_first(&text))
        }
        Some(Condition::Always) => format!("No counted clock ends soon: {}.", lower_first(&text)),
        None => "No rule matches this asset, so its grade is not known.".to_owned(),
    };
    format!("{decided} {}", counted(reason))
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    // Names such as "Windows 10" and "macOS" keep their capitals: only our own words are lowered.
    const OURS: [&str; 8] =
        ["Warranty", "No ", "Operating", "Kept", "Set ", "A ", "The ", "Policy"];
    if OURS.iter().any(|word| text.starts_with(word)) {
        first + letters.as_str()
    } else {
        text.to_owned()
    }
}

/// Which clocks count for the kind, and whose word the policy age is.
fn counted(reason: &Reason) -> String {
    let name = |clock: &&Clock| match clock.name {
        ClockName::PolicyAge => "policy age",
        ClockName::Warranty => "warranty",
        ClockName::OsSupport => "OS support",
    };
    let (counts, not): (Vec<&Clock>, Vec<&Clock>) =
        reason.clocks.iter().partition(|clock| clock.count != Count::No);
    let kind = reason.inputs.kind.title();
    let counts: Vec<&str> = counts.iter().map(name).collect();
    let not: Vec<&str> = not.iter().map(name).collect();
    let mut text = match (counts.is_empty(), not.is_empty()) {
        (true, _) => format!("No clock counts for the kind {kind}"),
        (false, true) => format!("{} count for the kind {kind}", and(&counts)),
        (false, false) => {
            let verb = if counts.len() == 1 { "counts" } else { "count" };
            let verb_not = if not.len() == 1 { "does" } else { "do" };
            format!("{} {verb} for the kind {kind}, {} {verb_not} not", and(&counts), and(&not))
        }
    };
    if let Some(policy) = reason.inputs.policy {
        let whose = match policy.source {
            PolicySource::Kind => "the kind's",
            PolicySource::Class => "its class's",
            PolicySource::Client => "agreed with the client",
        };
        text = format!("{text}; the policy age of {} years is {whose}", years_short(policy.months));
    }
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

fn and(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// What follows from an asset's values: each with its name, value and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Derived {
    /// Its name in addresses.
    pub(super) key: &'static str,
    /// What it is called.
    pub(super) title: &'static str,
    /// The value, or why there is none.
    pub(super) value: Result<String, &'static str>,
    /// Why.
    pub(super) why: String,
}

/// Everything that follows, in the order of the page.
pub(super) fn derived(seen: &Seen) -> Vec<Derived> {
    let mut all = vec![kind(seen)];
    if let Some(verdict) = &seen.why.verdict {
        all.extend([class(seen, verdict), age(verdict), policy(verdict)]);
        all.extend([quarter(verdict), budget(seen, verdict)]);
    }
    all
}

fn kind(seen: &Seen) -> Derived {
    let RemoteAsset { asset_type, asset_type_name, .. } = &seen.why.asset;
    let name = asset_type_name.as_deref();
    let book = seen.fleet.rulebook();
    let choice = book.kinds.choice(asset_type.as_ref(), name);
    let by_name = name.and_then(quick_match);
    let type_text = name.map_or_else(|| "no type".to_owned(), |name| format!("the type “{name}”"));
    let (value, why) = match choice {
        KindChoice::Ignored => {
            (Err("ignored"), format!("Halo says {type_text}, which is ignored."))
        }
        KindChoice::Kind(kind) => {
            let matched = by_name.filter(|found| found.kind == kind);
            let how = match matched {
                Some(found) => {
                    format!("its name matches “{}”, {} of 100", found.phrase, found.score)
                }
                None if kind == Kind::Other => "nothing in its name says more".to_owned(),
                None => "that was chosen for the type".to_owned(),
            };
            (Ok(kind.title().to_owned()), format!("Halo says {type_text}; {how}."))
        }
    };
    Derived { key: "kind", title: "Kind", value, why }
}

fn class(seen: &Seen, verdict: &AssetVerdict) -> Derived {
    let chosen = seen.why.choice.choices.class;
    let class = seen.fleet.rulebook().classes.of(verdict.kind, chosen);
    let why = match (class, chosen) {
        (Some(class), Some(id)) if class.id == id => "A person chose it.".to_owned(),
        (Some(_), Some(id)) => format!(
            "A person chose {}, which is no class of this kind; the first one applies.",
            class_name(&seen.fleet, id)
        ),
        (Some(_), None) => "Nobody chose one: the first class of the kind applies.".to_owned(),
        (None, _) => format!("The kind {} has no classes.", verdict.kind.title()),
    };
    let value = class.map(|class| class.name.clone()).ok_or("none");
    Derived { key: "class", title: "Class", value, why }
}

fn age(verdict: &AssetVerdict) -> Derived {
    let reason = &verdict.graded.reason;
    let value = verdict.age.months().map(format::years).ok_or("needs a purchase date");
    let why = match reason.inputs.purchased_on {
        Some(_) if verdict.age.warning().is_some() => {
            "The purchase date is in the future, so the age is counted as 0.".to_owned()
        }
        Some(bought) => format!(
            "Whole months from the purchase date, {}, to {}.",
            format::date(bought),
            format::date(reason.on)
        ),
        None => "Age counts from the purchase date, and none is known.".to_owned(),
    };
    Derived { key: "age", title: "Age", value, why }
}

fn policy(verdict: &AssetVerdict) -> Derived {
    let policy = verdict.graded.reason.inputs.policy;
    let value = policy.map(|policy| format!("{} years", years_short(policy.months))).ok_or("none");
    let why = match policy.map(|policy| policy.source) {
        Some(PolicySource::Kind) => format!("The policy of the kind {}.", verdict.kind.title()),
        Some(PolicySource::Class) => "The policy of its class, over its kind's.".to_owned(),
        Some(PolicySource::Client) => "Agreed with the client, over class and kind.".to_owned(),
        None => format!("Age says nothing for the kind {}.", verdict.kind.title()),
    };
    Derived { key: "policy", title: "Policy age", value, why }
}

fn quarter(verdict: &AssetVerdict) -> Derived {
    let value = verdict.replacement.map(|due| format::quarter(due.quarter));
    let why = match verdict.replacement {
        Some(due) if due.is_overdue => {
            "A counted clock has ended, so it is due in the current quarter."
        }
        Some(_) => "The quarter in which the first counted clock, or what a person decided, ends.",
        None => "No counted clock runs out.",
    };
    let value = value.ok_or("never due");
    Derived { key: "quarter", title: "Replace in", value, why: why.to_owned() }
}

fn budget(seen: &Seen, verdict: &AssetVerdict) -> Derived {
    let Some(line) = verdict.budget else {
        let why = "It is never due, or its kind has no class with amounts.".to_owned();
        return Derived { key: "budget", title: "Budget", value: Err("none"), why };
    };
    let class = seen.fleet.class(line.class);
    let why = class.map_or_else(String::new, |class| {
        let amounts = class.amounts();
        let money = |minor| {
            let currency = class.currency();
            format::money_exact(almanac_model::money::Money { minor, currency })
        };
        format!(
            "Class {}: hardware {}, set-up {}, on site {}.",
            class.name,
            money(amounts.hardware),
            money(amounts.set_up),
            money(amounts.on_site)
        )
    });
    let value = Ok(format::money_exact(line.amount));
    Derived { key: "budget", title: "Budget", value, why }
}

/// "Laptop" as it stands in a sentence.
pub(super) fn kind_words(kind: Kind) -> String {
    lower(kind.title())
}
