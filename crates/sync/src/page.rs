//! From the rows of a page to what the store must write.
//!
//! A row whose bytes are as before costs no write and is not even parsed. A row that cannot be
//! mapped is kept raw with its problem; the stream goes on.

use std::collections::HashMap;

use almanac_model::fact::Facts;
use almanac_model::fact_change::TargetChange;
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::resolver::Resolver;
use almanac_model::stream::Stream;
use almanac_psa::{Mapper, RawRow};
use almanac_store::{ProjectionRow, RecordHead, RecordWrite, TenantStore, WithheldRow};
use sha2::{Digest, Sha256};

use almanac_model::id::ConnectionId;

use crate::correction::Corrections;
use crate::difference::{Difference, difference};
use crate::error::SyncError;
use crate::losses;

/// What a page needs.
pub(crate) struct PageContext<'a, M> {
    pub(crate) store: &'a TenantStore,
    pub(crate) connection: ConnectionId,
    pub(crate) stream: Stream,
    pub(crate) mapper: &'a M,
    pub(crate) resolver: &'a Resolver,
}

/// What a page amounts to.
#[derive(Debug, Default)]
pub(crate) struct PreparedPage {
    /// Rows that are new or differ.
    pub(crate) writes: Vec<RecordWrite>,
    /// Rows that are not understood, written or not.
    pub(crate) bad: u64,
    /// Rows that were not known.
    pub(crate) added: u64,
    /// Rows that differ, or were gone and are back.
    pub(crate) changed: u64,
    /// What each row that differs would take away from a live record, where it takes anything.
    pub(crate) lost: HashMap<RemoteId, Vec<String>>,
    /// What differs, for the receipt.
    pub(crate) corrections: Corrections,
}

/// A row that would take values away, kept aside until it is judged how many there are.
#[derive(Debug)]
pub(crate) struct Withheld {
    pub(crate) write: RecordWrite,
    pub(crate) lost: Vec<String>,
}

impl Withheld {
    /// As it is kept until the scan's end.
    pub(crate) fn into_stored(self, pass: u32) -> WithheldRow {
        let lost = losses::to_json(&self.lost);
        let RecordWrite { remote_id, body, .. } = self.write;
        WithheldRow { remote_id, pass, lost, body }
    }
}

impl PreparedPage {
    /// Takes out the rows that would take values away; they no longer count as changed.
    pub(crate) fn withhold(&mut self) -> Vec<Withheld> {
        if self.lost.is_empty() {
            return Vec::new();
        }
        let (kept_aside, writes) = std::mem::take(&mut self.writes)
            .into_iter()
            .partition::<Vec<_>, _>(|write| self.lost.contains_key(&write.remote_id));
        self.writes = writes;
        self.changed -= kept_aside.len() as u64;
        let with_loss = kept_aside.into_iter().map(|write| {
            self.corrections.forget(&write.remote_id);
            Withheld { lost: self.lost.remove(&write.remote_id).unwrap_or_default(), write }
        });
        with_loss.collect()
    }
}

/// Compares rows with what is stored and maps those that differ.
pub(crate) async fn prepare<M: Mapper>(
    context: &PageContext<'_, M>,
    rows: Vec<RawRow>,
) -> Result<PreparedPage, SyncError> {
    let ids: Vec<RemoteId> = rows.iter().map(|row| row.remote_id.clone()).collect();
    let heads = context.store.record_heads(context.connection, context.stream, &ids).await?;
    let mut prepared = PreparedPage::default();
    let mut differing = Vec::new();
    for row in rows {
        let sha256: [u8; 32] = Sha256::digest(&row.body).into();
        match heads.get(&row.remote_id) {
            Some(head) if head.sha256 == sha256 && !head.is_deleted => {
                prepared.bad += u64::from(head.has_problem);
            }
            head => {
                prepared.added += u64::from(head.is_none());
                prepared.changed += u64::from(head.is_some());
                differing.push((row, sha256));
            }
        }
    }
    let before = load_before(context, &differing, &heads).await?;
    for (row, sha256) in differing {
        let known = heads.get(&row.remote_id).copied();
        let write = RecordWrite { known, ..map_row(context, row, sha256, &before) };
        prepared.bad += u64::from(write.problem.is_some());
        note_difference(&write, before.get(&write.remote_id), &mut prepared);
        prepared.writes.push(write);
    }
    Ok(prepared)
}

