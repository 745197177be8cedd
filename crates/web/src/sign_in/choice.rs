//! Which MSP is meant, when one password is right in several.
//!
//! The page lists those tenants only whose account took this password: of the others nothing is
//! said. Until the choice there is no session; a cookie holds the proof for a few minutes.

use std::net::SocketAddr;

use almanac_model::id::TenantId;
use almanac_store::{Tenant, User};
use axum::extract::{ConnectInfo, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::view::{SignInView, onward_fields};
use super::{Onward, OnwardForm, address_of, begin_session, go_on};
use crate::components::button::{Button, submit};
use crate::error::WebError;
use crate::extract::{Form, clear_cookie, cookie, set_cookie};
use crate::keep_typed::Kept;
use crate::page::bare_page;
use crate::route::{Route, routes};
use crate::state::WebState;

routes! {
    /// Where a person says which MSP is meant.
    SignInChoice {} => "/sign-in/msp";
}

/// Holds the proof that a password was right.
const CHOICE_COOKIE: &str = "__Host-almanac-choice";

/// As long as the proof holds.
const CHOICE_SECONDS: i64 = 300;

/// An MSP to choose.
struct Choice {
    tenant: Tenant,
    /// What the person is there.
    role: &'static str,
}

/// The account that a sign-in is for, where that needs no question: the only one, or the one that
/// a kept form belongs to.
pub(super) fn only<'a>(
    found: &'a [(TenantId, User)],
    kept: Option<&Kept>,
) -> Option<&'a (TenantId, User)> {
    let own = kept.and_then(|kept| kept.tenant);
    match found {
        [only] => Some(only),
        _ => found.iter().find(|(tenant, _)| Some(*tenant) == own),
    }
}

/// Asks which MSP is meant.
pub(super) async fn ask(
    web: &WebState,
    found: &[(TenantId, User)],
    onward: &Onward,
) -> Result<Response, WebError> {
    let proof = web.store.sign_in_proof(found, web.now_ms())?;
    let mut response = page(&choices(web, found).await?, onward, false).into_response();
    let cookie = set_cookie(CHOICE_COOKIE, &proof, CHOICE_SECONDS);
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

async fn choices(web: &WebState, found: &[(TenantId, User)]) -> Result<Vec<Choice>, WebError> {
    let mut choices = Vec::new();
    for (tenant, user) in found {
        let tenant = web.store.tenant_by_id(*tenant).await?;
        choices.extend(tenant.map(|tenant| Choice { tenant, role: user.role.title() }));
    }
    choices.sort_by(|a, b| (&a.tenant.name, a.tenant.id).cmp(&(&b.tenant.name, b.tenant.id)));
    Ok(choices)
}

#[derive(Debug, Deserialize)]
pub(super) struct ChoiceForm {
    #[serde(default)]
    tenant: String,
    #[serde(flatten)]
    onward: OnwardForm,
}

pub(super) async fn post(
    State(web): State<WebState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<ChoiceForm>,
) -> Result<Response, WebError> {
    let onward = form.onward.read();
    let proof = cookie(&headers, CHOICE_COOKIE).unwrap_or_default();
    let found = web.store.sign_in_proven(proof, web.now_ms()).await?;
    if found.is_empty() {
        return Ok(late(&web, onward));
    }
    let wanted = form.tenant.parse().ok().map(TenantId);
    let Some((tenant, user)) = found.iter().find(|(tenant, _)| Some(*tenant) == wanted) else {
        let page = page(&choices(&web, &found).await?, &onward, true);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let store = web.store.tenant(*tenant);
    let address = address_of(&web, peer, &headers);
    let Some(session) = begin_session(&web, &store, user, address, &headers).await? else {
        return Ok(late(&web, onward));
    };
    let mut response = go_on(*tenant, &onward, session);
    response.headers_mut().append(SET_COOKIE, clear_cookie(CHOICE_COOKIE));
    Ok(response)
}

/// The proof holds no longer: the sign-in page, with everything but the password.
fn late(web: &WebState, onward: Onward) -> Response {
    let hint = web.options.demo_hint.clone();
    let view = SignInView { onward, is_late: true, hint, ..SignInView::default() };
    (StatusCode::UNPROCESSABLE_ENTITY, view.page()).into_response()
}

fn page(choices: &[Choice], onward: &Onward, is_refused: bool) -> Markup {
    bare_page(
        "Which MSP?",
        &html! {
            h1 { "Which MSP?" }
            p { "Your address and password are right for more than one. Each keeps its data to itself." }
            @if is_refused { p.is-over role="alert" { "Choose one of these." } }
            form.form method="post" action=(SignInChoice {}.url()) {
                (onward_fields(onward))
                @for choice in choices {
                    div {
                        @let number = choice.tenant.id.0.to_string();
                        (submit(&Button::new(&choice.tenant.name), Some(("tenant", &number))))
                        p.hint { (choice.tenant.slug) ", as " (choice.role) }
                    }
                }
            }
        },
    )
}

/// The page in the states that matter.
#[cfg(test)]
pub(super) fn samples() -> Vec<(&'static str, Markup)> {
    use crate::components::sample::HOSTILE;
    let choice = |id, name: &str, role| Choice {
        tenant: Tenant {
            id: TenantId(id),
            slug: format!("msp-{id}"),
            name: name.to_owned(),
            created_at: 0,
        },
        role,
    };
    let choices = [choice(1, "Calder Ridge IT", "Owner"), choice(2, HOSTILE, "Read only")];
    let onward = Onward { next: "/clients".to_owned(), kept: None };
    vec![
        ("sign-in-choice", page(&choices, &onward, false)),
        ("sign-in-choice-refused", page(&choices, &onward, true)),
    ]
}
