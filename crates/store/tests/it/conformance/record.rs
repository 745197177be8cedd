//! Records are kept byte for byte, and a page is committed whole or not at all.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{PageOutcome, RecordWrite, StoreError};

use crate::fixture::{bad, client, fixture, ids, row_counts};

pub(super) async fn a_pull_may_be_repeated(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let rows = vec![client("1", "A"), client("2", "B"), bad("3")];
    let first = acme.commit(1, rows.clone()).await;
    assert_eq!(first, PageOutcome { added: 3, changed: 0, restored: 0 });
    let before = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    let second = acme.commit(1, rows.clone()).await;
    assert_eq!(second, PageOutcome { added: 0, changed: 3, restored: 0 });
    let after = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!(before, after);
    assert_eq!((after.live, after.deleted, after.bad), (3, 0, 1));
    assert_eq!(row_counts(&test).await["record"], 3);
    let known = ids(&["1", "3"]);
    let heads = acme.view.record_heads(acme.connection, Stream::Clients, &known).await;
    let heads = heads.expect("read");
    assert_eq!(heads[&RemoteId::new("1")].sha256, rows[0].sha256);
    assert!(heads[&RemoteId::new("3")].has_problem);
}

pub(super) async fn a_changed_record_keeps_when_it_was_first_seen(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "old")]).await;
    acme.finish(1, &[]).await;
    acme.commit(2, vec![client("1", "new")]).await;
    let record = &acme.records().await[0];
    assert_eq!((record.first_seen_at, record.changed_at), (START_MS + 1, START_MS + 2));
    assert_eq!(record.body, client("1", "new").body);
    // The open scan is not finished, so what is shown is still the last one that was.
    assert_eq!(record.generation, 1);
    let known = ids(&["1", "2"]);
    let loaded = acme.view.projection_load(acme.connection, Stream::Clients, &known).await;
    let loaded = loaded.expect("read");
    assert_eq!(loaded.len(), 1);
    assert_eq!(Some(&loaded[0].projection), client("1", "new").projection.as_ref());
}

pub(super) async fn bodies_survive_byte_for_byte(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        br#"{ "a" : "\u0000\ud800", "a":1e400 }"#.to_vec(),
        vec![0, 255, 0xc3, 0x28, b'\n'],
        "é\u{feff}日".as_bytes().to_vec(),
        vec![b'x'; 3_000_000],
    ];
    let row = |(at, body): (usize, &Vec<u8>)| RecordWrite {
        body: body.clone(),
        ..client(&at.to_string(), "A")
    };
    acme.commit(1, bodies.iter().enumerate().map(row).collect()).await;
    let kept: Vec<Vec<u8>> = acme.records().await.into_iter().map(|row| row.body).collect();
    assert!(kept == bodies);
}

pub(super) async fn a_nul_in_text_becomes_a_replacement_character(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let id = RemoteId::new("a\0b");
    acme.commit(1, vec![client(id.as_str(), "A\0B")]).await;
    let loaded = acme.view.projection_load(acme.connection, Stream::Clients, &[id]).await;
    let loaded = loaded.expect("read").pop().expect("one").projection;
    let Projection::Client(found) = loaded else { panic!("a client") };
    assert_eq!((found.remote_id.as_str(), found.name.as_str()), ("a\u{fffd}b", "A\u{fffd}B"));
    let again = acme.commit(1, vec![client("a\0b", "A\0B")]).await;
    assert_eq!(again.changed + again.added, 1);
    assert_eq!(acme.records().await.len(), 1);
}

pub(super) async fn the_last_of_two_rows_with_one_id_counts(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let rows = vec![client("1", "first"), client("2", "B"), client("1", "last")];
    assert_eq!(acme.commit(1, rows).await.added, 2);
    assert_eq!(acme.records().await[0].body, client("1", "last").body);
}

pub(super) async fn a_page_of_another_stream_is_refused(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let mut page = acme.page(1, vec![client("1", "A")]);
    page.stream = Stream::Sites;
    assert!(matches!(acme.view.page_commit(&page).await, Err(StoreError::Invalid(_))));
    assert_eq!(row_counts(&test).await["record"], 0);
}

pub(super) async fn a_row_that_is_not_understood_is_kept_and_listed(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A"), bad("2"), bad("3")]).await;
    acme.commit(1, vec![bad("1"), client("2", "B")]).await;
    let problems =
        acme.view.record_problem_list(acme.connection, Stream::Clients, 10).await.expect("read");
    let listed: Vec<_> = problems.iter().map(|problem| problem.remote_id.as_str()).collect();
    assert_eq!(listed, ["1", "3"]);
    assert_eq!(problems[0].problem, "it has no name");
    let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!((state.live, state.bad), (3, 2));
    // What was understood before stays as it was.
    let loaded = acme.view.projection_load(acme.connection, Stream::Clients, &ids(&["1"])).await;
    let loaded = loaded.expect("read").pop().expect("one").projection;
    assert_eq!(Some(loaded), client("1", "A").projection);
}

