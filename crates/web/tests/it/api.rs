//! The JSON API as a program uses it: with a key, page by page, and refused where it must be.

use almanac_model::author::Author;
use almanac_model::id::RemoteId;
use almanac_model::kind::Kind;
use almanac_model::role::Role;
use almanac_model::verdict::Rulebook;
use almanac_store::testing::{Engine, START_MS};
use almanac_store::{ApiScope, ChangedBy, NewApiKey, SaveRulebook};
use almanac_testkit::SeededTenant;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::world::{Answer, World, send};

/// A program with a key.
struct Program<'a> {
    world: &'a World,
    key: String,
    id: Uuid,
    user: Uuid,
}

impl Program<'_> {
    /// A program that acts as a new user of a role, limited to clients or not.
    async fn new<'a>(
        world: &'a World,
        tenant: &SeededTenant,
        role: Role,
        clients: Option<Vec<RemoteId>>,
        scopes: &[ApiScope],
    ) -> Program<'a> {
        let is_limited = clients.is_some();
        world.person(tenant, role, clients).await;
        let all = tenant.store.user_list().await.expect("users can be read");
        let is_new = |one: &&almanac_store::User| {
            one.role == role
                && one.clients.is_some() == is_limited
                && !one.email.starts_with("owner@")
        };
        let user = all.iter().find(is_new).expect("one was made").id;
        let key = format!("alm_{}_{}", tenant.tenant.id.0, "5a".repeat(32));
        let new = NewApiKey {
            user,
            name: "a program",
            scopes,
            secret_sha256: Sha256::digest(&key).into(),
            by: ChangedBy { actor: "a test", at_ms: START_MS },
        };
        let made = tenant.store.api_key_create(new).await.expect("the database works");
        Program { world, key, id: made.expect("the user is there").id, user }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key));
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        send(&self.world.app, request.expect("a request")).await
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(&self.ask(Method::GET, path, None).await)
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        read(&self.ask(Method::POST, path, Some(body)).await)
    }
}

/// An answer's JSON; a refusal is a problem with a code.
#[track_caller]
fn read(answer: &Answer) -> (StatusCode, Value) {
    let body: Value = serde_json::from_str(&answer.body).expect(&answer.body);
    let kind = answer.headers["content-type"].to_str().expect("text");
    if answer.status.is_success() {
        assert_eq!(kind, "application/json");
    } else {
        assert_eq!(kind, "application/problem+json");
        assert_eq!(body["status"], answer.status.as_u16());
        assert!(body["code"].as_str().is_some_and(|code| code.contains('-')), "{body}");
    }
    (answer.status, body)
}

async fn editor(world: &World) -> Program<'_> {
    Program::new(world, &world.acme, Role::Manager, None, &ApiScope::ALL).await
}

