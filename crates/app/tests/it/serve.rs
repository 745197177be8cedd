//! The server: probes, background work, an orderly end.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::Duration;

use almanac_halo_sim::DEMO_CLIENT_SECRET;
use almanac_store::testing::Engine;

use crate::world::{Almanac, Sim, http, on_both_engines, wait_until, wait_until_for};

on_both_engines! {
    a_server_answers_probes_syncs_by_itself_and_ends_in_time
    a_stop_in_mid_sync_is_in_time_and_the_next_server_goes_on
    a_tenant_connected_while_the_server_runs_is_read_by_itself
    another_halo_is_not_taken_for_the_one_that_was_read
    the_embedded_database_serves_one_process
    a_server_without_background_work_leaves_it_to_workers
    metrics_are_told_where_the_operator_wants_them_and_nowhere_else
}

fn a_server_answers_probes_syncs_by_itself_and_ends_in_time(engine: Engine) {
    let sim = Sim::start(&[]);
    let almanac = Almanac::connected(engine, &sim);
    let (child, address) = serve(&almanac);
    assert_eq!(http(&address, "GET", "/healthz", ""), (200, "ok\n".to_owned()));
    assert_eq!(http(&address, "GET", "/readyz", ""), (200, "ready\n".to_owned()));
    wait_until("the first sync ends by itself", || has_synced(&almanac));
    almanac.equals_truth(&sim, &[]);
    ends_in_time(child);
}

fn a_stop_in_mid_sync_is_in_time_and_the_next_server_goes_on(engine: Engine) {
    let sim = Sim::start(&["--latency-ms", "1500"]);
    let almanac = Almanac::connected(engine, &sim);
    let (child, _) = serve(&almanac);
    wait_until("the sync has read something", || !almanac.records("clients").is_empty());
    ends_in_time(child);
    assert!(!has_synced(&almanac), "it was stopped in the middle");
    sim.set("{\"latency_ms\":0}");
    let (child, _) = serve(&almanac);
    // Not in six hours: what was handed back is due.
    wait_until("the next server ends the sync", || has_synced(&almanac));
    almanac.equals_truth(&sim, &[]);
    ends_in_time(child);
}

fn a_tenant_connected_while_the_server_runs_is_read_by_itself(engine: Engine) {
    let sim = Sim::start(&[]);
    let almanac = Almanac::empty(engine);
    let (child, _) = serve(&almanac);
    almanac.create_tenant();
    almanac.connect(&sim.url, DEMO_CLIENT_SECRET).ok();
    wait_until("its first sync ends", || has_synced(&almanac));
    ends_in_time(child);
}

fn another_halo_is_not_taken_for_the_one_that_was_read(engine: Engine) {
    let (sim, other) = (Sim::start(&[]), Sim::start(&[]));
    let almanac = Almanac::connected(engine, &sim);
    almanac.sync().ok();
    let refused = almanac.connect(&other.url, DEMO_CLIENT_SECRET);
    assert_eq!(refused.code, 2, "{refused:?}");
    let kept = sim.url.trim_end_matches('/');
    assert!(refused.err.contains("--move") && refused.err.contains(kept), "{refused:?}");
    almanac.connect(&sim.url, DEMO_CLIENT_SECRET).ok();
    // The same seed makes the same Halo, so the other one is this one at a new address.
    let secret = almanac.file("client-secret", DEMO_CLIENT_SECRET);
    let set = ["connection", "set", "--tenant", "calder-ridge", "--move", "--url", &other.url];
    let id = ["--client-id", almanac_halo_sim::DEMO_OAUTH_CLIENT_ID, "--client-secret-file"];
    almanac.run(&[&set[..], &id[..], &[secret.to_str().unwrap()]].concat()).ok();
    let status = almanac.sync().ok().json();
    for stream in status["streams"].as_array().unwrap() {
        assert_eq!((&stream["added"], &stream["removed"]), (&0.into(), &0.into()), "{stream}");
    }
}

fn the_embedded_database_serves_one_process(engine: Engine) {
    if engine != Engine::Sqlite {
        return;
    }
    let sim = Sim::start(&[]);
    let almanac = Almanac::connected(engine, &sim);
    let (child, _) = serve(&almanac);
    for second in [&["worker"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let refused = almanac.run(second);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains("STORE-037"), "{refused:?}");
    }
    ends_in_time(child);
    // The sign goes with its process.
    let (child, _) = serve(&almanac);
    ends_in_time(child);
}

fn a_server_without_background_work_leaves_it_to_workers(engine: Engine) {
    if engine != Engine::Postgres {
        return;
    }
    let sim = Sim::start(&[]);
    let almanac = Almanac::connected(engine, &sim);
    let (server, address) = serve_with(&almanac, &["--no-worker"]);
    assert_eq!(http(&address, "GET", "/readyz", ""), (200, "ready\n".to_owned()));
    let mut worker = almanac.command(&["worker"]);
    worker.stdout(Stdio::null()).stderr(Stdio::null());
    assert!(!has_synced(&almanac), "the server works at nothing");
    let worker = worker.spawn().unwrap();
    wait_until("the worker ends the first sync", || has_synced(&almanac));
    almanac.equals_truth(&sim, &[]);
    ends_in_time(worker);
    ends_in_time(server);
}

fn metrics_are_told_where_the_operator_wants_them_and_nowhere_else(engine: Engine) {
    let sim = Sim::start(&[]);
    let almanac = Almanac::connected(engine, &sim);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (child, address) = serve_with(&almanac, &["--metrics-listen", &port.to_string()]);
    assert_eq!(http(&address, "GET", "/metrics", "").0, 404);
    wait_until("the first sync ends by itself", || has_synced(&almanac));
    let (status, told) = http(&port.to_string(), "GET", "/metrics", "");
    assert_eq!(status, 200);
    let clients = almanac.records("clients").len();
    let line =
        format!("almanac_stream_records{{tenant=\"calder-ridge\",stream=\"clients\"}} {clients}");
    assert!(told.lines().any(|told| told == line), "{line}\n{told}");
    assert!(told.contains("almanac_build_info"), "{told}");
    ends_in_time(child);
}

/// Starts the server; it, and where it is.
fn serve(almanac: &Almanac) -> (Child, String) {
    serve_with(almanac, &[])
}

fn serve_with(almanac: &Almanac, flags: &[&str]) -> (Child, String) {
    let mut command = almanac.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.args(flags);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = loop {
        let line = lines.next().expect("the server says where it is").unwrap();
        if let Some((_, address)) = line.split_once("Almanac is at ") {
            break address.to_owned();
        }
    };
    // Whatever else it says must not fill the pipe.
    std::thread::spawn(move || lines.count());
    (child, address)
}

pub(crate) fn has_synced(almanac: &Almanac) -> bool {
    let status = almanac.run(&["sync", "status", "--tenant", "calder-ridge", "--json"]).json();
    status["last_run"]["outcome"] == "done"
}

/// Asks it to end, as systemd does.
#[track_caller]
pub(crate) fn ends_in_time(child: Child) {
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let (child, status) = (RefCell::new(child), Cell::new(None));
    let ends = || {
        status.set(child.borrow_mut().try_wait().unwrap());
        status.get().is_some()
    };
    wait_until_for(Duration::from_secs(10), "the server ends in time", ends);
    let status = status.get().unwrap();
    assert!(status.success(), "it ends in order: {status}");
}
