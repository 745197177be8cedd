//! One authorised call to Halo, with everything that makes it likely to succeed.
//!
//! All reads go through [`Transport::get`], all changes through [`Transport::post`]. The loops read only the error's `Recovery`: a refused
//! token is replaced (Q-13: a second 401 is a missing permission, not an expiry, unless the call
//! was held back until its token had ended), faults are tried again, the rest goes to the caller.

use std::sync::atomic::{AtomicI64, Ordering};

use almanac_psa::{CallStats, PsaError, Recovery};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use crate::address::Address;
use crate::auth::Auth;
use crate::decode::Unreadable;
use crate::endpoint::Query;
use crate::exchange::{Exchange, Outgoing, Received, TIMEOUT_BRIEF, TIMEOUT_TOTAL, date};
use crate::guard::Guard;
use crate::options::HaloOptions;
use crate::pacer::Pacer;
use crate::retry::Patience;
use crate::status::{good_json, not_the_psa};
use crate::token::Token;

/// A call that is held back (the pacer's window, a 429) may outlive its token so often.
const RENEWALS_MAX: u32 = 3;

/// Reads of one connection.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) address: Address,
    pub(crate) auth: Auth,
    pub(crate) exchange: Exchange,
    now: fn() -> jiff::Timestamp,
    /// Halo's clock minus ours at the last answer.
    clock_offset_ms: AtomicI64,
}

impl Transport {
    /// Reads the addresses and prepares the client; sends nothing.
    pub(crate) fn new(options: HaloOptions, pacer: Pacer) -> Result<Self, PsaError> {
        let guard = Guard::new(&options.allow_private_hosts);
        let address = Address::parse(&options.base_url, &options.allow_private_hosts)?;
        let is_plain = address.as_understood().starts_with("http://");
        Ok(Self {
            now: options.now,
            clock_offset_ms: AtomicI64::new(0),
            exchange: Exchange::new(guard, pacer, is_plain)?,
            auth: Auth::new(options, address.clone())?,
            address,
        })
    }

    /// Reads `path` under `/api`. `read` turns the JSON into data; what it finds unreadable is
    /// classified and perhaps asked for again.
    pub(crate) async fn get<T>(
        &self,
        path: &str,
        query: &Query,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, PsaError> {
        let mut patience = Patience::default();
        let mut renewals = Renewals::default();
        loop {
            let token = self.auth.token(&self.exchange, renewals.refused).await?;
            let outcome = self.attempt(Call::Get(query), path, &token).await;
            let sent_at = outcome.as_ref().ok().map(|received| received.sent_at);
            let outcome = outcome.and_then(|received| understood(&received, path, &read));
            let error = match outcome {
                Ok(data) => return Ok(data),
                Err(error) => error,
            };
            match error.recovery() {
                Recovery::Reauthenticate => renewals.renew_or_fail(&token, sent_at, path)?,
                _ => patience.wait_or_fail(error).await?,
            }
        }
    }

    /// Sends `body` to `path` under `/api`. It is sent again only where Halo certainly did nothing
    /// (429, a token that ended); every other loss is [`PsaError::OutcomeUnknown`].
    pub(crate) async fn post(&self, path: &str, body: &[u8]) -> Result<(), PsaError> {
        self.change(Call::Post(body), path).await.map(drop)
    }

    /// As [`Transport::post`], with what Halo answered.
    pub(crate) async fn post_answered(&self, path: &str, body: &[u8]) -> Result<Vec<u8>, PsaError> {
        self.change(Call::Post(body), path).await
    }

    /// Removes what we made at `path` under `/api`; records are never removed.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), PsaError> {
        self.change(Call::Delete, path).await.map(drop)
    }

    async fn change(&self, call: Call<'_>, path: &str) -> Result<Vec<u8>, PsaError> {
        let mut renewals = Renewals::default();
        loop {
            let token = self.auth.token(&self.exchange, renewals.refused).await?;
            let outcome = self.attempt(call, path, &token).await;
            let sent_at = outcome.as_ref().ok().map(|received| received.sent_at);
            match outcome.and_then(|received| good_json(&received, path).map(<[u8]>::to_vec)) {
                Err(PsaError::TokenRefused) => renewals.renew_or_fail(&token, sent_at, path)?,
                outcome => return outcome.map_err(|error| after_sending(error, path)),
            }
        }
    }

