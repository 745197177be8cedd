//! Who tries too often waits, and nobody else.

use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{Store, ThrottleKey};
use tokio::task::JoinSet;

const MINUTE_MS: i64 = 60_000;

fn account(email: &str) -> ThrottleKey {
    ThrottleKey::Account(email.to_owned())
}

fn address(text: &str) -> ThrottleKey {
    ThrottleKey::Address(text.parse().expect("an address"))
}

pub(super) async fn an_account_waits_longer_with_each_failure(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (mut now_ms, keys) = (START_MS, [account("ada@acme.example"), address("192.0.2.1")]);
    let mut waits = Vec::new();
    for _ in 0..9 {
        assert_eq!(test.throttle_begin(&keys, now_ms).await.expect("works"), 0);
        let wait_ms = test.throttle_wait_ms(&keys, now_ms).await.expect("read");
        waits.push(wait_ms / 1_000);
        if wait_ms > 0 {
            // Trying while waiting neither goes through nor makes it longer.
            let again = test.throttle_begin(&keys, now_ms + wait_ms - 1).await;
            assert_eq!(again.expect("works"), 1);
        }
        now_ms += wait_ms;
    }
    assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480]);
    let wait_ms =
        async |keys: &[ThrottleKey]| test.throttle_wait_ms(keys, now_ms - 1).await.expect("read");
    assert_eq!(wait_ms(&[account(" ADA@acme.example")]).await, 1, "the same address");
    assert_eq!(
        wait_ms(&[account("bob@acme.example"), keys[1].clone()]).await,
        0,
        "another account"
    );
    assert_eq!(wait_ms(&[]).await, 0);
}

pub(super) async fn an_address_waits_after_more_failures(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    for number in 0..20 {
        let keys = [account(&format!("a{number}@acme.example")), address("2001:db8::1")];
        assert_eq!(test.throttle_begin(&keys, START_MS).await.expect("works"), 0, "{number}");
    }
    let next = [account("b@acme.example"), address("2001:db8::ffff")];
    assert_eq!(test.throttle_begin(&next, START_MS).await.expect("works"), 30_000);
    let elsewhere = [account("b@acme.example"), address("2001:db8:1::1")];
    assert_eq!(test.throttle_begin(&elsewhere, START_MS).await.expect("works"), 0);
}

pub(super) async fn success_forgives_itself_alone(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (mine, there) = (account("ada@acme.example"), address("192.0.2.1"));
    let keys = [mine.clone(), there.clone()];
    for _ in 0..4 {
        test.throttle_begin(&keys, START_MS).await.expect("works");
    }
    assert_eq!(test.throttle_begin(&keys, START_MS).await.expect("works"), 0, "the right one");
    test.throttle_clear(&keys).await.expect("works");
    assert_eq!(test.throttle_wait_ms(&keys, START_MS).await.expect("read"), 0);
    // Four of the account are left: the next wrong one brings its wait.
    let elsewhere = [mine, address("192.0.2.2")];
    assert_eq!(test.throttle_begin(&elsewhere, START_MS).await.expect("works"), 0);
    assert_eq!(test.throttle_wait_ms(&elsewhere, START_MS).await.expect("read"), 30_000);
    // Four of the address are left: sixteen more of other accounts bring its wait.
    for number in 0..16 {
        let keys = [account(&format!("a{number}@acme.example")), there.clone()];
        assert_eq!(test.throttle_begin(&keys, START_MS).await.expect("works"), 0, "{number}");
    }
    assert_eq!(test.throttle_wait_ms(&[there], START_MS).await.expect("read"), 30_000);
}

pub(super) async fn after_a_quiet_quarter_of_an_hour_all_is_forgotten(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let keys = [account("ada@acme.example")];
    for _ in 0..5 {
        test.throttle_begin(&keys, START_MS).await.expect("works");
    }
    let later = START_MS + 30_000 + 15 * MINUTE_MS;
    assert_eq!(test.throttle_begin(&keys, later).await.expect("works"), 0);
    assert_eq!(test.throttle_wait_ms(&keys, later).await.expect("read"), 60_000, "not yet quiet");
    let quiet = later + 60_000 + 15 * MINUTE_MS + 1;
    test.throttle_begin(&[account("other@acme.example")], quiet).await.expect("works");
    assert_eq!(test.number("SELECT count(*) FROM throttle").await.expect("read"), 1, "pruned");
    for _ in 0..4 {
        test.throttle_begin(&keys, quiet).await.expect("works");
        assert_eq!(test.throttle_wait_ms(&keys, quiet).await.expect("read"), 0);
    }
}

pub(super) async fn attempts_at_once_do_not_slip_through(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let attempts: JoinSet<_> = (0..20)
        .map(|_| {
            let store = Store::clone(&test);
            async move {
                let keys = [account("ada@acme.example"), address("192.0.2.1")];
                store.throttle_begin(&keys, START_MS).await.expect("works")
            }
        })
        .collect();
    let waits = attempts.join_all().await;
    assert_eq!(waits.iter().filter(|wait_ms| **wait_ms == 0).count(), 5, "{waits:?}");
}
