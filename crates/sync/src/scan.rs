//! One stream, read to its end.
//!
//! The life of a scan (`docs/sync.md`): open or resume, walk pages, commit each with its
//! checkpoint while the next one is on its way, repeat passes until the list held still, then
//! conclude (`conclude.rs`) what is gone. Rows that would take values away are kept aside until
//! then.

use std::sync::Arc;

use almanac_model::id::RemoteId;
use almanac_model::resolver::Resolver;
use almanac_model::stream::Stream;
use almanac_psa::walk::{Step, Verdict};
use almanac_psa::{Connector, Mapper, Page, PageRequest, PsaError, RawRow, SeenSet};
use almanac_store::{Held, ScanProgress, StreamState};

use crate::changes::{Pulled, find_filter, note_scanned, read_changes};
use crate::checkpoint::{Checkpoint, Written};
use crate::children::read_children;
use crate::commit::{Committing, OwnedCommit};
use crate::engine::{ActiveRun, ScanFailure, SyncJob};
use crate::error::{SyncError, with_causes};
use crate::mapping::mapping_version;
use crate::page::{PageContext, prepare};
use crate::progress::ProgressEvent;
use crate::reproject::reproject_stream;
use crate::status::{HeldStatus, StreamStatus};
use crate::task::Task;

/// A scan under way.
pub(crate) struct Scan<'a, C, M> {
    pub(crate) job: &'a SyncJob<C, M>,
    pub(crate) run: ActiveRun<'a>,
    pub(crate) stream: Stream,
    pub(crate) generation: i64,
    /// Whether no scan of the stream ever ended: then everything is new.
    pub(crate) is_first: bool,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) seen: SeenSet,
    seen_before: Option<SeenSet>,
    /// What the PSA's own list of identifiers named: none of these is gone.
    pub(crate) listed: SeenSet,
    pub(crate) resolver: Arc<Resolver>,
    /// The commit that is on its way while the next page is made ready.
    committing: Option<Committing>,
    pub(crate) status: StreamStatus,
}

/// Reads a stream to its end. On failure the status tells what was done until then.
pub(crate) async fn scan_stream<C, M>(
    job: &SyncJob<C, M>,
    run: ActiveRun<'_>,
    stream: Stream,
) -> Result<StreamStatus, ScanFailure>
where
    C: Connector + 'static,
    M: Mapper,
{
    let calls_before = job.connector.call_stats();
    let started_ms = job.clock.now_ms();
    let mut status = StreamStatus::new(stream);
    let mut was_ever_read = true;
    let result = read_stream(job, run, stream, &mut status, &mut was_ever_read).await;
    let calls = job.connector.call_stats();
    status.set_calls(calls_before, calls);
    status.seconds = seconds_between(started_ms, job.clock.now_ms());
    let Err(error) = result else { return Ok(status) };
    let held = match &error {
        SyncError::Psa(error) => Some(Held {
            code: error.code().to_string(),
            text: with_causes(error),
            number: None,
            since: job.clock.now_ms(),
        }),
        _ => None,
    };
    if let Some(held) = held {
        status.held = Some(HeldStatus { code: held.code.clone(), text: held.text.clone() });
        if !was_ever_read && !stream.is_of_assets() && is_not_granted(&error) {
            // Nobody misses what was never there: the run tells, and no page waits for a person.
            return Err(ScanFailure { status, error, is_left_out: true });
        }
        // The hold is shown with the stream until a scan ends well; failing to store it must not
        // hide why the scan ended.
        if let Err(error) = job.store.stream_hold(run.fence, job.connection, stream, &held).await {
            tracing::warn!(stream = %stream, error = %error, "A hold could not be stored.");
        }
    }
    if let SyncError::Psa(PsaError::FilterIgnored { .. }) = error
        // The parts were chosen for a filter that works; the next scan must choose anew.
        && let Err(error) = job.store.scan_abandon(run.fence, job.connection, stream).await
    {
        tracing::warn!(stream = %stream, error = %error, "A scan could not be given up.");
    }
    Err(ScanFailure { status, error, is_left_out: false })
}

/// Whether the PSA does not let us read an area, or has none.
fn is_not_granted(error: &SyncError) -> bool {
    matches!(error, SyncError::Psa(PsaError::Forbidden { .. } | PsaError::NoSuchPath { .. }))
}

