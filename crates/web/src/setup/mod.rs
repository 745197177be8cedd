//! First run: the first person names the MSP and becomes its owner.
//!
//! Whoever can read the server's output is the operator: the set-up code printed there is asked
//! for, so that nobody else can claim a server that was just started.

mod view;

use std::net::SocketAddr;

use almanac_store::{NewTenant, ThrottleKey};
use axum::extract::{ConnectInfo, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use self::view::SetupView;
use crate::error::{WebError, see_other};
use crate::extract::Form;
use crate::person::{check_email, check_name, check_password};
use crate::route::{Access, Route, Routes, routes};
use crate::sign_in::{SignIn, address_of, begin_session};
use crate::state::WebState;

#[cfg(test)]
pub(crate) use self::view::samples;

routes! {
    /// The first page of a new Almanac.
    Setup {} => "/setup";
}

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get::<Setup, _, _>(Access::Public, get).post::<Setup, _, _>(Access::Public, post)
}

async fn get(State(web): State<WebState>) -> Result<Response, WebError> {
    if !is_open(&web).await? {
        return Ok(see_other(&SignIn {}.url()));
    }
    Ok(SetupView::default().page().into_response())
}

#[derive(Debug, Deserialize)]
struct SetupForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    msp: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

async fn post(
    State(web): State<WebState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<SetupForm>,
) -> Result<Response, WebError> {
    if !is_open(&web).await? {
        return Ok(see_other(&SignIn {}.url()));
    }
    let now_ms = web.now_ms();
    let mut view = SetupView { msp: form.msp, email: form.email, ..SetupView::default() };
    let address = address_of(&web, peer, &headers);
    let keys = [ThrottleKey::Address(address)];
    if web.store.throttle_begin(&keys, now_ms).await? > 0 {
        view.faults.add("code", "Too many codes were tried. Wait a minute, then try again.");
    } else if !is_code(&web, &form.code) {
        view.faults
            .add("code", "Copy the code from the server's output; it begins a new line there.");
    }
    if check_name(&view.msp).is_none() {
        view.faults.add("msp", "Give the name your clients know you by, up to 120 characters.");
    }
    let email = view.faults.check("email", check_email(&view.email));
    let password = view.faults.check("password", check_password(form.password));
    let (Some(email), Some(password)) = (email, password) else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page()).into_response());
    };
    if !view.faults.is_empty() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page()).into_response());
    }
    let new = NewTenant {
        name: view.msp.trim().to_owned(),
        owner_email: email.clone(),
        owner_name: String::new(),
        owner_password: password.clone(),
        at_ms: now_ms,
    };
    let Some(tenant) = web.store.tenant_create_first(new).await? else {
        return Ok(see_other(&SignIn {}.url()));
    };
    web.store.throttle_clear(&keys).await?;
    let store = web.store.tenant(tenant.id);
    let mut response = see_other("/");
    if let Some(user) = store.user_verify(&email, &password).await?
        && let Some(cookie) = begin_session(&web, &store, &user, address, &headers).await?
    {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Set-up is open while there is no MSP at all.
async fn is_open(web: &WebState) -> Result<bool, WebError> {
    Ok(web.options.setup_code.is_some() && web.store.is_empty().await?)
}

/// Compared by hash, so that the time tells nothing of how much was right.
fn is_code(web: &WebState, typed: &str) -> bool {
    let hash = |text: &str| Sha256::digest(text.trim().to_lowercase());
    let is = |code: &SecretString| hash(code.expose_secret()) == hash(typed);
    web.options.setup_code.as_ref().is_some_and(is)
}
