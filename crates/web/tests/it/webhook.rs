//! Deliveries as Halo sends them, and as nobody should.

use almanac_model::author::Author;
use almanac_model::role::Role;
use almanac_model::webhook::SIGNATURE_HEADER;
use almanac_store::testing::{Engine, READER, START_MS};
use almanac_store::{POKE, Webhook, WebhookProblem};
use almanac_testkit::{SeededTenant, on_both_engines};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use uuid::Uuid;

use crate::world::{Answer, World, send};

on_both_engines! {
    a_delivery_pokes_and_is_answered_without_words
    q_57_only_the_raw_body_under_its_own_secret_is_taken
    whatever_a_signed_delivery_holds_it_is_no_failure
    a_delivery_that_comes_again_is_answered_and_does_nothing_more
    the_connection_page_registers_tells_and_removes
}

/// A tenant's webhook, with what signs for it.
struct Hook {
    webhook: Webhook,
    secret: String,
}

async fn hook(tenant: &SeededTenant) -> Hook {
    let (store, connection) = (&tenant.store, tenant.connection);
    let by = Author::program("a test");
    store.webhook_ask(connection, "https://almanac.example", &by, START_MS).await.expect("asked");
    let webhook = store.webhook(connection).await.expect("read").expect("there");
    let secret = store.webhook_secret(connection, READER).await.expect("read").expect("there");
    Hook { webhook, secret: secret.expose_secret().to_owned() }
}

impl Hook {
    fn signed(&self, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("any length");
        mac.update(body);
        BASE64.encode(mac.finalize().into_bytes())
    }

    fn path(&self) -> String {
        format!("/webhooks/halo/{}", self.webhook.address)
    }

    async fn deliver(&self, world: &World, body: &[u8]) -> Answer {
        deliver(world, &self.path(), body, Some(&self.signed(body))).await
    }
}

async fn deliver(world: &World, path: &str, body: &[u8], signature: Option<&str>) -> Answer {
    let mut request = Request::builder().method(Method::POST).uri(path);
    request = request.header("content-type", "application/json");
    if let Some(signature) = signature {
        request = request.header(SIGNATURE_HEADER, signature);
    }
    send(&world.app, request.body(Body::from(body.to_vec())).expect("a request")).await
}

