//! Tokens: where they come from, and the one that is in use.
//!
//! The token URL is discovered (HALO-API 1.1) and remembered; a token is taken once however many
//! calls wait for it, reused until shortly before its end, and replaced when Halo refuses it.
//! Tokens and the secret are `SecretString` and are scrubbed from whatever a server echoes.

use std::sync::Arc;

use almanac_psa::PsaError;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::address::{Address, TokenAddress};
use crate::exchange::{Exchange, Outgoing, TIMEOUT_BRIEF};
use crate::options::{HaloOptions, SCOPES_WANTED};
use crate::retry::Patience;
use crate::status::good_json;
use crate::token::{NoToken, Token, read_token};

/// Takes and keeps the token of one connection.
#[derive(Debug)]
pub(crate) struct Auth {
    address: Address,
    given_auth: Option<TokenAddress>,
    halo_tenant: Option<String>,
    oauth_client_id: String,
    client_secret: SecretString,
    named_hosts: Vec<String>,
    scopes: Vec<String>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    route: Option<Route>,
    token: Option<Arc<Token>>,
    taken: u64,
    /// The scopes that are to be had, once some were refused.
    granted: Option<Vec<String>>,
}

/// A way of asking for tokens that works.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Route {
    url: Url,
    tenant: TenantForm,
}

/// Where Halo's tenant is named (HALO-API 1.1: all three forms are in use).
#[derive(Debug, Clone, PartialEq, Eq)]
enum TenantForm {
    Query(String),
    Body(String),
    Nowhere,
}

impl Auth {
    /// Reads the addresses; asks nobody yet.
    pub(crate) fn new(options: HaloOptions, address: Address) -> Result<Self, PsaError> {
        let named_hosts = options.allow_private_hosts;
        let given = options.auth_url.as_deref().filter(|url| !url.trim().is_empty());
        let given_auth = match given {
            Some(url) => Some(address.token_address(url, &named_hosts)?),
            None => None,
        };
        let trimmed = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(Self {
            address,
            given_auth,
            halo_tenant: options.halo_tenant.as_deref().and_then(trimmed),
            oauth_client_id: options.oauth_client_id.trim().to_owned(),
            client_secret: options.client_secret.expose_secret().trim().to_owned().into(),
            named_hosts,
            scopes: options.scopes,
            state: Mutex::default(),
        })
    }

    /// The token in use, or a new one when there is none, it ends soon, or it is the refused one.
    /// Callers that come at the same time share one request.
    pub(crate) async fn token(
        &self,
        exchange: &Exchange,
        refused: Option<u64>,
    ) -> Result<Arc<Token>, PsaError> {
        let mut state = self.state.lock().await;
        let usable = state
            .token
            .as_ref()
            .filter(|token| Some(token.serial) != refused && Instant::now() < token.usable_until);
        if let Some(token) = usable {
            return Ok(Arc::clone(token));
        }
        let scopes = state.granted.clone().unwrap_or_else(|| self.scopes.clone());
        match self.renew(exchange, &mut state, &scopes).await {
            Err(error @ PsaError::ScopeRefused { .. }) => {
                self.renew_without_refused(exchange, &mut state, error).await
            }
            taken => taken,
        }
    }

    /// Finds out which of the scopes that Almanac can do without are refused: one bad scope kills
    /// the whole request. What is left is asked for from then on. `error` is the answer
    /// when a scope that is needed is among the refused.
    async fn renew_without_refused(
        &self,
        exchange: &Exchange,
        state: &mut State,
        error: PsaError,
    ) -> Result<Arc<Token>, PsaError> {
        let is_wanted = |scope: &&String| SCOPES_WANTED.contains(&scope.as_str());
        let (wanted, mut granted): (Vec<&String>, Vec<String>) = (
            self.scopes.iter().filter(is_wanted).collect(),
            self.scopes.iter().filter(|scope| !is_wanted(scope)).cloned().collect(),
        );
        if wanted.is_empty() || granted.is_empty() {
            return Err(error);
        }
        let mut token = self.renew(exchange, state, &granted).await?;
        for scope in wanted {
            granted.push(scope.clone());
            match self.renew(exchange, state, &granted).await {
                Ok(renewed) => token = renewed,
                Err(PsaError::ScopeRefused { .. }) => {
                    granted.pop();
                    tracing::info!(scope, "halo does not grant a scope; its streams are left out");
                }
                Err(error) => return Err(error),
            }
        }
        state.granted = Some(granted);
        Ok(token)
    }

    /// Takes a new token with these scopes and puts it into use, whatever was in use before.
    pub(crate) async fn fresh_token(
        &self,
        exchange: &Exchange,
        scopes: &[String],
    ) -> Result<Arc<Token>, PsaError> {
        let mut state = self.state.lock().await;
        // What is granted may have changed.
        state.granted = None;
        self.renew(exchange, &mut state, scopes).await
    }

    /// The scopes that are asked for.
    pub(crate) fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Where the token in use came from, for people.
    pub(crate) async fn token_url(&self) -> Option<String> {
        let state = self.state.lock().await;
        state.route.as_ref().map(|route| route.url.to_string())
    }

    async fn renew(
        &self,
        exchange: &Exchange,
        state: &mut State,
        scopes: &[String],
    ) -> Result<Arc<Token>, PsaError> {
        let (token, route) = self.take(exchange, state, scopes).await?;
        state.taken = token.serial;
        state.route = Some(route);
        let token = Arc::new(token);
        state.token = Some(Arc::clone(&token));
        Ok(token)
    }

