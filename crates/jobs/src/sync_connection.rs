//! Reads one connection of one tenant.
//!
//! Idempotent: a sync goes on from its last checkpoint, writes nothing for what is unchanged, and
//! runs once at a time by its own lease.

use std::sync::Arc;

use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;
use almanac_store::{ClaimedJob, NewSchedule, ReadBy, StoreError, TenantStore};
use almanac_sync::{Outcome, Quiet, SyncError, SyncJob};
use serde::{Deserialize, Serialize};

use crate::psa::Psa;
use crate::runner::{JobEnd, Runner};

/// The stable name in the queue.
pub const KIND: &str = "sync_connection";

/// Backfill waits for everything that a person waits for.
const PRIORITY: i64 = 0;

/// With doubling delays this is most of a day, after which the schedule tries anew anyway.
const ATTEMPTS_MAX: i64 = 20;

/// Ids only.
#[derive(Debug, Serialize, Deserialize)]
struct Args {
    connection: ConnectionId,
}

/// Reads a connection in full every so many hours, from now on.
pub async fn schedule_sync(
    store: &TenantStore,
    connection: ConnectionId,
    every_ms: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    let args = serde_json::to_string(&Args { connection }).expect("ids are plain data");
    store
        .schedule_set(&NewSchedule {
            name: format!("{KIND}:{connection}"),
            kind: KIND.to_owned(),
            args,
            every_ms,
            first_at: now_ms,
            priority: PRIORITY,
            attempts_max: ATTEMPTS_MAX,
        })
        .await
}

pub(crate) async fn perform<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> JobEnd {
    match sync(runner, job).await {
        Ok(end) => end,
        Err(SyncError::Busy { owner }) => {
            tracing::info!(owner, "The connection is being read already.");
            JobEnd::Done
        }
        Err(error) => JobEnd::Later(error.to_string()),
    }
}

async fn sync<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> Result<JobEnd, SyncError> {
    let Ok(args) = serde_json::from_str::<Args>(&job.args) else {
        return Ok(JobEnd::Person(format!("its arguments are not readable: {}", job.args)));
    };
    let store = runner.store.tenant(job.tenant);
    let Some(connection) = store.connection_active().await? else {
        return Ok(JobEnd::Done);
    };
    if connection.id != args.connection {
        return Ok(JobEnd::Done);
    }
    let by = ReadBy { actor: "background work", at_ms: runner.options.clock.now_ms() };
    let Some(secret) = store.connection_secret(connection.id, by).await? else {
        return Ok(JobEnd::Done);
    };
    let sync_job = SyncJob {
        connector: Arc::new(runner.psa.connector(&connection, secret)?),
        mapper: Arc::new(runner.psa.mapper()),
        chains: Arc::new(runner.psa.chains()),
        tenant: job.tenant.to_string(),
        connection: connection.id,
        streams: Stream::ALL.to_vec(),
        owner: runner.options.owner.clone(),
        clock: Arc::clone(&runner.options.clock),
        progress: Arc::new(Quiet),
        peak_memory: runner.options.peak_memory,
        store,
    };
    let status = almanac_sync::run(&sync_job).await?;
    let told = status.error.as_ref().map_or_else(String::new, |error| error.text.clone());
    Ok(match status.outcome {
        // A held stream is shown as such and waits; reading it again at once would not help.
        Outcome::Done | Outcome::Held => JobEnd::Done,
        Outcome::Partial | Outcome::Failed => JobEnd::Later(told),
    })
}
