//! A run: every stream in order of dependency, one status at the end.
//!
//! A stream that a person must look at, or that could not be read to its end, does not stop the
//! others; a PSA that is gone, or refuses our credentials, does.

use std::sync::Arc;

use almanac_model::chain::Chains;
use almanac_model::code::Code;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;
use almanac_psa::{Connector, Mapper, PsaError};
use almanac_store::{Fence, NewRun, RunCause, RunFinish, RunId, TenantStore, sync_lease_name};

use crate::calls::CallMeter;
use crate::clock::Clock;
use crate::error::{SyncError, with_causes};
use crate::lease::{HeldLease, Owner};
use crate::mode::ReadMode;
use crate::poke::read_named;
use crate::progress::{Progress, ProgressEvent};
use crate::scan::scan_stream;
use crate::status::{HeldStatus, Outcome, RunStatus, StreamStatus};

/// Everything a run needs.
pub struct SyncJob<C, M> {
    /// The tenant's data.
    pub store: TenantStore,
    /// The tenant's slug, for the status.
    pub tenant: String,
    /// The connection that is read.
    pub connection: ConnectionId,
    /// The PSA.
    pub connector: Arc<C>,
    /// Turns its rows into our words.
    pub mapper: Arc<M>,
    /// Which field feeds which fact of an asset.
    pub chains: Arc<Chains>,
    /// Under which kind the run is stored: [`RUN_KIND`] or [`CHANGES_KIND`].
    pub kind: &'static str,
    /// What to read, in order of dependency.
    pub streams: Vec<Stream>,
    /// How much of each is read.
    pub mode: ReadMode,
    /// Calls after which no further page is asked for: scans stay open for a later run. `None`
    /// reads to the end.
    pub calls_max: Option<u64>,
    /// Parents that are asked for their children; the rest waits for a later run. `None` asks all
    /// that are due.
    pub parents_max: Option<u64>,
    /// Why it runs.
    pub cause: RunCause,
    /// Who runs.
    pub owner: Owner,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who watches.
    pub progress: Arc<dyn Progress>,
    /// The most memory this process has used, in bytes.
    pub peak_memory: fn() -> u64,
}

impl<C: Connector, M> SyncJob<C, M> {
    /// Whether the run has made the calls that it may make.
    pub(crate) fn is_spent(&self) -> bool {
        self.calls_max.is_some_and(|max| self.connector.call_stats().requests >= max)
    }
}

/// The kind under which runs of this engine are stored.
pub const RUN_KIND: &str = "sync";

/// The kind under which rounds of changes are stored, if they found something: there are a
/// thousand a day, and most find nothing.
pub const CHANGES_KIND: &str = "changes";

/// Runs to the end. The status is stored before it is returned.
pub async fn run<C, M>(job: &SyncJob<C, M>) -> Result<RunStatus, SyncError>
where
    C: Connector + 'static,
    M: Mapper,
{
    run_of(job, &[]).await
}

/// As [`run`]; records that are named are read in place of their streams.
pub(crate) async fn run_of<C, M>(
    job: &SyncJob<C, M>,
    named: &[(Stream, RemoteId)],
) -> Result<RunStatus, SyncError>
where
    C: Connector + 'static,
    M: Mapper,
{
    let lease = HeldLease::take(
        &job.store,
        &sync_lease_name(job.connection),
        &job.owner,
        Arc::clone(&job.clock),
    )
    .await?;
    let meter = CallMeter::start(
        job.store.clone(),
        job.connection,
        Arc::clone(&job.connector),
        Arc::clone(&job.clock),
    );
    let result = run_with_lease(job, named, &lease).await;
    meter.finish().await;
    let released = lease.release().await;
    let status = result?;
    released?;
    Ok(status)
}

async fn run_with_lease<C, M>(
    job: &SyncJob<C, M>,
    named: &[(Stream, RemoteId)],
    lease: &HeldLease,
) -> Result<RunStatus, SyncError>
where
    C: Connector + 'static,
    M: Mapper,
{
    let started_at = job.clock.now_ms();
    let calls_before = job.connector.call_stats().requests;
    let run_id = job
        .store
        .run_start(NewRun {
            kind: job.kind,
            cause: &job.cause,
            connection: Some(job.connection),
            at_ms: started_at,
        })
        .await?;
    let mut status = RunStatus {
        run_id: run_id.0.to_string(),
        tenant: job.tenant.clone(),
        started_at: instant(started_at),
        ended_at: String::new(),
        outcome: Outcome::Done,
        streams: Vec::new(),
        requests: 0,
        peak_memory_bytes: 0,
        error: None,
    };
    let run = ActiveRun { fence: lease.fence(), run: run_id };
    let mut left_out = Vec::new();
    let fatal = scan_streams(job, (run, named), &mut status, &mut left_out).await;
    let ended_at = job.clock.now_ms();
    status.ended_at = instant(ended_at);
    status.requests = job.connector.call_stats().requests - calls_before;
    status.peak_memory_bytes = (job.peak_memory)();
    status.outcome = outcome_of(&status.streams, &left_out);
    if let Some(error) = fatal {
        status.outcome = Outcome::Failed;
        status.error = Some(HeldStatus {
            code: error.code().map_or_else(String::new, |code| code.to_string()),
            text: with_causes(&error),
        });
        return match error {
            SyncError::Psa(_) => {
                finish(job, run_id, ended_at, &status).await?;
                Ok(status)
            }
            SyncError::Task(_) => {
                finish(job, run_id, ended_at, &status).await?;
                Err(error)
            }
            // A database that failed, or a run that took over, takes no status; the first error is
            // the one to tell.
            SyncError::Store(_) | SyncError::Busy { .. } | SyncError::TakenOver => Err(error),
        };
    }
    if job.kind == CHANGES_KIND && status.streams.iter().all(is_quiet) {
        job.store.run_discard(run_id).await?;
    } else {
        finish(job, run_id, ended_at, &status).await?;
    }
    Ok(status)
}

