//! What an error looks like: what happened, why, what to do.

use almanac_model::role::Permission;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::Next;
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

/// Gives words to what was refused before a handler was asked: a form from another site, a method
/// that an address does not take, an address that is no text, an answer that took too long.
/// Programs' own addresses keep their short answers.
pub(crate) async fn in_words(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_page = !["/api/", "/static/", "/healthz", "/readyz", "/webhooks/"]
        .iter()
        .any(|own| path.starts_with(own));
    let response = next.run(request).await;
    let status = response.status();
    let is_html = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_page || is_html || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING] {
        parts.headers.remove(name);
    }
    let page = match status {
        StatusCode::NOT_FOUND => render(&WebError::NotFound),
        status => refused(status),
    };
    (status, parts.headers, page).into_response()
}

/// Keeps NUL out of addresses: PostgreSQL has no text with one and a page cannot show it. Nothing is
/// at a path with one; in a parameter it becomes the sign for what is no text.
pub(crate) async fn without_nul(mut request: Request, next: Next) -> Response {
    const NUL: &str = "%00";
    let uri = request.uri();
    if uri.path().contains(NUL) {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some(query) = uri.query().filter(|query| query.contains(NUL)) {
        let mended = format!("{}?{}", uri.path(), query.replace(NUL, "%EF%BF%BD"));
        *request.uri_mut() = mended.parse().expect("an address with other digits is one");
    }
    next.run(request).await
}

/// The page of what was refused before a handler was asked.
fn refused(status: StatusCode) -> Markup {
    let home = html! { (link_button(&Button::primary("Open the portfolio"), &places::Portfolio {}.url())) };
    let (title, why, act) = match status {
        StatusCode::FORBIDDEN => (
            "The form came from another site",
            "Your browser says that a page of another address sent it.",
            "If you did send it, open Almanac again and fill the form in there.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            "This address takes no such request",
            "It is part of a form, not a page.",
            "Go back and use the form, or open the portfolio.",
        ),
        status if status.is_client_error() => (
            "The request could not be read",
            "The address or the form holds what is no text.",
            "Go back, load the page again, and try once more.",
        ),
        _ => (
            "That took too long",
            "Almanac is busy or cannot reach its database.",
            "Try again in a minute. If it stays, tell your administrator.",
        ),
    };
    let view = Trouble {
        level: Level::Warning,
        title,
        what: "Nothing was changed.",
        why,
        act,
        code: None,
        actions: Some(home),
    };
    bare_page(title, &trouble_page(&view))
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
        WebError::TooLarge => {
            view.title = "That is more than a form can hold";
            view.what = "Nothing was changed.";
            view.why = "A form takes up to 256 kB, which is more than a long text.";
            view.act = "Go back, shorten what you pasted, and send the form once more.";
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
        ("error-too-large", render(&WebError::TooLarge)),
        ("error-refused-foreign", refused(StatusCode::FORBIDDEN)),
        ("error-refused-method", refused(StatusCode::METHOD_NOT_ALLOWED)),
        ("error-refused-unread", refused(StatusCode::BAD_REQUEST)),
        ("error-refused-late", refused(StatusCode::SERVICE_UNAVAILABLE)),
        ("error-bad-form", render(&WebError::BadForm("missing field".to_owned()))),
    ]
}
