//! Rules of changes: numbered in order, named, and told as far back as the log reaches.

use std::sync::atomic::{AtomicBool, Ordering};

use almanac_model::author::Author;
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_model::verdict::Rulebook;
use almanac_store::testing::{Engine, fresh};
use almanac_store::{ChangeHead, SaveRulebook, StoreError};

use crate::fixture::{Fixture, bad, client, fixture, ids, take};

impl Fixture {
    async fn head(&self) -> ChangeHead {
        self.view.change_head().await.expect("the head can be read")
    }

    /// The ids that changed after a number; `None` where that cannot be told.
    async fn changed(&self, after: i64) -> Option<Vec<Vec<RemoteId>>> {
        let changed = self.view.change_ids(self.head().await, after).await.expect("read")?;
        assert!(changed.iter().all(|change| {
            change.connection == self.connection && change.stream == Stream::Clients
        }));
        Some(changed.into_iter().map(|change| change.ids).collect())
    }
}

pub(super) async fn what_is_written_is_numbered_and_named(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let before = acme.head().await;
    assert_eq!((before.seq, before.connection), (0, Some(acme.connection)));
    acme.commit(1, vec![client("1", "One"), client("2", "Two"), bad("3")]).await;
    acme.commit(1, vec![client("4", "Four")]).await;
    assert_eq!(acme.changed(0).await, Some(vec![ids(&["1", "2"]), ids(&["4"])]));
    assert_eq!(acme.changed(1).await, Some(vec![ids(&["4"])]));
    // What changes no projection takes no number.
    acme.commit(1, Vec::new()).await;
    acme.commit(1, vec![bad("5")]).await;
    acme.finish(1, &[]).await;
    assert_eq!(acme.head().await.seq, 2);
    acme.finish(2, &ids(&["2"])).await;
    assert_eq!(acme.changed(2).await, Some(vec![ids(&["2"])]));
    acme.finish(3, &ids(&["2"])).await;
    assert_eq!(acme.changed(3).await, Some(Vec::new()), "it was gone already");
    let head = acme.head().await;
    assert_eq!((head.decided, head.assets_scanned_at), (0, None));
}

pub(super) async fn what_a_person_changes_is_told_apart(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "One")]).await;
    save(&acme, 0).await;
    acme.commit(1, vec![client("2", "Two")]).await;
    let head = acme.head().await;
    assert_eq!((head.seq, head.decided), (3, 2));
    assert_eq!(acme.changed(1).await, Some(vec![ids(&["2"])]), "a rulebook names no record");
}

pub(super) async fn a_refused_page_takes_no_number(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    take(&acme.view, "two", i64::MAX / 2).await;
    let refused = acme.view.page_commit(&acme.page(1, vec![client("1", "One")])).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)));
    assert_eq!(acme.head().await.seq, 0);
}

pub(super) async fn whoever_sees_a_number_sees_what_it_stands_for(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let is_done = AtomicBool::new(false);
    let syncing = async {
        for at in 0..30 {
            acme.commit(1, vec![client(&at.to_string(), "One")]).await;
        }
    };
    let deciding = async {
        for version in 0..30 {
            save(&acme, version).await;
        }
    };
    let writing = async {
        tokio::join!(syncing, deciding);
        is_done.store(true, Ordering::SeqCst);
    };
    let reading = async {
        while !is_done.load(Ordering::SeqCst) {
            let head = acme.head().await;
            let told = acme.view.change_ids(head, 0).await.expect("read").expect("not long ago");
            let saved = acme.view.rulebook_current().await.expect("read");
            let saved = saved.map_or(0, |saved| saved.head.version);
            let told = i64::try_from(told.len()).expect("few");
            assert!(told + saved >= head.seq, "{told} pages and {saved} books at {}", head.seq);
        }
    };
    tokio::join!(writing, reading);
    assert_eq!(acme.head().await.seq, 60);
}

pub(super) async fn too_long_ago_is_not_told(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![client("1", "One")]).await;
    assert_eq!(acme.changed(2).await, None, "a number that was never taken");
    test.script("UPDATE change_head SET seq = 5119").await.expect("written");
    assert_eq!(acme.changed(4_094).await, None);
    assert_eq!(acme.changed(4_095).await, Some(Vec::new()));
    let logged = async || test.number("SELECT count(*) FROM change_log").await.expect("counted");
    assert_eq!(logged().await, 1);
    acme.commit(1, vec![client("2", "Two")]).await;
    assert_eq!(logged().await, 1, "the old line was removed");
    assert_eq!(acme.changed(5_119).await, Some(vec![ids(&["2"])]));
}

pub(super) async fn changes_of_tenants_are_apart(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let other = fixture(&test, "other").await;
    acme.commit(1, vec![client("1", "One")]).await;
    assert_eq!(other.head().await.seq, 0);
    other.commit(1, vec![client("9", "Nine")]).await;
    assert_eq!(other.changed(0).await, Some(vec![ids(&["9"])]));
    assert_ne!(other.head().await.epoch, acme.head().await.epoch);
}

async fn save(acme: &Fixture, expected_version: i64) {
    let (book, by) = (Rulebook::default(), Author::program("test"));
    let save = SaveRulebook { expected_version, book: &book, note: "", by: &by, at_ms: 1 };
    acme.view.rulebook_save(&save).await.expect("the database works").expect("nobody else saves");
}
