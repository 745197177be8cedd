//! Records read back: as the PSA sent them, and those that no mapper understood.
//!
//! A body is given byte for byte as it was received. The generation of a live record is its
//! stream's: a scan that finds a record unchanged does not write it.

use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;

use crate::db::{Row, args};
use crate::error::StoreError;
use crate::tenant::TenantStore;

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// For a live record the last finished scan of the stream, for a tombstone the scan that
    /// removed it.
    pub generation: i64,
    /// Milliseconds UTC.
    pub first_seen_at: i64,
    /// When the body last changed, in milliseconds UTC.
    pub changed_at: i64,
    /// When it was found gone, in milliseconds UTC.
    pub deleted_at: Option<i64>,
    /// SHA-256 of the body.
    pub sha256: [u8; 32],
    /// The record exactly as received.
    pub body: Vec<u8>,
    /// Why it was not understood.
    pub problem: Option<String>,
}

/// A live record that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordProblem {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Why.
    pub problem: String,
    /// When the body last changed, in milliseconds UTC.
    pub changed_at: i64,
}

impl RecordRow {
    fn from_row(row: &Row) -> Result<RecordRow, StoreError> {
        Ok(RecordRow {
            remote_id: row.remote_id(0)?,
            generation: row.int(1)?,
            first_seen_at: row.int(2)?,
            changed_at: row.int(3)?,
            deleted_at: row.int_opt(4)?,
            sha256: row.sha256(5)?,
            problem: row.text_opt(6)?,
            body: row.bytes(7)?,
        })
    }
}

impl TenantStore {
    /// Records after `after`, sorted by remote id.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.record_page", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn record_page(
        &self,
        connection: ConnectionId,
        stream: Stream,
        after: Option<&RemoteId>,
        limit: u32,
        include_deleted: bool,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows(
                "record",
                "SELECT r.remote_id, CASE WHEN r.deleted_at IS NULL THEN coalesce(s.generation, 0) \
                 ELSE coalesce(r.removed_generation, 0) END, r.first_seen_at, r.changed_at, r.deleted_at, \
                 r.sha256, r.problem, r.body FROM record r LEFT JOIN stream_state s \
                 ON s.tenant_id = r.tenant_id AND s.connection_id = r.connection_id AND s.stream = r.stream \
                 WHERE r.tenant_id = $1 AND r.connection_id = $2 AND r.stream = $3 AND r.remote_id > $4 \
                 AND (r.deleted_at IS NULL OR $5) ORDER BY r.remote_id LIMIT $6",
                args![
                    self.id, connection, stream, after.map_or("", RemoteId::as_str),
                    include_deleted, limit
                ],
            )
            .await?;
        rows.iter().map(RecordRow::from_row).collect()
    }

    /// Live records that were not understood, sorted by remote id.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.record_problem_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn record_problem_list(
        &self,
        connection: ConnectionId,
        stream: Stream,
        limit: u32,
    ) -> Result<Vec<RecordProblem>, StoreError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows(
                "record",
                "SELECT remote_id, problem, changed_at FROM record WHERE tenant_id = $1 \
                 AND connection_id = $2 AND stream = $3 AND problem IS NOT NULL AND deleted_at IS NULL \
                 ORDER BY remote_id LIMIT $4",
                args![self.id, connection, stream, limit],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(RecordProblem {
                    remote_id: row.remote_id(0)?,
                    problem: row.text(1)?,
                    changed_at: row.int(2)?,
                })
            })
            .collect()
    }

    /// A record's bytes as they were received; `None` for one that is not known.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.record_body", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn record_body(
        &self,
        connection: ConnectionId,
        stream: Stream,
        remote_id: &RemoteId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut tx = self.read().await?;
        let row = tx
            .one(
                "record",
                "SELECT body FROM record WHERE tenant_id = $1 AND connection_id = $2 \
                 AND stream = $3 AND remote_id = $4",
                args![self.id, connection, stream, remote_id],
            )
            .await?;
        row.map(|row| row.bytes(0)).transpose()
    }
}
