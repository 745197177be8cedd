//! The process is killed while it writes to Halo: each approved value arrives, and arrives once.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::time::Duration;

use almanac_model::asset::RemoteField;
use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::fact::FactValue;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_model::write::{FieldWrite, WriteFeature, WriteState, held};
use almanac_psa_halo::default_chains;
use almanac_store::testing::{Engine, START_MS};
use almanac_store::{ApproveWrites, NewWrite, NewWritePlan, WriteMode};
use serde_json::Value;
use uuid::Uuid;

use crate::kill::{Dice, kill, points};
use crate::serve::ends_in_time;
use crate::world::{Almanac, Sim, on_both_engines, pause, wait_until_for};

on_both_engines! {
    kill_9_at_random_points_of_a_push
}

/// Records of each plan.
const WRITES: u64 = 6;

/// Calls that a write needs: read, send, read back.
const CALLS: u64 = 3 * WRITES;

const LATENCY_MS: u64 = 15;

/// Each plan is of assets that no plan before it named, and what a killed worker left is carried
/// out by the next along with the next plan.
fn kill_9_at_random_points_of_a_push(engine: Engine) {
    let points = points(5);
    let assets = ((points + 1) * WRITES).to_string();
    let latency = LATENCY_MS.to_string();
    let sim = Sim::start(&["--latency-ms", &latency, "--assets", &assets, "--contacts", "20"]);
    let almanac = Almanac::connected(engine, &sim);
    almanac.sync().ok();
    let mut dice = Dice(20_261_122);
    for point in 0..points {
        approve_a_plan(&almanac, point);
        let target = calls(&sim) + dice.roll(CALLS);
        let worker = start_worker(&almanac);
        let what = "the worker comes to the point where it is killed";
        wait_until_for(Duration::from_secs(60), what, || calls(&sim) >= target);
        // Anywhere between this call and the next, too.
        pause(Duration::from_micros(dice.roll(2_000 * LATENCY_MS)));
        kill(worker);
    }
    // A job of its own, so that nobody waits for the lease of one that was killed.
    approve_a_plan(&almanac, points);
    let worker = start_worker(&almanac);
    // Half of each plan is left when its worker is killed.
    let limit = Duration::from_secs(60 + 2 * points);
    wait_until_for(limit, "everything is written", || {
        let all = almanac.approved().writes;
        !all.iter().any(|entry| entry.state.is_under_way())
    });
    ends_in_time(worker);
    each_value_arrived_once(&sim, &almanac, (points + 1) * WRITES);
}

fn each_value_arrived_once(sim: &Sim, almanac: &Almanac, count: u64) {
    let entries = almanac.approved().writes;
    assert_eq!(entries.len() as u64, count);
    let truth = sim.truth("Asset");
    let writes: Vec<Value> = serde_json::from_str(&sim.control("GET", "/writes", "")).unwrap();
    let mut arrivals: BTreeMap<String, u64> = BTreeMap::new();
    for change in writes.iter().flat_map(|write| write["changes"].as_array().unwrap()) {
        *arrivals.entry(change["id"].to_string()).or_default() += 1;
    }
    for entry in &entries {
        let id = entry.remote_id.as_str();
        assert_eq!(entry.state, WriteState::Applied, "{entry:?}");
        let wanted = entry.fields[0].wanted.as_ref().unwrap().to_string();
        let there = truth[id]["warranty_end"].as_str().unwrap();
        assert!(there.starts_with(&wanted), "{there} {entry:?}");
        assert_eq!(arrivals.get(id), Some(&1), "{entry:?}");
        let seen = entry.fields[0].seen.as_ref().unwrap();
        assert_eq!(seen.before, entry.fields[0].base, "what undo restores: {entry:?}");
    }
    assert_eq!(arrivals.len() as u64, count, "nothing else was written");
    let audit = almanac.in_tenant(async |store, _| store.audit_list(None, 100_000).await.unwrap());
    let sent = audit.iter().filter(|of| of.audit.action == "write.send").count();
    assert_eq!(sent as u64, count, "the audit names each once");
    assert_eq!(writes.len() as u64, count, "no request was sent for nothing");
}

/// Calls about single assets, which only a push makes here.
fn calls(sim: &Sim) -> u64 {
    let state: Value = serde_json::from_str(&sim.control("GET", "/state", "")).unwrap();
    let by_path = &state["counts"]["by_path"];
    let count = |path: &str| by_path[path].as_u64().unwrap_or(0);
    count("GET /api/asset/{id}") + count("POST /api/asset")
}

pub(crate) fn start_worker(almanac: &Almanac) -> Child {
    let mut worker = almanac.command(&["worker"]);
    worker.env("ALMANAC_HALO_CALL_LIMIT", "0").stdout(Stdio::null()).stderr(Stdio::null());
    worker.spawn().unwrap()
}

/// Plans the end of the warranty of some assets that no plan before this one named.
pub(crate) fn approve_a_plan(almanac: &Almanac, number: u64) {
    let at_ms = START_MS + i64::try_from(number).unwrap();
    let first = usize::try_from(number * WRITES).unwrap();
    let count = usize::try_from(WRITES).unwrap();
    almanac.in_tenant(async |store, connection| {
        let (by, id) = (Author::user("1", "Ann"), Uuid::from_u128(u128::from(number)));
        let feature = WriteFeature::WarrantyDates;
        let on = store.write_switch_set(connection, feature, WriteMode::On, &by, at_ms).await;
        on.unwrap();
        let rows = store.projection_page(connection, Stream::Assets, None, 10_000).await;
        let rows = rows.unwrap().into_iter().skip(first).take(count);
        let writes: Vec<NewWrite> = rows.map(|row| write_of(&row.projection, number)).collect();
        assert_eq!(writes.len(), count, "there are assets enough");
        let writes = &writes[..];
        let plan = NewWritePlan { id, connection, feature, undo_of: None, writes, by: &by, at_ms };
        store.write_plan_make(&plan).await.unwrap();
        let approve = ApproveWrites { id, leave_out: &[], by: &by, at_ms };
        store.write_plan_approve(&approve).await.unwrap().unwrap();
    });
}

fn write_of(projection: &Projection, number: u64) -> NewWrite {
    let Projection::Asset(asset) = projection else { panic!("{projection:?}") };
    let (target, field) = (Target::WarrantyEnd, RemoteField::Standard("warranty_end".to_owned()));
    let base = held(&default_chains(), target, &field, &asset.values);
    let wanted = format!("2{:03}-03-04", 100 + number);
    let wanted = Some(FactValue::Date(wanted.parse().unwrap()));
    NewWrite {
        stream: Stream::Assets,
        remote_id: asset.remote_id.clone(),
        label: asset.remote_id.to_string(),
        client: None,
        fields: vec![FieldWrite { target, field, base, wanted, seen: None }],
    }
}
