//! Tenants are apart: by the type that hands out a view, and by the database itself.

use almanac_model::id::TenantId;
use almanac_model::role::Role;
use almanac_model::stream::Stream;
use almanac_store::testing::{Engine, READER, START_MS, fresh};
use almanac_store::{
    AssetQuery, Enqueued, LeaseTake, NewConnection, NewJob, NewRun, NewSchedule, NewTenant,
    NewUser, RunCause, RunFinish, Store, StoreError,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::task::JoinSet;

use crate::fixture::{
    BY, Fixture, SECRET, api_key, bad, client, connect, connection_of, fixture, ids, new_user,
    row_counts, session, take,
};

/// Something of everything that a tenant can have.
async fn fill(fixture: &Fixture) {
    let view = &fixture.view;
    fixture.commit(1, vec![client("1", "A"), bad("2")]).await;
    fixture.finish(1, &[]).await;
    fixture.commit(2, vec![client("3", "C")]).await;
    let job = NewJob {
        kind: "sync".to_owned(),
        key: "a".to_owned(),
        args: "{}".to_owned(),
        run_at: START_MS,
        priority: 0,
        attempts_max: 1,
        at_ms: START_MS,
    };
    assert!(matches!(view.job_enqueue(&job).await.expect("works"), Enqueued::Enqueued(_)));
    let schedule = NewSchedule {
        name: "nightly".to_owned(),
        kind: "sync".to_owned(),
        args: "{}".to_owned(),
        every_ms: 1_000,
        first_at: START_MS,
        priority: 0,
        attempts_max: 1,
    };
    view.schedule_set(&schedule).await.expect("set");
    let run = NewRun {
        kind: "sync",
        cause: &RunCause::CommandLine,
        connection: Some(fixture.connection),
        at_ms: START_MS,
    };
    view.run_start(run).await.expect("started");
    let limited = NewUser { clients: Some(ids(&["1"])), ..new_user("a@b.example", Role::Manager) };
    let limited = view.user_create(limited).await.expect("made");
    session(view, &limited, 1).await;
    api_key(view, &limited, 1).await;
    view.request_key_take(limited.id, "k", START_MS).await.expect("taken");
}

pub(super) async fn tenants_are_apart_when_reading(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    fill(&acme).await;
    let (_, other) = test.tenant_named("other").await;
    let (connection, stream) = (acme.connection, Stream::Clients);
    let known = ids(&["1", "2", "3"]);
    assert!(other.connection_active().await.expect("read").is_none());
    assert!(other.connection_secret(connection, READER).await.expect("read").is_none());
    assert_eq!(other.stream_state(connection, stream).await.expect("read").live, 0);
    assert!(other.stream_state_list(connection).await.expect("read").is_empty());
    assert!(other.record_heads(connection, stream, &known).await.expect("read").is_empty());
    assert!(other.projection_load(connection, stream, &known).await.expect("read").is_empty());
    assert!(other.projection_page(connection, stream, None, 9).await.expect("read").is_empty());
    assert!(other.record_page(connection, stream, None, 9, true).await.expect("read").is_empty());
    assert!(other.record_problem_list(connection, stream, 9).await.expect("read").is_empty());
    assert!(other.live_ids(connection, stream, None, 9).await.expect("read").is_empty());
    assert!(other.seen_load(connection, stream, 2).await.expect("read").is_empty());
    assert!(
        other
            .asset_table(&AssetQuery { limit: 9, ..Default::default() })
            .await
            .expect("read")
            .is_empty()
    );
    assert!(other.job_list(9).await.expect("read").is_empty());
    assert!(other.schedule_list().await.expect("read").is_empty());
    assert!(other.run_list(None, 9).await.expect("read").is_empty());
    assert!(other.run_latest("sync").await.expect("read").is_none());
    assert!(other.run_list_of("sync", connection, 9).await.expect("read").is_empty());
    assert_eq!(other.audit_list(None, 9).await.expect("read").len(), 1, "its own making");
    assert_eq!(other.user_list().await.expect("read").len(), 1, "its own owner");
    // The same reads find everything for their own tenant, so the checks above can fail.
    let view = &acme.view;
    assert_eq!(view.record_heads(connection, stream, &known).await.expect("read").len(), 3);
    assert_eq!(view.projection_page(connection, stream, None, 9).await.expect("read").len(), 2);
    assert_eq!(view.record_problem_list(connection, stream, 9).await.expect("read").len(), 1);
    assert_eq!(view.live_ids(connection, stream, None, 9).await.expect("read").len(), 3);
    assert_eq!(view.seen_load(connection, stream, 2).await.expect("read").len(), 1);
    assert_eq!(view.job_list(9).await.expect("read").len(), 1);
}

pub(super) async fn tenants_are_apart_when_writing(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let other = fixture(&test, "other").await;
    fill(&acme).await;
    fill(&other).await;
    let (records, run) = (acme.records().await, acme.view.run_latest("sync").await.expect("read"));
    let run = run.expect("one");
    let secret =
        acme.view.connection_secret(acme.connection, READER).await.expect("read").expect("set");

    // Same names, same ids, another tenant's view.
    other.commit(3, vec![client("1", "overwritten"), client("3", "overwritten")]).await;
    other.finish(3, &ids(&["1", "2", "3"])).await;
    other.view.scan_abandon(&other.fence, other.connection, Stream::Clients).await.expect("done");
    connect(&other.view, "another secret").await;
    let finish = RunFinish { outcome: "failed", status: "{}", at_ms: START_MS };
    other.view.run_finish(run.id, finish).await.expect("changes nothing");
    other.view.schedule_remove("nightly").await.expect("removed");
    let take = LeaseTake { name: "sync", owner: "thief", ttl_ms: 1, now_ms: START_MS };
    assert!(other.view.lease_take(take, |_| true).await.expect("works").is_ok());
    other.view.lease_release(acme.fence.clone()).await.expect("changes nothing");

    assert_eq!(acme.records().await, records);
    assert_eq!(acme.view.run_latest("sync").await.expect("read"), Some(run));
    assert_eq!(acme.view.schedule_list().await.expect("read").len(), 1);
    let after =
        acme.view.connection_secret(acme.connection, READER).await.expect("read").expect("set");
    assert_eq!(after.expose_secret(), secret.expose_secret());
    let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!((state.live, state.deleted), (3, 0));
    assert!(state.scan.is_some());
    acme.view.lease_renew(&acme.fence, 1, START_MS).await.expect("still held");
}

pub(super) async fn the_database_itself_keeps_tenants_apart(engine: Engine) {
    // SQLite has no row-level security; there the type is the wall.
    if engine == Engine::Sqlite {
        return;
    }
    let Some(test) = fresh(engine).await else { return };
    let (acme, other) = (fixture(&test, "acme").await, fixture(&test, "other").await);
    fill(&acme).await;
    fill(&other).await;
    let (mine, nobody) = (acme.tenant.id, TenantId(99));
    for table in test.shape().await {
        let count = format!("SELECT count(*) FROM {}", table.name);
        let all = test.number(count.clone()).await.expect("the owner sees all");
        let foreign = format!("{count} WHERE tenant_id <> {mine}");
        assert_eq!(test.number_as(mine, foreign).await.expect("read"), 0, "{}", table.name);
        assert_eq!(test.number_as(nobody, count.clone()).await.expect("read"), 0);
        let own = test.number_as(mine, count).await.expect("read");
        assert!(own < all || all == 0, "{}", table.name);
    }
    let foreign = format!(
        "INSERT INTO lease (tenant_id, name, owner, token, until) VALUES ({}, 'x', 'x', 1, 1)",
        other.tenant.id
    );
    assert!(test.script_as(mine, foreign.clone()).await.is_err());
    assert!(test.script_as(other.tenant.id, foreign).await.is_ok());
    let moved = format!("UPDATE lease SET tenant_id = {}", other.tenant.id);
    assert!(test.script_as(mine, moved).await.is_err());
    test.script_as(mine, "DELETE FROM record").await.expect("deletes its own only");
    assert_eq!((acme.records().await.len(), other.records().await.len()), (0, 3));
    // Without a tenant the role sees nothing at all.
    let none = "SET LOCAL ROLE almanac_app; DO $$ BEGIN \
                IF EXISTS (SELECT 1 FROM record) THEN RAISE EXCEPTION 'seen'; END IF; END $$;";
    test.script(none).await.expect("no row");
    let mine_as =
        format!("SET LOCAL ROLE almanac_app; SET LOCAL app.tenant = '{}';", other.tenant.id);
    let seen = none.replace("SET LOCAL ROLE almanac_app;", &mine_as);
    assert!(test.script(seen).await.is_err(), "the check can fail");
}

pub(super) async fn deleting_a_tenant_leaves_nothing(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let keep = fixture(&test, "keep").await;
    fill(&keep).await;
    let before = row_counts(&test).await;
    let acme = fixture(&test, "acme").await;
    fill(&acme).await;
    let filled = row_counts(&test).await;
    for table in [
        "tenant",
        "tenant_key",
        "tenant_user",
        "tenant_user_client",
        "session",
        "api_key",
        "request_key",
        "connection",
        "stream_state",
        "seen_chunk",
        "record",
        "client",
        "lease",
        "job",
        "schedule",
        "run",
        "audit",
        "audit_head",
    ] {
        assert!(filled[table] > before[table], "{table} was filled");
    }
    test.tenant_delete(acme.tenant.id).await.expect("deleted");
    assert_eq!(row_counts(&test).await, before);
    assert!(test.tenant_by_slug("acme").await.expect("read").is_none());
    assert_eq!(keep.records().await.len(), 3);
    test.tenant_delete(acme.tenant.id).await.expect("does nothing");
}

pub(super) async fn a_tenant_is_renamed_alone(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (acme, view) = test.tenant_named("acme").await;
    let (other, _) = test.tenant_named("other").await;
    view.tenant_rename(" Acme <IT> & Co ", BY).await.expect("works");
    let now = async |id| test.tenant_by_id(id).await.expect("read").expect("there");
    let renamed = now(acme.id).await;
    assert_eq!((renamed.name.as_str(), renamed.slug), ("Acme <IT> & Co", acme.slug));
    assert_eq!(now(other.id).await, other);
    let audit = view.audit_list(None, 1).await.expect("read").remove(0).audit;
    assert_eq!(audit.action, "tenant.rename");
    for wrong in [" ", &"x".repeat(201)] {
        let refused = view.tenant_rename(wrong, BY).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{wrong}");
    }
}

pub(super) async fn slugs_are_unique(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let mut slugs = Vec::new();
    for name in ["acme", "Acme", "acme-2", "acme inc", "acme"] {
        slugs.push(test.tenant_named(name).await.0.slug);
    }
    assert_eq!(slugs, ["acme", "acme-2", "acme-2-2", "acme-inc", "acme-3"]);
    let found = test.tenant_by_slug("acme-2").await.expect("read").expect("there");
    assert_eq!((found.name.as_str(), found.created_at), ("Acme", START_MS));
    assert_eq!(test.tenant_list().await.expect("read").len(), 5);
    let empty = NewTenant {
        name: " ".to_owned(),
        owner_email: "a@b.example".to_owned(),
        owner_name: String::new(),
        owner_password: SecretString::from("x"),
        at_ms: START_MS,
    };
    assert!(matches!(test.tenant_create(empty).await, Err(StoreError::Invalid(_))));
}

pub(super) async fn tenants_made_at_once_are_distinct(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let makers: JoinSet<_> = (0..3)
        .map(|_| {
            let store = Store::clone(&test);
            let new = NewTenant {
                name: "Acme".to_owned(),
                owner_email: "a@b.example".to_owned(),
                owner_name: String::new(),
                owner_password: SecretString::from("x"),
                at_ms: START_MS,
            };
            async move { store.tenant_create(new).await.expect("made") }
        })
        .collect();
    let mut made = Vec::new();
    for tenant in makers.join_all().await {
        made.push((tenant.id.0, tenant.slug));
    }
    made.sort_unstable();
    let want = [(1, "acme"), (2, "acme-2"), (3, "acme-3")];
    assert_eq!(made, want.map(|(id, slug)| (id, slug.to_owned())));
}

pub(super) async fn setting_a_connection_again_keeps_its_id(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A")]).await;
    let again = connect(&acme.view, "rotated").await;
    assert_eq!(again.id, acme.connection);
    assert_eq!(acme.view.connection_active().await.expect("read"), Some(again));
    let secret =
        acme.view.connection_secret(acme.connection, READER).await.expect("read").expect("set");
    assert_eq!(secret.expose_secret(), "rotated");
    assert_eq!(row_counts(&test).await["connection"], 1);
    assert_eq!(acme.ids().await, ["1"]);
    let actions: Vec<_> = acme.view.audit_list(None, 9).await.expect("read");
    let actions: Vec<_> = actions.iter().map(|entry| entry.audit.action.as_str()).collect();
    assert_eq!(
        actions,
        ["connection.secret_read", "connection.rotate", "connection.create", "tenant.create"]
    );
}

pub(super) async fn another_address_is_refused_once_something_was_read(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let elsewhere = || NewConnection {
        base_url: "https://other.example".to_owned(),
        ..connection_of("rotated")
    };
    acme.view.connection_set_same(elsewhere()).await.expect("nothing was read yet");
    acme.view.connection_set_same(connection_of(SECRET)).await.expect("nor now");
    let fence = take(&acme.view, "two", START_MS).await;
    let acme = Fixture { fence, ..acme };
    acme.commit(1, vec![client("1", "A")]).await;
    let renamed = NewConnection { psa_tenant: None, ..connection_of("rotated") };
    for new in [elsewhere(), renamed] {
        let refused = acme.view.connection_set_same(new).await;
        let Err(StoreError::OtherPsa { kept }) = refused else { panic!("{refused:?}") };
        assert_eq!(kept, "https://acme.example (tenant acme)");
    }
    let before = acme.view.connection_active().await.expect("read").expect("set");
    assert_eq!(before.base_url, "https://acme.example");
    acme.view.connection_set_same(connection_of("rotated")).await.expect("only the secret");
    let scan = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read").scan;
    assert!(scan.is_some(), "a new secret leaves the open scan");
    acme.commit(1, vec![client("2", "B")]).await;
}

pub(super) async fn a_moved_connection_begins_its_open_scans_anew(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let other = fixture(&test, "other").await;
    acme.commit(1, vec![client("1", "A")]).await;
    other.commit(1, vec![client("1", "A")]).await;
    let moved = NewConnection { base_url: "https://new.example".to_owned(), ..connection_of("s") };
    assert_eq!(acme.view.connection_set(moved).await.expect("moved").id, acme.connection);
    let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!((state.scan, state.live), (None, 1));
    let seen = acme.view.seen_load(acme.connection, Stream::Clients, 1).await.expect("read");
    assert!(seen.is_empty());
    let late = acme.view.page_commit(&acme.page(1, vec![client("2", "B")])).await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "a page of the old address: {late:?}");
    let entry = acme.view.audit_list(None, 1).await.expect("read").remove(0);
    assert_eq!(entry.audit.action, "connection.move");
    let state = other.view.stream_state(other.connection, Stream::Clients).await.expect("read");
    assert!(state.scan.is_some(), "another tenant's scan goes on");
}

pub(super) async fn a_missing_wall_is_noticed_at_open(engine: Engine) {
    if engine == Engine::Sqlite {
        return;
    }
    let Some(test) = fresh(engine).await else { return };
    test.script("ALTER TABLE record DISABLE ROW LEVEL SECURITY").await.expect("the owner may");
    let refused = test.check_ready().await;
    let Err(StoreError::Privilege { statements }) = &refused else { panic!("{refused:?}") };
    assert_eq!(statements[0], "ALTER TABLE record ENABLE ROW LEVEL SECURITY;");
    let keyring = almanac_store::Keyring::load(test.key_path()).expect("the key file");
    let opened = Store::connect(test.address(), keyring).await;
    assert!(matches!(opened, Err(StoreError::Privilege { .. })));
    test.script(statements[0].clone()).await.expect("mended as it says");
    test.check_ready().await.expect("ready");
}
