//! The connection page: forgiven addresses, a secret that goes one way, a test that is a job.

use almanac_model::probe::{ProbeFinding, ProbeReport, ProbeResult, ProbeRight, RightState};
use almanac_model::role::Role;
use almanac_model::stream::Stream;
use almanac_store::CONNECTION_TEST;
use almanac_store::testing::{Engine, READER, START_MS};
use axum::http::StatusCode;
use secrecy::ExposeSecret;

use crate::world::{Answer, World};

/// The secret that the world's connection was made with.
const STORED: &str = "plain-client-secret-7f3a";
const TYPED: &str = "typed-secret-91c2";

fn form(fields: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(fields);
    text.finish()
}

async fn save(world: &World, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = world.post("/connection", cookie, &form(fields)).await;
    assert!(!answer.body.contains(STORED) && !answer.body.contains(TYPED), "a secret came back");
    let headers = format!("{:?}", answer.headers);
    assert!(!headers.contains(STORED) && !headers.contains(TYPED), "a secret came back");
    answer
}

async fn secret(world: &World) -> String {
    let found = world.acme.store.connection_secret(world.acme.connection, READER).await;
    found.expect("read").expect("a connection").expose_secret().to_owned()
}

#[tokio::test]
async fn a_rotated_secret_is_stored_and_never_shown() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Administrator, None).await;
    let page = world.get("/connection", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("https://halo.example") && !page.body.contains(STORED));
    let url = ("url", "HALO.example/api/");
    let kept = save(&world, &cookie, &[url, ("oauth_client_id", "id-1")]).await;
    assert_eq!((kept.status, kept.location()), (StatusCode::SEE_OTHER, "/connection"));
    assert_eq!(secret(&world).await, STORED);
    let fields = [url, ("oauth_client_id", "id-2"), ("client_secret", TYPED)];
    assert_eq!(save(&world, &cookie, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(secret(&world).await, TYPED);
    let page = world.get("/connection", &cookie).await;
    assert!(page.body.contains("id-2") && !page.body.contains(TYPED));
    let audit = world.acme.store.audit_list(None, 5).await.expect("read");
    assert!(audit.iter().any(|entry| entry.audit.action == "connection.rotate"));
    assert!(audit.iter().all(|entry| !entry.audit.detail.contains(TYPED)));
}

#[tokio::test]
async fn the_stored_secret_is_not_sent_anywhere_new() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    for fields in [
        [("url", "evil.example"), ("oauth_client_id", "id-1"), ("is_moved", "true")],
        [
            ("url", "halo.example"),
            ("oauth_client_id", "id-1"),
            ("auth_url", "https://evil.example"),
        ],
        [("url", "halo.example"), ("oauth_client_id", "id-9"), ("is_moved", "true")],
    ] {
        let refused = save(&world, &cookie, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Paste the secret again"), "{}", refused.body);
    }
    let kept = world.acme.store.connection_active().await.expect("read").expect("there");
    assert_eq!(
        (kept.base_url.as_str(), kept.oauth_client_id.as_str()),
        ("https://halo.example", "id-1")
    );
    assert!(world.acme.store.job_list(5).await.expect("read").is_empty());
}

#[tokio::test]
async fn another_address_asks_whether_it_is_the_same_halo() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let mut fields =
        vec![("url", "new.example"), ("oauth_client_id", "id-1"), ("client_secret", TYPED)];
    let asked = save(&world, &cookie, &fields).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        asked.body.contains("Is this the same Halo?")
            && asked.body.contains("https://halo.example")
    );
    assert!(asked.body.contains("new.example"), "what was typed is kept");
    fields.push(("is_moved", "true"));
    assert_eq!(save(&world, &cookie, &fields).await.status, StatusCode::SEE_OTHER);
    let moved = world.acme.store.connection_active().await.expect("read").expect("there");
    assert_eq!(moved.base_url, "https://new.example");
}

#[tokio::test]
async fn private_addresses_and_hostile_input_are_refused_at_their_field() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let long = "x".repeat(10_000);
    for (fields, said) in [
        (vec![("url", "10.0.0.7"), ("oauth_client_id", "id"), ("client_secret", "s")], "CONN-007"),
        (
            vec![("url", "a.example"), ("auth_url", "localhost"), ("oauth_client_id", "i")],
            "CONN-007",
        ),
        (
            vec![("url", "a.example"), ("oauth_client_id", ""), ("client_secret", "s")],
            "Copy the client ID",
        ),
        (vec![("url", &long), ("oauth_client_id", "id"), ("client_secret", "s")], "too long"),
        (vec![("url", "<script>alert(1)</script>"), ("oauth_client_id", "")], "client ID"),
    ] {
        let refused = save(&world, &cookie, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        assert!(refused.body.contains(said), "{said}: {}", refused.body);
        assert!(!refused.body.contains("<script>alert"));
    }
}

#[tokio::test]
async fn a_test_is_one_job_and_its_result_is_shown() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    for _ in 0..2 {
        assert_eq!(world.post("/connection/test", &cookie, "").await.location(), "/connection");
    }
    let jobs = world.acme.store.job_list(10).await.expect("read");
    assert_eq!(jobs.iter().filter(|job| job.kind == CONNECTION_TEST).count(), 1);
    let waiting = world.get("/connection", &cookie).await.body;
    assert!(waiting.contains("<live-part src=\"/connection/test\""), "{waiting}");
    let (store, connection) = (&world.acme.store, world.acme.connection);
    let probe = store.probe_start(connection, START_MS + 60_000).await.expect("write");
    let probe = probe.expect("it was asked for");
    let check = |stream| ProbeRight {
        stream,
        state: if stream == Stream::Contacts { RightState::Missing } else { RightState::Granted },
        records: Some(7),
        remedy: None,
        detail: Some("<script>alert(1)</script>".to_owned()),
    };
    let report = ProbeReport {
        url: "https://halo.example".to_owned(),
        token_url: "https://auth.example/token".to_owned(),
        version: None,
        clock_offset_seconds: Some(-4),
        scopes: vec!["read:customers".to_owned()],
        excess_scopes: vec!["edit:customers".to_owned()],
        checks: Stream::ALL.map(check).to_vec(),
        findings: vec![ProbeFinding {
            code: "CONN-008".to_owned(),
            title: "Clock".to_owned(),
            text: "off".to_owned(),
            remedy: "Set it.".to_owned(),
        }],
        writing: None,
    };
    let result = ProbeResult::Report(report);
    store.probe_finish(connection, probe.id, &result, START_MS + 60_000).await.expect("write");
    let part = world.get("/connection/test", &cookie).await.body;
    assert!(part.contains("19 of 20 areas granted") && part.contains("data-done"), "{part}");
    assert!(
        part.contains("Users Access Level <b>Read Only</b>") && part.contains("Off: no contacts")
    );
    assert!(
        part.contains("edit:customers")
            && part.contains("CONN-008")
            && part.contains("4 seconds behind")
    );
    assert!(!part.contains("<script>alert") && !part.contains("<html"));
    let page = world.get("/connection", &cookie).await.body;
    assert!(page.contains("auth.example"), "the host that tokens come from is to be allowed");
    assert!(!page.contains("Start the first sync"), "it was read already");
}

#[tokio::test]
async fn only_who_manages_the_connection_may_open_it() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    for role in [Role::Manager, Role::Technician, Role::ReadOnly] {
        let cookie = world.person(&world.acme, role, None).await;
        for path in ["/connection", "/connection/test"] {
            assert_eq!(world.get(path, &cookie).await.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(world.post(path, &cookie, "url=a").await.status, StatusCode::FORBIDDEN);
        }
    }
}
