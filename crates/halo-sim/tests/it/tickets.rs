//! Tickets, what hangs on them, and the lists that configure them: HALO-API.md 3.9 to 3.20.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::http::Subject;

#[tokio::test]
async fn q_05_crm_notes_ignore_paging_and_honour_count() {
    let subject = Subject::start().await;
    let client = subject.truth("Client").await[1]["id"].clone();
    let first =
        subject.get(&format!("/api/CRMNote?client_id={client}&pageinate=true&page_no=1")).await;
    let second =
        subject.get(&format!("/api/CRMNote?client_id={client}&pageinate=true&page_no=2")).await;
    assert_eq!(first.json(), second.json());
    assert_eq!(first.json()["record_count"], 133);
    assert_eq!(first.json()["actions"].as_array().map(Vec::len), Some(50));
    assert_eq!(
        subject.rows(&format!("/api/CRMNote?client_id={client}&count=133"), "actions").await.len(),
        133
    );
    assert!(subject.rows("/api/CRMNote", "actions").await.is_empty());
}

#[tokio::test]
async fn q_12_actions_without_a_ticket_stall() {
    let subject = Subject::with(|switches| switches.stall_seconds = 0).await;
    let reply = subject.get("/api/Actions").await;
    assert_eq!((reply.status, reply.header("content-type")), (504, Some("text/html")));
    let ticket = subject.truth("Tickets").await[0]["id"].clone();
    let actions = subject.rows(&format!("/api/Actions?ticket_id={ticket}"), "actions").await;
    assert!(!actions.is_empty() && actions.iter().all(|action| action["ticket_id"] == ticket));
}

