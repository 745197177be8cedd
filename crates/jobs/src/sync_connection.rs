//! Reads one connection of one tenant.
//!
//! Idempotent: a sync goes on from its last checkpoint, writes nothing for what is unchanged, and
//! runs once at a time by its own lease.

use std::sync::Arc;

use almanac_model::code::Code;
use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;
use almanac_store::{ClaimedJob, NewSchedule, ReadBy, StoreError, TenantStore};
use almanac_sync::{Outcome, Quiet, RunStatus, SyncError, SyncJob, with_causes};
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

/// Reads a connection in full at this interval, from now on. Writes nothing when that is so
/// already.
///
/// # Errors
/// When the database fails.
pub async fn schedule_sync(
    store: &TenantStore,
    connection: ConnectionId,
    every_ms: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    let name = schedule_name(connection);
    let schedules = store.schedule_list().await?;
    if schedules.iter().any(|schedule| schedule.name == name && schedule.every_ms == every_ms) {
        return Ok(());
    }
    let args = serde_json::to_string(&Args { connection }).expect("ids are plain data");
    store
        .schedule_set(&NewSchedule {
            name,
            kind: KIND.to_owned(),
            args,
            every_ms,
            first_at: now_ms,
            priority: PRIORITY,
            attempts_max: ATTEMPTS_MAX,
        })
        .await
}

/// No longer reads a connection by itself; a read that waits or runs is not taken back.
///
/// # Errors
/// When the database fails.
pub async fn unschedule_sync(
    store: &TenantStore,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    store.schedule_remove(&schedule_name(connection)).await
}

fn schedule_name(connection: ConnectionId) -> String {
    format!("{KIND}:{connection}")
}

pub(crate) async fn perform<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> JobEnd {
    match sync(runner, job).await {
        Ok(end) => end,
        Err(error) => end_by(error.code().map_or("", |code| code.code), with_causes(&error)),
    }
}

/// How a job ends that failed with this code; empty when there is none.
fn end_by(code: &str, why: String) -> JobEnd {
    if code == Code::SYNC_BUSY.code {
        JobEnd::Busy(why)
    } else if code.is_empty() || Code::heals_by_itself(code) {
        JobEnd::Later(why)
    } else {
        JobEnd::Person(why)
    }
}

/// Why a run did not do all of its work, for a person.
fn told(status: &RunStatus) -> String {
    let streams = status.streams.iter().filter_map(|stream| {
        let held = stream.held.as_ref()?;
        Some(format!("{}: {} {}", stream.stream, held.code, held.text))
    });
    match &status.error {
        Some(error) => format!("{} {}", error.code, error.text),
        None => streams.collect::<Vec<_>>().join("; "),
    }
}

async fn sync<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> Result<JobEnd, SyncError> {
    let Ok(args) = serde_json::from_str::<Args>(&job.args) else {
        return Ok(JobEnd::Person(format!("its arguments are not readable: {}", job.args)));
    };
    let Some(tenant) = runner.store.tenant_by_id(job.tenant).await? else {
        return Ok(JobEnd::Done);
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
        tenant: tenant.slug,
        connection: connection.id,
        streams: Stream::ALL.to_vec(),
        owner: runner.options.owner.clone(),
        clock: Arc::clone(&runner.options.clock),
        progress: Arc::new(Quiet),
        peak_memory: runner.options.peak_memory,
        store,
    };
    let status = almanac_sync::run(&sync_job).await?;
    Ok(match status.outcome {
        // A held stream is shown as such and waits; reading it again at once would not help.
        Outcome::Done | Outcome::Held => JobEnd::Done,
        Outcome::Partial => JobEnd::Later(told(&status)),
        Outcome::Failed => {
            end_by(status.error.as_ref().map_or("", |error| &error.code), told(&status))
        }
    })
}