/// Jobs that read what was named, once there are so many: a delivery may be kept after its answer.
async fn pokes(world: &World, at_least: usize) -> usize {
    let mut count = 0;
    for _ in 0..500 {
        let jobs = world.acme.store.job_list(50).await.expect("read");
        count = jobs.iter().filter(|job| job.kind == POKE).count();
        if count >= at_least {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    count
}

const TICKET: &[u8] = br#"{"ticket":{"id":7,"lastupdate":"2026-11-22T09:00:00"}}"#;

async fn a_delivery_pokes_and_is_answered_without_words(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    let hook = hook(&world.acme).await;
    let answer = hook.deliver(&world, TICKET).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(pokes(&world, 1).await, 1);
    let taking = world.acme.store.webhook_take(world.acme.connection, START_MS).await;
    let names: Vec<String> =
        taking.expect("taken").records.iter().map(|(s, id)| format!("{s} {id}")).collect();
    assert_eq!(names, ["tickets 7"]);
}

async fn q_57_only_the_raw_body_under_its_own_secret_is_taken(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    let (own, theirs) = (hook(&world.acme).await, hook(&world.other).await);
    let good = own.signed(TICKET);
    let spaced = String::from_utf8_lossy(TICKET).replace(':', ": ");
    let nobody = format!("/webhooks/halo/{}", Uuid::new_v4());
    let big = vec![b' '; 1_000_000];
    let refused = [
        (own.path(), TICKET, None),
        (own.path(), TICKET, Some("")),
        (own.path(), TICKET, Some("AAAA")),
        (own.path(), TICKET, Some(&*theirs.signed(TICKET))),
        (own.path(), spaced.as_bytes(), Some(&*good)),
        // Another tenant's address, nobody's, and what is no address.
        (theirs.path(), TICKET, Some(&*good)),
        (nobody, TICKET, Some(&*good)),
        ("/webhooks/halo/1".to_owned(), TICKET, Some(&*good)),
        ("/webhooks/halo/%F0%9F%92%A9".to_owned(), TICKET, Some(&*good)),
        (own.path(), &big[..], Some(&*good)),
    ]
    .map(|(path, body, signature)| (path, body.to_vec(), signature.map(str::to_owned)));
    for (path, body, signature) in refused {
        let answer = deliver(&world, &path, &body, signature.as_deref()).await;
        let got = (answer.status, answer.body.as_str());
        assert_eq!(got, (StatusCode::UNAUTHORIZED, ""), "{path} {signature:?}");
    }
    assert_eq!(pokes(&world, 0).await, 0);
    assert_eq!(own.deliver(&world, TICKET).await.status, StatusCode::NO_CONTENT);
}

async fn whatever_a_signed_delivery_holds_it_is_no_failure(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    let hook = hook(&world.acme).await;
    let deep = "[".repeat(100_000);
    let large = format!(r#"{{"ticket":{{"id":7,"details":"{}"}}}}"#, "x".repeat(1_000_000));
    let many: Vec<String> = (1..3_000).map(|id| format!(r#"{{"ticket":{{"id":{id}}}}}"#)).collect();
    let many = format!("[{}]", many.join(","));
    for body in [
        "",
        "{",
        "null",
        &deep,
        "{\"ticket\":{\"id\":\"\\u0000\"}}",
        "\u{0}",
        "{\"unknown\":{\"id\":1}}",
        "{\"ticket\":{\"id\":9223372036854775807}}",
        &large,
        &many,
    ] {
        let answer = hook.deliver(&world, body.as_bytes()).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", &body[..body.len().min(40)]);
    }
    assert_eq!(hook.deliver(&world, &[0xff, 0xfe, 0x00]).await.status, StatusCode::NO_CONTENT);
    // What is larger than any delivery is not read to its end.
    let huge = vec![b'x'; 5 * 1024 * 1024];
    assert_eq!(hook.deliver(&world, &huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

async fn a_delivery_that_comes_again_is_answered_and_does_nothing_more(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    let hook = hook(&world.acme).await;
    assert_eq!(hook.deliver(&world, TICKET).await.status, StatusCode::NO_CONTENT);
    assert_eq!(pokes(&world, 1).await, 1);
    let (store, connection) = (&world.acme.store, world.acme.connection);
    let taking = store.webhook_take(connection, START_MS).await.expect("taken");
    store.webhook_taken(connection, taking.number).await.expect("noted");
    // Read already: the same body again, by Halo or by who overheard it, is not read again.
    for _ in 0..3 {
        assert_eq!(hook.deliver(&world, TICKET).await.status, StatusCode::NO_CONTENT);
    }
    let again = store.webhook_take(connection, START_MS).await.expect("taken");
    assert!(again.records.is_empty(), "{again:?}");
}

async fn the_connection_page_registers_tells_and_removes(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    let cookie = world.person(&world.acme, Role::Owner, None).await;
    let (store, connection) = (&world.acme.store, world.acme.connection);
    let page = world.get("/connection", &cookie).await.body;
    assert!(page.contains("Register in Halo") && page.contains("admin:webhooks"), "{page}");
    let refused =
        world.post("/connection/webhook", &cookie, "base_url=http%3A%2F%2Fa.example").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("begins with https") && refused.body.contains("http://a.example")
    );
    assert!(store.webhook(connection).await.expect("read").is_none());
    let asked =
        world.post("/connection/webhook", &cookie, "base_url=https%3A%2F%2Fa.example%2F").await;
    assert_eq!((asked.status, asked.location()), (StatusCode::SEE_OTHER, "/connection#webhooks"));
    let webhook = store.webhook(connection).await.expect("read").expect("asked for");
    assert!(world.get("/connection", &cookie).await.body.contains("is being registered"));
    let later = START_MS + 60_000;
    store.webhook_registered(&webhook, "guid", later).await.expect("noted");
    let page = world.get("/connection", &cookie).await.body;
    assert!(page.contains(&webhook.url()) && page.contains("Last told"), "{page}");
    let secret = store.webhook_secret(connection, READER).await.expect("read").expect("there");
    assert!(!page.contains(secret.expose_secret()));
    assert!(!world.get("/sync", &cookie).await.body.contains("polled every 60 seconds"));
    let silent = Some((WebhookProblem::Silent, "a ticket changed and it told nothing"));
    store.webhook_note(connection, silent, later + 1).await.expect("noted");
    for path in ["/connection", "/sync"] {
        let page = world.get(path, &cookie).await.body;
        assert!(
            page.contains("fallen silent") && page.contains("every 60 seconds"),
            "{path}: {page}"
        );
    }
    let removed = world.post("/connection/webhook/remove", &cookie, "").await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER);
    assert!(world.get("/connection", &cookie).await.body.contains("is being removed"));
}
