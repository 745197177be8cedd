//! One asset through its pages: why, edits, conflicts, undo, and who may not.

use almanac_model::chain::Target;
use almanac_model::id::RemoteId;
use almanac_model::role::Role;
use almanac_store::testing::Engine;
use almanac_testkit::{AssetSeed, client};
use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::world::{Answer, World, assets, send};

/// Text that must be shown and never run.
const HOSTILE: &str = "<script>alert(1)</script>";

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(fields);
    text.finish()
}

/// The page after a redirect, with what it was told to say.
pub(crate) async fn follow(world: &World, cookie: &str, answer: &Answer) -> Answer {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let said = answer.cookie("__Host-said").unwrap_or_default();
    world.get(answer.location(), &format!("{cookie}; {said}")).await
}

/// The value of a hidden field.
pub(crate) fn hidden(body: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = body.split_once(&start).unwrap_or_else(|| panic!("no {name} in {body}"));
    let (value, _) = rest.split_once('"').expect("an attribute ends");
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

async fn lock(world: &World, cookie: &str, value: &str, version: &str) -> Answer {
    let sent = form(&[("value", value), ("reason", "invoice D-88213"), ("version", version)]);
    world.post("/assets/1201/edit/purchase_date", cookie, &sent).await
}

#[tokio::test]
async fn why_is_a_page_and_a_part_for_the_popover() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::ReadOnly, None).await;
    let page = world.get("/assets/1201/why", &cookie).await;
    assert!(page.body.starts_with("<!DOCTYPE html>"), "{}", page.status);
    let request = Request::get("/assets/1201/why")
        .header("cookie", &cookie)
        .header("hx-request", "true")
        .body(Body::empty());
    let part = send(&world.app, request.expect("a request")).await.body;
    assert!(part.starts_with("<article"), "{part}");
    for words in [
        "Why Replace?",
        "HP-LT-014",
        "Default lifecycle rules",
        "Policy age, 5",
        "23 months over",
        "One has ended",
        "Halo asset 1201",
        "<code>purchase_date</code>",
        "the first place that is asked",
        "28 May 2026",
        "All 16 field sources",
    ] {
        let is_there = part.contains(words) || part.to_lowercase().contains(&words.to_lowercase());
        assert!(is_there, "{words} in {part}");
    }
    assert!(!part.contains("Keep until a date"), "who only looks is offered no edit");
}

#[tokio::test]
async fn every_value_of_every_asset_answers_why() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let derived = ["kind", "class", "age", "policy", "quarter", "budget"];
    for asset in ["1201", "1202", "1203"] {
        let page = world.get(&format!("/assets/{asset}"), &cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        for of in Target::ALL.map(Target::name).into_iter().chain(derived) {
            let url = format!("/assets/{asset}/why?of={of}");
            assert!(page.body.contains(&url), "{url} is linked");
            let why = world.get(&url, &cookie).await;
            assert_eq!(why.status, StatusCode::OK);
            assert!(
                why.body.contains("Why ") && why.body.contains("<article class=\"why\""),
                "{url}"
            );
        }
        let odd = world.get(&format!("/assets/{asset}/why?of=%00&of=x&done=y"), &cookie).await;
        assert!(odd.status == StatusCode::OK || odd.status.is_client_error());
    }
}

