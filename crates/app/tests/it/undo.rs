//! What was written to Halo is taken back: every field that may be written gets its earlier value
//! again, and every field that somebody changed in Halo since is refused by its name.
//!
//! The list of fields is the model's own, so that a new one cannot be left out.

use std::collections::{BTreeMap, BTreeSet};

use almanac_model::asset::{RemoteAsset, RemoteField};
use almanac_model::author::Author;
use almanac_model::chain::{Target, resolve};
use almanac_model::fact::FactValue;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_model::write::{FieldWrite, WriteFeature, WriteState, held, home};
use almanac_psa_halo::default_chains;
use almanac_store::testing::{Engine, START_MS};
use almanac_store::{ApproveWrites, NewWrite, NewWritePlan, OutboxEntry, WriteMode};
use almanac_testkit::field_name;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kill_push::start_worker;
use crate::serve::ends_in_time;
use crate::world::{Almanac, Sim, on_both_engines, wait_until};

on_both_engines! {
    undo_restores_every_field_that_may_be_written
    undo_refuses_by_name_every_field_that_was_changed_in_halo_since
}

/// A tenant that wrote every field that may be written, each of an asset of its own.
struct Desk {
    // Goes before the simulator, which asks what was approved in it.
    almanac: Almanac,
    sim: Sim,
    /// What Halo had in each field before, by the asset's identifier.
    before: BTreeMap<String, Option<FactValue>>,
}

fn written(engine: Engine) -> Desk {
    let sim = Sim::start(&["--assets", "150", "--contacts", "20", "--tickets", "5"]);
    let almanac = Almanac::connected(engine, &sim);
    almanac.sync().ok();
    let writes = one_write_of_each(&assets(&almanac));
    let before = |write: &NewWrite| {
        (
            write.remote_id.to_string(),
            in_halo(&sim.asset(write.remote_id.as_str()), &write.fields[0]),
        )
    };
    let before = writes.iter().map(before).collect();
    let planned: BTreeSet<Target> = writes.iter().map(|write| write.fields[0].target).collect();
    let all: BTreeSet<Target> = Target::ALL.into_iter().collect();
    assert_eq!(planned, all, "each field has a place in Halo, and some asset has it");
    almanac.in_tenant(async |store, connection| {
        let by = Author::user("1", "Ann");
        for feature in WriteFeature::ALL {
            let (id, on) = (plan_id(feature), WriteMode::On);
            store.write_switch_set(connection, feature, on, &by, START_MS).await.unwrap();
            let own = |write: &&NewWrite| WriteFeature::of(write.fields[0].target) == feature;
            let writes: Vec<NewWrite> = writes.iter().filter(own).cloned().collect();
            let plan = NewWritePlan {
                id,
                connection,
                feature,
                undo_of: None,
                writes: &writes,
                by: &by,
                at_ms: START_MS,
            };
            store.write_plan_make(&plan).await.unwrap();
        }
    });
    let desk = Desk { almanac, sim, before };
    desk.approve(WriteFeature::ALL.map(plan_id));
    for entry in desk.entries(|plan| WriteFeature::ALL.map(plan_id).contains(&plan)) {
        assert_eq!(entry.state, WriteState::Applied, "{entry:?}");
        assert_eq!(desk.now(&entry), entry.fields[0].wanted, "{entry:?}");
    }
    desk
}

fn plan_id(feature: WriteFeature) -> Uuid {
    Uuid::from_u128(10 + u128::from(feature == WriteFeature::AssetFields))
}

fn undo_id(feature: WriteFeature) -> Uuid {
    Uuid::from_u128(20 + u128::from(feature == WriteFeature::AssetFields))
}

fn assets(almanac: &Almanac) -> Vec<RemoteAsset> {
    let rows = almanac.in_tenant(async |store, connection| {
        store.projection_page(connection, Stream::Assets, None, 10_000).await.unwrap()
    });
    let asset = |row: almanac_store::ProjectionRow| match row.projection {
        Projection::Asset(asset) => asset,
        other => panic!("{other:?}"),
    };
    rows.into_iter().map(asset).collect()
}

/// Of each target one write to an asset of its own; to one that has a value where there is any.
fn one_write_of_each(assets: &[RemoteAsset]) -> Vec<NewWrite> {
    let (chains, mut taken) = (default_chains(), BTreeSet::new());
    let mut writes = Vec::new();
    for target in Target::ALL {
        let places = assets.iter().filter(|asset| !taken.contains(&asset.remote_id));
        let places = places.filter_map(|asset| {
            let field = home(&chains, target, &resolve(&chains, &asset.values))?;
            let base = held(&chains, target, &field, &asset.values);
            Some((asset.remote_id.clone(), field, base))
        });
        let Some((remote_id, field, base)) = places.max_by_key(|(_, _, base)| base.is_some())
        else {
            continue;
        };
        taken.insert(remote_id.clone());
        let wanted = Some(other_value(target, "2033-02-01"));
        let label = target.name().to_owned();
        let fields = vec![FieldWrite { target, field, base, wanted, seen: None }];
        writes.push(NewWrite { stream: Stream::Assets, remote_id, label, client: None, fields });
    }
    writes
}

