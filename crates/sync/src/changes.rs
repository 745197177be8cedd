//! One stream, read by what changed in it.
//!
//! A pull begins a little before where the last one ended, because the PSA's timestamps are coarse
//! and its clock is not ours; what comes twice is unchanged and costs no write. Where it
//! ended moves on only after a pass that held still. Nothing is ever removed here: what is gone
//! does not change, so only a scan can tell.

use almanac_model::resolver::Resolver;
use almanac_model::stream::Stream;
use almanac_psa::walk::{Step, Verdict, Walk};
use almanac_psa::{Connector, Mapper, PageRequest, PsaError, SeenSet};
use almanac_store::{ChangeCommit, FilterFinding, StreamState};

use crate::engine::{ActiveRun, SyncJob};
use crate::error::SyncError;
use crate::losses::Losses;
use crate::mapping::mapping_version;
use crate::page::{PageContext, PreparedPage, Withheld, prepare};
use crate::scan::take_rows;
use crate::status::{HeldStatus, StreamStatus};

/// A pull reaches back so far before the end of the last one (Q-11: ten minutes).
const OVERLAP_MS: i64 = 10 * 60 * 1_000;

/// What was found out about a filter is believed for so long.
const TRY_EVERY_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// In a stream smaller than this half of it may well have changed.
const MUCH_CHANGED_MIN: u64 = 100;

/// How a pull ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pulled {
    /// What changed is here, or will be asked for again by the next pull.
    Done,
    /// So much came that the PSA may no longer filter: the stream must be read whole, and the
    /// filter tried again.
    Doubtful,
}

/// Reads what changed since `since_ms` of the PSA's clock.
pub(crate) async fn read_changes<C, M>(
    job: &SyncJob<C, M>,
    run: ActiveRun<'_>,
    (state, since_ms): (&StreamState, i64),
    resolver: &Resolver,
    status: &mut StreamStatus,
) -> Result<Pulled, SyncError>
where
    C: Connector + 'static,
    M: Mapper,
{
    let stream = state.stream;
    let started_ms = job.clock.now_ms();
    let pull = Pull { job, run, stream, resolver };
    let parts = job.connector.changed_parts(stream, since_ms - OVERLAP_MS).await?;
    let mut has_all = parts.is_empty();
    // A pull that is interrupted is asked for again from where it began, so these need no keeping.
    let mut withheld = Vec::new();
    if !has_all {
        let mut walk = Walk::new(parts);
        let mut before: Option<SeenSet> = None;
        loop {
            let mut seen = SeenSet::default();
            withheld.clear();
            let gathered = (&mut seen, &mut withheld);
            if pull.read_pass(&mut walk, gathered, state, status).await? == Pulled::Doubtful {
                return Ok(Pulled::Doubtful);
            }
            status.read = status.read.max(seen.len());
            match walk.judge(&seen, before.as_ref()) {
                Verdict::Again => before = Some(seen),
                verdict => {
                    has_all = verdict != Verdict::Incomplete;
                    break;
                }
            }
        }
    }
    let is_held = !pull.take_withheld(withheld, status).await?;
    status.unchanged = status.read.saturating_sub(status.added + status.changed);
    if has_all && !is_held {
        let read_up_to = started_ms + job.connector.clock_offset_ms();
        let read_up_to = state.read_up_to.map_or(read_up_to, |before| before.max(read_up_to));
        pull.commit(PreparedPage::default(), Some(read_up_to)).await?;
    }
    Ok(Pulled::Done)
}

struct Pull<'a, C, M> {
    job: &'a SyncJob<C, M>,
    run: ActiveRun<'a>,
    stream: Stream,
    resolver: &'a Resolver,
}

