//! What an operator watches is told of all tenants, and of nothing that is over.

use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{CallSpan, CallVitals, NewJob, Vitals};

use crate::fixture::fixture;

pub(super) async fn an_operator_sees_all_tenants_in_numbers(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    assert_eq!(test.vitals(START_MS).await.expect("read"), Vitals::default());
    let (acme, other) = (fixture(&test, "acme").await, fixture(&test, "other").await);
    for (tenant, calls) in [(&acme, 30), (&other, 2)] {
        for at in [START_MS, START_MS - 10 * 60_000] {
            let made = CallSpan { at, calls, refused: 1 };
            tenant.view.psa_call_add(tenant.connection, made).await.expect("counted");
        }
    }
    for (key, run_at) in [("a", START_MS - 5_000), ("b", START_MS), ("c", START_MS + 1)] {
        let job = NewJob {
            kind: "sync".to_owned(),
            key: key.to_owned(),
            args: "{}".to_owned(),
            run_at,
            priority: 0,
            attempts_max: 1,
            at_ms: START_MS,
        };
        acme.view.job_enqueue(&job).await.expect("enqueued");
    }
    let vitals = test.vitals(START_MS).await.expect("read");
    let calls =
        |tenant: &str, calls: i64| CallVitals { tenant: tenant.to_owned(), calls, refused: 1 };
    assert_eq!(vitals.calls, [calls("acme", 30), calls("other", 2)]);
    let [jobs] = vitals.jobs.as_slice() else { panic!("{:?}", vitals.jobs) };
    assert_eq!((jobs.due, jobs.later, jobs.running), (2, 1, 0));
    assert_eq!(jobs.due_since, Some(START_MS - 5_000));
}
