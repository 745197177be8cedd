//! The key that a program sends instead of a cookie: `Authorization: Bearer alm_…`.
//!
//! A key is `alm_`, the tenant's number, `_` and 64 hexadecimal digits, so that a key that leaked
//! is recognised by scanners and its tenant is known before the database is asked. Kept is only
//! the hash of the whole.

use almanac_model::id::TenantId;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};

use super::visitor::random_digits;

const PREFIX: &str = "alm_";

/// A key as it was sent: whose it claims to be, and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SentKey {
    /// Whose it claims to be.
    pub(crate) tenant: TenantId,
    /// SHA-256 of all of it.
    pub(crate) sha256: [u8; 32],
}

/// A new key, to be shown once, and the hash that is kept of it.
pub(crate) fn new_api_key(tenant: TenantId) -> (String, [u8; 32]) {
    let key = format!("{PREFIX}{}_{}", tenant.0, random_digits());
    let sha256 = Sha256::digest(&key).into();
    (key, sha256)
}

/// Whether a request brings credentials of its own, good or not. A browser does not add these by
/// itself, so such a request cannot have been forged by another site.
pub(crate) fn has_authorization(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION)
}

/// The key in a request's headers, when it has the form of one.
pub(crate) fn sent_key(headers: &HeaderMap) -> Option<SentKey> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let key = key.trim();
    let (tenant, digits) = key.strip_prefix(PREFIX)?.split_once('_')?;
    let is_whole = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let tenant = TenantId(tenant.parse().ok()?);
    is_whole.then(|| SentKey { tenant, sha256: Sha256::digest(key).into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(value: &str) -> Option<SentKey> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().expect("visible ASCII"));
        sent_key(&headers)
    }

    #[test]
    fn a_key_is_found_again_by_its_hash_only() {
        let (key, sha256) = new_api_key(TenantId(7));
        let want = Some(SentKey { tenant: TenantId(7), sha256 });
        assert_eq!(sent(&format!("Bearer {key}")), want);
        assert_eq!(sent(&format!("bearer {key}")), want);
        let cut = &key[..key.len() - 1];
        for broken in ["", "Bearer", "Bearer ", "Bearer alm_7_", "Basic eDp5"] {
            assert_eq!(sent(broken), None, "{broken}");
        }
        for broken in [format!("Bearer {cut}"), format!("Bearer {key}0"), key.clone()] {
            assert_eq!(sent(&broken), None, "{broken}");
        }
        assert_ne!(new_api_key(TenantId(7)).0, key);
    }
}
