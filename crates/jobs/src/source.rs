//! What a job works on: the connection that it names, while that is the tenant's own.

use std::sync::Arc;

use almanac_model::id::ConnectionId;
use almanac_store::{ClaimedJob, Connection, ReadBy, RunCause, StoreError, TenantStore};
use almanac_sync::{CHANGES_KIND, Quiet, ReadMode, SyncJob};
use secrecy::SecretString;

use crate::psa::Psa;
use crate::runner::Runner;

/// A connection that is there and active.
pub(crate) struct Source {
    /// The tenant's slug.
    pub(crate) tenant: String,
    pub(crate) store: TenantStore,
    pub(crate) connection: Connection,
}

impl<P: Psa> Runner<P> {
    /// What a job is about; `None` once the connection was replaced or removed: nothing is left to
    /// do.
    pub(crate) async fn source(
        &self,
        job: &ClaimedJob,
        connection: ConnectionId,
    ) -> Result<Option<Source>, StoreError> {
        let Some(tenant) = self.store.tenant_by_id(job.tenant).await? else { return Ok(None) };
        let store = self.store.tenant(job.tenant);
        let active = store.connection_active().await?.filter(|active| active.id == connection);
        Ok(active.map(|connection| Source { tenant: tenant.slug, store, connection }))
    }

    /// The client secret of a connection, read as `actor`.
    pub(crate) async fn secret(
        &self,
        source: &Source,
        actor: &str,
    ) -> Result<Option<SecretString>, StoreError> {
        let by = ReadBy { actor, at_ms: self.options.clock.now_ms() };
        source.store.connection_secret(source.connection.id, by).await
    }

    /// A run of background work that reads nothing yet: each kind of job says what, how much, and
    /// why.
    pub(crate) fn sync_job(
        &self,
        source: Source,
        connector: Arc<P::Connector>,
    ) -> SyncJob<P::Connector, P::Mapper> {
        SyncJob {
            connector,
            mapper: Arc::new(self.psa.mapper()),
            chains: Arc::new(self.psa.chains()),
            kind: CHANGES_KIND,
            tenant: source.tenant,
            connection: source.connection.id,
            streams: Vec::new(),
            // Never whole: scans have their own time.
            mode: ReadMode::Changes { whole_every_ms: i64::MAX },
            calls_max: None,
            parents_max: None,
            cause: RunCause::Schedule,
            owner: self.options.owner.clone(),
            clock: Arc::clone(&self.options.clock),
            progress: Arc::new(Quiet),
            peak_memory: self.options.peak_memory,
            store: source.store,
        }
    }
}
