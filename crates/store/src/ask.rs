//! What a person at a page asks of the background: a sync now, a test of the connection.
//!
//! A page never waits for a PSA, so it leaves a job here and shows what comes of it. The kinds and
//! arguments of these jobs are part of the store's words, since those who ask and those who work
//! do not know each other.

use almanac_model::author::Author;
use almanac_model::id::{ConnectionId, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::audit::{self, Audit};
use crate::db::{Row, Tx, args, write_tx};
use crate::error::StoreError;
use crate::job::{self, Enqueued, NewJob};
use crate::tenant::TenantStore;

/// The kind of a job that reads a connection in full, by schedule.
pub const SYNC_CONNECTION: &str = "sync_connection";

/// The kind of a job that reads a connection in full because a person asked.
pub const SYNC_NOW: &str = "sync_now";

/// The kind of a job that reads what changed, by schedule.
pub const SYNC_CHANGES: &str = "sync_changes";

/// The kind of a job that tests a connection.
pub const CONNECTION_TEST: &str = "connection_test";

/// The kind of a job that carries out approved writes.
pub const PUSH_WRITES: &str = "push_writes";

/// The kind of a job that registers a connection's webhook at the PSA, or removes it there.
pub const WEBHOOK_SETUP: &str = "webhook_setup";

/// The kind of a job that looks how a webhook is doing, by schedule.
pub const WEBHOOK_CHECK: &str = "webhook_check";

/// The kind of a job that reads what webhooks named.
pub const POKE: &str = "poke";

/// The priority of what a webhook named: after what a person waits for, before every schedule.
pub const PRIORITY_POKE: i64 = 50;

/// The priority of what a person waits for; backfill has 0.
pub const PRIORITY_PERSON: i64 = 100;

/// The same sync asked for twice within this time runs once.
pub const SAME_SYNC_MS: i64 = 2 * 60_000;

/// A person looks at the outcome, and asks again if it matters.
const ATTEMPTS_MAX: i64 = 3;

/// The arguments of every job that works on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionArgs {
    /// Which connection.
    pub connection: ConnectionId,
}

impl ConnectionArgs {
    /// As a job carries them.
    pub fn to_json(self) -> String {
        serde_json::to_string(&self).expect("ids are plain data")
    }
}

/// The arguments of a sync that a person asked for; read as [`ConnectionArgs`] too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncArgs {
    /// Which connection.
    pub connection: ConnectionId,
    /// Who asked; none for a sync by schedule.
    #[serde(default)]
    pub by: Option<Author>,
}

/// What asking for a sync did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncAsked {
    /// It is enqueued, and goes before all that nobody waits for.
    Enqueued(Uuid),
    /// One waits already; it goes before all that nobody waits for now.
    Waiting(Uuid),
    /// One runs already.
    Running(Uuid),
    /// One that was asked for less than two minutes ago has ended already.
    JustEnded {
        /// When, in milliseconds UTC.
        at: i64,
    },
}

/// Under which key there is one such job at a time.
pub(crate) fn job_key(connection: ConnectionId) -> String {
    connection.to_string()
}

/// A job for a person who waits.
pub(crate) fn for_person(kind: &str, connection: ConnectionId, at_ms: i64) -> NewJob {
    NewJob {
        kind: kind.to_owned(),
        key: job_key(connection),
        args: ConnectionArgs { connection }.to_json(),
        run_at: at_ms,
        priority: PRIORITY_PERSON,
        attempts_max: ATTEMPTS_MAX,
        at_ms,
    }
}

/// A sync's job that may be the one that is asked for.
struct Known {
    id: Uuid,
    is_for_person: bool,
    state: String,
    created_at: i64,
    ended_at: Option<i64>,
}

impl Known {
    /// `None` for a job of another connection.
    fn from_row(row: &Row, connection: ConnectionId) -> Result<Option<Known>, StoreError> {
        let args: ConnectionArgs =
            serde_json::from_str(&row.text(1)?).map_err(|_| row.corrupt(1))?;
        let known = Known {
            id: row.uuid(0)?,
            is_for_person: row.text(2)? == SYNC_NOW,
            state: row.text(3)?,
            created_at: row.int(4)?,
            ended_at: row.int_opt(5)?,
        };
        Ok((args.connection == connection).then_some(known))
    }
}

impl TenantStore {
    /// Asks for a full sync of a connection. While one waits or runs, and for two minutes after it
    /// was asked for, that one counts; one that failed does not.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.sync_ask", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn sync_ask(
        &self,
        connection: ConnectionId,
        by: &Author,
        at_ms: i64,
    ) -> Result<SyncAsked, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| {
            let known = known_syncs(tx, self.id, connection, at_ms).await?;
            if let Some(asked) = answered_by(&known, at_ms) {
                if let SyncAsked::Waiting(id) = asked {
                    job::bring_forward(tx, self.id, id, at_ms).await?;
                }
                asked
            } else {
                let args = SyncArgs { connection, by: Some(by.clone()) };
                let args = serde_json::to_string(&args).expect("arguments are plain data");
                let new = NewJob { args, ..for_person(SYNC_NOW, connection, at_ms) };
                match job::enqueue(tx, self.id, &new, None).await? {
                    Enqueued::Enqueued(id) => {
                        let entry = Audit {
                            at: at_ms,
                            actor: by.name.clone(),
                            action: "sync.ask".to_owned(),
                            subject: format!("connection {connection}"),
                            detail: serde_json::json!({ "user": by.user }).to_string(),
                        };
                        audit::append(tx, keyring, self.id, &entry).await?;
                        SyncAsked::Enqueued(id)
                    }
                    // Somebody asked at the same moment; the transaction is run again and sees it.
                    Enqueued::AlreadyThere => {
                        let cause = "the same sync was asked for at the same moment";
                        Err(StoreError::Locked(cause.into()))?
                    }
                }
            }
        })
    }
}

/// Syncs of the connection that wait or run, or were asked for a moment ago and ended; newest
/// first.
async fn known_syncs(
    tx: &mut Tx,
    tenant: TenantId,
    connection: ConnectionId,
    at_ms: i64,
) -> Result<Vec<Known>, StoreError> {
    let sql = "SELECT id, args, kind, state, created_at, ended_at FROM job \
               WHERE tenant_id = $1 AND kind IN ($2, $3) AND (state IN ('queued', 'running') \
               OR (state = 'done' AND kind = $3 AND created_at > $4)) ORDER BY id DESC";
    let args = args![tenant, SYNC_CONNECTION, SYNC_NOW, at_ms.saturating_sub(SAME_SYNC_MS)];
    let rows = tx.rows("job", sql, args).await?;
    rows.iter().filter_map(|row| Known::from_row(row, connection).transpose()).collect()
}

/// The sync that counts as the one asked for: running, then waiting, then just ended.
fn answered_by(known: &[Known], at_ms: i64) -> Option<SyncAsked> {
    let in_state = |state: &'static str| known.iter().filter(move |job| job.state == state);
    if let Some(job) = in_state("running").next() {
        return Some(SyncAsked::Running(job.id));
    }
    if let Some(job) = in_state("queued").max_by_key(|job| job.is_for_person) {
        return Some(SyncAsked::Waiting(job.id));
    }
    let recent = in_state("done").find(|job| job.created_at > at_ms.saturating_sub(SAME_SYNC_MS));
    recent.map(|job| SyncAsked::JustEnded { at: job.ended_at.unwrap_or(job.created_at) })
}
