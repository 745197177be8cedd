//! The end of a day: one whole read, after which nothing differs, and whose receipts list what did.
//!
//! What differed is worked out here from the bytes on both sides, without the engine.

use std::collections::BTreeMap;

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_store::{Receipt, ReceiptKind, RecordRow, RunCause, Store};
use almanac_sync::{Outcome, RUN_KIND, ReadMode, SyncJob, VerifyJob, run, verify, with_causes};
use serde_json::Value;

use crate::Broken;
use crate::side::{STREAMS, Side, parse};
use crate::snapshot::Snapshot;

use super::Day;
use super::link::Link;

/// More receipts than one reconcile leaves.
const RECEIPTS_MAX: u32 = 50;

/// Records that are not as the PSA has them, and what a receipt must say of each.
type Differing = BTreeMap<(Stream, RemoteId), String>;

impl Day<'_> {
    /// Reads everything once, and compares; how many records differed.
    pub(super) async fn reconcile(&self, store: &Store) -> Result<u64, Broken> {
        let differing = differing(&self.outside.side, &self.snapshot(store).await?);
        let found = self.verify(store).await?;
        if found != differing.len() as u64 {
            return Err(Broken(format!("verify finds {found} to differ, and it is {differing:?}")));
        }
        let status = run(&self.whole(store)).await.map_err(|error| Broken(with_causes(&error)))?;
        if status.outcome != Outcome::Done {
            return Err(Broken(format!("the reconcile did not end well: {status:?}")));
        }
        let left = self.verify(store).await?;
        if left > 0 {
            return Err(Broken(format!("after the reconcile {left} records differ")));
        }
        self.receipts_list(store, &status.run_id, &differing).await?;
        Ok(differing.len() as u64)
    }

    pub(super) async fn snapshot(&self, store: &Store) -> Result<Snapshot, Broken> {
        Snapshot::take(&store.tenant(self.tenant), self.connection, &[]).await
    }

    /// As `almanac sync run --full`.
    pub(super) fn whole(&self, store: &Store) -> SyncJob<Link, almanac_psa::fake::FakeMapper> {
        let options = self.options();
        SyncJob {
            store: store.tenant(self.tenant),
            tenant: "ash".to_owned(),
            connection: self.connection,
            connector: self.link().into(),
            mapper: almanac_psa::fake::FakeMapper.into(),
            chains: crate::world::chains().into(),
            kind: RUN_KIND,
            streams: STREAMS.to_vec(),
            mode: ReadMode::Whole,
            calls_max: None,
            parents_max: None,
            cause: RunCause::CommandLine,
            owner: options.owner,
            clock: options.clock,
            progress: std::sync::Arc::new(almanac_sync::Quiet),
            peak_memory: || 0,
        }
    }

    /// As `almanac sync verify`; how many records differ.
    async fn verify(&self, store: &Store) -> Result<u64, Broken> {
        let job = VerifyJob {
            store: store.tenant(self.tenant),
            connection: self.connection,
            connector: self.link().into(),
            streams: STREAMS.to_vec(),
            cause: RunCause::CommandLine,
            clock: self.options().clock,
        };
        let streams = verify(&job).await.map_err(|error| Broken(with_causes(&error)))?;
        if let Some(moving) = streams.iter().find(|stream| !stream.is_complete) {
            return Err(Broken(format!("nothing moves, and it is not proven: {moving:?}")));
        }
        Ok(streams.iter().map(|of| of.differ + of.missing + of.extra).sum())
    }

    async fn receipts_list(
        &self,
        store: &Store,
        run: &str,
        differing: &Differing,
    ) -> Result<(), Broken> {
        let store = store.tenant(self.tenant);
        let receipts = store.receipt_list(self.connection, None, RECEIPTS_MAX).await;
        let mut receipts: Vec<Receipt> = receipts.map_err(Broken::of)?;
        receipts.retain(|of| of.kind == ReceiptKind::Scan && of.told.run.as_deref() == Some(run));
        let mut told = Differing::new();
        for Receipt { stream, told: of, is_genuine, .. } in &receipts {
            let own = differing.iter().filter(|((at, _), _)| at == stream);
            let fields = counted(own.clone().map(|(_, what)| what.as_str()));
            let count = own.count() as u64;
            let rows = self.outside.side.rows(*stream).len() as u64;
            let is_right = *is_genuine
                && (of.corrected, of.differed) == (count, count)
                && (of.theirs, of.ours) == (rows, rows)
                && of.fields == fields;
            if !is_right {
                return Err(Broken(format!(
                    "the receipt of {stream} is {of:?}; {count} differed, in {fields:?}"
                )));
            }
            let named = of.records.iter();
            told.extend(named.map(|of| ((*stream, of.remote_id.clone()), of.what.clone())));
        }
        let streams: Vec<Stream> = receipts.iter().map(|receipt| receipt.stream).collect();
        if let Some(silent) = STREAMS.iter().find(|stream| !streams.contains(*stream)) {
            return Err(Broken(format!("{silent} were read whole without a receipt")));
        }
        if told != *differing {
            return Err(Broken(format!("receipts list {told:?}; it was {differing:?}")));
        }
        let verdicts = store.receipt_check(self.connection).await.map_err(Broken::of)?;
        match verdicts.iter().find(|verdict| verdict.broken_at.is_some()) {
            Some(broken) => Err(Broken(format!("receipts do not hold: {broken:?}"))),
            None => Ok(()),
        }
    }
}

/// In how many records each field differs.
fn counted<'a>(whats: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let mut fields = BTreeMap::new();
    let is_field = |what: &&str| !["added", "removed", UNUSED].contains(what);
    for field in whats.filter(is_field).flat_map(|what| what.split(", ")) {
        *fields.entry(field.to_owned()).or_default() += 1;
    }
    fields
}

/// What a receipt says of a record whose bytes differ where Almanac does not look.
const UNUSED: &str = "only fields not used";

fn differing(side: &Side, kept: &Snapshot) -> Differing {
    let mut differing = Differing::new();
    for stream in STREAMS {
        let theirs = side.rows(stream);
        for (id, body) in &theirs {
            let key = (stream, id.clone());
            let what = match kept.records.get(&key) {
                None => "added".to_owned(),
                Some(RecordRow { deleted_at: None, body: ours, .. }) if ours == body => continue,
                Some(row) => fields(stream, &parse(&row.body), &parse(body)),
            };
            differing.insert(key, what);
        }
        let gone = kept.live().filter(|((of, id), _)| *of == stream && !theirs.contains_key(id));
        differing.extend(gone.map(|(key, _)| (key.clone(), "removed".to_owned())));
    }
    differing
}

/// The fields that differ, by the names that the projection has for the fake's.
fn fields(stream: Stream, ours: &Value, theirs: &Value) -> String {
    let (name, inactive) = match stream {
        Stream::Assets => ("tag", "is_inactive"),
        Stream::Tickets => ("title", "is_closed"),
        Stream::TicketActions => ("outcome", ""),
        _ => ("name", "is_inactive"),
    };
    let differs = |at: &str| ours.pointer(at) != theirs.pointer(at);
    let known = [
        ("/name", name),
        ("/inactive", inactive),
        ("/updated_at", "remote_updated_at"),
        ("/values/bought", "bought"),
        ("/values/serial", "serial"),
    ];
    let mut fields: Vec<&str> =
        known.iter().filter(|(at, _)| differs(at)).map(|(_, field)| *field).collect();
    fields.sort_unstable();
    if fields.is_empty() { UNUSED.to_owned() } else { fields.join(", ") }
}
