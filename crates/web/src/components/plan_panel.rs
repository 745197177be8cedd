//! A plan: the whole list of effects, then one button that names the count, then how long undo is open.
//!
//! Verbs stand in a fixed order, risky lines first inside their group, and writes to Halo are said also when
//! there are none.

use maud::{Markup, html};

use super::button::{Button, hidden_fields, submit};
use super::icon::{Icon, icon};
use super::sample::{HOSTILE, Sample};

/// What an effect does. In the order in which effects are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    /// Links a record with one of ours.
    Link,
    /// Makes something.
    Create,
    /// Gives another name.
    Rename,
    /// Changes values.
    Change,
    /// Takes something away.
    Remove,
    /// Reads from Halo.
    Fetch,
    /// Leaves something as it is.
    Leave,
    /// Writes to Halo.
    Write,
}

/// One kind of effect.
#[derive(Debug, Clone)]
pub(crate) struct Effect<'a> {
    /// What it does.
    pub(crate) verb: Verb,
    /// With the count: "Link 9 customers".
    pub(crate) title: &'a str,
    /// What it is done to, and at the right how.
    pub(crate) lines: &'a [(&'a str, &'a str)],
    /// What to look at first.
    pub(crate) warning: Option<&'a str>,
    /// Whether it is said only because there is none of it.
    pub(crate) is_zero: bool,
}

/// A plan.
#[derive(Debug, Clone)]
pub(crate) struct Plan<'a> {
    /// "Plan".
    pub(crate) title: &'a str,
    /// "Saved as draft 09:40".
    pub(crate) state: &'a str,
    /// "What Apply will do, and nothing else."
    pub(crate) lead: &'a str,
    /// In the order of their verbs.
    pub(crate) effects: &'a [Effect<'a>],
    /// Where Apply is sent.
    pub(crate) action: &'a str,
    /// What it carries unseen: the plan, its idempotency key.
    pub(crate) hidden: &'a [(&'a str, &'a str)],
    /// Names the count: "Apply 15 changes".
    pub(crate) apply: Button<'a>,
    /// "Nothing is written before Apply. Undo is open until 23 December."
    pub(crate) undo: &'a str,
}

/// The panel of a plan. Its form is `plan-form`, which boxes elsewhere on the page may belong to.
pub(crate) fn plan_panel(plan: &Plan<'_>) -> Markup {
    debug_assert!(plan.effects.is_sorted_by_key(|effect| effect.verb));
    html! {
        section.plan aria-label=(plan.title) {
            div.section-head { h2 { (plan.title) } span.meta { (plan.state) } }
            p.text-2 { (plan.lead) }
            ul.effects { @for each in plan.effects { (effect(each)) } }
            form.apply #plan-form method="post" action=(plan.action) {
                (hidden_fields(plan.hidden))
                (submit(&plan.apply, None))
                p.undo { (plan.undo) }
            }
        }
    }
}

fn effect(effect: &Effect<'_>) -> Markup {
    let shape = match effect.verb {
        Verb::Link => Icon::Link,
        Verb::Create => Icon::Plus,
        Verb::Rename => Icon::Rename,
        Verb::Change => Icon::Edit,
        Verb::Remove => Icon::Remove,
        Verb::Fetch => Icon::Download,
        Verb::Leave => Icon::Minus,
        Verb::Write if effect.is_zero => Icon::Shield,
        Verb::Write => Icon::WriteBack,
    };
    html! {
        li.is-zero[effect.is_zero] {
            (icon(shape))
            span.title { (effect.title) }
            @if !effect.lines.is_empty() {
                ul.lines { @for (what, how) in effect.lines { li { span { (what) } span { (how) } } } }
            }
            @if let Some(warning) = effect.warning { p.note { (warning) } }
        }
    }
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let of = |verb, title, lines| Effect { verb, title, lines, warning: None, is_zero: false };
    let link = [("Fenwick Primary", "→ Fenwick"), (HOSTILE, "→ Cragg Group")];
    let effects = [
        Effect {
            warning: Some("2 matches are under 75. Look at them first."),
            ..of(Verb::Link, "Link 9 customers", &link)
        },
        of(Verb::Create, "Create 5 clients", &[("Tollgate Veterinary", "34 assets")]),
        of(Verb::Rename, "Rename 1 type", &[("Client", "→ Customer")]),
        of(Verb::Change, "Change 12 grades", &[("Healthy", "→ Plan")]),
        of(Verb::Remove, "Remove 1 class", &[]),
        of(Verb::Fetch, "Then fetch", &[("578 assets and 61 tickets", "about 14 calls")]),
        Effect { is_zero: true, ..of(Verb::Leave, "Leave 9 undecided", &[]) },
        of(Verb::Write, "Write 36 dates to Halo", &[]),
        Effect { is_zero: true, ..of(Verb::Write, "0 writes to Halo", &[]) },
    ];
    let plan = Plan {
        title: "Plan",
        state: "Saved as draft 09:40",
        lead: "What Apply will do, and nothing else.",
        effects: &effects,
        action: "/styleguide",
        hidden: &[("plan", "418")],
        apply: Button {
            key: Some("Ctrl+Enter"),
            busy_label: Some("Applying"),
            ..Button::primary("Apply 15 changes")
        },
        undo: "Nothing is written before Apply. Undo is open until 23 December.",
    };
    vec![Sample::new("Plan panel", html! { div.pad { (plan_panel(&plan)) } })]
}
