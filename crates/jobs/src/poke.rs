//! Reads what a webhook named: which records is all that is believed of a delivery.
//!
//! Idempotent: it reads, and what was read before is unchanged and costs no write. What it took
//! stays until it was read, so that a worker that dies leaves it to the next. While a sync of the
//! connection runs it waits, because both would commit the same streams.

use std::sync::Arc;

use almanac_model::call_budget::CallClass;
use almanac_model::code::Code;
use almanac_psa::Connector;
use almanac_store::{ClaimedJob, ConnectionArgs, POKE, RunCause};
use almanac_sync::{PokeJob, RunStatus, SyncError, SyncJob, poke};

use crate::job_end::JobEnd;
use crate::psa::Psa;
use crate::runner::Runner;
use crate::source::Source;

/// The stable name in the queue.
pub(crate) const KIND: &str = POKE;

/// Calls of one poke; what needs more is left to the next round.
const CALLS: u64 = 60;

pub(crate) async fn perform<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> JobEnd {
    let Ok(args) = serde_json::from_str::<ConnectionArgs>(&job.args) else {
        return JobEnd::unreadable(job);
    };
    match read(runner, job, args).await {
        Ok(None) => JobEnd::Done,
        Ok(Some(why)) => JobEnd::Later(why),
        Err(SyncError::Busy { .. }) => JobEnd::Soon("a sync is running".to_owned()),
        Err(error) => error.into(),
    }
}

/// Reads what waits; why not all of it could be read, where another attempt may.
async fn read<P: Psa>(
    runner: &Runner<P>,
    job: &ClaimedJob,
    args: ConnectionArgs,
) -> Result<Option<String>, SyncError> {
    let Some(source) = runner.source(job, args.connection).await? else { return Ok(None) };
    let store = source.store.clone();
    let taking = store.webhook_take(args.connection, runner.options.clock.now_ms()).await?;
    if taking.records.is_empty() {
        return Ok(None);
    }
    let Some(connector) = connector(runner, &source).await? else { return Ok(None) };
    let sync_job = SyncJob {
        calls_max: Some(connector.call_stats().requests + CALLS),
        parents_max: Some(CALLS),
        cause: RunCause::Webhook,
        ..runner.sync_job(source, connector)
    };
    let status = poke(PokeJob { job: sync_job, named: taking.records }).await?;
    // What it took stays for the next attempt, or the next taking.
    if let Some(why) = status.as_ref().and_then(unanswered) {
        return Ok(Some(why));
    }
    store.webhook_taken(args.connection, taking.number).await?;
    Ok(None)
}

/// What the PSA did not answer, or not in full.
fn unanswered(status: &RunStatus) -> Option<String> {
    let of_streams = status.streams.iter().filter_map(|stream| stream.held.as_ref());
    let mut all = status.error.iter().chain(of_streams);
    let found = all.find(|held| Code::heals_by_itself(&held.code))?;
    Some(format!("{} {}", found.code, found.text))
}

/// The connector that the last poke had, while address and credentials are as they were: its token
/// is good for an hour, and a poke is often but one call.
async fn connector<P: Psa>(
    runner: &Runner<P>,
    source: &Source,
) -> Result<Option<Arc<P::Connector>>, SyncError> {
    let connection = &source.connection;
    let key = (source.store.id(), connection.id);
    if let Some(kept) = runner.kept_connector(key, connection.updated_at) {
        return Ok(Some(kept));
    }
    let Some(secret) = runner.secret(source, "webhook").await? else { return Ok(None) };
    let made = Arc::new(runner.psa.connector_of(connection, secret, CallClass::Webhook)?);
    runner.keep_connector(key, connection.updated_at, &made);
    Ok(Some(made))
}
