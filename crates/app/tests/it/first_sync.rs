//! The first sync, and the second, against Halo's ways of listing.

use almanac_store::testing::Engine;

use crate::world::{Almanac, Sim, on_both_engines, wait_until};

on_both_engines! {
    a_first_sync_ends_with_halos_truth
    a_second_sync_of_the_same_writes_nothing
    changes_and_removals_arrive
    q_01_page_caps_of_50_and_100
    q_03_a_repeated_page_past_the_end
    q_04_an_empty_page_past_the_end_with_a_total_of_zero
    wrong_totals
    q_09_rows_that_move_while_paging
    asset_fields_whenever_halo_fills_them
    q_14_a_sudden_loss_of_rights_removes_nothing
    a_held_stream_is_released_by_its_number_and_the_receipts_say_so
    two_syncs_at_once_do_the_work_once
    a_backup_taken_from_one_database_fills_another
}

#[track_caller]
fn synced(engine: Engine, flags: &[&str]) -> (Sim, Almanac) {
    let sim = Sim::start(flags);
    let almanac = Almanac::connected(engine, &sim);
    let status = almanac.sync().ok().json();
    assert_eq!(status["outcome"], "done", "{status:#}");
    almanac.equals_truth(&sim, &[]);
    (sim, almanac)
}

fn a_first_sync_ends_with_halos_truth(engine: Engine) {
    let (_sim, almanac) = synced(engine, &[]);
    let verified = almanac.run(&["sync", "verify", "--tenant", "calder-ridge", "--json"]).ok();
    assert_eq!(verified.json()["proven"], true);
}

fn a_second_sync_of_the_same_writes_nothing(engine: Engine) {
    let (_sim, almanac) = synced(engine, &[]);
    let status = almanac.sync().ok().json();
    for stream in status["streams"].as_array().unwrap() {
        assert_eq!(stream["added"], 0, "{stream}");
        assert_eq!(stream["changed"], 0, "{stream}");
        assert_eq!(stream["removed"], 0, "{stream}");
        assert_eq!(stream["unchanged"], stream["read"], "{stream}");
    }
}

fn changes_and_removals_arrive(engine: Engine) {
    let (sim, almanac) = synced(engine, &[]);
    let assets = sim.truth("Asset");
    let ids: Vec<&String> = assets.keys().collect();
    sim.control("POST", "/row/Asset", &format!("{{\"op\":\"delete\",\"id\":{}}}", ids[3]));
    sim.control(
        "POST",
        "/row/Asset",
        &format!(
            "{{\"op\":\"update\",\"id\":{},\"values\":{{\"inventory_number\":\"NEW-1\"}}}}",
            ids[5]
        ),
    );
    let clients = sim.truth("Client");
    let (active, _) = clients.iter().find(|(_, row)| row["inactive"] == false).unwrap();
    let deactivate = format!("{{\"op\":\"deactivate\",\"id\":{active}}}");
    sim.control("POST", "/row/Client", &deactivate);
    let status = almanac.sync().ok().json();
    almanac.equals_truth(&sim, &[]);
    let assets = &status["streams"][8];
    assert_eq!((&assets["changed"], &assets["removed"]), (&1.into(), &1.into()));
    // an inactive client is seen as inactive, not as gone.
    assert_eq!(almanac.records("clients")[active]["inactive"], true);
    let gone = almanac
        .run(&["records", "export", "--tenant", "calder-ridge", "--stream", "assets", "--deleted"])
        .ok();
    let gone: Vec<serde_json::Value> = gone
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|record| !record["deleted_at"].is_null())
        .collect();
    assert_eq!(gone.len(), 1, "a tombstone is kept");
    assert_eq!(gone[0]["remote_id"].as_str(), Some(ids[3].as_str()));
}

fn q_01_page_caps_of_50_and_100(engine: Engine) {
    synced(engine, &["--page-cap", "50"]);
    synced(engine, &["--page-cap", "100", "--asset-page-cap", "50"]);
}

fn q_03_a_repeated_page_past_the_end(engine: Engine) {
    synced(engine, &["--past-end", "repeat", "--contacts", "300", "--assets", "200"]);
}

fn q_04_an_empty_page_past_the_end_with_a_total_of_zero(engine: Engine) {
    synced(engine, &["--past-end", "empty", "--contacts", "300", "--assets", "200"]);
}

fn wrong_totals(engine: Engine) {
    for claim in ["wrong-high", "wrong-low", "page", "zero"] {
        synced(engine, &["--record-count", claim]);
        synced(engine, &["--record-count", claim, "--past-end", "repeat", "--page-cap", "50"]);
    }
}

