//! Who asks, as far as a cookie can tell.
//!
//! The session, its user, the frame's data and how far changes are come in one transaction, the
//! only one that most pages need.

use std::sync::Arc;

use almanac_model::author::Author;
use almanac_model::id::TenantId;
use almanac_store::{
    ChangeHead, ChangedBy, Pulse, SessionLimits, SignedIn, StoreError, TenantStore, Visit,
};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use sha2::{Digest, Sha256};

use super::cookie::cookie;
use crate::error::WebError;
use crate::state::WebState;

/// The name of the session's cookie.
pub(crate) const SESSION_COOKIE: &str = "__Host-almanac";

/// A session ends after half a day without a request, and after a month whatever happens.
pub(crate) const SESSION_LIMITS: SessionLimits =
    SessionLimits { idle_ms_max: 12 * 3_600_000, age_ms_max: 30 * 24 * 3_600_000 };

/// A person with a session, whatever their role.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// The tenant's data.
    pub(crate) store: TenantStore,
    /// The session and its user.
    pub(crate) signed_in: Arc<SignedIn>,
    /// The tenant in one look, as of the request's beginning.
    pub(crate) pulse: Arc<Pulse>,
    /// How far the tenant's changes were at the request's beginning; `None` where the request may
    /// change something itself, so that whoever needs to know must ask.
    pub(crate) head: Option<ChangeHead>,
}

impl Visitor {
    /// Finds the session that a cookie names.
    pub(crate) async fn find(
        web: &WebState,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Option<Visitor>, StoreError> {
        let Some((tenant, hash)) = cookie(headers, SESSION_COOKIE).and_then(parse) else {
            return Ok(None);
        };
        let store = web.store.tenant(tenant);
        let now_ms = web.now_ms();
        let found = store.visit(&hash, now_ms, SESSION_LIMITS).await?;
        let Some(Visit { signed_in, pulse, head }) = found else { return Ok(None) };
        // A full disk or a busy writer must not hide what can be read; the session then seems idle
        // for longer than it is.
        if signed_in.is_touch_due
            && let Err(error) = store.session_touch(signed_in.session.id, now_ms).await
        {
            tracing::warn!(%error, "a session's last use was not written");
        }
        let head = method.is_safe().then_some(head);
        Ok(Some(Visitor { store, signed_in: Arc::new(signed_in), pulse: Arc::new(pulse), head }))
    }

    /// Who decides, as it is kept beside what was decided.
    pub(crate) fn author(&self) -> Author {
        let user = &self.signed_in.user;
        Author::user(user.id.to_string(), user.name.as_str())
    }

    /// Who does it and when, for the audit.
    pub(crate) fn by(&self, web: &WebState) -> ChangedBy<'_> {
        ChangedBy { actor: &self.signed_in.user.email, at_ms: web.now_ms() }
    }
}

/// The tenant that a session's cookie names, whether or not the session holds.
pub(crate) fn visitor_tenant(headers: &HeaderMap) -> Option<TenantId> {
    cookie(headers, SESSION_COOKIE).and_then(parse).map(|(tenant, _)| tenant)
}

/// The cookie is the tenant's number, a dot, and 64 hexadecimal digits; kept is only the hash.
fn parse(cookie: &str) -> Option<(TenantId, [u8; 32])> {
    let (tenant, token) = cookie.split_once('.')?;
    let is_token = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_token.then_some(())?;
    Some((TenantId(tenant.parse().ok()?), Sha256::digest(token).into()))
}

/// A new session's cookie and the hash that is kept of it.
pub(crate) fn new_token(tenant: TenantId) -> (String, [u8; 32]) {
    let token = random_digits();
    (format!("{}.{token}", tenant.0), Sha256::digest(&token).into())
}

/// 256 random bits as 64 hexadecimal digits: what nobody guesses.
pub(super) fn random_digits() -> String {
    let mut random = [0; 32];
    getrandom::fill(&mut random).expect("the operating system has random bytes");
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl FromRequestParts<WebState> for Visitor {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, WebError> {
        // Several extractors of one handler ask; the database is asked once.
        if let Some(visitor) = parts.extensions.get::<Visitor>() {
            return Ok(visitor.clone());
        }
        let visitor = Visitor::find(web, &parts.method, &parts.headers).await?;
        let visitor = visitor.ok_or_else(|| WebError::sign_in(parts))?;
        parts.extensions.insert(visitor.clone());
        Ok(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_again_by_its_hash_only() {
        let (cookie, hash) = new_token(TenantId(7));
        assert_eq!(parse(&cookie), Some((TenantId(7), hash)));
        for broken in ["", "7", "7.", "x.00", &cookie[..cookie.len() - 1], &format!("{cookie}g")] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }
}
