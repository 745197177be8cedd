//! Users: who signs in, as what, limited to which clients.
//!
//! Who may change whom is asked of both roles, the one before and the one after
//! (`Role::may_grant`): who could reset an owner's password would be an owner. A tenant keeps an
//! active owner, which the store holds to. A password that was made here is in one answer only.

mod change;
mod form;
mod list_view;
mod person_view;

#[cfg(test)]
mod samples;

use almanac_fleet::Moment;
use almanac_model::id::RemoteId;
use almanac_model::role::{Permission, Role};
use almanac_store::{NewUser, RequestKeyTake, StoreError, User};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query;
use serde::Deserialize;
use uuid::Uuid;

use self::form::{NewUserForm, new_password};
use self::list_view::{UserLine, UsersView};
use self::person_view::{ClientChoice, NewUserView, OnceView, PersonView};
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Faults, Form, SESSION_LIMITS, needs};
use crate::flash::said;
use crate::page::Chrome;
use crate::places::{UserPage, Users};
use crate::route::{Access, Route, Routes, routes};
use crate::state::WebState;

#[cfg(test)]
pub(crate) use self::samples::samples;

routes! {
    /// Adds a user.
    UserNew {} => "/settings/users/new";
    /// Gives a user another role.
    UserRole { user: Uuid } => "/settings/users/{user}/role";
    /// Limits a user to clients, or to none.
    UserClients { user: Uuid } => "/settings/users/{user}/clients";
    /// Lets a user sign in, or no more.
    UserActive { user: Uuid } => "/settings/users/{user}/active";
    /// Gives a user a new password.
    UserPassword { user: Uuid } => "/settings/users/{user}/password";
    /// Ends a user's sessions.
    UserSignOut { user: Uuid } => "/settings/users/{user}/sign-out";
}

/// Who may manage users.
type Managing = Allowed<needs::ManageUsers>;

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    let manage = Access::Needs(Permission::ManageUsers);
    routes
        .get::<Users, _, _>(manage, list)
        .get::<UserNew, _, _>(manage, new)
        .post::<UserNew, _, _>(manage, create)
        .get::<UserPage, _, _>(manage, get)
        .post::<UserRole, _, _>(manage, change::role)
        .post::<UserClients, _, _>(manage, change::clients)
        .post::<UserActive, _, _>(manage, change::active)
        .post::<UserPassword, _, _>(manage, change::password)
        .post::<UserSignOut, _, _>(manage, change::sign_out)
}

async fn list(
    visitor: Managing,
    chrome: Chrome,
    State(web): State<WebState>,
) -> Result<Response, WebError> {
    let users = visitor.store.user_list().await?;
    let me = visitor.signed_in.user.id;
    let mut lines = Vec::with_capacity(users.len());
    for user in &users {
        let sessions = visitor.store.session_list(user.id, web.now_ms(), SESSION_LIMITS).await?;
        let seen_at = sessions.first().map(|session| session.seen_at);
        lines.push(UserLine::new(user, user.id == me, seen_at, web.now_ms()));
    }
    Ok(UsersView { lines }.page(&chrome).into_response())
}

async fn new(visitor: Managing, chrome: Chrome) -> Result<Response, WebError> {
    let view = NewUserView {
        form: NewUserForm { role: Role::Technician.name().to_owned(), ..NewUserForm::default() },
        roles: roles_to_give(&visitor),
        request_key: Uuid::new_v4().to_string(),
        faults: Faults::default(),
    };
    Ok(view.page(&chrome).into_response())
}

/// The roles that the visitor may give.
fn roles_to_give(visitor: &Managing) -> Vec<Role> {
    let mine = visitor.signed_in.user.role;
    Role::ALL.into_iter().filter(|role| mine.may_grant(*role)).collect()
}

