//! The sync pages: asked for once, told as it is, nobody else's.

use almanac_model::id::RemoteId;
use almanac_model::role::Role;
use almanac_model::stream::Stream;
use almanac_store::testing::{Engine, START_MS};
use almanac_store::{
    Held, JobState, NewReceipt, NewRun, ReceiptKind, ReceiptTold, RunCause, RunFinish, SYNC_NOW,
};
use axum::http::StatusCode;

use crate::world::World;

#[tokio::test]
async fn a_sync_asked_for_twice_is_one_job_and_the_page_says_so() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Manager, None).await;
    for _ in 0..2 {
        let asked = world.post("/sync/now", &cookie, "").await;
        assert_eq!((asked.status, asked.location()), (StatusCode::SEE_OTHER, "/sync"));
        assert!(asked.cookie("__Host-said").is_some());
    }
    let jobs = world.acme.store.job_list(10).await.expect("read");
    let syncs: Vec<_> = jobs.iter().filter(|job| job.kind == SYNC_NOW).collect();
    assert_eq!(syncs.len(), 1);
    assert_eq!(syncs[0].state, JobState::Queued);
    let page = world.get("/sync", &cookie).await;
    assert!(page.body.contains("The sync waits to begin"), "{}", page.body);
    assert!(page.body.contains("watching=true"));
    let foreign = world.other.store.job_list(10).await.expect("read");
    assert!(foreign.is_empty(), "the other tenant's queue is its own");
}

#[tokio::test]
async fn the_page_says_what_halo_has_and_what_is_here() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::ReadOnly, None).await;
    let page = world.get("/sync", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("3 assets here"), "{}", page.body);
    assert!(page.body.contains("An owner, administrator or manager can start one."));
    assert!(!page.body.contains("fields differ"), "nothing has proved that");
    assert!(page.body.contains("Next 5 minutes") && page.body.contains("18 calls are due"));
    assert!(!page.body.contains("Waiting to be written"), "who only reads is shown no writes");
    let owner = world.person(&world.acme, Role::Owner, None).await;
    let page = world.get("/sync?streams=each", &owner).await.body;
    assert!(page.contains("Waiting to be written") && page.contains("written nothing to Halo"));
    assert!(page.contains("Asset statuses") && page.contains("Fold the lists"), "{page}");
    for hostile in ["?show=%3Cscript%3E&before=x", "?show=a&show=b", "?before=%FF", "?x[]=1"] {
        let page = world.get(&format!("/sync{hostile}"), &cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{hostile}");
        assert!(!page.body.contains("<script>"), "{hostile}");
    }
}