fn other_value(target: Target, day: &str) -> FactValue {
    match target.is_date() {
        true => FactValue::Date(day.parse().unwrap()),
        false => FactValue::Text(format!("written {day}")),
    }
}

impl Desk {
    /// Approves plans and waits until they are carried out.
    fn approve(&self, plans: [Uuid; 2]) {
        self.almanac.in_tenant(async |store, _| {
            for id in plans {
                let by = Author::user("1", "Ann");
                let approve = ApproveWrites { id, leave_out: &[], by: &by, at_ms: START_MS + 1 };
                store.write_plan_approve(&approve).await.unwrap().unwrap();
            }
        });
        let worker = start_worker(&self.almanac);
        wait_until("the plans are carried out", || {
            let all = self.almanac.approved().writes;
            !all.iter().any(|entry| entry.state.is_under_way())
        });
        ends_in_time(worker);
    }

    fn undo(&self) -> Vec<OutboxEntry> {
        self.almanac.in_tenant(async |store, _| {
            for feature in WriteFeature::ALL {
                let (of, id) = (plan_id(feature), undo_id(feature));
                let by = Author::user("1", "Ann");
                store.write_plan_undo(of, id, &by, START_MS + 2).await.unwrap().unwrap();
            }
        });
        self.approve(WriteFeature::ALL.map(undo_id));
        let undone = self.entries(|plan| WriteFeature::ALL.map(undo_id).contains(&plan));
        let targets: BTreeSet<Target> = undone.iter().map(|of| of.fields[0].target).collect();
        assert_eq!(targets.len(), Target::ALL.len(), "each is taken back");
        undone
    }

    fn entries(&self, is_of: impl Fn(Uuid) -> bool) -> Vec<OutboxEntry> {
        let all = self.almanac.approved().writes;
        all.into_iter().filter(|entry| is_of(entry.plan)).collect()
    }

    /// What Halo has in the entry's field now.
    fn now(&self, entry: &OutboxEntry) -> Option<FactValue> {
        in_halo(&self.sim.asset(entry.remote_id.as_str()), &entry.fields[0])
    }
}

/// A value in Halo's own row, read without the product's mapping.
fn in_halo(row: &Value, of: &FieldWrite) -> Option<FactValue> {
    let value = match &of.field {
        RemoteField::Standard(name) => row[name].clone(),
        RemoteField::Typed { field_id, .. } => {
            let fields = row["fields"].as_array().unwrap();
            let id: f64 = field_id.parse().unwrap();
            let own = fields.iter().find(|field| field["id"].as_f64() == Some(id));
            own.unwrap_or_else(|| panic!("no field {field_id}: {row}"))["value"].clone()
        }
        other => panic!("{other:?}"),
    };
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if value.is_null() || text.is_empty() || text.starts_with("1900-01-01") {
        return None;
    }
    let text = text.trim();
    match of.target.is_date() {
        true => text.get(..10).and_then(|day| day.parse().ok()).map(FactValue::Date),
        false => Some(FactValue::Text(text.to_owned())),
    }
}

fn undo_restores_every_field_that_may_be_written(engine: Engine) {
    let desk = written(engine);
    let undone = desk.undo();
    for entry in &undone {
        assert_eq!(entry.state, WriteState::Applied, "{entry:?}");
        let field = &entry.fields[0];
        let before = &desk.before[entry.remote_id.as_str()];
        assert_eq!(&desk.now(entry), before, "{}: {entry:?}", field_name(&field.field));
    }
    let restored = undone.iter().filter(|entry| entry.fields[0].wanted.is_some()).count();
    assert!(restored >= 8, "most had a value that came back: {restored}");
}

fn undo_refuses_by_name_every_field_that_was_changed_in_halo_since(engine: Engine) {
    let desk = written(engine);
    for entry in desk.entries(|_| true) {
        let field = &entry.fields[0];
        let id: i64 = entry.remote_id.as_str().parse().unwrap();
        let value = other_value(field.target, "2044-05-06").to_string();
        let (name, group) = match &field.field {
            RemoteField::Typed { field_id, .. } => (field_id, "fields"),
            RemoteField::Standard(name) => (name, "values"),
            other => panic!("{other:?}"),
        };
        let mut change = json!({"op": "update", "id": id});
        change[group] = json!({ name: value });
        desk.sim.control("POST", "/row/Asset", &change.to_string());
    }
    for entry in desk.undo() {
        let field = &entry.fields[0];
        assert_eq!(entry.state, WriteState::Conflict, "{entry:?}");
        let (code, words) = entry.problem.clone().unwrap();
        let name = match &field.field {
            RemoteField::Standard(name) | RemoteField::Typed { name, .. } => name,
            other => panic!("{other:?}"),
        };
        assert_eq!(code, "WRITE-020");
        assert!(words.contains(name.as_str()), "{name}: {words}");
        let theirs = other_value(field.target, "2044-05-06");
        assert_eq!(desk.now(&entry), Some(theirs), "theirs stays: {entry:?}");
    }
}
