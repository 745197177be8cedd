//! Carries out approved writes of one connection.
//!
//! Idempotent: each write is read, compared and read back, so that one which was sent before is
//! found at the PSA and not sent again. One push of a connection runs at a time by its own lease,
//! beside a sync.

use std::sync::Arc;

use almanac_model::code::Code;
use almanac_store::{ClaimedJob, ConnectionArgs, PUSH_WRITES, ReadBy, TenantStore};
use almanac_sync::{PushJob, SyncError, push, with_causes};

use crate::psa::Psa;
use crate::runner::{JobEnd, Runner, end_by};

/// The stable name in the queue.
pub(crate) const KIND: &str = PUSH_WRITES;

pub(crate) async fn perform<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> JobEnd {
    let Ok(args) = serde_json::from_str::<ConnectionArgs>(&job.args) else {
        return JobEnd::Person(format!("its arguments are not readable: {}", job.args));
    };
    match carry_out(runner, runner.store.tenant(job.tenant), args).await {
        Ok(end) => end,
        Err(error) => end_by(error.code().map_or("", |code| code.code), with_causes(&error)),
    }
}

async fn carry_out<P: Psa>(
    runner: &Runner<P>,
    store: TenantStore,
    args: ConnectionArgs,
) -> Result<JobEnd, SyncError> {
    // A connection that was replaced is not written to.
    let active = store.connection_active().await?;
    let Some(connection) = active.filter(|active| active.id == args.connection) else {
        return Ok(JobEnd::Done);
    };
    // Another push may have done it all; the secret is read when it is needed.
    if store.outbox_next(connection.id, &[]).await?.is_none() {
        return Ok(JobEnd::Done);
    }
    let by = ReadBy { actor: "write-back", at_ms: runner.options.clock.now_ms() };
    let Some(secret) = store.connection_secret(connection.id, by).await? else {
        return Ok(JobEnd::Done);
    };
    let status = push(&PushJob {
        store,
        connection: connection.id,
        writer: Arc::new(runner.psa.writer(&connection, secret)?),
        mapper: Arc::new(runner.psa.mapper()),
        chains: Arc::new(runner.psa.chains()),
        owner: runner.options.owner.clone(),
        clock: Arc::clone(&runner.options.clock),
    })
    .await?;
    Ok(match status.stopped {
        None => JobEnd::Done,
        // It is looked at again by itself.
        Some(stopped) if stopped.code == Code::WRITE_UNKNOWN.code => JobEnd::Later(stopped.text),
        Some(stopped) => end_by(&stopped.code, stopped.text),
    })
}
