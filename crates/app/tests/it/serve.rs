//! The server: probes, background work, an orderly end.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use almanac_store::testing::Engine;

use crate::world::{Almanac, Sim, http, on_both_engines, wait_until, wait_until_for};

on_both_engines! {
    a_server_answers_probes_syncs_by_itself_and_ends_in_time
}

fn a_server_answers_probes_syncs_by_itself_and_ends_in_time(engine: Engine) {
    let sim = Sim::start(&[]);
    let almanac = Almanac::connected(engine, &sim);
    let mut command = almanac.command(&["serve", "--listen", "127.0.0.1:0"]);
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
    assert_eq!(http(&address, "GET", "/healthz", ""), (200, "ok\n".to_owned()));
    assert_eq!(http(&address, "GET", "/readyz", ""), (200, "ready\n".to_owned()));
    let has_synced = || {
        let status = almanac.run(&["sync", "status", "--tenant", "calder-ridge", "--json"]).json();
        status["last_run"]["outcome"] == "done"
    };
    wait_until("the first sync ends by itself", has_synced);
    almanac.equals_truth(&sim, &[]);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let child = std::cell::RefCell::new(child);
    let ends = || child.borrow_mut().try_wait().unwrap().is_some_and(|status| status.success());
    wait_until_for(Duration::from_secs(10), "the server ends in time", ends);
}
