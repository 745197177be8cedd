//! What every connector must do, as tests that each connector runs with one line.
//!
//! The suite moves the remote side through a [`Subject`] and looks at what the connector says of
//! it. A rule that fails panics with its words; [`run_all`] is the line. Rules hold for any PSA:
//! what only Halo does is tested beside its connector.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::future::Future;

use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;

use crate::access::AccessState;
use crate::connector::{Connector, Mapper};
use crate::page::{PageRequest, Part, RawRow};
use crate::seen::SeenSet;
use crate::walk::{PASSES_MAX, Step, Verdict, Walk};

/// An instant that nothing is older than: 2 January 1990.
const LONG_AGO_MS: i64 = 631_238_400_000;

/// An instant that nothing is younger than: 1 January 2100.
const FAR_OFF_MS: i64 = 4_102_444_800_000;

/// A remote side that the suite can look into and change, with a connector to it.
pub trait Subject: Sync {
    /// The connector under test.
    type Connector: Connector;
    /// Its mapper.
    type Mapper: Mapper;

    /// The connector under test.
    fn connector(&self) -> &Self::Connector;
    /// Its mapper.
    fn mapper(&self) -> &Self::Mapper;
    /// The identifiers that truly exist, inactive ones too.
    fn truth(&self, stream: Stream) -> impl Future<Output = BTreeSet<RemoteId>> + Send;
    /// Adds a client by this name at the remote side; its identifier.
    fn add_client(&self, name: &str) -> impl Future<Output = RemoteId> + Send;
    /// Deactivates a client at the remote side.
    fn deactivate_client(&self, remote_id: &RemoteId) -> impl Future<Output = ()> + Send;
    /// Removes a client at the remote side.
    fn remove_client(&self, remote_id: &RemoteId) -> impl Future<Output = ()> + Send;
}

/// Every rule, one after the other. The subject should have more than one page of clients and
/// some records of each stream.
pub async fn run_all(subject: &impl Subject) {
    every_record_is_listed_once(subject).await;
    what_did_not_change_has_the_same_bytes(subject).await;
    no_part_comes_twice(subject).await;
    a_page_far_past_the_end_brings_nothing_new(subject).await;
    every_row_is_mapped_and_mapping_again_changes_nothing(subject).await;
    one_record_is_fetched_where_that_can_be(subject).await;
    identifiers_listed_alone_are_those_of_the_rows(subject).await;
    a_filter_by_change_that_works_leaves_out_nothing_that_changed(subject).await;
    the_access_check_reads_every_stream(subject).await;
    an_added_record_appears(subject).await;
    an_inactive_record_stays_and_says_so(subject).await;
    a_removed_record_is_gone(subject).await;
}

/// Reads a stream to a verdict that its identifiers confirm, where they can be listed alone.
/// Panics on an incomplete walk.
pub async fn walk_all(connector: &impl Connector, stream: Stream) -> BTreeMap<RemoteId, RawRow> {
    let parts = parts_of(connector, stream).await;
    assert!(!parts.is_empty(), "{stream} has no part");
    let mut walk = Walk::new(parts);
    let mut before: Option<SeenSet> = None;
    loop {
        let mut seen = SeenSet::default();
        let mut rows = BTreeMap::new();
        while let Step::Page { part, page_no, whole_count } = walk.step() {
            let request = PageRequest { stream, part, page_no, whole_count };
            let page = connector.list_page(&request).await.expect("a page");
            for at in walk.accept(&page, &mut seen) {
                let row = page.rows[at].clone();
                rows.insert(row.remote_id.clone(), row);
            }
        }
        match walk.judge(&seen, before.as_ref()) {
            Verdict::Clean | Verdict::Stable if is_confirmed(connector, stream, &seen).await => {
                return rows;
            }
            // A row that went and one that came keep the total: only identifiers show it.
            Verdict::Clean | Verdict::Stable => {
                assert!(walk.pass() < PASSES_MAX, "{stream} never agreed with its identifiers");
                walk.start_again();
                before = None;
            }
            Verdict::Again => before = Some(seen),
            Verdict::Incomplete => panic!("{stream} never held still"),
        }
    }
}

/// The parts of a stream; of one that is listed by its parents, one for each parent.
pub async fn parts_of(connector: &impl Connector, stream: Stream) -> Vec<Part> {
    let Some(parents) = connector.capabilities(stream).parent else {
        return connector.parts(stream).await.expect("parts");
    };
    let parents = Box::pin(walk_all(connector, parents)).await;
    parents.keys().map(|parent| connector.child_part(stream, parent)).collect()
}

