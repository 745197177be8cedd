//! Carries out approved writes of one connection.
//!
//! Idempotent: each write is read, compared and read back, so that one which was sent before is
//! found at the PSA and not sent again. One push of a connection runs at a time by its own lease,
//! beside a sync.

use std::sync::Arc;

use almanac_model::code::Code;
use almanac_store::{ClaimedJob, ConnectionArgs, PUSH_WRITES};
use almanac_sync::{PushJob, SyncError, push};

use crate::job_end::JobEnd;
use crate::psa::Psa;
use crate::runner::Runner;

/// The stable name in the queue.
pub(crate) const KIND: &str = PUSH_WRITES;

pub(crate) async fn perform<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> JobEnd {
    let Ok(args) = serde_json::from_str::<ConnectionArgs>(&job.args) else {
        return JobEnd::unreadable(job);
    };
    carry_out(runner, job, args).await.unwrap_or_else(JobEnd::from)
}

async fn carry_out<P: Psa>(
    runner: &Runner<P>,
    job: &ClaimedJob,
    args: ConnectionArgs,
) -> Result<JobEnd, SyncError> {
    // A connection that was replaced is not written to.
    let Some(source) = runner.source(job, args.connection).await? else {
        return Ok(JobEnd::Done);
    };
    // Another push may have done it all; the secret is read when it is needed.
    if source.store.outbox_next(args.connection, &[]).await?.is_none() {
        return Ok(JobEnd::Done);
    }
    let Some(secret) = runner.secret(&source, "write-back").await? else {
        return Ok(JobEnd::Done);
    };
    let status = push(&PushJob {
        writer: Arc::new(runner.psa.writer(&source.connection, secret)?),
        store: source.store,
        connection: args.connection,
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
        Some(stopped) => JobEnd::by_code(&stopped.code, stopped.text),
    })
}
