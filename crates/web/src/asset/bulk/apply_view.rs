//! The plan of a bulk edit: each effect with its count, and the one button that carries out all of them.

use almanac_model::grade::Grade;
use maud::{Markup, html};
use uuid::Uuid;

use super::BulkApply;
use super::act::{assets, its};
use super::form::{BulkForm, borrowed};
use super::plan::Plan;
use crate::components::button::Button;
use crate::components::plan_panel::{Effect, Plan as PlanPanel, Verb, plan_panel};
use crate::route::Route;

/// The plan and its one button.
pub(super) struct Apply {
    pub(super) button: String,
    pub(super) effects: Vec<(Verb, String, bool)>,
    pub(super) hidden: Vec<(&'static str, String)>,
    /// The table whose selection is used up.
    pub(super) path: String,
}

impl Apply {
    pub(super) fn new(form: &BulkForm, plan: &Plan) -> Apply {
        let count = plan.lines.len();
        let turn = |((before, after), count): (&(Grade, Grade), &usize)| {
            let verb = if *count == 1 { "turns" } else { "turn" };
            let words =
                format!("{} {verb} from {} to {}", assets(*count), before.title(), after.title());
            (Verb::Change, words, false)
        };
        let mut effects: Vec<(Verb, String, bool)> = plan.turns.iter().map(turn).collect();
        let stay = count - plan.turns.values().sum::<usize>();
        if stay > 0 {
            let words = format!("{} {} {} grade", assets(stay), keeps(stay), its(stay));
            effects.push((Verb::Change, words, false));
        }
        if !plan.left.is_empty() {
            effects.push((
                Verb::Leave,
                format!("Leave {} as before", assets(plan.left.len())),
                false,
            ));
        }
        effects.push((Verb::Write, "0 writes to Halo".to_owned(), true));
        let mut hidden = form.carried();
        hidden.extend([
            ("id", Uuid::new_v4().to_string()),
            ("value", form.value.clone()),
            ("reason", form.reason.clone()),
        ]);
        hidden.extend(
            plan.lines.iter().map(|line| ("seen", format!("{}:{}", line.version, line.asset.id))),
        );
        Apply { button: form.act.button(count), effects, hidden, path: form.path() }
    }

    pub(super) fn panel(&self) -> Markup {
        let effects: Vec<Effect<'_>> = self
            .effects
            .iter()
            .map(|(verb, title, is_zero)| Effect {
                verb: *verb,
                title,
                lines: &[],
                warning: None,
                is_zero: *is_zero,
            })
            .collect();
        let panel = plan_panel(&PlanPanel {
            title: "Plan",
            state: "not applied",
            lead: "What the button does, and nothing else: all of it, or none.",
            effects: &effects,
            action: &BulkApply {}.url(),
            hidden: &borrowed(&self.hidden),
            apply: Button {
                key: Some("Ctrl+Enter"),
                busy_label: Some("Applying"),
                ..Button::primary(&self.button)
            },
            undo: "Undo takes all of it back, and is open for 30 days.",
        });
        html! { div data-selection-used=(self.path) { (panel) } }
    }
}

fn keeps(count: usize) -> &'static str {
    if count == 1 { "keeps" } else { "keep" }
}
