//! The page that decides one thing: lock or unlock a value, grade by hand, keep, choose a class.

use almanac_model::chain::Target;
use almanac_model::choice::{ChoiceField, REASON_MAX};
use almanac_model::lock::LOCKED_TEXT_MAX;
use maud::{Markup, html};

use super::edit::{BY_HAND, EditForm};
use super::source::{SourceView, by_and_when};
use super::words::{class_name, field_title, kept_text, value_text};
use super::{AssetEditPage, Seen};
use crate::components::button::{Button, hidden_fields, link_button, submit};
use crate::components::change::change;
use crate::components::field::{Field, Input, field, form_summary};
use crate::components::format;
use crate::components::page::{self, Header};
use crate::components::shell::Crumb;
use crate::extract::Faults;
use crate::page::{Chrome, Frame};
use crate::places::{Asset, Assets};
use crate::route::Route;

/// What is typed as the value.
enum Value {
    Date,
    Line,
    Text,
    /// Value and label of each.
    Choice(Vec<(String, String)>),
}

/// The form of one decision.
pub(super) struct FormView {
    subject: String,
    asset_url: String,
    action: String,
    title: String,
    sentence: String,
    label: &'static str,
    help: &'static str,
    value: Value,
    /// `None` where no reason is asked.
    reason_is_optional: Option<bool>,
    save: &'static str,
    form: EditForm,
    faults: Faults,
    clear: Option<Clear>,
    /// Where the present value comes from.
    source: Option<SourceView>,
}

/// Takes the present decision back.
struct Clear {
    title: &'static str,
    button: &'static str,
    /// What applies, and what would apply then.
    before: String,
    after: String,
    by: String,
}

impl FormView {
    /// The form with what applies now.
    pub(super) fn new(seen: &Seen, of: ChoiceField) -> FormView {
        let choice = &seen.why.choice;
        let (value, reason) = match of {
            ChoiceField::Fact(target) => {
                let lock = choice.locks.get(target);
                let value = seen.why.facts.value(target).map(ToString::to_string);
                (value.unwrap_or_default(), lock.map(|lock| lock.reason.clone()))
            }
            ChoiceField::Manual => {
                let manual = choice.choices.manual.as_ref();
                let grade = manual.map(|manual| manual.grade.name().to_owned());
                (grade.unwrap_or_default(), manual.map(|manual| manual.reason.clone()))
            }
            ChoiceField::Kept => {
                let kept = choice.choices.kept.as_ref();
                let until = kept.map(|kept| kept.until.to_string());
                (until.unwrap_or_default(), kept.map(|kept| kept.reason.clone()))
            }
            ChoiceField::Class => {
                let class = seen.why.verdict.as_ref().and_then(|verdict| {
                    seen.fleet.rulebook().classes.of(verdict.kind, choice.choices.class)
                });
                (class.map(|class| class.id.0.to_string()).unwrap_or_default(), None)
            }
        };
        let form = EditForm {
            version: choice.version.to_string(),
            value,
            reason: reason.unwrap_or_default(),
            ..EditForm::default()
        };
        FormView::refused(seen, of, form, Faults::default())
    }

    /// The form as it was sent, with what to mend.
    pub(super) fn refused(
        seen: &Seen,
        of: ChoiceField,
        form: EditForm,
        faults: Faults,
    ) -> FormView {
        let asset = seen.id();
        let action = AssetEditPage { asset, field: of.name().to_owned() }.url();
        let subject = seen.name().to_owned();
        let title = match of {
            ChoiceField::Fact(_) => field_title(of).to_owned(),
            ChoiceField::Manual => "Grade by hand".to_owned(),
            ChoiceField::Kept => "Keep until a date".to_owned(),
            ChoiceField::Class => "Choose a class".to_owned(),
        };
        let (label, help, save) = words(of);
        FormView {
            asset_url: Asset { asset: seen.id() }.url(),
            sentence: sentence(of).to_owned(),
            title,
            action,
            label,
            help,
            save,
            value: value_of(seen, of),
            reason_is_optional: match of {
                ChoiceField::Class => None,
                ChoiceField::Fact(_) => Some(true),
                ChoiceField::Manual | ChoiceField::Kept => Some(false),
            },
            clear: clear(seen, of),
            source: match of {
                ChoiceField::Fact(target) => Some(SourceView::of_target(seen, target)),
                _ => None,
            },
            subject,
            form,
            faults,
        }
    }

