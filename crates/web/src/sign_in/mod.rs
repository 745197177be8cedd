//! Signing in and out.
//!
//! An address and a password that do not fit are told in the same words and after the same time,
//! whether or not anyone has that address. Attempts are slowed by account and by address, in the
//! database, so that any number of nodes count together. A password that is right in several
//! tenants leads to the question which of them is meant (`choice.rs`).

mod choice;
mod view;

use std::net::{IpAddr, SocketAddr};

use almanac_model::id::TenantId;
use almanac_store::{NewSession, TenantStore, ThrottleKey, User};
use axum::extract::{ConnectInfo, State};
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query;
use maud::Markup;
use secrecy::SecretString;
use serde::Deserialize;

use self::choice::SignInChoice;
use self::view::{SessionEndedView, SignInView};
use crate::error::{WebError, see_other};
use crate::extract::{
    Form, SESSION_COOKIE, SESSION_LIMITS, Visitor, clear_cookie, new_token, set_cookie,
};
use crate::flash::said;
use crate::keep_typed::Kept;
use crate::route::{Access, Route, Routes, routes};
use crate::state::WebState;

/// Every page of this area in the states that matter.
#[cfg(test)]
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    [view::samples(), choice::samples()].concat()
}

routes! {
    /// Where a person signs in.
    SignIn {} => "/sign-in";
    /// Ends the session.
    SignOut {} => "/sign-out";
}

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get::<SignIn, _, _>(Access::Public, get)
        .post::<SignIn, _, _>(Access::Public, post)
        .post::<SignInChoice, _, _>(Access::Public, choice::post)
        .post::<SignOut, _, _>(Access::SignedIn, sign_out)
}

/// The sign-in page that leads on to `next`.
pub(crate) fn url_with_next(next: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", next);
    format!("{}?{}", SignIn {}.url(), query.finish())
}

#[derive(Debug, Default, Deserialize)]
struct Go {
    next: Option<String>,
}

async fn get(
    State(web): State<WebState>,
    Query(go): Query<Go>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    if web.options.setup_code.is_some() && web.store.is_empty().await? {
        return Ok(see_other(&crate::setup::Setup {}.url()));
    }
    let next = local(go.next);
    if Visitor::find(&web, &Method::GET, &headers).await?.is_some() {
        return Ok(see_other(&next));
    }
    let onward = Onward { next, kept: None };
    let hint = web.options.demo_hint.clone();
    let view = SignInView { onward, hint, ..SignInView::default() };
    Ok(view.page().into_response())
}

#[derive(Debug, Deserialize)]
struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(flatten)]
    onward: OnwardForm,
}

/// The hidden fields of where a sign-in leads.
#[derive(Debug, Default, Deserialize)]
struct OnwardForm {
    next: Option<String>,
    kept_action: Option<String>,
    kept: Option<String>,
    kept_secrets: Option<String>,
    kept_tenant: Option<String>,
}

/// Where a sign-in leads.
#[derive(Debug, Default)]
struct Onward {
    /// The page that was asked for.
    next: String,
    /// A form that goes on after the sign-in.
    kept: Option<Kept>,
}

impl OnwardForm {
    fn read(self) -> Onward {
        let tenant = self.kept_tenant.and_then(|tenant| tenant.parse().ok()).map(TenantId);
        let kept = self.kept_action.map(|action| {
            Kept::read(&local(Some(action)), self.kept.unwrap_or_default().as_bytes(), tenant)
                .with_secrets(&self.kept_secrets.unwrap_or_default())
        });
        Onward { next: local(self.next), kept }
    }
}

async fn post(
    State(web): State<WebState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, WebError> {
    let address = address_of(&web, peer, &headers);
    let keys = [ThrottleKey::Account(form.email.clone()), ThrottleKey::Address(address)];
    let onward = form.onward.read();
    let mut view = SignInView { email: form.email, onward, ..SignInView::default() };
    view.hint.clone_from(&web.options.demo_hint);
    let wait_ms = web.store.throttle_begin(&keys, web.now_ms()).await?;
    if wait_ms > 0 {
        view.wait_seconds = Some((wait_ms + 999) / 1_000);
        return Ok((StatusCode::TOO_MANY_REQUESTS, view.page()).into_response());
    }
    let password = SecretString::from(form.password);
    let found = web.store.sign_in(&view.email, &password).await?;
    if !found.is_empty() {
        web.store.throttle_clear(&keys).await?;
    }
    let Some((tenant, user)) = choice::only(&found, view.onward.kept.as_ref()) else {
        if !found.is_empty() {
            return choice::ask(&web, &found, &view.onward).await;
        }
        view.is_refused = true;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page()).into_response());
    };
    let store = web.store.tenant(*tenant);
    let Some(cookie) = begin_session(&web, &store, user, address, &headers).await? else {
        view.is_refused = true;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page()).into_response());
    };
    Ok(go_on(*tenant, &view.onward, cookie))
}

