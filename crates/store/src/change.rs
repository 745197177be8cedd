//! A number that grows with each change of what is held in memory, and what changed since one.
//!
//! Whoever holds a tenant's projections asks [`TenantStore::change_head`] before using them, and
//! [`TenantStore::change_ids`] for what to read again. A transaction takes its number before it
//! writes and keeps the row locked until its commit, so whoever sees a number sees everything
//! that was written under it and under lower ones. Locks are taken in one order: leases, then
//! this number, then the audit's head.

use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use almanac_model::stream::Stream;

use crate::db::{Tx, args};
use crate::error::StoreError;
use crate::tenant::TenantStore;

/// How many numbers back [`TenantStore::change_ids`] can tell what changed. A first sync of
/// 50,000 assets takes some 600.
const TOLD_MAX: i64 = 1_024;

/// How often what is too old to be told is removed.
const PRUNE_EVERY: i64 = 256;

/// How far a tenant's changes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChangeHead {
    /// Tells this tenant from a removed one that had its id; 0 before the first change.
    pub epoch: i64,
    /// The number of the newest change; 0 before the first.
    pub seq: i64,
    /// The number of the newest change that a person made: who made it expects to see it at once,
    /// while a sync changes things many times a second.
    pub decided: i64,
    /// The active connection.
    pub connection: Option<ConnectionId>,
    /// When a scan of that connection's assets last finished and was believed, in milliseconds
    /// UTC. A scan that found nothing changed moves this alone.
    pub assets_scanned_at: Option<i64>,
}

/// Projections that one transaction wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedIds {
    /// Whose stream.
    pub connection: ConnectionId,
    /// Which stream.
    pub stream: Stream,
    /// Which records; some may have no projection.
    pub ids: Vec<RemoteId>,
}

impl TenantStore {
    /// How far changes are: one read by key, cheap enough for every request.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.change_head", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn change_head(&self) -> Result<ChangeHead, StoreError> {
        let mut tx = self.read().await?;
        let row = tx
            .one(
                "change_head",
                "SELECT coalesce(h.epoch, 0), coalesce(h.seq, 0), coalesce(h.decided, 0), n.id, \
                 s.last_scan_at FROM tenant t \
                 LEFT JOIN change_head h ON h.tenant_id = t.tenant_id \
                 LEFT JOIN connection n ON n.tenant_id = t.tenant_id AND n.is_active \
                 LEFT JOIN stream_state s ON s.tenant_id = n.tenant_id AND s.connection_id = n.id \
                 AND s.stream = $2 WHERE t.tenant_id = $1",
                args![self.id, Stream::Assets],
            )
            .await?;
        let Some(row) = row else { return Ok(ChangeHead::default()) };
        Ok(ChangeHead {
            epoch: row.int(0)?,
            seq: row.int(1)?,
            decided: row.int(2)?,
            connection: row.int_opt(3)?.map(ConnectionId),
            assets_scanned_at: row.int_opt(4)?,
        })
    }

    /// The projections that were written after the number `after`, tombstones too, in the order
    /// they were written. Some may be told that changed later than `head`, which the caller read
    /// before. `None` where that was too long ago to tell: read everything again.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.change_ids", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn change_ids(
        &self,
        head: ChangeHead,
        after: i64,
    ) -> Result<Option<Vec<ChangedIds>>, StoreError> {
        if after < head.seq - TOLD_MAX || after > head.seq {
            return Ok(None);
        }
        let mut tx = self.read().await?;
        let rows = tx
            .rows(
                "change_log",
                "SELECT connection_id, stream, ids FROM change_log \
                 WHERE tenant_id = $1 AND seq > $2 ORDER BY seq",
                args![self.id, after],
            )
            .await?;
        let changed = rows.iter().map(|row| {
            Ok(ChangedIds {
                connection: row.connection_id(0)?,
                stream: row.stream(1)?,
                ids: serde_json::from_str(&row.text(2)?).map_err(|_| row.corrupt(2))?,
            })
        });
        changed.collect::<Result<_, StoreError>>().map(Some)
    }
}

/// Takes the tenant's next number for a change that a person makes, to be stamped on what this
/// transaction writes. Others of the tenant who want one wait until it has ended.
pub(crate) async fn next_change(tx: &mut Tx, tenant: TenantId) -> Result<i64, StoreError> {
    next(tx, tenant, true).await
}

async fn next(tx: &mut Tx, tenant: TenantId, is_decided: bool) -> Result<i64, StoreError> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|error| StoreError::Backend(error.into()))?;
    let row = tx
        .one(
            "change_head",
            "INSERT INTO change_head (tenant_id, epoch, seq, decided) \
             VALUES ($1, $2, 1, CASE WHEN $3 THEN 1 ELSE 0 END) \
             ON CONFLICT (tenant_id) DO UPDATE SET seq = change_head.seq + 1, \
             decided = CASE WHEN $3 THEN change_head.seq + 1 ELSE change_head.decided END \
             RETURNING seq",
            args![tenant, i64::from_be_bytes(random), is_decided],
        )
        .await?;
    row.map_or_else(
        || Err(StoreError::corrupt("change_head", "seq", tenant.to_string())),
        |row| row.int(0),
    )
}

/// Notes which projections this transaction writes, under the next number. Does nothing for none,
/// and nothing for streams that nobody holds in memory: so many tickets change that whoever holds
/// assets would have to read all of them again.
pub(crate) async fn note(
    tx: &mut Tx,
    tenant: TenantId,
    connection: ConnectionId,
    stream: Stream,
    ids: &[&RemoteId],
) -> Result<(), StoreError> {
    if ids.is_empty() || !stream.is_of_assets() {
        return Ok(());
    }
    let seq = next(tx, tenant, false).await?;
    let ids = serde_json::to_string(ids).expect("ids are plain JSON");
    tx.exec(
        "INSERT INTO change_log (tenant_id, seq, connection_id, stream, ids) \
         VALUES ($1, $2, $3, $4, $5)",
        args![tenant, seq, connection, stream, ids],
    )
    .await?;
    if seq % PRUNE_EVERY == 0 {
        // Twice what is told: who read the head just before still finds everything.
        let sql = "DELETE FROM change_log WHERE tenant_id = $1 AND seq <= $2";
        tx.exec(sql, args![tenant, seq - 2 * TOLD_MAX]).await?;
    }
    Ok(())
}
