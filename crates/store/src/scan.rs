//! What an open scan has seen, and how a scan ends.
//!
//! Unchanged records are not rewritten, so what a scan saw is kept apart, in chunks that only
//! sync understands. Ending a scan marks what it did not see, moves the generation and drops the
//! chunks, all in one transaction.

use almanac_model::code::Code;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;

use crate::change;
use crate::db::{Arg, ROWS_MAX, Tx, args, placeholders, write_tx};
use crate::error::StoreError;
use crate::lease::Fence;
use crate::projection;
use crate::receipt::{self, NewReceipt};
use crate::stream_state::Held;
use crate::tenant::TenantStore;

/// A part of what an open scan has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenChunk {
    /// Its place; writing a place again replaces it.
    pub seq: i64,
    /// What was seen; only sync reads it.
    pub ids: String,
}

/// How a scan ends.
#[derive(Debug)]
pub struct ScanFinish<'a> {
    /// Proof of the lease.
    pub fence: &'a Fence,
    /// Which connection.
    pub connection: ConnectionId,
    /// Which stream.
    pub stream: Stream,
    /// The number of the scan that ends.
    pub generation: i64,
    /// Milliseconds UTC.
    pub at_ms: i64,
    /// Live records that the scan did not see.
    pub remove: &'a [RemoteId],
    /// Why the scan is not believed; then nothing is removed and the generation stays.
    pub held: Option<Held>,
    /// What the scan compared and found, kept and signed with it.
    pub receipt: Option<NewReceipt>,
}

