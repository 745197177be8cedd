//! Paging, order and filters: HALO-API.md 2.1 to 2.3.

use std::collections::BTreeSet;

use almanac_halo_sim::{IdOnly, PastEnd, RecordCount};
use serde_json::Value;

use crate::http::Subject;

const ALL: &str = "includeinactive=true&order=id&pageinate=true";

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().expect("an integer id")).collect()
}

async fn walk(subject: &Subject, page_size: u32) -> Vec<i64> {
    let mut all = Vec::new();
    for page_no in 1.. {
        let target = format!("/api/Asset?{ALL}&page_no={page_no}&page_size={page_size}");
        let page = ids(&subject.rows(&target, "assets").await);
        if page.is_empty() || all.ends_with(&page) {
            return all;
        }
        all.extend(page);
    }
    all
}

#[tokio::test]
async fn q_01_a_page_holds_no_more_than_the_cap() {
    let subject = Subject::start().await;
    for cap in [100, 50] {
        subject.sim.change(|switches| switches.asset_page_cap = cap);
        let page = subject.get(&format!("/api/Asset?{ALL}&page_no=1&page_size=1000")).await.json();
        assert_eq!(page["record_count"], 250);
        assert_eq!(page["page_size"], cap);
        assert_eq!(page["assets"].as_array().map(Vec::len), Some(cap as usize));
        let distinct: BTreeSet<i64> = walk(&subject, 1_000).await.into_iter().collect();
        assert_eq!(distinct.len(), 250);
    }
}

#[tokio::test]
async fn q_02_without_page_no_the_size_is_ignored() {
    let subject = Subject::start().await;
    let page =
        subject.get("/api/Asset?pageinate=true&page_size=10&includeinactive=true").await.json();
    assert_eq!(
        (&page["record_count"], page["assets"].as_array().map(Vec::len)),
        (&50.into(), Some(50))
    );
}

#[tokio::test]
async fn q_03_a_page_past_the_end_repeats() {
    let subject = Subject::with(|switches| {
        switches.past_end = PastEnd::Repeat;
        switches.page_cap = 50;
    })
    .await;
    let last = subject.rows(&format!("/api/Asset?{ALL}&page_no=5&page_size=50"), "assets").await;
    let past = subject.rows(&format!("/api/Asset?{ALL}&page_no=6&page_size=50"), "assets").await;
    assert_eq!(last.len(), 50);
    assert_eq!(ids(&last), ids(&past));
}

#[tokio::test]
async fn q_04_a_page_past_the_end_says_zero() {
    let subject = Subject::with(|switches| switches.past_end = PastEnd::Empty).await;
    let past = subject.get(&format!("/api/Asset?{ALL}&page_no=6&page_size=50")).await.json();
    assert_eq!((&past["record_count"], &past["assets"]), (&0.into(), &Value::Array(vec![])));
}

#[tokio::test]
async fn q_05_bare_arrays_ignore_paging() {
    let subject = Subject::start().await;
    let all = subject.array("/api/Lookup").await;
    assert!(all.len() > 50);
    assert_eq!(
        subject.array("/api/Lookup?pageinate=true&page_no=2&page_size=5&count=3").await,
        all
    );
}

#[tokio::test]
async fn q_06_envelopes_have_their_own_keys_and_some_lists_are_bare() {
    let subject = Subject::start().await;
    for (route, key) in [
        ("Client", "clients"),
        ("Site", "sites"),
        ("Users", "users"),
        ("Asset", "assets"),
        ("TopLevel", "trees"),
    ] {
        let page =
            subject.get(&format!("/api/{route}?pageinate=true&page_no=1&page_size=5")).await.json();
        assert!(page[key].is_array() && page["record_count"].is_u64(), "{route}: {page}");
        assert_eq!(page["page_no"], 1);
    }
    for route in ["Agent", "Team", "AssetType", "AssetTypeInfo", "AssetGroup", "Lookup"] {
        assert!(!subject.array(&format!("/api/{route}")).await.is_empty(), "{route}");
    }
    subject.sim.change(|switches| switches.toplevel_key = "toplevels".into());
    assert!(subject.get("/api/TopLevel").await.json()["toplevels"].is_array());
}