    async fn take(
        &self,
        exchange: &Exchange,
        state: &State,
        scopes: &[String],
    ) -> Result<(Token, Route), PsaError> {
        let routes = match &state.route {
            Some(route) => vec![route.clone()],
            None => self.routes(exchange).await?,
        };
        let mut telling: Option<PsaError> = None;
        for route in routes {
            match self.ask(exchange, &route, scopes, state.taken + 1).await {
                Ok(token) => {
                    tracing::debug!(serial = token.serial, "halo gave a token");
                    return Ok((token, route));
                }
                Err(NoToken { error, is_final: true }) => return Err(error),
                // The likeliest route speaks, unless another one knows what a client is.
                Err(NoToken { error, .. }) => {
                    if telling.is_none() || matches!(error, PsaError::SecretRefused { .. }) {
                        telling = Some(error);
                    }
                }
            }
        }
        Err(telling.expect("there is at least one route, and each gave an error"))
    }

    /// The ways to try, most likely first: what the administrator gave, else what Halo says of
    /// itself, else the on-premises address.
    async fn routes(&self, exchange: &Exchange) -> Result<Vec<Route>, PsaError> {
        let (urls, named_tenant) = match &self.given_auth {
            Some(given) => (given.candidates.clone(), given.halo_tenant.clone()),
            None => match self.ask_authinfo(exchange).await? {
                Some((found, tenant)) => (found.candidates, tenant.or(found.halo_tenant)),
                None => (vec![self.address.default_token_url()], None),
            },
        };
        let tenant = self.halo_tenant.clone().or(named_tenant);
        let forms = |url: Url| {
            let tenant = tenant.clone();
            let named = tenant.map_or_else(Vec::new, |tenant| {
                vec![TenantForm::Query(tenant.clone()), TenantForm::Body(tenant)]
            });
            let all = named.into_iter().chain([TenantForm::Nowhere]);
            all.map(move |tenant| Route { url: url.clone(), tenant }).collect::<Vec<_>>()
        };
        Ok(urls.into_iter().flat_map(forms).collect())
    }

    /// `GET /api/authinfo` is anonymous; its whole body is not documented (HALO-API 1.1, 7), so
    /// anything but a usable address in it counts as no answer: what a person typed is better
    /// than what an installation wrongly says of itself. Errors are those of the network.
    async fn ask_authinfo(
        &self,
        exchange: &Exchange,
    ) -> Result<Option<(TokenAddress, Option<String>)>, PsaError> {
        let hidden = SecretString::default();
        let outgoing = Outgoing {
            method: Method::GET,
            url: self.address.api("authinfo"),
            label: "/authinfo",
            bearer: None,
            form: None,
            json: None,
            hidden: &hidden,
            timeout: TIMEOUT_BRIEF,
        };
        let mut patience = Patience::default();
        let info: Value = loop {
            let outcome = exchange.send(&outgoing).await.and_then(|received| {
                let body = good_json(&received, "/authinfo")?;
                serde_json::from_slice(body).map_err(|error| PsaError::Damaged {
                    path: "/authinfo".to_owned(),
                    detail: error.to_string(),
                })
            });
            match outcome {
                Ok(info) => break info,
                Err(error) => match patience.wait_or_fail(error).await {
                    Ok(()) => {}
                    Err(
                        error @ (PsaError::Unreachable { .. }
                        | PsaError::Tls { .. }
                        | PsaError::PrivateAddress { .. }
                        | PsaError::RateLimited { .. }),
                    ) => return Err(error),
                    Err(_) => return Ok(None),
                },
            }
        };
        let text = |key: &str| {
            let value = info.get(key)?.as_str()?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let Some(auth_url) = text("auth_url") else {
            return Ok(None);
        };
        match self.address.own_token_address(&auth_url, &self.named_hosts) {
            Ok(found) => Ok(Some((found, text("tenant_id")))),
            Err(error) => {
                tracing::warn!(%error, "halo's authinfo names no address that can be used");
                Ok(None)
            }
        }
    }

    async fn ask(
        &self,
        exchange: &Exchange,
        route: &Route,
        scopes: &[String],
        serial: u64,
    ) -> Result<Token, NoToken> {
        let scope = scopes.join(" ");
        let mut url = route.url.clone();
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", &self.oauth_client_id),
            ("client_secret", self.client_secret.expose_secret()),
        ];
        if !scope.is_empty() {
            form.push(("scope", &scope));
        }
        match &route.tenant {
            TenantForm::Query(tenant) => {
                url.query_pairs_mut().append_pair("tenant", tenant);
            }
            TenantForm::Body(tenant) => form.push(("tenant", tenant)),
            TenantForm::Nowhere => {}
        }
        let label = url.path().to_owned();
        let outgoing = Outgoing {
            method: Method::POST,
            url,
            label: &label,
            bearer: None,
            form: Some(&form),
            json: None,
            hidden: &self.client_secret,
            timeout: TIMEOUT_BRIEF,
        };
        let mut patience = Patience::default();
        loop {
            let asked_at = Instant::now();
            let outcome = match exchange.send(&outgoing).await {
                Ok(received) => read_token(&received, &label, &scope, serial, asked_at),
                Err(error) => Err(error.into()),
            };
            let NoToken { error, is_final } = match outcome {
                Ok(token) => return Ok(token),
                Err(no_token) => no_token,
            };
            // A refusal stays one, whoever gave it.
            if matches!(error, PsaError::NotThePsa { status: 400..=499, .. }) {
                return Err(NoToken { error, is_final });
            }
            if let Err(error) = patience.wait_or_fail(error).await {
                return Err(NoToken { error, is_final });
            }
        }
    }
}
