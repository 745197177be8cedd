//! Webhooks on the connection page: what would be registered in Halo, what is, and how it is doing.

use almanac_store::{Webhook, WebhookProblem, WebhookTrouble};
use axum::http::HeaderMap;
use axum::http::header::HOST;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;
use url::{Host, Url};

use super::{ConnectionWebhook, ConnectionWebhookRemove};
use crate::components::banner::Level;
use crate::components::button::{Button, act, submit};
use crate::components::field::{Field, Input, field};
use crate::components::format;
use crate::components::page::section_head;
use crate::components::trouble::{Trouble, trouble};
use crate::extract::Faults;
use crate::route::Route;

/// What a person types to register.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct HookForm {
    /// Where Halo reaches this Almanac.
    pub(super) base_url: String,
}

impl HookForm {
    /// The address as it is kept.
    pub(super) fn check(&self) -> Result<String, Faults> {
        let mut faults = Faults::default();
        let checked = faults.check("base_url", base_url(&self.base_url));
        checked.ok_or(faults)
    }
}

/// An address that Halo can deliver to: https, or http to this machine.
fn base_url(typed: &str) -> Result<String, String> {
    let typed = typed.trim();
    let wrong = |why: &str| Err(format!("{why}, such as https://almanac.yourname.com"));
    if typed.len() > 300 {
        return wrong("This is too long: give the address that you open Almanac with");
    }
    let Ok(url) = Url::parse(typed) else {
        return wrong("Give the whole address that you open Almanac with");
    };
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return wrong("Give the whole address that you open Almanac with"),
    };
    let is_plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    match url.scheme() {
        "https" if is_plain => {}
        "http" if is_plain && is_here => {}
        "https" | "http" if !is_plain => {
            return wrong("Leave out what follows a ? or #, and any password");
        }
        _ => return wrong("Halo delivers over the network, so the address begins with https"),
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Where a browser reaches this Almanac, as a first guess of where Halo does.
pub(super) fn guess(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let guessed = ["https", "http"].map(|scheme| base_url(&format!("{scheme}://{host}")));
    let is_here =
        host.starts_with("localhost") || host.starts_with("127.") || host.starts_with('[');
    let [secure, plain] = guessed;
    if is_here { plain.unwrap_or_default() } else { secure.unwrap_or_default() }
}

/// The section.
pub(super) struct HooksView {
    pub(super) state: HooksState,
    pub(super) base_url: String,
    pub(super) faults: Faults,
}

/// How the webhook is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HooksState {
    /// Nobody asked for one.
    None,
    /// The job that registers it has not ended.
    Asked,
    /// It is registered and well; when it last told something.
    Well { url: String, heard: Option<String>, checked: Option<String> },
    /// Something is wrong.
    Trouble { url: String, words: HookWords, is_registered: bool },
    /// The job that removes it has not ended.
    Removing { words: Option<HookWords> },
}

/// A problem in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HookWords {
    pub(super) title: &'static str,
    pub(super) why: String,
    pub(super) act: &'static str,
}

impl HookWords {
    fn of(trouble: &WebhookTrouble, now_ms: i64) -> HookWords {
        let (title, act) = match trouble.problem {
            WebhookProblem::NoRight => (
                "Halo does not let Almanac keep a webhook",
                "In Halo open the application's Permissions tab, tick all:standard and admin:webhooks, and register again. \
                 Or leave it: polling alone finds the same changes, later.",
            ),
            WebhookProblem::Refused => (
                "Halo refused the webhook",
                "Mend what Halo names, then register again. Polling alone works meanwhile.",
            ),
            WebhookProblem::Disabled => (
                "Halo has switched the webhook off",
                "Halo does so after failed deliveries. See that Halo reaches the address, then register again.",
            ),
            WebhookProblem::Removed => (
                "The webhook is gone in Halo",
                "Somebody removed it there. Register it again if that was not meant.",
            ),
            WebhookProblem::Changed => {
                ("The webhook was changed in Halo", "Register again to put it back as it was made.")
            }
            WebhookProblem::Silent => (
                "The webhook has fallen silent",
                "See in Halo, under its deliveries, why none arrives, and that Halo reaches the address.",
            ),
        };
        let since = format::ago(trouble.since, now_ms, &TimeZone::UTC);
        HookWords { title, why: format!("{}; noticed {since}.", trouble.text), act }
    }
}

impl HooksState {
    pub(super) fn new(webhook: Option<&Webhook>, now_ms: i64) -> HooksState {
        let Some(webhook) = webhook else { return HooksState::None };
        let ago = |at: i64| format::ago(at, now_ms, &TimeZone::UTC);
        let words = webhook.trouble.as_ref().map(|trouble| HookWords::of(trouble, now_ms));
        let is_registered = webhook.remote_id.is_some();
        // What was found before it was asked for anew is of before.
        let is_newest = webhook.checked_at.is_some_and(|at| at >= webhook.asked_at);
        match words {
            words if !webhook.is_wanted => {
                HooksState::Removing { words: words.filter(|_| is_newest) }
            }
            _ if !is_newest => HooksState::Asked,
            Some(words) => HooksState::Trouble { url: webhook.url(), words, is_registered },
            None => HooksState::Well {
                url: webhook.url(),
                heard: webhook.heard_at.map(ago),
                checked: webhook.checked_at.map(ago),
            },
        }
    }
}