/// Notes what a row changes and takes away. A record that was gone has nothing to lose.
fn note_difference(
    write: &RecordWrite,
    before: Option<&ProjectionRow>,
    prepared: &mut PreparedPage,
) {
    let id = &write.remote_id;
    let (after, before) = match (&write.projection, before) {
        _ if write.known.is_none() => return prepared.corrections.note_added(id),
        (Some(after), Some(before)) => (after, before),
        _ => return prepared.corrections.note(id, &[]),
    };
    let Difference { fields, lost } = difference(&before.projection, after);
    prepared.corrections.note(id, &fields);
    if !lost.is_empty() && before.deleted_at.is_none() {
        prepared.lost.insert(id.clone(), lost);
    }
}

/// Earlier projections of rows that differ, so that absent keys keep their value, with the facts
/// that were worked out from them.
async fn load_before<M>(
    context: &PageContext<'_, M>,
    differing: &[(RawRow, [u8; 32])],
    heads: &HashMap<RemoteId, RecordHead>,
) -> Result<HashMap<RemoteId, ProjectionRow>, SyncError> {
    let known: Vec<RemoteId> = differing
        .iter()
        .map(|(row, _)| &row.remote_id)
        .filter(|id| heads.contains_key(*id))
        .cloned()
        .collect();
    if known.is_empty() {
        return Ok(HashMap::new());
    }
    let loaded = context.store.projection_load(context.connection, context.stream, &known).await?;
    Ok(loaded.into_iter().map(|row| (row.projection.remote_id().clone(), row)).collect())
}

fn map_row<M: Mapper>(
    context: &PageContext<'_, M>,
    row: RawRow,
    sha256: [u8; 32],
    before: &HashMap<RemoteId, ProjectionRow>,
) -> RecordWrite {
    let mapped = match row.problem {
        Some(problem) => Mapped { problem: Some(problem), ..Mapped::default() },
        None => map_body(context, &row.remote_id, &row.body, before.get(&row.remote_id)),
    };
    RecordWrite {
        remote_id: row.remote_id,
        body: row.body,
        sha256,
        problem: mapped.problem,
        projection: mapped.projection,
        facts: mapped.facts,
        changes: mapped.changes,
        known: None,
    }
}

/// What a record's bytes amount to.
#[derive(Default)]
pub(crate) struct Mapped {
    /// Why they were not understood; then there is nothing else.
    pub(crate) problem: Option<String>,
    /// Their mapped form.
    pub(crate) projection: Option<Projection>,
    /// What was worked out from it, as it is stored.
    pub(crate) facts: Option<String>,
    /// The facts that differ from those of the projection before.
    pub(crate) changes: Vec<TargetChange>,
}

/// Maps a record's bytes, whether they were just received or are stored. What they map to must have
/// the record's own identifier: two records must never map to one.
pub(crate) fn map_body<M: Mapper>(
    context: &PageContext<'_, M>,
    remote_id: &RemoteId,
    body: &[u8],
    before: Option<&ProjectionRow>,
) -> Mapped {
    let refused = |problem| Mapped { problem: Some(problem), ..Mapped::default() };
    let projection = before.map(|row| &row.projection);
    let projection = match context.mapper.project(context.stream, body, projection) {
        Ok(mapped) if mapped.remote_id() == remote_id => mapped,
        Ok(mapped) => {
            let other = mapped.remote_id();
            return refused(format!("id: the row says both {remote_id} and {other}"));
        }
        Err(bad) => return refused(bad.to_string()),
    };
    let facts = facts_of(&projection, context.resolver);
    let changes = match (&facts, before) {
        (Some(facts), Some(before)) => facts.changes_since(&stored_facts(before)),
        _ => Vec::new(),
    };
    let facts = facts.as_ref().map(to_json);
    Mapped { problem: None, projection: Some(projection), facts, changes }
}

/// What the chains make of an asset's values.
pub(crate) fn facts_of(projection: &Projection, resolver: &Resolver) -> Option<Facts> {
    match projection {
        Projection::Asset(asset) => Some(resolver.resolve(&asset.values)),
        _ => None,
    }
}

/// Facts as they are stored.
pub(crate) fn to_json(facts: &Facts) -> String {
    serde_json::to_string(facts).expect("facts are plain data")
}

/// The facts of a stored asset. Ones that are not readable are taken as none: they are about to be
/// written anew, and a history with a gap is better than a sync that stops.
fn stored_facts(row: &ProjectionRow) -> Facts {
    row.facts.as_deref().and_then(|facts| serde_json::from_str(facts).ok()).unwrap_or_default()
}
