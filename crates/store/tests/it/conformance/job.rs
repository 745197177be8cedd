//! A job runs at one worker at a time and ends once.

use std::collections::HashSet;

use almanac_store::testing::{Engine, START_MS, TestStore, fresh};
use almanac_store::{
    ClaimJobs, ClaimedJob, Enqueued, JobState, NewJob, NewSchedule, Store, StoreError, TenantStore,
};
use tokio::task::JoinSet;

fn job(key: &str) -> NewJob {
    NewJob {
        kind: "sync".to_owned(),
        key: key.to_owned(),
        args: "{\"stream\":1}".to_owned(),
        run_at: START_MS,
        priority: 0,
        attempts_max: 3,
        at_ms: START_MS,
    }
}

async fn enqueue(view: &TenantStore, job: &NewJob) {
    let enqueued = view.job_enqueue(job).await.expect("the database works");
    assert!(matches!(enqueued, Enqueued::Enqueued(_)));
}

fn claim(now_ms: i64) -> ClaimJobs<'static> {
    ClaimJobs {
        owner: "worker",
        lease_ms: 1_000,
        now_ms,
        limit: 10,
        kinds: &["sync"],
        tenant_running_max: 100,
    }
}

async fn claim_one(store: &Store, now_ms: i64) -> ClaimedJob {
    let mut jobs = store.job_claim(&claim(now_ms)).await.expect("the database works");
    assert_eq!(jobs.len(), 1);
    jobs.remove(0)
}

async fn state(view: &TenantStore) -> (JobState, i64) {
    let job = view.job_list(1).await.expect("read").pop().expect("one");
    (job.state, job.attempt)
}

pub(super) async fn two_claimers_never_hold_one_job(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    for number in 0..40 {
        enqueue(&view, &job(&number.to_string())).await;
    }
    let workers: JoinSet<_> = (0..6)
        .map(|number| {
            let store = Store::clone(&test);
            async move {
                let owner = format!("worker {number}");
                let mut mine = Vec::new();
                for _ in 0..20 {
                    let claim = ClaimJobs { owner: &owner, limit: 3, ..claim(START_MS) };
                    mine.extend(store.job_claim(&claim).await.expect("the database works"));
                }
                mine.into_iter().map(|job| job.id).collect::<Vec<_>>()
            }
        })
        .collect();
    let all: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    assert_eq!(all.len(), 40, "every job once");
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 40);
}

pub(super) async fn the_same_work_is_enqueued_once(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    enqueue(&view, &job("a")).await;
    assert_eq!(view.job_enqueue(&job("a")).await.expect("works"), Enqueued::AlreadyThere);
    let claimed = claim_one(&test, START_MS).await;
    assert_eq!((claimed.key.as_str(), claimed.args.as_str()), ("a", "{\"stream\":1}"));
    assert_eq!(view.job_enqueue(&job("a")).await.expect("works"), Enqueued::AlreadyThere);
    test.job_complete(&claimed, START_MS).await.expect("completed");
    enqueue(&view, &job("a")).await;
}

pub(super) async fn a_lapsed_job_is_claimed_anew_and_the_old_claim_is_refused(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    enqueue(&view, &job("a")).await;
    let old = claim_one(&test, START_MS).await;
    test.job_heartbeat(&old, 1_000, START_MS + 500).await.expect("prolonged");
    let none = test.job_claim(&claim(START_MS + 1_499)).await.expect("works");
    assert!(none.is_empty());
    let new = claim_one(&test, START_MS + 1_500).await;
    assert_eq!((new.id, new.attempt), (old.id, 2));
    for refused in [
        test.job_heartbeat(&old, 1_000, START_MS).await,
        test.job_complete(&old, START_MS).await,
        test.job_fail(&old, "late", None, START_MS).await,
        test.job_hand_back(&old, START_MS).await,
    ] {
        assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    }
    test.job_complete(&new, START_MS + 1_600).await.expect("completed");
    assert_eq!(state(&view).await, (JobState::Done, 2));
}

pub(super) async fn a_job_whose_worker_always_dies_fails(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    enqueue(&view, &job("a")).await;
    for attempt in 0..3 {
        assert_eq!(claim_one(&test, START_MS + attempt * 1_000).await.attempt, attempt + 1);
    }
    let none = test.job_claim(&claim(START_MS + 3_000)).await.expect("works");
    assert!(none.is_empty());
    assert_eq!(state(&view).await, (JobState::Failed, 3));
}

