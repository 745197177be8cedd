//! A delivery counts only under its own secret, and what it names is read once however often it is
//! named.

use almanac_model::author::Author;
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_store::testing::{Engine, READER, START_MS, fresh};
use almanac_store::{
    ClaimJobs, Delivery, Heard, JobState, POKE, POKE_EVERY_MS, SECRET_GRACE_MS, Store, Webhook,
    WebhookOf, WebhookProblem,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

use crate::fixture::{Fixture, fixture};

const BODY: &[u8] = br#"{"ticket":{"id":7}}"#;

fn signed(secret: &SecretString, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).expect("any length");
    mac.update(body);
    BASE64.encode(mac.finalize().into_bytes())
}

async fn ask(own: &Fixture, at_ms: i64) -> (Webhook, SecretString) {
    let by = Author::user("u1", "Ann Lee");
    own.view.webhook_ask(own.connection, "https://a.example", &by, at_ms).await.expect("asked");
    let webhook = own.view.webhook(own.connection).await.expect("read").expect("there");
    let secret = own.view.webhook_secret(own.connection, READER).await.expect("read");
    (webhook, secret.expect("there"))
}

async fn of(store: &Store, address: Uuid, secret: &SecretString, at_ms: i64) -> Option<WebhookOf> {
    let signature = signed(secret, BODY);
    store.webhook_check(Some(address), BODY, &signature, at_ms).await.expect("checked")
}

fn named(ids: &[&str], sha256: Option<[u8; 32]>) -> Delivery {
    let records = ids.iter().map(|id| (Stream::Tickets, RemoteId::new(*id))).collect();
    Delivery { sha256, records }
}

pub(super) async fn a_delivery_is_known_by_its_signature_alone(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (acme, other) = (fixture(&test, "acme").await, fixture(&test, "other").await);
    let (hook, secret) = ask(&acme, START_MS).await;
    let (their_hook, their_secret) = ask(&other, START_MS).await;
    let own = WebhookOf { tenant: acme.view.id(), connection: acme.connection };
    assert_eq!(of(&test, hook.address, &secret, START_MS).await, Some(own));
    // Another tenant's address, or secret, or no address at all.
    assert_eq!(of(&test, their_hook.address, &secret, START_MS).await, None);
    assert_eq!(of(&test, hook.address, &their_secret, START_MS).await, None);
    assert_eq!(of(&test, Uuid::new_v4(), &secret, START_MS).await, None);
    let good = signed(&secret, BODY);
    for (address, body, signature) in [
        (Some(hook.address), &b"{\"ticket\": {\"id\":7}}"[..], good.as_str()),
        (Some(hook.address), BODY, ""),
        (Some(hook.address), BODY, "no base64 at all!"),
        (Some(hook.address), BODY, &good[..good.len() - 4]),
        (None, BODY, &good),
    ] {
        let found = test.webhook_check(address, body, signature, START_MS).await.expect("checked");
        assert_eq!(found, None, "{signature}");
    }
    assert!(!format!("{hook:?}").contains(secret.expose_secret()));
    let audit = acme.view.audit_list(None, 9).await.expect("read");
    let actions: Vec<&str> = audit.iter().map(|entry| entry.audit.action.as_str()).collect();
    assert!(actions.contains(&"webhook.register") && actions.contains(&"webhook.secret_read"));
    assert!(audit.iter().all(|entry| !entry.audit.detail.contains(secret.expose_secret())));
}

pub(super) async fn a_secret_counts_until_a_while_after_the_next_one_is_told(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let (hook, first) = ask(&acme, START_MS).await;
    acme.view.webhook_registered(&hook, "guid", START_MS).await.expect("noted");
    // Twice, and the PSA was told neither: what it signs with is the first.
    let (_, second) = ask(&acme, START_MS + 1).await;
    let (hook, third) = ask(&acme, START_MS + 2).await;
    assert_ne!(first.expose_secret(), third.expose_secret());
    let counts = async |secret, at_ms| of(&test, hook.address, secret, at_ms).await.is_some();
    let later = START_MS + 10 * SECRET_GRACE_MS;
    assert!(counts(&first, later).await && counts(&third, later).await);
    assert!(!counts(&second, later).await, "the PSA never had it");
    acme.view.webhook_registered(&hook, "guid", later).await.expect("noted");
    assert!(counts(&first, later + SECRET_GRACE_MS - 1).await);
    assert!(!counts(&first, later + SECRET_GRACE_MS).await);
    assert!(counts(&third, later + SECRET_GRACE_MS).await);
}

