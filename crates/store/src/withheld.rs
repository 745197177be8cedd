//! Rows of an open scan that would take values away: kept aside with their page, judged at its end.
//!
//! They stand beside the records, so that a scan that is interrupted still knows them when it goes
//! on, and what is shown stays as it was. They go when the scan ends, however it ends. A row counts
//! only for the pass that brought it: the last pass sees every record.

use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;

use crate::db::{Arg, Bulk, Tx, args, bulk_upsert};
use crate::error::StoreError;
use crate::record::PageCommit;
use crate::tenant::TenantStore;

/// A row that is kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithheldRow {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// The pass of the scan that brought it, from 1.
    pub pass: u32,
    /// The fields that would lose their value; JSON that only sync reads.
    pub lost: String,
    /// The record exactly as received.
    pub body: Vec<u8>,
}

impl TenantStore {
    /// What each row of this pass that is kept aside would take away.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.withheld_lost", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn withheld_lost(
        &self,
        connection: ConnectionId,
        stream: Stream,
        (generation, pass): (i64, u32),
    ) -> Result<Vec<String>, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT lost FROM withheld_row WHERE tenant_id = $1 AND connection_id = $2 \
                   AND stream = $3 AND generation = $4 AND pass = $5 ORDER BY remote_id";
        let args = args![self.id, connection, stream, generation, pass];
        let rows = tx.rows("withheld_row", sql, args).await?;
        rows.iter().map(|row| row.text(0)).collect()
    }

    /// The rows of this pass that are kept aside, after `after`, sorted by remote id.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.withheld_page", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn withheld_page(
        &self,
        connection: ConnectionId,
        stream: Stream,
        (generation, pass): (i64, u32),
        after: Option<&RemoteId>,
        limit: u32,
    ) -> Result<Vec<WithheldRow>, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT remote_id, lost, body FROM withheld_row WHERE tenant_id = $1 \
                   AND connection_id = $2 AND stream = $3 AND generation = $4 AND pass = $5 \
                   AND remote_id > $6 ORDER BY remote_id LIMIT $7";
        let after = after.map_or("", RemoteId::as_str);
        let args = args![self.id, connection, stream, generation, pass, after, limit];
        let rows = tx.rows("withheld_row", sql, args).await?;
        let read = rows.iter().map(|row| {
            Ok(WithheldRow {
                remote_id: row.remote_id(0)?,
                pass,
                lost: row.text(1)?,
                body: row.bytes(2)?,
            })
        });
        read.collect()
    }

    /// Keeps a page's rows aside; of two with one id the last counts.
    pub(crate) async fn withhold(
        &self,
        tx: &mut Tx,
        page: &PageCommit<'_>,
    ) -> Result<(), StoreError> {
        if page.withheld.is_empty() {
            return Ok(());
        }
        let mut rows: Vec<&WithheldRow> = page.withheld.iter().collect();
        rows.reverse();
        rows.sort_by(|a, b| a.remote_id.cmp(&b.remote_id));
        rows.dedup_by(|a, b| a.remote_id == b.remote_id);
        let bulk = Bulk {
            table: "withheld_row",
            shared: vec![
                ("tenant_id", Arg::from(self.id)),
                ("connection_id", Arg::from(page.connection)),
                ("stream", Arg::from(page.stream)),
                ("generation", Arg::from(page.generation)),
            ],
            columns: &["remote_id", "pass", "lost", "body"],
            tail: " ON CONFLICT (tenant_id, connection_id, stream, remote_id) DO UPDATE SET \
                   generation = excluded.generation, pass = excluded.pass, lost = excluded.lost, \
                   body = excluded.body"
                .to_owned(),
            rows: rows
                .iter()
                .map(|row| args![&row.remote_id, row.pass, &row.lost, row.body.as_slice()])
                .collect(),
        };
        bulk_upsert(tx, bulk).await.map(drop)
    }
}
