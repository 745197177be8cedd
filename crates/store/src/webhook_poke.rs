//! What webhooks told: which records are to be read, each once however often it was named.
//!
//! A poke waits as a row; the job that reads it is one for each *taking*. What is named while a
//! taking reads waits for the next one, which has a job of its own, so that nothing falls between
//! the end of one and the beginning of another. A taking that dies leaves its rows to the next.

use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;

use crate::ask::{ConnectionArgs, POKE, PRIORITY_POKE};
use crate::db::{args, write_tx};
use crate::error::StoreError;
use crate::job::{self, NewJob};
use crate::tenant::TenantStore;

/// From one taking to the next: a record that changes all the time costs no more than a call a
/// second, and what is told is here within two.
pub const POKE_EVERY_MS: i64 = 1_000;

/// A delivery is known again for so long.
const KNOWN_MS: i64 = 24 * 3_600_000;

/// Deliveries of one connection that are known again.
const KNOWN_MAX: i64 = 5_000;

/// Records that wait by name; beyond them the stream is named as a whole.
const NAMED_MAX: i64 = 500;

/// The next round does what could not be done by so many attempts.
const ATTEMPTS_MAX: i64 = 3;

/// What a delivery says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What tells it from every other; none where two that look alike may be two changes.
    pub sha256: Option<[u8; 32]>,
    /// The records that it names.
    pub records: Vec<(Stream, RemoteId)>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// What it names will be read.
    Poked,
    /// It names nothing that is read.
    Nothing,
    /// It came before.
    Again,
    /// Its webhook is no longer there.
    Unknown,
}

/// What one taking reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taking {
    /// Its number.
    pub number: i64,
    /// What to read; a record with an empty identifier is the whole stream.
    pub records: Vec<(Stream, RemoteId)>,
}

