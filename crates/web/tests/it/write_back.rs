//! What is written to Halo as a person decides it: switch, plan, approve, look, take back.

use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::id::RemoteId;
use almanac_model::role::Role;
use almanac_model::write::{SeenValues, WriteFeature, WriteState};
use almanac_store::testing::{Engine, START_MS};
use almanac_store::{ClaimJobs, LeaseTake, OpenWrite, Settle, WriteMode};
use almanac_testkit::{AssetSeed, SeededTenant, client};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::asset::{follow, form, hidden};
use crate::world::{Answer, World, assets};

const ON: &str = "mode=on";

async fn lock(world: &World, cookie: &str, asset: &str, value: &str) {
    let sent = form(&[("value", value), ("reason", "invoice"), ("version", "0")]);
    let answer = world.post(&format!("/assets/{asset}/edit/purchase_date"), cookie, &sent).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

async fn switch(world: &World, cookie: &str, mode: &str) -> Answer {
    world.post("/write-back/switches/asset_fields", cookie, mode).await
}

/// Presses "Plan": where the plan is.
async fn make(world: &World, cookie: &str) -> String {
    let page = world.get("/write-back", cookie).await.body;
    let (_, button) = page.split_once("action=\"/write-back/plans\"").expect("something to plan");
    let sent = form(&[("id", &hidden(button, "id")), ("feature", "asset_fields")]);
    let made = world.post("/write-back/plans", cookie, &sent).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let again = world.post("/write-back/plans", cookie, &sent).await;
    assert_eq!(again.location(), made.location(), "a form that is sent twice makes one plan");
    made.location().to_owned()
}

/// Two locked dates and a plan of them.
async fn planned(world: &World, cookie: &str) -> String {
    lock(world, cookie, "1201", "2021-06-10").await;
    lock(world, cookie, "1203", "2026-02-05").await;
    make(world, cookie).await
}

/// Carries out what is approved, as background work would: each write ends as `state` says.
async fn carry_out(
    tenant: &SeededTenant,
    state: WriteState,
    problem: Option<(&str, &str)>,
) -> usize {
    let name = format!("push:{}", tenant.connection);
    let take =
        LeaseTake { name: &name, owner: "a test", ttl_ms: 3_600_000, now_ms: START_MS + 60_000 };
    let fence = tenant.store.lease_take(take, |_| false).await.expect("the database works");
    let fence = fence.expect("nobody else pushes");
    let mut count = 0;
    while let Some(write) = tenant.store.outbox_next(tenant.connection, &[]).await.expect("read") {
        assert!(tenant.store.outbox_begin(&fence, &write).await.expect("begun"));
        let write = seen(write, state);
        let settle = Settle {
            fence: &fence,
            connection: tenant.connection,
            write: &write,
            state,
            problem: problem.map(|(code, words)| (code, words.to_owned())),
            was_sent: state == WriteState::Applied,
            record: None,
            at_ms: START_MS + 60_000,
        };
        tenant.store.outbox_settle(&settle).await.expect("settled");
        count += 1;
    }
    count
}

fn seen(mut write: OpenWrite, state: WriteState) -> OpenWrite {
    for field in &mut write.entry.fields {
        let after = if state == WriteState::Applied { &field.wanted } else { &field.base };
        field.seen = Some(SeenValues { before: field.base.clone(), after: after.clone() });
    }
    write
}

#[tokio::test]
async fn a_locked_value_is_planned_approved_written_and_taken_back() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let empty = world.get("/write-back", &cookie).await.body;
    assert!(empty.contains("Nothing waits to be planned") && empty.contains("never switched"));
    assert!(empty.contains("Almanac has written nothing to Halo"), "{empty}");
    let url = planned(&world, &cookie).await;
    let page = world.get(&url, &cookie).await.body;
    for words in [
        "2 writes wait for approval",
        "HP-LT-014",
        "OF-LT-001",
        "10 Jun 2019",
        "10 Jun 2021",
        "<code>purchase_date</code>",
        "Writing this is switched off",
        "0 writes to Halo",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let overview = world.get("/write-back", &cookie).await.body;
    assert!(overview.contains("2 locked values are in a plan that waits"), "{overview}");
    let asset = world.get("/assets/1201", &cookie).await.body;
    assert!(asset.contains("href=\"/write-back\">Not written to Halo"), "{asset}");
    let approve = format!("{url}/approve");
    let refused = world.post(&approve, &cookie, "write=0&write=1").await;
    let refused = follow(&world, &cookie, &refused).await.body;
    assert!(refused.contains("Nothing is approved: writing this is switched off"), "{refused}");

    let switched = follow(&world, &cookie, &switch(&world, &cookie, ON).await).await.body;
    assert!(switched.contains("Other asset fields: on."), "{switched}");
    assert!(switched.contains("switched by Owner of acme"), "{switched}");
    let none = follow(&world, &cookie, &world.post(&approve, &cookie, "write=7").await).await.body;
    assert!(none.contains("tick at least one write"), "{none}");
    let approved = world.post(&approve, &cookie, "write=0&write=1").await;
    let going = follow(&world, &cookie, &approved).await.body;
    assert!(going.contains("2 writes approved.") && going.contains("<live-part"), "{going}");
    let twice = follow(&world, &cookie, &world.post(&approve, &cookie, "write=0").await).await.body;
    assert!(twice.contains("it is carried out once"), "{twice}");
    let part = world.get(&format!("{url}/progress"), &cookie).await.body;
    assert!(part.contains("Being written: 0 of 2 done") && !part.contains("data-done"), "{part}");

    assert_eq!(carry_out(&world.acme, WriteState::Applied, None).await, 2);
    let part = world.get(&format!("{url}/progress"), &cookie).await.body;
    assert!(part.contains("data-done"), "{part}");
    let ended = world.get(&url, &cookie).await.body;
    assert!(ended.contains(">2 written<") && ended.contains("Undo 2 writes"), "{ended}");
    let undo = form(&[("id", &hidden(&ended, "id"))]);
    let back = world.post(&format!("{url}/undo"), &cookie, &undo).await;
    assert_ne!(back.location(), url);
    let again = world.post(&format!("{url}/undo"), &cookie, &undo).await;
    assert_eq!(again.location(), back.location(), "an undo that is sent twice makes one plan");
    let page = world.get(back.location(), &cookie).await.body;
    for words in
        ["Taking back: 2 writes wait for approval", &url, "Approve 2 writes", "2 writes to Halo"]
    {
        assert!(page.contains(words), "{words} in {page}");
    }
    let first = world.get(&url, &cookie).await.body;
    assert!(first.contains("Another plan takes it back") && !first.contains("Undo 2 writes"));
}

#[tokio::test]
async fn what_is_not_ticked_is_left_out_and_an_earlier_date_is_not_ticked() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Manager, None).await;
    let owner = world.person(&world.acme, Role::Owner, None).await;
    lock(&world, &cookie, "1203", "2025-01-05").await;
    lock(&world, &cookie, "1201", "2021-06-10").await;
    switch(&world, &owner, "mode=rehearsal").await;
    let url = make(&world, &cookie).await;
    let page = world.get(&url, &cookie).await.body;
    for words in ["Approve 1 write<", "Leave out 1 write until ticked", "Rehearse 1 write"] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let (first, second) = (page.find("OF-LT-001"), page.find("HP-LT-014"));
    assert!(first < second, "what is risky stands first");
    let ticked: Vec<&str> = page.split("name=\"write\"").skip(1).collect();
    assert!(!ticked[0].split('>').next().unwrap_or_default().contains("checked"));
    assert!(ticked[1].split('>').next().unwrap_or_default().contains("checked"));
    let place = hidden(&page.replace("name=\"write\" value=\"1\"", ""), "write");
    let sent = form(&[("write", &place)]);
    let approved = world.post(&format!("{url}/approve"), &cookie, &sent).await;
    let page = follow(&world, &cookie, &approved).await.body;
    assert!(page.contains("1 write approved as a rehearsal: nothing is sent to Halo."), "{page}");
    let left = ("WRITE-024", "it would have been sent");
    assert_eq!(carry_out(&world.acme, WriteState::Rehearsed, Some(left)).await, 1);
    let page = world.get(&url, &cookie).await.body;
    assert!(page.contains("1 rehearsed, not sent, 1 left out"), "{page}");
    assert!(!page.contains("Undo 1 write"), "nothing was written");
}