#[tokio::test]
async fn q_13_a_contract_is_401_while_the_list_is_200() {
    let subject = Subject::start().await;
    subject.control("POST", "/settings", r#"{"deny":["ClientContract/id=401"]}"#).await;
    let id = subject.rows("/api/ClientContract", "contracts").await[0]["id"].clone();
    assert_eq!(subject.get(&format!("/api/ClientContract/{id}")).await.status, 401);
}

#[tokio::test]
async fn q_22_a_priority_is_found_by_guid_only() {
    let subject = Subject::start().await;
    let rows = subject.array("/api/Priority").await;
    let numbers: BTreeSet<_> = rows.iter().map(|row| row["priorityid"].as_i64()).collect();
    assert!(numbers.len() < rows.len(), "priorityid alone would be unique");
    assert_eq!(subject.get("/api/Priority/4").await.status, 404);
    let id = rows[2]["id"].as_str().expect("a GUID");
    assert_eq!(subject.get(&format!("/api/Priority/{id}")).await.json(), rows[2]);
    let of_one = subject.array("/api/Priority?slaid=2").await;
    assert!(of_one.iter().all(|row| row["slaid"] == 2));
}

#[tokio::test]
async fn q_23_action_ids_repeat_across_tickets() {
    let subject = Subject::start().await;
    let mut first = Vec::new();
    for ticket in &subject.truth("Tickets").await[..2] {
        let actions =
            subject.rows(&format!("/api/Actions?ticket_id={}", ticket["id"]), "actions").await;
        first.push(actions[0]["id"].clone());
    }
    assert_eq!(first[0], first[1]);
}

#[tokio::test]
async fn q_27_names_stand_on_ticket_rows_only_when_asked_for() {
    let subject = Subject::start().await;
    let plain = subject.rows("/api/Tickets?order=id", "tickets").await;
    for name in ["status_name", "agent_name", "tickettype_name", "datecreated"] {
        assert!(plain.iter().all(|row| row.get(name).is_none()), "{name}");
    }
    let asked = "/api/Tickets?order=id&includestatus=true&includeagent=true&includetickettype=true";
    let asked = subject.rows(asked, "tickets").await;
    assert!(asked[0]["status_name"].is_string() && asked[0]["agent_name"].is_string());
    let open = subject.rows("/api/Tickets?open_only=true", "tickets").await;
    assert!(!open.is_empty() && open.iter().all(|row| row.get("hasbeenclosed").is_none()));
    let closed = subject.rows("/api/Tickets?closed_only=true", "tickets").await;
    assert!(!closed.is_empty() && closed.iter().all(|row| row["hasbeenclosed"] == true));
}

#[tokio::test]
async fn q_28_names_differ_between_list_and_detail() {
    let subject = Subject::start().await;
    let row = subject.truth("Tickets").await.remove(0);
    let one = subject.get(&format!("/api/Tickets/{}", row["id"])).await.json();
    for (list, detail) in
        [("last_update", "lastupdate"), ("category_1", "category1"), ("user_email", "useremail")]
    {
        assert_eq!(row[list], one[detail]);
        assert!(row.get(detail).is_none() && one.get(list).is_none(), "{list}");
    }
}

#[tokio::test]
async fn q_29_a_ticket_names_its_team() {
    let subject = Subject::start().await;
    let teams: BTreeSet<String> =
        subject.truth("Team").await.iter().map(|team| team["name"].to_string()).collect();
    let tickets = subject.truth("Tickets").await;
    assert!(
        tickets
            .iter()
            .all(|row| teams.contains(&row["team"].to_string()) && row.get("team_id").is_none())
    );
}

#[tokio::test]
async fn q_35_the_type_of_a_status_filters_nothing() {
    let subject = Subject::start().await;
    let all = subject.array("/api/Status").await;
    assert_eq!(subject.array("/api/Status?type=ticket").await, all);
    assert!(
        all.iter().any(|status| status["type"] == 0)
            && all.iter().any(|status| status["type"] != 0)
    );
    assert!(all.iter().any(|status| status["id"] == 9 && status["name"] == "Closed"));
}

#[tokio::test]
async fn q_36_ticket_types_are_none_without_showall() {
    let subject = Subject::start().await;
    assert!(subject.array("/api/TicketType").await.is_empty());
    assert!(!subject.array("/api/TicketType?showall=true").await.is_empty());
}

#[tokio::test]
async fn q_37_opportunities_and_projects_are_tickets() {
    let subject = Subject::start().await;
    let tickets: BTreeSet<_> =
        subject.truth("Tickets").await.iter().map(|row| row["id"].as_i64()).collect();
    for route in ["Opportunities", "Projects"] {
        let rows = subject.rows(&format!("/api/{route}?count=500"), "tickets").await;
        assert!(!rows.is_empty() && rows.len() < tickets.len(), "{route}");
        assert!(rows.iter().all(|row| tickets.contains(&row["id"].as_i64())));
        let id = &rows[0]["id"];
        let same = subject.get(&format!("/api/Tickets/{id}")).await.json();
        assert_eq!(subject.get(&format!("/api/{route}/{id}")).await.json(), same);
    }
    let ids: Vec<Value> =
        subject.truth("Projects").await.iter().map(|row| row["id"].clone()).collect();
    assert_eq!(subject.get(&format!("/api/Opportunities/{}", ids[0])).await.status, 404);
    subject.control("POST", "/settings", r#"{"deny":["sales=403"]}"#).await;
    assert_eq!(subject.get("/api/Opportunities").await.status, 403);
    for route in ["Opportunity", "Project", "Contract"] {
        assert_eq!(subject.get(&format!("/api/{route}")).await.status, 404);
    }
    let body = format!(r#"{{"op":"update","id":{},"values":{{"summary":"Moved"}}}}"#, ids[0]);
    subject.control("POST", "/row/Tickets", &body).await;
    assert_eq!(subject.get(&format!("/api/Projects/{}", ids[0])).await.json()["summary"], "Moved");
}

#[tokio::test]
async fn q_38_recurring_invoices_have_negative_ids() {
    let subject = Subject::start().await;
    let rows = subject.rows("/api/RecurringInvoice", "invoices").await;
    assert!(rows.iter().all(|row| row["id"].as_i64() < Some(0)));
    let one = subject.get(&format!("/api/RecurringInvoice/{}", rows[0]["id"])).await.json();
    assert_eq!(one["id"], rows[0]["id"]);
    assert!(
        subject
            .rows("/api/Invoice", "invoices")
            .await
            .iter()
            .all(|row| row["id"].as_i64() > Some(0))
    );
}

#[tokio::test]
async fn q_39_a_ticket_can_be_large() {
    let subject = Subject::start().await;
    let first = subject.truth("Tickets").await[0]["id"].clone();
    assert!(subject.get(&format!("/api/Tickets/{first}")).await.body.len() > 140_000);
}

#[tokio::test]
async fn tickets_come_newest_first_and_filter_by_update() {
    let subject = Subject::start().await;
    let rows = subject.rows("/api/Tickets?pageinate=true&page_no=1&page_size=100", "tickets").await;
    assert!(rows.is_sorted_by(|a, b| a["id"].as_i64() > b["id"].as_i64()));
    let from = "/api/Tickets?count=1000&lastupdatefromdate=2026-10-28T00:00:00";
    let recent = subject.rows(from, "tickets").await;
    assert!(!recent.is_empty() && recent.len() < 400);
    assert!(recent.iter().all(|row| row["last_update"].as_str() >= Some("2026-10-28")));
}

#[tokio::test]
async fn a_workflow_has_stages_only_on_its_detail() {
    let subject = Subject::start().await;
    let rows = subject.array("/api/Workflow").await;
    assert!(rows[1].get("stages").is_none());
    let one = subject.get("/api/Workflow/2?includedetails=true").await.json();
    assert_eq!(one["stages"].as_array().map(Vec::len), Some(3));
    assert!(!subject.array("/api/workflowstep").await.is_empty());
    assert_eq!(subject.get("/api/workflowstep/1").await.status, 404);
    assert!(subject.array("/api/FieldInfo?typeid=5").await.iter().all(|row| row["usage"] == 5));
}
