//! A lease has one holder, and a holder that lost it writes nothing.

use std::future::{Future as _, poll_fn};
use std::task::Poll;

use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{LeaseTake, StoreError};
use tokio::task::JoinSet;

use crate::fixture::{client, fixture, take};

pub(super) async fn two_takers_never_hold_one_lease(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let takers: JoinSet<_> = (0..8)
        .map(|number| {
            let view = view.clone();
            async move {
                let owner = format!("owner {number}");
                let take = LeaseTake { name: "a", owner: &owner, ttl_ms: 1_000, now_ms: START_MS };
                view.lease_take(take, |_| false).await.expect("the database works")
            }
        })
        .collect();
    let mut holders = Vec::new();
    let mut refused = Vec::new();
    for taken in takers.join_all().await {
        match taken {
            Ok(fence) => holders.push(fence.owner),
            Err(held) => refused.push(held),
        }
    }
    assert_eq!(holders.len(), 1);
    assert_eq!(refused.len(), 7);
    assert!(
        refused.iter().all(|held| held.owner == holders[0] && held.until_ms == START_MS + 1_000)
    );
}

pub(super) async fn an_expired_lease_can_be_taken_and_the_old_fence_is_refused(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let mut acme = fixture(&test, "acme").await;
    let again = LeaseTake { name: "sync", owner: "two", ttl_ms: 1_000, now_ms: START_MS + 29_999 };
    assert!(acme.view.lease_take(again, |_| false).await.expect("works").is_err());
    let late = LeaseTake { now_ms: START_MS + 30_000, ..again };
    let newer = acme.view.lease_take(late, |_| false).await.expect("works").expect("expired");
    assert!(newer.token > acme.fence.token);

    let old = acme.page(1, vec![client("1", "Acme")]);
    let refused = acme.view.page_commit(&old).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    let refused = acme.try_finish(1, &[]).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    let refused = acme.view.lease_renew(&acme.fence, 1_000, START_MS).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    // Releasing what was lost must not release the newer holder's.
    acme.view.lease_release(acme.fence.clone()).await.expect("does nothing");
    assert!(acme.ids().await.is_empty());

    acme.fence = newer;
    acme.commit(1, vec![client("1", "Acme")]).await;
    assert_eq!(acme.ids().await, ["1"]);
}

pub(super) async fn a_dead_owners_lease_can_be_taken(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    take(&view, "host:17", START_MS).await;
    let again = LeaseTake { name: "sync", owner: "host:18", ttl_ms: 1_000, now_ms: START_MS + 1 };
    let alive = view.lease_take(again, |owner| owner != "host:17").await.expect("works");
    assert_eq!(alive.expect_err("held").owner, "host:17");
    let dead = view.lease_take(again, |owner| owner == "host:17").await.expect("works");
    assert_eq!(dead.expect("taken").owner, "host:18");
}

pub(super) async fn a_released_lease_can_be_taken_and_tokens_grow(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let mut token = 0;
    for round in 0..3 {
        let fence = take(&view, "one", START_MS + round).await;
        assert!(fence.token > token);
        token = fence.token;
        view.lease_release(fence).await.expect("released");
    }
}

pub(super) async fn a_renewed_lease_holds(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let fence = take(&view, "one", START_MS).await;
    view.lease_renew(&fence, 30_000, START_MS + 20_000).await.expect("renewed");
    let late = LeaseTake { name: "sync", owner: "two", ttl_ms: 1, now_ms: START_MS + 40_000 };
    let held = view.lease_take(late, |_| false).await.expect("works").expect_err("held");
    assert_eq!(held.until_ms, START_MS + 50_000);
}

/// A request that is given up while it reads, wherever it waits, hands no half-begun transaction
/// to the next.
pub(super) async fn a_reader_that_is_dropped_anywhere_harms_nobody(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    for polls in 1..60 {
        let mut read = Box::pin(acme.view.outbox_open(acme.connection));
        let mut left = polls % 20;
        poll_fn(|context| {
            left -= 1;
            if read.as_mut().poll(context).is_ready() || left <= 0 {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
        drop(read);
        let now_ms = START_MS + i64::from(polls);
        acme.view.lease_renew(&acme.fence, 30_000, now_ms).await.expect("a write goes on");
    }
}
