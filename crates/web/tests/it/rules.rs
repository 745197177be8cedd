//! The rules through their pages: what a preview says is what Apply does, and undo brings back.

use almanac_fleet::{FleetOptions, Fleets, Moment, Tally};
use almanac_model::grade::Grade;
use almanac_model::money::Currency;
use almanac_model::role::Role;
use almanac_store::testing::{Engine, START_MS};
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::asset::{follow, form, hidden};
use crate::world::{Answer, World};

/// Counts and sums as they are now, from a fleet of its own.
async fn tally(world: &World) -> Tally {
    let currency = Currency::new("GBP").expect("three letters");
    let at_ms = START_MS + 60_000;
    let now = Timestamp::from_millisecond(at_ms).expect("an instant").to_zoned(TimeZone::UTC);
    let moment = Moment { on: now.date(), at_ms };
    let fleets = Fleets::new(FleetOptions::new(currency));
    *fleets.get(&world.acme.store, moment).await.expect("a fleet").tally()
}

async fn preview(world: &World, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    world.post("/settings/rules/preview", cookie, &form(fields)).await
}

async fn apply(world: &World, cookie: &str, preview: &Answer) -> Answer {
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.body);
    let value = |name: &str| hidden(&preview.body, name);
    let (change, version, note) = (value("change"), value("version"), value("note"));
    let sent = form(&[("change", &change), ("version", &version), ("note", &note)]);
    world.post("/settings/rules/apply", cookie, &sent).await
}

#[tokio::test]
async fn what_the_preview_says_is_what_apply_does_and_undo_brings_back() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Manager, None).await;
    let before = tally(&world).await;
    assert_eq!((before.of(Grade::Replace), before.of(Grade::Healthy)), (1, 1));
    let fields = [
        ("part", "policies"),
        ("version", "0"),
        ("years.laptop", "10"),
        ("note", "Laptops last longer"),
    ];
    let seen = preview(&world, &cookie, &fields).await;
    for words in [
        "1 asset would change its grade",
        "1 asset turns from Replace to Healthy",
        "Laptop: policy age 10 years instead of 5 years.",
        "HP-LT-014",
        "/assets/1201",
        "less due within 12 months",
        "0 writes to Halo",
        "Apply 1 change",
    ] {
        assert!(seen.body.contains(words), "{words} in {}", seen.body);
    }
    assert_eq!(tally(&world).await, before, "a preview changes nothing");
    let page = follow(&world, &cookie, &apply(&world, &cookie, &seen).await).await.body;
    assert!(page.contains("Rules v1 apply: 1 asset turns from Replace to Healthy"), "{page}");
    assert!(page.contains("/settings/rules/versions/0"), "undo is offered");
    let after = tally(&world).await;
    assert_eq!((after.of(Grade::Replace), after.of(Grade::Healthy)), (0, 2));
    let versions = world.get("/settings/rules/versions", &cookie).await.body;
    assert!(versions.contains("Laptops last longer") && versions.contains("Manager of"));
    let back = world.get("/settings/rules/versions/0", &cookie).await;
    assert!(back.body.contains("1 asset turns from Healthy to Replace"), "{}", back.body);
    follow(&world, &cookie, &apply(&world, &cookie, &back).await).await;
    assert_eq!(tally(&world).await, before);
}

#[tokio::test]
async fn a_preview_of_an_older_version_is_shown_again_and_never_applied() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let one = world.person(&world.acme, Role::Manager, None).await;
    let two = world.person(&world.acme, Role::Administrator, None).await;
    let laptops = [("part", "policies"), ("version", "0"), ("years.laptop", "10")];
    let servers =
        [("part", "policies"), ("version", "0"), ("years.server", "9"), ("years.laptop", "5")];
    let of_one = preview(&world, &one, &laptops).await;
    let of_two = preview(&world, &two, &servers).await;
    assert_eq!(apply(&world, &one, &of_one).await.status, StatusCode::SEE_OTHER);
    let late = apply(&world, &two, &of_two).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("Rules v1 were saved while you were editing"), "{}", late.body);
    // The form as it was before the first change: only what its editor changed is an edit.
    let merged = preview(&world, &two, &servers).await;
    assert!(merged.body.contains("Server: policy age 9 years instead of 7 years."));
    assert!(!merged.body.contains("Laptop: policy age"), "{}", merged.body);
    assert_eq!(apply(&world, &two, &merged).await.status, StatusCode::SEE_OTHER);
    let page = world.get("/settings/rules/policies", &one).await.body;
    assert!(page.contains("Rules v2"));
    assert_eq!(tally(&world).await.of(Grade::Replace), 0, "both changes apply");
    let again = apply(&world, &two, &merged).await;
    assert!(follow(&world, &two, &again).await.body.contains("apply already"));
}

