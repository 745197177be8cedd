//! A stream whose records are listed by their parents, such as the actions of tickets.
//!
//! One call for each parent, so only those are asked that changed since their children were last
//! read, the last changed first. A parent that answers in full is the proof that a child it does
//! not name is gone; the brakes hold here too. A parent that cannot be read is left for later and
//! stops no other. Asking every parent is this stream's scan, and leaves a receipt as one.

use std::collections::HashSet;
use std::sync::Arc;

use almanac_model::code::Code;
use almanac_model::id::RemoteId;
use almanac_model::resolver::Resolver;
use almanac_model::stream::Stream;
use almanac_psa::{Connector, Mapper, Page, PageRequest, PsaError, RawRow, Recovery};
use almanac_store::{
    ChangeCommit, ChildrenDue, Held, NewReceipt, ParentRead, ReceiptKind, ReceiptTold, RecordWrite,
    Release, StreamState,
};

use crate::correction::Corrections;
use crate::engine::{ActiveRun, SyncJob};
use crate::error::SyncError;
use crate::guard::{Brake, Removal, judge_removal, still_held};
use crate::losses::Losses;
use crate::mapping::mapping_version;
use crate::mode::ReadMode;
use crate::page::{PageContext, prepare};
use crate::status::{HeldStatus, StreamStatus};
use crate::task::Task;

/// Parents asked at a time, and committed together.
const BATCH: usize = 16;

/// Parents that are gone, dealt with at a time.
const GONE_BATCH: u32 = 100;

/// Reads the children of every parent that is due, or of so many as the run may call for.
pub(crate) async fn read_children<C, M>(
    job: &SyncJob<C, M>,
    run: ActiveRun<'_>,
    (state, parents): (&StreamState, Stream),
    resolver: &Resolver,
    status: &mut StreamStatus,
) -> Result<(), SyncError>
where
    C: Connector + 'static,
    M: Mapper,
{
    let stream = state.stream;
    let read_before = match job.mode {
        ReadMode::Whole => job.clock.now_ms(),
        ReadMode::Changes { .. } => 0,
    };
    let due = ChildrenDue { connection: job.connection, stream, parents, read_before };
    let live = u64::try_from(state.live).unwrap_or(0);
    let mut read = Reading {
        job,
        run,
        due,
        resolver,
        live,
        release: state.release.clone(),
        is_held: state.held.as_ref().is_some_and(|held| held.number.is_some()),
        brake: None,
        kept_back: 0,
        lost: Losses::default(),
        corrections: Corrections::default(),
        left: HashSet::new(),
        asked: 0,
        status,
    };
    read.status.mode = match job.mode {
        ReadMode::Whole => "full".to_owned(),
        ReadMode::Changes { .. } => "changes".to_owned(),
    };
    let result = read.read_to_the_end().await;
    if job.mode != ReadMode::Whole {
        return result;
    }
    let left = read.leave_receipt(state, result.as_ref().err()).await;
    result.and(left)
}

struct Reading<'a, C, M> {
    job: &'a SyncJob<C, M>,
    run: ActiveRun<'a>,
    due: ChildrenDue,
    resolver: &'a Resolver,
    live: u64,
    /// What a person let this run conclude.
    release: Option<Release>,
    /// Whether a person must release the stream, from before this run.
    is_held: bool,
    /// What this run may not conclude, and how many records it did not remove for that.
    brake: Option<Brake>,
    kept_back: u64,
    /// What the records of this run lose.
    lost: Losses,
    /// What was found to differ and corrected.
    corrections: Corrections,
    /// Parents that could not be read by this run.
    left: HashSet<RemoteId>,
    /// Parents asked by this run.
    asked: u64,
    status: &'a mut StreamStatus,
}