fn q_09_rows_that_move_while_paging(engine: Engine) {
    for seed in ["1", "2", "3"] {
        synced(engine, &["--move-rows", "6", "--seed", seed]);
    }
}

fn asset_fields_whenever_halo_fills_them(engine: Engine) {
    for when in ["with-type", "always", "never"] {
        let sim = Sim::start(&["--asset-fields", when]);
        let almanac = Almanac::connected(engine, &sim);
        almanac.sync().ok();
        let except: &[&str] = if when == "never" { &["assets"] } else { &[] };
        almanac.equals_truth(&sim, except);
    }
}

fn q_14_a_sudden_loss_of_rights_removes_nothing(engine: Engine) {
    let (sim, almanac) = synced(engine, &[]);
    let before = almanac.records("assets");
    sim.set("{\"hide_assets\":50}");
    let said = almanac.sync();
    assert_eq!(said.code, 3, "{said:?}");
    let status = said.json();
    assert_eq!(status["outcome"], "held");
    let assets = &status["streams"][8];
    assert_eq!(assets["held"]["code"], "SYNC-010");
    assert_eq!(almanac.records("assets"), before);
    let told = almanac.run(&["sync", "status", "--tenant", "calder-ridge", "--json"]);
    assert_eq!(told.code, 3);
    sim.set("{\"hide_assets\":0}");
    assert_eq!(almanac.sync().ok().json()["outcome"], "done");
}

fn a_held_stream_is_released_by_its_number_and_the_receipts_say_so(engine: Engine) {
    let (sim, almanac) = synced(engine, &[]);
    sim.set("{\"hide_assets\":50}");
    assert_eq!(almanac.sync().code, 3);
    let tenant = ["--tenant", "calder-ridge", "--json"];
    let told = almanac.run(&["sync", "status", tenant[0], tenant[1], tenant[2]]).json();
    let number = told["streams"][8]["held"]["number"].as_u64().expect("it is held for a number");
    let live = told["streams"][8]["live"].as_u64().expect("a count");
    let release = |number: u64| {
        let number = number.to_string();
        almanac.run(&[
            "sync", "release", "assets", "--number", &number, tenant[0], tenant[1], tenant[2],
        ])
    };
    assert_eq!(release(number - 1).code, 2, "it is another number");
    assert_eq!(almanac.sync().code, 3, "what was refused releases nothing");
    release(number).ok();
    let status = almanac.sync().ok().json();
    assert_eq!(status["streams"][8]["removed"], number);
    let receipts =
        almanac.run(&["sync", "receipts", "--stream", "assets", tenant[0], tenant[1], tenant[2]]);
    let receipts = receipts.ok().json();
    assert_eq!(receipts["intact"], true);
    let newest = &receipts["receipts"][0];
    assert_eq!(
        (&newest["theirs"], &newest["held"]),
        (&(live - number).into(), &serde_json::Value::Null)
    );
    assert_eq!((&newest["ours"], &newest["corrected"]), (&(live - number).into(), &number.into()));
    assert_eq!(receipts["receipts"][1]["held"], "SYNC-010");
}

fn two_syncs_at_once_do_the_work_once(engine: Engine) {
    let sim = Sim::start(&["--latency-ms", "60"]);
    let almanac = Almanac::connected(engine, &sim);
    let args = ["sync", "run", "--tenant", "calder-ridge", "--json"];
    let mut first = almanac.command(&args);
    first.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let first = first.spawn().unwrap();
    wait_until("the first run holds the lease and reads", || {
        sim.control("GET", "/requests", "").contains("/Client")
    });
    let second = almanac.sync();
    assert_eq!(second.code, 75, "{second:?}");
    assert_eq!(second.json()["error"]["code"], "SYNC-025");
    let first = crate::world::said(&first.wait_with_output().unwrap()).ok();
    assert_eq!(first.json()["outcome"], "done");
    almanac.equals_truth(&sim, &[]);
}

fn a_backup_taken_from_one_database_fills_another(engine: Engine) {
    let (sim, almanac) = synced(engine, &[]);
    let file = almanac.path().join("copy.almanac");
    almanac.run(&["backup", file.to_str().unwrap()]).ok();
    for target in [Engine::Sqlite, engine] {
        let other = Almanac::empty(target);
        std::fs::create_dir_all(other.path().join("data")).unwrap();
        std::fs::copy(almanac.path().join("data/keyring"), other.path().join("data/keyring"))
            .unwrap();
        other.run(&["restore", file.to_str().unwrap()]).ok();
        other.equals_truth(&sim, &[]);
        // The secret came along, sealed, and still opens Halo.
        assert_eq!(other.sync().ok().json()["outcome"], "done");
    }
}
