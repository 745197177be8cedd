//! What people of a tenant do in Almanac: locks, plans, approvals, second thoughts.

use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::choice::AssetEdit;
use almanac_model::fact::{FactValue, Facts};
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_model::write::{WriteFeature, propose};
use almanac_store::{ApproveWrites, ChangeAsset, NewWrite, NewWritePlan, TenantStore, WriteMode};
use uuid::Uuid;

use crate::Broken;
use crate::side::day;
use crate::world::{World, chains};

/// Everything that is written is of one feature.
const FEATURE: WriteFeature = WriteFeature::AssetFields;

/// Who acts.
fn ann() -> Author {
    Author::user("1", "Ann")
}

impl World {
    /// How the tenant's writes are carried out.
    pub(crate) fn switch(&mut self, at: usize, mode: WriteMode) -> Result<(), Broken> {
        let (tenant, connection, now_ms) = self.place(at);
        self.look(async |store| {
            let store = store.tenant(tenant);
            let switched = store.write_switch_set(connection, FEATURE, mode, &ann(), now_ms).await;
            switched.map_err(Broken::of)
        })
    }

    /// A person sets a value over the PSA's, or takes that back.
    pub(crate) fn lock_or_unlock(&mut self, at: usize) -> Result<(), Broken> {
        let assets: Vec<RemoteId> =
            self.tenants[at].side.rows(Stream::Assets).into_keys().collect();
        let Some(remote_id) = self.dice.pick(&assets) else { return Ok(()) };
        let target = if self.dice.one_in(3) { Target::SerialNumber } else { Target::PurchaseDate };
        let is_unlock = self.dice.one_in(5);
        self.values += 1;
        let text = match target {
            Target::PurchaseDate => day(2_100, self.values),
            _ => format!("{} lock {}", self.tenants[at].side.mark, self.values),
        };
        let value = FactValue::of_person(target, &text).map_err(Broken::of)?;
        let edit = if is_unlock {
            AssetEdit::Unlock { target }
        } else {
            AssetEdit::Lock { target, value: value.clone(), reason: String::new() }
        };
        let (tenant, connection, now_ms) = self.place(at);
        let done = self.look(async |store| {
            let store = store.tenant(tenant);
            let known = store.asset_choice(connection, &remote_id).await.map_err(Broken::of)?;
            let change = ChangeAsset {
                connection,
                remote_id: &remote_id,
                expected_version: known.map_or(0, |row| row.choice.version),
                edit: &edit,
                by: &ann(),
                at_ms: now_ms,
            };
            store.asset_choice_change(&change).await.map_err(Broken::of)
        })?;
        // Refused for an asset that was never read, or is gone.
        if done.is_ok() && is_unlock {
            self.tenants[at].locks.remove(&(remote_id, target));
        } else if done.is_ok() {
            self.tenants[at].locks.insert((remote_id, target), value);
        }
        Ok(())
    }

    /// A person plans to write what is locked; perhaps it is approved at once, in part or whole.
    pub(crate) fn plan(&mut self, at: usize) -> Result<(), Broken> {
        let mut assets: Vec<RemoteId> =
            self.tenants[at].locks.keys().map(|(id, _)| id.clone()).collect();
        assets.dedup();
        assets.retain(|_| !self.dice.one_in(3));
        let id = Uuid::from_u128(self.dice.id());
        let (tenant, connection, at_ms) = self.place(at);
        let is_made = self.look(async |store| {
            let store = store.tenant(tenant);
            let open = store.outbox_open(connection).await.map_err(Broken::of)?;
            let mut writes = Vec::new();
            for asset in &assets {
                if open.iter().all(|entry| entry.remote_id != *asset) {
                    writes.extend(proposed(&store, connection, asset).await?);
                }
            }
            if writes.is_empty() {
                return Ok(false);
            }
            let plan = NewWritePlan {
                id,
                connection,
                feature: FEATURE,
                undo_of: None,
                writes: &writes,
                by: &ann(),
                at_ms,
            };
            store.write_plan_make(&plan).await.map_err(Broken::of)?;
            Ok(true)
        })?;
        if is_made {
            self.tenants[at].plans.push(id);
        }
        Ok(())
    }

