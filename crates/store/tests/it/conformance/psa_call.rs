//! Calls to a PSA are counted by the minute, for each connection apart.

use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{CALL_SPAN_MS, CallSpan};

use crate::fixture::fixture;

pub(super) async fn calls_are_counted_in_spans_and_forgotten_after_days(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (acme, other) = (fixture(&test, "acme").await, fixture(&test, "other").await);
    let span = START_MS.div_euclid(CALL_SPAN_MS) * CALL_SPAN_MS;
    let add = async |at: i64, calls: u64, refused: u64| {
        let made = CallSpan { at, calls, refused };
        acme.view.psa_call_add(acme.connection, made).await.expect("counted");
    };
    let list = async || acme.view.psa_call_list(acme.connection, 0).await.expect("read");
    add(span, 3, 0).await;
    add(span + CALL_SPAN_MS - 1, 4, 1).await;
    add(span + CALL_SPAN_MS, 9, 0).await;
    let first = CallSpan { at: span, calls: 7, refused: 1 };
    let second = CallSpan { at: span + CALL_SPAN_MS, calls: 9, refused: 0 };
    assert_eq!(list().await, [first, second]);
    let late = acme.view.psa_call_list(acme.connection, span + 1).await.expect("read");
    assert_eq!(late, [second]);
    assert!(other.view.psa_call_list(other.connection, 0).await.expect("read").is_empty());
    let days_later = span + 3 * 86_400_000;
    add(days_later, 1, 0).await;
    assert_eq!(list().await, [CallSpan { at: days_later, calls: 1, refused: 0 }]);
}