impl TenantStore {
    /// What the open scan `generation` has seen, in order of place.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.seen_load", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn seen_load(
        &self,
        connection: ConnectionId,
        stream: Stream,
        generation: i64,
    ) -> Result<Vec<String>, StoreError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows(
                "seen_chunk",
                "SELECT ids FROM seen_chunk WHERE tenant_id = $1 AND connection_id = $2 \
                 AND stream = $3 AND generation = $4 ORDER BY seq",
                args![self.id, connection, stream, generation],
            )
            .await?;
        rows.iter().map(|row| row.text(0)).collect()
    }

    /// Ids of live records after `after`, sorted by bytes.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.live_ids", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn live_ids(
        &self,
        connection: ConnectionId,
        stream: Stream,
        after: Option<&RemoteId>,
        limit: u32,
    ) -> Result<Vec<RemoteId>, StoreError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows(
                "record",
                "SELECT remote_id FROM record WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3 \
                 AND remote_id > $4 AND deleted_at IS NULL ORDER BY remote_id LIMIT $5",
                args![self.id, connection, stream, after.map_or("", RemoteId::as_str), limit],
            )
            .await?;
        rows.iter().map(|row| row.remote_id(0)).collect()
    }

    /// Ends a scan: tombstones what it did not see, moves the generation, forgets the open scan.
    /// When held, only the reason is kept and the open scan forgotten. Returns how many records
    /// were removed.
    ///
    /// # Errors
    /// `LeaseLost`; nothing was changed then.
    #[tracing::instrument(name = "store.scan_finish", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn scan_finish(&self, finish: &ScanFinish<'_>) -> Result<u64, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| {
            self.check_fence(tx, finish.fence).await?;
            let (mut removed, mut bad) = (0, 0);
            if finish.held.is_none() {
                for ids in finish.remove.chunks(ROWS_MAX) {
                    let (count, with_problem) = self.remove(tx, finish, ids).await?;
                    removed += count;
                    bad += with_problem;
                }
            }
            self.drop_seen(tx, finish.connection, finish.stream).await?;
            self.note_finish(tx, finish, removed, bad).await?;
            if let Some(receipt) = &finish.receipt {
                let place = (finish.connection, finish.stream);
                receipt::append(tx, keyring, (self.id, place), receipt, finish.at_ms).await?;
            }
            u64::try_from(removed).expect("a count is not negative")
        })
    }

    /// Forgets an open scan; what it committed stays.
    ///
    /// # Errors
    /// `LeaseLost`; nothing was changed then.
    #[tracing::instrument(name = "store.scan_abandon", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn scan_abandon(
        &self,
        fence: &Fence,
        connection: ConnectionId,
        stream: Stream,
    ) -> Result<(), StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            self.check_fence(tx, fence).await?;
            self.drop_seen(tx, connection, stream).await?;
            tx.exec(
                "UPDATE stream_state SET scan_generation = NULL, scan_state = NULL \
                 WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3",
                args![self.id, connection, stream],
            )
            .await?;
        })
    }

    /// Says why a stream waits, without touching its records or its open scan. The next scan that
    /// finishes unheld clears it.
    ///
    /// # Errors
    /// `LeaseLost`; nothing was changed then.
    #[tracing::instrument(name = "store.stream_hold", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn stream_hold(
        &self,
        fence: &Fence,
        connection: ConnectionId,
        stream: Stream,
        held: &Held,
    ) -> Result<(), StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            self.check_fence(tx, fence).await?;
            // What waits for a person waits, also where the PSA does not answer meanwhile.
            let [unreachable, throttled] = Code::UNANSWERED;
            let stays = format!(
                "stream_state.held_number IS NOT NULL \
                 AND excluded.held_code IN ('{unreachable}', '{throttled}')"
            );
            let held_columns = ["held_code", "held_text", "held_number"].map(|column| {
                format!(
                    "{column} = CASE WHEN {stays} THEN stream_state.{column} \
                     ELSE excluded.{column} END"
                )
            });
            let sql = format!(
                "INSERT INTO stream_state (tenant_id, connection_id, stream, generation, live, \
                 deleted, bad, mapper_version, held_code, held_text, held_number, held_since) \
                 VALUES ($1, $2, $3, 0, 0, 0, 0, 0, $4, $5, $6, $7) \
                 ON CONFLICT (tenant_id, connection_id, stream) DO UPDATE SET \
                 held_since = CASE WHEN stream_state.held_code = excluded.held_code OR {stays} \
                 THEN stream_state.held_since ELSE excluded.held_since END, {}",
                held_columns.join(", ")
            );
            tx.exec(
                sql,
                args![
                    self.id,
                    connection,
                    stream,
                    &held.code,
                    &held.text,
                    number(held),
                    held.since
                ],
            )
            .await?;
        })
    }

    /// Marks live records as gone; returns how many, and how many of them had a problem.
    pub(crate) async fn remove(
        &self,
        tx: &mut Tx,
        finish: &ScanFinish<'_>,
        ids: &[RemoteId],
    ) -> Result<(i64, i64), StoreError> {
        let list = placeholders(6, ids.len());
        let mut args =
            args![self.id, finish.connection, finish.stream, finish.at_ms, finish.generation];
        args.extend(ids.iter().map(Arg::from));
        let sql = format!(
            "UPDATE record SET deleted_at = $4, removed_generation = $5 WHERE tenant_id = $1 \
             AND connection_id = $2 AND stream = $3 AND deleted_at IS NULL AND remote_id IN ({list}) \
             RETURNING problem IS NOT NULL"
        );
        let rows = tx.rows("record", sql, args).await?;
        let mut with_problem = 0;
        for row in &rows {
            with_problem += i64::from(row.bool(0)?);
        }
        let gone: Vec<&RemoteId> = if rows.is_empty() { Vec::new() } else { ids.iter().collect() };
        change::note(tx, self.id, finish.connection, finish.stream, &gone).await?;
        let table = projection::table_of(finish.stream).name;
        let list = placeholders(4, ids.len());
        let mut args = args![self.id, finish.connection, finish.at_ms];
        args.extend(ids.iter().map(Arg::from));
        let sql = format!(
            "UPDATE {table} SET deleted_at = $3 WHERE tenant_id = $1 AND connection_id = $2 \
             AND deleted_at IS NULL AND remote_id IN ({list})"
        );
        tx.exec(sql, args).await?;
        Ok((i64::try_from(rows.len()).expect("rows are few"), with_problem))
    }

    async fn drop_seen(
        &self,
        tx: &mut Tx,
        connection: ConnectionId,
        stream: Stream,
    ) -> Result<(), StoreError> {
        for table in ["seen_chunk", "withheld_row"] {
            let sql = format!(
                "DELETE FROM {table} WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3"
            );
            tx.exec(sql, args![self.id, connection, stream]).await?;
        }
        Ok(())
    }

    async fn note_finish(
        &self,
        tx: &mut Tx,
        finish: &ScanFinish<'_>,
        removed: i64,
        bad: i64,
    ) -> Result<(), StoreError> {
        let key = args![self.id, finish.connection, finish.stream];
        let mut create = key.clone();
        create.push(Arg::from(0_i64));
        tx.exec(
            "INSERT INTO stream_state (tenant_id, connection_id, stream, generation, live, deleted, bad, \
             mapper_version) VALUES ($1, $2, $3, $4, $4, $4, $4, $4) \
             ON CONFLICT (tenant_id, connection_id, stream) DO NOTHING",
            create,
        )
        .await?;
        let mut args = key;
        let sql = match &finish.held {
            Some(held) => {
                args.extend(args![&held.code, &held.text, number(held), held.since]);
                "UPDATE stream_state SET scan_generation = NULL, scan_state = NULL, \
                 held_since = CASE WHEN held_code = $4 THEN held_since ELSE $7 END, \
                 held_code = $4, held_text = $5, held_number = $6, release_code = NULL, \
                 release_number = NULL, release_by = NULL, release_at = NULL \
                 WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3"
            }
            None => {
                args.extend(args![finish.generation, finish.at_ms, removed, bad]);
                "UPDATE stream_state SET scan_generation = NULL, scan_state = NULL, held_code = NULL, \
                 held_text = NULL, held_number = NULL, held_since = NULL, release_code = NULL, \
                 release_number = NULL, release_by = NULL, release_at = NULL, generation = $4, last_scan_at = $5, live = live - $6, \
                 deleted = deleted + $6, bad = bad - $7 \
                 WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3"
            }
        };
        tx.exec(sql, args).await.map(drop)
    }
}

fn number(held: &Held) -> Option<i64> {
    held.number.map(|number| i64::try_from(number).unwrap_or(i64::MAX))
}
