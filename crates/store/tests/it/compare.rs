//! What needs both engines at once: one schema, and a backup of one restored into the other.

use std::io::{Cursor, Read};

use almanac_store::testing::{Engine, START_MS, TestStore, fresh, fresh_unmigrated};

use crate::fixture::{backup, bad, client, fixture, row_counts};

#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns() {
    let Some(postgres) = fresh(Engine::Postgres).await else { return };
    let sqlite = fresh(Engine::Sqlite).await.expect("always at hand");
    assert_eq!(sqlite.shape().await, postgres.shape().await);
}

async fn plain_backup(test: &TestStore) -> String {
    let mut plain = String::new();
    let file = backup(test).await;
    flate2::read::GzDecoder::new(&*file).read_to_string(&mut plain).expect("text");
    plain
}

#[tokio::test]
async fn a_backup_of_one_engine_restores_into_the_other_and_back() {
    for (from, to) in [(Engine::Sqlite, Engine::Postgres), (Engine::Postgres, Engine::Sqlite)] {
        let Some(source) = fresh(from).await else { return };
        let Some(target) = fresh_unmigrated(to).await else { return };
        let acme = fixture(&source, "acme").await;
        let mut rows: Vec<_> =
            "10 9 a B ä -1 42.0 1:2 1:10".split(' ').map(|id| client(id, id)).collect();
        rows.push(bad("bad\0"));
        acme.commit(1, rows).await;
        target.restore(Cursor::new(backup(&source).await), START_MS).await.expect("restored");
        assert_eq!(row_counts(&target).await, row_counts(&source).await);
        let back = fresh_unmigrated(from).await.expect("at hand");
        back.restore(Cursor::new(backup(&target).await), START_MS).await.expect("restored");
        assert!(plain_backup(&target).await == plain_backup(&source).await);
        assert!(plain_backup(&back).await == plain_backup(&source).await);
    }
}
