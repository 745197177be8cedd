//! What the token endpoint answered: a token, or why there is none.
//!
//! Only OAuth's own words are believed to be about the secret or the scopes. Anything else may
//! come from an address that is no token endpoint, or from one that wants the tenant named in
//! another way, so it does not keep the next way from being tried.

use std::time::Duration;

use almanac_psa::PsaError;
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;

use crate::excerpt::{printable, refusal_words, without_mark};
use crate::exchange::Received;
use crate::status::{good_json, not_the_psa};

/// Halo's tokens live about an hour (HALO-API 1.2); used when the answer does not say.
const LIFETIME_DEFAULT: Duration = Duration::from_secs(3_540);
/// A token is not used in its last minute, nor in its last tenth when it is short-lived.
const MARGIN_MAX: Duration = Duration::from_secs(60);

/// A token in use.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    /// Which token this is; a caller names the one that was refused.
    pub(crate) serial: u64,
    /// What the token says it may do, if it says so.
    pub(crate) scopes: Vec<String>,
    /// From then on it ends soon, or has ended.
    pub(crate) usable_until: Instant,
}

/// Why there is no token.
#[derive(Debug)]
pub(crate) struct NoToken {
    pub(crate) error: PsaError,
    /// Whether another token URL or tenant form cannot do better. A refused secret or scope is
    /// final: trying it elsewhere would only show it to more servers.
    pub(crate) is_final: bool,
}

impl NoToken {
    fn is_final(error: PsaError) -> Self {
        Self { error, is_final: true }
    }

    fn of_this_route(error: PsaError) -> Self {
        Self { error, is_final: false }
    }
}

impl From<PsaError> for NoToken {
    /// What the network, the pacer or the table of `status` says. An answer that is cut off is
    /// none that Halo would give; if that passes, it passes within the patience for pages.
    fn from(error: PsaError) -> Self {
        match error {
            PsaError::Damaged { path, detail } => Self::of_this_route(PsaError::NotThePsa {
                path,
                status: 200,
                found: "a damaged answer".to_owned(),
                excerpt: detail,
            }),
            PsaError::NotThePsa { .. } | PsaError::NoSuchPath { .. } => Self::of_this_route(error),
            _ => Self::is_final(error),
        }
    }
}

/// The token endpoint's table (HALO-API 1.2).
///
/// | status | body | meaning |
/// |---|---|---|
/// | 2xx | a token | a token |
/// | 2xx, 3xx | anything else | not the PSA |
/// | 4xx | OAuth's words about the client or the scope | secret or scope refused, finally |
/// | 401 | other JSON, or empty | secret refused, at this address |
/// | 404, 410 | any | no such path |
/// | 408, 5xx | any | server fault |
/// | other 4xx | any | not the PSA, in its words: a wrong address or tenant |
pub(crate) fn read_token(
    received: &Received,
    path: &str,
    asked: &str,
    serial: u64,
    asked_at: Instant,
) -> Result<Token, NoToken> {
    let body = without_mark(&received.body);
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if received.status.is_client_error() {
        return Err(refusal(received, path, asked, &value));
    }
    good_json(received, path)?;
    let Some(secret) = text("access_token").filter(|token| !token.is_empty()) else {
        return Err(not_the_psa(received, path.to_owned()).into());
    };
    let lifetime = value
        .get("expires_in")
        .and_then(|seconds| seconds.as_f64().or_else(|| seconds.as_str()?.trim().parse().ok()))
        .filter(|seconds| (1.0..=31_536_000.0).contains(seconds))
        .map_or(LIFETIME_DEFAULT, Duration::from_secs_f64);
    let scopes = text("scope").unwrap_or_default().split_whitespace();
    Ok(Token {
        secret: secret.to_owned().into(),
        serial,
        scopes: scopes.map(str::to_owned).collect(),
        usable_until: asked_at + lifetime.saturating_sub(MARGIN_MAX.min(lifetime / 10)),
    })
}

/// The 4xx rows of the table.
fn refusal(received: &Received, path: &str, asked: &str, value: &Value) -> NoToken {
    let status = received.status.as_u16();
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let words = match text("error") {
        Some(error) => {
            let description = text("error_description").unwrap_or_default();
            let words = received.showable(format!("{error} {description}").as_bytes());
            printable(&String::from_utf8_lossy(&words))
        }
        None => refusal_words(&received.showable(&received.body)),
    };
    match text("error") {
        Some("invalid_client" | "unauthorized_client" | "access_denied") => {
            return NoToken::is_final(PsaError::SecretRefused { detail: words });
        }
        Some("invalid_scope") => {
            return NoToken::is_final(PsaError::ScopeRefused { asked: asked.to_owned() });
        }
        _ => {}
    }
    let is_empty = received.body.iter().all(u8::is_ascii_whitespace);
    match status {
        401 if is_empty || !value.is_null() => {
            NoToken::of_this_route(PsaError::SecretRefused { detail: words })
        }
        404 | 410 => NoToken::of_this_route(PsaError::NoSuchPath { path: path.to_owned() }),
        408 => NoToken::is_final(PsaError::ServerFault {
            path: path.to_owned(),
            status,
            excerpt: words,
        }),
        _ if value.is_null() => not_the_psa(received, path.to_owned()).into(),
        _ => NoToken::of_this_route(PsaError::NotThePsa {
            path: path.to_owned(),
            status,
            found: "a refusal".to_owned(),
            excerpt: words,
        }),
    }
}
