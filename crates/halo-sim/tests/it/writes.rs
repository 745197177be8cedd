//! Writes: HALO-API.md 2.5 and 2.6.

use almanac_halo_sim::PostAnswer;
use serde_json::{Value, json};

use crate::http::{Subject, request};

async fn laptop(subject: &Subject) -> Value {
    subject.rows("/api/Asset?assettype_id=130", "assets").await.remove(0)
}

#[tokio::test]
async fn q_32_a_written_key_field_is_ignored() {
    let subject = Subject::start().await;
    let asset = laptop(&subject).await;
    let reply = subject.post("Asset", &json!([{"id": asset["id"], "key_field": "X"}])).await;
    assert_eq!((reply.status, &reply.json()["key_field"]), (201, &asset["key_field"]));
    let fields = json!([{"id": asset["id"], "fields": [{"id": "101", "value": "X"}]}]);
    assert_eq!(subject.post("Asset", &fields).await.json()["key_field"], "X");
}

#[tokio::test]
async fn q_33_a_type_rows_id_updates_nothing() {
    let subject = Subject::start().await;
    let asset = laptop(&subject).await;
    let path = format!("/api/Asset/{}?includedetails=true", asset["id"]);
    let before = subject.get(&path).await.json()["fields"].clone();
    let body = json!([{"id": asset["id"], "_dontaddnewfields": true,
        "fields": [{"id": 26, "value": "X"}]}]);
    assert_eq!(subject.post("Asset", &body).await.status, 201);
    assert_eq!(subject.get(&path).await.json()["fields"], before);
}

#[tokio::test]
async fn q_51_a_field_that_the_type_lacks_is_added_to_it_unless_told_not_to() {
    let subject = Subject::start().await;
    let asset = laptop(&subject).await;
    let names = async || {
        let kind = subject.get("/api/AssetType/130?includedetails=true").await.json();
        let fields = kind["fields"].as_array().expect("fields").clone();
        fields.iter().map(|field| field["field_name"].clone()).collect::<Vec<_>>()
    };
    let before = names().await;
    let kept = json!([{"id": asset["id"], "_dontaddnewfields": true,
        "fields": [{"id": 60, "value": "7.2"}, {"id": 117, "value": "SN-1"}]}]);
    assert_eq!(subject.post("Asset", &kept).await.status, 201);
    assert_eq!(names().await, before);
    let added = json!([{"id": asset["id"],
        "fields": [{"id": 60, "value": "7.2"}, {"id": 999, "value": "x"}]}]);
    let answer = subject.post("Asset", &added).await.json();
    let value = answer["fields"].as_array().expect("fields").iter().find(|field| field["id"] == 60);
    assert_eq!(value.expect("the new field")["value"], "7.2");
    let after = names().await;
    assert_eq!(after[..before.len()], before);
    assert_eq!(after[before.len()..], ["Firmware Version", "Field 999"]);
    let other = subject.rows("/api/Asset?assettype_id=130", "assets").await.remove(1);
    let other =
        subject.get(&format!("/api/Asset/{}?includedetails=true", other["id"])).await.json();
    let value = other["fields"].as_array().expect("fields").iter().find(|field| field["id"] == 60);
    assert_eq!(value.expect("the new field")["value"], Value::Null);
    let retyped = json!([{"id": asset["id"], "assettype_id": 142}]);
    assert_eq!(subject.post("Asset", &retyped).await.status, 201);
    let kind = subject.get("/api/AssetType/142").await.json();
    assert!(kind["fields"].to_string().contains("Operating System"));
}

#[tokio::test]
async fn q_34_a_status_the_type_does_not_allow_is_refused() {
    let subject = Subject::start().await;
    let server = subject.rows("/api/Asset?assettype_id=134", "assets").await.remove(0);
    let reply = subject.post("Asset", &json!([{"id": server["id"], "status_id": 5}])).await;
    assert_eq!((reply.status, &reply.json()["ClassName"]), (400, &"System.Exception".into()));
    let reply = subject.post("Asset", &json!([{"id": server["id"], "status_id": 6}])).await;
    assert_eq!(
        (&reply.json()["status_id"], &reply.json()["status_name"]),
        (&6.into(), &"Retired".into())
    );
}

#[tokio::test]
async fn q_21_decimals_are_refused_on_write() {
    let subject = Subject::start().await;
    let asset = laptop(&subject).await;
    let reply = subject.post("Asset", &json!([{"id": asset["id"], "site_id": 95.0}])).await;
    assert_eq!(reply.status, 400);
    assert!(reply.json()["[0].site_id"][0].as_str().is_some_and(|text| text.contains("95.0")));
    let reply = subject.post("Asset", &json!([{"id": asset["id"], "site_id": "abc"}])).await;
    assert!(reply.text().contains("Could not convert string to integer: abc."));
}

#[tokio::test]
async fn q_40_a_post_is_an_array_and_answers_in_three_forms() {
    let subject = Subject::start().await;
    let asset = laptop(&subject).await;
    let body = json!([{"id": asset["id"], "inventory_number": "T-1"}]);
    assert_eq!(subject.post("Asset", &body[0]).await.status, 400);
    assert_eq!(subject.post("Asset", &body).await.json()["inventory_number"], "T-1");
    subject.sim.change(|switches| switches.post_answer = PostAnswer::Array);
    assert_eq!(subject.post("Asset", &body).await.json()[0]["id"], asset["id"]);
    subject.sim.change(|switches| {
        switches.post_answer = PostAnswer::Wrapped;
        switches.post_status = 200;
    });
    let reply = subject.post("Asset", &body).await;
    assert_eq!((reply.status, &reply.json()["asset"][0]["id"]), (200, &asset["id"]));
}