async fn is_confirmed(connector: &impl Connector, stream: Stream, seen: &SeenSet) -> bool {
    match connector.list_ids(stream).await.expect("an answer") {
        Some(ids) => ids.len() as u64 == seen.len() && ids.iter().all(|id| seen.contains(id)),
        None => true,
    }
}

#[track_caller]
fn assert_same(listed: &BTreeSet<RemoteId>, truth: &BTreeSet<RemoteId>, what: &dyn Display) {
    let missed: Vec<_> = truth.difference(listed).take(5).collect();
    let invented: Vec<_> = listed.difference(truth).take(5).collect();
    let is_same = missed.is_empty() && invented.is_empty();
    assert!(is_same, "{what}: missed {missed:?}, not there {invented:?}");
}

async fn every_record_is_listed_once(subject: &impl Subject) {
    for stream in Stream::ALL {
        let rows = walk_all(subject.connector(), stream).await;
        let listed: BTreeSet<RemoteId> = rows.keys().cloned().collect();
        assert_same(&listed, &subject.truth(stream).await, &stream);
        assert!(!rows.is_empty(), "{stream}: the subject has no record of it");
        for row in rows.values() {
            assert_eq!(row.problem, None, "{stream} {}", row.remote_id);
            let is_object = row.body.first() == Some(&b'{') && row.body.last() == Some(&b'}');
            assert!(is_object, "{stream} {}: not the bytes of an object", row.remote_id);
        }
    }
}

async fn what_did_not_change_has_the_same_bytes(subject: &impl Subject) {
    for stream in Stream::ALL {
        let first = walk_all(subject.connector(), stream).await;
        let second = walk_all(subject.connector(), stream).await;
        assert!(first == second, "{stream}: two scans differ although nothing changed");
    }
}

async fn no_part_comes_twice(subject: &impl Subject) {
    for stream in Stream::ALL {
        let parts = parts_of(subject.connector(), stream).await;
        for (at, part) in parts.iter().enumerate() {
            assert!(!parts[..at].contains(part), "{stream}: a part comes twice");
        }
    }
}

async fn a_page_far_past_the_end_brings_nothing_new(subject: &impl Subject) {
    for stream in Stream::ALL {
        if subject.connector().capabilities(stream).parent.is_some() {
            continue;
        }
        let request =
            PageRequest { stream, part: Part::whole(), page_no: 9_999, whole_count: None };
        let page = subject.connector().list_page(&request).await.expect("a page past the end");
        let truth = subject.truth(stream).await;
        for row in &page.rows {
            assert!(truth.contains(&row.remote_id), "{stream}: an invented row");
        }
    }
}

async fn every_row_is_mapped_and_mapping_again_changes_nothing(subject: &impl Subject) {
    let mapper = subject.mapper();
    for stream in Stream::ALL {
        for (remote_id, row) in walk_all(subject.connector(), stream).await {
            let first = mapper.project(stream, &row.body, None).expect("a row that can be mapped");
            assert_eq!((first.stream(), first.remote_id()), (stream, &remote_id));
            let again = mapper.project(stream, &row.body, Some(&first)).expect("as before");
            assert_eq!(first, again, "{stream} {remote_id}: mapping is not stable");
            let stored = serde_json::to_string(&first).expect("a projection can be stored");
            let read: Projection = serde_json::from_str(&stored).expect("and read again");
            assert_eq!(first, read, "{stream} {remote_id}");
        }
    }
}

async fn one_record_is_fetched_where_that_can_be(subject: &impl Subject) {
    let connector = subject.connector();
    for stream in Stream::ALL {
        if !connector.capabilities(stream).can_fetch_one {
            continue;
        }
        let truth = subject.truth(stream).await;
        let some = truth.iter().next_back().expect("the subject has records");
        let row = connector.fetch_one(stream, some).await.expect("an answer");
        assert_eq!(row.map(|row| row.remote_id).as_ref(), Some(some), "{stream}");
        let nobody = RemoteId::new("987654321");
        let none = connector.fetch_one(stream, &nobody).await.expect("an answer");
        assert_eq!(none, None, "{stream}: a record that does not exist");
    }
}

