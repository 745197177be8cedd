//! The index of settings, and the MSP's name.

use almanac_model::role::Permission;
use maud::{Markup, html};

use super::{SettingsAudit, SettingsMsp};
use crate::components::button::{Button, submit};
use crate::components::field::{Field, Input, field, form_summary};
use crate::components::icon::{Icon, icon};
use crate::components::page::{Header, body, header};
use crate::components::shell::Crumb;
use crate::extract::Faults;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::Route;

/// The settings that the visitor may open.
pub(super) struct IndexView {
    entries: Vec<Entry>,
}

struct Entry {
    icon: Icon,
    label: &'static str,
    about: &'static str,
    href: String,
}

impl IndexView {
    pub(super) fn new(chrome: &Chrome) -> IndexView {
        let all = [
            (
                None,
                Icon::User,
                "Your account",
                "Name, theme, height of rows, password, sessions",
                places::Account {}.url(),
            ),
            (
                Some(Permission::UseApi),
                Icon::Key,
                "API keys",
                "Programs that act as you, each with a key of its own",
                places::ApiKeys {}.url(),
            ),
            (
                Some(Permission::ViewClients),
                Icon::Rules,
                "Rules",
                "Policy ages, end-of-support dates, prices and classes behind every grade",
                places::Rules {}.url(),
            ),
            (
                Some(Permission::ManageSettings),
                Icon::Client,
                "MSP",
                "What your company is called here",
                SettingsMsp {}.url(),
            ),
            (
                Some(Permission::ManageUsers),
                Icon::Users,
                "Users",
                "Who signs in, as what, limited to which clients",
                places::Users {}.url(),
            ),
            (
                Some(Permission::ManageUsers),
                Icon::Key,
                "Everyone's API keys",
                "Which programs act as whom, and an end to it",
                places::EveryApiKey {}.url(),
            ),
            (
                Some(Permission::ManageConnection),
                Icon::Plug,
                "Connection",
                "Halo's address, credentials and rights",
                places::Connection {}.url(),
            ),
            (
                Some(Permission::ViewAudit),
                Icon::History,
                "Audit",
                "Who did what, in a chain that shows tampering",
                SettingsAudit {}.url(),
            ),
        ];
        let may = |needed: Option<Permission>| needed.is_none_or(|needed| chrome.may(needed));
        let entries = all
            .into_iter()
            .filter(|(needed, ..)| may(*needed))
            .map(|(_, icon, label, about, href)| Entry { icon, label, about, href })
            .collect();
        IndexView { entries }
    }

    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let head = Header {
            title: "Settings",
            sentence: "Each is also linked from the place where it takes effect.",
            is_inline: false,
            actions: None,
        };
        let inside = html! {
            (header(&head))
            div.scroll role="region" aria-label="Settings" tabindex="0" {
                ul.settings-list {
                    @for entry in &self.entries {
                        li {
                            (icon(entry.icon))
                            a href=(entry.href) { (entry.label) }
                            span.text-2 { (entry.about) }
                        }
                    }
                }
            }
        };
        in_frame(chrome, "Settings", None, &body(&inside))
    }
}

/// The MSP's name.
pub(super) struct MspView {
    pub(super) name: String,
    pub(super) faults: Faults,
}

impl MspView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let faults: Vec<(&str, &str)> = self.faults.iter().collect();
        let head = Header {
            title: "MSP",
            sentence: "The name stands on every page and on what your clients read.",
            is_inline: false,
            actions: None,
        };
        let inside = html! {
            (header(&head))
            div.scroll { section.section {
                form.form method="post" action=(SettingsMsp {}.url()) {
                    @if !faults.is_empty() { (form_summary(&faults, "Nothing is saved yet.")) }
                    (field(&Field {
                        fault: self.faults.of("name"),
                        autocomplete: "organization",
                        ..Field::new("name", "Name", &self.name, Input::Text { length_max: 120 })
                    }))
                    (submit(&Button::primary("Save the name"), None))
                }
            } }
        };
        in_frame(chrome, "MSP", Some("MSP"), &body(&inside))
    }
}

pub(super) fn in_frame(
    chrome: &Chrome,
    title: &str,
    under: Option<&str>,
    content: &Markup,
) -> Markup {
    let settings = places::Settings {}.url();
    let mut crumbs = vec![Crumb { label: "Settings", href: None }];
    if let Some(label) = under {
        crumbs[0].href = Some(&settings);
        crumbs.push(Crumb { label, href: None });
    }
    let current = places::Settings::PATH;
    let frame = Frame { title, crumbs: &crumbs, current, ..Frame::default() };
    chrome.page(&frame, content)
}

#[cfg(test)]
pub(super) fn samples() -> Vec<(&'static str, Markup)> {
    use crate::components::sample::HOSTILE;
    let chrome = Chrome::sample();
    let few = Chrome { permissions: Vec::new(), ..Chrome::sample() };
    let mut faults = Faults::default();
    faults.add("name", "Give the name your clients know you by, up to 120 characters.");
    let name = HOSTILE.to_owned();
    vec![
        ("settings", IndexView::new(&chrome).page(&chrome)),
        ("settings-read-only", IndexView::new(&few).page(&few)),
        ("settings-msp", MspView { name: name.clone(), faults: Faults::default() }.page(&chrome)),
        ("settings-msp-faults", MspView { name, faults }.page(&chrome)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_lists_only_what_may_be_opened() {
        let few = Chrome { permissions: vec![Permission::ViewAudit], ..Chrome::sample() };
        let labels: Vec<_> = IndexView::new(&few).entries.iter().map(|entry| entry.label).collect();
        assert_eq!(labels, ["Your account", "Audit"]);
    }
}