    /// The whole page.
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let assets = Assets {}.url();
        let crumbs = [
            Crumb { label: "Assets", href: Some(&assets) },
            Crumb { label: &self.subject, href: Some(&self.asset_url) },
            Crumb { label: &self.title, href: None },
        ];
        let title = format!("{}: {}", self.subject, self.title);
        let current = Assets::PATH;
        let frame = Frame { title: &title, crumbs: &crumbs, current, ..Frame::default() };
        let head = Header {
            title: &title,
            sentence: &self.sentence,
            is_inline: false,
            actions: Some(link_button(&Button::new("Back to the asset"), &self.asset_url)),
        };
        let body = html! {
            @if let Some(clear) = &self.clear { (self.clear_part(clear)) }
            (self.form_part())
            @if let Some(source) = &self.source {
                article.why { (crate::components::why::value_source(&super::why::value_view(source))) }
            }
        };
        chrome.page(
            &frame,
            &html! { (page::header(&head)) (page::body(&page::scrolling(&self.subject, &body))) },
        )
    }

    fn clear_part(&self, clear: &Clear) -> Markup {
        let hidden = [("version", self.form.version.as_str()), ("act", "clear")];
        html! {
            section.section aria-label=(clear.title) {
                (page::section_head(clear.title, Some(&html! { (clear.by) })))
                p { (change(&clear.before, &clear.after)) }
                form.form method="post" action=(self.action) {
                    (hidden_fields(&hidden))
                    div.actions { (submit(&Button::new(clear.button), None)) }
                }
            }
        }
    }

    fn form_part(&self) -> Markup {
        let faults: Vec<(&str, &str)> = self.faults.iter().collect();
        let hidden = [("version", self.form.version.as_str()), ("act", "set")];
        let choices: Vec<(&str, &str)> = match &self.value {
            Value::Choice(all) => all.iter().map(|(v, l)| (v.as_str(), l.as_str())).collect(),
            Value::Date | Value::Line | Value::Text => Vec::new(),
        };
        let input = match self.value {
            Value::Date => Input::Date,
            Value::Line => Input::Text { length_max: length(LOCKED_TEXT_MAX) },
            Value::Text => Input::Area { length_max: length(LOCKED_TEXT_MAX) },
            Value::Choice(_) => Input::Select(&choices),
        };
        let value = Field {
            help: (!self.help.is_empty()).then_some(self.help),
            fault: self.faults.of("value"),
            ..Field::new("value", self.label, &self.form.value, input)
        };
        let reason_input = Input::Area { length_max: length(REASON_MAX) };
        let reason = Field {
            help: Some("In your words; others read it when they ask why."),
            fault: self.faults.of("reason"),
            is_optional: self.reason_is_optional == Some(true),
            ..Field::new("reason", "Reason", &self.form.reason, reason_input)
        };
        html! {
            section.section aria-label=(self.title) {
                form.form method="post" action=(self.action) {
                    @if !faults.is_empty() { (form_summary(&faults, "Nothing is saved yet.")) }
                    (hidden_fields(&hidden))
                    (field(&value))
                    @if self.reason_is_optional.is_some() { (field(&reason)) }
                    div.actions {
                        (submit(&Button { busy_label: Some("Saving"), ..Button::primary(self.save) }, None))
                        (link_button(&Button::new("Cancel"), &self.asset_url))
                    }
                }
            }
        }
    }
}

fn length(max: usize) -> u32 {
    u32::try_from(max).unwrap_or(u32::MAX)
}

