//! Set-up, sign-in, sessions, and a form whose session ended.

use almanac_model::role::Role;
use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{ChangedBy, NewPassword, NewUser, User};
use almanac_testkit::OWNER_PASSWORD;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use secrecy::SecretString;

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

/// Somebody with one address and one password in both tenants, and one more password in `other`.
async fn person_of_both(world: &World) -> (User, User) {
    let new = |at: &str, role| NewUser {
        email: "both@msp.example".to_owned(),
        name: format!("Both at {at}"),
        role,
        clients: None,
        password: SecretString::from("the same password"),
        actor: "a test".to_owned(),
        at_ms: START_MS,
    };
    let acme = world.acme.store.user_create(new("acme", Role::Manager)).await.expect("made");
    let other = world.other.store.user_create(new("other", Role::ReadOnly)).await.expect("made");
    (acme, other)
}

#[tokio::test]
async fn a_password_that_is_right_in_two_tenants_asks_which_is_meant() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let (_, there) = person_of_both(&world).await;
    let fields = [("email", "both@msp.example"), ("password", "the same password")];
    let typed = form(&[&fields[..], &[("next", "/account?tab=1")]].concat());
    let asked = world.post("/sign-in", "", &typed).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    assert!(asked.body.contains("acme, as Manager") && asked.body.contains("other, as Read only"));
    assert_eq!(asked.cookie("__Host-almanac"), None, "nobody is signed in yet");
    let proof = asked.cookie("__Host-almanac-choice").expect("a proof");
    assert_eq!(world.get("/account", &proof).await.status, StatusCode::SEE_OTHER);
    for (number, cookie) in [("", &proof), ("777", &proof), ("x", &proof)] {
        let choice = form(&[("tenant", number), ("next", "/account?tab=1")]);
        let refused = world.post("/sign-in/msp", cookie, &choice).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
        assert!(refused.body.contains("Choose one of these"), "{}", refused.body);
    }
    for seed in [&world.other, &world.acme] {
        let number = seed.tenant.id.0.to_string();
        let choice = form(&[("tenant", &number), ("next", "/account?tab=1")]);
        let forged = world.post("/sign-in/msp", "__Host-almanac-choice=AAAA", &choice).await;
        assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            forged.body.contains("Sign in once more") && forged.body.contains("/account?tab=1")
        );
        let done = world.post("/sign-in/msp", &proof, &choice).await;
        assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/account?tab=1"));
        assert_eq!(done.cookie("__Host-almanac-choice").as_deref(), Some("__Host-almanac-choice="));
        let account =
            world.get("/account", &done.cookie("__Host-almanac").expect("a session")).await;
        assert!(account.body.contains(&format!("Both at {}", seed.tenant.slug)));
    }
    // A password that was changed meanwhile proves nothing any more; where only one is left, the
    // password leads there.
    let new = NewPassword {
        user: there.id,
        password: SecretString::from("another password"),
        keep_session: None,
        by: ChangedBy { actor: "a test", at_ms: START_MS + 1 },
    };
    world.other.store.user_set_password(new).await.expect("works");
    let choice = form(&[("tenant", &world.other.tenant.id.0.to_string())]);
    let refused = world.post("/sign-in/msp", &proof, &choice).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    assert!(!refused.body.contains("as Read only"));
    let only = world.post("/sign-in", "", &typed).await;
    assert_eq!((only.status, only.location()), (StatusCode::SEE_OTHER, "/account?tab=1"));
}

#[tokio::test]
async fn a_kept_form_goes_on_in_its_own_tenant_only() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    person_of_both(&world).await;
    let (acme, other) = (world.acme.tenant.id.0, world.other.tenant.id.0);
    let ended = format!("__Host-almanac={other}.{}", "0".repeat(64));
    let kept = world.post("/account/profile", &ended, "name=Ruth").await;
    let hidden = format!("name=\"kept_tenant\" value=\"{other}\"");
    assert!(kept.body.contains(&hidden), "{}", kept.body);
    let other = other.to_string();
    let fields = [
        ("email", "both@msp.example"),
        ("password", "the same password"),
        ("kept_action", "/account/profile"),
        ("kept", "name=Ruth"),
        ("kept_tenant", &other),
    ];
    let go_on = world.post("/sign-in", "", &form(&fields)).await;
    assert!(go_on.body.contains("Send the form now"), "{}", go_on.body);
    let session = go_on.cookie("__Host-almanac").expect("a session");
    assert!(world.get("/account", &session).await.body.contains("Both at other"));
    let owner = [("email", "owner@acme.example"), ("password", OWNER_PASSWORD)];
    let elsewhere = form(&[&owner[..], &fields[2..]].concat());
    let elsewhere = world.post("/sign-in", "", &elsewhere).await;
    assert_eq!((elsewhere.status, elsewhere.location()), (StatusCode::SEE_OTHER, "/"));
    let owned = form(&[&owner[..], &fields[2..4], &[("kept_tenant", &acme.to_string())]].concat());
    assert!(world.post("/sign-in", "", &owned).await.body.contains("Send the form now"));
}

#[tokio::test]
async fn being_right_in_one_tenant_forgives_no_guess_at_another() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    person_of_both(&world).await;
    let mut last = StatusCode::OK;
    for _ in 0..5 {
        assert_ne!(last, StatusCode::TOO_MANY_REQUESTS);
        last = sign_in(&world, "both@msp.example", "a guess at a password").await.status;
        if last != StatusCode::TOO_MANY_REQUESTS {
            last = sign_in(&world, "both@msp.example", "the same password").await.status;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "the guesses count as if alone");
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
