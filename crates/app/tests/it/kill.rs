//! The process is killed at any point; the next run goes on, and nothing is lost or doubled.
//!
//! Each test kills at few points. `ALMANAC_KILL_POINTS=200` before the command makes it 200 for
//! every test whose name begins with `kill_9`.

use std::process::{Child, Stdio};
use std::time::Duration;

use almanac_store::testing::Engine;

use crate::serve::{ends_in_time, has_synced};
use crate::world::{Almanac, Sim, on_both_engines, pause, wait_until, wait_until_for};

on_both_engines! {
    kill_9_at_random_points_of_a_pull
    a_killed_scan_goes_on_where_it_stopped
    workers_killed_at_random_points_lose_nothing_and_double_nothing
}

const RUN: [&str; 5] = ["sync", "run", "--tenant", "calder-ridge", "--json"];

/// A small generator, so that a failing sequence can be repeated by its seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// How many points to kill at: a few, or as many as a person asks for.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration but the environment")]
pub(crate) fn points(few: u64) -> u64 {
    match std::env::var("ALMANAC_KILL_POINTS") {
        Ok(text) => text.parse().expect("ALMANAC_KILL_POINTS is a number"),
        Err(_) => few,
    }
}

/// Ends a process without a word.
pub(crate) fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn kill_9_at_random_points_of_a_pull(engine: Engine) {
    let sim = Sim::start(&["--page-cap", "10", "--latency-ms", "2"]);
    let almanac = Almanac::connected(engine, &sim);
    let mut dice = Dice(20_261_121);
    for point in 0..points(20) {
        let mut child = almanac.command(&RUN);
        child.stdout(Stdio::null()).stderr(Stdio::null());
        let child = child.spawn().unwrap();
        pause(Duration::from_millis(30 + dice.roll(600)));
        kill(child);
        if point % 7 == 6 {
            // Between kills Halo changes too, so that later runs have something to do.
            sim.control("POST", "/move", "{\"rows\":3}");
        }
    }
    let status = almanac.sync().ok().json();
    assert_eq!(status["outcome"], "done", "{status:#}");
    almanac.equals_truth(&sim, &[]);
    let again = almanac.sync().ok().json();
    for stream in again["streams"].as_array().unwrap() {
        assert_eq!((&stream["added"], &stream["changed"]), (&0.into(), &0.into()), "{stream}");
    }
}

fn a_killed_scan_goes_on_where_it_stopped(engine: Engine) {
    let sim = Sim::start(&["--page-cap", "10", "--latency-ms", "10", "--assets", "1500"]);
    let almanac = Almanac::connected(engine, &sim);
    let mut child = almanac.command(&RUN);
    child.stdout(Stdio::null()).stderr(Stdio::null());
    let child = child.spawn().unwrap();
    let assets_asked = || sim.control("GET", "/requests", "").matches("/Asset?").count();
    wait_until("the scan is in the middle of the assets", || assets_asked() >= 60);
    kill(child);
    let status = almanac.sync().ok().json();
    almanac.equals_truth(&sim, &[]);
    let assets = &status["streams"][8];
    let requests = assets["requests"].as_u64().unwrap();
    assert!(requests < 130, "the pages before the kill are not read again: {requests}");
}

/// Two on PostgreSQL; the embedded database has one at a time.
fn workers_killed_at_random_points_lose_nothing_and_double_nothing(engine: Engine) {
    let sim = Sim::start(&["--page-cap", "10", "--latency-ms", "2"]);
    let almanac = Almanac::connected(engine, &sim);
    let config = almanac.file("workers.toml", "[sync]\nchanges_every_seconds = 1\n");
    let start = || -> Child {
        let mut worker = almanac.command(&["--config", config.to_str().unwrap(), "worker"]);
        worker.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let at_once = if engine == Engine::Sqlite { 1 } else { 2 };
    let mut workers: Vec<Child> = (0..at_once).map(|_| start()).collect();
    let mut dice = Dice(20_261_122);
    for point in 0..12 {
        pause(Duration::from_millis(100 + dice.roll(1_400)));
        kill(workers.remove(0));
        workers.push(start());
        if point % 4 == 3 {
            sim.control("POST", "/move", "{\"rows\":3}");
        }
    }
    // What the last one left is taken up by those that live.
    wait_until_for(Duration::from_secs(120), "a first sync ends", || has_synced(&almanac));
    workers.into_iter().for_each(ends_in_time);
    let status = almanac.sync().ok().json();
    assert_eq!(status["outcome"], "done", "{status:#}");
    almanac.equals_truth(&sim, &[]);
    let again = almanac.sync().ok().json();
    for stream in again["streams"].as_array().unwrap() {
        assert_eq!((&stream["added"], &stream["changed"]), (&0.into(), &0.into()), "{stream}");
    }
}