    /// Reads a path that needs no token, once.
    pub(crate) async fn get_anonymous(&self, path: &str) -> Result<Received, PsaError> {
        let hidden = SecretString::default();
        let outgoing = Outgoing {
            method: Method::GET,
            url: self.address.api(path),
            label: path,
            bearer: None,
            form: None,
            json: None,
            hidden: &hidden,
            timeout: TIMEOUT_BRIEF,
        };
        self.exchange.send(&outgoing).await
    }

    /// By how much Halo's clock was ahead of ours at the last answer, to the second.
    pub(crate) fn clock_offset_ms(&self) -> i64 {
        self.clock_offset_ms.load(Ordering::Relaxed)
    }

    /// Calls made so far.
    pub(crate) fn call_stats(&self) -> CallStats {
        self.exchange.call_stats()
    }

    #[tracing::instrument(name = "halo.call", level = "debug", skip_all, fields(path))]
    async fn attempt(
        &self,
        call: Call<'_>,
        path: &str,
        token: &Token,
    ) -> Result<Received, PsaError> {
        let mut url = self.address.api(path);
        let (method, json) = match call {
            Call::Get(query) => {
                if !query.is_empty() {
                    url.query_pairs_mut().extend_pairs(query);
                }
                (Method::GET, None)
            }
            Call::Post(body) => (Method::POST, Some(body)),
            Call::Delete => (Method::DELETE, None),
        };
        let outgoing = Outgoing {
            method,
            url,
            label: path,
            bearer: Some(token.secret.expose_secret()),
            form: None,
            json,
            hidden: &token.secret,
            timeout: TIMEOUT_TOTAL,
        };
        let received = self.exchange.send(&outgoing).await?;
        if let Some(theirs) = date(&received.headers) {
            let offset = theirs.as_millisecond() - (self.now)().as_millisecond();
            self.clock_offset_ms.store(offset, Ordering::Relaxed);
        }
        Ok(received)
    }
}

/// What is asked of a path.
#[derive(Clone, Copy)]
enum Call<'a> {
    Get(&'a Query),
    Post(&'a [u8]),
    Delete,
}

/// The tokens that Halo refused within one call.
#[derive(Default)]
struct Renewals {
    made: u32,
    refused: Option<u64>,
}

impl Renewals {
    /// Asks for another token the next time, or says that no token would help.
    fn renew_or_fail(
        &mut self,
        token: &Token,
        sent_at: Option<Instant>,
        path: &str,
    ) -> Result<(), PsaError> {
        let was_fresh = sent_at.is_some_and(|at| at < token.usable_until);
        if was_fresh && self.refused.is_some() {
            return Err(PsaError::Forbidden { path: path.to_owned(), status: 401 });
        }
        if self.made >= RENEWALS_MAX {
            let detail = "each token ended before its call could be sent".to_owned();
            return Err(PsaError::RateLimited { retry_after: None, detail });
        }
        self.made += 1;
        self.refused = Some(token.serial);
        Ok(())
    }
}

/// What a failed change means: whatever hides the answer leaves open what became of it.
fn after_sending(error: PsaError, path: &str) -> PsaError {
    match error {
        PsaError::Unreachable { .. }
        | PsaError::ServerFault { .. }
        | PsaError::Damaged { .. }
        | PsaError::TooLarge { .. }
        | PsaError::NotThePsa { .. } => {
            PsaError::OutcomeUnknown { path: path.to_owned(), detail: error.to_string() }
        }
        error => error,
    }
}

fn understood<T>(
    received: &Received,
    path: &str,
    read: &impl Fn(&[u8]) -> Result<T, Unreadable>,
) -> Result<T, PsaError> {
    match read(good_json(received, path)?) {
        Ok(data) => Ok(data),
        Err(Unreadable::Damaged(detail)) => {
            Err(PsaError::Damaged { path: path.to_owned(), detail })
        }
        Err(Unreadable::Foreign) => Err(with_found_json(not_the_psa(received, path.to_owned()))),
    }
}

fn with_found_json(error: PsaError) -> PsaError {
    match error {
        PsaError::NotThePsa { path, status, excerpt, .. } => {
            PsaError::NotThePsa { path, status, found: "JSON of another shape".to_owned(), excerpt }
        }
        other => other,
    }
}