impl<C, M> Pull<'_, C, M>
where
    C: Connector + 'static,
    M: Mapper,
{
    async fn read_pass(
        &self,
        walk: &mut Walk,
        (seen, withheld): (&mut SeenSet, &mut Vec<Withheld>),
        state: &StreamState,
        status: &mut StreamStatus,
    ) -> Result<Pulled, SyncError> {
        let live = u64::try_from(state.live).unwrap_or(0);
        while let Step::Page { part, page_no, whole_count } = walk.step() {
            let request = PageRequest { stream: self.stream, part, page_no, whole_count };
            let page = self.job.connector.list_page(&request).await?;
            // Half of all there is: perhaps the filter is no longer taken. Reading the
            // stream whole is not dearer by much, and then what is gone is found too.
            let is_much = page.claimed_total.is_some_and(|total| total * 2 >= live);
            if is_much && live >= MUCH_CHANGED_MIN {
                return Ok(Pulled::Doubtful);
            }
            let fresh = walk.accept(&page, seen);
            let context = PageContext {
                store: &self.job.store,
                connection: self.job.connection,
                stream: self.stream,
                mapper: &*self.job.mapper,
                resolver: self.resolver,
            };
            let mut prepared = prepare(&context, take_rows(page, &fresh)).await?;
            withheld.extend(prepared.withhold());
            status.added += prepared.added;
            status.changed += prepared.changed;
            status.bad += prepared.bad;
            if !prepared.writes.is_empty() {
                self.commit(prepared, None).await?;
            }
        }
        Ok(Pulled::Done)
    }

    /// Commits the rows that take values away, if there are few enough; else holds the stream, so
    /// that the next run reads it whole, and says no.
    async fn take_withheld(
        &self,
        withheld: Vec<Withheld>,
        status: &mut StreamStatus,
    ) -> Result<bool, SyncError> {
        let job = self.job;
        let mut losses = Losses::default();
        let mut prepared = PreparedPage::default();
        for row in withheld {
            losses.add(row.lost);
            prepared.writes.push(row.write);
        }
        if prepared.writes.is_empty() {
            return Ok(true);
        }
        if let Some(brake) = losses.judge(&job.store, job.connection, self.stream).await? {
            let held = brake.into_held(job.clock.now_ms());
            job.store.stream_hold(self.run.fence, job.connection, self.stream, &held).await?;
            status.held = Some(HeldStatus { code: held.code, text: held.text });
            return Ok(false);
        }
        status.changed += prepared.writes.len() as u64;
        self.commit(prepared, None).await?;
        Ok(true)
    }

    async fn commit(
        &self,
        prepared: PreparedPage,
        read_up_to: Option<i64>,
    ) -> Result<(), SyncError> {
        let job = self.job;
        job.store
            .change_commit(&ChangeCommit {
                fence: self.run.fence,
                connection: job.connection,
                stream: self.stream,
                at_ms: job.clock.now_ms(),
                rows: prepared.writes,
                remove: &[],
                read_up_to,
                parents: &[],
                is_whole: false,
                run: Some(self.run.run),
                mapper_version: mapping_version(self.stream, job.mapper.version(), &job.chains),
            })
            .await?;
        Ok(())
    }
}

/// Whether the PSA can tell what changes in a stream, tried before a scan of it begins if it was
/// not tried lately. `None` where it cannot be found out, which is not worth a scan; and for the
/// first scan of what assets stand on, when a person waits and calls are scarcest.
pub(crate) async fn find_filter<C, M>(
    job: &SyncJob<C, M>,
    state: &StreamState,
    known: Option<FilterFinding>,
) -> Result<Option<FilterFinding>, SyncError>
where
    C: Connector,
    M: Mapper,
{
    let now_ms = job.clock.now_ms();
    let stream = state.stream;
    let is_first = stream.is_of_assets() && state.generation == 0;
    if is_first || !job.connector.capabilities(stream).may_filter_changes {
        return Ok(None);
    }
    if let Some(known) = known.filter(|known| now_ms - known.tried_at < TRY_EVERY_MS) {
        return Ok(Some(known));
    }
    match job.connector.try_change_filter(stream).await {
        Ok(works) => Ok(works.map(|works| FilterFinding { works, tried_at: now_ms })),
        // The scan would meet the same.
        Err(error @ (PsaError::Forbidden { .. } | PsaError::NoSuchPath { .. })) => {
            Err(error.into())
        }
        Err(error) => {
            tracing::info!(
                stream = %stream, error = %error,
                "Whether Halo can tell what changed could not be found out."
            );
            Ok(None)
        }
    }
}

/// After a whole scan that began at `started_ms` and was believed: from then on what changes can
/// be asked for, where the PSA can tell it.
pub(crate) async fn note_scanned<C, M>(
    job: &SyncJob<C, M>,
    run: ActiveRun<'_>,
    (stream, found): (Stream, Option<FilterFinding>),
    started_ms: i64,
) -> Result<(), SyncError>
where
    C: Connector,
    M: Mapper,
{
    let Some(FilterFinding { works, tried_at }) = found else { return Ok(()) };
    let (store, connection) = (&job.store, job.connection);
    store.change_filter_note(run.fence, connection, stream, works, tried_at).await?;
    if works {
        let read_up_to = started_ms + job.connector.clock_offset_ms();
        store.read_up_to_note(run.fence, connection, stream, read_up_to).await?;
    }
    Ok(())
}
