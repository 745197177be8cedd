//! Changing a user. Each handler asks first whether the visitor may change this user at all.

use almanac_fleet::Moment;
use almanac_model::id::RemoteId;
use almanac_store::{NewPassword, StoreError, User};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use uuid::Uuid;

use super::form::role_of;
use super::{
    Managing, OnceView, UserActive, UserClients, UserPage, UserPassword, UserRole, UserSignOut,
    fault_of, new_password, person_view, roles_to_give,
};
use crate::error::{WebError, see_other};
use crate::extract::{Faults, Form};
use crate::flash::said;
use crate::page::Chrome;
use crate::person::check_password;
use crate::route::Route;
use crate::state::WebState;

/// Why an administrator cannot change an owner.
const OWNERS_ONLY: &str = "Only an owner can change an owner.";

/// What a change of a user needs beside its form.
struct Change {
    visitor: Managing,
    chrome: Chrome,
    web: WebState,
    user: User,
}

impl Change {
    /// The user to change. Absent ones are not found, whatever was asked.
    async fn new(
        visitor: Managing,
        chrome: Chrome,
        web: WebState,
        user: Uuid,
    ) -> Result<Change, WebError> {
        let user = visitor.store.user_by_id(user).await?.ok_or(WebError::NotFound)?;
        Ok(Change { visitor, chrome, web, user })
    }

    fn may_change(&self) -> bool {
        self.visitor.signed_in.user.role.may_grant(self.user.role)
    }

    fn is_me(&self) -> bool {
        self.visitor.signed_in.user.id == self.user.id
    }

    async fn refuse(self, field: &'static str, repair: &str) -> Result<Response, WebError> {
        let mut faults = Faults::default();
        faults.add(field, repair);
        self.refuse_all(faults).await
    }

