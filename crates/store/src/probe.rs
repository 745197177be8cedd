//! Tests of a connection that people asked for, and what they found.
//!
//! A test is asked for and its job enqueued in one transaction; whoever works off the job begins
//! the newest test that has not ended and stores its result. Pages read the newest.

use almanac_model::author::Author;
use almanac_model::id::ConnectionId;
use almanac_model::probe::ProbeResult;
use uuid::Uuid;

use crate::ask::{CONNECTION_TEST, for_person};
use crate::db::{Row, args, write_tx};
use crate::error::StoreError;
use crate::job::{self, Enqueued};
use crate::tenant::TenantStore;
use crate::tenant_admin::new_uuid;

/// Older tests of a connection than this many tell nothing.
const KEPT_MAX: i64 = 20;

const COLUMNS: &str = "id, author, asked_at, started_at, ended_at, result";

/// Identifies a test; later ones have larger ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeId(pub Uuid);

/// A test of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Identifies it.
    pub id: ProbeId,
    /// Who asked for it.
    pub by: Author,
    /// When, in milliseconds UTC.
    pub asked_at: i64,
    /// When it began, in milliseconds UTC.
    pub started_at: Option<i64>,
    /// When it ended, in milliseconds UTC.
    pub ended_at: Option<i64>,
    /// What it found; `None` while it waits or runs, and for one that was given up.
    pub result: Option<ProbeResult>,
}

impl Probe {
    fn from_row(row: &Row) -> Result<Probe, StoreError> {
        let result = row.text_opt(5)?;
        let result = result.map(|text| serde_json::from_str(&text).map_err(|_| row.corrupt(5)));
        Ok(Probe {
            id: ProbeId(row.uuid(0)?),
            by: serde_json::from_str(&row.text(1)?).map_err(|_| row.corrupt(1))?,
            asked_at: row.int(2)?,
            started_at: row.int_opt(3)?,
            ended_at: row.int_opt(4)?,
            result: result.transpose()?,
        })
    }
}

impl TenantStore {
    /// Asks for a test. While one waits or runs, that one counts; `None` when it ended in this
    /// very moment, which [`TenantStore::probe_latest`] shows.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.probe_ask", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn probe_ask(
        &self,
        connection: ConnectionId,
        by: &Author,
        at_ms: i64,
    ) -> Result<Option<ProbeId>, StoreError> {
        let id = new_uuid(at_ms)?;
        let author = serde_json::to_string(by).expect("an author is plain data");
        write_tx!(self.db(), self.scope(), |tx| {
            let new = for_person(CONNECTION_TEST, connection, at_ms);
            let enqueued = job::enqueue(tx, self.id, &new, None).await?;
            if enqueued == Enqueued::AlreadyThere {
                let sql = "SELECT id FROM probe WHERE tenant_id = $1 AND connection_id = $2 \
                           AND ended_at IS NULL ORDER BY id DESC LIMIT 1";
                let row = tx.one("probe", sql, args![self.id, connection]).await?;
                row.map(|row| row.uuid(0)).transpose()?.map(ProbeId)
            } else {
                // One without a job lost its worker for good.
                let sql = "UPDATE probe SET ended_at = $3 WHERE tenant_id = $1 \
                           AND connection_id = $2 AND ended_at IS NULL";
                tx.exec(sql, args![self.id, connection, at_ms]).await?;
                let newest = "SELECT id FROM probe WHERE tenant_id = $1 AND connection_id = $2 \
                              ORDER BY id DESC LIMIT $3";
                let kept = tx.rows("probe", newest, args![self.id, connection, KEPT_MAX]).await?;
                if i64::try_from(kept.len()).is_ok_and(|count| count == KEPT_MAX)
                    && let Some(last) = kept.last()
                {
                    // With the new one there are as many as are kept.
                    let sql = "DELETE FROM probe WHERE tenant_id = $1 AND connection_id = $2 \
                               AND id <= $3";
                    tx.exec(sql, args![self.id, connection, last.uuid(0)?]).await?;
                }
                let sql = "INSERT INTO probe (tenant_id, connection_id, id, author, asked_at) \
                           VALUES ($1, $2, $3, $4, $5)";
                tx.exec(sql, args![self.id, connection, id, &author, at_ms]).await?;
                Some(ProbeId(id))
            }
        })
    }

    /// Begins the newest test that has not ended, again if need be; `None` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.probe_start", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn probe_start(
        &self,
        connection: ConnectionId,
        at_ms: i64,
    ) -> Result<Option<Probe>, StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            let sql = format!(
                "UPDATE probe SET started_at = $3 WHERE tenant_id = $1 AND connection_id = $2 \
                 AND id = (SELECT id FROM probe WHERE tenant_id = $1 AND connection_id = $2 \
                 AND ended_at IS NULL ORDER BY id DESC LIMIT 1) RETURNING {COLUMNS}"
            );
            let row = tx.one("probe", sql, args![self.id, connection, at_ms]).await?;
            row.as_ref().map(Probe::from_row).transpose()?
        })
    }

    /// Stores what a test found. A test that ended already keeps its result.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.probe_finish", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn probe_finish(
        &self,
        connection: ConnectionId,
        id: ProbeId,
        result: &ProbeResult,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let result = serde_json::to_string(result).expect("a result is plain data");
        write_tx!(self.db(), self.scope(), |tx| {
            let sql = "UPDATE probe SET ended_at = $4, result = $5 WHERE tenant_id = $1 \
                       AND connection_id = $2 AND id = $3 AND ended_at IS NULL";
            tx.exec(sql, args![self.id, connection, id.0, at_ms, &result]).await?;
        })
    }

    /// The newest test of a connection.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.probe_latest", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn probe_latest(
        &self,
        connection: ConnectionId,
    ) -> Result<Option<Probe>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM probe WHERE tenant_id = $1 AND connection_id = $2 \
             ORDER BY id DESC LIMIT 1"
        );
        let row = tx.one("probe", sql, args![self.id, connection]).await?;
        row.as_ref().map(Probe::from_row).transpose()
    }
}
