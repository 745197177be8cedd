//! Assets of types that the agent may not list, at servers whose totals cannot be trusted.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_psa::walk::{Step, Walk};
use almanac_psa::{Connector, PageRequest, SeenSet};
use almanac_psa_halo::HaloConnector;

use crate::server::{Reply, halo_like, json};
use crate::subject::options;

/// One list request of assets.
struct Asked {
    type_id: Option<u64>,
    page_no: u64,
    size: u64,
}

impl Asked {
    fn read(head: &str) -> Self {
        let number = |key: &str| -> Option<u64> {
            let (_, rest) = head.split_once(&format!("&{key}="))?;
            rest.split(['&', ' ']).next()?.parse().ok()
        };
        Self {
            type_id: number("assettype_id"),
            page_no: number("page_no").unwrap_or(1),
            size: number("page_size").unwrap_or(100),
        }
    }
}

/// 150 assets of type 1, which is listed, and 250 of type 2, which is not. `claim` makes the
/// totals from the request, the true total and the number of rows.
fn reply(head: &str, claim: impl Fn(&Asked, usize, usize) -> Option<usize>) -> Reply {
    if head.contains("/AssetType") {
        return json(r#"[{"id":1,"name":"Laptop","fields":[{"field_id":5.0}]}]"#);
    }
    let asked = Asked::read(head);
    let type_of = |id: u64| if id <= 150 { 1 } else { 2 };
    let ids: Vec<u64> =
        (1..=400).filter(|id| asked.type_id.is_none_or(|wanted| wanted == type_of(*id))).collect();
    let skipped = ((asked.page_no - 1) * asked.size) as usize;
    let rows: Vec<String> = ids
        .iter()
        .skip(skipped)
        .take(asked.size as usize)
        .map(|id| format!(r#"{{"id":{id},"assettype_id":{},"fields":[]}}"#, type_of(*id)))
        .collect();
    let count = claim(&asked, ids.len(), rows.len())
        .map(|count| format!(r#""record_count":{count},"#))
        .unwrap_or_default();
    json(&format!(r#"{{{count}"assets":[{}]}}"#, rows.join(",")))
}

async fn walk_assets(connector: &HaloConnector) -> BTreeSet<RemoteId> {
    let parts = connector.parts(Stream::Assets).await.expect("parts");
    assert_eq!(parts.len(), 2, "{parts:?}");
    let (mut walk, mut seen, mut ids) = (Walk::new(parts), SeenSet::default(), BTreeSet::new());
    while let Step::Page { part, page_no, whole_count } = walk.step() {
        let request = PageRequest { stream: Stream::Assets, part, page_no, whole_count };
        let page = connector.list_page(&request).await.expect("a page");
        ids.extend(page.rows.iter().map(|row| row.remote_id.clone()));
        walk.accept(&page, &mut seen);
    }
    ids
}

#[tokio::test]
async fn q_09_and_q_14_assets_of_hidden_types_are_found_whatever_the_totals_claim() {
    type Claim = fn(&Asked, usize, usize) -> Option<usize>;
    let claims: [(&str, Claim); 6] = [
        ("right", |_, total, _| Some(total)),
        ("zero", |_, _, _| Some(0)),
        ("absent", |_, _, _| None),
        ("rows of the page", |_, _, rows| Some(rows)),
        ("a type's too high", |asked, total, _| {
            Some(if asked.type_id.is_some() { total + 1_000 } else { total })
        }),
        ("the whole's too low", |asked, total, _| {
            Some(if asked.type_id.is_some() { total } else { 1 })
        }),
    ];
    for (name, claim) in claims {
        let server = halo_like(move |head| reply(head, claim)).await;
        let connector = HaloConnector::new(options(&server.base_url())).expect("a connector");
        assert_eq!(walk_assets(&connector).await.len(), 400, "{name}");
    }
}

/// Every asset is of the one listed type; the page past the end repeats the last one, but a
/// counter in its rows moves on, so no two answers have the same bytes.
fn endless(head: &str, calls: &AtomicUsize) -> Reply {
    if head.contains("/AssetType") {
        return json(r#"[{"id":1,"name":"Laptop","fields":[{"field_id":5.0}]}]"#);
    }
    let asked = Asked::read(head);
    let seen = calls.fetch_add(1, Ordering::Relaxed);
    let page_no = asked.page_no.min(3);
    let rows: Vec<String> = ((page_no - 1) * 100..page_no * 100)
        .take(asked.size as usize)
        .map(|id| format!(r#"{{"id":{id},"assettype_id":1,"fields":[],"seen":{seen}}}"#))
        .collect();
    // More than there are, so that a remainder is looked for.
    let count = if asked.type_id.is_some() { 300 } else { 400 };
    json(&format!(r#"{{"record_count":{count},"assets":[{}]}}"#, rows.join(",")))
}

#[tokio::test]
async fn q_03_rows_that_change_past_the_end_do_not_keep_the_remainder_going() {
    let calls = AtomicUsize::new(0);
    let server = halo_like(move |head| endless(head, &calls)).await;
    let connector = HaloConnector::new(options(&server.base_url())).expect("a connector");
    let walk = tokio::time::timeout(Duration::from_secs(20), walk_assets(&connector));
    assert_eq!(walk.await.expect("an end").len(), 300);
    assert!(connector.call_stats().requests < 60, "{:?}", connector.call_stats());
}