#[tokio::test]
async fn a_type_is_ignored_and_shown_again() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let page = world.get("/settings/rules/kinds", &cookie).await.body;
    assert!(page.contains("Laptop, 100 of 100") && page.contains("kind.type-Server"), "{page}");
    let ignore = [("part", "kinds"), ("version", "0"), ("kind.type-Server", "ignored")];
    let seen = preview(&world, &cookie, &ignore).await;
    assert!(seen.body.contains("Hide 1 asset"), "{}", seen.body);
    apply(&world, &cookie, &seen).await;
    assert_eq!(tally(&world).await.assets, 2);
    let asset = world.get("/assets/1202", &cookie).await.body;
    assert!(asset.contains("Its type is ignored"), "{asset}");
    let show = [("part", "kinds"), ("version", "1"), ("kind.type-Server", "by_name")];
    let seen = preview(&world, &cookie, &show).await;
    assert!(seen.body.contains("Show 1 asset again"), "{}", seen.body);
    apply(&world, &cookie, &seen).await;
    assert_eq!(tally(&world).await.assets, 3);
}

#[tokio::test]
async fn classes_and_grading_are_edited_the_same_way() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let before = tally(&world).await.money_due;
    let fields = [
        ("part", "classes"),
        ("version", "0"),
        ("hardware.2", "2,000.50"),
        ("new_kind", "laptop"),
        ("new_name", "Premium <b>"),
        ("new_hardware", "3000"),
    ];
    let seen = preview(&world, &cookie, &fields).await;
    assert!(seen.body.contains("Apply 2 changes"), "{}", seen.body);
    assert!(seen.body.contains("£501 more due within 12 months"), "{}", seen.body);
    apply(&world, &cookie, &seen).await;
    assert_eq!(tally(&world).await.money_due - before, 50_050);
    let page = world.get("/settings/rules/classes", &cookie).await.body;
    assert!(page.contains("Premium &lt;b&gt;") && page.contains("2000.50"));
    let grading = [("part", "grading"), ("version", "1"), ("months.plan", "60")];
    let seen = preview(&world, &cookie, &grading).await;
    assert!(seen.body.contains("1 asset turns from Healthy to Plan"), "{}", seen.body);
    apply(&world, &cookie, &seen).await;
    assert_eq!(tally(&world).await.of(Grade::Plan), 1);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_is_saved() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let cases = [
        ("policies", "years.laptop", "<script>alert(1)</script>", "Write years as a number"),
        ("policies", "years.laptop", "0.5", "between 1 and 30 years"),
        ("policies", "years.laptop", "", "a policy age is needed"),
        ("policies", "os.laptop", "maybe", "Choose whether it counts"),
        ("policies", "new_client_years", "5", "Choose the client"),
        ("kinds", "kind.type-Server", "spaceship", "Choose a kind"),
        ("classes", "name.2", "", "name is needed"),
        ("classes", "hardware.2", "-5", "Write the amount"),
        ("classes", "new_name", &"x".repeat(200), "longer than 80"),
        ("grading", "order.kept", "2", "give each its own"),
        ("grading", "months.plan", "0", "between 1 and 120 months"),
    ];
    for (part, field, value, repair) in cases {
        let fields = [("part", part), ("version", "0"), ("new_kind", "laptop"), (field, value)];
        let answer = preview(&world, &cookie, &fields).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{field}={value}: {}",
            answer.body
        );
        assert!(answer.body.contains(repair), "{field}={value}: {}", answer.body);
        assert!(!answer.body.contains("<script>alert"));
    }
    let nothing = preview(&world, &cookie, &[("part", "policies"), ("years.laptop", "5")]).await;
    assert!(follow(&world, &cookie, &nothing).await.body.contains("Nothing is changed yet"));
    assert!(world.acme.store.rulebook_current().await.expect("read").is_none());
    for sent in ["", "change=", "change={}", "change=%7B%22edits%22%3A%5B7%5D%7D", "change=%FF"] {
        let answer = world.post("/settings/rules/apply", &cookie, sent).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{sent}");
    }
    assert_eq!(preview(&world, &cookie, &[("part", "x")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        world.get("/settings/rules/versions/77", &cookie).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(world.get("/settings/rules/nothing", &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_may_not_change_the_rules_reads_them() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::ReadOnly, None).await;
    for part in ["kinds", "policies", "classes", "grading", "versions"] {
        let page = world.get(&format!("/settings/rules/{part}"), &cookie).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains("Preview the changes"), "{part}");
        assert!(!page.body.contains("<td></td>"), "{part} has no empty cell");
    }
    for url in ["/settings/rules/preview", "/settings/rules/apply"] {
        assert_eq!(world.post(url, &cookie, "part=kinds").await.status, StatusCode::FORBIDDEN);
    }
    let back = world.get("/settings/rules/versions/0", &cookie).await;
    assert_eq!(back.status, StatusCode::FORBIDDEN);
}
