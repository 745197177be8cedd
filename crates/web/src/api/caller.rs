//! Who calls the API: a key, or a person's session.
//!
//! The extractor is the permission, as on pages. A request with an `Authorization` header is
//! judged by that alone; a key allows what its scopes and its user's role both allow.

use std::marker::PhantomData;
use std::sync::Arc;

use almanac_fleet::{Fleet, Moment, Visible};
use almanac_model::author::Author;
use almanac_model::code::Code;
use almanac_model::id::RemoteId;
use almanac_store::{ApiScope, TenantStore, User};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::problem::Problem;
use crate::error::WebError;
use crate::extract::{Needs, Visitor, has_authorization, sent_key};
use crate::state::WebState;

/// Who calls, with the permission that the handler needs.
pub(crate) struct Caller<N> {
    /// The tenant's data.
    pub(crate) store: TenantStore,
    /// Who it is, or whom the key acts as.
    pub(crate) user: User,
    /// What the key may be used for; `None` for a session.
    pub(crate) scopes: Option<Vec<ApiScope>>,
    needs: PhantomData<fn() -> N>,
}

impl<N: Needs> FromRequestParts<WebState> for Caller<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, Problem> {
        let (store, user, scopes) = if has_authorization(&parts.headers) {
            by_key(parts, web).await?
        } else {
            let visitor = Visitor::find(web, &parts.method, &parts.headers).await?;
            let visitor = visitor.ok_or(WebError::SignIn { next: None })?;
            (visitor.store, visitor.signed_in.user.clone(), None)
        };
        if !user.allows(N::PERMISSION) {
            return Err(WebError::Forbidden(N::PERMISSION).into());
        }
        let scope = if parts.method.is_safe() { ApiScope::Read } else { ApiScope::Write };
        if scopes.as_ref().is_some_and(|scopes| !scopes.contains(&scope)) {
            let detail = format!("This key may not {}.", scope.name());
            return Err(Problem::new(StatusCode::FORBIDDEN, Code::API_RIGHT, detail));
        }
        Ok(Caller { store, user, scopes, needs: PhantomData })
    }
}

async fn by_key(
    parts: &Parts,
    web: &WebState,
) -> Result<(TenantStore, User, Option<Vec<ApiScope>>), Problem> {
    let nobody = || Problem::from(WebError::SignIn { next: None });
    let sent = sent_key(&parts.headers).ok_or_else(nobody)?;
    let store = web.store.tenant(sent.tenant);
    let found = store.api_key_find(&sent.sha256).await?;
    let (key, user) = found.ok_or_else(nobody)?;
    let now_ms = web.now_ms();
    if key.is_touch_due(now_ms)
        && let Err(error) = store.api_key_touch(key.id, now_ms).await
    {
        tracing::warn!(%error, "an API key's last use was not written");
    }
    Ok((store, user, Some(key.scopes)))
}

impl<N> Caller<N> {
    /// The tenant's graded assets, as of now.
    pub(crate) async fn fleet(&self, web: &WebState) -> Result<Arc<Fleet>, Problem> {
        let moment = Moment { on: web.today(), at_ms: web.now_ms() };
        Ok(web.fleets.get(&self.store, moment).await?)
    }

    /// Which clients the user may see.
    pub(crate) fn visible(&self) -> Visible {
        match &self.user.clients {
            None => Visible::All,
            Some(clients) => Visible::Clients(clients.iter().cloned().collect()),
        }
    }

    /// The place of an asset that the user may see.
    pub(crate) fn asset(&self, fleet: &Fleet, id: &RemoteId) -> Result<u32, Problem> {
        let at = fleet.find(id).ok_or(WebError::NotFound)?;
        let is_shown = self.visible().shows_asset(fleet, fleet.asset(at));
        if is_shown { Ok(at) } else { Err(WebError::NotFound.into()) }
    }

    /// Who decides.
    pub(crate) fn author(&self) -> Author {
        Author::user(self.user.id.to_string(), self.user.name.clone())
    }
}
