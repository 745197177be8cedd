//! Proving that what is stored is what the PSA has: reads everything, compares, changes nothing.
//!
//! What was found is kept as a run of its own kind, so that pages can tell it.
//! Records are compared by their bytes. For one that differs, the names of the properties that
//! differ are told, so that a difference can be looked at without reading two bodies.

use std::sync::Arc;

use almanac_model::code::Code;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;
use almanac_psa::walk::{Step, Verdict, Walk};
use almanac_psa::{Connector, PageRequest, PsaError, RawRow, SeenSet};
use almanac_store::{
    Corrected, NewReceipt, NewRun, ReceiptKind, ReceiptTold, RunCause, RunFinish, RunId,
    TenantStore,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::calls::CallMeter;
use crate::clock::Clock;
use crate::error::SyncError;

/// Differences told by name; the rest is counted.
const EXAMPLES_MAX: usize = 20;

/// Live identifiers read at a time.
const LIVE_BATCH: u32 = 5_000;

/// What a verification needs.
pub struct VerifyJob<C> {
    /// The tenant's data.
    pub store: TenantStore,
    /// The connection that is read.
    pub connection: ConnectionId,
    /// The PSA.
    pub connector: Arc<C>,
    /// What to read.
    pub streams: Vec<Stream>,
    /// Why it runs.
    pub cause: RunCause,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The kind under which verifications are stored among the runs.
pub const VERIFY_KIND: &str = "verify";

/// What a verification found; the status of its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// One entry for each stream, in the order read.
    pub streams: Vec<StreamVerification>,
}

/// What a verification found in one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamVerification {
    /// The stream's public name.
    pub stream: String,
    /// Records that the PSA has.
    pub read: u64,
    /// Records whose every byte is the same.
    pub same: u64,
    /// Records that differ.
    pub differ: u64,
    /// Records that the PSA has and we have not.
    pub missing: u64,
    /// Records that we have as live and the PSA has not.
    pub extra: u64,
    /// Whether the list held still, so that the counts are proof.
    pub is_complete: bool,
    /// Some of the differences, by remote id and property.
    pub examples: Vec<Difference>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The record.
    pub remote_id: RemoteId,
    /// `missing`, `extra`, or the properties that differ.
    pub what: String,
}

impl StreamVerification {
    /// Whether the stream is proven to be the same.
    pub fn is_proven(&self) -> bool {
        self.is_complete && self.differ == 0 && self.missing == 0 && self.extra == 0
    }

    /// What its receipt tells.
    fn receipt(&self, run: RunId) -> ReceiptTold {
        let named = |one: &Difference| Corrected {
            remote_id: one.remote_id.clone(),
            what: one.what.clone(),
        };
        ReceiptTold {
            run: Some(run.to_string()),
            theirs: self.read,
            compared: self.same + self.differ,
            differed: self.differ + self.missing + self.extra,
            records: self.examples.iter().map(named).collect(),
            held: (!self.is_complete).then(|| Code::SYNC_INCOMPLETE.to_string()),
            ..ReceiptTold::default()
        }
    }

    fn note(&mut self, remote_id: &RemoteId, what: String) {
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(Difference { remote_id: remote_id.clone(), what });
        }
    }
}

/// Reads everything, compares, and keeps what was found: of the records nothing is changed.
///
/// # Errors
/// When the PSA or the database fails; that the two differ is a result.
pub async fn verify<C: Connector + 'static>(
    job: &VerifyJob<C>,
) -> Result<Vec<StreamVerification>, SyncError> {
    let connection = Some(job.connection);
    let at_ms = job.clock.now_ms();
    let new = NewRun { kind: VERIFY_KIND, cause: &job.cause, connection, at_ms };
    let run = job.store.run_start(new).await?;
    let meter = CallMeter::start(
        job.store.clone(),
        job.connection,
        Arc::clone(&job.connector),
        Arc::clone(&job.clock),
    );
    let result = verify_streams(job).await;
    meter.finish().await;
    let (outcome, streams) = match &result {
        Ok(streams) if streams.iter().all(StreamVerification::is_proven) => {
            ("done", streams.clone())
        }
        Ok(streams) => ("partial", streams.clone()),
        Err(_) => ("failed", Vec::new()),
    };
    let status = serde_json::to_string(&Verification { streams }).expect("counts are plain data");
    let at_ms = job.clock.now_ms();
    let finished = job.store.run_finish(run, RunFinish { outcome, status: &status, at_ms }).await;
    let streams = result?;
    finished?;
    for (stream, found) in job.streams.iter().zip(&streams) {
        let receipt = NewReceipt { kind: ReceiptKind::Verify, told: found.receipt(run) };
        job.store.receipt_add(job.connection, *stream, &receipt, at_ms).await?;
    }
    Ok(streams)
}

async fn verify_streams<C: Connector>(
    job: &VerifyJob<C>,
) -> Result<Vec<StreamVerification>, SyncError> {
    let mut results = Vec::new();
    for &stream in &job.streams {
        results.push(verify_stream(job, stream).await?);
    }
    Ok(results)
}

