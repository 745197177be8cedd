//! What an error looks like: what happened, why, what to do.

use almanac_model::role::Permission;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::components::banner::Level;
use crate::components::button::{Button, link_button};
use crate::components::trouble::{Trouble, trouble_page};
use crate::error::WebError;
use crate::page::bare_page;
use crate::places;
use crate::route::Route;

/// An address that no route has.
pub(crate) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, render(&WebError::NotFound)).into_response()
}

/// The page of an error.
pub(crate) fn render(error: &WebError) -> Markup {
    let home = html! { (link_button(&Button::primary("Open the portfolio"), &places::Portfolio {}.url())) };
    let code = error.code();
    let mut view = Trouble {
        level: Level::Warning,
        title: "This page could not be made",
        what: "Nothing was changed and nothing is lost.",
        why: "Almanac could not read its database.",
        act: "Try again in a minute. If it stays, tell your administrator the code.",
        code: code.as_deref(),
        actions: Some(home),
    };
    let who;
    match error {
        WebError::NotFound => {
            view.title = "There is nothing at this address";
            view.what = "Either it never was, it was removed in Halo, or it belongs to a client that you don't see.";
            view.why = "Almanac says no more than that about what you may not see.";
            view.act = "Search for it by name or serial number, or go back.";
        }
        WebError::Forbidden(permission) => {
            who = forbidden(*permission);
            view.title = "You may not do this";
            view.what = "Nothing was changed.";
            view.why = &who.0;
            view.act = &who.1;
        }
        WebError::BadForm(_) => {
            view.title = "The form could not be read";
            view.why =
                "The browser sent it in a form that Almanac does not know, or a field is missing.";
            view.act = "Go back, load the page again, and send the form once more.";
        }
        WebError::Export(_) => {
            view.title = "The file could not be made";
            view.why = "Almanac could not write it.";
        }
        WebError::SignIn { .. } | WebError::Store(_) | WebError::Fleet(_) => {}
    }
    bare_page(view.title, &trouble_page(&view))
}

/// The right that is missing, and who can give it.
fn forbidden(permission: Permission) -> (String, String) {
    let roles: Vec<&str> = permission.roles().iter().map(|role| role.title()).collect();
    (
        format!("Your role does not let you {}.", permission.title()),
        format!("Ask an owner for another role. These have the right: {}.", roles.join(", ")),
    )
}

/// Every error's page.
#[cfg(test)]
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    vec![
        ("error-not-found", render(&WebError::NotFound)),
        ("error-forbidden", render(&WebError::Forbidden(Permission::EditRules))),
        ("error-bad-form", render(&WebError::BadForm("missing field".to_owned()))),
    ]
}
