//! Tokens: issued for client credentials, opaque, ended by the simulated clock (HALO-API.md 1).
//!
//! A token carries the scopes of the moment it was issued; later changes need a new one (Q-19).
//! Secrets are compared in constant time out of habit; they guard nothing but made-up data.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::access;
use crate::answer::Answer;
use crate::params::{Params, decode};
use crate::row::push_text;
use crate::switches::Switches;
use crate::world::dice::Dice;

/// Tokens that are kept; beyond it those that ended are dropped, then the oldest.
const TOKENS_MAX: usize = 10_000;

/// What the application proves itself with.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) oauth_client_id: String,
    pub(crate) client_secret: String,
    pub(crate) api_key: Option<String>,
    pub(crate) halo_tenant: String,
}

/// Tokens that were issued.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    issued: u64,
    live: HashMap<String, Token>,
}

#[derive(Debug, Clone)]
struct Token {
    number: u64,
    scopes: Vec<String>,
    ends: i64,
    /// Calls that it has served.
    calls: u32,
}

/// A request to the token endpoint.
pub(crate) struct TokenRequest<'a> {
    pub(crate) query: &'a Params,
    pub(crate) form: &'a Params,
    /// The `Authorization` header.
    pub(crate) authorization: Option<&'a str>,
}

/// Why a token request failed: OAuth's error and OpenIddict's words (inferred, HALO-API.md 1.2).
fn refused(status: u16, error: &str, description: &str) -> Answer {
    Answer::error(status, error, description)
}

impl Tokens {
    /// Answers a token request; true when a token was issued.
    pub(crate) fn issue(
        &self,
        request: &TokenRequest<'_>,
        own: &Credentials,
        switches: &Switches,
        now: i64,
        seed: u64,
    ) -> (Answer, bool) {
        match self.try_issue(request, own, switches, now, seed) {
            Ok(answer) => (answer, true),
            Err(answer) => (answer, false),
        }
    }

    fn try_issue(
        &self,
        request: &TokenRequest<'_>,
        own: &Credentials,
        switches: &Switches,
        now: i64,
        seed: u64,
    ) -> Result<Answer, Answer> {
        check_tenant(request, own, switches)?;
        match request.form.get("grant_type") {
            Some("client_credentials") => {}
            Some("authorization_code" | "password" | "refresh_token" | "implicit") => {
                let text =
                    "This client application is not allowed to use the specified grant type.";
                return Err(refused(400, "unauthorized_client", text));
            }
            Some(_) => {
                let text = "The specified 'grant_type' is not supported.";
                return Err(refused(400, "unsupported_grant_type", text));
            }
            None => {
                let text = "The mandatory 'grant_type' parameter is missing.";
                return Err(refused(400, "invalid_request", text));
            }
        }
        check_client(request, own)?;
        let asked = request.form.get("scope").unwrap_or("");
        let scopes = access::grant(asked, &switches.scopes).map_err(|_| {
            refused(400, "invalid_scope", "The specified 'scope' is invalid or not allowed.")
        })?;
        let seconds = i64::from(switches.token_seconds);
        let text = self.keep(scopes, now, now + seconds * 1_000, seed, switches.new_token_revokes);
        let mut body = br#"{"scope":"#.to_vec();
        push_text(&mut body, asked);
        body.extend_from_slice(br#","token_type":"Bearer","access_token":"#);
        push_text(&mut body, &text);
        body.extend_from_slice(
            format!(r#","expires_in":{seconds},"refresh_token":null,"id_token":null}}"#).as_bytes(),
        );
        Ok(Answer::json(200, body))
    }

    fn keep(&self, scopes: Vec<String>, now: i64, ends: i64, seed: u64, revokes: bool) -> String {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.issued += 1;
        let number = state.issued;
        let mut dice = Dice::new(seed ^ now as u64, 0x70ce, number as u32);
        let mut text = String::from("sim.");
        dice.letters(
            &mut text,
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            60,
        );
        if revokes {
            state.live.clear();
        } else if state.live.len() >= TOKENS_MAX {
            state.live.retain(|_, token| token.ends > now && token.number + 5_000 > number);
        }
        state.live.insert(text.clone(), Token { number, scopes, ends, calls: 0 });
        text
    }

    /// The scopes of the caller, or 401 with an empty body (HALO-API.md 2.6).
    pub(crate) fn scopes(
        &self,
        authorization: Option<&str>,
        api_key: Option<&str>,
        own: &Credentials,
        switches: &Switches,
        now: i64,
    ) -> Result<Vec<String>, Answer> {
        if let (Some(given), Some(wanted)) = (api_key, &own.api_key)
            && is_same(given, wanted)
        {
            return Ok(switches.scopes.clone());
        }
        let text = authorization.and_then(|value| {
            let (scheme, text) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(text.trim())
        });
        let calls_max = switches.token_calls;
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let token = text
            .and_then(|text| state.live.get_mut(text))
            .filter(|token| token.ends > now && (calls_max == 0 || token.calls < calls_max));
        let token = token.ok_or_else(|| Answer::empty(401))?;
        token.calls = token.calls.saturating_add(1);
        Ok(token.scopes.clone())
    }

    /// Ends every token at once.
    pub(crate) fn revoke_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).live.clear();
    }
}

/// A tenant may come in the query, in the form, or not at all (Q-17); a wrong one never gets JSON.
fn check_tenant(
    request: &TokenRequest<'_>,
    own: &Credentials,
    switches: &Switches,
) -> Result<(), Answer> {
    let tenant = request.query.get("tenant").or_else(|| request.form.get("tenant"));
    let is_right = match tenant {
        Some(tenant) => tenant.eq_ignore_ascii_case(&own.halo_tenant),
        None => !switches.tenant_required,
    };
    if is_right {
        Ok(())
    } else {
        Err(Answer::html(switches.wrong_tenant_status, "Tenant not found"))
    }
}

/// Credentials come as HTTP Basic or in the form (HALO-API.md 1.2); either wrong is 401
/// `invalid_client` (Q-16: HA#19).
fn check_client(request: &TokenRequest<'_>, own: &Credentials) -> Result<(), Answer> {
    let basic = request.authorization.and_then(basic_credentials);
    let (id, secret) = basic.unwrap_or_else(|| {
        let part = |name| request.form.get(name).unwrap_or("").to_owned();
        (part("client_id"), part("client_secret"))
    });
    if is_same(&id, &own.oauth_client_id) && is_same(&secret, &own.client_secret) {
        return Ok(());
    }
    Err(refused(401, "invalid_client", "The specified client credentials are invalid."))
}

fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (scheme, text) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = String::from_utf8(BASE64_STANDARD.decode(text.trim()).ok()?).ok()?;
    let (id, secret) = plain.split_once(':')?;
    Some((decode(id), decode(secret)))
}

fn is_same(left: &str, right: &str) -> bool {
    let differing = left.bytes().zip(right.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    left.len() == right.len() && differing == 0
}