#[tokio::test]
async fn assets_are_listed_filtered_and_paged_to_the_end() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let program = editor(&world).await;
    let (status, all) = program.get("/api/v1/assets?sort=name").await;
    assert_eq!(status, StatusCode::OK, "{all}");
    assert_eq!(all["total"], 3);
    let mut ids = Vec::new();
    let mut path = "/api/v1/assets?sort=name&limit=1".to_owned();
    loop {
        let (_, page) = program.get(&path).await;
        ids.extend(page["items"].as_array().expect("items").iter().map(|one| one["id"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/assets?sort=name&limit=1&cursor={cursor}");
    }
    let whole: Vec<Value> =
        all["items"].as_array().expect("items").iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, whole);
    let (_, laptops) =
        program.get("/api/v1/assets?kind=laptop&kind=tablet&client=11&grade=replace").await;
    assert_eq!(laptops["total"], 1, "{laptops}");
    let laptop = &laptops["items"][0];
    assert_eq!(
        (&laptop["name"], &laptop["client"]["name"]),
        (&json!("HP-LT-014"), &json!("Harrow & Pike LLP"))
    );
    assert_eq!(laptop["purchased_on"], "2019-06-10");
    assert_eq!(laptops["counts"]["replace"], 1);
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_with_a_reason() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let program = editor(&world).await;
    for (path, want) in [
        ("/api/v1/assets?limit=0", 400),
        ("/api/v1/assets?limit=501", 400),
        ("/api/v1/assets?limit=ten", 400),
        ("/api/v1/assets?grade=rotten", 400),
        ("/api/v1/assets?colour=red", 400),
        ("/api/v1/assets?sort=--age", 400),
        ("/api/v1/assets?cursor=424242", 409),
        ("/api/v1/clients?cursor=x", 409),
        ("/api/v1/clients/%FF", 400),
        ("/api/v1/runs?cursor=x", 400),
        ("/api/v1/runs?cursor=", 400),
        ("/api/v1/assets/424242", 404),
        ("/api/v1/nowhere", 404),
        ("/api/v1/assets/1201/lock", 405),
    ] {
        let (status, problem) = program.get(path).await;
        assert_eq!(status.as_u16(), want, "{path}: {problem}");
    }
    let (status, _) = program.post("/api/v1/clients", &json!({})).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    for (body, want) in [
        (json!({}), 422),
        (json!({"version": 0, "class": "two"}), 422),
        (json!({"version": 0}), 422),
        (json!({"version": 0, "class": 999}), 422),
        (json!({"version": 0, "class": null, "more": 1}), 422),
    ] {
        let (status, problem) = program.post("/api/v1/assets/1201/class", &body).await;
        assert_eq!(status.as_u16(), want, "{body}: {problem}");
    }
    let untyped = program.ask(Method::POST, "/api/v1/assets/1201/class", None).await;
    assert_eq!(read(&untyped).0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_key_that_is_wrong_revoked_or_another_tenants_is_as_good_as_none() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let mut program = editor(&world).await;
    assert_eq!(program.get("/api/v1/me").await.0, StatusCode::OK);
    let good = program.key.clone();
    for wrong in [
        good.replace("5a5a", "5b5b"),
        good.replacen(&world.acme.tenant.id.0.to_string(), &world.other.tenant.id.0.to_string(), 1),
        "alm_".to_owned(),
        String::new(),
    ] {
        program.key = wrong;
        let answer = program.ask(Method::GET, "/api/v1/me", None).await;
        assert_eq!(read(&answer).0, StatusCode::UNAUTHORIZED, "{}", program.key);
        assert!(answer.headers["www-authenticate"].to_str().expect("text").starts_with("Bearer"));
    }
    program.key = good;
    let by = ChangedBy { actor: "a test", at_ms: START_MS };
    assert!(world.acme.store.api_key_revoke(program.user, program.id, by).await.expect("works"));
    assert_eq!(program.get("/api/v1/me").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_key_may_do_what_its_scopes_and_its_users_role_both_allow() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let reader = [ApiScope::Read];
    let program = Program::new(&world, &world.acme, Role::Manager, None, &reader).await;
    let (_, me) = program.get("/api/v1/me").await;
    assert_eq!((&me["role"], &me["scopes"]), (&json!("manager"), &json!(["read"])));
    let (status, problem) = program.post("/api/v1/sync", &json!({})).await;
    assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("API-071")));
    let keys = world.acme.store.api_key_list(Some(program.user)).await.expect("works");
    assert_eq!(keys[0].last_used_at, Some(START_MS + 60_000));
}

#[tokio::test]
async fn who_is_limited_to_clients_learns_of_no_other() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let only = Some(vec![RemoteId::new("12")]);
    let program = Program::new(&world, &world.acme, Role::Manager, only, &ApiScope::ALL).await;
    let (_, clients) = program.get("/api/v1/clients").await;
    assert_eq!((&clients["total"], &clients["items"][0]["id"]), (&json!(1), &json!("12")));
    let (_, assets) = program.get("/api/v1/assets").await;
    assert_eq!((&assets["total"], &assets["counts"]["total"]), (&json!(1), &json!(1)));
    let unlock = json!({"version": 0, "target": "ram"});
    for path in ["/api/v1/clients/11", "/api/v1/assets/1201"] {
        assert_eq!(program.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(program.post("/api/v1/assets/1201/unlock", &unlock).await.0, StatusCode::NOT_FOUND);
    assert_eq!(program.get("/api/v1/assets?cursor=1201").await.0, StatusCode::CONFLICT);
    for path in ["/api/v1/sync", "/api/v1/runs"] {
        assert_eq!(program.get(path).await.0, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn who_reads_clients_reads_the_rules_and_agreements_with_clients_that_are_shown() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let mut book = Rulebook::default();
    for client in ["11", "12"] {
        book.policies.set_client(RemoteId::new(client), Kind::Laptop, 72);
    }
    let by = Author::user("1", "Ann");
    let save =
        SaveRulebook { book: &book, expected_version: 0, note: "agreed", by: &by, at_ms: START_MS };
    world.acme.store.rulebook_save(&save).await.expect("works").expect("nobody saved meanwhile");
    let agreed = |book: &Value| -> Vec<Value> {
        let all = book["client_policies"].as_array().expect("policies");
        all.iter().map(|one| one["client"].clone()).collect()
    };
    let cookie = world.person(&world.acme, Role::ReadOnly, None).await;
    let (status, whole) = read(&world.get("/api/v1/rulebook", &cookie).await);
    assert_eq!((status, agreed(&whole)), (StatusCode::OK, vec![json!("11"), json!("12")]));
    let only = Some(vec![RemoteId::new("12")]);
    let scopes = [ApiScope::Read];
    let program = Program::new(&world, &world.acme, Role::Manager, only, &scopes).await;
    let (_, part) = program.get("/api/v1/rulebook").await;
    assert_eq!(agreed(&part), vec![json!("12")]);
    assert_eq!(part["rules"], whole["rules"]);
}

#[tokio::test]
async fn what_a_form_refuses_the_api_refuses_at_the_same_field() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let program = editor(&world).await;
    let lock = |target: &str, value: &str| json!({"version": 0, "target": target, "value": value});
    let kept = |until: &str, reason: &str| json!({"version": 0, "kept": {"until": until, "reason": reason}});
    for (act, body, field) in [
        ("lock", lock("purchase_date", "2036-01-01"), "value"),
        ("lock", lock("warranty_end", "2999-01-01"), "value"),
        ("lock", lock("model", " \u{0} "), "value"),
        ("lock", lock("model", &format!("\u{81}{}", "x".repeat(2_000))), "value"),
        ("kept", kept("2001-01-01", "spare"), "until"),
        ("kept", kept("2099-01-01", "spare"), "until"),
        ("kept", kept("2030-01-01", " \u{0} "), "reason"),
        ("kept", kept("2030-01-01", &"x".repeat(1_001)), "reason"),
        ("kept", kept("2030-01-01", &format!("{}\u{81}", "x".repeat(1_000))), "reason"),
        ("manual", json!({"version": 0, "manual": {"grade": "unknown", "reason": "no"}}), "grade"),
    ] {
        let (status, problem) = program.post(&format!("/api/v1/assets/1201/{act}"), &body).await;
        assert_eq!(
            (status, &problem["faults"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)),
            "{act} {body}: {problem}"
        );
    }
    let body = json!({"version": 0.0, "target": "model", "value": "Opti\u{0}Plex\n7090", "reason": "\u{7}label"});
    let (status, after) = program.post("/api/v1/assets/1201/lock", &body).await;
    assert_eq!(status, StatusCode::OK, "{after}");
    let values = after["values"].as_array().expect("values");
    let model = values.iter().find(|value| value["target"] == "model").expect("it is locked");
    assert_eq!(
        (&model["value"], &model["lock"]["reason"]),
        (&json!("OptiPlex 7090"), &json!("label"))
    );
}

#[tokio::test]
async fn a_lock_holds_says_why_and_two_editors_of_one_field_meet() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let program = editor(&world).await;
    let (_, before) = program.get("/api/v1/assets/1201").await;
    assert_eq!((&before["version"], &before["asset"]["grade"]), (&json!(0), &json!("replace")));
    let lock = |value: &str, version: i64| json!({"version": version, "target": "purchase_date", "value": value, "reason": "invoice 77"});
    let path = "/api/v1/assets/1201/lock";
    let (status, after) = program.post(path, &lock("2026-01-31", 0)).await;
    assert_eq!(status, StatusCode::OK, "{after}");
    assert_eq!((&after["version"], &after["asset"]["grade"]), (&json!(1), &json!("healthy")));
    let values = after["values"].as_array().expect("values");
    let bought = values.iter().find(|value| value["target"] == "purchase_date").expect("is known");
    assert_eq!(
        (&bought["value"], &bought["psa"]["value"]),
        (&json!("2026-01-31"), &json!("2019-06-10"))
    );
    assert_eq!(bought["lock"]["reason"], "invoice 77");
    assert_eq!(after["history"][0]["cause"], "locked");
    let (status, problem) = program.post(path, &lock("2025-01-31", 0)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("API-075")));
    assert_eq!(
        (&problem["conflict"]["version"], &problem["conflict"]["present"]),
        (&json!(1), &json!("2026-01-31"))
    );
    let (status, problem) = program.post(path, &lock("soon", 1)).await;
    assert_eq!(
        (status, &problem["faults"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("value"))
    );
    let unlock = json!({"version": 1, "target": "purchase_date"});
    let (_, back) = program.post("/api/v1/assets/1201/unlock", &unlock).await;
    assert_eq!(back["asset"]["grade"], "replace");
}

#[tokio::test]
async fn decisions_are_made_and_taken_back_by_null() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let program = editor(&world).await;
    let (_, book) = program.get("/api/v1/rulebook").await;
    let classes = book["classes"].as_array().expect("classes");
    let laptop = classes.iter().find(|class| class["kind"] == "laptop").expect("there is one");
    let server = classes.iter().find(|class| class["kind"] == "server").expect("there is one");
    let steps = [
        ("kept", json!({"kept": {"until": "2030-01-01", "reason": "spare"}}), 200, "kept"),
        ("kept", json!({"kept": {"until": "2001-01-01", "reason": "spare"}}), 422, ""),
        ("kept", json!({"kept": {"until": "2030-01-01", "reason": " "}}), 422, ""),
        ("kept", json!({"kept": null}), 200, "replace"),
        ("manual", json!({"manual": {"grade": "plan", "reason": "as agreed"}}), 200, "plan"),
        ("manual", json!({"manual": {"grade": "kept", "reason": "no"}}), 422, ""),
        ("manual", json!({"manual": null}), 200, "replace"),
        ("class", json!({"class": laptop["id"]}), 200, "replace"),
        ("class", json!({"class": server["id"]}), 422, ""),
        ("class", json!({"class": null}), 200, "replace"),
        ("class", json!({"class": 9.0e9}), 422, ""),
    ];
    for (act, mut body, want, grade) in steps {
        let (_, now) = program.get("/api/v1/assets/1201").await;
        body["version"] = now["version"].clone();
        let (status, answer) = program.post(&format!("/api/v1/assets/1201/{act}"), &body).await;
        assert_eq!(status.as_u16(), want, "{act} {body}: {answer}");
        if status.is_success() {
            assert_eq!(answer["asset"]["grade"], grade, "{act} {body}");
        }
    }
}

#[tokio::test]
async fn a_sync_is_asked_for_once_and_its_state_can_be_read() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let program = editor(&world).await;
    let (_, idle) = program.get("/api/v1/sync").await;
    assert_eq!((&idle["is_connected"], &idle["waiting_since"]), (&json!(true), &Value::Null));
    let (status, first) = program.post("/api/v1/sync", &json!({})).await;
    assert_eq!((status, &first["state"]), (StatusCode::ACCEPTED, &json!("enqueued")));
    let (_, second) = program.post("/api/v1/sync", &json!({})).await;
    assert_eq!((&second["state"], &second["job"]), (&json!("waiting"), &first["job"]));
    let (_, waiting) = program.get("/api/v1/sync").await;
    assert!(waiting["waiting_since"].is_string(), "{waiting}");
    let (status, runs) = program.get("/api/v1/runs?limit=1").await;
    assert_eq!((status, &runs["items"]), (StatusCode::OK, &json!([])));
}

