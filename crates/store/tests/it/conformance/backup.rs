//! A backup is one instant, restores whole or not at all, and is refused when in doubt.

use std::io::{Cursor, Read, Write};

use almanac_store::StoreError;
use almanac_store::testing::{Engine, READER, START_MS, TestStore, fresh, fresh_unmigrated};
use secrecy::ExposeSecret;

use crate::fixture::{Fixture, SECRET, backup, bad, client, fixture, row_counts};

async fn filled(test: &TestStore) -> Fixture {
    let acme = fixture(test, "acme").await;
    // More than one page of a table, and every type of value.
    let mut rows: Vec<_> = (0..450).map(|id| client(&id.to_string(), "Näme \"x\"\n")).collect();
    rows.push(bad("bad"));
    acme.commit(1, rows).await;
    acme.finish(1, &[almanac_model::id::RemoteId::new("3")]).await;
    acme
}

async fn restore(test: &TestStore, file: Vec<u8>) -> Result<(), StoreError> {
    test.restore(Cursor::new(file), START_MS).await.map(drop)
}

fn unzip(file: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut plain).expect("unzipped");
    plain
}

fn zip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).expect("zipped");
    encoder.finish().expect("zipped")
}

async fn refused(target: &TestStore, file: Vec<u8>, why: &str) {
    let answer = restore(target, file).await;
    assert!(matches!(answer, Err(StoreError::Backup(_))), "{why}: {answer:?}");
    assert_eq!(target.schema_version().await.expect("read"), 0, "{why}");
}

pub(super) async fn a_restored_database_is_the_same(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = filled(&test).await;
    let file = backup(&test).await;
    let target = fresh_unmigrated(engine).await.expect("at hand");
    let summary = target.restore(Cursor::new(file.clone()), START_MS).await.expect("restored");
    assert_eq!(summary.rows["record"], 451);
    assert_eq!(row_counts(&target).await, row_counts(&test).await);
    assert_eq!(unzip(&backup(&target).await), unzip(&file), "a backup of it is the same bytes");
    // With the same key file, the secret opens.
    std::fs::copy(test.key_path(), target.key_path()).expect("copied");
    let view = target.reopen().await.tenant(acme.tenant.id);
    let secret = view.connection_secret(acme.connection, READER).await.expect("read").expect("set");
    assert_eq!(secret.expose_secret(), SECRET);
    target.check_ready().await.expect("ready");
}

pub(super) async fn a_damaged_file_is_refused_and_nothing_changes(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    filled(&test).await;
    let plain = unzip(&backup(&test).await);
    let Some(target) = fresh_unmigrated(engine).await else { return };
    let text = String::from_utf8(plain.clone()).expect("text");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let join = |lines: &[&str]| zip(lines.concat().as_bytes());
    let mut changed = plain.clone();
    let at = text.find("Näme").expect("a name");
    changed[at] = b'M';
    refused(&target, zip(&changed), "a changed letter").await;
    let row = lines.iter().rposition(|line| line.starts_with('[')).expect("a row");
    let mut fewer = lines.clone();
    fewer.remove(row);
    refused(&target, join(&fewer), "a row left out").await;
    let mut more = lines.clone();
    more.insert(row, lines[row]);
    refused(&target, join(&more), "a row twice").await;
    refused(&target, join(&lines[1..]), "no head").await;
    refused(&target, b"not a backup".to_vec(), "another file").await;
    refused(&target, Vec::new(), "an empty file").await;
    let mut flipped = zip(&plain);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x10;
    refused(&target, flipped, "a flipped bit").await;
    restore(&target, zip(&plain)).await.expect("the whole file is taken");
}

pub(super) async fn a_cut_file_is_refused_and_nothing_changes(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    filled(&test).await;
    let file = backup(&test).await;
    let Some(target) = fresh_unmigrated(engine).await else { return };
    for part in [1, 3, 5, 7] {
        refused(&target, file[..file.len() * part / 8].to_vec(), "a cut file").await;
    }
    let plain = unzip(&file);
    let without_foot = plain[..plain.len() - 1].iter().rposition(|byte| *byte == b'\n');
    let cut = &plain[..=without_foot.expect("lines")];
    refused(&target, zip(cut), "no foot").await;
}

pub(super) async fn a_newer_file_is_refused(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let text = String::from_utf8(unzip(&backup(&test).await)).expect("text");
    let Some(target) = fresh_unmigrated(engine).await else { return };
    let version = test.schema_version().await.expect("read");
    let schema = format!("\"schema\":{version}}}");
    for (from, to) in [(schema.as_str(), "\"schema\":99}"), ("_backup\":1", "_backup\":2")] {
        assert!(text.contains(from));
        refused(&target, zip(text.replacen(from, to, 1).as_bytes()), to).await;
    }
}

pub(super) async fn a_target_with_data_is_refused(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    filled(&test).await;
    let file = backup(&test).await;
    let counts = row_counts(&test).await;
    let answer = restore(&test, file.clone()).await;
    assert!(matches!(answer, Err(StoreError::Backup(_))), "{answer:?}");
    assert_eq!(row_counts(&test).await, counts);
    let target = fresh(engine).await.expect("at hand");
    restore(&target, file).await.expect("a set-up target without data is empty too");
}

pub(super) async fn a_backup_is_of_one_instant(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = filled(&test).await;
    // Each page adds to `record` and to `client` alike; a torn copy would differ.
    let writing = async {
        for round in 0..30 {
            acme.commit(2, (0..20).map(|n| client(&format!("w{round}-{n}"), "W")).collect()).await;
        }
    };
    let (file, ()) = tokio::join!(backup(&test), writing);
    let target = fresh_unmigrated(engine).await.expect("at hand");
    restore(&target, file).await.expect("restored");
    let counts = row_counts(&target).await;
    // The bad record has no projection.
    assert_eq!(counts["record"], counts["client"] + 1);
    assert_eq!(row_counts(&test).await["record"], 451 + 600);
}

pub(super) async fn a_file_that_cannot_be_written_is_an_error(engine: Engine) {
    struct Refusing;
    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let Some(test) = fresh(engine).await else { return };
    filled(&test).await;
    let answer = test.backup(Refusing).await;
    assert!(matches!(answer, Err(StoreError::Full(_))), "{answer:?}");
}
