//! What is kept of one tenant, to be compared with itself later and with what the PSA has.

use std::collections::BTreeMap;

use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;
use almanac_store::{OutboxEntry, RecordRow, StreamState, TenantStore};
use uuid::Uuid;

use crate::Broken;
use crate::side::STREAMS;

/// More records than any world has.
const RECORDS_MAX: u32 = 10_000;

/// Records, how far each stream was read, and every write.
#[derive(Debug, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) records: BTreeMap<(Stream, RemoteId), RecordRow>,
    states: Vec<StreamState>,
    pub(crate) entries: Vec<(bool, OutboxEntry)>,
}

impl Snapshot {
    /// Tombstones included; writes with whether their plan was approved.
    pub(crate) async fn take(
        store: &TenantStore,
        connection: ConnectionId,
        plans: &[Uuid],
    ) -> Result<Snapshot, Broken> {
        let mut records = BTreeMap::new();
        for stream in STREAMS {
            let rows = store.record_page(connection, stream, None, RECORDS_MAX, true).await;
            let rows = rows.map_err(Broken::of)?;
            records.extend(rows.into_iter().map(|row| ((stream, row.remote_id.clone()), row)));
        }
        let mut entries = Vec::new();
        for plan in plans {
            let found = store.write_plan_by_id(connection, *plan).await.map_err(Broken::of)?;
            let (plan, writes) = found.ok_or_else(|| Broken::new("a plan was lost"))?;
            entries.extend(writes.into_iter().map(|entry| (plan.approved.is_some(), entry)));
        }
        let states = store.stream_state_list(connection).await.map_err(Broken::of)?;
        Ok(Snapshot { records, states, entries })
    }

    /// Which records the PSA is thought to have.
    pub(crate) fn live(&self) -> impl Iterator<Item = (&(Stream, RemoteId), &RecordRow)> {
        self.records.iter().filter(|(_, row)| row.deleted_at.is_none())
    }

    /// Whether a scan of the stream was begun and not finished.
    pub(crate) fn is_open(&self, stream: Stream) -> bool {
        self.states.iter().any(|state| state.stream == stream && state.scan.is_some())
    }

    /// Errs with what a program changed that another had taken over from.
    pub(crate) fn is_as(&self, later: &Snapshot) -> Result<(), Broken> {
        if self == later {
            return Ok(());
        }
        let record = self.records.iter().find(|(id, row)| later.records.get(*id) != Some(*row));
        let state = self.states.iter().zip(&later.states).find(|(one, other)| one != other);
        let entry = self.entries.iter().zip(&later.entries).find(|(one, other)| one != other);
        Err(Broken(format!(
            "a program that had lost its lease went on writing: {record:?} {state:?} {entry:?}"
        )))
    }
}
