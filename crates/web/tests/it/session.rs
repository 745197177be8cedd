//! Set-up, sign-in, sessions, and a form whose session ended.

use almanac_model::role::Role;
use almanac_store::testing::{Engine, fresh};
use almanac_testkit::OWNER_PASSWORD;
use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::world::{Answer, SETUP_CODE, World, app, send};

fn form(fields: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(fields);
    text.finish()
}

async fn sign_in(world: &World, email: &str, password: &str) -> Answer {
    world.post("/sign-in", "", &form(&[("email", email), ("password", password)])).await
}

#[tokio::test]
async fn the_first_person_sets_almanac_up_with_the_code_and_only_once() {
    let Some(test) = fresh(Engine::Sqlite).await else { return };
    let app = app(&test);
    let post = |fields: &[(&str, &str)]| {
        let request = Request::post("/setup")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form(fields)))
            .expect("a request");
        send(&app, request)
    };
    let first = send(&app, Request::get("/sign-in").body(Body::empty()).expect("a request")).await;
    assert_eq!(first.location(), "/setup");
    let good = [
        ("code", SETUP_CODE),
        ("msp", "Calder Ridge IT"),
        ("email", "Ruth@calder-ridge.example"),
        ("password", OWNER_PASSWORD),
    ];
    let wrong = post(&[("code", "guess"), good[1], good[2], ("password", "short")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Copy the code") && wrong.body.contains("12 characters"));
    assert!(wrong.body.contains("Calder Ridge IT") && !wrong.body.contains("short\""));
    assert!(test.is_empty().await.expect("read"));
    let done = post(&good).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/"));
    assert!(done.cookie("__Host-almanac").is_some());
    let again = post(&good).await;
    assert_eq!(again.location(), "/sign-in");
    assert_eq!(test.tenant_list().await.expect("read").len(), 1);
}

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let done = sign_in(&world, "Owner@ACME.example ", OWNER_PASSWORD).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/"), "{}", done.body);
    let cookie = done.cookie("__Host-almanac").expect("a session");
    let raw = done.headers["set-cookie"].to_str().expect("text");
    for part in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(raw.contains(part), "{raw}");
    }
    let account = world.get("/account", &cookie).await;
    assert_eq!(account.status, StatusCode::OK);
    assert!(account.body.contains("owner@acme.example"));
    let out = world.post("/sign-out", &cookie, "").await;
    assert_eq!(out.location(), "/sign-in");
    assert_eq!(world.get("/account", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_told_alike_and_slowed() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let wrong = sign_in(&world, "owner@acme.example", "not the password").await;
    let unknown = sign_in(&world, "nobody@acme.example", "not the password").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.body.replace("owner", "nobody"), unknown.body);
    let mut last = wrong;
    for _ in 0..6 {
        last = sign_in(&world, "owner@acme.example", "not the password").await;
    }
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    let right = sign_in(&world, "owner@acme.example", OWNER_PASSWORD).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "the wait holds for the right one too");
}

#[tokio::test]
async fn a_form_whose_session_ended_is_kept_but_for_its_secrets() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let typed = form(&[("name", "Ruth <Adeyemi>"), ("theme", "dark"), ("password", "hush-hush")]);
    let ended = world.post("/account/profile", "", &typed).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);
    assert!(ended.body.contains("kept_action") && ended.body.contains("Ruth+%3CAdeyemi%3E"));
    assert!(!ended.body.contains("hush-hush"));
    let again = form(&[
        ("email", "owner@acme.example"),
        ("password", OWNER_PASSWORD),
        ("kept_action", "/account/profile"),
        ("kept", "name=Ruth+%3CAdeyemi%3E&theme=dark"),
    ]);
    let go_on = world.post("/sign-in", "", &again).await;
    assert_eq!(go_on.status, StatusCode::OK);
    assert!(go_on.body.contains("Ruth &lt;Adeyemi&gt;"), "{}", go_on.body);
    let cookie = go_on.cookie("__Host-almanac").expect("a session");
    let sent = world.post("/account/profile", &cookie, "name=Ruth+%3CAdeyemi%3E&theme=dark").await;
    assert_eq!(sent.location(), "/account");
    let account = world.get("/account", &cookie).await;
    assert!(
        account.body.contains("data-theme=\"dark\"")
            && account.body.contains("Ruth &lt;Adeyemi&gt;")
    );
}

#[tokio::test]
async fn a_form_from_another_site_changes_nothing() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Manager, None).await;
    let request = Request::post("/account/profile")
        .header("cookie", &cookie)
        .header("host", "almanac.example")
        .header("origin", "https://evil.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("name=Mallory"))
        .expect("a request");
    assert_eq!(send(&world.app, request).await.status, StatusCode::FORBIDDEN);
    assert!(!world.get("/account", &cookie).await.body.contains("Mallory"));
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let first = sign_in(&world, "owner@acme.example", OWNER_PASSWORD).await;
    let second = sign_in(&world, "owner@acme.example", OWNER_PASSWORD).await;
    let (first, second) = (first.cookie("__Host-almanac"), second.cookie("__Host-almanac"));
    let (first, second) = (first.expect("a session"), second.expect("a session"));
    let wrong = form(&[("password", "wrong"), ("new_password", "four words are easier")]);
    let refused = world.post("/account/password", &first, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = form(&[("password", OWNER_PASSWORD), ("new_password", "four words are easier")]);
    assert_eq!(world.post("/account/password", &first, &right).await.location(), "/account");
    assert_eq!(world.get("/account", &first).await.status, StatusCode::OK);
    assert_eq!(world.get("/account", &second).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn bodies_that_are_huge_or_no_form_are_refused() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Manager, None).await;
    let huge = format!("name={}", "x".repeat(2 << 20));
    let answer = world.post("/account/profile", &cookie, &huge).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    for broken in ["\u{0}", "name", "theme=neither", "name=a&name=b"] {
        let answer = world.post("/account/profile", &cookie, broken).await;
        assert!(answer.status.is_client_error(), "{broken:?}: {}", answer.status);
    }
    // What is no UTF-8 is shown as such and harms nobody.
    let answer = world.post("/account/profile", &cookie, "name=%FF%FEx").await;
    assert_eq!(answer.location(), "/account");
    assert!(world.get("/account", &cookie).await.body.contains('\u{fffd}'));
}
