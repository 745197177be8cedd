//! No secret is ever seen again: not in output, logs, the database, backups or the process list.

use almanac_store::testing::Engine;

use crate::world::{Almanac, OWNER_PASSWORD, Sim, on_both_engines};

on_both_engines! {
    no_secret_leaves_the_program
    a_lost_key_file_is_told_and_a_new_secret_heals_it
    a_rotated_key_opens_what_an_older_one_sealed
}

fn no_secret_leaves_the_program(engine: Engine) {
    let sim = Sim::start(&["--contacts", "60", "--assets", "60"]);
    let almanac = Almanac::connected(engine, &sim);
    let mut seen = String::new();
    for args in [
        &["connection", "test", "--tenant", "calder-ridge"][..],
        &["sync", "run", "--tenant", "calder-ridge", "-vv"][..],
        &["sync", "status", "--tenant", "calder-ridge", "--json"][..],
        &["records", "export", "--tenant", "calder-ridge", "--stream", "clients"][..],
        &["doctor", "--json"][..],
        &["config", "check"][..],
        &["keys", "rotate"][..],
    ] {
        let said = almanac.run(args);
        seen.push_str(&said.out);
        seen.push_str(&said.err);
    }
    // A wrong secret, a refused scope and a dead server are told without the secret too.
    let wrong = "f00dfeed-0000-4000-8000-00000000beef-0badcafe-0000-4000-8000-000000000001";
    almanac.connect(&sim.url, wrong).ok();
    let refused = almanac.run(&["sync", "run", "--tenant", "calder-ridge", "--json", "-vv"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert_eq!(refused.json()["error"]["code"], "CONN-004");
    seen.push_str(&refused.out);
    seen.push_str(&refused.err);
    let secrets = [almanac_halo_sim::DEMO_CLIENT_SECRET, OWNER_PASSWORD, wrong];
    assert_none(&seen.into_bytes(), &secrets, "output and logs");
    let file = almanac.path().join("copy.almanac");
    almanac.run(&["backup", file.to_str().unwrap()]).ok();
    let backup = std::process::Command::new("gzip").arg("-dc").arg(&file).output().unwrap();
    assert!(backup.status.success() && backup.stdout.len() > 10_000);
    assert_none(&backup.stdout, &secrets, "the backup");
    for entry in std::fs::read_dir(almanac.path().join("data")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            assert_none(&std::fs::read(&path).unwrap(), &secrets, &path.display().to_string());
        }
    }
}

#[track_caller]
fn assert_none(haystack: &[u8], secrets: &[&str], place: &str) {
    for secret in secrets {
        let is_there = haystack.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!is_there, "a secret is in {place}");
    }
}

fn a_lost_key_file_is_told_and_a_new_secret_heals_it(engine: Engine) {
    let sim = Sim::start(&["--contacts", "60", "--assets", "60"]);
    let almanac = Almanac::connected(engine, &sim);
    std::fs::remove_file(almanac.path().join("data/keyring")).unwrap();
    let said = almanac.sync();
    assert_eq!(said.json()["error"]["code"], "KEY-040", "{said:?}");
    assert_eq!(said.code, 2);
    almanac.connect(&sim.url, almanac_halo_sim::DEMO_CLIENT_SECRET).ok();
    almanac.sync().ok();
}

fn a_rotated_key_opens_what_an_older_one_sealed(engine: Engine) {
    let sim = Sim::start(&["--contacts", "60", "--assets", "60"]);
    let almanac = Almanac::connected(engine, &sim);
    almanac.run(&["keys", "rotate"]).ok();
    almanac.sync().ok();
}
