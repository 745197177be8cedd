//! Which values that people locked Halo does not have, and what a plan made now would write.
//!
//! Only assets that are graded are looked at: what a person decided about one that is gone,
//! deactivated or of an ignored type writes nothing.

use std::collections::{HashMap, HashSet};

use almanac_fleet::{Fleet, FleetAsset};
use almanac_model::asset::RemoteAsset;
use almanac_model::chain::{Chains, Target};
use almanac_model::fact::Facts;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_model::write::{WriteFeature, propose};
use almanac_store::{NewWrite, ProjectionRow, StoreError, TenantStore};

/// A feature's locked values that Halo does not have.
pub(super) struct Differing {
    pub(super) feature: WriteFeature,
    /// What a plan of all of it would write: one for each asset, by client and name.
    pub(super) writes: Vec<NewWrite>,
    /// Values that Halo has no place for.
    pub(super) homeless: usize,
    /// Values that a plan writes already which waits for approval or is being carried out.
    pub(super) in_plans: usize,
}

impl Differing {
    /// How many values a plan would write.
    pub(super) fn values(&self) -> usize {
        self.writes.iter().map(|write| write.fields.len()).sum()
    }

    /// All features of a connection, in their order.
    pub(super) async fn read(
        store: &TenantStore,
        fleet: &Fleet,
        connection: ConnectionId,
        chains: &Chains,
    ) -> Result<Vec<Differing>, StoreError> {
        let is_whole = fleet.connection() == Some(connection);
        let locked = fleet.assets().iter().filter(|asset| is_whole && asset.is_locked());
        let locked: Vec<(RemoteId, &FleetAsset)> =
            locked.map(|asset| (RemoteId::new(asset.remote_id()), asset)).collect();
        let ids: Vec<RemoteId> = locked.iter().map(|(id, _)| id.clone()).collect();
        let rows = store.projection_load(connection, Stream::Assets, &ids).await?;
        let read = rows.into_iter().filter_map(|row| as_read(row).transpose());
        let read = read.collect::<Result<HashMap<_, _>, _>>()?;
        let open = store.outbox_open(connection).await?;
        let open: HashSet<(&RemoteId, Target)> = open
            .iter()
            .flat_map(|entry| entry.fields.iter().map(|field| (&entry.remote_id, field.target)))
            .collect();
        let of = |feature| {
            let mut all = Differing { feature, writes: Vec::new(), homeless: 0, in_plans: 0 };
            for (id, asset) in &locked {
                if let Some(read) = read.get(id) {
                    all.look_at((id, asset), read, chains, &open);
                }
            }
            all
        };
        Ok(WriteFeature::ALL.into_iter().map(of).collect())
    }

    fn look_at(
        &mut self,
        (id, asset): (&RemoteId, &FleetAsset),
        (record, facts): &Read,
        chains: &Chains,
        open: &HashSet<(&RemoteId, Target)>,
    ) {
        let Some(choice) = asset.choice() else { return };
        let mut proposal = propose(chains, self.feature, &choice.locks, facts, &record.values);
        self.homeless += proposal.homeless.len();
        let total = proposal.fields.len();
        proposal.fields.retain(|field| !open.contains(&(id, field.target)));
        self.in_plans += total - proposal.fields.len();
        if proposal.fields.is_empty() {
            return;
        }
        self.writes.push(NewWrite {
            stream: Stream::Assets,
            remote_id: id.clone(),
            label: asset.name().to_owned(),
            client: record.client.clone(),
            fields: proposal.fields,
        });
    }
}

/// An asset as it was read, and the facts of it.
type Read = (RemoteAsset, Facts);

/// An asset with what was read of it; `None` for one that Halo no longer has.
fn as_read(row: ProjectionRow) -> Result<Option<(RemoteId, Read)>, StoreError> {
    let Projection::Asset(asset) = row.projection else { return Ok(None) };
    if row.deleted_at.is_some() {
        return Ok(None);
    }
    let id = asset.remote_id.clone();
    let facts = row.facts.as_deref().map(serde_json::from_str).transpose();
    let facts: Option<Facts> = facts.map_err(|_| StoreError::Corrupt {
        table: "asset".to_owned(),
        column: "facts".to_owned(),
        id: id.to_string(),
    })?;
    Ok(Some((id, (asset, facts.unwrap_or_default()))))
}