#[tokio::test]
async fn a_lock_holds_through_the_next_scan_and_unlocking_shows_both_values() {
    let Some(mut world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Technician, None).await;
    let page = follow(&world, &cookie, &lock(&world, &cookie, "2025-05-01", "0").await).await;
    assert!(page.body.contains("HP-LT-014 turns from Replace to Healthy"), "{}", page.body);
    assert!(page.body.contains("Undo"));
    let mut changed = assets();
    changed[0] = AssetSeed::new("1201", "HP-LT-014", "11", "Laptop")
        .with(Target::PurchaseDate, "2018-01-01");
    let clients = vec![client("11", "Harrow & Pike LLP"), client("12", "Ostler Freight")];
    world.acme.scan(clients, &changed).await;
    let page = world.get("/assets/1201", &cookie).await.body;
    assert!(page.contains("1 May 2025") && page.contains("locked here"), "{page}");
    let why = world.get("/assets/1201/why?of=purchase_date", &cookie).await.body;
    for words in
        ["Locked by", "invoice D-88213", "Halo says", "1 Jan 2018", "10 Jun 2019", "Earlier"]
    {
        assert!(why.contains(words), "{words} in {why}");
    }
    let edit = world.get("/assets/1201/edit/purchase_date", &cookie).await.body;
    assert!(edit.contains("Unlock") && edit.contains("1 May 2025") && edit.contains("1 Jan 2018"));
    let clear = form(&[("act", "clear"), ("version", "1")]);
    let unlocked = world.post("/assets/1201/edit/purchase_date", &cookie, &clear).await;
    let page = follow(&world, &cookie, &unlocked).await.body;
    assert!(page.contains("turns from Healthy to Replace") && page.contains("follows Halo again"));
}

#[tokio::test]
async fn what_two_people_change_is_merged_by_field_and_asked_about_in_one() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let first = world.person(&world.acme, Role::Technician, None).await;
    let second = world.person(&world.acme, Role::Manager, None).await;
    assert_eq!(lock(&world, &first, "2024-01-31", "0").await.status, StatusCode::SEE_OTHER);
    let keep = form(&[("value", "2027-03-01"), ("reason", "spare <b>parts</b>"), ("version", "0")]);
    let merged = world.post("/assets/1201/edit/kept", &second, &keep).await;
    let page = follow(&world, &second, &merged).await.body;
    assert!(page.contains("to Kept: kept until 1 Mar 2027"), "{page}");
    assert!(page.contains("31 Jan 2024"), "the other's change stays");
    assert!(page.contains("Decided by") && page.contains("spare &lt;b&gt;parts"), "{page}");
    let refused = lock(&world, &second, "2023-02-02", "0").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    for words in ["changed while you were editing", "Technician of", "31 Jan 2024", "2 Feb 2023"] {
        assert!(refused.body.contains(words), "{words} in {}", refused.body);
    }
    let version = hidden(&refused.body, "version");
    let chosen = |keep: &'static str| {
        form(&[
            ("version", &version),
            ("act", "set"),
            ("value", "2023-02-02"),
            ("reason", "invoice D-88213"),
            ("keep", keep),
        ])
    };
    let url = "/assets/1201/edit/purchase_date";
    world.post(url, &second, &chosen("theirs")).await;
    assert!(world.get("/assets/1201", &second).await.body.contains("31 Jan 2024"));
    let mine = world.post(url, &second, &chosen("mine")).await;
    assert!(follow(&world, &second, &mine).await.body.contains("2 Feb 2023"));
    let again = world.post(url, &second, &chosen("mine")).await;
    assert!(follow(&world, &second, &again).await.body.contains("Nothing changed"));
}

#[tokio::test]
async fn undo_brings_back_what_was_and_not_what_somebody_else_decided() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Manager, None).await;
    let grade = |value: &'static str, version: &'static str| {
        form(&[("value", value), ("reason", "it is a spare"), ("version", version)])
    };
    let url = "/assets/1201/edit/manual";
    world.post(url, &cookie, &grade("plan", "0")).await;
    let done = world.post(url, &cookie, &grade("healthy", "1")).await;
    let page = follow(&world, &cookie, &done).await.body;
    assert!(page.contains("turns from Plan to Healthy"), "{page}");
    let stale = world.post("/assets/1201/undo", &cookie, "version=1").await;
    assert!(follow(&world, &cookie, &stale).await.body.contains("Nothing is undone"));
    let undone = world.post("/assets/1201/undo", &cookie, "version=2").await;
    assert!(follow(&world, &cookie, &undone).await.body.contains("turns from Healthy to Plan"));
    let clear = world.post(url, &cookie, "act=clear&version=3").await;
    assert!(follow(&world, &cookie, &clear).await.body.contains("turns from Plan to Replace"));
}

