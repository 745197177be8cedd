//! What a handler is given: who asks, for which tenant, and the proof that they may.
//!
//! The extractor is the permission. A handler that takes `Allowed<EditAssets>` is not called for
//! anyone else, and the store it finds there is bound to the tenant of the session: there is no
//! other way for a page to reach data.

mod allowed;
mod api_key;
mod cookie;
mod form;
mod visitor;

pub(crate) use allowed::{Allowed, Needs, needs};
pub(crate) use api_key::{has_authorization, new_api_key, sent_key};
pub(crate) use cookie::{clear_cookie, cookie, set_cookie};
pub(crate) use form::{Faults, Form};
pub(crate) use visitor::{SESSION_COOKIE, SESSION_LIMITS, Visitor, new_token, visitor_tenant};

/// Whether an island asks for a part of a page, not for all of it.
pub(crate) fn is_fragment(headers: &axum::http::HeaderMap) -> bool {
    headers.contains_key("hx-request")
}