#[tokio::test]
async fn what_waits_for_a_person_says_what_to_do() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    switch(&world, &cookie, ON).await;
    let url = planned(&world, &cookie).await;
    world.post(&format!("{url}/approve"), &cookie, "write=0&write=1").await;
    let problem = ("WRITE-022", "Asset <b>locked</b> by a workflow");
    carry_out(&world.acme, WriteState::Refused, Some(problem)).await;
    let page = world.get(&url, &cookie).await.body;
    for words in [
        ">2 need you<",
        "Asset &lt;b&gt;locked&lt;/b&gt; by a workflow",
        "Mend what Halo names",
        "HP-LT-014, OF-LT-001",
        "WRITE-022",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert_eq!(page.matches("Mend what Halo names").count(), 1, "the same is said once");
    assert!(!page.contains("Undo "), "nothing was written");
    let overview = world.get("/write-back", &cookie).await.body;
    assert!(overview.contains("2 need you") && overview.contains("Plan 2 writes"), "{overview}");
}

/// The work of an approved plan fails, and is tried again then, or not before somebody says so.
async fn fail_job(world: &World, why: &str, retry_at: Option<i64>) {
    let claim = ClaimJobs {
        owner: "a test",
        lease_ms: 1_000,
        now_ms: START_MS + 60_000,
        limit: 1,
        kinds: &["push_writes"],
        tenant_running_max: 1,
    };
    let jobs = world.test.job_claim(&claim).await.expect("claimed");
    world.test.job_fail(&jobs[0], why, retry_at, START_MS + 60_000).await.expect("failed");
}