/// Reads a stream in the way that fits it: by its parents, by its changes, or whole.
async fn read_stream<C, M>(
    job: &SyncJob<C, M>,
    run: ActiveRun<'_>,
    stream: Stream,
    status: &mut StreamStatus,
    was_ever_read: &mut bool,
) -> Result<(), SyncError>
where
    C: Connector + 'static,
    M: Mapper,
{
    let state = job.store.stream_state(job.connection, stream).await?;
    *was_ever_read = state.generation > 0 || state.live > 0;
    let resolver = Arc::new(Resolver::new(&job.chains));
    let version = mapping_version(stream, job.mapper.version(), &job.chains);
    if state.live > 0 && state.mapper_version != version {
        let context = PageContext {
            store: &job.store,
            connection: job.connection,
            stream,
            mapper: &*job.mapper,
            resolver: &resolver,
        };
        reproject_stream(&context, run.fence, run.run, job.clock.now_ms(), version).await?;
    }
    if let Some(parents) = job.connector.capabilities(stream).parent {
        return read_children(job, run, (&state, parents), &resolver, status).await;
    }
    let started_ms = job.clock.now_ms();
    let mut filter = state.filter;
    if let Some(since_ms) = job.mode.changes_since(&state, started_ms) {
        status.mode = "changes".to_owned();
        let pulled = read_changes(job, run, (&state, since_ms), &resolver, status).await?;
        if pulled == Pulled::Done {
            return Ok(());
        }
        *status = StreamStatus::new(stream);
        filter = None;
    }
    let found = find_filter(job, &state, filter).await?;
    let is_resumed = state.scan.is_some();
    run_scan(job, run, (&state, resolver), status).await?;
    // What changed while an earlier run read the first pages was not noted.
    if status.held.is_none() && !status.is_open && !is_resumed {
        note_scanned(job, run, (stream, found), started_ms).await?;
    }
    Ok(())
}

async fn run_scan<C, M>(
    job: &SyncJob<C, M>,
    run: ActiveRun<'_>,
    (state, resolver): (&StreamState, Arc<Resolver>),
    status: &mut StreamStatus,
) -> Result<(), SyncError>
where
    C: Connector + 'static,
    M: Mapper,
{
    let mut scan = Scan::open(job, run, state.stream, state, resolver).await?;
    let result = scan.read_until_judged().await;
    let concluded = match result {
        Ok(Judged::Open) => {
            scan.status.is_open = true;
            Ok(())
        }
        Ok(judged) => scan.conclude(judged == Judged::Complete).await,
        Err(error) => Err(error),
    };
    let Written { added, changed, bad, .. } = scan.checkpoint.written;
    scan.status.added = added;
    scan.status.changed = changed;
    scan.status.bad = bad;
    scan.status.read = scan.seen.len();
    scan.status.unchanged = scan.status.read.saturating_sub(added + changed);
    *status = scan.status;
    concluded
}

/// What came of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    /// Whoever was not seen may be gone.
    Complete,
    /// The list never held still.
    Incomplete,
    /// The run has made its calls: the scan stays open and goes on with a later run.
    Open,
}

