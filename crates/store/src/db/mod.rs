//! The engines: how to open one, begin a transaction, and try it again.
//!
//! SQLite has one writer connection, taken with `BEGIN IMMEDIATE`, and a pool of readers, all in
//! WAL; PostgreSQL has one pool. Everything above this folder is the same for both.

mod address;
mod args;
mod begin;
mod bulk;
mod dump;
mod migrate;
mod role;
mod row;
mod tx;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _};

pub use address::{Address, AddressError};
pub(crate) use args::{Arg, args};
pub(crate) use bulk::{Bulk, ROWS_MAX, bulk_upsert, placeholders};
pub(crate) use dump::{ColumnKind, Table, tables};
pub use migrate::Migrated;
pub(crate) use migrate::{apply, migrate, schema_version, version_newest};
pub(crate) use role::{check_separation, ensure_role};
pub(crate) use row::Row;
pub(crate) use tx::{Scope, Tx};

use self::begin::begin_pg;
use crate::error::{StoreError, from_sqlx};

/// How long SQLite waits for another process's write to end.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

/// Readers beside the writer.
const READERS_MAX: u32 = 4;

/// A connection to PostgreSQL that was idle for longer is asked whether it lives before it is used.
const IDLE_TRUSTED: Duration = Duration::from_secs(5);

/// Connections to PostgreSQL of one process.
const CONNECTIONS_MAX: u32 = 10;

/// How often a transaction is run again after the engine asked for that.
const RETRIES_MAX: u32 = 6;

/// An open engine.
pub(crate) enum Db {
    Lite { writer: SqlitePool, readers: SqlitePool },
    Pg(PgPool),
}

impl Db {
    /// Opens the engine at an address. Changes no schema.
    pub(crate) async fn connect(address: &Address) -> Result<Db, StoreError> {
        match address {
            Address::Sqlite(path) => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder)
                        .map_err(|error| StoreError::Unreachable(error.into()))?;
                }
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Normal)
                    .busy_timeout(BUSY_TIMEOUT)
                    .statement_cache_capacity(200)
                    .disable_statement_logging();
                // A scan commits hundreds of small pages: folding the log less often than by
                // default (4 MB) halves the waits for the disk, and the writer's page memory
                // keeps the upper levels of its indexes.
                let writing = options
                    .clone()
                    .pragma("wal_autocheckpoint", "4000")
                    .pragma("cache_size", "-16000");
                // Rows come through a channel from the engine's thread: a short one costs a switch
                // between threads for every few of the thousands that are read at a time.
                // What pages read is few and by key, so a reader's page memory is small.
                let options = options.row_buffer_size(1_024);
                let reading = options.clone().read_only(true).create_if_missing(false);
                let reading = reading.pragma("cache_size", "-1000");
                // The writer opens first: it makes the file and switches it to WAL.
                // Nothing can end a connection to a file, so it is not asked before each use.
                let writer = SqlitePoolOptions::new()
                    .test_before_acquire(false)
                    .max_connections(1)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_with(writing)
                    .await
                    .map_err(from_sqlx)?;
                let readers = SqlitePoolOptions::new()
                    .test_before_acquire(false)
                    .max_connections(READERS_MAX)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_lazy_with(reading);
                Ok(Db::Lite { writer, readers })
            }
            Address::Postgres(url) => {
                let options: PgConnectOptions = url
                    .parse()
                    .map_err(|_| StoreError::Invalid(AddressError::Malformed.to_string()))?;
                let options = options.application_name("almanac");
                // A pool keeps trying when nobody answers, and hides why: a person who gave a wrong
                // address should not wait for that.
                let first = PgConnection::connect_with(&options).await.map_err(from_sqlx)?;
                first.close().await.map_err(from_sqlx)?;
                Ok(Db::Pg(pg_pool(options)))
            }
        }
    }

    /// Begins a transaction that may write.
    pub(crate) async fn write(&self, scope: Scope) -> Result<Tx, StoreError> {
        let mut tx = match self {
            Db::Lite { writer, .. } => {
                Tx::Lite(writer.begin_with("BEGIN IMMEDIATE").await.map_err(from_sqlx)?)
            }
            Db::Pg(pool) => Tx::Pg(begin_pg(pool, None).await?),
        };
        tx.enter(scope).await?;
        Ok(tx)
    }

    /// Begins a transaction that only reads.
    pub(crate) async fn read(&self, scope: Scope) -> Result<Tx, StoreError> {
        let mut tx = match self {
            Db::Lite { readers, .. } => Tx::Lite(readers.begin().await.map_err(from_sqlx)?),
            Db::Pg(pool) => Tx::Pg(begin_pg(pool, Some("BEGIN READ ONLY")).await?),
        };
        tx.enter(scope).await?;
        Ok(tx)
    }

    /// Begins a transaction that reads every tenant's rows as they are now, however long it takes.
    pub(crate) async fn snapshot(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Db::Lite { readers, .. } => Tx::Lite(readers.begin().await.map_err(from_sqlx)?),
            Db::Pg(pool) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Tx::Pg(begin_pg(pool, Some(begin)).await?)
            }
        })
    }

    /// Closes readers before the writer, so that the last connection can fold the log into the
    /// database file.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        match self {
            Db::Lite { writer, readers } => {
                readers.close().await;
                let folded = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await;
                writer.close().await;
                folded.map(drop).map_err(from_sqlx)
            }
            Db::Pg(pool) => {
                pool.close().await;
                Ok(())
            }
        }
    }
}

/// Connections to PostgreSQL, each opened when it is needed.
fn pg_pool(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > IDLE_TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options)
}

/// Decides whether a failed transaction is run again, and waits before that.
#[derive(Debug, Default)]
pub(crate) struct Retry {
    count: u32,
}

impl Retry {
    pub(crate) fn allows(&self, error: &StoreError) -> bool {
        error.is_retryable() && self.count < RETRIES_MAX
    }

    pub(crate) fn is_left(&self) -> bool {
        self.count < RETRIES_MAX
    }

    /// Doubles from 5 ms; the jitter keeps two that collided from colliding again.
    pub(crate) async fn wait(&mut self) {
        let mut jitter = [0_u8; 1];
        // Without randomness the wait is merely not spread.
        let _ = getrandom::fill(&mut jitter);
        let base_ms = 5_u64 << self.count;
        self.count += 1;
        let jitter_ms = base_ms * u64::from(jitter[0]) / 255;
        tokio::time::sleep(Duration::from_millis(base_ms + jitter_ms)).await;
    }
}

/// Runs a body in one write transaction, again when the engine asks for that.
///
/// A macro and not a function with a closure, because a future that borrows both the transaction
/// and the method's arguments cannot be named in a bound.
macro_rules! write_tx {
    ($db:expr, $scope:expr, |$tx:ident| $body:expr) => {{
        let mut retry = $crate::db::Retry::default();
        loop {
            let outcome: Result<_, $crate::error::StoreError> = async {
                let mut tx = $db.write($scope).await?;
                let $tx = &mut tx;
                let value = $body;
                tx.commit().await?;
                Ok(value)
            }
            .await;
            match outcome {
                Err(error) if retry.allows(&error) => retry.wait().await,
                settled => break settled,
            }
        }
    }};
}
pub(crate) use write_tx;
