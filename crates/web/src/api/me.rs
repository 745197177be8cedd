//! Whom a key or a session acts as: the first thing to ask with a new key.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::caller::Caller;
use super::names::{RoleName, ScopeName};
use super::problem::{Problem, ReadProblems};
use crate::error::WebError;
use crate::extract::needs;
use crate::state::WebState;

/// Whom a key or a session acts as.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// The tenant's name.
    tenant: String,
    /// The user.
    user: Uuid,
    /// The user's e-mail address.
    email: String,
    /// What others call the user.
    name: String,
    /// What the user is in the tenant.
    #[schema(value_type = RoleName)]
    role: &'static str,
    /// The only clients that the user sees; null is all of them.
    clients: Option<Vec<String>>,
    /// What the key may be used for; null for a session.
    #[schema(value_type = Option<Vec<ScopeName>>)]
    scopes: Option<Vec<&'static str>>,
}

/// Says whom the key or session acts as.
#[utoipa::path(get, path = "/api/v1/me", tag = "account", operation_id = "me",
    responses((status = 200, description = "Whom it acts as.", body = Me), ReadProblems))]
pub(super) async fn get(
    caller: Caller<needs::ViewClients>,
    State(_): State<WebState>,
) -> Result<Json<Me>, Problem> {
    let pulse = caller.store.pulse().await?.ok_or(WebError::NotFound)?;
    let Caller { user, scopes, .. } = caller;
    Ok(Json(Me {
        tenant: pulse.name,
        user: user.id,
        email: user.email,
        name: user.name,
        role: user.role.name(),
        clients: user.clients.map(|all| all.into_iter().map(|id| id.into_string()).collect()),
        scopes: scopes.map(|all| all.into_iter().map(|scope| scope.name()).collect()),
    }))
}
