//! Routes, parameters and properties held against Halo's own OpenAPI document of 2025.
//!
//! The extracted tables lie beside the workspace, not in it; without them the test says so and
//! proves nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::http::{Subject, options};

/// Entity, its table.
const TABLES: [(&str, &str); 23] = [
    ("Client", "Client"),
    ("Site", "Site"),
    ("Users", "Users"),
    ("Agent", "Agent"),
    ("Team", "Team"),
    ("TopLevel", "TopLevel"),
    ("AssetType", "AssetType"),
    ("AssetTypeInfo", "AssetType"),
    ("Asset", "Asset"),
    ("Lookup", "Lookup"),
    ("Status", "Status"),
    ("TicketType", "TicketType"),
    ("Priority", "Priority"),
    ("Category", "Category"),
    ("Workflow", "Workflow"),
    ("workflowstep", "WorkflowStep"),
    ("FieldInfo", "FieldInfo"),
    ("Outcome", "Outcome"),
    ("Tickets", "Tickets"),
    ("Opportunities", "Opportunities"),
    ("Projects", "Projects"),
    ("ClientContract", "ClientContract"),
    ("Invoice", "Invoice"),
];

/// Properties that no table has, each with the reason it is sent all the same.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    ("Asset", "key", "BL received it on list rows (HALO-API.md 3.7)"),
    ("Asset", "table", "BL received it on list rows (HALO-API.md 3.7)"),
];

/// Names that details of tickets have on the wire and Halo's document has not (Q-28: TL).
const DRIFTED: [&str; 7] = [
    "lastupdate",
    "category1",
    "category2",
    "useremail",
    "excludefromslas",
    "estimateddays",
    "tickettags",
];

#[expect(clippy::print_stderr, reason = "a test that compares nothing must say so")]
fn tables() -> Option<PathBuf> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/halo/field-tables");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {} is absent, so there is nothing to compare with", folder.display());
    None
}

fn names(table: &Value, part: &str) -> BTreeSet<String> {
    table[part].as_object().map(|names| names.keys().cloned().collect()).unwrap_or_default()
}

fn table(folder: &std::path::Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("a table");
    serde_json::from_str(&text).expect("JSON")
}

fn id(row: &Value) -> String {
    row["id"].as_str().map_or_else(|| row["id"].to_string(), str::to_owned)
}

fn properties(row: &Value) -> impl Iterator<Item = &String> {
    row.as_object().expect("an object").keys()
}

#[tokio::test]
async fn every_property_and_parameter_is_halos() {
    let Some(folder) = tables() else { return };
    let subject = Subject::from(options(|options| options.sizes.assets = 60)).await;
    let spec = subject.get("/api/swagger/v2/swagger.json").await.json();
    let index = table(&folder, "_endpoint-index");
    let mut wrong = Vec::new();
    for (entity, file) in TABLES {
        let table = table(&folder, file);
        let detail = names(&table, "detail_fields");
        let mut list = names(&table, "list_fields");
        if list.is_empty() {
            list.clone_from(&detail);
        }
        let excepted =
            |name: &str| EXCEPTIONS.iter().any(|known| (known.0, known.1) == (entity, name));
        let query = "includenotes=true&includeaddress=true&includeallowedstatus=true&includeagentsforteams=true";
        for row in subject.truth(&format!("{entity}?{query}")).await {
            wrong.extend(
                properties(&row)
                    .filter(|name| !list.contains(*name) && !excepted(name))
                    .map(|name| format!("{entity} list row: {name}")),
            );
            if ["AssetTypeInfo", "workflowstep"].contains(&entity) {
                continue;
            }
            let one = subject.get(&format!("/api/{entity}/{}?includedetails=true", id(&row))).await;
            wrong.extend(
                properties(&one.json())
                    .filter(|name| {
                        !detail.contains(*name) && !list.contains(*name) && !excepted(name)
                    })
                    .map(|name| format!("{entity} detail: {name}")),
            );
        }
        assert!(index[format!("/{entity}")]["get"].is_object(), "{entity} is no route of Halo");
        let known = names(&table, "list_params");
        let honoured = spec["paths"][format!("/{entity}")]["get"]["parameters"].as_array();
        for parameter in honoured.expect("parameters") {
            let name = parameter["name"].as_str().expect("a name");
            if !known.contains(name) {
                wrong.push(format!("{entity} parameter: {name}"));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    wrong.retain(|line| !DRIFTED.iter().any(|name| line.ends_with(&format!("s detail: {name}"))));
    assert!(wrong.is_empty(), "not in Halo's document:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn rows_that_clients_write_have_halos_properties_and_parameters() {
    let Some(folder) = tables() else { return };
    let subject = Subject::start().await;
    let hook = json!([{"name": "x", "type": 0, "url": "http://192.0.2.1/"}]);
    let hook = subject.post("Webhook", &hook).await.json();
    let row = json!([{"eventno": 62, "webhook_id": hook["id"]}]);
    let row = subject.post("Notification", &row).await.json();
    let ticket = subject.post("Tickets", &json!([{"summary": "x"}])).await.json();
    let action = json!([{"ticket_id": ticket["id"], "outcome": "Private Note"}]);
    let action = subject.post("Actions", &action).await.json();
    subject.control("POST", "/webhooks/flush", "").await;
    let event = subject.rows("/api/WebhookEvent", "events").await.remove(0);
    let spec = subject.get("/api/swagger/v2/swagger.json").await.json();
    let index = table(&folder, "_endpoint-index");
    for (route, file, row) in [
        ("Webhook", "Webhook", hook),
        ("Notification", "WebhookNotification", row),
        ("WebhookEvent", "WebhookEvent", event),
        ("Actions", "Actions", action),
    ] {
        let table = table(&folder, file);
        let known = names(&table, "detail_fields");
        // `who` was received though Halo's document lacks it (HALO-API.md 3.10: QD).
        let unknown: Vec<_> =
            properties(&row).filter(|name| !known.contains(*name) && *name != "who").collect();
        assert!(unknown.is_empty(), "{route}: {unknown:?}");
        assert!(index[format!("/{route}")]["get"].is_object(), "{route} is no route of Halo");
        let honoured = spec["paths"][format!("/{route}")]["get"]["parameters"].as_array();
        let parameters = names(&table, "list_params");
        for parameter in honoured.expect("parameters") {
            let name = parameter["name"].as_str().expect("a name");
            // The table of notifications has no parameters; Halo's document has both (SW25).
            assert!(parameters.contains(name) || route == "Notification", "{route}: {name}");
        }
    }
}

#[tokio::test]
async fn nested_rows_have_halos_properties() {
    let Some(folder) = tables() else { return };
    let subject = Subject::from(options(|options| options.sizes.assets = 60)).await;
    let value = names(&table(&folder, "AssetFieldValue"), "detail_fields");
    for asset in subject.truth("Asset?assetfields=1").await {
        for field in asset["fields"].as_array().expect("fields") {
            assert!(properties(field).all(|name| value.contains(name)), "{field}");
        }
    }
    let definition = names(&table(&folder, "AssetTypeField"), "detail_fields");
    for kind in subject.truth("AssetType").await {
        for field in kind["fields"].as_array().expect("fields") {
            assert!(properties(field).all(|name| definition.contains(name)), "{field}");
        }
    }
}