#[tokio::test]
async fn q_41_no_id_creates_and_twice_creates_two() {
    let subject = Subject::start().await;
    let before = subject.truth("Client").await.len();
    let sites = subject.truth("Site").await.len();
    let body = json!([{"name": "Twice Ltd"}]);
    let first = subject.post("Client", &body).await.json();
    let second = subject.post("Client", &body).await.json();
    assert_ne!(first["id"], second["id"]);
    assert_eq!(subject.truth("Client").await.len(), before + 2);
    assert_eq!(subject.truth("Site").await.len(), sites + 2);
    let main = subject.rows(&format!("/api/Site?client_id={}", first["id"]), "sites").await;
    assert_eq!((main.len(), &main[0]["client_name"]), (1, &"Twice Ltd".into()));
    assert_eq!(first["inactive"], false);
}

#[tokio::test]
async fn q_42_updates_merge() {
    let subject = Subject::start().await;
    let asset = laptop(&subject).await;
    let path = format!("/api/Asset/{}?includedetails=true", asset["id"]);
    let mut before = subject.get(&path).await.json();
    let body = json!([{"id": asset["id"], "warranty_end": "2030-01-31T12:00:00"}]);
    assert_eq!(subject.post("Asset", &body).await.status, 201);
    before["warranty_end"] = "2030-01-31T12:00:00".into();
    assert_eq!(subject.get(&path).await.json(), before);
    let row = subject.truth("Asset").await.into_iter().find(|row| row["id"] == asset["id"]);
    assert_eq!(row.expect("still there")["warranty_end"], "2030-01-31T12:00:00");
}

#[tokio::test]
async fn q_44_rules_are_reported_one_at_a_time() {
    let subject = Subject::start().await;
    let message = |body: Value| {
        let subject = &subject;
        async move { subject.post("Users", &body).await.json()["Message"].clone() }
    };
    assert_eq!(message(json!([{"surname": "Roe"}])).await, "Username must be entered");
    assert_eq!(message(json!([{"name": "Jane Roe"}])).await, "A Site must be selected");
    let site = subject.truth("Site").await.remove(3);
    let made = subject.post("Users", &json!([{"name": "Jane Roe", "site_id": site["id"]}])).await;
    let made = made.json();
    assert_eq!((&made["client_name"], &made["site_id_int"]), (&site["client_name"], &site["id"]));
}

#[tokio::test]
async fn q_46_a_ticket_with_a_user_needs_a_site() {
    let subject = Subject::start().await;
    let reply = subject.post("Tickets", &json!([{"summary": "Help", "user_id": 26}])).await;
    assert_eq!((reply.status, &reply.json()["Message"]), (400, &"A Site must be selected".into()));
    let made = subject.post("Tickets", &json!([{"summary": "Help"}])).await;
    assert_eq!((made.status, &made.json()["summary"]), (201, &"Help".into()));
}

#[tokio::test]
async fn a_created_asset_has_its_types_fields() {
    let subject = Subject::start().await;
    let client = subject.truth("Client").await.remove(2);
    let body = json!([{"assettype_id": "135", "client_id": client["id"], "inventory_number": "FW-9",
        "_dontaddnewfields": true, "fields": [{"id": 117, "value": "SN-9"}]}]);
    let made = subject.post("Asset", &body).await.json();
    assert_eq!((&made["client_name"], &made["site_name"]), (&client["name"], &"Main".into()));
    assert_eq!(
        (&made["key_field2"], &made["assettype_name"]),
        (&"SN-9".into(), &"Firewall".into())
    );
    let names: Vec<_> =
        made["fields"].as_array().expect("fields").iter().map(|field| &field["name"]).collect();
    assert!(names.contains(&&"Firmware Version".into()) && !names.contains(&&"Last User".into()));
    let listed = subject.rows("/api/Asset?assettype_id=135&count=500", "assets").await;
    assert!(listed.iter().any(|row| row["id"] == made["id"]));
}

#[tokio::test]
async fn q_53_delete_is_real_and_writing_needs_the_scope() {
    let mut subject = Subject::start().await;
    let asset = laptop(&subject).await;
    let target = format!("/api/Asset/{}", asset["id"]);
    subject.renew("read:assets").await;
    let denied = subject.post("Asset", &json!([{"id": asset["id"], "notes": "x"}])).await;
    assert_eq!(denied.status, 403);
    subject.renew("edit:assets").await;
    let token = format!("authorization: Bearer {}", subject.token);
    let address = subject.sim.addr.to_string();
    let gone = request(&address, "DELETE", &target, &[&token], b"").await.expect("an answer");
    assert_eq!((gone.status, subject.get(&target).await.status), (200, 404));
}

#[tokio::test]
async fn a_lost_answer_leaves_the_write_done() {
    let subject = Subject::start().await;
    let before = subject.truth("Client").await.len();
    subject.control("POST", "/faults", r#"["lost=100"]"#).await;
    let token = format!("authorization: Bearer {}", subject.token);
    let address = subject.sim.addr.to_string();
    let answer = request(&address, "POST", "/api/Client", &[&token], br#"[{"name":"Once"}]"#).await;
    assert!(answer.is_err());
    assert_eq!(subject.truth("Client").await.len(), before + 1);
}