pub(super) async fn a_failed_attempt_is_begun_again_until_none_is_left(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    enqueue(&view, &job("a")).await;
    for attempt in 1..=3 {
        let at = START_MS + attempt * 100;
        let claimed = claim_one(&test, at).await;
        let retry_at = Some(at + 100);
        test.job_fail(&claimed, "no answer", retry_at, at).await.expect("noted");
        assert!(test.job_claim(&claim(at + 99)).await.expect("works").is_empty());
    }
    let failed = view.job_list(1).await.expect("read").pop().expect("one");
    assert_eq!((failed.state, failed.last_error.as_deref()), (JobState::Failed, Some("no answer")));
}

pub(super) async fn a_handed_back_job_loses_no_attempt(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    enqueue(&view, &job("a")).await;
    for round in 0..5 {
        let claimed = claim_one(&test, START_MS).await;
        assert_eq!(claimed.attempts_max - claimed.attempt, 2, "round {round}");
        test.job_hand_back(&claimed, START_MS).await.expect("handed back");
    }
    assert_eq!(state(&view).await.0, JobState::Queued);
}

pub(super) async fn a_job_handed_back_for_later_waits(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    enqueue(&view, &job("a")).await;
    let claimed = claim_one(&test, START_MS).await;
    test.job_hand_back(&claimed, START_MS + 500).await.expect("handed back");
    assert!(test.job_claim(&claim(START_MS + 499)).await.expect("works").is_empty());
    assert_eq!(claim_one(&test, START_MS + 500).await.id, claimed.id);
}

pub(super) async fn priority_goes_first_and_the_future_waits(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    enqueue(&view, &job("low")).await;
    enqueue(&view, &NewJob { priority: 5, ..job("high") }).await;
    enqueue(&view, &NewJob { run_at: START_MS + 1, priority: 9, ..job("later") }).await;
    enqueue(&view, &NewJob { kind: "other".to_owned(), priority: 9, ..job("other") }).await;
    let first = test.job_claim(&ClaimJobs { limit: 1, ..claim(START_MS) }).await.expect("works");
    assert_eq!(first[0].key, "high");
    assert_eq!(claim_one(&test, START_MS).await.key, "low");
    assert!(test.job_claim(&claim(START_MS)).await.expect("works").is_empty());
    assert_eq!(claim_one(&test, START_MS + 1).await.key, "later");
}

pub(super) async fn one_tenant_cannot_take_every_place(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (busy, busy_view) = test.tenant_named("busy").await;
    let (calm, calm_view) = test.tenant_named("calm").await;
    for number in 0..10 {
        enqueue(&busy_view, &job(&number.to_string())).await;
    }
    enqueue(&calm_view, &NewJob { run_at: START_MS + 1, ..job("a") }).await;
    let two = ClaimJobs { tenant_running_max: 3, limit: 2, ..claim(START_MS + 1) };
    let tenants = |jobs: Vec<ClaimedJob>| {
        let mut ids: Vec<_> = jobs.into_iter().map(|job| job.tenant).collect();
        ids.sort_unstable();
        ids
    };
    let first = tenants(test.job_claim(&two).await.expect("works"));
    assert_eq!(first, [busy.id, calm.id], "in turn, although the calm tenant's job is younger");
    assert_eq!(tenants(test.job_claim(&two).await.expect("works")), [busy.id, busy.id]);
    assert!(test.job_claim(&two).await.expect("works").is_empty(), "three of one tenant run");
}

pub(super) async fn who_waited_longest_goes_first_among_equals(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (busy, busy_view) = test.tenant_named("busy").await;
    let (calm, calm_view) = test.tenant_named("calm").await;
    for number in 0..6 {
        enqueue(&busy_view, &job(&number.to_string())).await;
        // All of the calm tenant's are younger than all of the other's.
        let younger = NewJob { run_at: START_MS + 1, ..job(&number.to_string()) };
        enqueue(&calm_view, &younger).await;
    }
    let mut served = Vec::new();
    for turn in 2..10 {
        let one = ClaimJobs { limit: 1, ..claim(START_MS + turn) };
        let claimed = test.job_claim(&one).await.expect("works").remove(0);
        test.job_complete(&claimed, START_MS + turn).await.expect("completed");
        served.push(claimed.tenant);
    }
    let in_turn: Vec<_> = [busy.id, calm.id].into_iter().cycle().take(8).collect();
    assert_eq!(served, in_turn);
}