impl<C, M> Reading<'_, C, M>
where
    C: Connector + 'static,
    M: Mapper,
{
    async fn read_to_the_end(&mut self) -> Result<(), SyncError> {
        let (stream, parents) = (self.due.stream, self.due.parents);
        let is_through = self.read_due().await? && self.remove_of_gone().await?;
        let now_ms = self.job.clock.now_ms();
        if let Some(brake) = self.brake.take() {
            self.hold(brake.into_held(now_ms)).await?;
        }
        let is_held = self.status.held.is_some();
        let left = self.left.len();
        self.status.unchanged =
            self.status.read.saturating_sub(self.status.added + self.status.changed);
        if left > 0 && !is_held {
            let held = Held {
                code: Code::SYNC_INCOMPLETE.to_string(),
                text: unread(left, parents, stream),
                number: None,
                since: now_ms,
            };
            self.hold(held).await?;
        } else if is_through && !is_held {
            self.commit(Vec::new(), &[], &[], true).await?;
        }
        Ok(())
    }

    /// Writes what asking every parent found and corrected, also where it did not come to its end:
    /// what was corrected until then no later scan finds to differ.
    async fn leave_receipt(
        &self,
        state: &StreamState,
        error: Option<&SyncError>,
    ) -> Result<(), SyncError> {
        let held = match (error, &self.status.held) {
            (None, held) => held.as_ref().map(|held| held.code.clone()),
            (Some(SyncError::Psa(error)), _) => Some(error.code().to_string()),
            // The database failed, or another run took over: nothing can be written.
            (Some(_), _) => return Ok(()),
        };
        let is_first = state.generation == 0;
        let corrections = if is_first { Corrections::default() } else { self.corrections.clone() };
        let corrected = self.status.added + self.status.changed + self.status.removed;
        let told = ReceiptTold {
            run: Some(self.run.run.to_string()),
            theirs: self.status.read,
            compared: self.status.read,
            differed: corrected + self.kept_back,
            corrected,
            is_told_otherwise: true,
            is_first,
            fields: corrections.fields,
            records: corrections.records,
            held,
            ..ReceiptTold::default()
        };
        let receipt = NewReceipt { kind: ReceiptKind::Scan, told };
        let (job, stream) = (self.job, self.due.stream);
        job.store.receipt_add(job.connection, stream, &receipt, job.clock.now_ms()).await?;
        Ok(())
    }

    /// Whether nothing is left that this run could read.
    async fn read_due(&mut self) -> Result<bool, SyncError> {
        loop {
            let has_asked_all = self.job.parents_max.is_some_and(|max| self.asked >= max);
            if has_asked_all || self.job.is_spent() {
                return Ok(false);
            }
            let limit = u32::try_from(BATCH + self.left.len()).unwrap_or(u32::MAX);
            let mut batch = self.job.store.children_due(&self.due, limit).await?;
            batch.retain(|parent| !self.left.contains(&parent.remote_id));
            batch.truncate(BATCH);
            if batch.is_empty() {
                return Ok(true);
            }
            if !self.read_batch(batch).await? {
                return Ok(false);
            }
        }
    }

    /// Asks some parents and commits what they have; whether to go on.
    async fn read_batch(&mut self, batch: Vec<ParentRead>) -> Result<bool, SyncError> {
        self.asked += batch.len() as u64;
        let asked: Vec<Task<Result<Page, PsaError>>> =
            batch.iter().map(|parent| self.ask(&parent.remote_id)).collect();
        let mut read: Vec<ParentRead> = Vec::with_capacity(batch.len());
        let mut rows: Vec<RawRow> = Vec::new();
        for (parent, mut task) in batch.into_iter().zip(asked) {
            match task.wait().await? {
                Ok(page) if is_whole(&page) => {
                    rows.extend(page.rows);
                    read.push(parent);
                }
                // Cut short: what came proves nothing of what is gone.
                Ok(_) => drop(self.left.insert(parent.remote_id)),
                Err(error) if is_of_one(&error) => drop(self.left.insert(parent.remote_id)),
                Err(error) => return Err(error.into()),
            }
        }
        self.status.read += rows.len() as u64;
        let received: HashSet<RemoteId> = rows.iter().map(|row| row.remote_id.clone()).collect();
        let known = self.job.store.child_ids(self.due.connection, self.due.stream, &read).await?;
        let gone: Vec<RemoteId> = known.into_iter().filter(|id| !received.contains(id)).collect();
        let removal = Removal {
            live: self.live,
            seen: self.status.read.max(1),
            missing: self.status.removed + self.kept_back + gone.len() as u64,
        };
        if !gone.is_empty()
            && let Some(brake) = self.brake_of(removal)
        {
            // The others are asked too, so that the whole number is told; these are asked again.
            self.kept_back += gone.len() as u64;
            self.left.extend(read.into_iter().map(|parent| parent.remote_id));
            self.brake = Some(brake);
            return Ok(true);
        }
        let context = PageContext {
            store: &self.job.store,
            connection: self.due.connection,
            stream: self.due.stream,
            mapper: &*self.job.mapper,
            resolver: self.resolver,
        };
        let mut prepared = prepare(&context, rows).await?;
        for lost in std::mem::take(&mut prepared.lost).into_values() {
            self.lost.add(lost);
        }
        let losses = self.lost.judge(&self.job.store, self.due.connection, self.due.stream);
        if let Some(brake) = losses.await?
            && !brake.is_released(self.release.as_ref())
        {
            self.hold(brake.into_held(self.job.clock.now_ms())).await?;
            return Ok(false);
        }
        self.status.added += prepared.added;
        self.status.changed += prepared.changed;
        self.status.bad += prepared.bad;
        for id in &gone {
            prepared.corrections.note_removed(id);
        }
        self.status.removed += self.commit(prepared.writes, &gone, &read, false).await?;
        self.corrections.add(prepared.corrections);
        Ok(true)
    }

    /// What keeps this much from being removed. A stream that is held already removes nothing more
    /// until somebody releases it: otherwise each run would remove as much as one may.
    fn brake_of(&self, removal: Removal) -> Option<Brake> {
        let judged = judge_removal(removal).err();
        let brake = judged.or_else(|| self.is_held.then(|| still_held(removal)))?;
        (!brake.is_released(self.release.as_ref())).then_some(brake)
    }

    /// Removes what parents had that are gone themselves, which a scan of theirs has judged.
    async fn remove_of_gone(&mut self) -> Result<bool, SyncError> {
        loop {
            let gone = self.job.store.parents_gone(&self.due, GONE_BATCH).await?;
            if gone.is_empty() {
                return Ok(true);
            }
            let stream = self.due.stream;
            let children = self.job.store.child_ids(self.due.connection, stream, &gone).await?;
            self.status.removed += self.commit(Vec::new(), &children, &gone, false).await?;
            let mut removed = Corrections::default();
            children.iter().for_each(|id| removed.note_removed(id));
            self.corrections.add(removed);
        }
    }

    fn ask(&self, parent: &RemoteId) -> Task<Result<Page, PsaError>> {
        let connector = Arc::clone(&self.job.connector);
        let part = connector.child_part(self.due.stream, parent);
        let request = PageRequest { stream: self.due.stream, part, page_no: 1, whole_count: None };
        Task::start(async move { connector.list_page(&request).await })
    }

    async fn commit(
        &self,
        rows: Vec<RecordWrite>,
        remove: &[RemoteId],
        parents: &[ParentRead],
        is_whole: bool,
    ) -> Result<u64, SyncError> {
        let job = self.job;
        let commit = ChangeCommit {
            fence: self.run.fence,
            connection: job.connection,
            stream: self.due.stream,
            at_ms: job.clock.now_ms(),
            rows,
            remove,
            read_up_to: None,
            parents,
            is_whole,
            run: Some(self.run.run),
            mapper_version: mapping_version(self.due.stream, job.mapper.version(), &job.chains),
        };
        Ok(job.store.change_commit(&commit).await?.removed)
    }

    async fn hold(&mut self, held: Held) -> Result<(), SyncError> {
        let job = self.job;
        job.store.stream_hold(self.run.fence, job.connection, self.due.stream, &held).await?;
        self.status.held = Some(HeldStatus { code: held.code, text: held.text });
        Ok(())
    }
}

/// How many parents' children are missing, for a person.
fn unread(parents_left: usize, parents: Stream, children: Stream) -> String {
    let words = |stream: Stream| stream.name().replace('_', " ");
    let (parents, children) = (words(parents), words(children));
    match parents_left {
        1 => format!("Of 1 of the {parents} the {children} could not be read."),
        left => format!("Of {left} {parents} the {children} could not be read."),
    }
}

/// Whether a parent named all of its children.
fn is_whole(page: &Page) -> bool {
    page.claimed_total.is_none_or(|total| total <= page.rows.len() as u64)
}

/// Whether an error is about this one parent, so that another may fare better. Without the right
/// to read any, none would.
fn is_of_one(error: &PsaError) -> bool {
    match error {
        PsaError::Damaged { .. }
        | PsaError::ServerFault { .. }
        | PsaError::NoSuchPath { .. }
        | PsaError::Refused { .. } => true,
        other => other.recovery() == Recovery::Skip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_said_in_words() {
        let said = |left| unread(left, Stream::Tickets, Stream::TicketActions);
        assert_eq!(said(1), "Of 1 of the tickets the ticket actions could not be read.");
        assert_eq!(said(12), "Of 12 tickets the ticket actions could not be read.");
    }
}
