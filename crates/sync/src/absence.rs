//! Which live records a whole pass did not see, and which of those are gone.
//!
//! A list may hide what still exists, so the few that are missing are looked for one by one. Every
//! doubt is settled by keeping the record: the next scan asks again.

use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;
use almanac_psa::{Connector, PsaError, SeenSet};
use almanac_store::TenantStore;

use crate::error::SyncError;

/// Live identifiers read at a time when looking for what is gone.
const LIVE_BATCH: u32 = 5_000;

/// So many missing records are each looked for at the PSA before they are believed gone.
const CONFIRM_MAX: usize = 25;

/// What a stream's last pass saw, beside what is live.
pub(crate) struct Absence<'a, C> {
    pub(crate) store: &'a TenantStore,
    pub(crate) connector: &'a C,
    pub(crate) connection: ConnectionId,
    pub(crate) stream: Stream,
    pub(crate) seen: &'a SeenSet,
    /// What the PSA's own list of identifiers named: none of these is gone.
    pub(crate) listed: &'a SeenSet,
}

impl<C: Connector> Absence<'_, C> {
    /// How many records are live, and those of them that neither the last pass nor the PSA's list
    /// of identifiers named.
    pub(crate) async fn missing(&self) -> Result<(u64, Vec<RemoteId>), SyncError> {
        let mut live = 0;
        let mut missing = Vec::new();
        let mut after = None;
        loop {
            let ids = self
                .store
                .live_ids(self.connection, self.stream, after.as_ref(), LIVE_BATCH)
                .await?;
            let Some(last) = ids.last() else { return Ok((live, missing)) };
            after = Some(last.clone());
            live += ids.len() as u64;
            let is_missing = |id: &RemoteId| !self.seen.contains(id) && !self.listed.contains(id);
            missing.extend(ids.into_iter().filter(is_missing));
        }
    }

    /// Looks for each missing record, when they are few; those that are gone.
    pub(crate) async fn confirm_gone(
        &self,
        missing: Vec<RemoteId>,
    ) -> Result<Vec<RemoteId>, SyncError> {
        let can = self.connector.capabilities(self.stream).can_fetch_one;
        if !can || missing.len() > CONFIRM_MAX {
            return Ok(missing);
        }
        let mut gone = Vec::new();
        let mut found = 0;
        for id in missing {
            match self.connector.fetch_one(self.stream, &id).await {
                Ok(None) => gone.push(id),
                Ok(Some(_)) => found += 1,
                // No answer about this one record: it is kept, and the next scan asks again.
                Err(PsaError::Damaged { .. } | PsaError::ServerFault { .. }) => found += 1,
                // Some areas refuse single records although they list them.
                Err(PsaError::Forbidden { .. } | PsaError::Refused { .. }) => gone.push(id),
                Err(error) => return Err(error.into()),
            }
        }
        if found > 0 {
            tracing::info!(
                stream = %self.stream, count = found,
                "Records that the list left out still exist and are kept."
            );
        }
        Ok(gone)
    }
}
