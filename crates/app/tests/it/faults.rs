//! A Halo that misbehaves, and a sync that ends with the truth all the same.

use almanac_store::testing::Engine;

use crate::world::{Almanac, Sim, on_both_engines};

on_both_engines! {
    five_percent_of_each_fault
    q_18_a_limit_without_a_header
    q_18_a_limit_with_a_header
    a_token_that_ends_in_mid_scan
    q_13_an_area_that_always_answers_401
    q_60_properties_nobody_knows
    a_day_without_halo
}

#[track_caller]
fn ends_with_the_truth(engine: Engine, flags: &[&str]) -> serde_json::Value {
    let sim = Sim::start(flags);
    let almanac = Almanac::connected(engine, &sim);
    let status = almanac.sync().ok().json();
    assert_eq!(status["outcome"], "done", "{flags:?} {status:#}");
    almanac.equals_truth(&sim, &[]);
    status
}

/// Small pages make many answers, so that 5 % are some.
const SMALL_PAGES: [&str; 2] = ["--page-cap", "10"];

fn five_percent_of_each_fault(engine: Engine) {
    for fault in ["500", "502html", "200html", "bom", "cut", "truncated", "reset"] {
        let fault = format!("{fault}=5");
        ends_with_the_truth(engine, &[&SMALL_PAGES[..], &["--fault", &fault]].concat());
    }
}

/// The simulator's clock runs fast, so that its five minutes pass in seconds.
fn q_18_a_limit_without_a_header(engine: Engine) {
    let flags = ["--limit", "300", "--retry-after", "off", "--clock-speed", "15"];
    let many = ["--page-cap", "5", "--contacts", "700", "--assets", "900"];
    let status = ends_with_the_truth(engine, &[&flags[..], &many[..]].concat());
    assert!(status["requests"].as_u64().unwrap() > 300, "{status:#}");
    let throttled: u64 = status["streams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stream| stream["throttled"].as_u64().unwrap())
        .sum();
    assert!(throttled > 0, "the limit was met");
}

fn q_18_a_limit_with_a_header(engine: Engine) {
    let flags = ["--limit", "60", "--retry-after", "on", "--clock-speed", "100"];
    ends_with_the_truth(engine, &[&flags[..], &["--page-cap", "10"]].concat());
}

/// A token lives longer than the calls that are under way at once (16 tickets asked for their
/// actions), as every real one does: a call whose second token is refused too has no right.
fn a_token_that_ends_in_mid_scan(engine: Engine) {
    let flags = ["--token-calls", "20"];
    for revoking in [&[][..], &["--new-token-revokes"]] {
        let status = ends_with_the_truth(engine, &[&flags[..], revoking, &SMALL_PAGES].concat());
        assert!(status["requests"].as_u64().unwrap() > 100, "five tokens ended: {status:#}");
    }
}

fn q_13_an_area_that_always_answers_401(engine: Engine) {
    let sim = Sim::start(&["--deny", "Users=401"]);
    let almanac = Almanac::connected(engine, &sim);
    let said = almanac.sync();
    assert_eq!(said.code, 3, "{said:?}");
    let status = said.json();
    assert_eq!(status["outcome"], "held");
    let contacts = &status["streams"][3];
    assert_eq!(contacts["stream"], "contacts");
    assert_eq!(contacts["held"]["code"], "CONN-006", "{contacts:#}");
    almanac.equals_truth(&sim, &["contacts"]);
}

fn q_60_properties_nobody_knows(engine: Engine) {
    ends_with_the_truth(engine, &["--extra-properties"]);
}

fn a_day_without_halo(engine: Engine) {
    let sim = Sim::start(&[]);
    let almanac = Almanac::connected(engine, &sim);
    almanac.sync().ok();
    let before = almanac.records("assets");
    let url = sim.url.clone();
    drop(sim);
    let said = almanac.sync();
    assert_eq!(said.code, 75, "{said:?}");
    assert_eq!(said.json()["error"]["code"], "CONN-001", "{url}");
    assert_eq!(almanac.records("assets"), before, "the old data stay");
}
