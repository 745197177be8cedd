//! Actions that clients write, and what they do to their ticket: HALO-API.md 3.10.

use serde_json::{Value, json};

use crate::http::Subject;

/// An open ticket at a workflow step that allows the usual outcomes.
async fn open_ticket(subject: &Subject) -> Value {
    let rows = subject.rows("/api/Tickets?open_only=true&count=500", "tickets").await;
    rows.into_iter().find(|row| row["workflow_step"] == 2).expect("one of many")
}

async fn refusal(subject: &Subject, body: &Value) -> Value {
    let reply = subject.post("Actions", body).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    reply.json()["Message"].clone()
}

#[tokio::test]
async fn q_48_an_action_needs_an_outcome_that_the_step_allows() {
    let subject = Subject::start().await;
    let id = open_ticket(&subject).await["id"].clone();
    let none = json!([{"ticket_id": id, "note": "Ordered"}]);
    assert_eq!(refusal(&subject, &none).await, "An Outcome must be entered for this Action");
    let wrong = json!([{"ticket_id": id, "note": "Ordered", "outcome": "Re-open"}]);
    let denied = "You do not have access to this Action at the moment";
    assert_eq!(refusal(&subject, &wrong).await, denied);
    let right = json!([{"ticket_id": id, "note": "Ordered", "outcome": "private note"}]);
    assert_eq!(subject.post("Actions", &right).await.status, 201);
    subject.control("POST", "/settings", r#"{"refuse_outcomes": ["Private Note"]}"#).await;
    assert_eq!(refusal(&subject, &right).await, denied);
    let by_id = json!([{"ticket_id": id, "note": "Ordered", "outcome_id": 7}]);
    assert_eq!(subject.post("Actions", &by_id).await.json()["outcome"], "Internal Note");
    let text = subject.post("Actions", &json!([{"ticket_id": id, "outcome_id": "abc"}])).await;
    assert!(text.json()["[0].outcome_id"][0].is_string());
    let names = subject.array("/api/Outcome").await;
    assert!(names.iter().any(|row| row["id"] == 7 && row["outcome"] == "Internal Note"));
}

#[tokio::test]
async fn q_52_an_action_carries_the_application_that_wrote_it() {
    let subject = Subject::start().await;
    let id = open_ticket(&subject).await["id"].clone();
    let list = format!("/api/Actions?ticket_id={id}");
    let before = subject.rows(&list, "actions").await;
    let body = json!([{"ticket_id": id, "note": "Ours", "outcome": "Private Note",
        "hiddenfromuser": true, "timetaken": 0.25}]);
    let made = subject.post("Actions", &body).await.json();
    assert_eq!(made["actionby_application_id"], almanac_halo_sim::DEMO_OAUTH_CLIENT_ID);
    let after = subject.rows(&list, "actions").await;
    assert_eq!((after.len(), after.last()), (before.len() + 1, Some(&made)));
    assert!(before.iter().all(|row| row.get("actionby_application_id").is_none()));
    let public = subject.rows(&format!("{list}&excludeprivate=true"), "actions").await;
    assert!(public.iter().all(|row| row["hiddenfromuser"] == false));
    let one = format!("/api/Actions/{}?ticket_id={id}", made["id"]);
    assert_eq!(subject.get(&one).await.json(), made);
    assert_eq!(subject.get(&format!("/api/Actions/{}", made["id"])).await.status, 404);
    let edit = json!([{"ticket_id": id, "id": before[0]["id"], "note": "Corrected"}]);
    assert_eq!(subject.post("Actions", &edit).await.status, 201);
    let edited = &subject.rows(&list, "actions").await[0];
    assert_eq!((&edited["note"], &edited["who"]), (&"Corrected".into(), &before[0]["who"]));
}

#[tokio::test]
async fn an_action_that_closes_closes_the_ticket_everywhere() {
    let subject = Subject::start().await;
    let id = open_ticket(&subject).await["id"].clone();
    let body = json!([{"ticket_id": id, "note": "Done", "outcome": "Close"}]);
    let made = subject.post("Actions", &body).await.json();
    assert_eq!((&made["new_status"], &made["new_status_name"]), (&9.into(), &"Closed".into()));
    let one = subject.get(&format!("/api/Tickets/{id}")).await.json();
    assert_eq!((&one["status_name"], &one["hasbeenclosed"]), (&"Closed".into(), &true.into()));
    assert_ne!(one["lastupdate"], one["dateoccurred"]);
    for (filter, is_there) in [("open_only", false), ("closed_only", true)] {
        let rows = subject.rows(&format!("/api/Tickets?{filter}=true&count=500"), "tickets").await;
        assert_eq!(rows.iter().any(|row| row["id"] == id), is_there, "{filter}");
    }
}

#[tokio::test]
async fn actions_are_checked_before_any_is_stored() {
    let mut subject = Subject::start().await;
    let id = open_ticket(&subject).await["id"].clone();
    let list = format!("/api/Actions?ticket_id={id}");
    let before = subject.rows(&list, "actions").await.len();
    let body = json!([{"ticket_id": id, "outcome": "Private Note"}, {"ticket_id": id}]);
    assert_eq!(subject.post("Actions", &body).await.status, 400);
    assert_eq!(subject.rows(&list, "actions").await.len(), before);
    let lost = json!([{"ticket_id": 99_999_999, "outcome": "Private Note"}]);
    assert_eq!(subject.post("Actions", &lost).await.status, 404);
    subject.renew("read:tickets").await;
    assert_eq!(subject.post("Actions", &body).await.status, 403);
}

#[tokio::test]
async fn q_28_a_posted_name_of_either_model_changes_both() {
    let subject = Subject::start().await;
    let id = open_ticket(&subject).await["id"].clone();
    let body = json!([{"id": id, "category1": "Network>VPN", "agent_id": 1}]);
    let answer = subject.post("Tickets", &body).await.json();
    assert_eq!((&answer["category1"], answer.get("category_1")), (&"Network>VPN".into(), None));
    assert_eq!(answer["agent_name"], "Unassigned");
    let row = subject.truth("Tickets").await.into_iter().find(|row| row["id"] == id);
    assert_eq!(row.expect("still there")["category_1"], "Network>VPN");
}

#[tokio::test]
async fn a_ticket_of_a_summary_alone_has_dates_and_a_type() {
    let subject = Subject::start().await;
    let made = subject.post("Tickets", &json!([{"summary": "Help"}])).await.json();
    assert_eq!((&made["tickettype_id"], &made["agent_id"]), (&1.into(), &1.into()));
    for name in ["dateoccurred", "datecreated", "lastupdate"] {
        assert!(made[name].as_str().is_some_and(|date| date.starts_with("20")), "{name}");
    }
    let rows = subject.rows("/api/Tickets?open_only=true&count=500", "tickets").await;
    assert!(rows.iter().any(|row| row["id"] == made["id"]));
}
