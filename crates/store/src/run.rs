//! Runs: what a sync did, as a typed status that pages, the command line and tests read.

use almanac_model::author::Author;
use almanac_model::id::ConnectionId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::db::{Row, args, write_tx};
use crate::error::StoreError;
use crate::tenant::TenantStore;
use crate::tenant_admin::new_uuid;

const COLUMNS: &str = "id, kind, connection_id, started_at, ended_at, outcome, status, cause";

/// Identifies a run; later runs have larger ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub Uuid);

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a run ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunCause {
    /// Its time had come.
    Schedule,
    /// A person asked for it.
    Asked {
        /// Who; none for what was asked of an earlier version.
        by: Option<Author>,
    },
    /// Nothing was ever read to its end through this connection.
    FirstSync {
        /// Who asked for it; none when its time had come.
        by: Option<Author>,
    },
    /// The same work was begun before and ended early.
    Resumed,
    /// The PSA named what changed.
    Webhook,
    /// A command.
    CommandLine,
}

/// A run that begins.
#[derive(Debug, Clone, Copy)]
pub struct NewRun<'a> {
    /// What runs, such as `sync`.
    pub kind: &'a str,
    /// Why it runs.
    pub cause: &'a RunCause,
    /// Through which connection.
    pub connection: Option<ConnectionId>,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub struct RunFinish<'a> {
    /// Such as `done`, `partial`, `held` or `failed`.
    pub outcome: &'a str,
    /// The whole status as JSON; the store does not read it.
    pub status: &'a str,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// A run as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Identifies it.
    pub id: RunId,
    /// What ran.
    pub kind: String,
    /// Through which connection.
    pub connection: Option<ConnectionId>,
    /// Milliseconds UTC.
    pub started_at: i64,
    /// Milliseconds UTC; none while it runs, or when its program was ended by force.
    pub ended_at: Option<i64>,
    /// How it ended.
    pub outcome: Option<String>,
    /// The whole status as JSON.
    pub status: Option<String>,
    /// Why it ran; none where this version does not know: it was another that noted it.
    pub cause: Option<RunCause>,
}

impl Run {
    fn from_row(row: &Row) -> Result<Run, StoreError> {
        Ok(Run {
            id: RunId(row.uuid(0)?),
            kind: row.text(1)?,
            connection: row.int_opt(2)?.map(ConnectionId),
            started_at: row.int(3)?,
            ended_at: row.int_opt(4)?,
            outcome: row.text_opt(5)?,
            status: row.text_opt(6)?,
            cause: row.text_opt(7)?.and_then(|cause| serde_json::from_str(&cause).ok()),
        })
    }
}

impl TenantStore {
    /// Notes that a run begins.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.run_start", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn run_start(&self, new: NewRun<'_>) -> Result<RunId, StoreError> {
        let id = new_uuid(new.at_ms)?;
        let cause = serde_json::to_string(new.cause).expect("a cause is plain data");
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(
                "INSERT INTO run (tenant_id, id, kind, connection_id, started_at, cause) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
                args![self.id, id, new.kind, new.connection, new.at_ms, cause.as_str()],
            )
            .await?;
            RunId(id)
        })
    }

    /// Notes how a run ended. Repeating it replaces what was noted.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.run_finish", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn run_finish(&self, id: RunId, finish: RunFinish<'_>) -> Result<(), StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(
                "UPDATE run SET ended_at = $3, outcome = $4, status = $5 WHERE tenant_id = $1 AND id = $2",
                args![self.id, id.0, finish.at_ms, finish.outcome, finish.status],
            )
            .await?;
        })
    }

    /// Forgets a run that did nothing.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.run_discard", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn run_discard(&self, id: RunId) -> Result<(), StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec("DELETE FROM run WHERE tenant_id = $1 AND id = $2", args![self.id, id.0])
                .await?;
        })
    }

    /// The run of this kind that began last.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.run_latest", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn run_latest(&self, kind: &str) -> Result<Option<Run>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM run WHERE tenant_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 1"
        );
        tx.one("run", sql, args![self.id, kind]).await?.as_ref().map(Run::from_row).transpose()
    }

    /// Runs of this kind through a connection, the one that began last first.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.run_list_of", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn run_list_of(
        &self,
        kind: &str,
        connection: ConnectionId,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM run WHERE tenant_id = $1 AND kind = $2 AND connection_id = $3 \
             ORDER BY id DESC LIMIT $4"
        );
        let rows = tx.rows("run", sql, args![self.id, kind, connection, limit]).await?;
        rows.iter().map(Run::from_row).collect()
    }

    /// Runs from the newest back, those before `before` only.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.run_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn run_list(
        &self,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM run WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
        );
        let before = before.map_or(Uuid::max(), |id| id.0);
        let rows = tx.rows("run", sql, args![self.id, before, limit]).await?;
        rows.iter().map(Run::from_row).collect()
    }
}
