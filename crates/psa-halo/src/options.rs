//! What a connector must be told.

use std::fmt;

use jiff::Timestamp;
use secrecy::SecretString;

/// The scopes that reading assets and what they stand on needs, and no more (HALO-API 5.1:
/// customers covers clients, sites and users; assets covers assets and their types; agents, teams
/// and lookups need none).
pub const SCOPES_NEEDED: [&str; 2] = ["read:customers", "read:assets"];

/// The scopes that the other streams need (HALO-API 5.1: tickets covers their actions; sales
/// covers opportunities). An application without them is read without those streams.
pub const SCOPES_WANTED: [&str; 5] =
    ["read:tickets", "read:sales", "read:projects", "read:contracts", "read:invoices"];

/// The scopes that writing to assets needs as well (HALO-API 5.2: `edit:assets`), asked for only by
/// a connection that something was switched on to be written for.
pub const SCOPES_TO_WRITE: [&str; 1] = ["edit:assets"];

/// The scopes that registering a webhook and looking after it needs as well, both of them (HALO-API
/// 5.1: AttunedIT), asked for only by a connection that a webhook was asked for.
pub const SCOPES_TO_HOOK: [&str; 2] = ["all:standard", "admin:webhooks"];

/// Calls per five minutes that Halo allows each tenant today (HALO-API 2.8).
pub const CALL_LIMIT: u32 = 700;

/// The share of the limit that is ours unless the operator says otherwise (percent).
pub const SHARE_PERCENT: u32 = 50;

/// One connection to one Halo.
#[derive(Clone)]
pub struct HaloOptions {
    /// Where Halo is, as a person typed it.
    pub base_url: String,
    /// The authorisation server, when the administrator gave one; with or without its path.
    pub auth_url: Option<String>,
    /// Halo's own "tenant", when the administrator gave one.
    pub halo_tenant: Option<String>,
    /// OAuth's `client_id`.
    pub oauth_client_id: String,
    /// OAuth's `client_secret`.
    pub client_secret: SecretString,
    /// Hosts (names or addresses, exactly) that may be private and may speak plain http.
    pub allow_private_hosts: Vec<String>,
    /// Calls per five minutes that Halo allows; `None` learns it from Halo's refusals alone.
    pub call_limit: Option<u32>,
    /// The share of `call_limit` that is ours, 1 to 100.
    pub share_percent: u32,
    /// The scopes to ask for.
    pub scopes: Vec<String>,
    /// Our clock, to compare with Halo's.
    pub now: fn() -> Timestamp,
}

impl HaloOptions {
    /// Options with the defaults above.
    pub fn new(
        base_url: impl Into<String>,
        oauth_client_id: impl Into<String>,
        client_secret: SecretString,
        now: fn() -> Timestamp,
    ) -> Self {
        Self {
            base_url: base_url.into(),
            auth_url: None,
            halo_tenant: None,
            oauth_client_id: oauth_client_id.into(),
            client_secret,
            allow_private_hosts: Vec::new(),
            call_limit: Some(CALL_LIMIT),
            share_percent: SHARE_PERCENT,
            scopes: [&SCOPES_NEEDED[..], &SCOPES_WANTED]
                .concat()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            now,
        }
    }
}

impl fmt::Debug for HaloOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HaloOptions")
            .field("halo_tenant", &self.halo_tenant)
            .field("allow_private_hosts", &self.allow_private_hosts)
            .field("call_limit", &self.call_limit)
            .field("share_percent", &self.share_percent)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
