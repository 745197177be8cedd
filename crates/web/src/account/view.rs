//! What the account page says.

use almanac_model::role::Permission;
use almanac_store::Session;
use maud::{Markup, html};

use super::{AccountPassword, AccountProfile, AccountSessionEnd, AccountSignOutEverywhere};
use crate::components::button::{Button, act, link_button, submit};
use crate::components::field::{Field, Input, check_box, field, form_summary};
use crate::components::format;
use crate::components::page::{Header, body, header, scrolling, section_head};
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::extract::Faults;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::preferences::{Density, Preferences, Theme};
use crate::route::Route;

/// The account of the person who asks.
pub(super) struct AccountView {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: &'static str,
    pub(super) preferences: Preferences,
    pub(super) sessions: Vec<SessionLine>,
    pub(super) faults: Faults,
}

/// One session.
pub(super) struct SessionLine {
    what: String,
    address: String,
    since: String,
    seen: String,
    /// Ends it; `None` for the one that asks.
    end_url: Option<String>,
}

impl SessionLine {
    pub(super) fn new(session: &Session, is_current: bool, now_ms: i64) -> SessionLine {
        SessionLine {
            what: browser(&session.user_agent),
            address: session.address.clone(),
            since: format::date_time(session.created_at, &jiff::tz::TimeZone::UTC),
            seen: format::age(session.seen_at, now_ms, &jiff::tz::TimeZone::UTC),
            end_url: (!is_current).then(|| AccountSessionEnd { session: session.id }.url()),
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let end = Button { is_small: true, ..Button::new("End the session") };
        vec![
            Cell::Other(html! { b { (self.what) } }),
            Cell::Text(&self.address),
            Cell::Text(&self.since),
            Cell::Text(&self.seen),
            match &self.end_url {
                Some(url) => Cell::Other(act(&end, url, &[])),
                None => Cell::Void("this one"),
            },
        ]
    }
}

/// A browser's name as a person knows it, out of what it calls itself.
fn browser(user_agent: &str) -> String {
    let known = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let name = known.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    let systems =
        [("Windows", "Windows"), ("iPhone", "iPhone"), ("Android", "Android"), ("Mac OS", "macOS")];
    let system = systems.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    match (name, system) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.to_owned(),
        (None, _) => "another program".to_owned(),
    }
}

