//! A round of one connection: what changed since the last one, and a slice of what must be scanned.
//!
//! Idempotent: it follows from the plan of calls, which follows from the database; a round that is
//! lost or run twice is made up for, or finds nothing, in the next one. It never waits for another
//! run, and it never reads what was not read whole before: that is the first sync's.

use std::sync::Arc;

use almanac_model::call_budget::CallClass;
use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;
use almanac_psa::Connector;
use almanac_store::{
    ClaimedJob, ConnectionArgs, NewSchedule, SYNC_CHANGES, StoreError, StreamState, TenantStore,
};
use almanac_sync::{Plan, Planning, ReadMode, SyncError, SyncJob, plan_of};

use crate::job_end::JobEnd;
use crate::psa::Psa;
use crate::runner::Runner;

/// The stable name in the queue.
pub(crate) const KIND: &str = SYNC_CHANGES;

/// Rounds go before a full read by schedule, and after all that a person waits for.
const PRIORITY: i64 = 10;

/// The next round is the next attempt.
const ATTEMPTS_MAX: i64 = 1;

/// A stream that cannot tell what changed is scanned again after this: so old may what is shown be
/// without webhooks, where the calls suffice.
pub const SCAN_EVERY_MS: i64 = 5 * 60_000;

/// Of the calls that are left of our share, one round takes this part: the next rounds, and a
/// person who comes meanwhile, find some.
const LEFT_PART: u64 = 3;

/// Of our share a round may take this part where so much is left: rounds of a minute then go on
/// with a long scan at an even pace.
const SHARE_PART: u64 = 5;

/// Calls of a round where no limit is known.
const ROUND_CALLS: u64 = 300;

/// Reads what changed of a connection at this interval, from now on; 0 ends it.
///
/// # Errors
/// When the database fails.
pub async fn schedule_changes(
    store: &TenantStore,
    connection: ConnectionId,
    every_ms: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    let name = format!("{KIND}:{connection}");
    if every_ms == 0 {
        return store.schedule_remove(&name).await;
    }
    let schedules = store.schedule_list().await?;
    if schedules.iter().any(|schedule| schedule.name == name && schedule.every_ms == every_ms) {
        return Ok(());
    }
    store
        .schedule_set(&NewSchedule {
            name,
            kind: KIND.to_owned(),
            args: ConnectionArgs { connection }.to_json(),
            every_ms,
            first_at: now_ms + every_ms,
            priority: PRIORITY,
            attempts_max: ATTEMPTS_MAX,
        })
        .await
}

pub(crate) async fn perform<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> JobEnd {
    match round(runner, job).await {
        Ok(()) => JobEnd::Done,
        // Another run reads: it does this round's work.
        Err(SyncError::Busy { .. }) => JobEnd::Done,
        Err(error) => error.into(),
    }
}

async fn round<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> Result<(), SyncError> {
    let Ok(args) = serde_json::from_str::<ConnectionArgs>(&job.args) else { return Ok(()) };
    let Some(source) = runner.source(job, args.connection).await? else { return Ok(()) };
    let Some(secret) = runner.secret(&source, "background work").await? else { return Ok(()) };
    let (store, connection) = (&source.store, &source.connection);
    let connector = runner.psa.connector_of(connection, secret, CallClass::Changes)?;
    let connector = Arc::new(connector);
    let share = runner.psa.calls_share(connection);
    let whole_every_ms = runner.options.whole_every_ms;
    let now_ms = runner.options.clock.now_ms();
    let plan = plan_of(&Planning {
        store,
        connection: connection.id,
        capabilities: &|stream| connector.capabilities(stream),
        share,
        scan_every_ms: SCAN_EVERY_MS,
        whole_every_ms,
        now_ms,
    })
    .await?;
    let states = store.stream_state_list(connection.id).await?;
    let streams = due(&plan, &states, now_ms, &*connector);
    let calls = share.map_or(ROUND_CALLS, |share| of_a_round(share, plan.made));
    if streams.is_empty() || calls == 0 {
        return Ok(());
    }
    almanac_sync::run(&SyncJob {
        calls_max: Some(connector.call_stats().requests + calls),
        parents_max: Some(calls),
        streams,
        mode: ReadMode::Changes { whole_every_ms },
        ..runner.sync_job(source, connector)
    })
    .await
    .map(drop)
}

/// Calls of one round, of our share of five minutes and of what was made in them.
fn of_a_round(share: u64, made: u64) -> u64 {
    let left = share.saturating_sub(made);
    left.min((left / LEFT_PART).max(share / SHARE_PART))
}

/// What the plan has for now, in its order, of the streams that were read whole before; children
/// count by their parents.
fn due<C: Connector>(
    plan: &Plan,
    states: &[StreamState],
    now_ms: i64,
    connector: &C,
) -> Vec<Stream> {
    let mut due: Vec<Stream> = Vec::new();
    for read in plan.reads.iter().filter(|read| read.due_at <= now_ms) {
        let Ok(stream) = read.stream.parse::<Stream>() else { continue };
        let judged = connector.capabilities(stream).parent.unwrap_or(stream);
        let was_read = |state: &StreamState| state.stream == judged && state.generation > 0;
        if states.iter().any(was_read) && !due.contains(&stream) {
            due.push(stream);
        }
    }
    due
}
