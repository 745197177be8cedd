//! What nearly every command needs: configuration and an open database.

use std::str::FromStr;

use almanac_model::code::Code;
use almanac_store::{Address, Connection, Keyring, ReadBy, Store, Tenant, TenantStore};
use secrecy::{ExposeSecret, SecretString};

use crate::cli::Global;
use crate::clock;
use crate::config::Config;
use crate::failure::Failure;

/// Configuration and an open database.
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) store: Store,
}

/// One tenant.
pub(crate) struct TenantContext {
    pub(crate) tenant: Tenant,
    pub(crate) store: TenantStore,
}

impl Context {
    /// Reads the configuration, opens the database and sees that its schema fits.
    pub(crate) async fn open(global: &Global) -> Result<Self, Failure> {
        Self::with_config(Config::load(global)?).await
    }

    /// As [`Context::open`], with a configuration at hand.
    pub(crate) async fn with_config(config: Config) -> Result<Self, Failure> {
        let store = connect(&config).await?;
        make_ready(&config, &store).await?;
        Ok(Self { config, store })
    }

    /// The tenant by its slug.
    pub(crate) async fn tenant(&self, slug: &str) -> Result<TenantContext, Failure> {
        let Some(tenant) = self.store.tenant_by_slug(slug).await? else {
            let known: Vec<String> =
                self.store.tenant_list().await?.into_iter().map(|tenant| tenant.slug).collect();
            let hint = if known.is_empty() {
                "there is none yet; make one with `almanac tenant create`".to_owned()
            } else {
                format!("tenants are: {}", known.join(", "))
            };
            return Err(Failure::usage(format!("there is no tenant {slug:?}; {hint}")));
        };
        let store = self.store.tenant(tenant.id);
        Ok(TenantContext { tenant, store })
    }

    /// Closes the database in order.
    pub(crate) async fn close(self) {
        if let Err(error) = self.store.close().await {
            tracing::warn!(error = %error, "The database was not closed in order.");
        }
    }
}

impl TenantContext {
    /// The secret of a connection that was just read.
    pub(crate) async fn secret(&self, connection: &Connection) -> Result<SecretString, Failure> {
        let by = ReadBy { actor: "command line", at_ms: clock::now_ms() };
        self.store
            .connection_secret(connection.id, by)
            .await?
            .ok_or_else(|| Failure::failed("the connection was removed a moment ago"))
    }

    /// The tenant's connection to its PSA.
    pub(crate) async fn connection(&self) -> Result<Connection, Failure> {
        self.store.connection_active().await?.ok_or_else(|| {
            Failure::usage(format!(
                "tenant {:?} has no connection; give one with \
                 `almanac connection set --tenant {} --url … --client-id … --client-secret-file …`",
                self.tenant.slug, self.tenant.slug
            ))
        })
    }
}

/// The database's address.
pub(crate) fn address(config: &Config) -> Result<Address, Failure> {
    match &config.database {
        Some(url) => Address::from_str(url.expose_secret())
            .map_err(|error| Failure::config(error.to_string())),
        None => Ok(Address::Sqlite(config.data.join("almanac.db"))),
    }
}

/// Opens the database without looking at its schema.
pub(crate) async fn connect(config: &Config) -> Result<Store, Failure> {
    let address = address(config)?;
    let keyring = Keyring::load_or_create(&config.key_file)?;
    Ok(Store::connect(&address, keyring).await?)
}

/// An embedded database belongs to this program alone and follows its version by itself. A shared
/// one is set up when empty, and otherwise migrated only when asked: other nodes may be running.
async fn make_ready(config: &Config, store: &Store) -> Result<(), Failure> {
    match store.check_ready().await {
        Ok(()) => Ok(()),
        Err(error) if error.code() == Some(Code::STORE_UNMIGRATED) => {
            if config.database.is_some() && store.schema_version().await? > 0 {
                return Err(error.into());
            }
            store.migrate(clock::now_ms()).await?;
            Ok(store.check_ready().await?)
        }
        Err(error) => Err(error.into()),
    }
}
