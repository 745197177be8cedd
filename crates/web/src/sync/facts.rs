//! What the store knows of a tenant's sync, gathered for the page.

use super::calls;
use super::compared::{COMPARED_KIND, COMPARED_MAX, Compared};
use super::reconciled::{BACK_MAX, left};
use crate::psa_limit::CallLimit;
use almanac_model::probe::ProbeResult;
use almanac_model::stream::Stream;
use almanac_store::{
    CallSpan, Connection, Probe, Receipt, ReceiptKind, Run, RunId, StoreError, StreamProgress,
    StreamState, SyncProgress, TenantStore,
};

/// Runs that one page looks through; a scheduled sync leaves a few a day.
pub(super) const RUNS_MAX: u32 = 200;

/// The kind of runs that read the PSA.
pub(super) const RUN_KIND: &str = "sync";

/// What the store knows of a connection's sync.
pub(super) struct Facts {
    /// Where Halo is.
    pub(super) halo_href: String,
    pub(super) progress: SyncProgress,
    pub(super) states: Vec<StreamState>,
    /// How many records the PSA said there are when the connection was tested.
    probed: Vec<(Stream, u64)>,
    /// Newest first.
    pub(super) runs: Vec<Run>,
    /// Calls of the last day.
    pub(super) calls: Vec<CallSpan>,
    /// The limit on them.
    pub(super) limit: Option<CallLimit>,
    /// The last comparison with the PSA.
    pub(super) compared: Option<Compared>,
    /// The newest receipt of each stream.
    pub(super) receipts: Vec<Receipt>,
    /// The newest receipts of the assets.
    pub(super) asset_receipts: Vec<Receipt>,
    /// Whether who asks may release a held stream.
    pub(super) may_release: bool,
    /// Whether there may be older runs than these.
    pub(super) has_more_runs: bool,
}

impl Facts {
    /// Everything that the page shows; runs before `before` only.
    pub(super) async fn read(
        store: &TenantStore,
        connection: &Connection,
        before: Option<RunId>,
        now_ms: i64,
    ) -> Result<Facts, StoreError> {
        let mut runs = store.run_list(before, RUNS_MAX).await?;
        let has_more_runs = runs.len() as u64 == u64::from(RUNS_MAX);
        runs.retain(|run| run.kind == RUN_KIND);
        let calls = store.psa_call_list(connection.id, calls::since(now_ms)).await?;
        let compared = store.run_list_of(COMPARED_KIND, connection.id, COMPARED_MAX).await?;
        let compared = Compared::newest(&compared);
        let receipts = store.receipt_latest(connection.id).await?;
        let of_assets = Some(Stream::Assets);
        let asset_receipts = store.receipt_list(connection.id, of_assets, BACK_MAX).await?;
        let live = Facts::live(store, connection, now_ms).await?;
        Ok(Facts { runs, calls, compared, receipts, asset_receipts, has_more_runs, ..live })
    }

    /// What is needed of a run that goes on.
    pub(super) async fn live(
        store: &TenantStore,
        connection: &Connection,
        now_ms: i64,
    ) -> Result<Facts, StoreError> {
        Ok(Facts {
            halo_href: connection.base_url.clone(),
            progress: store.sync_progress(connection.id, now_ms).await?,
            states: store.stream_state_list(connection.id).await?,
            probed: probed(store.probe_latest(connection.id).await?),
            runs: Vec::new(),
            calls: Vec::new(),
            limit: None,
            compared: None,
            receipts: Vec::new(),
            asset_receipts: Vec::new(),
            may_release: false,
            has_more_runs: false,
        })
    }

    /// How far a stream is.
    pub(super) fn stream(&self, stream: Stream) -> Option<&StreamProgress> {
        self.progress.streams.iter().find(|line| line.stream == stream)
    }

    /// What is known of a stream's rows.
    pub(super) fn state(&self, stream: Stream) -> Option<&StreamState> {
        self.states.iter().find(|state| state.stream == stream)
    }

    /// The newest receipt of a stream.
    fn receipt(&self, stream: Stream) -> Option<&Receipt> {
        self.receipts.iter().find(|receipt| receipt.stream == stream)
    }

    /// How many records of a stream the last whole read corrected; `None` of its first.
    pub(super) fn corrected(&self, stream: Stream) -> Option<u64> {
        let receipt = self.receipt(stream).filter(|receipt| receipt.kind == ReceiptKind::Scan)?;
        (!receipt.told.is_first).then_some(receipt.told.corrected)
    }

    /// How many records of a stream differed still after it was last read whole or compared.
    pub(super) fn differing(&self, stream: Stream) -> Option<u64> {
        self.receipt(stream).map(left)
    }

    /// How many records a stream has at the PSA, as well as can be told: as it claims while it is
    /// read, as it claimed when the connection was tested, as many as are here.
    pub(super) fn expected(&self, line: &StreamProgress) -> Option<u64> {
        let probed = self.probed.iter().find(|(stream, _)| *stream == line.stream);
        let before = Some(line.live).filter(|_| line.last_scan_at.is_some());
        // Of a stream that is read in parts, what is claimed is of the part.
        let known = [line.claimed, before, probed.map(|(_, count)| *count)];
        known.into_iter().flatten().max().map(|count| count.max(line.read))
    }

    /// How many records a stream had at the PSA when it was last read whole.
    pub(super) fn in_psa(&self, stream: Stream) -> Option<u64> {
        let line = self.stream(stream).filter(|line| line.is_done)?;
        let count = line.claimed.unwrap_or(line.read).max(line.read);
        // No scan that found nothing is believed where there are records.
        Some(count).filter(|count| *count > 0 || line.live == 0)
    }

    /// Whether nothing was ever read to its end.
    pub(super) fn is_first(&self) -> bool {
        self.states.iter().all(|state| state.last_scan_at.is_none())
    }
}

fn probed(probe: Option<Probe>) -> Vec<(Stream, u64)> {
    let Some(ProbeResult::Report(report)) = probe.and_then(|probe| probe.result) else {
        return Vec::new();
    };
    report.checks.iter().filter_map(|check| Some((check.stream, check.records?))).collect()
}
