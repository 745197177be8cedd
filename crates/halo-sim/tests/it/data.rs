//! What rows look like: HALO-API.md 2.4 and 3.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::http::{Subject, options};

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_else(|| panic!("{name} is no text in {row}")).to_owned()
}

#[tokio::test]
async fn references_lead_to_rows_that_are_there() {
    let subject = Subject::start().await;
    let by_id = |rows: Vec<Value>| -> BTreeMap<i64, Value> {
        rows.into_iter().map(|row| (row["id"].as_i64().expect("an id"), row)).collect()
    };
    let clients = by_id(subject.truth("Client").await);
    let sites = by_id(subject.truth("Site").await);
    let types = by_id(subject.truth("AssetType").await);
    assert_eq!((clients.len(), sites.len()), (20, 30));
    for site in sites.values() {
        let client = &clients[&(site["client_id"].as_f64().expect("a decimal") as i64)];
        assert_eq!(site["client_name"], client["name"]);
    }
    for asset in subject.truth("Asset").await {
        let site = &sites[&asset["site_id"].as_i64().expect("an id")];
        assert_eq!(asset["client_id"].as_f64(), site["client_id"].as_f64());
        assert_eq!(asset["site_name"], site["name"]);
        assert_eq!(
            asset["assettype_name"],
            types[&asset["assettype_id"].as_i64().expect("an id")]["name"]
        );
    }
    for user in subject.truth("Users").await {
        let site = &sites[&user["site_id_int"].as_i64().expect("an id")];
        assert_eq!(user["client_name"], site["client_name"]);
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let rows = |seed| async move {
        let subject = Subject::from(options(|options| options.seed = seed)).await;
        subject.control("GET", "/truth/Asset?assetfields=1", "").await.body
    };
    let first = rows(1).await;
    assert_eq!(rows(1).await, first);
    assert_ne!(rows(2).await, first);
}

#[tokio::test]
async fn q_21_some_ids_are_decimals_on_the_wire() {
    let subject = Subject::start().await;
    let raw = |target: &'static str| {
        let subject = &subject;
        async move { subject.get(target).await.text() }
    };
    assert!(raw("/api/Site").await.contains(r#""client_id":1.0"#));
    let users = raw("/api/Users").await;
    assert!(users.contains(".0,\"site_id_int\":") && users.contains(r#""client_id":"#));
    let types = raw("/api/AssetType").await;
    assert!(types.contains(r#""field_id":51.0"#) && types.contains(r#""typeinfo_id":111.0"#));
}

#[tokio::test]
async fn q_24_no_date_has_five_forms() {
    let subject = Subject::start().await;
    let rows = subject.truth("Asset").await;
    let forms: BTreeSet<String> = rows
        .iter()
        .map(|row| match row.get("warranty_end") {
            None => "absent".into(),
            Some(Value::Null) => "null".into(),
            Some(Value::String(date)) if date.as_str() < "1980" => date.clone(),
            Some(_) => "date".into(),
        })
        .collect();
    for form in [
        "absent",
        "null",
        "1900-01-01T00:00:00",
        "1899-12-30T00:00:00",
        "1901-01-01T00:00:00",
        "date",
    ] {
        assert!(forms.contains(form), "{form} is missing in {forms:?}");
    }
}

#[tokio::test]
async fn q_25_dates_have_no_zone_and_up_to_three_digits_and_sometimes_a_z() {
    let subject = Subject::from(options(|options| options.sizes.assets = 3_000)).await;
    let mut digits = BTreeSet::new();
    for row in subject.truth("Asset").await {
        for date in ["warranty_start", "warranty_end", "supplier_purchasedate"] {
            if let Some(date) = row.get(date).and_then(Value::as_str) {
                let naive = date.strip_suffix('Z').unwrap_or(date);
                assert!(naive.parse::<jiff::civil::DateTime>().is_ok(), "{date}");
                digits.insert(if date.ends_with('Z') { "zone" } else { "none" });
            }
        }
    }
    assert_eq!(digits, ["none", "zone"].into());
    let id = subject.truth("Team").await[0]["id"].clone();
    assert!(
        text(&subject.get(&format!("/api/Team/{id}")).await.json(), "last_modified").len() >= 19
    );
    let mut fractions = BTreeSet::new();
    for agent in subject.truth("Agent").await {
        if let Some(date) = agent["lastlogindate"].as_str() {
            fractions.insert(date.split_once('.').map_or(0, |(_, fraction)| fraction.len()));
        }
    }
    assert!(fractions.len() > 1 && fractions.iter().all(|digits| *digits <= 3), "{fractions:?}");
}

#[tokio::test]
async fn q_27_list_rows_are_thin() {
    let subject = Subject::start().await;
    for (entity, only_detail) in [
        ("Client", "datecreated"),
        ("Site", "region_code_name"),
        ("Users", "login"),
        ("Asset", "dlastupdate"),
        ("Agent", "is_admin"),
        ("Team", "emailaddress"),
        ("TopLevel", "notes"),
    ] {
        let row = subject.truth(entity).await.remove(1);
        assert!(row.get(only_detail).is_none(), "{entity}");
        let one = subject.get(&format!("/api/{entity}/{}", row["id"])).await.json();
        assert!(one.get(only_detail).is_some(), "{entity}");
        for (name, value) in row.as_object().expect("an object") {
            assert_eq!(&one[name], value, "{entity}.{name}");
        }
    }
}

#[tokio::test]
async fn q_30_placeholders_are_there_and_can_be_left_out() {
    let subject = Subject::start().await;
    assert_eq!(subject.get("/api/Client/1").await.json()["name"], "Unknown");
    assert_eq!(subject.get("/api/Agent/1").await.json()["name"], "Unassigned");
    let users = subject.truth("Users").await;
    let general = users.iter().filter(|user| user["name"] == "General User").count();
    assert_eq!(general, subject.truth("Site").await.len());
    subject.sim.change(|switches| switches.no_placeholders = true);
    assert_eq!(subject.get("/api/Client/1").await.status, 404);
    assert!(subject.truth("Users").await.iter().all(|user| user["name"] != "General User"));
}

#[tokio::test]
async fn q_31_service_accounts_are_about_four_in_ten_contacts() {
    let subject = Subject::from(options(|options| options.sizes.contacts = 2_000)).await;
    let users = subject.truth("Users").await;
    let services = users.iter().filter(|user| user["isserviceaccount"] == true).count();
    assert!((700..900).contains(&services), "{services}");
}

#[tokio::test]
async fn q_32_key_fields_mirror_the_fields() {
    let subject = Subject::start().await;
    let types = subject.truth("AssetType").await;
    for asset in subject.truth("Asset?assetfields=1").await {
        assert!(asset.get("name").is_none());
        let kind = types.iter().find(|kind| kind["id"] == asset["assettype_id"]).expect("its type");
        for (shown, key) in [
            ("key_field", "keyfield_id"),
            ("key_field2", "keyfield2_id"),
            ("key_field3", "keyfield3_id"),
        ] {
            let fields = asset["fields"].as_array().expect("filled fields");
            let field = fields.iter().find(|field| field["id"] == kind[key]);
            let display = field.map_or("", |field| field["display"].as_str().expect("a text"));
            assert_eq!(asset[shown], display);
        }
    }
}

#[tokio::test]
async fn q_32_changing_a_field_changes_its_mirror() {
    let subject = Subject::start().await;
    let asset = subject.rows("/api/Asset?assettype_id=130", "assets").await.remove(0);
    let body = format!(r#"{{"op":"update","id":{},"fields":{{"117":"NEW-SERIAL"}}}}"#, asset["id"]);
    subject.control("POST", "/row/Asset", &body).await;
    let one = subject.get(&format!("/api/Asset/{}?includedetails=true", asset["id"])).await.json();
    assert_eq!(one["key_field3"], "NEW-SERIAL");
    let fields = one["fields"].as_array().expect("fields");
    assert!(fields.iter().any(|field| field["id"] == 117 && field["value"] == "NEW-SERIAL"));
}

#[tokio::test]
async fn q_33_an_assets_field_id_is_the_types_field_id() {
    let subject = Subject::start().await;
    let laptop = subject.get("/api/AssetType/130?includedetails=true").await.json();
    let by = |name: &str| -> BTreeSet<i64> {
        let fields = laptop["fields"].as_array().expect("fields").iter();
        fields.map(|field| field[name].as_f64().expect("a decimal") as i64).collect()
    };
    let rows = subject
        .rows("/api/Asset?assettype_id=130&includeassetfields=true&includeinactive=true", "assets")
        .await;
    let own: BTreeSet<i64> = rows[0]["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|field| field["id"].as_i64().expect("an integer"))
        .collect();
    assert_eq!(own, by("field_id"));
    assert_ne!(own, by("id"));
    assert!(own.intersection(&by("id")).count() > 0, "no row id looks like a field id");
}

#[tokio::test]
async fn q_34_asset_statuses_are_lookup_61_and_limited_per_type() {
    let subject = Subject::start().await;
    let statuses = subject.array("/api/Lookup?lookupid=61").await;
    assert!(statuses.iter().all(|status| status["lookupid"] == 61));
    assert!(statuses.iter().any(|status| status["id"] == 1 && status["name"] == "Active"));
    let without_zero = subject.array("/api/Lookup?lookupid=61&exclude_zero=true").await;
    assert_eq!(without_zero.len() + 1, statuses.len());
    let virtual_server = subject.get("/api/AssetType/134?includedetails=true").await.json();
    assert_eq!(virtual_server["allowall_status"], false);
    let allowed: BTreeSet<i64> = virtual_server["allowed_status"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|status| status["status_id"].as_i64().expect("an id"))
        .collect();
    assert!(allowed.len() < statuses.len());
    let assets = subject.truth("Asset").await;
    assert!(assets.iter().any(|row| row["inactive"] == true && row["status_id"] == 6));
    let ids: BTreeSet<_> = statuses.iter().map(|status| status["id"].as_i64()).collect();
    for row in assets {
        assert!(ids.contains(&row["status_id"].as_i64()));
        if row["assettype_id"] == 134 {
            assert!(allowed.contains(&row["status_id"].as_i64().expect("an id")));
        }
    }
}

#[tokio::test]
async fn fields_are_filled_as_the_switch_says() {
    use almanac_halo_sim::AssetFields;
    let subject = Subject::start().await;
    let filled = |target: &'static str| {
        let subject = &subject;
        async move {
            let rows = subject.rows(target, "assets").await;
            rows[0]["fields"].as_array().is_some_and(|fields| !fields.is_empty())
        }
    };
    let (with, without) = (
        "/api/Asset?includeassetfields=true&assettype_id=130",
        "/api/Asset?includeassetfields=true",
    );
    assert_eq!(
        (filled(with).await, filled(without).await, filled("/api/Asset").await),
        (true, false, false)
    );
    subject.sim.change(|switches| switches.asset_fields = AssetFields::Always);
    assert_eq!((filled(with).await, filled(without).await), (true, true));
    subject.sim.change(|switches| switches.asset_fields = AssetFields::Never);
    assert_eq!((filled(with).await, filled(without).await), (false, false));
}

#[tokio::test]
async fn q_60_a_newer_build_has_more_properties() {
    let subject = Subject::with(|switches| switches.extra_properties = true).await;
    for entity in ["Client", "Asset", "AssetType", "Lookup"] {
        let rows = subject.truth(entity).await;
        assert!(rows.iter().all(|row| row["future_link"]["kinds"].is_array()), "{entity}");
    }
}

#[tokio::test]
async fn q_61_routes_have_no_case() {
    let subject = Subject::start().await;
    for target in ["/api/asset", "/API/Asset", "/api/ASSET/"] {
        assert_eq!(subject.get(target).await.status, 200, "{target}");
    }
    let rows = subject.truth("Asset").await;
    let names = rows[0].as_object().expect("an object").keys();
    assert!(names.into_iter().all(|name| *name == name.to_lowercase()));
}

#[tokio::test]
async fn hostile_texts_arrive_as_they_are() {
    let subject = Subject::start().await;
    let names: Vec<String> =
        subject.truth("Client").await.iter().map(|client| text(client, "name")).collect();
    for part in ["<script>", "\u{0}", "株式会社", "\u{1f3e5}", "شركة", "DROP TABLE"] {
        assert!(names.iter().any(|name| name.contains(part)), "{part:?}");
    }
    assert!(names.iter().any(|name| name.len() > 500));
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let subject = Subject::start().await;
    let gone = subject.get("/api/Asset/999999999").await;
    assert_eq!((gone.status, gone.body.len()), (404, 0));
    for target in ["/api/Contract", "/api/Asset/12/34", "/other", "/api/Asset/abc", "/"] {
        let reply = subject.get(target).await;
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (404, Some("text/html")),
            "{target}"
        );
    }
}