async fn verify_stream<C: Connector>(
    job: &VerifyJob<C>,
    stream: Stream,
) -> Result<StreamVerification, SyncError> {
    if let Some(parents) = job.connector.capabilities(stream).parent {
        return verify_children(job, stream, parents).await;
    }
    let mut walk = Walk::new(job.connector.parts(stream).await?);
    let mut before: Option<SeenSet> = None;
    loop {
        let mut seen = SeenSet::default();
        let mut result = empty(stream);
        while let Step::Page { part, page_no, whole_count } = walk.step() {
            let request = PageRequest { stream, part, page_no, whole_count };
            let page = job.connector.list_page(&request).await?;
            let fresh = walk.accept(&page, &mut seen);
            let rows = fresh.into_iter().map(|at| &page.rows[at]).collect::<Vec<_>>();
            compare(job, stream, &rows, &mut result).await?;
        }
        match walk.judge(&seen, before.as_ref()) {
            Verdict::Again => before = Some(seen),
            verdict => {
                result.is_complete = verdict != Verdict::Incomplete;
                result.read = seen.len();
                find_extra(job, stream, &seen, &mut result).await?;
                return Ok(result);
            }
        }
    }
}

/// Asks every parent that we have for its children. One that does not name all of them proves
/// nothing, and one that is gone has none.
async fn verify_children<C: Connector>(
    job: &VerifyJob<C>,
    stream: Stream,
    parents: Stream,
) -> Result<StreamVerification, SyncError> {
    let mut result = StreamVerification { is_complete: true, ..empty(stream) };
    let mut seen = SeenSet::default();
    let mut after = None;
    loop {
        let ids = job.store.live_ids(job.connection, parents, after.as_ref(), LIVE_BATCH).await?;
        let Some(last) = ids.last() else { break };
        after = Some(last.clone());
        for parent in &ids {
            let part = job.connector.child_part(stream, parent);
            let request = PageRequest { stream, part, page_no: 1, whole_count: None };
            let page = match job.connector.list_page(&request).await {
                Err(PsaError::NoSuchPath { .. }) => continue,
                page => page?,
            };
            let received = page.rows.len() as u64;
            result.is_complete &= page.claimed_total.is_none_or(|total| total <= received);
            let fresh = page.rows.iter().filter(|row| seen.insert(&row.remote_id));
            compare(job, stream, &fresh.collect::<Vec<_>>(), &mut result).await?;
        }
    }
    result.read = seen.len();
    find_extra(job, stream, &seen, &mut result).await?;
    Ok(result)
}

async fn compare<C>(
    job: &VerifyJob<C>,
    stream: Stream,
    rows: &[&RawRow],
    result: &mut StreamVerification,
) -> Result<(), SyncError> {
    let ids: Vec<RemoteId> = rows.iter().map(|row| row.remote_id.clone()).collect();
    let heads = job.store.record_heads(job.connection, stream, &ids).await?;
    for row in rows {
        let sha256: [u8; 32] = Sha256::digest(&row.body).into();
        match heads.get(&row.remote_id).filter(|head| !head.is_deleted) {
            Some(head) if head.sha256 == sha256 => result.same += 1,
            Some(_) => {
                result.differ += 1;
                let stored = job.store.record_body(job.connection, stream, &row.remote_id).await?;
                let what = differing_properties(&stored.unwrap_or_default(), &row.body);
                result.note(&row.remote_id, what);
            }
            None => {
                result.missing += 1;
                result.note(&row.remote_id, "missing".to_owned());
            }
        }
    }
    Ok(())
}

async fn find_extra<C>(
    job: &VerifyJob<C>,
    stream: Stream,
    seen: &SeenSet,
    result: &mut StreamVerification,
) -> Result<(), SyncError> {
    let mut after = None;
    loop {
        let ids = job.store.live_ids(job.connection, stream, after.as_ref(), LIVE_BATCH).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = Some(last.clone());
        for id in ids.iter().filter(|id| !seen.contains(id)) {
            result.extra += 1;
            result.note(id, "extra".to_owned());
        }
    }
}

/// The names of the properties in which two rows differ.
fn differing_properties(ours: &[u8], theirs: &[u8]) -> String {
    type Row = serde_json::Map<String, serde_json::Value>;
    let parsed = (serde_json::from_slice::<Row>(ours), serde_json::from_slice::<Row>(theirs));
    let (Ok(ours), Ok(theirs)) = parsed else { return "the whole row".to_owned() };
    let mut names: Vec<&str> = ours
        .keys()
        .chain(theirs.keys())
        .filter(|name| ours.get(*name) != theirs.get(*name))
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { "only its form".to_owned() } else { names.join(", ") }
}

fn empty(stream: Stream) -> StreamVerification {
    StreamVerification {
        stream: stream.name().to_owned(),
        read: 0,
        same: 0,
        differ: 0,
        missing: 0,
        extra: 0,
        is_complete: false,
        examples: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_by_property() {
        let check = |ours: &str, theirs: &str, want: &str| {
            assert_eq!(differing_properties(ours.as_bytes(), theirs.as_bytes()), want);
        };
        check(r#"{"a":1,"b":2}"#, r#"{"a":1,"b":3,"c":4}"#, "b, c");
        check(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, "only its form");
        check("", r#"{"a":1}"#, "the whole row");
    }
}
