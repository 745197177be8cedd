//! Where HaloPSA is plugged in; nothing else in the product names it by its crate.

use std::sync::Arc;

use almanac_jobs::{Psa, SharedCalls};
use almanac_model::call_budget::CallClass;
use almanac_model::chain::Chains;
use almanac_model::stream::Stream;
use almanac_psa::{Capabilities, PsaError};
use almanac_psa_halo::{
    HaloConnector, HaloMapper, HaloOptions, SCOPES_TO_HOOK, SCOPES_TO_WRITE, default_chains,
    understand,
};
use almanac_store::{Connection, Store};
use almanac_web::{AddressReader, AddressRefused, CallLimit, CallLimits, UnderstoodAddress};
use secrecy::SecretString;

use crate::clock;
use crate::config::HaloConfig;

/// The places that Halo keeps each fact in.
pub(crate) fn chains() -> Chains {
    default_chains()
}

/// Makes connectors to HaloPSA from the configuration; the calls of each connection are counted in
/// the database, for all processes together.
#[derive(Debug, Clone)]
pub(crate) struct Halo {
    config: HaloConfig,
    store: Store,
    class: CallClass,
}

impl Halo {
    /// For background work: our share of the calls.
    pub(crate) fn in_background(config: &HaloConfig, store: &Store) -> Self {
        Self { config: config.clone(), store: store.clone(), class: CallClass::Scan }
    }

    /// For a command that a person waits for: all of the calls.
    pub(crate) fn in_foreground(config: &HaloConfig, store: &Store) -> Self {
        Self { config: config.clone(), store: store.clone(), class: CallClass::Person }
    }

    /// The scopes to read, and these; one that grants everything grants them too (HALO-API 5.1).
    fn scopes_and(&self, more: &[&str]) -> Vec<String> {
        let mut scopes = self.config.scopes.clone();
        if !scopes.iter().any(|scope| scope == "all") {
            let lacking = |scope: &&&str| !scopes.iter().any(|asked| asked == **scope);
            let more: Vec<String> =
                more.iter().filter(lacking).map(|&scope| scope.to_owned()).collect();
            scopes.extend(more);
        }
        scopes
    }

    fn connect(
        &self,
        connection: &Connection,
        client_secret: SecretString,
        class: CallClass,
        scopes: Vec<String>,
    ) -> Result<HaloConnector, PsaError> {
        let view = self.store.tenant(connection.tenant);
        let gate = Arc::new(SharedCalls::new(view, connection.id, Arc::new(clock::now_ms)));
        let options = HaloOptions {
            base_url: connection.base_url.clone(),
            auth_url: connection.auth_url.clone(),
            halo_tenant: connection.psa_tenant.clone(),
            oauth_client_id: connection.oauth_client_id.clone(),
            client_secret,
            allow_private_hosts: self.config.allow_private_hosts.clone(),
            call_limit: call_limit(&self.config, &connection.base_url)?,
            share_percent: self.config.share,
            scopes,
            now: clock::now,
        };
        HaloConnector::sharing(options, gate, class)
    }
}

/// A Halo on premises has no limit (HALO-API 2.8) until it says so by itself.
fn call_limit(config: &HaloConfig, base_url: &str) -> Result<Option<u32>, PsaError> {
    let is_named = understand(base_url, None, &config.allow_private_hosts)?.is_named_host;
    Ok(Some(config.call_limit).filter(|limit| *limit > 0 && !is_named))
}

/// What HaloPSA can do with a stream; asks nobody.
pub(crate) fn capabilities(stream: Stream) -> Capabilities {
    almanac_psa_halo::capabilities(stream)
}

/// Tells the pages which limit holds at an address.
pub(crate) fn call_limits(config: &HaloConfig) -> CallLimits {
    let config = config.clone();
    Arc::new(move |base_url| {
        let calls = call_limit(&config, base_url).ok()??;
        Some(CallLimit { calls, share_percent: config.share })
    })
}

/// Reads addresses for the pages, by the operator's list of private hosts.
pub(crate) fn address_reader(config: &HaloConfig) -> AddressReader {
    let hosts = config.allow_private_hosts.clone();
    Arc::new(move |url, auth_url| {
        let refused = |error: &PsaError, is_auth_url| AddressRefused {
            is_auth_url,
            repair: format!("{error}. {}", address_repair(error)),
        };
        // Alone first, so that a refusal can be said at its field.
        understand(url, None, &hosts).map_err(|error| refused(&error, false))?;
        let understood =
            understand(url, auth_url, &hosts).map_err(|error| refused(&error, true))?;
        Ok(UnderstoodAddress { base_url: understood.base_url, auth_url: understood.auth_url })
    })
}

/// How an address is put right by the person who typed it; the code's own remedy speaks to the
/// operator about a file.
fn address_repair(error: &PsaError) -> &'static str {
    match error {
        PsaError::BadAddress { .. } => {
            "Give the address that you sign in to Halo with, such as https://yourname.halopsa.com."
        }
        error => error.code().remedy,
    }
}

impl Psa for Halo {
    type Connector = HaloConnector;
    type Mapper = HaloMapper;

    fn calls_share(&self, connection: &Connection) -> Option<u64> {
        let limit = call_limit(&self.config, &connection.base_url).ok()??;
        Some(u64::from(limit) * u64::from(self.config.share) / 100)
    }

    fn connector(
        &self,
        connection: &Connection,
        client_secret: SecretString,
    ) -> Result<HaloConnector, PsaError> {
        self.connect(connection, client_secret, self.class, self.config.scopes.clone())
    }

    fn connector_of(
        &self,
        connection: &Connection,
        client_secret: SecretString,
        class: CallClass,
    ) -> Result<HaloConnector, PsaError> {
        self.connect(connection, client_secret, class, self.config.scopes.clone())
    }

    /// A person waits: all of the calls.
    fn connector_for_person(
        &self,
        connection: &Connection,
        client_secret: SecretString,
    ) -> Result<HaloConnector, PsaError> {
        self.connect(connection, client_secret, CallClass::Person, self.config.scopes.clone())
    }

    /// With the scopes to write; one that grants everything grants these (HALO-API 5.1).
    fn writer(
        &self,
        connection: &Connection,
        client_secret: SecretString,
    ) -> Result<HaloConnector, PsaError> {
        self.connect(
            connection,
            client_secret,
            CallClass::Person,
            self.scopes_and(&SCOPES_TO_WRITE),
        )
    }

    /// With the scopes to register webhooks.
    fn hook_keeper(
        &self,
        connection: &Connection,
        client_secret: SecretString,
    ) -> Result<HaloConnector, PsaError> {
        self.connect(connection, client_secret, CallClass::Person, self.scopes_and(&SCOPES_TO_HOOK))
    }

    fn mapper(&self) -> HaloMapper {
        HaloMapper
    }

    fn chains(&self) -> Chains {
        default_chains()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_repaired_by_who_typed_it() {
        let read = address_reader(&HaloConfig::default());
        let Err(refused) = read("not an address", None) else { panic!("it is no address") };
        assert!(refused.repair.ends_with("https://yourname.halopsa.com."), "{}", refused.repair);
        assert!(!refused.repair.contains("almanac config"), "{}", refused.repair);
    }
}
