//! The holder of fleets: what it waits for, what it gives, what it forgets.

use std::sync::Arc;

use almanac_fleet::{FleetOptions, Fleets, Moment};
use almanac_model::author::Author;
use almanac_model::choice::AssetEdit;
use almanac_model::grade::{Grade, Manual};
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_store::ChangeAsset;
use almanac_store::testing::START_MS;
use almanac_testkit::client;

use crate::fixture::{Draft, Synced, fixture, moment, of, options};

fn draft(id: i64) -> Draft {
    Draft { id, tag: Some(format!("PC-{id}")), client: Some(1), ..Draft::default() }
}

impl Synced {
    async fn grade_by_hand(&self, id: i64) {
        let manual = Manual { grade: Grade::Replace, reason: "agreed".to_owned() };
        let remote_id = RemoteId::from(id);
        let change = ChangeAsset {
            connection: self.connection,
            remote_id: &remote_id,
            expected_version: 0,
            edit: &AssetEdit::Manual(manual),
            by: &Author::program("test"),
            at_ms: START_MS,
        };
        self.store
            .asset_choice_change(&change)
            .await
            .expect("the database works")
            .expect("nothing is in its way");
    }
}

#[tokio::test]
async fn nothing_changed_gives_the_same_fleet() {
    let fixture = fixture().await;
    fixture.assets(&[draft(1)]).await;
    let fleets = Fleets::new(options());
    let first = fleets.get(&fixture.store, moment(0)).await.expect("the database works");
    let second = fleets.get(&fixture.store, moment(60_000)).await.expect("the database works");
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!((first.assets().len(), first.as_of_ms()), (1, None));
}

#[tokio::test]
async fn a_sync_is_taken_in_once_a_second_and_a_persons_change_at_once() {
    let fixture = fixture().await;
    fixture.assets(&[draft(1)]).await;
    let fleets = Fleets::new(options());
    let count = async |at_ms: i64| {
        fleets.get(&fixture.store, moment(at_ms)).await.expect("the database works").assets().len()
    };
    assert_eq!(count(0).await, 1);
    fixture.assets(&[draft(2)]).await;
    assert_eq!(count(999).await, 1, "the fleet at hand will do");
    assert_eq!(count(1_000).await, 2);
    fixture.assets(&[draft(3)]).await;
    fixture.grade_by_hand(1).await;
    let fleet = fleets.get(&fixture.store, moment(1_001)).await.expect("the database works");
    assert_eq!(fleet.assets().len(), 3, "what a sync changed before comes with it");
    assert_eq!(fleet.tally().of(Grade::Replace), 1);
}

#[tokio::test]
async fn a_scan_that_found_nothing_moves_only_the_instant() {
    let fixture = fixture().await;
    fixture.plain(vec![client(1, "One")]).await;
    fixture.assets(&[draft(1)]).await;
    let fleets = Fleets::new(options());
    let before = fleets.get(&fixture.store, moment(0)).await.expect("the database works");
    fixture.end_scan(Stream::Assets, &[], 7).await;
    let after = fleets.get(&fixture.store, moment(1)).await.expect("the database works");
    assert_eq!(after.as_of_ms(), Some(START_MS + 7));
    assert_eq!(after.seq(), before.seq());
    assert!(std::ptr::eq(after.assets(), before.assets()), "everything else is shared");
}

#[tokio::test]
async fn another_day_grades_anew() {
    let fixture = fixture().await;
    fixture.assets(&[draft(1)]).await;
    let fleets = Fleets::new(options());
    let on = "2031-01-01".parse().unwrap();
    fleets.get(&fixture.store, moment(0)).await.expect("the database works");
    let later = fleets
        .get(&fixture.store, Moment { on, at_ms: START_MS })
        .await
        .expect("the database works");
    assert_eq!(later.on(), on);
}

