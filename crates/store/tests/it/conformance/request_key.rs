//! A form sent twice does its work once.

use almanac_store::RequestKeyTake;
use almanac_store::testing::{Engine, START_MS, fresh};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::fixture::owner;

pub(super) async fn a_doubled_form_is_led_where_the_first_led(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let (_, other) = test.tenant_named("other").await;
    let user = owner(&view).await.id;
    let take =
        async |key: &str, at_ms: i64| view.request_key_take(user, key, at_ms).await.expect("works");
    assert_eq!(take("k", START_MS).await, RequestKeyTake::Taken);
    assert_eq!(take("k", START_MS + 1).await, RequestKeyTake::Running);
    view.request_key_done(user, "k", "/there").await.expect("works");
    view.request_key_release(user, "k").await.expect("what is done stays done");
    let done = RequestKeyTake::Done("/there".to_owned());
    assert_eq!(take("k", START_MS + 120_000).await, done);
    // Another key, another user, another tenant: another form.
    assert_eq!(take("l", START_MS).await, RequestKeyTake::Taken);
    for (view, user) in [(&view, Uuid::nil()), (&other, user)] {
        let taken = view.request_key_take(user, "k", START_MS).await.expect("works");
        assert_eq!(taken, RequestKeyTake::Taken);
    }
    assert_eq!(take("k", START_MS + 24 * 3_600_000).await, done);
    assert_eq!(take("k", START_MS + 24 * 3_600_000 + 1).await, RequestKeyTake::Taken);
    assert!(view.request_key_take(user, "", START_MS).await.is_err());
    assert!(view.request_key_take(user, &"k".repeat(101), START_MS).await.is_err());
}

pub(super) async fn a_form_whose_work_was_not_done_can_be_sent_again(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let user = owner(&view).await.id;
    let take =
        async |key: &str, at_ms: i64| view.request_key_take(user, key, at_ms).await.expect("works");
    assert_eq!(take("mended", START_MS).await, RequestKeyTake::Taken);
    view.request_key_release(user, "mended").await.expect("works");
    assert_eq!(take("mended", START_MS + 1).await, RequestKeyTake::Taken);
    assert_eq!(take("died", START_MS).await, RequestKeyTake::Taken);
    assert_eq!(take("died", START_MS + 60_000).await, RequestKeyTake::Running);
    assert_eq!(take("died", START_MS + 60_001).await, RequestKeyTake::Taken);
    assert_eq!(take("died", START_MS + 60_002).await, RequestKeyTake::Running);
}

pub(super) async fn of_many_at_once_one_does_the_work(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let user = owner(&view).await.id;
    let takes: JoinSet<_> = (0..8)
        .map(|_| {
            let view = view.clone();
            async move { view.request_key_take(user, "k", START_MS).await.expect("works") }
        })
        .collect();
    let takes = takes.join_all().await;
    let taken = takes.iter().filter(|take| **take == RequestKeyTake::Taken).count();
    assert_eq!(taken, 1, "{takes:?}");
}
