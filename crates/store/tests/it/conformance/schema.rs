//! The schema, its migrations, and what small areas keep.

use almanac_model::author::Author;
use almanac_store::testing::{Engine, START_MS, fresh, fresh_unmigrated};
use almanac_store::{
    Address, Keyring, Migrated, NewRun, RunCause, RunFinish, RunId, Store, StoreError,
};
use tokio::task::JoinSet;

use crate::fixture::{client, fixture};

pub(super) async fn every_key_begins_with_the_tenant(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let shape = test.shape().await;
    assert!(shape.len() > 20, "the schema was read");
    for table in shape {
        assert_eq!(table.key.first().map(String::as_str), Some("tenant_id"), "{}", table.name);
    }
}

pub(super) async fn migrating_again_does_nothing(engine: Engine) {
    let Some(test) = fresh_unmigrated(engine).await else { return };
    assert_eq!(test.schema_version().await.expect("read"), 0);
    let first = test.migrate(START_MS).await.expect("migrated");
    assert_eq!((first.from, first.to), (0, test.schema_version().await.expect("read")));
    let again = test.migrate(START_MS + 1).await.expect("migrated");
    assert_eq!(again, Migrated { from: first.to, to: first.to });
    test.check_ready().await.expect("ready");
}

pub(super) async fn two_programs_migrate_at_once(engine: Engine) {
    let Some(test) = fresh_unmigrated(engine).await else { return };
    let programs = [test.reopen().await, test.reopen().await];
    let migrations: JoinSet<_> = programs
        .into_iter()
        .map(|store| async move { store.migrate(START_MS).await.expect("migrated").from })
        .collect();
    let mut from = migrations.join_all().await;
    from.sort_unstable();
    assert_eq!(from, [0, test.schema_version().await.expect("read")]);
    test.check_ready().await.expect("ready");
}

pub(super) async fn a_newer_database_is_refused(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let known = test.schema_version().await.expect("read");
    test.script("INSERT INTO _migration VALUES (99, 'later', 'x', 0)").await.expect("written");
    for refused in [test.check_ready().await, test.migrate(START_MS).await.map(drop)] {
        assert!(
            matches!(refused, Err(StoreError::Newer { database: 99, program }) if program == known),
            "{refused:?}"
        );
    }
}

pub(super) async fn an_unmigrated_database_says_so(engine: Engine) {
    let Some(test) = fresh_unmigrated(engine).await else { return };
    assert!(matches!(test.check_ready().await, Err(StoreError::Unmigrated)));
    assert!(matches!(test.tenant_list().await, Err(StoreError::Unmigrated)));
}

pub(super) async fn an_unreachable_database_says_so_at_once(engine: Engine) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("a-file");
    std::fs::write(&file, "x").expect("written");
    let address = match engine {
        // A file cannot be a folder, and nothing listens on the first port.
        Engine::Sqlite => Address::Sqlite(file.join("almanac.db")),
        Engine::Postgres => Address::Postgres("postgres://u:hidden@127.0.0.1:1/a".to_owned()),
    };
    let keyring = Keyring::load_or_create(folder.path().join("keys")).expect("made");
    let opening = Store::connect(&address, keyring);
    let opened = tokio::time::timeout(std::time::Duration::from_secs(10), opening).await;
    let Err(error) = opened.expect("it does not wait") else { panic!("there is no database") };
    assert_eq!(error.code().map(|code| code.code), Some("STORE-031"));
    assert!(!format!("{error} {error:?} {address:?}").contains("hidden"));
}

pub(super) async fn an_edited_migration_is_noticed(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    test.script("UPDATE _migration SET checksum = 'other'").await.expect("written");
    let refused = test.migrate(START_MS).await;
    assert!(matches!(&refused, Err(StoreError::Corrupt { table, .. }) if table == "_migration"));
}

pub(super) async fn a_mistyped_value_names_table_and_column(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("17", "A")]).await;
    let short = match engine {
        Engine::Sqlite => "x'00'",
        Engine::Postgres => "'\\x00'",
    };
    test.script(format!("UPDATE record SET sha256 = {short}")).await.expect("written");
    let read = acme
        .view
        .record_page(acme.connection, almanac_model::stream::Stream::Clients, None, 1, false)
        .await;
    let Err(StoreError::Corrupt { table, column, id }) = read else { panic!("{read:?}") };
    assert_eq!((table.as_str(), column.as_str(), id.as_str()), ("record", "sha256", "17"));
}

pub(super) async fn runs_are_kept(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let new = NewRun {
        kind: "sync",
        cause: &RunCause::CommandLine,
        connection: Some(acme.connection),
        at_ms: START_MS,
    };
    let first = acme.view.run_start(new).await.expect("started");
    let second = acme.view.run_start(NewRun { at_ms: START_MS + 1, ..new }).await.expect("started");
    let finish = RunFinish { outcome: "done", status: "{\"read\":1}", at_ms: START_MS + 9 };
    acme.view.run_finish(first, finish).await.expect("finished");
    let latest = acme.view.run_latest("sync").await.expect("read").expect("one");
    assert_eq!((latest.id, latest.ended_at, latest.outcome), (second, None, None));
    assert_eq!(latest.cause, Some(RunCause::CommandLine));
    let by = Some(Author::user("1", "Ann"));
    let causes = [
        RunCause::Schedule,
        RunCause::Asked { by: by.clone() },
        RunCause::FirstSync { by },
        RunCause::Resumed,
    ];
    for (cause, at_ms) in causes.into_iter().zip(START_MS + 2..) {
        let new = NewRun { kind: "caused", cause: &cause, at_ms, ..new };
        acme.view.run_start(new).await.expect("started");
        let kept = acme.view.run_latest("caused").await.expect("read").expect("one");
        assert_eq!(kept.cause, Some(cause));
    }
    test.script("UPDATE run SET cause = NULL".to_owned()).await.expect("written");
    let earlier = acme.view.run_latest("sync").await.expect("read").expect("one");
    assert_eq!(earlier.cause, None, "a run of an earlier version");
    assert_eq!(acme.view.run_latest("other").await.expect("read"), None);
    let of = async |kind: &str, limit: u32| -> Vec<RunId> {
        let runs = acme.view.run_list_of(kind, acme.connection, limit).await.expect("read");
        runs.into_iter().map(|run| run.id).collect()
    };
    assert_eq!((of("sync", 9).await, of("sync", 1).await), (vec![second, first], vec![second]));
    assert_eq!((of("caused", 9).await.len(), of("other", 9).await.len()), (4, 0));
    let older = acme.view.run_list(Some(second), 9).await.expect("read");
    assert_eq!(older.len(), 1);
    assert_eq!(older[0].id, first);
    assert_eq!(older[0].ended_at, Some(START_MS + 9));
    assert_eq!(older[0].status.as_deref(), Some("{\"read\":1}"));
    assert_eq!(acme.view.run_list(None, 9).await.expect("read").len(), 6);
}