#[tokio::test]
async fn a_plan_that_does_not_go_on_says_why_and_goes_on_when_asked() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    switch(&world, &cookie, ON).await;
    let url = planned(&world, &cookie).await;
    world.post(&format!("{url}/approve"), &cookie, &form(&[("write", "0")])).await;
    let going = world.get(&url, &cookie).await.body;
    assert!(going.contains("1 write to go") && !going.contains("Go on"), "{going}");

    fail_job(&world, "Halo <b>is away</b>", Some(START_MS + 7_200_000)).await;
    let away = world.get(&url, &cookie).await.body;
    for words in ["Halo could not be written to", "Halo &lt;b&gt;is away", "Try now"] {
        assert!(away.contains(words), "{words} in {away}");
    }
    let part = world.get(&format!("{url}/progress"), &cookie).await.body;
    assert!(part.contains("data-done") && part.contains("It does not go on."), "{part}");
    let now = world.post(&format!("{url}/go-on"), &cookie, "").await;
    assert!(follow(&world, &cookie, &now).await.body.contains("It goes on now."));
    assert!(!world.get(&url, &cookie).await.body.contains("Try now"), "it is about to go on");

    fail_job(&world, "no right to write", None).await;
    let stopped = world.get(&url, &cookie).await.body;
    for words in ["Writing has stopped", "no right to write", "Go on", "href=\"/connection\""] {
        assert!(stopped.contains(words), "{words} in {stopped}");
    }
    world.post(&format!("{url}/go-on"), &cookie, "").await;
    assert_eq!(carry_out(&world.acme, WriteState::Applied, None).await, 1);
    let ended = world.post(&format!("{url}/go-on"), &cookie, "").await;
    let ended = follow(&world, &cookie, &ended).await.body;
    assert!(ended.contains("Nothing of it is left to write."), "{ended}");
}