/// Whether a stream was found as it was.
fn is_quiet(stream: &StreamStatus) -> bool {
    stream.held.is_none() && stream.added + stream.changed + stream.removed == 0
}

/// Scans one stream after another, up to a failure that no other would survive.
async fn scan_streams<C, M>(
    job: &SyncJob<C, M>,
    (run, named): (ActiveRun<'_>, &[(Stream, RemoteId)]),
    status: &mut RunStatus,
    left_out: &mut Vec<&'static str>,
) -> Option<SyncError>
where
    C: Connector + 'static,
    M: Mapper,
{
    for &stream in &job.streams {
        if job.is_spent() {
            break;
        }
        let read = match named {
            [] => scan_stream(job, run, stream).await,
            named => read_named(job, run, stream, named).await,
        };
        match read {
            Ok(stream_status) => push_status(job, status, stream_status),
            Err(ScanFailure { status: stream_status, error, is_left_out }) => {
                push_status(job, status, stream_status);
                if is_left_out {
                    left_out.push(stream.name());
                }
                if ends_the_run(&error) {
                    return Some(error);
                }
            }
        }
    }
    None
}

async fn finish<C, M>(
    job: &SyncJob<C, M>,
    run_id: RunId,
    at_ms: i64,
    status: &RunStatus,
) -> Result<(), SyncError> {
    let json = serde_json::to_string(status).expect("a status is plain data");
    let outcome = match status.outcome {
        Outcome::Done => "done",
        Outcome::Partial => "partial",
        Outcome::Held => "held",
        Outcome::Failed => "failed",
    };
    job.store.run_finish(run_id, RunFinish { outcome, status: &json, at_ms }).await?;
    Ok(())
}

/// The run that goes on, and the proof that it may write.
#[derive(Clone, Copy)]
pub(crate) struct ActiveRun<'a> {
    pub(crate) fence: &'a Fence,
    pub(crate) run: RunId,
}

/// A stream that ended early, with what it did until then.
pub(crate) struct ScanFailure {
    pub(crate) status: StreamStatus,
    pub(crate) error: SyncError,
    /// Whether the stream was never there and Almanac can do without it.
    pub(crate) is_left_out: bool,
}

fn push_status<C, M>(job: &SyncJob<C, M>, status: &mut RunStatus, stream: StreamStatus) {
    job.progress.report(ProgressEvent::StreamEnded(stream.clone()));
    status.streams.push(stream);
}

/// Whether no other stream would fare better.
fn ends_the_run(error: &SyncError) -> bool {
    match error {
        SyncError::Psa(error) => match error {
            PsaError::Forbidden { .. }
            | PsaError::NoSuchPath { .. }
            | PsaError::FilterIgnored { .. }
            | PsaError::Refused { .. }
            | PsaError::TooLarge { .. }
            | PsaError::Damaged { .. }
            | PsaError::ServerFault { .. }
            | PsaError::OutcomeUnknown { .. } => false,
            PsaError::Unreachable { .. }
            | PsaError::Tls { .. }
            | PsaError::PrivateAddress { .. }
            | PsaError::BadAddress { .. }
            | PsaError::NotThePsa { .. }
            | PsaError::SecretRefused { .. }
            | PsaError::ScopeRefused { .. }
            | PsaError::TokenRefused
            | PsaError::RateLimited { .. } => true,
        },
        SyncError::Store(_)
        | SyncError::Busy { .. }
        | SyncError::TakenOver
        | SyncError::Task(_) => true,
    }
}

/// How a run ended. Streams that were left out count for nothing.
fn outcome_of(streams: &[StreamStatus], left_out: &[&str]) -> Outcome {
    let mut outcome = Outcome::Done;
    let counted = streams.iter().filter(|stream| !left_out.contains(&stream.stream.as_str()));
    for held in counted.filter_map(|stream| stream.held.as_ref()) {
        if !Code::heals_by_itself(&held.code) {
            return Outcome::Held;
        }
        outcome = Outcome::Partial;
    }
    outcome
}

fn instant(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms)
        .map_or_else(|_| at_ms.to_string(), |instant| instant.to_string())
}