/// What polling alone means, and what is added while a webhook is not well.
const LOST: &str = "Without it a changed ticket is seen by the next poll instead of within seconds; nothing else is lost.";

/// What the sync page says of a webhook that is not well.
pub(crate) fn sentence(webhook: &Webhook, now_ms: i64) -> Option<String> {
    let trouble = webhook.trouble.as_ref().filter(|_| webhook.is_wanted)?;
    let words = HookWords::of(trouble, now_ms);
    let polls = if webhook.remote_id.is_some() {
        "what changed is polled every 60 seconds until it is well again"
    } else {
        "polling alone finds changes"
    };
    Some(format!("{}: {polls}.", words.title))
}

impl HooksView {
    pub(super) fn section(&self) -> Markup {
        html! {
            section.section #webhooks {
                (section_head("Webhooks", Some(&html! { "Halo tells when a ticket changes" })))
                (self.words())
                @if !matches!(self.state, HooksState::Removing { .. }) { (self.form()) }
                @if self.may_remove() { div.form-foot { (self.remove()) } }
            }
        }
    }

    fn may_remove(&self) -> bool {
        !matches!(self.state, HooksState::None)
    }

    fn words(&self) -> Markup {
        match &self.state {
            HooksState::None => html! {
                p { "Almanac polls Halo for changes. With a webhook Halo says which ticket changed, and it is here within \
                     seconds. What a delivery says is never believed: the ticket is read again." }
                (self.plan())
            },
            HooksState::Asked => html! {
                p { "The webhook is being registered. " a href="#webhooks" { "Look again" } " in a moment." }
            },
            HooksState::Well { url, heard, checked } => html! {
                dl.facts {
                    dt { "Delivers to" } dd { code { (url) } }
                    dt { "Last told" } dd {
                        @match heard { Some(heard) => { (heard) }, None => { "nothing yet" } }
                    }
                    dt { "Looked at" } dd {
                        @match checked { Some(checked) => { (checked) }, None => { "not yet" } }
                        ", every 5 minutes"
                    }
                }
            },
            HooksState::Trouble { url, words, is_registered } => html! {
                (trouble_of(words, if *is_registered { "What changed is polled every 60 seconds until it is well again." } else { LOST }))
                p.text-2 { "Delivers to " code { (url) } }
            },
            HooksState::Removing { words } => html! {
                p { "The webhook is being removed from Halo." }
                @if let Some(words) = words { (trouble_of(words, "It is still in Halo. Almanac no longer asks for it.")) }
            },
        }
    }

    /// What registering does in Halo, before anybody presses the button.
    fn plan(&self) -> Markup {
        html! {
            dl.facts {
                dt { "In Halo it makes" } dd { "one webhook “Almanac”, and two notifications for it: a new ticket, a changed ticket" }
                dt { "It asks for" } dd { "all:standard and admin:webhooks on the application, for this alone; without them polling goes on" }
                dt { "It needs" } dd { "that Halo reaches the address below over the internet" }
                dt { "Each delivery" } dd { "is signed with a secret that is made here and kept sealed" }
            }
        }
    }

    fn form(&self) -> Markup {
        let faults: Vec<(&str, &str)> = self.faults.iter().collect();
        let label = match self.state {
            HooksState::None => "Register in Halo",
            _ => "Register again, with a new secret",
        };
        let button = Button { busy_label: Some("Asking"), ..Button::new(label) };
        html! {
            form.form method="post" action=(ConnectionWebhook {}.url()) {
                @if !faults.is_empty() {
                    (crate::components::field::form_summary(&faults, "Nothing is registered."))
                }
                (field(&Field {
                    help: Some("Where Halo reaches this Almanac, as seen from the internet."),
                    fault: self.faults.of("base_url"),
                    ..Field::new("base_url", "Address of this Almanac", &self.base_url, Input::Code { length_max: 300 })
                }))
                (submit(&button, None))
            }
        }
    }

    fn remove(&self) -> Markup {
        let button = Button {
            is_small: true,
            busy_label: Some("Asking"),
            ..Button::new("Remove from Halo")
        };
        act(&button, &ConnectionWebhookRemove {}.url(), &[])
    }
}

fn trouble_of(words: &HookWords, what: &str) -> Markup {
    html! {
        div role="alert" {
            (trouble(&Trouble {
                level: Level::Warning,
                title: words.title,
                what,
                why: &words.why,
                act: words.act,
                code: None,
                actions: None,
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_halo_cannot_use_is_refused_with_a_repair() {
        assert_eq!(base_url(" https://a.example/ ").as_deref(), Ok("https://a.example"));
        assert_eq!(
            base_url("https://a.example/almanac/").as_deref(),
            Ok("https://a.example/almanac")
        );
        assert_eq!(base_url("http://127.0.0.1:8080").as_deref(), Ok("http://127.0.0.1:8080"));
        let long = format!("https://{}.example", "x".repeat(400));
        for wrong in [
            "",
            "a.example",
            "http://a.example",
            "ftp://a.example",
            "https://a.example/?x=1",
            "https://u:p@a.example",
            "javascript:alert(1)",
            &long,
        ] {
            assert!(base_url(wrong).is_err_and(|repair| repair.contains("https")), "{wrong}");
        }
    }

    #[test]
    fn a_guess_is_what_the_browser_asked() {
        let of = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().expect("a header"));
            guess(&headers)
        };
        assert_eq!(of("almanac.example"), "https://almanac.example");
        assert_eq!(of("127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(of("a b"), "");
    }
}
