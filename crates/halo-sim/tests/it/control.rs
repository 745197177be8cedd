//! The control port.

use serde_json::{Value, json};

use crate::http::{Subject, options};

#[tokio::test]
async fn truth_has_the_very_bytes_of_the_list() {
    let subject = Subject::start().await;
    for (entity, key) in
        [("Asset", "assets"), ("Client", "clients"), ("Users", "users"), ("Site", "sites")]
    {
        let truth = subject.control("GET", &format!("/truth/{entity}"), "").await.text();
        let target = format!("/api/{entity}?includeinactive=true&order=id&count=5000");
        let list = subject.get(&target).await.text();
        let joined = truth.lines().collect::<Vec<_>>().join(",");
        assert!(list.contains(&format!("\"{key}\":[{joined}]")), "{entity}");
    }
    let truth =
        subject.control("GET", "/truth/Asset?assetfields=1&assettype_id=130", "").await.text();
    let list = subject
        .get("/api/Asset?includeinactive=true&order=id&count=5000&includeassetfields=true&assettype_id=130")
        .await
        .text();
    assert!(list.contains(&truth.lines().collect::<Vec<_>>().join(",")));
}

#[tokio::test]
async fn rows_can_be_added_changed_deleted_and_restored() {
    let subject = Subject::start().await;
    let made = subject
        .control("POST", "/row/Client", r#"{"op":"insert","values":{"name":"Fresh Ltd"}}"#)
        .await;
    let id = made.json()["id"].clone();
    let one = format!("/api/Client/{id}");
    assert_eq!(subject.get(&one).await.json()["name"], "Fresh Ltd");
    assert!(
        subject
            .truth("Client")
            .await
            .iter()
            .any(|row| row["id"] == id && row["name"] == "Fresh Ltd")
    );
    let change = |op: &str| format!(r#"{{"op":"{op}","id":{id},"values":{{"name":"Renamed"}}}}"#);
    subject.control("POST", "/row/Client", &change("update")).await;
    assert_eq!(subject.get(&one).await.json()["name"], "Renamed");
    let count = subject.truth("Client").await.len();
    subject.control("POST", "/row/Client", &format!(r#"{{"op":"delete","id":{id}}}"#)).await;
    assert_eq!(subject.get(&one).await.status, 404);
    assert_eq!(subject.truth("Client").await.len(), count - 1);
    subject.control("POST", "/row/Client", &format!(r#"{{"op":"restore","id":{id}}}"#)).await;
    assert_eq!(subject.get(&one).await.json()["name"], "Renamed");
    let wrong = subject.control("POST", "/row/Client", r#"{"op":"delete","id":99999999}"#).await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn a_renamed_client_is_renamed_everywhere() {
    let subject = Subject::start().await;
    let asset = subject.truth("Asset").await.remove(0);
    let body =
        format!(r#"{{"op":"update","id":{},"values":{{"name":"New Name"}}}}"#, asset["client_id"]);
    subject.control("POST", "/row/Client", &body).await;
    let one = subject.get(&format!("/api/Asset/{}", asset["id"])).await.json();
    assert_eq!(one["client_name"], "New Name");
}

#[tokio::test]
async fn settings_refuse_a_slip() {
    let subject = Subject::start().await;
    let wrong = subject.control("POST", "/settings", r#"{"page_capp":50}"#).await;
    assert_eq!(wrong.status, 400);
    let right =
        subject.control("POST", "/settings", r#"{"page_cap":50,"past_end":"repeat"}"#).await;
    assert_eq!((right.status, &right.json()["past_end"]), (200, &"repeat".into()));
    assert_eq!(
        subject.rows("/api/Asset?pageinate=true&page_no=1&page_size=99", "assets").await.len(),
        50
    );
}

#[tokio::test]
async fn state_and_requests_tell_what_happened_without_secrets() {
    let subject = Subject::start().await;
    subject.get("/api/Asset/1201?includedetails=true").await;
    subject.get("/api/Asset?page_no=1&client_secret=hush").await;
    let state = subject.control("GET", "/state", "").await;
    assert_eq!(state.json()["counts"]["tokens"], 1);
    assert_eq!(state.json()["counts"]["by_path"]["GET /api/asset/{id}"], 1);
    let requests = subject.control("GET", "/requests", "").await;
    let lines: Vec<Value> = serde_json::from_value(requests.json()).expect("lines");
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1]["target"], "/api/Asset/1201?includedetails=true");
    let all = format!("{}{}", state.text(), requests.text());
    assert!(!all.contains("hush") && !all.contains(almanac_halo_sim::DEMO_CLIENT_SECRET));
    assert!(!all.contains(&subject.token));
}

#[tokio::test]
async fn the_date_header_is_the_simulated_clocks() {
    let mut seconds = Vec::new();
    for clock_offset in [0, 86_400 * 400] {
        let subject = Subject::from(options(|options| options.clock_offset = clock_offset)).await;
        let date = subject.get("/api/Team").await.header("date").expect("a date").to_owned();
        let read = jiff::fmt::rfc2822::parse(&date.replace("GMT", "+0000")).expect("a date");
        seconds.push(read.timestamp().as_second());
    }
    let ahead = seconds[1] - seconds[0];
    assert!((86_400 * 400..86_400 * 401).contains(&ahead), "{ahead}");
}

#[tokio::test]
async fn a_million_assets_are_listed_from_either_end() {
    let subject = Subject::from(options(|options| options.sizes.assets = 1_000_000)).await;
    let target = "/api/Asset?includeinactive=true&order=id&pageinate=true&page_size=100&page_no=";
    let first = subject.get(&format!("{target}1")).await.json();
    assert_eq!(first["record_count"], 1_000_000);
    let last = subject.rows(&format!("{target}10000"), "assets").await;
    assert_eq!(last.len(), 100);
    assert!(last[99]["id"].as_i64() > Some(1_000_000));
}

#[tokio::test]
async fn writes_tell_what_they_changed_and_keep_no_secret() {
    let subject = Subject::start().await;
    let asset = subject.rows("/api/Asset?assettype_id=130", "assets").await.remove(0);
    let path = format!("/api/Asset/{}?includedetails=true", asset["id"]);
    let fields = subject.get(&path).await.json()["fields"].clone();
    let (first, second) = (&fields[0], &fields[1]);
    let body = json!([{"id": asset["id"], "_dontaddnewfields": true,
        "warranty_end": "2041-03-01T12:00:00", "client_id": asset["client_id"],
        "fields": [{"id": first["id"].as_f64().expect("an id") as i64, "value": first["value"]},
            {"id": second["id"].as_f64().expect("an id") as i64, "value": "new"}]}]);
    assert_eq!(subject.post("Asset", &body).await.status, 201);
    subject.post("Webhook", &json!([{"url": "https://x.example", "secret": "hush"}])).await;
    subject.post("Opportunities", &json!([{"id": 1}])).await;
    let writes = subject.control("GET", "/writes", "").await;
    assert!(!writes.text().contains("hush") && !writes.text().contains(&subject.token));
    let lines = writes.json();
    let lines = lines.as_array().expect("lines");
    let targets: Vec<_> = lines.iter().map(|line| line["target"].as_str().expect("text")).collect();
    assert_eq!(targets, ["/api/Asset", "/api/Webhook", "/api/Opportunities"]);
    let changes = lines[0]["changes"].as_array().expect("changes");
    let names: Vec<_> = changes.iter().map(|change| change["name"].as_str()).collect();
    let typed = format!("fields/{}", second["id"].as_f64().expect("an id"));
    assert_eq!(names, [Some("warranty_end"), Some(typed.as_str())], "{changes:?}");
    assert_eq!(changes[0]["after"], "2041-03-01T12:00:00");
    assert_eq!((&changes[1]["id"], &changes[1]["after"]), (&asset["id"], &"new".into()));
    assert_eq!(lines[2]["changes"], json!([]), "it was refused");
    let state = subject.control("GET", "/state", "").await.json();
    assert_eq!(state["counts"]["writes"], 3, "the token was no write");
}