pub(super) async fn a_backfill_of_hundreds_does_not_delay_anothers_poke(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, busy_view) = test.tenant_named("busy").await;
    let (calm, calm_view) = test.tenant_named("calm").await;
    for number in 0..500 {
        enqueue(&busy_view, &job(&number.to_string())).await;
    }
    let two = ClaimJobs { limit: 2, tenant_running_max: 2, ..claim(START_MS + 10) };
    assert_eq!(test.job_claim(&two).await.expect("works").len(), 2, "the backfill has begun");
    let poke = NewJob { run_at: START_MS + 11, priority: 20, ..job("poke") };
    enqueue(&calm_view, &poke).await;
    let one = ClaimJobs { limit: 1, now_ms: START_MS + 11, ..two };
    let claimed = test.job_claim(&one).await.expect("works").remove(0);
    assert_eq!((claimed.tenant, claimed.key.as_str()), (calm.id, "poke"));
}

pub(super) async fn jobs_of_a_process_that_is_gone_are_due_at_once(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    enqueue(&view, &job("a")).await;
    let old = claim_one(&test, START_MS).await;
    let freed = async |dead: &'static str| {
        test.job_free_dead(move |owner| owner == dead, START_MS + 1).await.expect("works")
    };
    assert_eq!(freed("another").await, 0);
    assert!(test.job_claim(&claim(START_MS + 1)).await.expect("works").is_empty());
    assert_eq!(freed("worker").await, 1);
    let new = claim_one(&test, START_MS + 1).await;
    assert_eq!((new.id, new.attempt), (old.id, 2));
    let refused = test.job_complete(&old, START_MS + 2).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
}

fn schedule(name: &str) -> NewSchedule {
    NewSchedule {
        name: name.to_owned(),
        kind: "sync".to_owned(),
        args: "{}".to_owned(),
        every_ms: 60_000,
        first_at: START_MS,
        priority: 1,
        attempts_max: 2,
    }
}

async fn tick_at_once(test: &TestStore, now_ms: i64) -> u64 {
    let ticks: JoinSet<_> = (0..5)
        .map(|_| {
            let store = Store::clone(test);
            async move { store.schedule_tick(now_ms).await.expect("works") }
        })
        .collect();
    ticks.join_all().await.into_iter().sum()
}

pub(super) async fn a_slot_gives_one_job_however_many_tick(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    view.schedule_set(&schedule("nightly")).await.expect("set");
    view.schedule_set(&schedule("other")).await.expect("set");
    assert_eq!(tick_at_once(&test, START_MS - 1).await, 0);
    assert_eq!(tick_at_once(&test, START_MS).await, 2);
    let jobs = test.job_claim(&claim(START_MS)).await.expect("works");
    let mut keys: Vec<_> = jobs.iter().map(|job| job.key.clone()).collect();
    keys.sort_unstable();
    assert_eq!(keys, [format!("nightly@{START_MS}"), format!("other@{START_MS}")]);
    for job in &jobs {
        test.job_complete(job, START_MS).await.expect("completed");
    }
    assert_eq!(tick_at_once(&test, START_MS + 59_999).await, 0);
    // Three slots passed while nobody looked: one job, and the next slot is in step.
    assert_eq!(tick_at_once(&test, START_MS + 185_000).await, 2);
    let next: Vec<_> =
        view.schedule_list().await.expect("read").into_iter().map(|s| s.next_at).collect();
    assert_eq!(next, [START_MS + 240_000; 2]);
}

pub(super) async fn a_schedule_has_one_job_at_a_time(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    view.schedule_set(&schedule("nightly")).await.expect("set");
    assert_eq!(test.schedule_tick(START_MS).await.expect("works"), 1);
    assert_eq!(test.schedule_tick(START_MS + 60_000).await.expect("works"), 0);
    let job = claim_one(&test, START_MS + 60_000).await;
    assert_eq!(test.schedule_tick(START_MS + 120_000).await.expect("works"), 0);
    test.job_complete(&job, START_MS + 130_000).await.expect("completed");
    assert_eq!(test.schedule_tick(START_MS + 180_000).await.expect("works"), 1);
    view.schedule_remove("nightly").await.expect("removed");
    assert!(view.schedule_list().await.expect("read").is_empty());
    let wrong = NewSchedule { every_ms: 0, ..schedule("wrong") };
    assert!(matches!(view.schedule_set(&wrong).await, Err(StoreError::Invalid(_))));
}

pub(super) async fn ended_jobs_are_pruned(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    enqueue(&view, &job("a")).await;
    let claimed = claim_one(&test, START_MS).await;
    test.job_complete(&claimed, START_MS).await.expect("completed");
    enqueue(&view, &job("b")).await;
    assert_eq!(test.job_prune(START_MS).await.expect("works"), 0);
    assert_eq!(test.job_prune(START_MS + 1).await.expect("works"), 1);
    assert_eq!(view.job_list(9).await.expect("read").len(), 1);
}
