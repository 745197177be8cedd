//! One decision about many assets: all or none, once, and undone as a whole.

use std::collections::BTreeMap;

use almanac_model::author::Author;
use almanac_model::choice::AssetEdit;
use almanac_model::class::ClassId;
use almanac_model::grade::Kept;
use almanac_model::id::RemoteId;
use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{
    BULK_ASSETS_MAX, BULK_UNDO_MS, BulkEdit, BulkRefused, ChangeAsset, EditRefused, NewBulkEdit,
    StoreError, UndoBulkEdit,
};
use uuid::Uuid;

use super::choice::with_assets;
use crate::fixture::{Fixture, fixture};

fn ann() -> Author {
    Author::user("1", "Ann")
}

fn bob() -> Author {
    Author::user("2", "Bob")
}

fn keep(until: &str) -> AssetEdit {
    let until = until.parse().expect("a date");
    AssetEdit::Keep(Kept { until, reason: "as agreed".to_owned() })
}

fn versions(all: &[(&str, i64)]) -> BTreeMap<RemoteId, i64> {
    all.iter().map(|(id, version)| (RemoteId::new(*id), *version)).collect()
}

async fn apply(
    acme: &Fixture,
    id: u128,
    edit: &AssetEdit,
    assets: &[(&str, i64)],
) -> Result<BulkEdit, BulkRefused> {
    let new = NewBulkEdit {
        id: Uuid::from_u128(id),
        connection: acme.connection,
        edit,
        assets: &versions(assets),
        by: &ann(),
        at_ms: START_MS + 10,
    };
    acme.view.bulk_edit_apply(&new).await.expect("the database works")
}

async fn undo(acme: &Fixture, id: u128, at_ms: i64) -> Result<BulkEdit, BulkRefused> {
    let undo = UndoBulkEdit { id: Uuid::from_u128(id), by: &bob(), at_ms };
    acme.view.bulk_edit_undo(undo).await.expect("the database works")
}

async fn single(acme: &Fixture, id: &str, expected_version: i64, edit: &AssetEdit) {
    let change = ChangeAsset {
        connection: acme.connection,
        remote_id: &RemoteId::new(id),
        expected_version,
        edit,
        by: &bob(),
        at_ms: START_MS + 5,
    };
    let changed = acme.view.asset_choice_change(&change).await.expect("the database works");
    changed.expect("no conflict");
}

/// Until when each asset is kept, and the version of its choices.
async fn kept(acme: &Fixture) -> Vec<(Option<String>, i64)> {
    let mut all = Vec::new();
    for id in ["1", "2"] {
        let row = acme.view.asset_choice(acme.connection, &RemoteId::new(id)).await.expect("read");
        let choice = row.map(|row| row.choice).unwrap_or_default();
        all.push((choice.choices.kept.map(|kept| kept.until.to_string()), choice.version));
    }
    all
}

fn until(day: &str, version: i64) -> (Option<String>, i64) {
    (Some(day.to_owned()), version)
}

pub(super) async fn a_bulk_edit_changes_all_and_is_undone_as_a_whole(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    single(&acme, "2", 0, &keep("2027-01-31")).await;
    let done = apply(&acme, 7, &keep("2027-03-31"), &[("1", 0), ("2", 1)]).await.expect("free");
    assert_eq!(kept(&acme).await, [until("2027-03-31", 1), until("2027-03-31", 2)]);
    assert_eq!((done.changes.len(), &done.undone), (2, &None));
    let stored = acme.view.bulk_edit_by_id(Uuid::from_u128(7)).await.expect("read");
    assert_eq!(stored.as_ref(), Some(&done), "what was told is what is kept");
    let undone = undo(&acme, 7, START_MS + 20).await.expect("nobody changed anything");
    assert_eq!(undone.undone, Some((START_MS + 20, bob())));
    assert_eq!(
        kept(&acme).await,
        [(None, 2), until("2027-01-31", 3)],
        "as it was, with the reason"
    );
    let again = undo(&acme, 7, START_MS + 30).await.expect("it is taken back already");
    assert_eq!(again, undone);
    assert_eq!(kept(&acme).await[0].1, 2, "and nothing is written a second time");
    let audit = acme.view.audit_list(None, 4).await.expect("read");
    let told: Vec<_> =
        audit.iter().map(|e| (e.audit.action.as_str(), e.audit.subject.as_str())).collect();
    assert_eq!(
        told,
        [
            ("asset.keep", "asset 2"),
            ("asset.keep_clear", "asset 1"),
            ("asset.keep", "asset 2"),
            ("asset.keep", "asset 1"),
        ]
    );
    assert!(audit[0].audit.detail.contains(&Uuid::from_u128(7).to_string()));
    let changes = acme.view.fact_changes(acme.connection, &RemoteId::new("1"), 9).await;
    assert_eq!(changes.expect("read").len(), 2, "an edit of many has the history of single ones");
}

