//! A scan ends with tombstones only when it is believed.

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{Held, OpenScan, ScanFinish, SeenChunk};

use crate::fixture::{bad, client, fixture, ids};

pub(super) async fn a_finished_scan_tombstones_what_it_did_not_see(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A"), client("2", "B"), bad("3")]).await;
    assert_eq!(acme.finish(1, &[]).await, 0);
    acme.commit(2, vec![]).await;
    // An id twice, or one that is not there, is counted once or not at all.
    assert_eq!(acme.finish(2, &ids(&["2", "3", "3", "none"])).await, 2);

    let records = acme.records().await;
    let shown: Vec<_> = records
        .iter()
        .map(|row| (row.remote_id.as_str(), row.generation, row.deleted_at))
        .collect();
    let gone = Some(START_MS + 2);
    assert_eq!(shown, [("1", 2, None), ("2", 2, gone), ("3", 2, gone)]);
    let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!((state.live, state.deleted, state.bad), (1, 2, 0));
    assert_eq!((state.generation, state.last_scan_at, state.scan), (2, gone, None));
    let seen = acme.view.seen_load(acme.connection, Stream::Clients, 2).await.expect("read");
    assert!(seen.is_empty());
    let projections =
        acme.view.projection_page(acme.connection, Stream::Clients, None, 9).await.expect("read");
    let deleted: Vec<_> = projections.iter().map(|row| row.deleted_at).collect();
    assert_eq!(deleted, [None, gone]);

    // Once gone, it stays gone since then, and the scan that removed it is remembered.
    assert_eq!(acme.finish(3, &ids(&["2"])).await, 0);
    let records = acme.records().await;
    assert_eq!((records[0].generation, records[1].generation), (3, 2));
    assert_eq!(records[1].deleted_at, gone);
}

pub(super) async fn a_removed_record_that_returns_is_restored(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A"), client("2", "B")]).await;
    acme.finish(1, &ids(&["2"])).await;
    let known = ids(&["1", "2", "9"]);
    let heads = acme.view.record_heads(acme.connection, Stream::Clients, &known).await;
    let heads = heads.expect("read");
    assert_eq!(heads.len(), 2);
    assert!(heads[&RemoteId::new("2")].is_deleted && !heads[&RemoteId::new("1")].is_deleted);

    let outcome = acme.commit(2, vec![client("2", "B")]).await;
    assert_eq!((outcome.added, outcome.changed, outcome.restored), (0, 0, 1));
    acme.finish(2, &[]).await;
    let record = acme.records().await.pop().expect("two");
    assert_eq!((record.deleted_at, record.generation), (None, 2));
    assert_eq!(record.first_seen_at, START_MS + 1);
    let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!((state.live, state.deleted), (2, 0));
    let projections =
        acme.view.projection_page(acme.connection, Stream::Clients, None, 9).await.expect("read");
    assert!(projections.iter().all(|row| row.deleted_at.is_none()));

    // One that returns and is not understood is shown as it was.
    acme.finish(3, &ids(&["2"])).await;
    acme.commit(4, vec![bad("2")]).await;
    let shown = acme.view.projection_page(acme.connection, Stream::Clients, None, 9).await;
    let shown = shown.expect("read");
    assert!(shown.iter().all(|row| row.deleted_at.is_none()), "{shown:?}");
}

pub(super) async fn a_held_scan_removes_nothing_and_the_next_clears_it(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A")]).await;
    acme.finish(1, &[]).await;
    acme.commit(2, vec![]).await;
    let held = Held {
        code: "SYNC-012".to_owned(),
        text: "nothing came".to_owned(),
        number: None,
        since: START_MS,
    };
    let finish = ScanFinish {
        fence: &acme.fence,
        connection: acme.connection,
        stream: Stream::Clients,
        generation: 2,
        at_ms: START_MS + 2,
        remove: &ids(&["1"]),
        held: Some(held.clone()),
        receipt: None,
    };
    assert_eq!(acme.view.scan_finish(&finish).await.expect("finished"), 0);
    let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!((state.held, state.generation, state.live), (Some(held), 1, 1));
    assert_eq!((state.scan, state.last_scan_at), (None, Some(START_MS + 1)));
    acme.finish(2, &[]).await;
    let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!((state.held, state.generation), (None, 2));
}

pub(super) async fn a_stream_held_before_its_first_page_gets_the_mappers_version(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let held = Held {
        code: "SYNC-013".to_owned(),
        text: "no answer".to_owned(),
        number: None,
        since: START_MS,
    };
    let (connection, stream) = (acme.connection, Stream::Clients);
    acme.view.stream_hold(&acme.fence, connection, stream, &held).await.expect("held");
    let version =
        async || acme.view.stream_state(connection, stream).await.expect("read").mapper_version;
    assert_eq!(version().await, 0);
    acme.commit(1, vec![client("1", "A")]).await;
    assert_eq!(version().await, 1);
    // Records of the older mapper may be there: only projecting them anew raises it.
    let mut later = acme.page(1, vec![client("2", "B")]);
    later.mapper_version = 2;
    acme.view.page_commit(&later).await.expect("committed");
    assert_eq!(version().await, 1);
}

pub(super) async fn an_open_scan_is_resumed(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A")]).await;
    let mut page = acme.page(1, vec![client("2", "B")]);
    page.seen = Some(SeenChunk { seq: 2, ids: "more".to_owned() });
    page.scan_state = "{\"page\":2}".to_owned();
    acme.view.page_commit(&page).await.expect("committed");
    let again = test.reopen().await.tenant(acme.tenant.id);
    let state = again.stream_state(acme.connection, Stream::Clients).await.expect("read");
    let scan = OpenScan { generation: 1, state: "{\"page\":2}".to_owned() };
    assert_eq!((state.scan, state.generation, state.live), (Some(scan), 0, 2));
    let seen = again.seen_load(acme.connection, Stream::Clients, 1).await.expect("read");
    assert_eq!(seen, ["seen 1", "more"]);
    assert_eq!(again.stream_state_list(acme.connection).await.expect("read").len(), 1);
}

pub(super) async fn an_abandoned_scan_leaves_its_records(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A")]).await;
    acme.view.scan_abandon(&acme.fence, acme.connection, Stream::Clients).await.expect("abandoned");
    let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!((state.scan, state.generation, state.live), (None, 0, 1));
    let seen = acme.view.seen_load(acme.connection, Stream::Clients, 1).await.expect("read");
    assert!(seen.is_empty());
}

pub(super) async fn live_ids_come_in_pages(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, (0..7).map(|id| client(&id.to_string(), "A")).collect()).await;
    acme.finish(1, &ids(&["3"])).await;
    let mut found: Vec<RemoteId> = Vec::new();
    loop {
        let page = acme
            .view
            .live_ids(acme.connection, Stream::Clients, found.last(), 2)
            .await
            .expect("read");
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found, ids(&["0", "1", "2", "4", "5", "6"]));
}
