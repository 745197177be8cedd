//! Bad input gets its own code, and says what to change where.

use std::io::{Read, Write};
use std::net::TcpListener;

use almanac_store::testing::Engine;
use serde_json::Value;

use crate::world::{Almanac, Sim, on_both_engines};

on_both_engines! {
    a_database_newer_than_the_program_is_left_alone
}

/// The error of a command that failed.
#[track_caller]
fn refused(almanac: &Almanac, args: &[&str], exit: i32, code: &str) -> Value {
    let said = almanac.run(&[args, &["--json"]].concat());
    let json = said.json();
    assert_eq!(json["error"]["code"], code, "{said:?}");
    assert_eq!(said.code, exit, "{said:?}");
    json
}

fn with_tenant() -> Almanac {
    let almanac = Almanac::empty(Engine::Sqlite);
    almanac.create_tenant();
    almanac
}

const RUN: [&str; 4] = ["sync", "run", "--tenant", "calder-ridge"];
const TEST: [&str; 4] = ["connection", "test", "--tenant", "calder-ridge"];

/// A server that gives one answer to everything.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { break };
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
            // Closing with unread bytes would reset the connection before the answer is read.
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.set_read_timeout(Some(std::time::Duration::from_secs(1)));
            while stream.read(&mut request).is_ok_and(|count| count > 0) {}
        }
    });
    url
}

const SECRET: &str = almanac_halo_sim::DEMO_CLIENT_SECRET;

#[test]
fn an_address_where_nothing_answers() {
    let almanac = with_tenant();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    almanac.connect(&url, SECRET).ok();
    refused(&almanac, &TEST, 75, "CONN-001");
}

#[test]
fn a_web_page_instead_of_halo() {
    let almanac = with_tenant();
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 26\r\n\
                connection: close\r\n\r\n<html>Sign in here.</html>";
    almanac.connect(&server(page), SECRET).ok();
    refused(&almanac, &TEST, 3, "CONN-003");
    refused(&almanac, &RUN, 3, "CONN-003");
}

#[test]
fn json_that_is_not_halos() {
    let almanac = with_tenant();
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\
                connection: close\r\n\r\n{\"hello\":\"world\"}";
    almanac.connect(&server(json), SECRET).ok();
    refused(&almanac, &TEST, 3, "CONN-003");
}

#[test]
fn a_server_without_tls() {
    let almanac = with_tenant();
    let plain = server("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    almanac.connect(&plain.replace("http://", "https://"), SECRET).ok();
    refused(&almanac, &TEST, 3, "CONN-002");
}

#[test]
fn q_16_a_wrong_secret() {
    let sim = Sim::start(&[]);
    let almanac = with_tenant();
    almanac.connect(&sim.url, "wrong").ok();
    refused(&almanac, &TEST, 3, "CONN-004");
    refused(&almanac, &RUN, 3, "CONN-004");
}

#[test]
fn q_15_a_scope_that_is_not_granted() {
    let sim = Sim::start(&["--scope", "read:tickets"]);
    let almanac = Almanac::connected(Engine::Sqlite, &sim);
    let said = refused(&almanac, &TEST, 3, "CONN-005");
    assert!(said["error"]["detail"].as_str().unwrap().contains("read:customers"), "{said}");
}

#[test]
fn q_62_a_disabled_agent() {
    for status in ["401", "403"] {
        let sim = Sim::start(&["--disabled-agent", status]);
        let almanac = Almanac::connected(Engine::Sqlite, &sim);
        let said = almanac.run(&[&TEST[..], &["--json"]].concat());
        assert_eq!(said.code, 3, "{said:?}");
        assert!(said.out.contains("missing") || said.out.contains("CONN-006"), "{said:?}");
        let run = almanac.sync();
        assert_eq!(run.code, 3, "{run:?}");
        assert!(run.out.contains("CONN-006") && !run.out.contains("\"done\""), "{run:?}");
    }
}

#[test]
fn a_clock_that_is_far_off() {
    let sim = Sim::start(&["--clock-offset", "7200"]);
    let almanac = Almanac::connected(Engine::Sqlite, &sim);
    let said = almanac.run(&[&TEST[..], &["--json"]].concat());
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(said.json()["findings"][0]["code"], "CONN-008");
}

#[test]
fn a_private_address_is_refused_unless_it_is_named() {
    let sim = Sim::start(&[]);
    let almanac = Almanac::connected(Engine::Sqlite, &sim);
    let mut command = almanac.command(&[&TEST[..], &["--json"]].concat());
    let said = crate::world::said(
        &command.env_remove("ALMANAC_HALO_ALLOW_PRIVATE_HOSTS").output().unwrap(),
    );
    assert_eq!(said.code, 2, "{said:?}");
    assert_eq!(said.json()["error"]["code"], "CONN-007");
}

#[test]
fn words_that_are_not_an_address_a_tenant_or_a_stream() {
    let almanac = with_tenant();
    assert_eq!(almanac.connect("ftp://halo.example", SECRET).code, 2);
    assert_eq!(almanac.connect("http://[::1", SECRET).code, 2);
    assert_eq!(almanac.run(&["sync", "run", "--tenant", "nobody"]).code, 2);
    assert_eq!(almanac.run(&[&RUN[..], &["--stream", "devices"]].concat()).code, 2);
    let no_connection = almanac.run(&RUN);
    assert_eq!(no_connection.code, 2);
    assert!(no_connection.err.contains("almanac connection set"), "{no_connection:?}");
}

#[test]
fn a_configuration_with_a_slip() {
    let almanac = Almanac::empty(Engine::Sqlite);
    let file = almanac.file("almanac.toml", "[halo]\nallow_private_host = []\n");
    refused(&almanac, &["config", "check", "--config", file.to_str().unwrap()], 2, "CONFIG-050");
}

#[test]
fn a_database_that_is_not_there() {
    let almanac = Almanac::empty(Engine::Sqlite);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://nobody@{}/nothing", listener.local_addr().unwrap());
    drop(listener);
    refused(&almanac, &["doctor", "--database", &url], 75, "STORE-031");
}

/// Every version there will ever be is older than this one.
fn a_database_newer_than_the_program_is_left_alone(engine: Engine) {
    let almanac = Almanac::empty(engine);
    almanac.create_tenant();
    almanac.pretend_newer_schema();
    refused(&almanac, &["tenant", "list"], 2, "STORE-030");
    refused(&almanac, &["migrate"], 2, "STORE-030");
}

/// A file system with little room stands for a full disk.
#[test]
fn a_full_disk_loses_no_committed_page() {
    let sim = Sim::start(&["--assets", "3000"]);
    let mut almanac = Almanac::connected(Engine::Sqlite, &sim);
    almanac.limit_file_size_kib(Some(1_500));
    let said = almanac.sync();
    assert_eq!(said.code, 75, "{said:?}");
    assert_eq!(said.json()["error"]["code"], "STORE-032");
    almanac.limit_file_size_kib(None);
    let status = almanac.sync().ok().json();
    assert_eq!(status["outcome"], "done");
    almanac.equals_truth(&sim, &[]);
}