async fn create(
    visitor: Managing,
    chrome: Chrome,
    State(web): State<WebState>,
    Form(form): Form<NewUserForm>,
) -> Result<Response, WebError> {
    let key = form.request_key.clone();
    let roles = roles_to_give(&visitor);
    let refuse = |form: NewUserForm, faults: Faults| {
        let request_key = Uuid::new_v4().to_string();
        let view = NewUserView { form, roles: roles.clone(), request_key, faults };
        (StatusCode::UNPROCESSABLE_ENTITY, view.page(&chrome)).into_response()
    };
    let mut checked = match form.check(&roles) {
        Ok(checked) => checked,
        Err(faults) => return Ok(refuse(form, faults)),
    };
    let me = visitor.signed_in.user.id;
    if !key.is_empty() {
        match visitor.store.request_key_take(me, &key, web.now_ms()).await {
            Ok(RequestKeyTake::Taken) => {}
            Ok(RequestKeyTake::Done(url)) => return Ok(see_other(&url)),
            Ok(RequestKeyTake::Running) => return Ok(see_other(&Users {}.url())),
            Err(StoreError::Invalid(reason)) => return Err(WebError::BadForm(reason)),
            Err(error) => return Err(error.into()),
        }
    }
    let made = checked.made_password.take();
    let new = NewUser {
        email: checked.email,
        name: checked.name,
        role: checked.role,
        clients: None,
        password: checked.password,
        actor: visitor.signed_in.user.email.clone(),
        at_ms: web.now_ms(),
    };
    let created = visitor.store.user_create(new).await;
    let user = match created {
        Ok(user) => user,
        Err(error) => {
            if !key.is_empty() {
                visitor.store.request_key_release(me, &key).await?;
            }
            return Ok(refuse(form, fault_of(error)?));
        }
    };
    let url = UserPage { user: user.id }.url();
    if !key.is_empty() {
        visitor.store.request_key_done(me, &key, &url).await?;
    }
    Ok(match made {
        Some(password) => OnceView::new(&user, password).page(&chrome).into_response(),
        None => said(see_other(&url), &format!("{} can sign in now.", user.name)),
    })
}

/// What the store refuses, at the field that it is about.
fn fault_of(error: StoreError) -> Result<Faults, WebError> {
    let mut faults = Faults::default();
    match error {
        StoreError::EmailTaken => {
            faults.add("email", "Another user has this address already; give another.");
        }
        StoreError::LastOwner => faults.add("role", LAST_OWNER),
        StoreError::Invalid(reason) => faults.add("name", format!("Change this: {reason}.")),
        error => return Err(error.into()),
    }
    Ok(faults)
}

/// Why the last owner stays one.
const LAST_OWNER: &str = "The only active owner stays one: make another owner first.";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PersonQuery {
    find: Vec<String>,
}

async fn get(
    visitor: Managing,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(UserPage { user }): Path<UserPage>,
    Query(query): Query<PersonQuery>,
) -> Result<Response, WebError> {
    let user = visitor.store.user_by_id(user).await?.ok_or(WebError::NotFound)?;
    let find = query.find.into_iter().next().unwrap_or_default();
    let view = person_view(&visitor, &web, user, &find, Faults::default()).await?;
    Ok(view.page(&chrome).into_response())
}

/// A user's page, as its own and as the answer to a form that was refused.
async fn person_view(
    visitor: &Managing,
    web: &WebState,
    user: User,
    find: &str,
    faults: Faults,
) -> Result<PersonView, WebError> {
    let me = &visitor.signed_in.user;
    let users = visitor.store.user_list().await?;
    let is_owner = |user: &User| user.role == Role::Owner && user.is_active;
    let has_other_owner = users.iter().any(|other| other.id != user.id && is_owner(other));
    let sessions = visitor.store.session_list(user.id, web.now_ms(), SESSION_LIMITS).await?;
    let clients = client_choices(visitor, web, &user, find).await?;
    Ok(PersonView {
        is_me: user.id == me.id,
        is_last_owner: is_owner(&user) && !has_other_owner,
        may_change: me.role.may_grant(user.role),
        roles: roles_to_give(visitor),
        sessions: sessions.len(),
        clients,
        find: find.chars().take(100).collect(),
        user,
        faults,
    })
}

/// Clients to choose from: those that are chosen, and those that fit what was looked for.
async fn client_choices(
    visitor: &Managing,
    web: &WebState,
    user: &User,
    find: &str,
) -> Result<Vec<ClientChoice>, WebError> {
    let moment = Moment { on: web.today(), at_ms: web.now_ms() };
    let fleet = web.fleets.get(&visitor.store, moment).await?;
    let chosen = user.clients.as_deref().unwrap_or_default();
    let wanted = find.trim().to_lowercase();
    let mut choices: Vec<ClientChoice> = fleet
        .clients()
        .iter()
        .map(|client| ClientChoice {
            id: client.remote_id.as_str().to_owned(),
            name: client.name.clone(),
            is_on: chosen.contains(&client.remote_id),
        })
        .filter(|choice| choice.is_on || choice.name.to_lowercase().contains(&wanted))
        .collect();
    // A client that is gone from Halo stays chosen until a person takes it off.
    let is_known = |id: &RemoteId| fleet.client(id).is_some();
    choices.extend(chosen.iter().filter(|id| !is_known(id)).map(|id| ClientChoice {
        id: id.as_str().to_owned(),
        name: format!("a client that Halo no longer has ({id})"),
        is_on: true,
    }));
    choices.sort_by_key(|choice| (!choice.is_on, choice.name.to_lowercase()));
    Ok(choices)
}