    /// A person approves a plan but for some writes of it. Whatever stands in the way is said by
    /// the store.
    pub(crate) fn approve(&mut self, at: usize) -> Result<(), Broken> {
        let plans = &self.tenants[at].plans;
        // Most often the newest.
        let newest = plans.last().copied().filter(|_| !self.dice.one_in(4));
        let Some(id) = newest.or_else(|| self.dice.pick(plans)) else { return Ok(()) };
        let leave_out: Vec<i64> = (0..4).filter(|_| self.dice.one_in(5)).collect();
        self.approve_plan(at, id, &leave_out)
    }

    pub(crate) fn approve_plan(
        &mut self,
        at: usize,
        id: Uuid,
        leave_out: &[i64],
    ) -> Result<(), Broken> {
        let (tenant, _, at_ms) = self.place(at);
        self.look(async |store| {
            let approve = ApproveWrites { id, leave_out, by: &ann(), at_ms };
            let approved = store.tenant(tenant).write_plan_approve(&approve).await;
            approved.map(drop).map_err(Broken::of)
        })
    }

    /// A person gives up what of a plan was not sent.
    pub(crate) fn give_up(&mut self, at: usize) -> Result<(), Broken> {
        let Some(id) = self.dice.pick(&self.tenants[at].plans) else { return Ok(()) };
        let (tenant, _, at_ms) = self.place(at);
        self.look(async |store| {
            let given_up = store.tenant(tenant).write_plan_discard(id, &ann(), at_ms).await;
            given_up.map(drop).map_err(Broken::of)
        })
    }

    /// A person takes a plan back; the plan that does it, where there is anything to take back.
    pub(crate) fn undo(&mut self, at: usize, of: Uuid) -> Result<Option<Uuid>, Broken> {
        let id = Uuid::from_u128(self.dice.id());
        let (tenant, _, at_ms) = self.place(at);
        let made = self.look(async |store| {
            let store = store.tenant(tenant);
            store.write_plan_undo(of, id, &ann(), at_ms).await.map_err(Broken::of)
        })?;
        if made.is_err() {
            return Ok(None);
        }
        self.tenants[at].plans.push(id);
        self.approve_plan(at, id, &[])?;
        Ok(Some(id))
    }

    fn place(
        &self,
        at: usize,
    ) -> (almanac_model::id::TenantId, almanac_model::id::ConnectionId, i64) {
        let tenant = &self.tenants[at];
        (tenant.id, tenant.connection, self.time.now_ms())
    }
}

/// What could be written of an asset, as the page that shows a plan finds it.
async fn proposed(
    store: &TenantStore,
    connection: almanac_model::id::ConnectionId,
    asset: &RemoteId,
) -> Result<Option<NewWrite>, Broken> {
    let ids = [asset.clone()];
    let rows = store.projection_load(connection, Stream::Assets, &ids).await.map_err(Broken::of)?;
    let Some(row) = rows.into_iter().find(|row| row.deleted_at.is_none()) else { return Ok(None) };
    let choice = store.asset_choice(connection, asset).await.map_err(Broken::of)?;
    let (Projection::Asset(mapped), Some(choice)) = (&row.projection, choice) else {
        return Ok(None);
    };
    let facts: Facts = serde_json::from_str(row.facts.as_deref().unwrap_or("{}"))
        .map_err(|error| Broken(format!("facts of {asset}: {error}")))?;
    let proposal = propose(&chains(), FEATURE, &choice.choice.locks, &facts, &mapped.values);
    Ok((!proposal.fields.is_empty()).then(|| NewWrite {
        stream: Stream::Assets,
        remote_id: asset.clone(),
        label: asset.to_string(),
        client: None,
        fields: proposal.fields,
    }))
}