#[tokio::test]
async fn runs_are_listed_filtered_and_nobody_elses() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Technician, None).await;
    let mut ids = Vec::new();
    for (outcome, status) in [
        ("done", r#"{"requests": 7, "streams": [{"stream": "assets", "read": 12, "changed": 5}]}"#),
        ("failed", r#"{"error": {"code": "CONN-004", "text": "<script>alert(1)</script>"}}"#),
        ("done", "not json"),
    ] {
        let connection = Some(world.acme.connection);
        let new =
            NewRun { kind: "sync", cause: &RunCause::CommandLine, connection, at_ms: START_MS };
        let id = world.acme.store.run_start(new).await.expect("write");
        let finish = RunFinish { outcome, status, at_ms: START_MS + 5_000 };
        world.acme.store.run_finish(id, finish).await.expect("write");
        ids.push(id);
    }
    let all = world.get("/sync", &cookie).await.body;
    assert!(all.contains("5 changed") && all.contains("CONN-004"), "{all}");
    let problems = world.get("/sync?show=problems", &cookie).await.body;
    assert!(problems.contains("CONN-004") && !problems.contains("5 changed"));
    let changed = world.get("/sync?show=changed", &cookie).await.body;
    assert!(changed.contains("5 changed") && !changed.contains("CONN-004"));
    let first = format!("/sync/runs/{}", ids[0]);
    let page = world.get(&first, &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("5 changed"), "{}", page.body);
    let failed = world.get(&format!("/sync/runs/{}", ids[1]), &cookie).await;
    assert!(failed.body.contains("&lt;script&gt;") && !failed.body.contains("<script>alert"));
    let foreign = world.person(&world.other, Role::Owner, None).await;
    assert_eq!(world.get(&first, &foreign).await.status, StatusCode::NOT_FOUND);
    let absent = "/sync/runs/ffffffff-ffff-ffff-ffff-ffffffffffff";
    assert_eq!(world.get(absent, &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_fragment_is_a_part_and_not_a_page() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Manager, None).await;
    let page = world.get("/sync", &cookie).await.body;
    let src = page.split("src=\"/sync/progress?").nth(1).expect("a part that is read again");
    let src = format!("/sync/progress?{}", src.split('"').next().expect("an end"));
    let quiet = world.get(&src, &cookie).await;
    assert_eq!((quiet.status, quiet.body.as_str()), (StatusCode::OK, ""), "{src}");
    let ended = world.get("/sync/progress?watching=true", &cookie).await.body;
    assert!(ended.contains("data-done-href=\"/sync\"") && !ended.contains("<html"), "{ended}");
    world.post("/sync/now", &cookie, "").await;
    let begun = world.get("/sync/progress?watching=true", &cookie).await.body;
    assert!(begun.contains("waits to begin") && !begun.contains("data-done"), "{begun}");
}

#[tokio::test]
async fn staff_limited_to_clients_see_nothing_of_the_sync() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let clients = Some(vec![RemoteId::new("12")]);
    let cookie = world.person(&world.acme, Role::Manager, clients).await;
    for path in ["/sync", "/sync/progress", "/sync/problems", "/sync/problems/assets/1201"] {
        assert_eq!(world.get(path, &cookie).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(world.post("/sync/now", &cookie, "").await.status, StatusCode::FORBIDDEN);
    assert!(world.acme.store.job_list(10).await.expect("read").is_empty());
}

#[tokio::test]
async fn rows_that_are_understood_are_no_problem() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::ReadOnly, None).await;
    let page = world.get("/sync/problems", &cookie).await;
    assert!(page.body.contains("Every row was understood"), "{}", page.body);
    for path in
        ["/sync/problems/assets/1201", "/sync/problems/nothing/1", "/sync/problems/assets/%00"]
    {
        assert_eq!(world.get(path, &cookie).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

fn held_for(number: u64) -> Held {
    Held {
        code: "SYNC-010".to_owned(),
        text: format!("Applying that would remove {number} <b>."),
        number: Some(number),
        since: START_MS,
    }
}

#[tokio::test]
async fn a_held_stream_is_told_above_every_page_that_shows_its_data() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Technician, None).await;
    let pages = ["/", "/clients", "/clients/11", "/clients/11/assets", "/assets", "/assets/1201"];
    for page in pages {
        let page = world.get(page, &cookie).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains("on hold since") && !page.body.contains("are on hold"));
    }
    world.acme.hold(Stream::Assets, &held_for(412)).await;
    world.acme.hold(Stream::Invoices, &held_for(7)).await;
    for path in pages {
        let page = world.get(path, &cookie).await.body;
        assert!(page.contains("Assets are on hold"), "{path}: {page}");
        assert!(page.contains("would remove 412 &lt;b&gt;"), "{path}");
        assert!(!page.contains("Invoices are on hold"), "{path} shows no invoices");
    }
    let account = world.get("/account", &cookie).await.body;
    assert!(!account.contains("are on hold"), "the account shows no assets");
}

#[tokio::test]
async fn a_held_stream_is_released_by_the_number_typed_and_by_who_may() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    world.acme.hold(Stream::Assets, &held_for(412)).await;
    let url = "/sync/streams/assets/release";
    let manager = world.person(&world.acme, Role::Manager, None).await;
    let page = world.get("/sync", &manager).await.body;
    assert!(page.contains("Assets are on hold") && !page.contains(url), "{page}");
    let refused = world.post(url, &manager, "number=412").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let cookie = world.person(&world.acme, Role::Administrator, None).await;
    assert!(world.get("/sync", &cookie).await.body.contains(url));
    for (typed, words) in [
        ("411", "You typed 411; it is 412. Nothing was released."),
        ("all", "Type the number with digits alone."),
        ("", "Type the number with digits alone."),
    ] {
        let refused = world.post(url, &cookie, &format!("number={typed}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(refused.body.contains(words), "{typed}: {}", refused.body);
        assert!(refused.body.contains(&format!("value=\"{typed}\"")), "what was typed stays");
    }
    let state = async || {
        world.acme.store.stream_state(world.acme.connection, Stream::Assets).await.expect("read")
    };
    assert_eq!(state().await.release, None);
    let done = world.post(url, &cookie, "number=412").await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/sync"));
    assert_eq!(state().await.release.expect("released").number, 412);
    let jobs = world.acme.store.job_list(10).await.expect("read");
    assert_eq!(jobs.iter().filter(|job| job.kind == SYNC_NOW).count(), 1, "Halo is read for it");
    let page = world.get("/sync", &cookie).await.body;
    assert!(page.contains("Released by") && !page.contains(url), "{page}");
    let audit = world.acme.store.audit_list(None, 5).await.expect("read");
    assert!(audit.iter().any(|line| line.audit.action == "sync.release"), "{audit:?}");

    let missing = world.post("/sync/streams/nothing/release", &cookie, "number=1").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let free = world.post("/sync/streams/sites/release", &cookie, "number=1").await;
    assert_eq!(free.status, StatusCode::SEE_OTHER, "there is nothing to release");
    let foreign = world.person(&world.other, Role::Owner, None).await;
    world.post(url, &foreign, "number=412").await;
    let other = world.other.store.audit_list(None, 50).await.expect("read");
    assert!(other.iter().all(|line| line.audit.action != "sync.release"));
}

#[tokio::test]
async fn receipts_are_shown_and_are_nobody_elses() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::ReadOnly, None).await;
    assert!(world.get("/sync/receipts", &cookie).await.body.contains("No receipt yet"));
    let told = ReceiptTold {
        theirs: 3,
        compared: 3,
        differed: 1,
        corrected: 1,
        fields: [("serial <i>".to_owned(), 1)].into(),
        ..ReceiptTold::default()
    };
    let receipt = NewReceipt { kind: ReceiptKind::Scan, told };
    let (store, connection) = (&world.acme.store, world.acme.connection);
    store.receipt_add(connection, Stream::Assets, &receipt, START_MS).await.expect("written");
    let page = world.get("/sync/receipts?stream=assets", &cookie).await.body;
    assert!(
        page.contains("serial &lt;i&gt; in 1") && page.contains("all 1 signatures hold"),
        "{page}"
    );
    assert!(world.get("/sync", &cookie).await.body.contains("/sync/receipts?stream=assets"));
    let others = world.get("/sync/receipts?stream=sites", &cookie).await.body;
    assert!(others.contains("No receipt yet"));
    let foreign = world.person(&world.other, Role::Owner, None).await;
    assert!(world.get("/sync/receipts", &foreign).await.body.contains("No receipt yet"));
    let hostile = world.get("/sync/receipts?stream=%3Cscript%3E&x=1", &cookie).await;
    assert_eq!(hostile.status, StatusCode::OK);
}

#[tokio::test]
async fn a_clients_values_say_where_they_come_from() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::ReadOnly, None).await;
    let overview = world.get("/clients/11", &cookie).await.body;
    assert!(overview.contains("/clients/11/why?of=website"), "{overview}");
    let page = world.get("/clients/11/why?of=name", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("Halo customer 11") && page.body.contains("Name Harrow &amp; Pike LLP")
    );
    assert!(!page.body.contains("customertype"), "only what was asked for");
    let all = world.get("/clients/11/why?of=%3Cscript%3E&of=x", &cookie).await;
    assert!(all.body.contains("customertype") && !all.body.contains("<script>x"));
    assert_eq!(world.get("/clients/99/why", &cookie).await.status, StatusCode::NOT_FOUND);
}
