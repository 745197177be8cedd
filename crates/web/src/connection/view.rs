//! What the connection page says.

use maud::{Markup, html};

use super::form::ConnectionForm;
use super::guide::guide;
use super::hooks::HooksView;
use super::probing::ProbingView;
use crate::components::button::{Button, submit};
use crate::components::field::{Field, Input, check_box, field, form_summary};
use crate::components::page::{Header, body, header, section_head};
use crate::components::shell::{Crumb, Step, Wizard};
use crate::extract::Faults;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::Route;

/// The connection page.
pub(super) struct ConnectionView {
    /// Where Halo is, once that is stored.
    pub(super) stored_url: Option<String>,
    pub(super) form: ConnectionForm,
    pub(super) faults: Faults,
    pub(super) moving: Option<Moving>,
    pub(super) probing: Option<ProbingView>,
    /// Hosts that are called.
    pub(super) hosts: Vec<String>,
    pub(super) hooks: Option<HooksView>,
}

/// Another address, of which a person must say whether it is the same Halo.
pub(super) struct Moving {
    pub(super) kept: String,
    pub(super) new: String,
}

impl ConnectionView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let title = match &self.stored_url {
            Some(url) => format!("Halo at {}", url.trim_start_matches("https://")),
            None => "Connect Halo".to_owned(),
        };
        let head = Header {
            title: &title,
            sentence: "Almanac starts read-only. Nothing in Halo changes until you approve a plan.",
            is_inline: false,
            actions: None,
        };
        let inside = html! {
            (header(&head))
            div.scroll {
                @if let Some(probing) = &self.probing { (probing.part()) }
                (self.form_section())
                @if let Some(hooks) = self.hooks.as_ref().filter(|_| !self.is_first()) { (hooks.section()) }
                (guide(self.stored_url.is_none(), &self.hosts))
            }
        };
        if self.is_first() {
            let steps = steps(self);
            return chrome.wizard("Connect Halo", self.wizard(&steps), &body(&inside));
        }
        let crumbs =
            [Crumb { label: "Halo", href: None }, Crumb { label: "Connection", href: None }];
        let frame = Frame {
            title: "Connection",
            crumbs: &crumbs,
            current: places::Connection::PATH,
            ..Frame::default()
        };
        chrome.page(&frame, &body(&inside))
    }

    /// Whether nothing was read through it yet: until then the page is a wizard.
    fn is_first(&self) -> bool {
        self.probing.as_ref().is_none_or(|probing| probing.is_first)
    }

    fn wizard<'a>(&'a self, steps: &'a [Step<'a>]) -> Wizard<'a> {
        let host = |url: &'a String| url.trim_start_matches("https://");
        Wizard {
            title: "Connect Halo",
            subject: self.stored_url.as_ref().map_or("no address yet", host),
            steps,
            promise: html! {
                b { "Read-only" }
                p { "Almanac asks Halo for a right to write only where you switch write-back on. What is saved stays: you can close this page and come back." }
            },
            as_of: None,
            exit_href: places::Portfolio::PATH,
        }
    }

    fn form_section(&self) -> Markup {
        let faults: Vec<(&str, &str)> = self.faults.iter().collect();
        html! {
            section.section #address {
                (section_head("Address and credentials", None))
                form.form method="post" action=(places::Connection {}.url()) {
                    @if !faults.is_empty() { (form_summary(&faults, "Nothing is saved yet.")) }
                    @if let Some(moving) = &self.moving { (self.moving_question(moving)) }
                    (self.fields())
                    (submit(&Button { busy_label: Some("Saving"), ..self.save_button() }, None))
                }
            }
        }
    }

    fn save_button(&self) -> Button<'static> {
        if self.stored_url.is_some() {
            Button::new("Save and test")
        } else {
            Button::primary("Save and test")
        }
    }

    fn fields(&self) -> Markup {
        let code = Input::Code { length_max: 300 };
        let secret_help = if self.stored_url.is_some() {
            "Empty keeps the stored one. It is never shown again."
        } else {
            "Halo shows it once. It is kept sealed and never shown again."
        };
        let of = |name, label, value| Field {
            fault: self.faults.of(name),
            ..Field::new(name, label, value, code)
        };
        html! {
            (field(&Field {
                help: Some("As you sign in to it, such as yourname.halopsa.com. A slash at the end, /api or capitals are mended."),
                ..of("url", "Halo address", &self.form.url)
            }))
            (field(&of("oauth_client_id", "Client ID", &self.form.oauth_client_id)))
            (field(&Field {
                help: Some(secret_help),
                fault: self.faults.of("client_secret"),
                is_optional: self.stored_url.is_some(),
                autocomplete: "off",
                ..Field::new("client_secret", "Client secret", "", Input::Secret)
            }))
            (field(&Field {
                help: Some("Only when Halo shows another one under Configuration > Integrations > HaloPSA API."),
                is_optional: true,
                ..of("auth_url", "Authorisation server", &self.form.auth_url)
            }))
            (field(&Field {
                help: Some("Only when Halo shows one beside the authorisation server."),
                is_optional: true,
                ..of("halo_tenant", "Tenant", &self.form.halo_tenant)
            }))
        }
    }

    fn moving_question(&self, moving: &Moving) -> Markup {
        let label = "It is the same Halo at a new address";
        let help = "Records, locks and plans stay. The next sync compares every record by Halo's own numbers.";
        html! {
            div.halo-finding role="alert" {
                p { b { "Is this the same Halo?" } " Everything here was read from " code { (moving.kept) }
                    ", and you typed " code { (moving.new) } ". Nothing is saved yet." }
                p.text-2 { "In a different Halo the same numbers mean other clients and assets, and the two would be \
                            mixed. For a different Halo, ask your operator for another tenant." }
                (check_box("is_moved", "true", label, Some(help), self.form.is_moved))
                p.text-2 { "The secret is typed again: it is not kept with a form that was not saved." }
            }
        }
    }
}

/// Connect, see what may be read, read.
fn steps(view: &ConnectionView) -> [Step<'static>; 3] {
    let is_stored = view.stored_url.is_some();
    let is_open = view.probing.as_ref().is_some_and(|probing| probing.probing.is_open());
    let connect = Step {
        name: "Connect",
        result: if is_stored { "Saved" } else { "Address and credentials" },
        href: is_stored.then_some("#address"),
        is_done: is_stored,
        is_current: !is_stored,
    };
    let permissions = Step {
        name: "Permissions",
        result: "What Halo lets Almanac read",
        href: is_stored.then_some("#test"),
        is_done: is_open,
        is_current: is_stored && !is_open,
    };
    let first_sync = Step {
        name: "First sync",
        result: "Reads everything, changes nothing",
        href: None,
        is_done: false,
        is_current: is_open,
    };
    [connect, permissions, first_sync]
}