fn words(of: ChoiceField) -> (&'static str, &'static str, &'static str) {
    match of {
        ChoiceField::Fact(target) if target.is_date() => {
            let help = "It applies over Halo's until you unlock it; nothing is written to Halo.";
            ("Date", help, "Lock this date")
        }
        ChoiceField::Fact(_) => {
            let help = "It applies over Halo's until you unlock it; nothing is written to Halo.";
            ("Value", help, "Lock this value")
        }
        ChoiceField::Manual => {
            ("Grade", "It stands through every sync until cleared.", "Grade by hand")
        }
        ChoiceField::Kept => {
            ("Keep until", "The last day that the risk is accepted for.", "Keep until this date")
        }
        ChoiceField::Class => ("Class", "It says what replacing costs.", "Choose this class"),
    }
}

fn sentence(of: ChoiceField) -> &'static str {
    match of {
        ChoiceField::Fact(_) => "A locked value is never overwritten by a sync.",
        ChoiceField::Manual => {
            "Your grade replaces that of the rules and is shown as given by hand."
        }
        ChoiceField::Kept => {
            "The asset is graded Kept; after the day the rules grade it again by themselves."
        }
        ChoiceField::Class => "Without a choice the first class of the kind applies.",
    }
}

fn value_of(seen: &Seen, of: ChoiceField) -> Value {
    match of {
        ChoiceField::Kept => Value::Date,
        ChoiceField::Fact(target) if target.is_date() => Value::Date,
        ChoiceField::Fact(Target::Notes) => Value::Text,
        ChoiceField::Fact(_) => Value::Line,
        ChoiceField::Manual => {
            let all = BY_HAND.map(|grade| (grade.name().to_owned(), grade.title().to_owned()));
            Value::Choice(all.into())
        }
        ChoiceField::Class => {
            let all = seen.classes().into_iter().map(|class| {
                let label = format!("{}, {}", class.name, format::money(class.total()));
                (class.id.0.to_string(), label)
            });
            Value::Choice(all.collect())
        }
    }
}

fn clear(seen: &Seen, of: ChoiceField) -> Option<Clear> {
    let choice = &seen.why.choice;
    let before = choice.shown(of).map(|shown| kept_text(&seen.fleet, of, &shown))?;
    let touch = choice.touched.get(&of);
    let by = touch.map(|touch| by_and_when(&touch.by, touch.at_ms)).unwrap_or_default();
    Some(match of {
        ChoiceField::Fact(target) => {
            let halo = seen.why.facts.get(target).map(|fact| value_text(&fact.value));
            Clear {
                title: "Locked",
                button: "Unlock",
                before,
                after: halo.unwrap_or_else(|| "no value: Halo gives none".to_owned()),
                by,
            }
        }
        ChoiceField::Manual => Clear {
            title: "Graded by hand",
            button: "Let the rules grade",
            before,
            after: "what the rules say".to_owned(),
            by,
        },
        ChoiceField::Kept => Clear {
            title: "Kept",
            button: "Stop keeping",
            before: format!("kept until {before}"),
            after: "what the rules say".to_owned(),
            by,
        },
        ChoiceField::Class => {
            let first = seen.classes().first().map(|class| class_name(&seen.fleet, class.id));
            Clear {
                title: "Chosen class",
                button: "Use the first class",
                before,
                after: first.unwrap_or_else(|| "no class".to_owned()),
                by,
            }
        }
    })
}

/// A form that was refused.
#[cfg(test)]
pub(super) fn sample(chrome: &Chrome) -> Markup {
    use crate::components::sample::HOSTILE;

    let mut faults = Faults::default();
    faults.add("value", "This day is past. Give today or a later day.");
    let view = FormView {
        subject: HOSTILE.to_owned(),
        asset_url: "/assets/1".to_owned(),
        action: "/assets/1/edit/kept".to_owned(),
        title: "Keep until a date".to_owned(),
        sentence: sentence(ChoiceField::Kept).to_owned(),
        label: "Keep until",
        help: "The last day that the risk is accepted for.",
        value: Value::Date,
        reason_is_optional: Some(false),
        save: "Keep until this date",
        form: EditForm { reason: HOSTILE.to_owned(), ..EditForm::default() },
        faults,
        clear: Some(Clear {
            title: "Kept",
            button: "Stop keeping",
            before: HOSTILE.to_owned(),
            after: "what the rules say".to_owned(),
            by: "Ruth Adeyemi, 4 Aug 2026, 10:00".to_owned(),
        }),
        source: None,
    };
    view.page(chrome)
}
