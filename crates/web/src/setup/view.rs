//! What the first page of a new Almanac says.

use maud::{Markup, html};

use super::Setup;
use crate::components::button::{Button, submit};
use crate::components::field::{Field, Input, field, form_summary};
use crate::extract::Faults;
use crate::page::bare_page;
use crate::route::Route;

/// The set-up form.
#[derive(Debug, Default)]
pub(super) struct SetupView {
    /// The MSP's name, as typed.
    pub(super) msp: String,
    /// The owner's address, as typed.
    pub(super) email: String,
    /// What is wrong.
    pub(super) faults: Faults,
}

impl SetupView {
    pub(super) fn page(&self) -> Markup {
        let faults: Vec<(&str, &str)> = self.faults.iter().collect();
        bare_page(
            "Set up Almanac",
            &html! {
                h1 { "Set up Almanac" }
                p { "Name your MSP and become its owner. Halo is connected on the next page, for reading only." }
                @if !faults.is_empty() { (form_summary(&faults, "Nothing is saved yet.")) }
                form.form method="post" action=(Setup {}.url()) {
                    (field(&Field {
                        help: Some("The server printed it when it started, after “Set-up code:”."),
                        fault: self.faults.of("code"),
                        autocomplete: "one-time-code",
                        ..Field::new("code", "Set-up code", "", Input::Code { length_max: 64 })
                    }))
                    (field(&Field {
                        help: Some("Clients see it on what you give them."),
                        fault: self.faults.of("msp"),
                        autocomplete: "organization",
                        ..Field::new("msp", "Name of your MSP", &self.msp, Input::Text { length_max: 120 })
                    }))
                    (field(&Field {
                        fault: self.faults.of("email"),
                        autocomplete: "username",
                        ..Field::new("email", "Your e-mail address", &self.email, Input::Email)
                    }))
                    (field(&Field {
                        help: Some("At least 12 characters; four words are easy to remember."),
                        fault: self.faults.of("password"),
                        autocomplete: "new-password",
                        ..Field::new("password", "Password", "", Input::Secret)
                    }))
                    (submit(&Button::primary("Create the MSP"), None))
                }
            },
        )
    }
}

/// Every page of this area in the states that matter.
#[cfg(test)]
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    use crate::components::sample::HOSTILE;
    let mut faults = Faults::default();
    faults.add("code", "Copy the code from the server's output.");
    faults.add("password", "Use at least 12 characters.");
    let wrong = SetupView { msp: HOSTILE.to_owned(), email: HOSTILE.to_owned(), faults };
    vec![("setup", SetupView::default().page()), ("setup-faults", wrong.page())]
}
