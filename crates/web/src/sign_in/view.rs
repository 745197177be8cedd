//! What the sign-in pages say.

use maud::{Markup, html};

use super::{Onward, SignIn};
use crate::components::button::{Button, hidden_fields, submit};
use crate::components::field::{Field, Input, field};
use crate::keep_typed::Kept;
use crate::page::bare_page;
use crate::route::Route;

/// The sign-in page.
#[derive(Debug, Default)]
pub(super) struct SignInView {
    /// As typed.
    pub(super) email: String,
    /// Where to go on afterwards.
    pub(super) onward: Onward,
    /// Whether address and password did not fit.
    pub(super) is_refused: bool,
    /// How long to wait before the next attempt.
    pub(super) wait_seconds: Option<i64>,
    /// Whether the choice of an MSP came too late.
    pub(super) is_late: bool,
    /// What a demo says of its sign-in.
    pub(super) hint: Option<String>,
}

impl SignInView {
    pub(super) fn page(&self) -> Markup {
        let wait = self.wait_seconds.map(|seconds| {
            format!("Too many attempts. Wait {}, then try again.", in_words(seconds))
        });
        let refused = match self {
            _ if self.is_refused => Some(
                "The address and the password do not fit. Check both; capitals count in the password.",
            ),
            _ if self.is_late => Some("That took too long to stay safe. Sign in once more."),
            _ => None,
        };
        bare_page(
            "Sign in",
            &html! {
                h1 { "Sign in" }
                @if let Some(hint) = &self.hint { p.hint { (hint) } }
                form.form method="post" action=(SignIn {}.url()) {
                    (onward_fields(&self.onward))
                    (field(&Field {
                        autocomplete: "username",
                        ..Field::new("email", "E-mail address", &self.email, Input::Email)
                    }))
                    (field(&Field {
                        autocomplete: "current-password",
                        fault: wait.as_deref().or(refused),
                        ..Field::new("password", "Password", "", Input::Secret)
                    }))
                    (submit(&Button::primary("Sign in"), None))
                }
            },
        )
    }
}

/// What a form gets that was sent after its session ended.
pub(super) struct SessionEndedView {
    /// The form.
    pub(super) kept: Kept,
    /// What a demo says of its sign-in.
    pub(super) hint: Option<String>,
}

impl SessionEndedView {
    pub(super) fn page(&self) -> Markup {
        bare_page(
            "Your session has ended",
            &html! {
                h1 { "Your session has ended" }
                p {
                    "What you typed is kept on this page and nothing of it is saved yet. Sign in to go on."
                    @if !self.kept.secrets.is_empty() { " Secrets are not kept: you type them again." }
                }
                @if let Some(hint) = &self.hint { p.hint { (hint) } }
                form.form method="post" action=(SignIn {}.url()) {
                    (kept_fields(Some(&self.kept)))
                    (field(&Field {
                        autocomplete: "username",
                        ..Field::new("email", "E-mail address", "", Input::Email)
                    }))
                    (field(&Field {
                        autocomplete: "current-password",
                        ..Field::new("password", "Password", "", Input::Secret)
                    }))
                    (submit(&Button::primary("Sign in and go on"), None))
                }
            },
        )
    }
}

/// After the sign-in, a kept form waits for one more click: a page must not change things by itself.
pub(super) fn go_on(kept: &Kept) -> Markup {
    let fields: Vec<(&str, &str)> =
        kept.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    bare_page(
        "Go on where you were",
        &html! {
            h1 { "You are signed in again" }
            p {
                "Your form is still here and was not sent."
                @if !kept.secrets.is_empty() { " Secrets are not kept: type them again." }
            }
            form.form method="post" action=(kept.action) {
                (hidden_fields(&fields))
                @for name in &kept.secrets { (secret_again(name)) }
                (submit(&Button::primary("Send the form now"), None))
                " "
                a href="/" { "Discard it" }
            }
        },
    )
}

/// A secret that is typed again. Left empty, some forms would go on with what is stored, so the
/// browser asks for it.
fn secret_again(name: &str) -> Markup {
    let label = match name {
        "password" => "Password",
        "new_password" => "New password",
        "client_secret" => "Client secret",
        _ => "Secret",
    };
    html! {
        div.field {
            label for=(name) { (label) }
            input.input type="password" id=(name) name=(name) autocomplete="off" required;
        }
    }
}

/// Where a sign-in leads, as hidden fields.
pub(super) fn onward_fields(onward: &Onward) -> Markup {
    html! {
        input type="hidden" name="next" value=(onward.next);
        (kept_fields(onward.kept.as_ref()))
    }
}

fn kept_fields(kept: Option<&Kept>) -> Markup {
    html! {
        @if let Some(kept) = kept {
            input type="hidden" name="kept_action" value=(kept.action);
            input type="hidden" name="kept" value=(kept.to_text());
            @if !kept.secrets.is_empty() {
                input type="hidden" name="kept_secrets" value=(kept.secrets_text());
            }
            @if let Some(tenant) = kept.tenant {
                input type="hidden" name="kept_tenant" value=(tenant.0);
            }
        }
    }
}

/// Seconds as a person says them.
fn in_words(seconds: i64) -> String {
    match seconds {
        ..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", (seconds + 59) / 60),
    }
}

/// These pages in the states that matter.
#[cfg(test)]
pub(super) fn samples() -> Vec<(&'static str, Markup)> {
    use crate::components::sample::HOSTILE;
    let kept = Kept {
        action: "/account/profile".to_owned(),
        fields: vec![("name".to_owned(), HOSTILE.to_owned())],
        secrets: vec!["new_password".to_owned(), HOSTILE.to_owned()],
        tenant: None,
    };
    let typed = || SignInView { email: HOSTILE.to_owned(), ..SignInView::default() };
    vec![
        ("sign-in", SignInView::default().page()),
        ("sign-in-refused", SignInView { is_refused: true, ..typed() }.page()),
        ("sign-in-late", SignInView { is_late: true, ..typed() }.page()),
        ("sign-in-throttled", SignInView { wait_seconds: Some(95), ..typed() }.page()),
        ("session-ended", SessionEndedView { kept: kept.clone(), hint: None }.page()),
        ("session-go-on", go_on(&kept)),
    ]
}
