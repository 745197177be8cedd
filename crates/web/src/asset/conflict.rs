//! Two people decided about the same thing: both values side by side, marked which to keep.

use almanac_model::choice::ChoiceField;
use almanac_store::EditConflict;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::edit::EditForm;
use super::words::{field_title, kept_text};
use super::{AssetEditPage, Seen};
use crate::components::button::{Button, hidden_fields, link_button, submit};
use crate::components::field::radio;
use crate::components::format;
use crate::components::page::{self, Header};
use crate::components::shell::Crumb;
use crate::page::{Chrome, Frame};
use crate::places::{Asset, Assets};
use crate::route::Route;

/// What somebody else decided meanwhile, and what the visitor wants.
pub(super) struct ConflictView {
    subject: String,
    asset_url: String,
    action: String,
    field: &'static str,
    by: String,
    at: String,
    theirs: String,
    mine: String,
    /// The visitor's form against the version that is there now.
    form: EditForm,
}

impl ConflictView {
    /// The choice between both.
    pub(super) fn new(seen: &Seen, conflict: &EditConflict, form: &EditForm) -> ConflictView {
        let field = conflict.field;
        let shown = |text: &str| kept_text(&seen.fleet, field, text);
        let nothing = || match field {
            ChoiceField::Fact(_) => "Halo's value".to_owned(),
            ChoiceField::Manual | ChoiceField::Kept => "what the rules say".to_owned(),
            ChoiceField::Class => "the first class".to_owned(),
        };
        let mine = if form.act == "clear" { nothing() } else { shown(form.value.trim()) };
        let version = conflict.choice.version.to_string();
        ConflictView {
            subject: seen.name().to_owned(),
            asset_url: Asset { asset: seen.id() }.url(),
            action: AssetEditPage { asset: seen.id(), field: field.name().to_owned() }.url(),
            field: field_title(field),
            by: conflict.touch.by.name.clone(),
            at: format::clock_time(conflict.touch.at_ms, &TimeZone::UTC),
            theirs: conflict.present.as_deref().map_or_else(nothing, shown),
            mine,
            form: EditForm { version, ..form.clone() },
        }
    }

    /// The whole page.
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let assets = Assets {}.url();
        let crumbs = [
            Crumb { label: "Assets", href: Some(&assets) },
            Crumb { label: &self.subject, href: Some(&self.asset_url) },
            Crumb { label: "Two people edited", href: None },
        ];
        let title = format!("{} changed while you were editing", self.subject);
        let sentence =
            format!("{} saved at {}. Yours is kept here until you choose.", self.by, self.at);
        let current = Assets::PATH;
        let frame = Frame { title: &title, crumbs: &crumbs, current, ..Frame::default() };
        let head = Header { title: &title, sentence: &sentence, is_inline: false, actions: None };
        let body = html! { section.section aria-label="Both values" { (self.both()) } };
        chrome.page(
            &frame,
            &html! { (page::header(&head)) (page::body(&page::scrolling(&self.subject, &body))) },
        )
    }

    fn both(&self) -> Markup {
        let hidden = [
            ("version", self.form.version.as_str()),
            ("act", self.form.act.as_str()),
            ("value", self.form.value.as_str()),
            ("reason", self.form.reason.as_str()),
        ];
        let theirs = format!("{}, {}", self.by, self.at);
        html! {
            form.both method="post" action=(self.action) {
                (hidden_fields(&hidden))
                table.table.is-inset {
                    caption.unseen { "Both values" }
                    thead { tr {
                        th.is-name scope="col" { "Field" } th scope="col" { (theirs) } th scope="col" { "You" }
                    } }
                    tbody { tr {
                        th.is-name scope="row" { (self.field) }
                        td { (radio("keep", "theirs", &self.theirs, None, true)) }
                        td { (radio("keep", "mine", &self.mine, None, false)) }
                    } }
                }
                div.actions {
                    (submit(&Button::primary("Save the marked value"), None))
                    (link_button(&Button::new("Discard mine"), &self.asset_url))
                }
            }
        }
    }
}

/// Two people, one of them hostile.
#[cfg(test)]
pub(super) fn sample(chrome: &Chrome) -> Markup {
    use crate::components::sample::HOSTILE;

    let view = ConflictView {
        subject: "HP-LT-027".to_owned(),
        asset_url: "/assets/1".to_owned(),
        action: "/assets/1/edit/class".to_owned(),
        field: "Class",
        by: HOSTILE.to_owned(),
        at: "09:40:41".to_owned(),
        theirs: "Laptop Standard".to_owned(),
        mine: HOSTILE.to_owned(),
        form: EditForm::default(),
    };
    view.page(chrome)
}