impl TenantStore {
    /// Keeps what a delivery names, with the job that reads it, and wakes who works in this process.
    ///
    /// # Errors
    /// When the database fails; then nothing is kept.
    #[tracing::instrument(name = "store.webhook_heard", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn webhook_heard(
        &self,
        connection: ConnectionId,
        delivery: &Delivery,
        at_ms: i64,
    ) -> Result<Heard, StoreError> {
        let heard = write_tx!(self.db(), self.scope(), |tx| {
            let lock = tx.for_update();
            let sql = format!(
                "SELECT takings, taken_at FROM webhook WHERE tenant_id = $1 AND connection_id = $2{lock}"
            );
            match tx.one("webhook", sql, args![self.id, connection]).await? {
                None => Heard::Unknown,
                Some(row) => {
                    let (takings, taken_at) = (row.int(0)?, row.int_opt(1)?);
                    // One that speaks is not silent.
                    tx.exec(
                        "UPDATE webhook SET heard_at = $3, \
                         problem_text = CASE WHEN problem = 'silent' THEN NULL ELSE problem_text END, \
                         problem_at = CASE WHEN problem = 'silent' THEN NULL ELSE problem_at END, \
                         problem = CASE WHEN problem = 'silent' THEN NULL ELSE problem END \
                         WHERE tenant_id = $1 AND connection_id = $2",
                        args![self.id, connection, at_ms],
                    )
                    .await?;
                    let is_new = match &delivery.sha256 {
                        None => true,
                        Some(sha256) => {
                            let sql = "INSERT INTO webhook_delivery (tenant_id, connection_id, sha256, at) \
                                       VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
                            tx.exec(sql, args![self.id, connection, &sha256[..], at_ms]).await? > 0
                        }
                    };
                    if !is_new {
                        Heard::Again
                    } else if delivery.records.is_empty() {
                        Heard::Nothing
                    } else {
                        self.webhook_keep(tx, connection, delivery, at_ms).await?;
                        let run_at = taken_at
                            .map_or(at_ms, |taken| at_ms.max(taken.saturating_add(POKE_EVERY_MS)));
                        let new = NewJob {
                            kind: POKE.to_owned(),
                            key: format!("{connection}:{takings}"),
                            args: ConnectionArgs { connection }.to_json(),
                            run_at,
                            priority: PRIORITY_POKE,
                            attempts_max: ATTEMPTS_MAX,
                            at_ms,
                        };
                        job::enqueue(tx, self.id, &new, None).await?;
                        Heard::Poked
                    }
                }
            }
        })?;
        self.shared.woken.notify_one();
        Ok(heard)
    }

    async fn webhook_keep(
        &self,
        tx: &mut crate::db::Tx,
        connection: ConnectionId,
        delivery: &Delivery,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let sql = "SELECT count(*) FROM webhook_poke WHERE tenant_id = $1 AND connection_id = $2";
        let row = tx.one("webhook_poke", sql, args![self.id, connection]).await?;
        let waiting = row.map_or(Ok(0), |row| row.int(0))?;
        let whole = RemoteId::new("");
        for (waiting, (stream, remote_id)) in (waiting..).zip(&delivery.records) {
            let remote_id = if waiting < NAMED_MAX { remote_id } else { &whole };
            tx.exec(
                "INSERT INTO webhook_poke (tenant_id, connection_id, stream, remote_id, at) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, connection_id, stream, remote_id) \
                 DO UPDATE SET at = excluded.at, taking = NULL",
                args![self.id, connection, *stream, remote_id, at_ms],
            )
            .await?;
        }
        Ok(())
    }

    /// Takes everything that waits to be read, also what an earlier taking did not come to read.
    /// Forgets deliveries of days ago.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.webhook_take", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn webhook_take(
        &self,
        connection: ConnectionId,
        at_ms: i64,
    ) -> Result<Taking, StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            let lock = tx.for_update();
            let sql = format!(
                "SELECT takings FROM webhook WHERE tenant_id = $1 AND connection_id = $2{lock}"
            );
            match tx.one("webhook", sql, args![self.id, connection]).await? {
                None => Taking { number: 0, records: Vec::new() },
                Some(row) => {
                    let number = row.int(0)?;
                    let own = args![self.id, connection, number + 1, at_ms];
                    let sql = "UPDATE webhook SET takings = $3, taken_at = $4 \
                               WHERE tenant_id = $1 AND connection_id = $2";
                    tx.exec(sql, own).await?;
                    let sql = "UPDATE webhook_poke SET taking = $3 WHERE tenant_id = $1 AND connection_id = $2";
                    tx.exec(sql, args![self.id, connection, number]).await?;
                    tx.exec(
                        "DELETE FROM webhook_delivery WHERE tenant_id = $1 AND connection_id = $2 \
                         AND (at < $3 OR at < (SELECT MIN(k.at) FROM (SELECT at FROM webhook_delivery \
                         WHERE tenant_id = $1 AND connection_id = $2 ORDER BY at DESC LIMIT $4) k))",
                        args![self.id, connection, at_ms.saturating_sub(KNOWN_MS), KNOWN_MAX],
                    )
                    .await?;
                    let sql = "SELECT stream, remote_id FROM webhook_poke \
                               WHERE tenant_id = $1 AND connection_id = $2 ORDER BY stream, remote_id";
                    let rows = tx.rows("webhook_poke", sql, args![self.id, connection]).await?;
                    let read = |row: &crate::db::Row| Ok((row.stream(0)?, row.remote_id(1)?));
                    let records = rows.iter().map(read).collect::<Result<_, StoreError>>()?;
                    Taking { number, records }
                }
            }
        })
    }

    /// A taking has read what it took; what was named again meanwhile stays.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.webhook_taken", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn webhook_taken(
        &self,
        connection: ConnectionId,
        taking: i64,
    ) -> Result<(), StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            let sql = "DELETE FROM webhook_poke WHERE tenant_id = $1 AND connection_id = $2 AND taking <= $3";
            tx.exec(sql, args![self.id, connection, taking]).await?;
        })
    }
}
