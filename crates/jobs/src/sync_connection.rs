//! Reads one connection of one tenant: by schedule, or because a person asked.
//!
//! Idempotent: a sync goes on from its last checkpoint, writes nothing for what is unchanged, and
//! runs once at a time by its own lease. One by schedule does not run when another has just read
//! everything.

use std::sync::Arc;

use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;
use almanac_store::{
    ClaimedJob, ConnectionArgs, NewSchedule, PRIORITY_PERSON, RunCause, SAME_SYNC_MS,
    SYNC_CONNECTION, SYNC_NOW, StoreError, SyncArgs, TenantStore,
};
use almanac_sync::{Outcome, RUN_KIND, ReadMode, RunStatus, SyncError, SyncJob};

use crate::job_end::JobEnd;
use crate::psa::Psa;
use crate::runner::Runner;
use crate::source::Source;

/// The stable name in the queue of those by schedule.
pub(crate) const KIND: &str = SYNC_CONNECTION;

/// The stable name in the queue of those that a person asked for.
pub(crate) const KIND_NOW: &str = SYNC_NOW;

/// Backfill waits for everything that a person waits for.
const PRIORITY: i64 = 0;

/// Tickets whose actions one run reads, each by a call: it ends within minutes, and what a large
/// MSP has had for years comes with the runs after it.
const PARENTS_MAX: u64 = 200;

/// With doubling delays this is most of a day, after which the schedule tries anew anyway.
const ATTEMPTS_MAX: i64 = 20;

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
    let args = ConnectionArgs { connection }.to_json();
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
    let Ok(args) = serde_json::from_str::<SyncArgs>(&job.args) else {
        return JobEnd::unreadable(job);
    };
    sync(runner, job, args).await.unwrap_or_else(JobEnd::from)
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

async fn sync<P: Psa>(
    runner: &Runner<P>,
    job: &ClaimedJob,
    args: SyncArgs,
) -> Result<JobEnd, SyncError> {
    let Some(source) = runner.source(job, args.connection).await? else {
        return Ok(JobEnd::Done);
    };
    // One by schedule that a person's wish brought forward is a person's.
    let is_scheduled = job.kind == KIND && job.priority < PRIORITY_PERSON;
    if is_scheduled && was_just_read(&source, runner.options.clock.now_ms()).await? {
        return Ok(JobEnd::Done);
    }
    let Some(secret) = runner.secret(&source, "background work").await? else {
        return Ok(JobEnd::Done);
    };
    let connector = Arc::new(if is_scheduled {
        runner.psa.connector(&source.connection, secret)?
    } else {
        runner.psa.connector_for_person(&source.connection, secret)?
    });
    let sync_job = SyncJob {
        kind: RUN_KIND,
        streams: Stream::ALL.to_vec(),
        // The scan is the judge; only children are not asked for again without need.
        mode: ReadMode::Changes { whole_every_ms: 0 },
        parents_max: Some(PARENTS_MAX),
        cause: cause(&source.store, job, args).await?,
        ..runner.sync_job(source, connector)
    };
    let status = almanac_sync::run(&sync_job).await?;
    Ok(match status.outcome {
        // A held stream is shown as such and waits; reading it again at once would not help.
        Outcome::Done | Outcome::Held => JobEnd::Done,
        Outcome::Partial => JobEnd::Later(told(&status)),
        Outcome::Failed => {
            let code = status.error.as_ref().map_or("", |error| &error.code);
            JobEnd::by_code(code, told(&status))
        }
    })
}

/// Why a job's run runs.
async fn cause(
    store: &TenantStore,
    job: &ClaimedJob,
    args: SyncArgs,
) -> Result<RunCause, StoreError> {
    if job.attempt > 1 {
        return Ok(RunCause::Resumed);
    }
    let states = store.stream_state_list(args.connection).await?;
    Ok(if states.iter().all(|state| state.last_scan_at.is_none()) {
        RunCause::FirstSync { by: args.by }
    } else if job.kind == KIND {
        RunCause::Schedule
    } else {
        RunCause::Asked { by: args.by }
    })
}

/// Whether everything was read a moment ago, under the address and credentials of now: a person who
/// connects a tenant asks for its first sync, and the schedule that is made meanwhile would read
/// it all again.
async fn was_just_read(source: &Source, now_ms: i64) -> Result<bool, StoreError> {
    let connection = &source.connection;
    let Some(run) = source.store.run_latest(RUN_KIND).await? else { return Ok(false) };
    let status =
        run.status.as_deref().and_then(|text| serde_json::from_str::<RunStatus>(text).ok());
    // By the command line some of the streams can be read alone.
    let is_whole = |status: RunStatus| {
        status.outcome == Outcome::Done && status.streams.len() == Stream::ALL.len()
    };
    Ok(run.connection == Some(connection.id)
        && run.started_at >= connection.updated_at
        && run.ended_at.is_some_and(|ended_at| now_ms - ended_at < SAME_SYNC_MS)
        && status.is_some_and(is_whole))
}