impl<'a, C, M> Scan<'a, C, M>
where
    C: Connector + 'static,
    M: Mapper,
{
    /// Resumes an interrupted scan, or opens a new one.
    async fn open(
        job: &'a SyncJob<C, M>,
        run: ActiveRun<'a>,
        stream: Stream,
        state: &StreamState,
        resolver: Arc<Resolver>,
    ) -> Result<Self, SyncError> {
        let now_ms = job.clock.now_ms();
        let interrupted = Checkpoint::interrupted(state, now_ms);
        let is_resumed = interrupted.is_some();
        job.progress.report(ProgressEvent::StreamStarted { stream, is_resumed });
        let mut seen = (SeenSet::default(), None);
        let (generation, checkpoint) = match interrupted {
            Some((generation, checkpoint)) => {
                let place = (job.connection, stream, generation);
                seen = checkpoint.load_seen(&job.store, place).await?;
                (generation, checkpoint)
            }
            None => {
                let mut generation = state.generation + 1;
                if let Some(open) = &state.scan {
                    generation = open.generation + 1;
                    job.store.scan_abandon(run.fence, job.connection, stream).await?;
                }
                let parts = job.connector.parts(stream).await?;
                let mut checkpoint = Checkpoint::new(parts, now_ms);
                checkpoint.stand_in_for(state);
                (generation, checkpoint)
            }
        };
        let (seen, seen_before) = seen;
        Ok(Self {
            job,
            run,
            stream,
            generation,
            is_first: state.generation == 0,
            checkpoint,
            seen,
            seen_before,
            listed: SeenSet::default(),
            resolver,
            committing: None,
            status: StreamStatus::new(stream),
        })
    }

    /// Walks passes until one is judged, or the run has made its calls.
    async fn read_until_judged(&mut self) -> Result<Judged, SyncError> {
        loop {
            self.read_pass().await?;
            if self.checkpoint.walk.step() != Step::PassEnded {
                return Ok(Judged::Open);
            }
            let verdict = self.checkpoint.walk.judge(&self.seen, self.seen_before.as_ref());
            match verdict {
                Verdict::Again => self.next_pass(),
                Verdict::Incomplete => return Ok(Judged::Incomplete),
                Verdict::Clean | Verdict::Stable => {
                    if self.is_every_id_seen().await? {
                        return Ok(Judged::Complete);
                    }
                    self.checkpoint.walk.start_again();
                    self.next_pass();
                }
            }
        }
    }

    fn next_pass(&mut self) {
        self.seen_before = Some(std::mem::take(&mut self.seen));
        self.checkpoint.written.bad = 0;
    }

    /// Reads the pages of one pass, each committed while the next is on its way.
    async fn read_pass(&mut self) -> Result<(), SyncError> {
        let result = self.read_pages().await;
        // What was read before the PSA was lost is kept too.
        let settled = self.settle().await;
        result.and(settled)
    }

    async fn read_pages(&mut self) -> Result<(), SyncError> {
        let mut pending = self.ask();
        while let Some(mut task) = pending {
            let page = task.wait().await??;
            let fresh = self.checkpoint.walk.accept(&page, &mut self.seen);
            pending = if self.job.is_spent() { None } else { self.ask() };
            self.commit(take_rows(page, &fresh)).await?;
        }
        Ok(())
    }

    /// Asks for the next page without waiting for it.
    fn ask(&self) -> Option<Task<Result<Page, PsaError>>> {
        let Step::Page { part, page_no, whole_count } = self.checkpoint.walk.step() else {
            return None;
        };
        let request = PageRequest { stream: self.stream, part, page_no, whole_count };
        let connector = Arc::clone(&self.job.connector);
        Some(Task::start(async move { connector.list_page(&request).await }))
    }

    /// Makes rows ready, then begins to commit them together with the checkpoint that covers
    /// them. One commit at a time, in the order of the pages.
    async fn commit(&mut self, rows: Vec<RawRow>) -> Result<(), SyncError> {
        let job = self.job;
        let ids: Vec<RemoteId> = rows.iter().map(|row| row.remote_id.clone()).collect();
        // The rows of the commit on its way are others: a pass takes each record once.
        let mut prepared = prepare(&self.context(), rows).await?;
        let withheld = prepared.withhold();
        self.settle().await?;
        let seen = self.checkpoint.next_chunk(ids);
        self.checkpoint.at_ms = job.clock.now_ms();
        self.checkpoint.written.added += prepared.added;
        self.checkpoint.written.changed += prepared.changed;
        self.checkpoint.written.bad += prepared.bad;
        if !self.is_first {
            self.checkpoint.written.corrections.add(prepared.corrections);
        }
        let pass = self.checkpoint.walk.pass();
        let progress = self.progress();
        let commit = OwnedCommit {
            store: job.store.clone(),
            fence: self.run.fence.clone(),
            connection: job.connection,
            stream: self.stream,
            generation: self.generation,
            at_ms: self.checkpoint.at_ms,
            rows: prepared.writes,
            withheld: withheld.into_iter().map(|row| row.into_stored(pass)).collect(),
            seen,
            scan_state: self.checkpoint.to_json(),
            progress,
            run: self.run.run,
            mapper_version: mapping_version(self.stream, job.mapper.version(), &job.chains),
        };
        let task = Task::start(commit.carry_out());
        self.committing = Some(Committing { task, progress });
        Ok(())
    }

    /// What its pages need.
    pub(crate) fn context(&self) -> PageContext<'_, M> {
        PageContext {
            store: &self.job.store,
            connection: self.job.connection,
            stream: self.stream,
            mapper: &*self.job.mapper,
            resolver: &self.resolver,
        }
    }

    /// How far the scan is with the rows that were just made ready.
    fn progress(&self) -> ScanProgress {
        let Checkpoint { walk, written, .. } = &self.checkpoint;
        ScanProgress {
            read: self.seen.len(),
            claimed: walk.claimed_total(),
            pass: walk.pass(),
            added: written.added,
            changed: written.changed,
            requests: self.job.connector.call_stats().requests,
        }
    }

    /// Waits for the commit on its way, if there is one.
    async fn settle(&mut self) -> Result<(), SyncError> {
        let Some(mut committing) = self.committing.take() else { return Ok(()) };
        committing.task.wait().await??;
        self.job.progress.report(ProgressEvent::PageCommitted {
            stream: self.stream,
            read: committing.progress.read,
            claimed: committing.progress.claimed,
            pass: committing.progress.pass,
        });
        Ok(())
    }
}

pub(crate) fn take_rows(page: Page, fresh: &[usize]) -> Vec<RawRow> {
    let mut wanted = fresh.iter().copied().peekable();
    page.rows
        .into_iter()
        .enumerate()
        .filter(|(at, _)| wanted.next_if_eq(at).is_some())
        .map(|(_, row)| row)
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a duration in milliseconds is small")]
pub(crate) fn seconds_between(from_ms: i64, to_ms: i64) -> f64 {
    (to_ms - from_ms).max(0) as f64 / 1_000.0
}
