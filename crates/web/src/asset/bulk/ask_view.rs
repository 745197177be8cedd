//! What has to be typed before a bulk edit can be worked out: a day or a class, and the reason.

use almanac_model::choice::REASON_MAX;
use almanac_model::class::Class;
use maud::{Markup, html};

use super::act::BulkAct;
use super::form::{BulkForm, borrowed};
use super::plan::Picked;
use crate::components::button::{Button, hidden_fields, submit};
use crate::components::field::{Field, Input, field, form_summary};
use crate::components::format;
use crate::extract::Faults;
use crate::places::BulkPreview;
use crate::route::Route;
use crate::shown::Shown;

/// What has to be typed.
pub(super) struct Ask {
    pub(super) act: BulkAct,
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) value: String,
    pub(super) reason: String,
    /// Value and words of each class.
    pub(super) classes: Vec<(String, String)>,
    pub(super) faults: Faults,
}

impl Ask {
    pub(super) fn new(shown: &Shown, form: &BulkForm, picked: &Picked, faults: Faults) -> Ask {
        let classes = picked.classes(shown);
        let has_kinds = classes.iter().any(|class| class.kind != classes[0].kind);
        let words = |class: &Class| {
            let kind = if has_kinds { format!("{}: ", class.kind.title()) } else { String::new() };
            format!("{kind}{}, {}", class.name, format::money(class.total()))
        };
        let option = |class: &Class| (class.id.0.to_string(), words(class));
        let mut hidden = form.carried();
        hidden.push(("step", "preview".to_owned()));
        hidden.extend(
            picked.found.iter().map(|at| ("asset", shown.fleet.asset(*at).remote_id().to_owned())),
        );
        Ask {
            act: form.act,
            hidden,
            value: form.value.clone(),
            reason: form.reason.clone(),
            classes: classes.iter().map(option).collect(),
            faults,
        }
    }

    pub(super) fn part(&self, is_planned: bool) -> Markup {
        let options: Vec<(&str, &str)> =
            self.classes.iter().map(|(value, words)| (value.as_str(), words.as_str())).collect();
        let (label, help, input) = match self.act {
            BulkAct::Keep | BulkAct::Unkeep => {
                ("Keep until", "The last day that the risk is accepted for.", Input::Date)
            }
            BulkAct::Class => {
                let help = "Assets of another kind stay as they are.";
                ("Class", help, Input::Select(&options))
            }
        };
        let value = Field {
            help: Some(help),
            fault: self.faults.of("value"),
            ..Field::new("value", label, &self.value, input)
        };
        let length_max = u32::try_from(REASON_MAX).unwrap_or(u32::MAX);
        let reason = Field {
            help: Some("In your words; others read it when they ask why."),
            fault: self.faults.of("reason"),
            ..Field::new("reason", "Reason", &self.reason, Input::Area { length_max })
        };
        let faults: Vec<(&str, &str)> = self.faults.iter().collect();
        let label = if is_planned { "Preview again" } else { "Preview the changes" };
        let button = if is_planned { Button::new(label) } else { Button::primary(label) };
        html! {
            section.section aria-label="Decision" {
                form.form method="post" action=(BulkPreview {}.url()) {
                    (form_summary(&faults, "Nothing is changed yet."))
                    (hidden_fields(&borrowed(&self.hidden)))
                    (field(&value))
                    @if self.act == BulkAct::Keep { (field(&reason)) }
                    div.actions { (submit(&button, None)) }
                }
            }
        }
    }
}