impl AccountView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let faults: Vec<(&str, &str)> = self.faults.iter().collect();
        let frame =
            Frame { title: "Your account", current: places::Account::PATH, ..Frame::default() };
        let lead = format!("{}, {}.", self.email, self.role.to_lowercase());
        let head = Header { title: &self.name, sentence: &lead, is_inline: false, actions: None };
        let parts = html! {
            @if !faults.is_empty() {
                div.section { (form_summary(&faults, "Nothing is saved yet.")) }
            }
            (self.profile())
            (self.password())
            (self.sessions())
            @if chrome.may(Permission::UseApi) { (api_keys()) }
        };
        let inside = html! { (header(&head)) (scrolling("Your account", &parts)) };
        chrome.page(&frame, &body(&inside))
    }

    fn profile(&self) -> Markup {
        let theme = match self.preferences.theme {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let density = match self.preferences.density {
            Density::Compact => "compact",
            Density::Normal => "normal",
            Density::Roomy => "roomy",
        };
        let densities = [("compact", "Compact"), ("normal", "Normal"), ("roomy", "Roomy")];
        let themes = [("system", "As the system says"), ("light", "Light"), ("dark", "Dark")];
        let help = "J, K and the other keys do nothing; Ctrl K stays.";
        html! {
            section.section {
                (section_head("Profile", None))
                form.form method="post" action=(AccountProfile {}.url()) {
                    (field(&Field {
                        fault: self.faults.of("name"),
                        autocomplete: "name",
                        ..Field::new("name", "Name", &self.name, Input::Text { length_max: 120 })
                    }))
                    (field(&Field::new("theme", "Theme", theme, Input::Select(&themes))))
                    (field(&Field {
                        help: Some("In every table. On a phone rows are always high enough to touch."),
                        ..Field::new("density", "Height of rows", density, Input::Select(&densities))
                    }))
                    (check_box("are_keys_off", "true", "Single keys are off", Some(help), self.preferences.are_keys_off))
                    div.form-foot { (submit(&Button::primary("Save the profile"), None)) }
                }
            }
        }
    }

    fn password(&self) -> Markup {
        html! {
            section.section {
                (section_head("Password", None))
                form.form method="post" action=(AccountPassword {}.url()) {
                    (field(&Field {
                        fault: self.faults.of("password"),
                        autocomplete: "current-password",
                        ..Field::new("password", "Present password", "", Input::Secret)
                    }))
                    (field(&Field {
                        help: Some("At least 12 characters. Your other sessions end."),
                        fault: self.faults.of("new_password"),
                        autocomplete: "new-password",
                        ..Field::new("new_password", "New password", "", Input::Secret)
                    }))
                    div.form-foot { (submit(&Button::new("Change the password"), None)) }
                }
            }
        }
    }

    fn sessions(&self) -> Markup {
        let count = i64::try_from(self.sessions.len()).unwrap_or(i64::MAX);
        let open = html! { (format::count(count, "open session", "open sessions")) };
        html! {
            section.section {
                (section_head("Sessions", Some(&open)))
                (scrolling("Sessions", &self.session_table()))
                div.form-foot {
                    (act(&Button::new("Sign out everywhere"), &AccountSignOutEverywhere {}.url(), &[]))
                    span.text-2 { "Ends this session too." }
                }
            }
        }
    }

    fn session_table(&self) -> Markup {
        let columns = [
            Column::new("Browser", ColumnKind::Name),
            Column::new("Address", ColumnKind::Text),
            Column { drop: Some(2), ..Column::new("Since", ColumnKind::Text) },
            Column::new("Last seen", ColumnKind::Text),
            Column::new("End", ColumnKind::Text),
        ];
        let row = |index, line| Part::Row(Row { index, key: "", cells: SessionLine::cells(line) });
        let parts: Vec<Part<'_>> =
            self.sessions.iter().zip(1..).map(|(line, index)| row(index, line)).collect();
        bare_table(&Table::whole("Sessions", &columns, &parts, RowHeight::Normal))
    }
}

/// Where programs that act as the person are let in.
fn api_keys() -> Markup {
    html! {
        section.section {
            (section_head("Programs", None))
            p.text-2 { "A program that acts as you brings a key of its own, which you can revoke." }
            div.form-foot { (link_button(&Button::new("API keys"), &places::ApiKeys {}.url())) }
        }
    }
}

/// Every page of this area in the states that matter.
#[cfg(test)]
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    use crate::components::sample::HOSTILE;
    let session = |what: &str, end_url: Option<&str>| SessionLine {
        what: what.to_owned(),
        address: "203.0.113.7".to_owned(),
        since: "23 Nov 2026, 09:41".to_owned(),
        seen: "40 s ago".to_owned(),
        end_url: end_url.map(str::to_owned),
    };
    let mut faults = Faults::default();
    faults.add("new_password", "Use at least 12 characters; four words are easy to remember.");
    let view = |name: &str, faults: Faults| AccountView {
        name: name.to_owned(),
        email: "ruth@calder-ridge.example".to_owned(),
        role: "Owner",
        preferences: Preferences::default(),
        sessions: vec![session("Chrome on Windows", None), session(HOSTILE, Some("/end"))],
        faults,
    };
    let chrome = Chrome::sample();
    vec![
        ("account", view("Ruth Adeyemi", Faults::default()).page(&chrome)),
        ("account-faults", view(HOSTILE, faults).page(&chrome)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_have_the_names_that_people_use() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome on Windows");
        assert_eq!(browser("curl/8"), "another program");
    }
}