#[tokio::test]
async fn a_class_is_chosen_among_those_of_the_kind() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Technician, None).await;
    let wrong = world.post("/assets/1201/edit/class", &cookie, "value=5&version=0").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "5 is the servers' class");
    let right = world.post("/assets/1201/edit/class", &cookie, "value=2&version=0").await;
    let page = follow(&world, &cookie, &right).await.body;
    assert!(page.contains("its class is Standard"), "{page}");
}

#[tokio::test]
async fn what_is_refused_keeps_what_was_typed() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Technician, None).await;
    for (value, repair) in
        [("2031-01-01", "in the future"), ("1900-01-01", "not set"), ("31/31/2020", "2024-03-31")]
    {
        let sent = form(&[("value", value), ("reason", HOSTILE), ("version", "0")]);
        let answer = world.post("/assets/1201/edit/purchase_date", &cookie, &sent).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(repair) && answer.body.contains(value), "{value}");
        assert!(!answer.body.contains(HOSTILE) && answer.body.contains("&lt;script&gt;"));
    }
    let huge = form(&[("value", &"x".repeat(5_000)), ("version", "9999999999999999999")]);
    let answer = world.post("/assets/1201/edit/notes", &cookie, &huge).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["nothing", "%00", "kind"] {
        let url = format!("/assets/1201/edit/{field}");
        assert_eq!(world.get(&url, &cookie).await.status, StatusCode::NOT_FOUND, "{field}");
        assert_eq!(world.post(&url, &cookie, "value=1").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn text_from_halo_and_people_is_shown_and_never_run() {
    let Some(mut world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let long = "very long ".repeat(200);
    let seed = AssetSeed::new("1201", HOSTILE, "11", HOSTILE)
        .with(Target::Notes, HOSTILE)
        .with(Target::Model, &long)
        .with(Target::PurchaseDate, HOSTILE);
    world.acme.scan(vec![client("11", HOSTILE)], &[seed]).await;
    let sent = form(&[("value", HOSTILE), ("reason", HOSTILE), ("version", "0")]);
    let locked = world.post("/assets/1201/edit/hostname", &cookie, &sent).await;
    assert!(!follow(&world, &cookie, &locked).await.body.contains(HOSTILE));
    for url in [
        "/assets/1201",
        "/assets/1201/why",
        "/assets/1201/why?of=hostname",
        "/assets/1201/why?of=purchase_date",
        "/assets/1201/edit/hostname",
        "/assets/1201/edit/kept",
        "/settings/rules",
    ] {
        let answer = world.get(url, &cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{url}");
        assert!(!answer.body.contains("<script>alert"), "{url}");
        assert!(answer.body.contains("&lt;script&gt;alert"), "{url} shows it");
    }
}

#[tokio::test]
async fn who_may_not_is_told_and_who_may_not_know_finds_nothing() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let reader = world.person(&world.acme, Role::ReadOnly, None).await;
    for url in ["/assets/1201/edit/kept", "/assets/1201/edit/purchase_date"] {
        assert_eq!(world.get(url, &reader).await.status, StatusCode::FORBIDDEN);
        assert_eq!(world.post(url, &reader, "act=clear").await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(world.post("/assets/1201/undo", &reader, "").await.status, StatusCode::FORBIDDEN);
    let only = vec![RemoteId::new("12")];
    let limited = world.person(&world.acme, Role::Technician, Some(only)).await;
    for url in ["/assets/1201", "/assets/1201/why", "/assets/1201/edit/kept"] {
        let theirs = world.get(url, &limited).await;
        let absent = world.get(&url.replace("1201", "424242"), &limited).await;
        assert_eq!((theirs.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        assert_eq!(theirs.body, absent.body);
    }
    let sent = form(&[("value", "2027-03-01"), ("reason", "why"), ("version", "0")]);
    let refused = world.post("/assets/1201/edit/kept", &limited, &sent).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get("/assets/1203", &limited).await.status, StatusCode::OK);
    let rules = world.get("/settings/rules/policies", &limited).await;
    assert_eq!(rules.status, StatusCode::OK);
    assert!(!rules.body.contains("Harrow"));
}