#[tokio::test]
async fn a_plan_is_given_up_and_can_be_made_again() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let url = planned(&world, &cookie).await;
    let given_up = world.post(&format!("{url}/give-up"), &cookie, "").await;
    let page = follow(&world, &cookie, &given_up).await.body;
    assert!(page.contains("2 writes given up; nothing of it is sent."), "{page}");
    assert!(page.contains(">2 writes given up<"), "{page}");
    let again = world.post(&format!("{url}/give-up"), &cookie, "").await;
    let again = follow(&world, &cookie, &again).await.body;
    assert!(again.contains("Nothing was left to give up."), "{again}");
    let second = make(&world, &cookie).await;
    assert_ne!(second, url);
    let list = world.get("/write-back", &cookie).await.body;
    assert!(list.contains("given up") && list.contains("waits for approval"), "{list}");
    assert_eq!(world.get("/write-back?before=x", &cookie).await.status, StatusCode::OK);
    let earlier = async |of: &str| {
        let plan = of.rsplit('/').next().expect("an address");
        world.get(&format!("/write-back?before={plan}"), &cookie).await.body
    };
    // Both were made in one instant: either may come first.
    let pages = [earlier(&url).await, earlier(&second).await];
    let is_last = |page: &&String| page.contains("There is no plan before these.");
    assert_eq!(pages.iter().filter(is_last).count(), 1, "{pages:?}");
    for (page, other) in pages.iter().zip([&second, &url]) {
        assert_ne!(is_last(&page), page.contains(&format!("href=\"{other}\"")), "{page}");
    }
}

#[tokio::test]
async fn a_program_reads_plans_and_how_each_write_went() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let read = async |path: &str| -> Value {
        let answer = world.get(path, &cookie).await;
        serde_json::from_str(&answer.body).expect("JSON")
    };
    assert_eq!(read("/api/v1/write-plans").await["items"], json!([]));
    let first = planned(&world, &cookie).await;
    world.post(&format!("{first}/give-up"), &cookie, "").await;
    let second = make(&world, &cookie).await;
    switch(&world, &cookie, ON).await;
    world.post(&format!("{second}/approve"), &cookie, "write=0").await;
    carry_out(&world.acme, WriteState::Conflict, Some(("WRITE-020", "It has another date."))).await;

    let page = read("/api/v1/write-plans?limit=1").await;
    let next = page["next_cursor"].as_str().expect("there is one more");
    let rest = read(&format!("/api/v1/write-plans?cursor={next}")).await;
    assert_eq!(rest["next_cursor"], Value::Null);
    // Both were made in one instant: either may come first.
    let mut plans = [page["items"].clone(), rest["items"].clone()].map(|mut items| items[0].take());
    plans.sort_by_key(|plan| plan["approved_by"].is_null());
    let [plan, given_up] = &plans;
    assert_eq!(
        (&plan["approved_by"], &given_up["approved_by"]),
        (&json!("Owner of acme"), &Value::Null)
    );
    assert_eq!(plan["feature"], "asset_fields");
    let counts = json!([{"state": "conflict", "count": 1}, {"state": "discarded", "count": 1}]);
    assert_eq!(plan["counts"], counts);

    let address = format!("/api/v1/write-plans/{}", plan["id"].as_str().expect("an id"));
    let detail = read(&address).await;
    let write = &detail["writes"][0];
    assert_eq!((&write["asset"], &write["name"]), (&json!("1201"), &json!("HP-LT-014")));
    let problem = json!({"code": "WRITE-020", "text": "It has another date."});
    assert_eq!((&write["state"], &write["problem"]), (&json!("conflict"), &problem));
    let field = &write["fields"][0];
    assert_eq!(field["target"], "purchase_date");
    assert_eq!(field["field"]["name"], "purchase_date");
    assert_eq!((&field["base"], &field["wanted"]), (&json!("2019-06-10"), &json!("2021-06-10")));
    assert_eq!(field["seen"], json!({"before": "2019-06-10", "after": "2019-06-10"}));

    let lesser = world.person(&world.acme, Role::Technician, None).await;
    let stranger = world.person(&world.other, Role::Owner, None).await;
    for (path, cookie, want) in [
        (address.as_str(), &lesser, 403),
        (address.as_str(), &stranger, 404),
        (&format!("/api/v1/write-plans?cursor={next}"), &stranger, 409),
    ] {
        assert_eq!(world.get(path, cookie).await.status.as_u16(), want, "{path}");
    }
    assert_eq!(read("/api/v1/write-plans?cursor=x").await["status"], 400);
}

