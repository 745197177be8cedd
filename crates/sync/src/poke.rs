//! What a PSA says has changed, read again: which records is all that is believed of what it says.
//!
//! A stream that can be read by its changes is, which is one call however many of its records were
//! named, and the rows come as a scan would bring them. Of any other stream the named records are
//! read one by one; then their bytes are those of a detail, and the next scan puts those of the
//! list in their place. Nothing is concluded to be gone, and nothing is read that was never read whole: both are
//! the scan's.

use almanac_model::id::RemoteId;
use almanac_model::resolver::Resolver;
use almanac_model::stream::Stream;
use almanac_psa::{Connector, Mapper, RawRow};
use almanac_store::{ChangeCommit, StreamState};

use crate::engine::{ActiveRun, ScanFailure, SyncJob, run_of};
use crate::error::{SyncError, with_causes};
use crate::mapping::mapping_version;
use crate::page::{PageContext, prepare};
use crate::scan::{scan_stream, seconds_between};
use crate::status::{HeldStatus, RunStatus, StreamStatus};

/// Records of one stream that are read one by one; more of them are left to the next scan.
const FETCHED_MAX: usize = 25;

/// What reading named records needs.
pub struct PokeJob<C, M> {
    /// As for every run, but for its streams: those follow from what is named.
    pub job: SyncJob<C, M>,
    /// What to read; a record with an empty identifier names its stream.
    pub named: Vec<(Stream, RemoteId)>,
}

/// Reads what is named, with the children of what changed, as a run of its own.
///
/// # Errors
/// As [`crate::run`].
pub async fn poke<C, M>(mut poke: PokeJob<C, M>) -> Result<Option<RunStatus>, SyncError>
where
    C: Connector + 'static,
    M: Mapper,
{
    let PokeJob { job, named } = &mut poke;
    let is_meant = |stream: Stream| {
        let parent = job.connector.capabilities(stream).parent;
        named.iter().any(|(named, _)| *named == stream || Some(*named) == parent)
    };
    job.streams = Stream::ALL.into_iter().filter(|stream| is_meant(*stream)).collect();
    if job.streams.is_empty() {
        return Ok(None);
    }
    run_of(job, named).await.map(Some)
}

/// Reads what is named of one stream.
pub(crate) async fn read_named<C, M>(
    job: &SyncJob<C, M>,
    run: ActiveRun<'_>,
    stream: Stream,
    named: &[(Stream, RemoteId)],
) -> Result<StreamStatus, ScanFailure>
where
    C: Connector + 'static,
    M: Mapper,
{
    let calls_before = job.connector.call_stats();
    let started_ms = job.clock.now_ms();
    let mut status = StreamStatus::new(stream);
    let error = match job.store.stream_state(job.connection, stream).await {
        Ok(state) if may_pull(job, &state) => return scan_stream(job, run, stream).await,
        Ok(state) => fetch(job, run, &state, named, &mut status).await.err(),
        Err(error) => Some(error.into()),
    };
    status.set_calls(calls_before, job.connector.call_stats());
    status.seconds = seconds_between(started_ms, job.clock.now_ms());
    let Some(error) = error else { return Ok(status) };
    if let SyncError::Psa(error) = &error {
        // For this run: the stream is as it was, and its next read asks again.
        status.held = Some(HeldStatus { code: error.code().to_string(), text: with_causes(error) });
    }
    Err(ScanFailure { status, error, is_left_out: false })
}

/// Whether what changed in a stream, or under its parents, can be asked for.
fn may_pull<C: Connector, M>(job: &SyncJob<C, M>, state: &StreamState) -> bool {
    match job.connector.capabilities(state.stream).parent {
        Some(_) => state.generation > 0,
        None => job.mode.changes_since(state, job.clock.now_ms()).is_some(),
    }
}

async fn fetch<C, M>(
    job: &SyncJob<C, M>,
    run: ActiveRun<'_>,
    state: &StreamState,
    named: &[(Stream, RemoteId)],
    status: &mut StreamStatus,
) -> Result<(), SyncError>
where
    C: Connector + 'static,
    M: Mapper,
{
    let stream = state.stream;
    let can_fetch = job.connector.capabilities(stream).can_fetch_one;
    let waits = state.held.as_ref().is_some_and(|held| !held.ends_with_an_answer());
    if state.generation == 0 || waits || !can_fetch {
        return Ok(());
    }
    status.mode = "changes".to_owned();
    let mut rows: Vec<RawRow> = Vec::new();
    let own = named.iter().filter(|(of, id)| *of == stream && !id.as_str().is_empty());
    for (_, remote_id) in own.take(FETCHED_MAX) {
        if job.is_spent() {
            break;
        }
        // What the PSA does not have is left as it is: only a scan concludes.
        rows.extend(job.connector.fetch_one(stream, remote_id).await?);
    }
    let resolver = Resolver::new(&job.chains);
    let context = PageContext {
        store: &job.store,
        connection: job.connection,
        stream,
        mapper: &*job.mapper,
        resolver: &resolver,
    };
    status.read = rows.len() as u64;
    let prepared = prepare(&context, rows).await?;
    (status.added, status.changed) = (prepared.added, prepared.changed);
    status.bad = prepared.bad;
    status.unchanged = status.read.saturating_sub(status.added + status.changed);
    if prepared.writes.is_empty() {
        return Ok(());
    }
    job.store
        .change_commit(&ChangeCommit {
            fence: run.fence,
            connection: job.connection,
            stream,
            at_ms: job.clock.now_ms(),
            rows: prepared.writes,
            remove: &[],
            read_up_to: None,
            parents: &[],
            is_whole: false,
            run: Some(run.run),
            mapper_version: mapping_version(stream, job.mapper.version(), &job.chains),
        })
        .await?;
    Ok(())
}