#[tokio::test]
async fn q_07_unknown_parameters_are_ignored() {
    let subject = Subject::start().await;
    let all = subject.get(&format!("/api/Asset?{ALL}&page_no=1")).await.json();
    let slip =
        subject.get(&format!("/api/Asset?{ALL}&page_no=1&assigned_to=37&clientid=2")).await.json();
    assert_eq!(slip, all);
}

#[tokio::test]
async fn q_08_orderdesc_1_sorts_ascending() {
    let subject = Subject::start().await;
    let first = |desc: &'static str| {
        let target = format!("/api/Asset?{ALL}&page_no=1&page_size=5&orderdesc={desc}");
        let subject = &subject;
        async move { ids(&subject.rows(&target, "assets").await) }
    };
    let upwards = first("false").await;
    assert!(upwards.is_sorted());
    assert_eq!(first("1").await, upwards);
    assert!(first("true").await.is_sorted_by(|a, b| a > b));
}

#[tokio::test]
async fn q_09_rows_move_while_paging() {
    let subject = Subject::with(|switches| {
        switches.move_rows = 5;
        switches.page_cap = 20;
    })
    .await;
    let before: BTreeSet<i64> = ids(&subject.truth("Asset").await).into_iter().collect();
    let walked = walk(&subject, 20).await;
    let after: BTreeSet<i64> = ids(&subject.truth("Asset").await).into_iter().collect();
    let distinct: BTreeSet<i64> = walked.iter().copied().collect();
    assert_eq!(subject.sim.counts().moved_rows, 5);
    assert_ne!(before, after);
    assert!(after.difference(&before).count() > 0 && before.difference(&after).count() > 0);
    assert!(distinct != after || walked.len() != distinct.len(), "nothing shifted");
    // Once the moves are spent, a second walk is whole.
    assert_eq!(walk(&subject, 20).await.into_iter().collect::<BTreeSet<_>>(), after);
}