#[tokio::test]
async fn only_who_may_plans_and_switches_and_no_other_tenants_plan_is_there() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let owner = world.person(&world.acme, Role::Owner, None).await;
    let manager = world.person(&world.acme, Role::Manager, None).await;
    let lesser = world.person(&world.acme, Role::Technician, None).await;
    let limited = Some(vec![RemoteId::new("11")]);
    let limited = world.person(&world.acme, Role::Manager, limited).await;
    let stranger = world.person(&world.other, Role::Owner, None).await;
    let url = planned(&world, &owner).await;
    for (cookie, want) in [(&lesser, 403), (&limited, 403), (&manager, 200), (&stranger, 404)] {
        assert_eq!(world.get(&url, cookie).await.status.as_u16(), want);
    }
    for act in ["approve", "give-up", "undo"] {
        let sent = "write=0&id=00000000-0000-0000-0000-000000000001";
        let answer = world.post(&format!("{url}/{act}"), &stranger, sent).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}");
    }
    assert_eq!(
        world.get(&format!("{url}/progress"), &stranger).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(switch(&world, &manager, ON).await.status, StatusCode::FORBIDDEN);
    let page = world.get("/write-back", &manager).await.body;
    assert!(page.contains("An owner or administrator switches it."), "{page}");
    assert!(!page.contains("/write-back/switches/"), "{page}");
    let asset = world.get("/assets/1201", &lesser).await.body;
    assert!(asset.contains("Not written to Halo") && !asset.contains("href=\"/write-back\""));
    for wrong in ["mode=yes", "", "mode=off&mode=on"] {
        let status = switch(&world, &owner, wrong).await.status;
        assert!(status.is_client_error(), "{wrong}: {status}");
    }
    let unknown = world.post("/write-back/switches/passwords", &owner, ON).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let switches = world.acme.store.write_switch_list(world.acme.connection).await.expect("read");
    assert!(switches.iter().all(|switch| switch.mode == WriteMode::Off));
}

#[tokio::test]
async fn names_that_are_markup_are_shown_as_text() {
    let Some(mut world) = World::new(Engine::Sqlite).await else { return };
    let hostile = "<script>alert(1)</script>";
    let mut all = assets();
    all[0] =
        AssetSeed::new("1201", hostile, "11", "Laptop").with(Target::PurchaseDate, "2019-06-10");
    world.acme.scan(vec![client("11", hostile), client("12", "Ostler Freight")], &all).await;
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    switch(&world, &cookie, ON).await;
    let url = planned(&world, &cookie).await;
    let page = world.get(&url, &cookie).await.body;
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script>alert"), "{page}");
    let by = Author::user("9", hostile);
    let connection = world.acme.connection;
    let feature = WriteFeature::WarrantyDates;
    let store = &world.acme.store;
    store
        .write_switch_set(connection, feature, WriteMode::Rehearsal, &by, START_MS)
        .await
        .expect("switched");
    let page = world.get("/write-back", &cookie).await.body;
    assert!(page.contains("switched by &lt;script&gt;") && !page.contains("<script>alert"));
}
