//! A person's own account: name, how pages look, password, sessions.

mod view;

use almanac_store::{NewPassword, ThrottleKey};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{AccountView, SessionLine};
use crate::error::{WebError, see_other};
use crate::extract::{Faults, Form, SESSION_COOKIE, SESSION_LIMITS, Visitor, clear_cookie};
use crate::flash::said;
use crate::page::Chrome;
use crate::person::{check_name, check_password};
use crate::places::Account;
use crate::preferences::{Density, Preferences, Theme};
use crate::route::{Access, Route, Routes, routes};
use crate::sign_in::SignIn;
use crate::state::WebState;

#[cfg(test)]
pub(crate) use self::view::samples;

routes! {
    /// Changes the name and how pages look.
    AccountProfile {} => "/account/profile";
    /// Changes the password.
    AccountPassword {} => "/account/password";
    /// Ends one session.
    AccountSessionEnd { session: Uuid } => "/account/sessions/{session}/end";
    /// Ends every session, this one too.
    AccountSignOutEverywhere {} => "/account/sign-out-everywhere";
}

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get::<Account, _, _>(Access::SignedIn, get)
        .post::<AccountProfile, _, _>(Access::SignedIn, profile)
        .post::<AccountPassword, _, _>(Access::SignedIn, password)
        .post::<AccountSessionEnd, _, _>(Access::SignedIn, session_end)
        .post::<AccountSignOutEverywhere, _, _>(Access::SignedIn, sign_out_everywhere)
}

async fn get(
    visitor: Visitor,
    chrome: Chrome,
    State(web): State<WebState>,
) -> Result<Response, WebError> {
    Ok(view(&visitor, &web, Faults::default()).await?.page(&chrome).into_response())
}

async fn view(visitor: &Visitor, web: &WebState, faults: Faults) -> Result<AccountView, WebError> {
    let user = &visitor.signed_in.user;
    let current = visitor.signed_in.session.id;
    let now_ms = web.now_ms();
    let sessions = visitor.store.session_list(user.id, now_ms, SESSION_LIMITS).await?;
    Ok(AccountView {
        name: user.name.clone(),
        email: user.email.clone(),
        role: user.role.title(),
        preferences: Preferences::read(&user.preferences),
        sessions: sessions
            .iter()
            .map(|session| SessionLine::new(session, session.id == current, now_ms))
            .collect(),
        faults,
    })
}

#[derive(Debug, Deserialize)]
struct ProfileForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    theme: Theme,
    #[serde(default)]
    density: Density,
    #[serde(default)]
    are_keys_off: bool,
}

async fn profile(
    visitor: Visitor,
    chrome: Chrome,
    State(web): State<WebState>,
    Form(form): Form<ProfileForm>,
) -> Result<Response, WebError> {
    let Some(name) = check_name(&form.name) else {
        let mut faults = Faults::default();
        faults.add("name", "Give the name your colleagues know you by, up to 120 characters.");
        let mut view = view(&visitor, &web, faults).await?;
        view.name = form.name;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page(&chrome)).into_response());
    };
    let user = &visitor.signed_in.user;
    let mut preferences = Preferences::read(&user.preferences);
    preferences.theme = form.theme;
    preferences.density = form.density;
    preferences.are_keys_off = form.are_keys_off;
    visitor.store.user_set_name(user.id, name, visitor.by(&web)).await?;
    visitor.store.user_set_preferences(user.id, &preferences.to_text()).await?;
    Ok(said(see_other(&Account {}.url()), "Your account is saved."))
}

#[derive(Debug, Deserialize)]
struct PasswordForm {
    #[serde(default)]
    password: String,
    #[serde(default)]
    new_password: String,
}

async fn password(
    visitor: Visitor,
    chrome: Chrome,
    State(web): State<WebState>,
    Form(form): Form<PasswordForm>,
) -> Result<Response, WebError> {
    let user = &visitor.signed_in.user;
    let mut faults = Faults::default();
    let new = faults.check("new_password", check_password(form.new_password));
    let keys = [ThrottleKey::Account(user.email.clone())];
    if web.store.throttle_begin(&keys, web.now_ms()).await? > 0 {
        faults.add("password", "Too many wrong passwords. Wait a minute, then try again.");
    } else if visitor.store.user_password_matches(user.id, &form.password.into()).await? {
        web.store.throttle_clear(&keys).await?;
    } else {
        faults.add("password", "This is not your present password.");
    }
    let (Some(password), true) = (new, faults.is_empty()) else {
        let view = view(&visitor, &web, faults).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page(&chrome)).into_response());
    };
    let keep_session = Some(visitor.signed_in.session.id);
    let new = NewPassword { user: user.id, password, keep_session, by: visitor.by(&web) };
    visitor.store.user_set_password(new).await?;
    let text = "Your password is changed. Every other session has ended.";
    Ok(said(see_other(&Account {}.url()), text))
}

async fn session_end(
    visitor: Visitor,
    State(web): State<WebState>,
    Path(route): Path<AccountSessionEnd>,
) -> Result<Response, WebError> {
    let (user, by) = (visitor.signed_in.user.id, visitor.by(&web));
    let is_ended = visitor.store.session_end(user, route.session, by).await?;
    if !is_ended {
        return Err(WebError::NotFound);
    }
    Ok(said(see_other(&Account {}.url()), "The session has ended."))
}

async fn sign_out_everywhere(
    visitor: Visitor,
    State(web): State<WebState>,
) -> Result<Response, WebError> {
    let user = visitor.signed_in.user.id;
    visitor.store.session_end_all(user, None, visitor.by(&web)).await?;
    let mut response = see_other(&SignIn {}.url());
    response.headers_mut().append(SET_COOKIE, clear_cookie(SESSION_COOKIE));
    Ok(response)
}
