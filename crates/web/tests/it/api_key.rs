//! The page of API keys: a key is shown once, works, and is revoked.

use almanac_model::role::Role;
use almanac_store::testing::Engine;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use sha2::{Digest, Sha256};

use crate::world::{Answer, World, send};

const KEYS: &str = "/account/api-keys";

/// What stands between `start` and the next quote.
fn between<'a>(html: &'a str, start: &str) -> &'a str {
    let (_, rest) = html.split_once(start).unwrap_or_else(|| panic!("{start} is in {html}"));
    rest.split('"').next().expect("there is a first part")
}

async fn ask(world: &World, key: &str) -> Answer {
    let request = Request::get("/api/v1/me").header("authorization", format!("Bearer {key}"));
    send(&world.app, request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn a_key_is_shown_once_works_and_is_revoked() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Manager, None).await;
    let page = world.get(KEYS, &cookie).await;
    let request_key = between(&page.body, "name=\"request_key\" value=\"");
    let form = format!("name=Night+%3Cly%3E&may=read&request_key={request_key}");
    let made = world.post(KEYS, &cookie, &form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let key = format!("alm_{}", between(&made.body, "value=\"alm_"));
    assert!(ask(&world, &key).await.body.contains("manager-all@acme.example"));
    let again = world.post(KEYS, &cookie, &form).await;
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, KEYS));
    let list = world.get(KEYS, &cookie).await.body;
    assert!(list.contains("Night &lt;ly&gt;") && !list.contains(&key), "{list}");
    assert_eq!(list.matches("Revoke the key").count(), 1);
    let revoke = format!("{KEYS}/{}", between(&list, "action=\"/account/api-keys/"));
    assert_eq!(world.post(&revoke, &cookie, "").await.location(), KEYS);
    assert_eq!(ask(&world, &key).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.post(&revoke, &cookie, "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_revokes_anothers_key_and_a_form_with_faults_makes_none() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Manager, None).await;
    let key = "0192f0c1-2b3d-7e4f-8a5b-6c7d8e9fa0b1";
    for form in [
        String::new(),
        format!("name=&may=read&request_key={key}"),
        format!("name=x&may=everything&request_key={key}"),
        format!("name=x%01y&may=read&request_key={key}"),
        "name=x&may=read&request_key=short".to_owned(),
        format!("name={}&may=read&request_key={key}", "x".repeat(101)),
    ] {
        let refused = world.post(KEYS, &cookie, &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(refused.body.contains("No key is made yet."), "{form}");
    }
    let good = format!("name=x&may=write&request_key={key}");
    assert_eq!(world.post(KEYS, &cookie, &good).await.status, StatusCode::OK);
    let list = world.get(KEYS, &cookie).await.body;
    let revoke = format!("{KEYS}/{}", between(&list, "action=\"/account/api-keys/"));
    let owner = world.person(&world.acme, Role::Owner, None).await;
    assert_eq!(world.post(&revoke, &owner, "").await.status, StatusCode::NOT_FOUND);
    assert!(world.get(KEYS, &cookie).await.body.contains("Revoke the key"));
}

#[tokio::test]
async fn who_manages_users_sees_and_revokes_everybodys_keys_but_an_owners() {
    const ALL: &str = "/settings/api-keys";
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let administrator = world.person(&world.acme, Role::Administrator, None).await;
    assert!(world.get(ALL, &administrator).await.body.contains("Nobody has an API key"));
    let manager = world.person(&world.acme, Role::Manager, None).await;
    let owner = world.person(&world.acme, Role::Owner, None).await;
    let mut secrets = Vec::new();
    for (number, cookie) in [(1, &manager), (2, &owner)] {
        let key = format!("0192f0c1-2b3d-7e4f-8a5b-6c7d8e9fa0b{number}");
        let form = format!("name=Night+%3Cly%3E+{number}&may=read&request_key={key}");
        let made = world.post(KEYS, cookie, &form).await;
        secrets.push(format!("alm_{}", between(&made.body, "value=\"alm_")));
    }
    let page = world.get(ALL, &administrator).await.body;
    for (number, secret) in [(1, &secrets[0]), (2, &secrets[1])] {
        assert!(page.contains(&format!("Night &lt;ly&gt; {number}")), "{page}");
        let sha256 = Sha256::digest(secret);
        let fingerprint: String = sha256[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(page.contains(&fingerprint) && !page.contains(&secret[..16]), "{page}");
    }
    assert!(page.contains("Manager of acme") && page.contains("never used"));
    assert_eq!(page.matches("Revoke the key").count(), 1, "an owner's is an owner's to revoke");
    let revoke = format!("{ALL}/{}", between(&page, "action=\"/settings/api-keys/"));
    for cookie in [&manager, &world.person(&world.other, Role::Owner, None).await] {
        let refused = world.post(&revoke, cookie, "").await.status;
        assert!([StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&refused), "{refused}");
    }
    assert_eq!(ask(&world, &secrets[0]).await.status, StatusCode::OK);
    assert_eq!(world.post(&revoke, &administrator, "").await.location(), ALL);
    assert_eq!(ask(&world, &secrets[0]).await.status, StatusCode::UNAUTHORIZED);
    let audit = world.acme.store.audit_list(None, 1).await.expect("read").remove(0).audit;
    assert_eq!(audit.action, "api_key.revoke");
    assert_eq!(audit.actor, "administrator-all@acme.example");
    // The owner's key: refused to the administrator, done by an owner.
    let page = world.get(ALL, &owner).await.body;
    let revoke = format!("{ALL}/{}", between(&page, "action=\"/settings/api-keys/"));
    world.post(&revoke, &administrator, "").await;
    assert_eq!(ask(&world, &secrets[1]).await.status, StatusCode::OK);
    world.post(&revoke, &owner, "").await;
    assert_eq!(ask(&world, &secrets[1]).await.status, StatusCode::UNAUTHORIZED);
    assert!(!world.get(ALL, &owner).await.body.contains("Revoke the key"));
}
