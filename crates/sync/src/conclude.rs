//! How a scan ends: what it may conclude, what a person must release, and its receipt.
//!
//! Only here is anything removed, and only when the pass was clean or stable, the brakes agree or a
//! person released as much, and the PSA confirms the few that are missing. Rows that would take
//! values away are committed or dropped here, all of them or none.

use almanac_model::code::Code;
use almanac_model::id::RemoteId;
use almanac_psa::{Connector, Mapper, RawRow};
use almanac_store::{
    ChangeCommit, Held, NewReceipt, ReceiptKind, ReceiptTold, ScanFinish, StreamState,
};

use crate::absence::Absence;
use crate::error::SyncError;
use crate::guard::{Brake, Removal, judge_removal};
use crate::losses;
use crate::mapping::mapping_version;
use crate::page::prepare;
use crate::scan::Scan;
use crate::status::HeldStatus;

/// Streams up to this size are checked against the PSA's list of identifiers, which is one call.
const IDS_CHECK_MAX: u64 = 20_000;

/// Rows that were kept aside, committed together.
const BATCH: u32 = 200;

impl<C, M> Scan<'_, C, M>
where
    C: Connector + 'static,
    M: Mapper,
{
    /// Compares the pass with the PSA's own list of identifiers, once, where it has one: a row
    /// removed and another added between two pages leave every total as it was.
    pub(crate) async fn is_every_id_seen(&mut self) -> Result<bool, SyncError> {
        let can = self.job.connector.capabilities(self.stream).can_list_ids;
        if !can || self.checkpoint.is_ids_checked || self.seen.len() > IDS_CHECK_MAX {
            return Ok(true);
        }
        self.checkpoint.is_ids_checked = true;
        match self.job.connector.list_ids(self.stream).await {
            Ok(Some(ids)) => {
                for id in &ids {
                    self.listed.insert(id);
                }
                Ok(ids.iter().all(|id| self.seen.contains(id)))
            }
            Ok(None) => Ok(true),
            Err(error) => {
                tracing::info!(
                    stream = %self.stream, error = %error,
                    "The list of identifiers could not be had; the pages stand by themselves."
                );
                Ok(true)
            }
        }
    }

    /// Ends the scan: what was not seen is gone, and what would take values away is taken, if that
    /// may be believed.
    pub(crate) async fn conclude(&mut self, is_complete: bool) -> Result<(), SyncError> {
        let job = self.job;
        if !is_complete {
            return self.end_incomplete().await;
        }
        // What a person released while the scan went on counts.
        let state = job.store.stream_state(job.connection, self.stream).await?;
        let absence = Absence {
            store: &job.store,
            connector: &*job.connector,
            connection: job.connection,
            stream: self.stream,
            seen: &self.seen,
            listed: &self.listed,
        };
        let (live, missing) = absence.missing().await?;
        let removal = Removal { live, seen: self.seen.len(), missing: missing.len() as u64 };
        let brake = match judge_removal(removal) {
            Err(brake) if !brake.is_released(state.release.as_ref()) => Some(brake),
            _ => self.judge_losses().await?.filter(|b| !b.is_released(state.release.as_ref())),
        };
        let remove = match &brake {
            Some(_) => Vec::new(),
            None => absence.confirm_gone(missing).await?,
        };
        if brake.is_none() {
            self.take_withheld().await?;
        }
        self.finish(&state, remove, brake).await
    }

    /// What was kept aside by the last pass, judged.
    async fn judge_losses(&self) -> Result<Option<Brake>, SyncError> {
        let job = self.job;
        let scan = (self.generation, self.checkpoint.walk.pass());
        let rows = job.store.withheld_lost(job.connection, self.stream, scan).await?;
        let losses = losses::from_json(&rows);
        Ok(losses.judge(&job.store, job.connection, self.stream).await?)
    }

    /// Commits what was kept aside. A run that is interrupted here begins to conclude again, and
    /// finds as unchanged what was committed.
    async fn take_withheld(&mut self) -> Result<(), SyncError> {
        let job = self.job;
        let scan = (self.generation, self.checkpoint.walk.pass());
        let mut after = None;
        loop {
            let place = (job.connection, self.stream);
            let page =
                job.store.withheld_page(place.0, place.1, scan, after.as_ref(), BATCH).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.remote_id.clone());
            let rows = page.into_iter().map(|row| RawRow {
                remote_id: row.remote_id,
                body: row.body,
                problem: None,
            });
            let prepared = prepare(&self.context(), rows.collect()).await?;
            self.checkpoint.written.changed += prepared.changed;
            self.checkpoint.written.corrections.add(prepared.corrections);
            let commit = ChangeCommit {
                fence: self.run.fence,
                connection: job.connection,
                stream: self.stream,
                at_ms: job.clock.now_ms(),
                rows: prepared.writes,
                remove: &[],
                read_up_to: None,
                parents: &[],
                is_whole: false,
                run: Some(self.run.run),
                mapper_version: mapping_version(self.stream, job.mapper.version(), &job.chains),
            };
            job.store.change_commit(&commit).await?;
        }
    }

    async fn end_incomplete(&mut self) -> Result<(), SyncError> {
        let job = self.job;
        let held = Held {
            code: Code::SYNC_INCOMPLETE.to_string(),
            text: format!(
                "{} could not be read whole: it kept changing meanwhile, or Halo sent fewer records \
                 than it says it has; {} records were read and kept, nothing was removed.",
                self.stream,
                self.seen.len()
            ),
            number: None,
            since: job.clock.now_ms(),
        };
        job.store.scan_abandon(self.run.fence, job.connection, self.stream).await?;
        job.store.stream_hold(self.run.fence, job.connection, self.stream, &held).await?;
        self.status.held = Some(HeldStatus { code: held.code, text: held.text });
        Ok(())
    }

    async fn finish(
        &mut self,
        state: &StreamState,
        remove: Vec<RemoteId>,
        brake: Option<Brake>,
    ) -> Result<(), SyncError> {
        let job = self.job;
        let at_ms = job.clock.now_ms();
        let held = brake.map(|brake| brake.into_held(at_ms));
        let receipt = self.receipt(state, &remove, held.as_ref());
        let finish = ScanFinish {
            fence: self.run.fence,
            connection: job.connection,
            stream: self.stream,
            generation: self.generation,
            at_ms,
            remove: &remove,
            held: held.clone(),
            receipt: Some(receipt),
        };
        self.status.removed = job.store.scan_finish(&finish).await?;
        self.status.held = held.map(|held| HeldStatus { code: held.code, text: held.text });
        Ok(())
    }

    fn receipt(&self, state: &StreamState, remove: &[RemoteId], held: Option<&Held>) -> NewReceipt {
        let written = &self.checkpoint.written;
        let mut corrections = written.corrections.clone();
        for id in remove {
            corrections.note_removed(id);
        }
        let corrected = written.corrected() + remove.len() as u64;
        // What a hold keeps from being corrected differs all the same.
        let kept = held.and_then(|held| held.number).unwrap_or(0);
        let told = ReceiptTold {
            run: Some(self.run.run.to_string()),
            theirs: self.seen.len(),
            compared: self.seen.len(),
            differed: corrected + kept,
            corrected,
            is_told_otherwise: state.filter.is_some_and(|filter| filter.works),
            is_first: self.is_first,
            fields: corrections.fields,
            records: corrections.records,
            held: held.map(|held| held.code.clone()),
            ..ReceiptTold::default()
        };
        NewReceipt { kind: ReceiptKind::Scan, told }
    }
}