pub(super) async fn a_bulk_edit_is_refused_whole_and_names_what_is_in_the_way(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    single(&acme, "2", 0, &keep("2027-01-31")).await;
    let before = kept(&acme).await;
    let all = [("1", 0), ("2", 0), ("gone", 0)];
    let refused = apply(&acme, 7, &keep("2027-03-31"), &all).await;
    let Err(BulkRefused::Assets(refused)) = refused else { panic!("it is refused") };
    let [(second, EditRefused::Conflict(conflict)), (gone, EditRefused::NoSuchAsset)] =
        &refused[..]
    else {
        panic!("one was changed and one is gone: {refused:?}")
    };
    assert_eq!((second.as_str(), gone.as_str()), ("2", "gone"));
    assert_eq!(conflict.touch.by, bob());
    assert_eq!(kept(&acme).await, before, "not even what was free");
    assert_eq!(acme.view.bulk_edit_by_id(Uuid::from_u128(7)).await.expect("read"), None);
    // Another field is no conflict, and the id is free again.
    let class = AssetEdit::Class(ClassId(3));
    let done = apply(&acme, 7, &class, &[("1", 0), ("2", 0)]).await.expect("another field");
    assert_eq!(done.changes.len(), 2);
}

pub(super) async fn a_bulk_edit_that_is_sent_twice_is_carried_out_once(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    let edit = keep("2027-03-31");
    let all = [("1", 0), ("2", 0)];
    let (first, second) = tokio::join!(apply(&acme, 7, &edit, &all), apply(&acme, 7, &edit, &all));
    assert_eq!(first, second);
    let late = apply(&acme, 7, &keep("2028-01-01"), &[("1", 1)]).await;
    assert_eq!(late, first, "an id stands for what was done with it");
    assert_eq!(kept(&acme).await, [until("2027-03-31", 1), until("2027-03-31", 1)]);
    // What applied already is in no bulk edit.
    let again = apply(&acme, 8, &edit, &all).await.expect("it is so already");
    assert_eq!(again.changes, []);
    let (april, may) = (keep("2027-04-30"), keep("2027-05-31"));
    let seen = [("1", 1), ("2", 1)];
    let (left, right) = tokio::join!(apply(&acme, 9, &april, &seen), apply(&acme, 10, &may, &seen));
    assert!(left.is_ok() != right.is_ok(), "of two at once one comes second and is refused");
    let all = kept(&acme).await;
    assert_eq!((&all[0], all[0].1), (&all[1], 2));
}

pub(super) async fn an_undo_is_refused_whole_where_somebody_changed_something_since(
    engine: Engine,
) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    let other = fixture(&test, "other").await;
    apply(&acme, 7, &keep("2027-03-31"), &[("1", 0), ("2", 0)]).await.expect("free");
    assert_eq!(undo(&other, 7, START_MS).await, Err(BulkRefused::NoSuchEdit), "another tenant's");
    assert_eq!(other.view.bulk_edit_by_id(Uuid::from_u128(7)).await.expect("read"), None);
    let late = undo(&acme, 7, START_MS + 11 + BULK_UNDO_MS).await;
    assert_eq!(late, Err(BulkRefused::TooLate));
    single(&acme, "2", 1, &keep("2027-06-30")).await;
    single(&acme, "1", 1, &AssetEdit::Class(ClassId(3))).await;
    let before = kept(&acme).await;
    let Err(BulkRefused::Assets(refused)) = undo(&acme, 7, START_MS + 20).await else {
        panic!("it is refused")
    };
    assert_eq!(refused.len(), 1, "a change of another field is not in the way");
    assert_eq!(refused[0].0.as_str(), "2");
    assert_eq!(kept(&acme).await, before);
    // Once it is as before by itself, nothing is in the way any more.
    single(&acme, "2", 2, &AssetEdit::ClearKeep).await;
    undo(&acme, 7, START_MS + 30).await.expect("nothing is lost");
    let left = kept(&acme).await;
    assert!(left.iter().all(|(until, _)| until.is_none()), "{left:?}");
}

pub(super) async fn a_bulk_edit_is_bounded(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    let many = (0..=BULK_ASSETS_MAX).map(|id| (RemoteId::new(id.to_string()), 0)).collect();
    for assets in [BTreeMap::new(), many] {
        let new = NewBulkEdit {
            id: Uuid::from_u128(7),
            connection: acme.connection,
            edit: &keep("2027-03-31"),
            assets: &assets,
            by: &ann(),
            at_ms: START_MS,
        };
        let refused = acme.view.bulk_edit_apply(&new).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{}", assets.len());
    }
    assert_eq!(kept(&acme).await, [(None, 0), (None, 0)]);
}
