//! The root: opens a database, keeps its schema, hands out tenants' views.
//!
//! The root can only administer; it has no method that reads a tenant's records.

use std::sync::Arc;

use almanac_model::id::TenantId;
use tokio::sync::Notify;

use crate::db::{self, Address, Db, Migrated};
use crate::error::StoreError;
use crate::keyring::Keyring;
use crate::tenant::{Shared, TenantStore};

/// An open database. Cheap to clone; all clones share its connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("keyring", &self.shared.keyring).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database at an address; a missing SQLite file and its folder are made. Changes no
    /// schema.
    ///
    /// # Errors
    /// `Unreachable`; `Privilege` when the database is set up already and its tenants could not be
    /// kept apart.
    #[tracing::instrument(name = "store.connect", level = "debug", skip_all)]
    pub async fn connect(address: &Address, keyring: Keyring) -> Result<Store, StoreError> {
        let db = Db::connect(address).await?;
        let store = Store { shared: Arc::new(Shared { db, keyring, woken: Notify::default() }) };
        if db::schema_version(store.db()).await? == db::version_newest() {
            db::check_separation(store.db()).await?;
        }
        Ok(store)
    }

    /// Brings the schema up to date; does nothing when it is. Safe when several programs do it at
    /// once: one works, the others wait.
    ///
    /// # Errors
    /// `Newer`; `Privilege` when the role of tenants' work cannot be made.
    #[tracing::instrument(name = "store.migrate", level = "debug", skip_all)]
    pub async fn migrate(&self, now_ms: i64) -> Result<Migrated, StoreError> {
        self.refuse_newer().await?;
        db::ensure_role(self.db()).await?;
        let migrated = db::migrate(self.db(), now_ms).await?;
        db::check_separation(self.db()).await?;
        Ok(migrated)
    }

    /// Whether the database can be worked with as it is.
    ///
    /// # Errors
    /// `Newer`, `Unmigrated`, `Privilege`, or `Unreachable`.
    #[tracing::instrument(name = "store.check_ready", level = "debug", skip_all)]
    pub async fn check_ready(&self) -> Result<(), StoreError> {
        if self.refuse_newer().await? < db::version_newest() {
            return Err(StoreError::Unmigrated);
        }
        db::check_separation(self.db()).await
    }

    /// The version of the schema found; 0 is an empty database.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.schema_version", level = "debug", skip_all)]
    pub async fn schema_version(&self) -> Result<u32, StoreError> {
        db::schema_version(self.db()).await
    }

    /// Closes the connections in order; SQLite's log is folded into its file. Views handed out
    /// before fail from now on.
    ///
    /// # Errors
    /// When the log could not be folded; nothing is lost by that.
    #[tracing::instrument(name = "store.close", level = "debug", skip_all)]
    pub async fn close(self) -> Result<(), StoreError> {
        self.shared.db.close().await
    }

    /// One tenant's view. Whether the tenant exists is not checked: without it every list is empty.
    pub fn tenant(&self, id: TenantId) -> TenantStore {
        TenantStore { shared: Arc::clone(&self.shared), id }
    }

    /// Resolves when something was enqueued in this process that is to be done at once; at once when
    /// that was before. Other processes look by themselves.
    pub async fn woken(&self) {
        self.shared.woken.notified().await;
    }

    pub(crate) fn db(&self) -> &Db {
        &self.shared.db
    }

    async fn refuse_newer(&self) -> Result<u32, StoreError> {
        let (database, program) = (db::schema_version(self.db()).await?, db::version_newest());
        if database > program {
            return Err(StoreError::Newer { database, program });
        }
        Ok(database)
    }
}