    async fn refuse_all(self, faults: Faults) -> Result<Response, WebError> {
        let view = person_view(&self.visitor, &self.web, self.user, "", faults).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page(&self.chrome)).into_response())
    }

    /// Says what was done, or what the store refused.
    async fn end(
        self,
        done: Result<Option<User>, StoreError>,
        text: &str,
    ) -> Result<Response, WebError> {
        match done {
            Ok(Some(user)) => Ok(said(see_other(&UserPage { user: user.id }.url()), text)),
            Ok(None) => Err(WebError::NotFound),
            Err(error) => self.refuse_all(fault_of(error)?).await,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RoleForm {
    role: String,
}

pub(super) async fn role(
    visitor: Managing,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(UserRole { user }): Path<UserRole>,
    Form(form): Form<RoleForm>,
) -> Result<Response, WebError> {
    let change = Change::new(visitor, chrome, web, user).await?;
    if !change.may_change() {
        return change.refuse("role", OWNERS_ONLY).await;
    }
    let role = match role_of(&form.role, &roles_to_give(&change.visitor)) {
        Ok(role) => role,
        Err(repair) => return change.refuse("role", repair).await,
    };
    let by = change.visitor.by(&change.web);
    let done = change.visitor.store.user_set_role(user, role, by).await;
    let text = format!("{} is {} now.", change.user.name, role.title());
    change.end(done, &text).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ClientsForm {
    reach: String,
    client: Vec<String>,
}

pub(super) async fn clients(
    visitor: Managing,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(UserClients { user }): Path<UserClients>,
    Form(form): Form<ClientsForm>,
) -> Result<Response, WebError> {
    let change = Change::new(visitor, chrome, web, user).await?;
    if !change.may_change() {
        return change.refuse("reach", OWNERS_ONLY).await;
    }
    let limit = match form.reach.as_str() {
        "all" => None,
        "some" => Some(known_clients(&change, form.client).await?),
        _ => return change.refuse("reach", "Choose all clients or some.").await,
    };
    if limit.is_some() && change.is_me() {
        let repair =
            "You cannot limit yourself: you could not undo it. Ask another owner or administrator.";
        return change.refuse("reach", repair).await;
    }
    let by = change.visitor.by(&change.web);
    let done = change.visitor.store.user_set_clients(user, limit.as_deref(), by).await;
    let text = match &limit {
        None => format!("{} sees every client.", change.user.name),
        Some(clients) => format!("{} sees {} clients.", change.user.name, clients.len()),
    };
    change.end(done, &text).await
}

/// Those of the clients asked for that exist or are chosen already.
async fn known_clients(change: &Change, asked: Vec<String>) -> Result<Vec<RemoteId>, WebError> {
    let moment = Moment { on: change.web.today(), at_ms: change.web.now_ms() };
    let fleet = change.web.fleets.get(&change.visitor.store, moment).await?;
    let chosen = change.user.clients.as_deref().unwrap_or_default();
    let asked = asked.into_iter().map(RemoteId::new);
    Ok(asked.filter(|id| chosen.contains(id) || fleet.client(id).is_some()).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ActiveForm {
    active: String,
}

pub(super) async fn active(
    visitor: Managing,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(UserActive { user }): Path<UserActive>,
    Form(form): Form<ActiveForm>,
) -> Result<Response, WebError> {
    let change = Change::new(visitor, chrome, web, user).await?;
    if !change.may_change() {
        return change.refuse("active", OWNERS_ONLY).await;
    }
    let is_active = match form.active.as_str() {
        "true" => true,
        "false" => false,
        _ => return change.refuse("active", "Choose whether the person may sign in.").await,
    };
    if !is_active && change.is_me() {
        let repair = "You cannot deactivate yourself. Ask another owner or administrator.";
        return change.refuse("active", repair).await;
    }
    let by = change.visitor.by(&change.web);
    let done = change.visitor.store.user_set_active(user, is_active, by).await;
    let name = change.user.name.clone();
    let text = if is_active {
        format!("{name} can sign in again.")
    } else {
        format!("{name} is deactivated and signed out everywhere.")
    };
    change.end(done, &text).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PasswordForm {
    new_password: String,
}

pub(super) async fn password(
    visitor: Managing,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(UserPassword { user }): Path<UserPassword>,
    Form(form): Form<PasswordForm>,
) -> Result<Response, WebError> {
    let change = Change::new(visitor, chrome, web, user).await?;
    if !change.may_change() {
        return change.refuse("new_password", OWNERS_ONLY).await;
    }
    if change.is_me() {
        let repair = "Change your own password under Your account, where the present one is asked.";
        return change.refuse("new_password", repair).await;
    }
    let made = form.new_password.is_empty().then(new_password);
    let password = match check_password(made.clone().unwrap_or(form.new_password)) {
        Ok(password) => password,
        Err(repair) => return change.refuse("new_password", repair).await,
    };
    let by = change.visitor.by(&change.web);
    let new = NewPassword { user, password, keep_session: None, by };
    change.visitor.store.user_set_password(new).await?;
    Ok(match made {
        Some(made) => OnceView::new(&change.user, made).page(&change.chrome).into_response(),
        None => {
            let text = format!("{} has a new password and is signed out.", change.user.name);
            said(see_other(&UserPage { user }.url()), &text)
        }
    })
}

pub(super) async fn sign_out(
    visitor: Managing,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(UserSignOut { user }): Path<UserSignOut>,
) -> Result<Response, WebError> {
    let change = Change::new(visitor, chrome, web, user).await?;
    if !change.may_change() {
        return change.refuse("active", OWNERS_ONLY).await;
    }
    // The session that asks stays: ending it belongs to the account's own page.
    let kept = change.is_me().then_some(change.visitor.signed_in.session.id);
    let by = change.visitor.by(&change.web);
    let ended = change.visitor.store.session_end_all(user, kept, by).await?;
    let text = match ended {
        0 => format!("{} had no session to end.", change.user.name),
        1 => format!("1 session of {} has ended.", change.user.name),
        many => format!("{many} sessions of {} have ended.", change.user.name),
    };
    Ok(said(see_other(&UserPage { user }.url()), &text))
}