async fn identifiers_listed_alone_are_those_of_the_rows(subject: &impl Subject) {
    let connector = subject.connector();
    for stream in Stream::ALL {
        let can = connector.capabilities(stream).can_list_ids;
        let ids = connector.list_ids(stream).await.expect("an answer");
        assert!(can || ids.is_none(), "{stream}: identifiers although it says it cannot");
        if let Some(ids) = ids {
            let count = ids.len();
            let ids: BTreeSet<RemoteId> = ids.into_iter().collect();
            assert_eq!(count, ids.len(), "{stream}: an identifier comes twice");
            assert_same(&ids, &subject.truth(stream).await, &stream);
        }
    }
}

async fn a_filter_by_change_that_works_leaves_out_nothing_that_changed(subject: &impl Subject) {
    let connector = subject.connector();
    for stream in Stream::ALL {
        if !connector.capabilities(stream).may_filter_changes
            || connector.try_change_filter(stream).await.expect("an answer") != Some(true)
        {
            continue;
        }
        let all = walk_all(connector, stream).await;
        for (since_ms, want) in [(LONG_AGO_MS, all.len()), (FAR_OFF_MS, 0)] {
            let parts = connector.changed_parts(stream, since_ms).await.expect("parts");
            if parts.is_empty() {
                assert_eq!(want, 0, "{stream} since {since_ms}: nothing to read");
                continue;
            }
            let mut walk = Walk::new(parts);
            let (mut seen, mut rows) = (SeenSet::default(), BTreeMap::new());
            while let Step::Page { part, page_no, whole_count } = walk.step() {
                let request = PageRequest { stream, part, page_no, whole_count };
                let page = connector.list_page(&request).await.expect("a page");
                for at in walk.accept(&page, &mut seen) {
                    rows.insert(page.rows[at].remote_id.clone(), page.rows[at].clone());
                }
            }
            assert_eq!(rows.len(), want, "{stream} since {since_ms}");
            for (id, row) in &rows {
                assert!(all.get(id) == Some(row), "{stream} {id}: not the row of a whole scan");
            }
        }
    }
}

async fn the_access_check_reads_every_stream(subject: &impl Subject) {
    let before = subject.connector().call_stats();
    let report = subject.connector().check_access().await.expect("a report");
    assert!(subject.connector().call_stats().requests > before.requests, "nothing was asked");
    for stream in Stream::ALL {
        let check = report.checks.iter().find(|check| check.stream == stream);
        let check = check.unwrap_or_else(|| panic!("{stream} is not in the report"));
        let AccessState::Granted(count) = check.state else {
            panic!("{stream}: {check:?}");
        };
        let truth = subject.truth(stream).await.len() as u64;
        assert!(count.is_none_or(|count| count == truth), "{stream}: {count:?} of {truth}");
    }
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

async fn an_added_record_appears(subject: &impl Subject) {
    let added = subject.add_client("Zenith Conformance Ltd").await;
    let rows = walk_all(subject.connector(), Stream::Clients).await;
    let row = rows.get(&added).expect("the added client is listed");
    let projection = subject.mapper().project(Stream::Clients, &row.body, None);
    let Ok(Projection::Client(client)) = projection else {
        panic!("not a client: {projection:?}");
    };
    assert_eq!((client.name.as_str(), client.is_inactive), ("Zenith Conformance Ltd", false));
}

async fn an_inactive_record_stays_and_says_so(subject: &impl Subject) {
    let client = subject.add_client("Dormant Conformance Ltd").await;
    subject.deactivate_client(&client).await;
    let rows = walk_all(subject.connector(), Stream::Clients).await;
    let row = rows.get(&client).expect("an inactive client is still listed");
    let projection = subject.mapper().project(Stream::Clients, &row.body, None);
    assert!(
        matches!(&projection, Ok(Projection::Client(client)) if client.is_inactive),
        "{projection:?}"
    );
}

async fn a_removed_record_is_gone(subject: &impl Subject) {
    let connector = subject.connector();
    let client = subject.add_client("Brief Conformance Ltd").await;
    assert!(walk_all(connector, Stream::Clients).await.contains_key(&client));
    subject.remove_client(&client).await;
    assert!(!walk_all(connector, Stream::Clients).await.contains_key(&client));
    if connector.capabilities(Stream::Clients).can_fetch_one {
        let found = connector.fetch_one(Stream::Clients, &client).await.expect("an answer");
        assert_eq!(found, None, "a removed client can still be fetched");
    }
}
