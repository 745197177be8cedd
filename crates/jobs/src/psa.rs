//! How jobs get at a PSA: given by the program, which alone knows which PSA it is.

use almanac_model::call_budget::CallClass;
use almanac_model::chain::Chains;
use almanac_psa::{HookKeeper, Mapper, PsaError, Writer};
use almanac_store::Connection;
use secrecy::SecretString;

/// A kind of PSA that can be plugged in.
pub trait Psa: Send + Sync + 'static {
    /// What reads it, carries out approved writes, and keeps our webhook.
    type Connector: Writer + HookKeeper + 'static;
    /// What turns its rows into our words.
    type Mapper: Mapper + 'static;

    /// Makes a connector for a stored connection.
    fn connector(
        &self,
        connection: &Connection,
        client_secret: SecretString,
    ) -> Result<Self::Connector, PsaError>;

    /// As [`Psa::connector`], for work that a person waits for: it may take a larger share of the
    /// calls.
    fn connector_for_person(
        &self,
        connection: &Connection,
        client_secret: SecretString,
    ) -> Result<Self::Connector, PsaError> {
        self.connector(connection, client_secret)
    }

    /// As [`Psa::connector`], by who waits for the calls: of one connection's, a person's go first,
    /// then a webhook's, then those of a round of changes, then a scan's.
    fn connector_of(
        &self,
        connection: &Connection,
        client_secret: SecretString,
        class: CallClass,
    ) -> Result<Self::Connector, PsaError> {
        match class {
            CallClass::Person => self.connector_for_person(connection, client_secret),
            CallClass::Scan | CallClass::Changes | CallClass::Webhook => {
                self.connector(connection, client_secret)
            }
        }
    }

    /// As [`Psa::connector_for_person`], with the rights that approved writes need. Only what was
    /// switched on asks for them.
    fn writer(
        &self,
        connection: &Connection,
        client_secret: SecretString,
    ) -> Result<Self::Connector, PsaError> {
        self.connector_for_person(connection, client_secret)
    }

    /// As [`Psa::connector_for_person`], with the rights that registering a webhook and looking after
    /// it needs. Only who asked for one is asked for them.
    fn hook_keeper(
        &self,
        connection: &Connection,
        client_secret: SecretString,
    ) -> Result<Self::Connector, PsaError> {
        self.connector_for_person(connection, client_secret)
    }

    /// Calls that background work may make in five minutes; none where there is no limit.
    fn calls_share(&self, connection: &Connection) -> Option<u64> {
        let _ = connection;
        None
    }

    /// The mapper.
    fn mapper(&self) -> Self::Mapper;

    /// Which of its fields feed which fact of an asset, unless a tenant chose otherwise.
    fn chains(&self) -> Chains;
}
