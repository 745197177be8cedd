//! Our webhook at the simulator: made with its events, found, put right, removed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use almanac_psa::{HookKeeper, HookWanted, PsaError};
use almanac_psa_halo::{HaloConnector, HaloOptions, SCOPES_TO_HOOK};
use serde_json::Value;

use crate::server::{Reply, halo_like, json};
use crate::subject::{SimSubject, options};

const URL: &str = "http://127.0.0.1:9/webhooks/halo/3e0f6a30-0000-4000-8000-000000000001";

fn keeping(options: &mut HaloOptions) {
    options.scopes.extend(SCOPES_TO_HOOK.map(str::to_owned));
}

fn wanted(id: Option<&str>) -> HookWanted {
    HookWanted {
        id: id.map(str::to_owned),
        url: URL.to_owned(),
        secret: "a secret of the test".into(),
    }
}

fn events(overview: &Value, id: &str) -> Vec<i64> {
    let rows = overview["notifications"].as_array().expect("a list").iter();
    rows.filter(|row| row["webhook_id"] == id).filter_map(|row| row["eventno"].as_i64()).collect()
}

#[tokio::test]
async fn q_55_q_56_and_q_64_a_webhook_is_made_with_one_row_for_each_event() {
    let subject = SimSubject::start_with(|_| {}, keeping).await;
    let before = subject.webhooks().await;
    let id = subject.connector.hook_register(&wanted(None)).await.expect("made");
    let after = subject.webhooks().await;
    assert_eq!(events(&after, &id), [3, 61]);
    // The rows that every tenant has are as they were.
    let templates = before["notifications"].as_array().expect("a list");
    for row in templates {
        assert!(after["notifications"].as_array().expect("a list").contains(row), "{row}");
    }
    let found = subject.connector.hook_find(Some(&id), URL).await.expect("listed").expect("there");
    assert!(found.is_active && found.differs.is_none() && found.id == id);
    // Again, with and without knowing its identifier: put right, never twice.
    for known in [Some(id.as_str()), None] {
        let again = subject.connector.hook_register(&wanted(known)).await.expect("made");
        assert_eq!(again, id);
    }
    let after = subject.webhooks().await;
    assert_eq!(after["webhooks"].as_array().map(Vec::len), Some(1));
    assert_eq!(events(&after, &id), [3, 61]);
    subject.connector.hook_remove(Some(&id), URL).await.expect("removed");
    assert_eq!(subject.connector.hook_find(Some(&id), URL).await.expect("listed"), None);
    assert_eq!(subject.webhooks().await["notifications"], before["notifications"]);
    subject.connector.hook_remove(Some(&id), URL).await.expect("it is gone already");
}

#[tokio::test]
async fn q_53_only_our_own_webhook_is_ever_deleted() {
    let subject = SimSubject::start_with(|_| {}, keeping).await;
    let id = subject.connector.hook_register(&wanted(None)).await.expect("made");
    subject.connector.hook_remove(Some(&id), URL).await.expect("removed");
    let requests = subject.sim.requests();
    let deleted: Vec<_> = requests.iter().filter(|line| line.method == "DELETE").collect();
    assert!(!deleted.is_empty());
    for line in deleted {
        let ours = line.target.starts_with(&format!("/api/Webhook/{id}"));
        assert!(ours || line.target.starts_with("/api/Notification/"), "{}", line.target);
    }
}

#[tokio::test]
async fn q_63_a_webhook_that_cannot_be_read_by_its_identifier_is_kept_all_the_same() {
    let unreadable = |options: &mut almanac_halo_sim::SimOptions| {
        options.switches.webhooks.readable = almanac_halo_sim::Toggle::Off;
    };
    let subject = SimSubject::start_with(unreadable, keeping).await;
    let id = subject.connector.hook_register(&wanted(None)).await.expect("made");
    let found = subject.connector.hook_find(Some(&id), URL).await.expect("listed");
    assert_eq!(found.map(|found| found.id), Some(id));
}

#[tokio::test]
async fn q_63_without_the_right_a_webhook_is_refused_by_a_name_of_its_own() {
    let subject = SimSubject::start(|_| {}).await;
    let refused = subject.connector.hook_register(&wanted(None)).await.expect_err("no right");
    assert!(matches!(refused, PsaError::Forbidden { .. }), "{refused}");
    assert!(!refused.to_string().contains("a secret of the test"));
    let refused = subject.connector.hook_find(None, URL).await.expect_err("no right");
    assert!(matches!(refused, PsaError::Forbidden { .. }), "{refused}");
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_webhook() {
    let (posts, rows) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (made, told) = (Arc::clone(&posts), Arc::clone(&rows));
    let server = halo_like(move |head| {
        let is_post = head.starts_with("POST");
        let target = head.split(' ').nth(1).unwrap_or_default();
        if target.starts_with("/api/Notification") {
            if is_post {
                rows.fetch_add(1, Ordering::Relaxed);
                return json(r#"{"id":9}"#);
            }
            let known = [3, 61].into_iter().take(rows.load(Ordering::Relaxed));
            let known = known
                .map(|event| format!(r#"{{"id":{event},"webhook_id":"G-1","eventno":{event}}}"#));
            return json(&format!("[{}]", known.collect::<Vec<_>>().join(",")));
        }
        if is_post {
            posts.fetch_add(1, Ordering::Relaxed);
            // It was made, and the answer is lost.
            return Reply::Bytes(Vec::new());
        }
        match posts.load(Ordering::Relaxed) {
            0 => json("[]"),
            _ => json(&format!(r#"[{{"id":"G-1","url":"{URL}","active":true}}]"#)),
        }
    })
    .await;
    let connector = HaloConnector::new(options(&server.base_url())).expect("a connector");
    let id = connector.hook_register(&wanted(None)).await.expect("found after the loss");
    assert_eq!(id, "G-1");
    let counts = (made.load(Ordering::Relaxed), told.load(Ordering::Relaxed));
    assert_eq!(counts, (1, 2), "one webhook, and a row for each event");
}