/// What follows a sign-in: the form that was kept, in its own tenant, or the page asked for.
fn go_on(tenant: TenantId, onward: &Onward, cookie: HeaderValue) -> Response {
    let mut response = match &onward.kept {
        Some(kept) if kept.tenant.is_none_or(|own| own == tenant) => {
            view::go_on(kept).into_response()
        }
        Some(_) => {
            let text = "You signed in to another MSP, so the form that you had open was not sent.";
            said(see_other("/"), text)
        }
        None => see_other(&onward.next),
    };
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}

/// Whether a form sent here may hold another form.
pub(crate) fn carries_kept(uri: &Uri) -> bool {
    [SignIn::PATH, SignInChoice::PATH].contains(&uri.path())
}

/// Begins a session; its cookie. `None` when the password was changed meanwhile.
pub(crate) async fn begin_session(
    web: &WebState,
    store: &TenantStore,
    user: &User,
    address: IpAddr,
    headers: &HeaderMap,
) -> Result<Option<HeaderValue>, WebError> {
    let (cookie, token_sha256) = new_token(store.id());
    let user_agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let new = NewSession {
        user,
        token_sha256,
        address: &address.to_string(),
        user_agent: user_agent.unwrap_or_default(),
        limits: SESSION_LIMITS,
        at_ms: web.now_ms(),
    };
    let session = store.session_create(new).await?;
    let age_seconds = SESSION_LIMITS.age_ms_max / 1_000;
    Ok(session.map(|_| set_cookie(SESSION_COOKIE, &cookie, age_seconds)))
}

async fn sign_out(visitor: Visitor, State(web): State<WebState>) -> Result<Response, WebError> {
    let session = &visitor.signed_in.session;
    visitor.store.session_end(session.user, session.id, visitor.by(&web)).await?;
    let mut response = see_other(&SignIn {}.url());
    response.headers_mut().append(SET_COOKIE, clear_cookie(SESSION_COOKIE));
    Ok(response)
}

/// What a form gets that was sent without a session.
pub(crate) fn session_ended(web: &WebState, kept: &Kept) -> Markup {
    SessionEndedView { kept: kept.clone(), hint: web.options.demo_hint.clone() }.page()
}

/// Only addresses of this server: a link must not lead a person who just signed in elsewhere.
pub(crate) fn local(next: Option<String>) -> String {
    let is_local = |next: &String| {
        next.starts_with('/')
            && !next.starts_with("//")
            && !next.contains('\\')
            && next.bytes().all(|byte| byte.is_ascii_graphic())
    };
    next.filter(is_local).unwrap_or_else(|| "/".to_owned())
}

/// Where the request came from, as far as can be told.
pub(crate) fn address_of(web: &WebState, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let is_behind_proxy = web.options.is_behind_proxy;
    is_behind_proxy.then(|| forwarded_for(headers)).flatten().unwrap_or_else(|| peer.ip())
}

/// The last entry of the last line is the one that the operator's own proxy wrote; those before it
/// came with the request. Some proxies give a port too.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let line = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let entry = line.rsplit(',').next()?.trim();
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    entry.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_cannot_choose_its_address() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded_for(&headers), None);
        headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.9"));
        headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.9, 192.0.2.1:443"));
        assert_eq!(forwarded_for(&headers), Some(IpAddr::from([192, 0, 2, 1])));
        headers.append("x-forwarded-for", HeaderValue::from_static("not an address"));
        assert_eq!(forwarded_for(&headers), None);
    }

    #[test]
    fn a_sign_in_leads_to_this_server_only() {
        for foreign in ["//evil.example", "https://evil.example", "/\\evil", "", "x", "/a b"] {
            assert_eq!(local(Some(foreign.to_owned())), "/", "{foreign}");
        }
        assert_eq!(local(Some("/clients?sort=name".to_owned())), "/clients?sort=name");
        assert_eq!(url_with_next("/a?b=c&d"), "/sign-in?next=%2Fa%3Fb%3Dc%26d");
    }
}
