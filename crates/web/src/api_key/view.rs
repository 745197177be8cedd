//! What the page of API keys says.

use almanac_store::{ApiKey, ApiScope};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::ApiKeyRevoke;
use crate::components::button::{Button, act, submit};
use crate::components::field::{Field, Input, field, form_summary};
use crate::components::format;
use crate::components::page::{Header, body, header, scrolling, section_head};
use crate::components::shell::Crumb;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::extract::Faults;
use crate::page::{Chrome, Frame};
use crate::places::{Account, ApiKeys, Settings};
use crate::route::Route;

/// The keys of the person who asks.
pub(super) struct ApiKeysView {
    pub(super) keys: Vec<KeyLine>,
    /// The name and the secret of the key that was just made.
    pub(super) made: Option<(String, String)>,
    pub(super) name: String,
    pub(super) may: String,
    pub(super) request_key: String,
    pub(super) faults: Faults,
}

/// One key.
pub(super) struct KeyLine {
    name: String,
    may: &'static str,
    made: String,
    used: String,
    end: KeyEnd,
}

/// Whether a key can be used.
enum KeyEnd {
    /// It can; this address revokes it.
    Revoke(String),
    /// It cannot, since then.
    Revoked(String),
}

/// What a key may be used for.
pub(super) fn may_words(key: &ApiKey) -> &'static str {
    if key.scopes.contains(&ApiScope::Write) { "read and write" } else { "read" }
}

impl KeyLine {
    pub(super) fn new(key: &ApiKey, now_ms: i64) -> KeyLine {
        let day = |at_ms: i64| format::date_time(at_ms, &TimeZone::UTC);
        KeyLine {
            name: key.name.clone(),
            may: may_words(key),
            made: day(key.created_at),
            used: key.last_used_at.map_or_else(
                || "never used".to_owned(),
                |at_ms| format::age(at_ms, now_ms, &TimeZone::UTC),
            ),
            end: match key.revoked_at {
                Some(at_ms) => KeyEnd::Revoked(day(at_ms)),
                None => KeyEnd::Revoke(ApiKeyRevoke { key: key.id }.url()),
            },
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let revoke = Button { is_small: true, ..Button::new("Revoke the key") };
        vec![
            Cell::Other(html! { b { (self.name) } }),
            Cell::Text(self.may),
            Cell::Text(&self.made),
            Cell::Text(&self.used),
            match &self.end {
                KeyEnd::Revoke(url) => Cell::Other(act(&revoke, url, &[])),
                KeyEnd::Revoked(day) => Cell::Other(html! { span.none { "revoked " (day) } }),
            },
        ]
    }
}

impl ApiKeysView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let account = Account {}.url();
        let crumbs = [
            Crumb { label: "Your account", href: Some(&account) },
            Crumb { label: "API keys", href: None },
        ];
        let current = Settings::PATH;
        let frame = Frame { title: "API keys", crumbs: &crumbs, current, ..Frame::default() };
        let faults: Vec<(&str, &str)> = self.faults.iter().collect();
        let head = Header {
            title: "API keys",
            sentence: "A key acts as you: it sees what you see and never may more than your role.",
            is_inline: false,
            actions: None,
        };
        let parts = html! {
            @if !faults.is_empty() {
                div.section { (form_summary(&faults, "No key is made yet.")) }
            }
            @if let Some((name, secret)) = &self.made { (made(name, secret)) }
            (self.form())
            (self.keys())
        };
        let inside = html! { (header(&head)) (scrolling("API keys", &parts)) };
        chrome.page(&frame, &body(&inside))
    }

    fn form(&self) -> Markup {
        let options =
            [("read", "Read what you see"), ("write", "Read, and change what you may change")];
        html! {
            section.section {
                (section_head("Make a key", None))
                form.form method="post" action=(ApiKeys {}.url()) {
                    input type="hidden" name="request_key" value=(self.request_key);
                    (field(&Field {
                        help: Some("The program that will use it, such as Nightly report."),
                        fault: self.faults.of("name"),
                        ..Field::new("name", "Name", &self.name, Input::Text { length_max: 100 })
                    }))
                    (field(&Field {
                        fault: self.faults.of("may"),
                        ..Field::new("may", "It may", &self.may, Input::Select(&options))
                    }))
                    div.form-foot { (submit(&Button::primary("Make a key"), None)) }
                }
            }
        }
    }

    fn keys(&self) -> Markup {
        let count = i64::try_from(self.keys.len()).unwrap_or(i64::MAX);
        let all = html! { (format::count(count, "key", "keys")) };
        html! {
            section.section {
                (section_head("Your keys", (count > 0).then_some(&all)))
                @if self.keys.is_empty() {
                    p.text-2 { "No program acts as you." }
                } @else {
                    (scrolling("Your keys", &self.table()))
                }
            }
        }
    }

    fn table(&self) -> Markup {
        let columns = [
            Column::new("Name", ColumnKind::Name),
            Column::new("May", ColumnKind::Text),
            Column { drop: Some(2), ..Column::new("Made", ColumnKind::Text) },
            Column::new("Last used", ColumnKind::Text),
            Column::new("Revoke", ColumnKind::Text),
        ];
        let row = |index, line| Part::Row(Row { index, key: "", cells: KeyLine::cells(line) });
        let parts: Vec<Part<'_>> =
            self.keys.iter().zip(1..).map(|(line, index)| row(index, line)).collect();
        bare_table(&Table::whole("Your keys", &columns, &parts, RowHeight::Normal))
    }
}

/// The one time that a key is shown.
fn made(name: &str, secret: &str) -> Markup {
    let help = "Send it as: Authorization: Bearer, then the key. Keep it as you keep a password.";
    let length_max = 200;
    let title = format!("The key for {name} is made. Copy it now: it is shown only once.");
    html! {
        section.section role="status" {
            (section_head(&title, None))
            div.form {
                (field(&Field {
                    help: Some(help),
                    ..Field::new("secret", "Key", secret, Input::Code { length_max })
                }))
            }
        }
    }
}

/// The page in the states that matter.
#[cfg(test)]
pub(super) fn samples() -> Vec<(&'static str, Markup)> {
    use crate::components::sample::HOSTILE;
    let key = |name: &str, used: &str, end: KeyEnd| KeyLine {
        name: name.to_owned(),
        may: "read",
        made: "23 Nov 2026, 09:41".to_owned(),
        used: used.to_owned(),
        end,
    };
    let view = |keys: Vec<KeyLine>| ApiKeysView {
        keys,
        made: None,
        name: String::new(),
        may: "read".to_owned(),
        request_key: "7f3a1c52-0f6e-4a4b-9c59-1f0f6f1f3a11".to_owned(),
        faults: Faults::default(),
    };
    let revoked = || KeyEnd::Revoked("24 Nov 2026, 10:00".to_owned());
    let some = || {
        vec![
            key("Nightly report", "40 s ago", KeyEnd::Revoke("/revoke".to_owned())),
            key(HOSTILE, "never used", revoked()),
        ]
    };
    let mut faults = Faults::default();
    faults.add("name", "Name the program that uses it, in up to 100 letters.");
    let made = Some((HOSTILE.to_owned(), format!("alm_1_{}", "0123456789abcdef".repeat(4))));
    let chrome = Chrome::sample();
    vec![
        ("api-keys-none", view(Vec::new()).page(&chrome)),
        ("api-keys", view(some()).page(&chrome)),
        ("api-keys-made", ApiKeysView { made, ..view(some()) }.page(&chrome)),
        ("api-keys-faults", ApiKeysView { faults, ..view(some()) }.page(&chrome)),
    ]
}
