//! A session that ends in the middle of any form: nothing typed is lost, and no secret is kept.
//!
//! Walks every route of the router that a form can be sent to.

use almanac_store::testing::Engine;
use almanac_testkit::OWNER_PASSWORD;
use almanac_web::{Access, route_list};
use axum::http::{Method, StatusCode};

use crate::forms::{Filled, encoded, filled, owner};
use crate::world::{Answer, World};

type Fields = Vec<(String, String)>;

/// The inputs of a page's form: the hidden ones with their values, and the names of the secrets.
fn inputs(body: &str) -> (Fields, Vec<String>) {
    let plain = |text: &str| {
        let text = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
        text.replace("&amp;", "&")
    };
    let (mut hidden, mut secrets) = (Vec::new(), Vec::new());
    for input in body.split("<input ").skip(1) {
        let value_of = |name: &str| {
            let (_, rest) = input.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| plain(value))
        };
        let name = value_of("name").expect("an input has a name");
        match value_of("type").as_deref() {
            Some("hidden") => hidden.push((name, value_of("value").expect("a value"))),
            Some("password") => secrets.push(name),
            _ => {}
        }
    }
    (hidden, secrets)
}

fn is_secret(name: &str) -> bool {
    ["password", "new_password", "client_secret"].contains(&name)
}

/// Sends a form without a session, signs in on the page that answers, and gives the page after it.
async fn sign_in_again(world: &World, form: &Filled) -> Answer {
    // The browser still has the cookie of the session that ended.
    let ended = format!("__Host-almanac={}.{}", world.acme.tenant.id.0, "0".repeat(64));
    let page = world.post(&form.url, &ended, &form.body()).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{}", form.url);
    for (name, value) in form.fields.iter().filter(|(name, _)| is_secret(name)) {
        assert!(!page.body.contains(value), "{}: {name} came back", form.url);
    }
    let (mut fields, _) = inputs(&page.body);
    fields.push(("email".to_owned(), "owner@acme.example".to_owned()));
    fields.push(("password".to_owned(), OWNER_PASSWORD.to_owned()));
    let again = world.post("/sign-in", &ended, &encoded(&fields)).await;
    assert_eq!(again.status, StatusCode::OK, "{}: {}", form.url, again.body);
    again
}

#[tokio::test]
async fn every_form_whose_session_ended_is_whole_after_the_sign_in() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let mut seen = 0;
    for route in route_list() {
        let is_form = route.method == Method::POST && !route.path.starts_with("/api/");
        if !is_form || route.access == Access::Public {
            continue;
        }
        let (_, cookie) = owner(&world).await;
        for form in filled(&world, &cookie, route.path).await {
            let page = sign_in_again(&world, &form).await;
            let action = format!("action=\"{}\"", form.url);
            assert!(page.body.contains(&action), "{}: {}", form.url, page.body);
            let (mut fields, asked) = inputs(&page.body);
            let (secrets, typed): (Fields, Fields) =
                form.fields.iter().cloned().partition(|(name, _)| is_secret(name));
            assert_eq!(fields, typed, "{}", form.url);
            let names: Vec<&String> = secrets.iter().map(|(name, _)| name).collect();
            assert_eq!(asked.iter().collect::<Vec<_>>(), names, "{}", form.url);
            fields.extend(secrets);
            let session = page.cookie("__Host-almanac").expect("a session");
            let sent = world.post(&form.url, &session, &encoded(&fields)).await;
            let is_done = [StatusCode::OK, StatusCode::SEE_OTHER].contains(&sent.status);
            assert!(is_done, "{}: {} {}", form.url, sent.status, sent.body);
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} forms");
    // What was sent last is there: the forms did not only look right.
    let users = world.acme.store.user_list().await.expect("read");
    assert!(users.iter().any(|user| user.email == "priya@acme.example"));
    let (_, cookie) = owner(&world).await;
    let rules = world.get("/settings/rules/policies", &cookie).await.body;
    assert!(rules.contains("name=\"years.laptop\" value=\"7\""), "{rules}");
    let asset = world.get("/assets/1203", &cookie).await.body;
    assert!(asset.contains("1 Mar 2027"), "{asset}");
}

#[tokio::test]
async fn a_long_form_is_kept_and_one_that_is_too_long_says_so() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    // Signs that grow when they are encoded, as many as a form may hold.
    let long = "é&=\n".repeat(16_000);
    let field = ("name".to_owned(), long);
    let form = Filled { url: "/account/profile".to_owned(), fields: vec![field] };
    assert!(form.body().len() > 200_000 && form.body().len() < 256 * 1024);
    let (fields, _) = inputs(&sign_in_again(&world, &form).await.body);
    assert_eq!(fields, form.fields);
    for cookie in [String::new(), owner(&world).await.1] {
        let body = format!("name={}", "x".repeat(300 * 1024));
        let refused = world.post("/account/profile", &cookie, &body).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(refused.body.contains("more than a form can hold"), "{}", refused.body);
    }
}