#[tokio::test]
async fn a_tenant_without_a_connection_has_an_empty_fleet() {
    let fixture = fixture().await;
    let (_, other) = fixture.test.tenant_named("other").await;
    let fleet = Fleets::new(options()).get(&other, moment(0)).await.expect("the database works");
    assert!(fleet.assets().is_empty() && fleet.clients().is_empty());
    assert_eq!((fleet.connection(), fleet.seq()), (None, 0));
}

#[tokio::test]
async fn who_takes_a_removed_tenants_number_sees_nothing_of_it() {
    let fixture = fixture().await;
    let (removed, first) = fixture.test.tenant_named("first").await;
    let first = of(first).await;
    first.assets(&[draft(1)]).await;
    let fleets = Fleets::new(options());
    assert_eq!(
        fleets.get(&first.store, moment(0)).await.expect("the database works").assets().len(),
        1
    );
    fixture.test.tenant_delete(removed.id).await.expect("the database works");
    let (second, view) = fixture.test.tenant_named("second").await;
    assert_eq!(second.id, removed.id, "the number is free again");
    let second = of(view).await;
    assert!(
        fleets.get(&second.store, moment(1)).await.expect("the database works").assets().is_empty()
    );
    // As many changes as the first had, so that the numbers of changes are equal too.
    second.assets(&[Draft { tag: Some("other".to_owned()), ..draft(1) }]).await;
    let fleet = fleets.get(&second.store, moment(2)).await.expect("the database works");
    assert_eq!(fleet.assets()[0].name(), "other");
}

#[tokio::test]
async fn the_fleet_used_longest_ago_is_forgotten_first() {
    let fixture = fixture().await;
    let mut tenants = Vec::new();
    for name in ["a", "b", "c"] {
        let tenant = of(fixture.test.tenant_named(name).await.1).await;
        tenant.assets(&(0..40).map(draft).collect::<Vec<_>>()).await;
        tenants.push(tenant);
    }
    let all = Fleets::new(options());
    for tenant in &tenants {
        all.get(&tenant.store, moment(0)).await.expect("the database works");
    }
    let room_for_two = all.bytes() * 2 / 3 + 1;
    let fleets = Fleets::new(FleetOptions { bytes_max: room_for_two, ..options() });
    let get = async |at: usize| {
        fleets.get(&tenants[at].store, moment(0)).await.expect("the database works")
    };
    let (first, second) = (get(0).await, get(1).await);
    assert!(Arc::ptr_eq(&get(0).await, &first), "both fit");
    get(2).await;
    assert!(Arc::ptr_eq(&get(0).await, &first), "it was used after the second");
    assert!(!Arc::ptr_eq(&get(1).await, &second), "it had to go");
    assert!(fleets.bytes() <= room_for_two);
}

#[tokio::test]
async fn fleets_are_loaded_beforehand_as_far_as_half_of_the_memory_goes() {
    let fixture = fixture().await;
    for name in ["a", "b"] {
        let tenant = of(fixture.test.tenant_named(name).await.1).await;
        tenant.assets(&(0..40).map(draft).collect::<Vec<_>>()).await;
    }
    let all = Fleets::new(options());
    all.warm(&fixture.test, moment(0)).await.expect("the database works");
    let bytes = all.bytes();
    assert!(bytes > 0);
    let half = Fleets::new(FleetOptions { bytes_max: bytes, ..options() });
    half.warm(&fixture.test, moment(0)).await.expect("the database works");
    assert!((1..bytes).contains(&half.bytes()), "{} of {bytes}", half.bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_at_once_share_one_load() {
    let fixture = fixture().await;
    fixture.assets(&(0..200).map(draft).collect::<Vec<_>>()).await;
    let fleets = Arc::new(Fleets::new(options()));
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (fleets, view) = (Arc::clone(&fleets), fixture.store.clone());
        asking
            .spawn(async move { fleets.get(&view, moment(0)).await.expect("the database works") });
    }
    let given = asking.join_all().await;
    assert!(given.iter().all(|fleet| Arc::ptr_eq(fleet, &given[0])));
    assert_eq!(given[0].assets().len(), 200);
}
