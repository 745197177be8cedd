//! Every end-to-end test proves that its simulated Halo got no write outside an approved plan.
//!
//! An [`Almanac`](crate::world::Almanac) that goes away leaves what was approved in it for each
//! simulator that it was connected to; a simulator that goes away compares. So the Almanac has to
//! go first where something was written.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use almanac_store::testing::Engine;
use almanac_testkit::{Approved, ArrivedWrite, unapproved};
use serde_json::{Value, json};

use crate::kill_push::approve_a_plan;
use crate::world::{Almanac, Sim, http, on_both_engines};

on_both_engines! {
    a_write_outside_a_plan_fails_its_test
    a_write_of_another_value_than_approved_fails_its_test
}

/// Control ports of the simulators that run, by their addresses.
static RUNNING: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// What was approved in each Almanac that is gone, by the address of its simulator.
static APPROVED: Mutex<Vec<(String, Approved)>> = Mutex::new(Vec::new());

/// A simulator runs.
pub(crate) fn begin(url: &str, control: &str) {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.insert(url.to_owned(), control.to_owned());
}

/// Of these simulators, those that run and that somebody asked to change something.
pub(crate) fn written_to(urls: &[String]) -> Vec<String> {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let is_written =
        |url: &&String| running.get(*url).is_some_and(|control| !writes(control).is_empty());
    urls.iter().filter(is_written).cloned().collect()
}

/// An Almanac goes away in which this was approved.
pub(crate) fn leave(url: &str, approved: &Approved) {
    let mut all = APPROVED.lock().unwrap_or_else(PoisonError::into_inner);
    all.push((url.to_owned(), approved.clone()));
}

/// What a simulator that goes away got without anybody's leave, in words.
pub(crate) fn end(url: &str, control: &str) -> Vec<String> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(url);
    let all = APPROVED.lock().unwrap_or_else(PoisonError::into_inner);
    let own = all.iter().filter(|(of, _)| of == url).map(|(_, approved)| approved.clone());
    let own: Vec<Approved> = own.collect();
    drop(all);
    outside(&writes(control), &own)
}

fn writes(control: &str) -> Vec<Value> {
    let (status, body) = http(control, "GET", "/writes", "");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// The writes that no approval explains.
fn outside(writes: &[Value], approved: &[Approved]) -> Vec<String> {
    let (mut outside, mut arrived, mut sent) = (Vec::new(), Vec::new(), 0);
    let entries: Vec<_> = approved.iter().flat_map(|of| of.writes.iter().cloned()).collect();
    for write in writes {
        let is_post = write["method"] == "POST";
        let path = write["target"].as_str().unwrap().split('?').next().unwrap().to_lowercase();
        let is_hook = path.starts_with("/api/webhook") || path.starts_with("/api/notification");
        if is_hook && approved.iter().any(|of| of.has_webhook) {
            continue;
        }
        if !is_post || path != "/api/asset" {
            outside.push(write.to_string());
            continue;
        }
        sent += 1;
        let changes = write["changes"].as_array().unwrap().iter().map(|change| ArrivedWrite {
            remote_id: change["id"].to_string().as_str().into(),
            field: change["name"].as_str().unwrap().to_owned(),
            value: text(&change["after"]),
        });
        arrived.extend(changes);
    }
    outside.extend(unapproved(&arrived, &entries).iter().map(|one| format!("{one:?}")));
    let attempts: i64 = entries.iter().map(|entry| entry.attempts).sum();
    if sent > attempts {
        outside.push(format!("{sent} requests, and {attempts} were approved and begun"));
    }
    outside
}

/// A value as the product has it: a day is sent as an instant of it.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_instant = text.len() == "2041-03-01T12:00:00".len() && text.as_bytes()[10] == b'T';
    Some(if is_instant { text[..10].to_owned() } else { text })
}

/// Somebody writes to an asset past the product, with the product's own rights.
fn write_by_hand(sim: &Sim, id: &str, day: &str) {
    let body = json!([{"id": id, "warranty_end": format!("{day}T12:00:00")}]).to_string();
    let (status, answer) = sim.as_the_product("POST", "/api/Asset", &body);
    assert_eq!(status, 201, "{answer}");
}

#[track_caller]
fn fails_at_its_end(almanac: Almanac, sim: Sim) {
    drop(almanac);
    let end = catch_unwind(AssertUnwindSafe(|| drop(sim)));
    let words = end.expect_err("the check fails the test");
    let words = words.downcast_ref::<String>().expect("it says why");
    assert!(words.contains("outside an approved plan"), "{words}");
}

fn a_write_outside_a_plan_fails_its_test(engine: Engine) {
    let sim = Sim::start(&["--assets", "20"]);
    let almanac = Almanac::connected(engine, &sim);
    almanac.sync().ok();
    let id = sim.truth("Asset").into_keys().next().unwrap();
    write_by_hand(&sim, &id, "2041-03-01");
    fails_at_its_end(almanac, sim);
}

fn a_write_of_another_value_than_approved_fails_its_test(engine: Engine) {
    let sim = Sim::start(&["--assets", "60"]);
    let almanac = Almanac::connected(engine, &sim);
    almanac.sync().ok();
    approve_a_plan(&almanac, 0);
    let approved = almanac.approved();
    let id = approved.writes[0].remote_id.to_string();
    write_by_hand(&sim, &id, "1999-12-31");
    fails_at_its_end(almanac, sim);
}