#[tokio::test]
async fn q_10_inactive_rows_are_hidden_by_default() {
    let subject = Subject::start().await;
    let id = subject.rows("/api/Client", "clients").await[3]["id"].as_i64().expect("an id");
    subject.control("POST", "/row/Client", &format!(r#"{{"op":"deactivate","id":{id}}}"#)).await;
    assert!(!ids(&subject.rows("/api/Client?count=500", "clients").await).contains(&id));
    let all = subject.rows("/api/Client?count=500&includeinactive=true", "clients").await;
    let row = all.iter().find(|row| row["id"] == id).expect("still there");
    assert_eq!(row["inactive"], true);
    let inactive = subject.rows("/api/Client?activeinactive=false,true&count=500", "clients").await;
    assert!(!inactive.is_empty() && inactive.iter().all(|row| row["inactive"] == true));
    let sites = subject.truth("Site").await;
    assert!(
        sites
            .iter()
            .filter(|site| site["client_id"] == id as f64)
            .all(|site| site["inactive"] == true)
    );
}

#[tokio::test]
async fn q_11_lastupdatefromdate_is_a_date_and_works_only_where_switched_on() {
    let subject = Subject::start().await;
    let target =
        "/api/Asset?includeinactive=true&count=1000&lastupdatefromdate=2026-06-01T00:00:00Z";
    assert_eq!(subject.rows(target, "assets").await.len(), 250);
    subject.control("POST", "/settings", r#"{"filter_works":["Asset"]}"#).await;
    let some = subject.rows(target, "assets").await.len();
    assert!(some > 50 && some < 250, "{some}");
    let future = target.replace("2026-06", "2126-06");
    assert!(subject.rows(&future, "assets").await.is_empty());
    let id = subject.truth("Asset").await[9]["id"].clone();
    subject.control("POST", "/clock", r#"{"advance":600}"#).await;
    let now = subject.control("POST", "/clock", "{}").await.json()["clock_millis"].as_i64();
    let stamp = jiff::Timestamp::from_millisecond(now.expect("a clock") - 1_000).expect("in range");
    let update = format!(r#"{{"op":"update","id":{id},"values":{{"inventory_number":"X"}}}}"#);
    subject.control("POST", "/row/Asset", &update).await;
    let changed = subject
        .rows(&format!("/api/Asset?includeinactive=true&lastupdatefromdate={stamp}"), "assets")
        .await;
    assert_eq!(changed.iter().map(|row| &row["id"]).collect::<Vec<_>>(), [&id]);
}

#[tokio::test]
async fn the_default_order_is_not_by_id() {
    let subject = Subject::start().await;
    for (route, key) in [("Asset", "assets"), ("Client", "clients"), ("Users", "users")] {
        let rows =
            subject.rows(&format!("/api/{route}?pageinate=true&page_no=1&page_size=50"), key).await;
        assert!(!ids(&rows).is_sorted(), "{route}");
    }
}

#[tokio::test]
async fn without_paging_fifty_rows_come_unless_count_says_more() {
    let subject = Subject::start().await;
    let page = subject.get("/api/Asset?includeinactive=true").await.json();
    assert_eq!(
        (&page["record_count"], page["assets"].as_array().map(Vec::len)),
        (&250.into(), Some(50))
    );
    assert!(page.get("page_no").is_none());
    assert_eq!(
        subject.rows("/api/Asset?includeinactive=true&count=200", "assets").await.len(),
        200
    );
    subject.sim.change(|switches| switches.count_cap = 120);
    assert_eq!(
        subject.rows("/api/Asset?includeinactive=true&count=200", "assets").await.len(),
        120
    );
}

#[tokio::test]
async fn record_count_can_be_wrong_in_each_way() {
    let subject = Subject::start().await;
    for (mode, count) in [
        (RecordCount::WrongHigh, 257),
        (RecordCount::WrongLow, 243),
        (RecordCount::Page, 100),
        (RecordCount::Zero, 0),
    ] {
        subject.sim.change(|switches| switches.record_count = mode);
        let page = subject.get(&format!("/api/Asset?{ALL}&page_no=1&page_size=100")).await.json();
        assert_eq!(page["record_count"], count, "{mode:?}");
        assert_eq!(page["assets"].as_array().map(Vec::len), Some(100));
    }
}

#[tokio::test]
async fn idonly_gives_ids_without_pages() {
    let subject = Subject::start().await;
    let target = format!("/api/Asset?{ALL}&page_no=2&page_size=100&idonly=true");
    let rows = subject.rows(&target, "assets").await;
    assert_eq!(rows.len(), 250);
    assert!(rows.iter().all(|row| row.as_object().map(serde_json::Map::len) == Some(1)));
    subject.sim.change(|switches| switches.idonly = IdOnly::Paged);
    assert_eq!(subject.rows(&target, "assets").await.len(), 100);
    subject.sim.change(|switches| switches.idonly = IdOnly::Ignored);
    assert!(subject.rows(&target, "assets").await[0].get("key_field").is_some());
}

#[tokio::test]
async fn filters_narrow_and_bad_numbers_are_refused() {
    let subject = Subject::start().await;
    let all = subject.truth("Asset").await;
    let (client, kind) = (&all[0]["client_id"], &all[0]["assettype_id"]);
    let target =
        format!("/api/Asset?includeinactive=true&count=500&client_id={client}&assettype_id={kind}");
    let some = subject.rows(&target, "assets").await;
    let fits = |row: &&Value| &row["client_id"] == client && &row["assettype_id"] == kind;
    assert_eq!(some.len(), all.iter().filter(fits).count());
    assert!(some.iter().all(|row| fits(&row)));
    let tag = all[7]["inventory_number"].as_str().expect("a tag");
    let found =
        subject.rows(&format!("/api/Asset?includeinactive=true&search={tag}"), "assets").await;
    assert_eq!(found.len(), 1);
    let users = "/api/Users?includeinactive=true&count=500";
    let people = subject
        .rows(&format!("{users}&includeserviceaccount=false&exclude_generaluser=true"), "users")
        .await;
    assert!(
        people.iter().all(|row| row["isserviceaccount"] == false && row["name"] != "General User")
    );
    assert!(!people.is_empty());
    let bad = subject.get("/api/Asset?client_id=abc").await;
    assert_eq!((bad.status, bad.json()["client_id"].is_array()), (400, true));
}

#[tokio::test]
async fn disabled_agents_and_api_agents_come_when_asked() {
    let subject = Subject::start().await;
    let few = subject.array("/api/Agent").await.len();
    let more = subject.array("/api/Agent?includedisabled=true").await.len();
    let most = subject.array("/api/Agent?includedisabled=true&includeapiagents=true").await.len();
    assert!(few <= more && more < most, "{few} {more} {most}");
    assert_eq!(subject.truth("Agent").await.len(), most);
}
