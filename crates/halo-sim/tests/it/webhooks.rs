//! Webhooks, their notifications and deliveries: HALO-API.md 3.21.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::http::{Reply, Subject};

const SECRET: &str = "a secret of the test";

/// One delivery as it arrived.
#[derive(Debug, Clone)]
struct Seen {
    head: String,
    body: Vec<u8>,
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (own, value) = line.split_once(": ")?;
            own.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Takes deliveries and answers with one status; it ends when dropped.
struct Receiver {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _task: JoinSet<()>,
}

impl Receiver {
    async fn start(status: &'static str) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook?from=halo", listener.local_addr().expect("bound"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut task = JoinSet::new();
        let kept = Arc::clone(&seen);
        task.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = Vec::new();
                while !is_whole(&bytes) && stream.read_buf(&mut bytes).await.is_ok_and(|n| n > 0) {}
                let split = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0);
                let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
                let body = bytes.split_off(split + 4);
                kept.lock().expect("no panic").push(Seen { head, body });
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Receiver { url, seen, _task: task }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic").clone()
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(split) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..split]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| length.parse() == Ok(bytes.len() - split - 4))
}

/// A webhook as TL makes it.
async fn hook(subject: &Subject, url: &str) -> String {
    let body = json!([{"name": "Almanac", "url": url, "active": true, "type": 0, "method": 0,
        "content_type": "application/json", "authentication_type": "3",
        "authentication_header": "Token", "basic_password": SECRET, "algorithm": 0}]);
    let reply = subject.post("Webhook", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["id"].as_str().expect("a GUID").to_owned()
}

async fn notify(subject: &Subject, hook: &str, event: i64, conditions: Value) -> Value {
    let body = json!([{"guid": null, "eventno": event, "name": "New", "type": -2,
        "delivery_method": 6, "agent_id": 0, "webhook_id": hook, "filter_type": 2,
        "conditions": conditions}]);
    let reply = subject.post("Notification", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

async fn flush(subject: &Subject) -> Value {
    let flushed = subject.control("POST", "/webhooks/flush", "");
    tokio::time::timeout(Duration::from_secs(20), flushed).await.expect("an end").json()
}

async fn ticket(subject: &Subject, summary: &str) -> Value {
    subject.post("Tickets", &json!([{"summary": summary}])).await.json()["id"].clone()
}

async fn set(subject: &Subject, webhooks: &Value) -> Reply {
    let reply =
        subject.control("POST", "/settings", &json!({"webhooks": webhooks}).to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply
}

fn summaries(receiver: &Receiver) -> Vec<Value> {
    receiver.seen().iter().map(|seen| seen.json()["ticket"]["summary"].clone()).collect()
}

#[tokio::test]
async fn q_55_events_on_a_webhook_are_dropped_and_a_notification_makes_it_fire() {
    let subject = Subject::start().await;
    let receiver = Receiver::start("200 OK").await;
    let body = json!([{"name": "Almanac", "url": receiver.url, "type": 0, "active": true,
        "events": [{"eventno": 3, "type": -2, "delivery_method": 6}]}]);
    let made = subject.post("Webhook", &body).await.json();
    let id = made["id"].as_str().expect("a GUID").to_owned();
    assert!(id.len() == 36 && made.get("events").is_none());
    ticket(&subject, "Unheard").await;
    assert_eq!(flush(&subject).await["occurred"], 0);
    notify(&subject, &id, 3, json!([])).await;
    let ticket = ticket(&subject, "Heard").await;
    assert_eq!(flush(&subject).await["delivered"], 1);
    let seen = receiver.seen();
    assert!(seen[0].head.starts_with("POST /hook?from=halo HTTP/1.1"));
    let payload = seen[0].json();
    assert_eq!(
        (&payload["ticket"]["id"], &payload["ticket"]["summary"]),
        (&ticket, &"Heard".into())
    );
    let detail = subject.get(&format!("/api/Webhook/{id}?includedetails=true")).await.json();
    assert_eq!(detail["events"][0]["eventno"], 3);
}

#[tokio::test]
async fn q_56_a_reposted_guid_takes_the_row_over() {
    let subject = Subject::start().await;
    let receiver = Receiver::start("200 OK").await;
    let (first, second) =
        (hook(&subject, &receiver.url).await, hook(&subject, &receiver.url).await);
    let mut row = notify(&subject, &first, 3, json!([])).await;
    let list = async |id: &str| subject.array(&format!("/api/Notification?webhook_id={id}")).await;
    row["webhook_id"] = json!(second);
    row["id"] = Value::Null;
    let answer = subject.post("Notification", &json!([row])).await.json();
    assert_eq!((list(&first).await.len(), list(&second).await), (0, vec![answer]));
    let templates = subject.array("/api/Notification?type=0").await;
    let copied = json!([{"guid": templates[1]["guid"], "webhook_id": first, "type": -2,
        "delivery_method": 6}]);
    assert_eq!(subject.post("Notification", &copied).await.status, 201);
    assert_eq!(subject.array("/api/Notification?type=0").await.len(), templates.len() - 1);
}

#[tokio::test]
async fn q_57_the_signature_is_over_the_raw_body() {
    let subject = Subject::start().await;
    let receiver = Receiver::start("200 OK").await;
    let id = hook(&subject, &receiver.url).await;
    notify(&subject, &id, 3, json!([])).await;
    ticket(&subject, "Signed é 🏥").await;
    flush(&subject).await;
    let seen = receiver.seen().remove(0);
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key");
    mac.update(&seen.body);
    let wanted = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(seen.header("Token"), Some(wanted.as_str()));
    let all = [
        subject.get(&format!("/api/Webhook/{id}")).await.text(),
        subject.get("/api/Webhook?type=0").await.text(),
        subject.get("/api/WebhookEvent").await.text(),
        subject.control("GET", "/webhooks", "").await.text(),
    ];
    assert!(all.iter().all(|text| text.contains(&id) && !text.contains(SECRET)));
}

#[tokio::test]
async fn q_58_a_payload_has_detail_names_and_the_action_and_may_be_a_batch() {
    let subject = Subject::start().await;
    let receiver = Receiver::start("200 OK").await;
    let id = hook(&subject, &receiver.url).await;
    notify(&subject, &id, 62, json!([])).await;
    let open = subject.truth("Tickets").await.into_iter().find(|row| row["workflow_step"] == 1);
    let open = open.expect("one of many")["id"].clone();
    let body = json!([{"ticket_id": open, "note": "Hello", "outcome": "Private Note"}]);
    let action = subject.post("Actions", &body).await.json();
    flush(&subject).await;
    let payload = receiver.seen()[0].json();
    assert_eq!(payload["action"], action);
    let names = payload["ticket"].as_object().expect("an object");
    assert!(names.contains_key("lastupdate") && names.contains_key("category1"));
    assert!(!names.contains_key("last_update") && !names.contains_key("category_1"));
    assert_eq!(payload.as_object().map(|payload| payload.len()), Some(2));
    set(&subject, &json!({"batch": 5, "batch_ms": 60_000, "envelope": "on"})).await;
    for _ in 0..7 {
        assert_eq!(subject.post("Actions", &body).await.status, 201);
    }
    flush(&subject).await;
    let sizes: Vec<_> =
        receiver.seen()[1..].iter().map(|seen| seen.json().as_array().map(Vec::len)).collect();
    assert_eq!(sizes, [Some(5), Some(2)]);
    assert_eq!(receiver.seen()[1].json()[0]["webhook_id"], json!(id));
}

#[tokio::test]
async fn q_59_a_failure_is_logged_never_retried_and_can_disable() {
    let subject = Subject::start().await;
    let receiver = Receiver::start("503 Service Unavailable").await;
    let id = hook(&subject, &receiver.url).await;
    notify(&subject, &id, 3, json!([])).await;
    ticket(&subject, "Once").await;
    assert_eq!(flush(&subject).await["failed"], 1);
    assert_eq!(receiver.seen().len(), 1);
    let log = format!("/api/WebhookEvent?webhook_id={id}");
    let entry = subject.rows(&log, "events").await.remove(0);
    assert_eq!((&entry["responsestatus"], &entry["responsebody"]), (&503.into(), &"ok".into()));
    assert!(entry["error"] == true && entry["requestbody"].to_string().contains("Once"));
    let one = format!("/api/WebhookEvent/{}", entry["id"].as_str().expect("a GUID"));
    assert_eq!(subject.get(&one).await.json(), entry);
    let page = "/api/WebhookEvent?pageinate=true&page_no=2&page_size=1";
    assert!(subject.rows(page, "events").await.is_empty());
    set(&subject, &json!({"auto_disable": 3})).await;
    for number in 0..4 {
        ticket(&subject, &format!("More {number}")).await;
        flush(&subject).await;
    }
    assert_eq!(receiver.seen().len(), 3);
    let disabled = subject.get(&format!("/api/Webhook/{id}")).await.json();
    assert_eq!((&disabled["active"], &disabled["last_status"]), (&false.into(), &503.into()));
    subject.post("Webhook", &json!([{"id": id, "active": true}])).await;
    ticket(&subject, "Again").await;
    flush(&subject).await;
    assert_eq!(receiver.seen().len(), 4);
}

#[tokio::test]
async fn q_59_deliveries_are_lost_doubled_and_overtaken_when_asked() {
    let subject = Subject::start().await;
    let receiver = Receiver::start("204 No Content").await;
    let id = hook(&subject, &receiver.url).await;
    notify(&subject, &id, 3, json!([])).await;
    set(&subject, &json!({"drop": 100})).await;
    ticket(&subject, "lost").await;
    assert_eq!(flush(&subject).await["dropped"], 1);
    assert!(receiver.seen().is_empty());
    set(&subject, &json!({"drop": 0, "double": 100})).await;
    ticket(&subject, "twice").await;
    flush(&subject).await;
    assert_eq!(summaries(&receiver), ["twice", "twice"]);
    set(&subject, &json!({"double": 0, "reorder": 100, "delay_ms": 600_000})).await;
    ticket(&subject, "overtaken").await;
    set(&subject, &json!({"reorder": 0})).await;
    ticket(&subject, "overtaking").await;
    let waited = async {
        while receiver.seen().len() < 4 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waited).await.expect("no flush was needed");
    assert_eq!(summaries(&receiver)[2..], ["overtaking", "overtaken"]);
    set(&subject, &json!({"delay": 100})).await;
    ticket(&subject, "late").await;
    let state = subject.control("GET", "/webhooks", "").await.json();
    assert_eq!((&state["queued"], receiver.seen().len()), (&1.into(), 4));
    flush(&subject).await;
    assert_eq!(receiver.seen().len(), 5);
}

#[tokio::test]
async fn q_63_without_the_scopes_webhooks_are_401_and_a_new_one_may_be_404() {
    let mut subject = Subject::start().await;
    let id = hook(&subject, "http://127.0.0.1:9/").await;
    assert_eq!(subject.get(&format!("/api/Webhook/{id}")).await.status, 200);
    set(&subject, &json!({"readable": "off"})).await;
    assert_eq!(subject.get(&format!("/api/Webhook/{id}")).await.status, 404);
    let listed = subject.array("/api/Webhook?type=0").await;
    assert_eq!(listed[0]["id"], json!(id));
    for scopes in ["all:standard", "read:tickets edit:tickets", "admin:webhooks"] {
        subject.renew(scopes).await;
        for route in ["Webhook", "WebhookEvent"] {
            assert_eq!(subject.get(&format!("/api/{route}")).await.status, 401, "{scopes}");
        }
        assert_eq!(subject.post("Notification", &json!([{}])).await.status, 401, "{scopes}");
        assert_eq!(subject.get("/api/Notification").await.status, 200, "{scopes}");
    }
    subject.renew("all:standard admin:webhooks").await;
    assert_eq!(subject.get("/api/Webhook").await.status, 200);
}

#[tokio::test]
async fn q_64_a_condition_lets_only_its_change_through() {
    let subject = Subject::start().await;
    let receiver = Receiver::start("200 OK").await;
    let id = hook(&subject, &receiver.url).await;
    notify(&subject, &id, 61, json!([{"fieldname": "symptom", "type": 10}])).await;
    notify(&subject, &id, 3, json!([{"fieldname": "summary", "type": 0, "value_string": "Yes"}]))
        .await;
    assert_eq!(subject.array(&format!("/api/Notification?webhook_id={id}")).await.len(), 2);
    let ticket_id = ticket(&subject, "Yes").await;
    ticket(&subject, "No").await;
    for change in [json!({"status_id": 2}), json!({"summary": "Yes"}), json!({"summary": "New"})] {
        let mut change = change;
        change["id"] = ticket_id.clone();
        assert_eq!(subject.post("Tickets", &json!([change])).await.status, 201);
    }
    flush(&subject).await;
    assert_eq!(summaries(&receiver), ["Yes", "New"]);
}

#[tokio::test]
async fn a_change_by_the_control_port_fires_too() {
    let subject = Subject::start().await;
    let receiver = Receiver::start("200 OK").await;
    let id = hook(&subject, &receiver.url).await;
    for event in [3, 61] {
        notify(&subject, &id, event, json!([])).await;
    }
    let made = subject
        .control("POST", "/row/Tickets", r#"{"op":"insert","values":{"summary":"Made"}}"#)
        .await
        .json();
    let body = json!({"op": "update", "id": made["id"], "values": {"summary": "Changed"}});
    subject.control("POST", "/row/Tickets", &body.to_string()).await;
    subject.control("POST", "/row/Client", r#"{"op":"insert"}"#).await;
    flush(&subject).await;
    assert_eq!(summaries(&receiver), ["Made", "Changed"]);
    assert!(receiver.seen().iter().all(|seen| seen.json()["ticket"]["id"] == made["id"]));
}

#[tokio::test]
async fn a_webhook_keeps_what_an_update_does_not_name() {
    let subject = Subject::start().await;
    let wrong = subject.post("Webhook", &json!([{"name": "x", "type": 0, "url": "nowhere"}])).await;
    assert_eq!((wrong.status, &wrong.json()["Message"]), (400, &"Please enter a valid URL".into()));
    let runbook = json!([{"name": "Runbook", "type": 1, "steps": [{"step_id": 1, "name": "Hop"}]}]);
    let made = subject.post("Webhook", &runbook).await.json();
    let id = made["id"].as_str().expect("a GUID");
    let renamed = subject.post("Webhook", &json!([{"id": id, "name": "New name"}])).await.json();
    assert_eq!((&renamed["name"], &renamed["steps"]), (&"New name".into(), &made["steps"]));
    assert!(subject.array("/api/webhook?type=0").await.is_empty());
    assert_eq!(subject.array("/api/webhook?type=1").await.len(), 1);
    let unknown = json!([{"id": "00000000-0000-4000-8000-000000000000", "name": "x"}]);
    assert_eq!(subject.post("Webhook", &unknown).await.status, 404);
    notify(&subject, id, 3, json!([])).await;
    let gone = subject.send("DELETE", &format!("/api/Webhook/{id}"), "").await;
    assert_eq!(gone.status, 200);
    assert_eq!(subject.get(&format!("/api/Webhook/{id}")).await.status, 404);
    let left = subject.array(&format!("/api/Notification?webhook_id={id}")).await;
    assert!(left.is_empty());
}

#[tokio::test]
async fn only_loopback_over_plain_http_is_spoken_to() {
    let subject = Subject::start().await;
    for (url, problem) in [
        ("http://192.0.2.1/hook", "not on loopback"),
        ("https://127.0.0.1/hook", "only plain http"),
        ("http://127.0.0.1:1/hook", "refused"),
    ] {
        let id = hook(&subject, url).await;
        notify(&subject, &id, 3, json!([])).await;
        ticket(&subject, "Help").await;
        flush(&subject).await;
        let log = format!("/api/WebhookEvent?webhook_id={id}");
        let entry = subject.rows(&log, "events").await.remove(0);
        let text = entry["responsebody"].as_str().expect("a text");
        assert!(text.contains(problem), "{text}");
        subject.send("DELETE", &format!("/api/Webhook/{id}"), "").await;
    }
}

#[tokio::test]
async fn a_receiver_that_says_nothing_does_not_hold_the_rest_up() {
    let subject = Subject::start().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", silent.local_addr().expect("bound"));
    let receiver = Receiver::start("200 OK").await;
    set(&subject, &json!({"timeout_ms": 50})).await;
    for url in [&url, &receiver.url] {
        let id = hook(&subject, url).await;
        notify(&subject, &id, 3, json!([])).await;
    }
    ticket(&subject, "Help").await;
    let counts = flush(&subject).await;
    assert_eq!((&counts["failed"], &counts["delivered"]), (&1.into(), &1.into()));
}
