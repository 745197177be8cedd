//! The calls of a connection are one budget, whoever asks.

use almanac_model::call_budget::{CallAsk, CallCeiling, CallClass, CallTold, CallTurn};
use almanac_store::testing::{Engine, START_MS, fresh};
use tokio::task::JoinSet;

use crate::fixture::fixture;

fn ask(class: CallClass) -> CallAsk {
    CallAsk {
        class,
        ceiling: CallCeiling { limit: Some(60), share_percent: 50 },
        wanted: 4,
        answered: 0,
        unused: 0,
        unused_ago_ms: 0,
        has_lost_probe: false,
    }
}

pub(super) async fn processes_at_once_never_spend_one_call_twice(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let mut processes = JoinSet::new();
    for _ in 0..4 {
        // A process of its own: connections of its own.
        let view = test.reopen().await.tenant(acme.tenant.id);
        let connection = acme.connection;
        processes.spawn(async move {
            let mut granted = 0;
            for _ in 0..10 {
                let asked = ask(CallClass::Changes);
                match view.call_budget_take(connection, &asked, START_MS).await.expect("asked") {
                    CallTurn::Go(grant) => granted += grant.count,
                    CallTurn::Wait(_) => break,
                }
            }
            granted
        });
    }
    let granted: u32 = processes.join_all().await.into_iter().sum();
    assert_eq!(granted, 30, "the share of the limit, and no call more");
    let person = ask(CallClass::Person);
    let turn = acme.view.call_budget_take(acme.connection, &person, START_MS).await;
    assert!(matches!(turn.expect("asked"), CallTurn::Go(_)), "a person finds what is left");
}

pub(super) async fn a_refusal_of_one_process_holds_all_of_them_and_no_other_connection(
    engine: Engine,
) {
    let Some(test) = fresh(engine).await else { return };
    let (acme, other) = (fixture(&test, "acme").await, fixture(&test, "other").await);
    let elsewhere = test.reopen().await.tenant(acme.tenant.id);
    let asked = ask(CallClass::Person);
    acme.view.call_budget_take(acme.connection, &asked, START_MS).await.expect("asked");
    let refused =
        CallTold::Refused { sent_ago_ms: 50, retry_after_ms: Some(20_000), is_probe: false };
    let told = acme.view.call_budget_tell(acme.connection, refused, START_MS + 100).await;
    assert!(told.expect("told"), "patience has only begun");
    let later = START_MS + 200;
    let turn = elsewhere.call_budget_take(acme.connection, &asked, later).await.expect("asked");
    assert_eq!(turn, CallTurn::Wait(19_900));
    let kept = acme.view.call_budget(acme.connection).await.expect("read");
    assert_eq!(kept.waits_until(), Some(START_MS + 20_100));
    let turn = other.view.call_budget_take(other.connection, &asked, later).await.expect("asked");
    assert!(matches!(turn, CallTurn::Go(_)));
}