#[tokio::test]
async fn a_key_works_from_any_origin_and_a_session_only_from_its_own() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let program = editor(&world).await;
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let from_elsewhere = |name: &str, value: &str| {
        Request::post("/api/v1/sync")
            .header("host", "almanac.example")
            .header("origin", "https://elsewhere.example")
            .header("sec-fetch-site", "cross-site")
            .header(name, value)
            .body(Body::empty())
            .expect("a request")
    };
    let key = format!("Bearer {}", program.key);
    let by_key = send(&world.app, from_elsewhere("authorization", &key)).await;
    assert_eq!(read(&by_key).0, StatusCode::ACCEPTED);
    let by_session = send(&world.app, from_elsewhere("cookie", &cookie)).await;
    assert_eq!(read(&by_session).0, StatusCode::FORBIDDEN);
    let mut both = from_elsewhere("cookie", &cookie);
    both.headers_mut().insert("authorization", "Bearer x".parse().expect("text"));
    assert_eq!(read(&send(&world.app, both).await).0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_description_is_served_and_is_the_one_that_is_checked_in() {
    let Some(world) = World::new(Engine::Sqlite).await else { return };
    let served = world.get("/api/openapi.json", "").await;
    assert_eq!(
        (served.status, served.headers["content-type"].as_bytes()),
        (StatusCode::OK, &b"application/json"[..])
    );
    assert_eq!(served.body, almanac_web::openapi_json());
    let checked_in = include_str!("../../../../docs/openapi.json");
    assert!(served.body == checked_in, "docs/openapi.json is not current. Run `cargo xtask docs`.");
}