pub(super) async fn what_deliveries_name_is_read_once_and_never_falls_between(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    ask(&acme, START_MS).await;
    let (view, connection) = (&acme.view, acme.connection);
    let hear = async |delivery: Delivery, at_ms| {
        view.webhook_heard(connection, &delivery, at_ms).await.expect("kept")
    };
    let jobs = async || {
        let jobs = view.job_list(20).await.expect("read");
        jobs.into_iter().filter(|job| job.kind == POKE).collect::<Vec<_>>()
    };
    assert_eq!(hear(named(&["7"], Some([1; 32])), START_MS).await, Heard::Poked);
    assert_eq!(hear(named(&["7"], Some([1; 32])), START_MS + 1).await, Heard::Again);
    assert_eq!(hear(named(&["7", "8"], None), START_MS + 2).await, Heard::Poked);
    assert_eq!(hear(named(&[], None), START_MS + 3).await, Heard::Nothing);
    assert_eq!(jobs().await.len(), 1, "they share one job");
    let taking = view.webhook_take(connection, START_MS + 10).await.expect("taken");
    assert_eq!(taking.records, named(&["7", "8"], None).records);
    // What is named while a taking reads has a job of its own, a little later.
    assert_eq!(hear(named(&["8"], None), START_MS + 11).await, Heard::Poked);
    let all = jobs().await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].run_at, START_MS + 10 + POKE_EVERY_MS);
    view.webhook_taken(connection, taking.number).await.expect("noted");
    let taking = view.webhook_take(connection, START_MS + 20).await.expect("taken");
    assert_eq!(taking.records, named(&["8"], None).records, "7 was read");
    // A taking that died left everything to the next one.
    let again = view.webhook_take(connection, START_MS + 30).await.expect("taken");
    assert_eq!(again.records, taking.records);
    view.webhook_taken(connection, again.number).await.expect("noted");
    assert!(view.webhook_take(connection, START_MS + 40).await.expect("taken").records.is_empty());
    // A delivery of days ago is not known any more; reading once more is all it can do.
    let days = 3 * 24 * 3_600_000;
    view.webhook_take(connection, START_MS + days).await.expect("taken");
    assert_eq!(hear(named(&["7"], Some([1; 32])), START_MS + days).await, Heard::Poked);
}

pub(super) async fn many_names_become_their_stream(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    ask(&acme, START_MS).await;
    let ids: Vec<String> = (0..900).map(|id| id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let heard = acme.view.webhook_heard(acme.connection, &named(&ids, None), START_MS).await;
    assert_eq!(heard.expect("kept"), Heard::Poked);
    let taking = acme.view.webhook_take(acme.connection, START_MS).await.expect("taken");
    assert_eq!(taking.records.len(), 501);
    assert!(taking.records.contains(&(Stream::Tickets, RemoteId::new(""))));
}

pub(super) async fn a_problem_keeps_its_beginning_and_a_silent_webhook_that_speaks_is_well(
    engine: Engine,
) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let (hook, _) = ask(&acme, START_MS).await;
    let (view, connection) = (&acme.view, acme.connection);
    view.webhook_registered(&hook, "guid", START_MS + 1).await.expect("noted");
    let read = async || view.webhook(connection).await.expect("read").expect("there");
    assert!(read().await.is_well());
    for at_ms in [START_MS + 2, START_MS + 3] {
        let problem = Some((WebhookProblem::Silent, "nothing"));
        view.webhook_note(connection, problem, at_ms).await.expect("noted");
    }
    let trouble = read().await.trouble.expect("it is silent");
    assert_eq!((trouble.problem, trouble.since), (WebhookProblem::Silent, START_MS + 2));
    view.webhook_heard(connection, &named(&[], None), START_MS + 4).await.expect("kept");
    let well = read().await;
    assert!(well.is_well() && well.heard_at == Some(START_MS + 4));
    let problem = Some((WebhookProblem::Disabled, "off"));
    view.webhook_note(connection, problem, START_MS + 5).await.expect("noted");
    view.webhook_heard(connection, &named(&[], None), START_MS + 6).await.expect("kept");
    assert!(!read().await.is_well(), "one on its way says nothing of now");
    // Removed: nothing of it stays, and its deliveries are nobody's.
    view.webhook_forget(connection).await.expect("nothing");
    assert!(view.webhook(connection).await.expect("read").is_some(), "it is wanted");
    view.webhook_unask(connection, &Author::program("a test"), START_MS + 7).await.expect("asked");
    view.webhook_forget(connection).await.expect("done");
    assert!(view.webhook(connection).await.expect("read").is_none());
    let heard = view.webhook_heard(connection, &named(&["7"], None), START_MS + 8).await;
    assert_eq!(heard.expect("answered"), Heard::Unknown);
    let claim = ClaimJobs {
        owner: "worker",
        lease_ms: 1_000,
        now_ms: START_MS + 9,
        limit: 9,
        kinds: &[POKE],
        tenant_running_max: 9,
    };
    assert!(test.job_claim(&claim).await.expect("claimed").is_empty());
    let jobs = view.job_list(9).await.expect("read");
    assert!(jobs.iter().all(|job| job.state == JobState::Queued), "register and remove wait");
}