pub(super) async fn a_large_page_is_written_whole(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let rows: Vec<_> = (0..1_203).map(|id| client(&id.to_string(), "A")).collect();
    let all: Vec<RemoteId> = rows.iter().map(|row| row.remote_id.clone()).collect();
    assert_eq!(acme.commit(1, rows).await.added, 1_203);
    let heads = acme.view.record_heads(acme.connection, Stream::Clients, &all).await;
    assert_eq!(heads.expect("read").len(), 1_203);
    let loaded = acme.view.projection_load(acme.connection, Stream::Clients, &all).await;
    assert_eq!(loaded.expect("read").len(), 1_203);
    assert_eq!(acme.finish(1, &all[1..]).await, 1_202);
}

pub(super) async fn paging_is_stable_while_rows_change(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let id = |number: i32| format!("{number:03}");
    acme.commit(1, (0..40).step_by(2).map(|n| client(&id(n), "A")).collect()).await;
    let mut seen: Vec<RemoteId> = Vec::new();
    let mut round = 0;
    loop {
        let page = acme
            .view
            .record_page(acme.connection, Stream::Clients, seen.last(), 3, true)
            .await
            .expect("read");
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|row| row.remote_id));
        // Before and after the place reached: one appears, one changes, one goes.
        let number = 1 + round * 4;
        acme.commit(2, vec![client(&id(number), "new"), client(&id(38 - round), "changed")]).await;
        acme.finish(2, &[RemoteId::new(id(round * 2))]).await;
        round += 1;
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(seen, sorted, "no row twice and none out of order");
    for number in (0..40).step_by(2) {
        assert!(seen.contains(&RemoteId::new(id(number))), "{number} was there all the time");
    }
}

pub(super) async fn text_sorts_by_bytes(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let mut names: Vec<&str> =
        "10 9 a B ä z -1 42.0 Ä _ aa a-b a:b é 日 ß ~ 1:2 1:10".split(' ').collect();
    acme.commit(1, names.iter().map(|name| client(name, name)).collect()).await;
    names.sort_unstable();
    assert_eq!(acme.ids().await, names);
    let live = acme.view.live_ids(acme.connection, Stream::Clients, None, 99).await;
    assert_eq!(live.expect("read"), ids(&names));
}

pub(super) async fn instants_survive(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    for (at, instant) in
        [i64::MIN, -1, 0, 1, START_MS, 253_402_300_799_999, i64::MAX].into_iter().enumerate()
    {
        let mut page = acme.page(1, vec![client(&at.to_string(), "A")]);
        page.at_ms = instant;
        acme.view.page_commit(&page).await.expect("committed");
        let record = acme.records().await.pop().expect("one");
        assert_eq!((record.first_seen_at, record.changed_at), (instant, instant));
    }
}

pub(super) async fn a_dropped_commit_is_whole_or_absent(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let (mut absent, mut whole) = (0, 0);
    for polls in 1..200_i64 {
        let id = polls.to_string();
        let rows = vec![client(&id, "A"), client(&format!("{id}+"), "B")];
        let mut page = acme.page(1, rows);
        page.scan_state = id.clone();
        let mut left = polls;
        let ended = {
            let mut commit = pin!(acme.view.page_commit(&page));
            std::future::poll_fn(|context| {
                left -= 1;
                match commit.as_mut().poll(context) {
                    Poll::Ready(done) => Poll::Ready(Some(done)),
                    Poll::Pending if left <= 0 => Poll::Ready(None),
                    Poll::Pending => Poll::Pending,
                }
            })
            .await
        };
        // Another write waits until the dropped transaction is rolled back or through.
        acme.view.lease_renew(&acme.fence, 30_000, START_MS).await.expect("the writer is free");
        let records = acme.records().await;
        let count = records.iter().filter(|row| row.remote_id.as_str().trim_end_matches('+') == id);
        let count = count.count();
        let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
        let is_noted = state.scan.is_some_and(|scan| scan.state == id);
        assert!(count == 0 && !is_noted || count == 2 && is_noted, "{count} rows, {is_noted}");
        let projections = row_counts(&test).await["client"];
        assert_eq!(projections, i64::try_from(records.len()).expect("few"));
        if count == 0 {
            absent += 1;
        } else {
            whole += 1;
        }
        if let Some(done) = ended {
            done.expect("committed");
            assert_eq!(count, 2);
            if polls > 3 {
                break;
            }
        }
    }
    assert!(absent > 0 && whole > 0, "both ends were met: {absent}, {whole}");
}

pub(super) async fn a_page_without_rows_moves_the_checkpoint_only(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "A")]).await;
    acme.finish(1, &[]).await;
    let (counts, records) = (row_counts(&test).await, acme.records().await);
    let mut page = acme.page(2, vec![]);
    page.seen = None;
    let outcome = acme.view.page_commit(&page).await.expect("committed");
    assert_eq!(outcome, PageOutcome::default());
    assert_eq!(row_counts(&test).await, counts);
    assert_eq!(acme.records().await, records);
    let state = acme.view.stream_state(acme.connection, Stream::Clients).await.expect("read");
    assert_eq!(state.scan.map(|scan| scan.generation), Some(2));
}
