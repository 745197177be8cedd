//! A sync in the background: what becomes of its job, for each way that it can end.

use almanac_jobs::{schedule_sync, unschedule_sync};
use almanac_model::stream::Stream;
use almanac_psa::PsaError;
use almanac_store::testing::{Engine, START_MS};
use almanac_store::{JobState, LeaseTake};
use almanac_testkit::on_both_engines;
use serde_json::Value;

use crate::world::{HOUR_MS, World};

on_both_engines! {
    a_run_names_its_tenant_as_people_do
    a_job_waits_for_a_sync_that_runs_already
    what_passes_by_itself_is_tried_again
    what_needs_a_person_is_not_tried_again
    a_first_run_that_failed_leaves_no_trace_in_the_next
    a_schedule_is_set_once_and_removed
}

async fn a_run_names_its_tenant_as_people_do(engine: Engine) {
    let Some(world) = World::with_due_sync(engine).await else { return };
    let runner = world.start_runner("one").await;
    world.job_that(|job| job.state == JobState::Done).await;
    runner.stop().await;
    let status: Value = serde_json::from_str(&world.run().await.unwrap().status.unwrap()).unwrap();
    assert_eq!((&status["tenant"], &status["outcome"]), (&"acme".into(), &"done".into()));
}

async fn a_job_waits_for_a_sync_that_runs_already(engine: Engine) {
    let Some(world) = World::with_due_sync(engine).await else { return };
    let name = format!("sync:{}", world.connection);
    let take = LeaseTake { name: &name, owner: "by hand", ttl_ms: HOUR_MS, now_ms: START_MS };
    let fence = world.view.lease_take(take, |_| false).await.unwrap().unwrap();
    let runner = world.start_runner("one").await;
    let job = world.job_that(|job| job.attempt == 1 && job.state != JobState::Running).await;
    assert_eq!((job.state, job.run_at), (JobState::Queued, START_MS + 30_000));
    assert!(world.run().await.is_none(), "nothing was read");

    // However often it looks; the store's own tests show that this uses up no attempt.
    for attempt in 2..=3 {
        world.clock_forward(30_000);
        let again = async {
            while world.job().await.unwrap().attempt < attempt {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let limit = std::time::Duration::from_secs(10);
        tokio::time::timeout(limit, again).await.expect("it is looked at again");
        let job = world.job_that(|job| job.state != JobState::Running).await;
        assert_eq!(job.state, JobState::Queued);
    }
    world.view.lease_release(fence).await.unwrap();
    world.clock_forward(30_000);
    world.job_that(|job| job.state == JobState::Done).await;
    assert_eq!(world.run().await.unwrap().outcome.as_deref(), Some("done"));
    runner.stop().await;
}

async fn what_passes_by_itself_is_tried_again(engine: Engine) {
    let errors = [
        PsaError::Unreachable { address: "fake".into(), detail: "no route".into() },
        PsaError::RateLimited { retry_after: None, detail: "700 calls".into() },
    ];
    for (error, words) in errors.into_iter().zip(["CONN-001", "SYNC-015"]) {
        let Some(world) = World::with_due_sync(engine).await else { return };
        world.psa.fake.fail_next(error);
        let runner = world.start_runner("one").await;
        let job = world.job_that(|job| job.last_error.is_some()).await;
        assert_eq!((job.state, job.run_at), (JobState::Queued, START_MS + 30_000), "{words}");
        assert!(job.last_error.as_ref().unwrap().contains(words), "{job:?}");
        runner.stop().await;
    }
}

async fn what_needs_a_person_is_not_tried_again(engine: Engine) {
    let errors = [
        PsaError::SecretRefused { detail: "invalid_client".into() },
        PsaError::ScopeRefused { asked: "read:assets".into() },
        PsaError::PrivateAddress { host: "halo".into(), address: "10.0.0.1".into() },
    ];
    for (error, words) in errors.into_iter().zip(["CONN-004", "CONN-005", "CONN-007"]) {
        let Some(world) = World::with_due_sync(engine).await else { return };
        world.psa.fake.fail_next(error);
        let runner = world.start_runner("one").await;
        let job = world.job_that(|job| job.last_error.is_some()).await;
        assert_eq!((job.state, job.attempt), (JobState::Failed, 1), "{words}");
        assert!(job.last_error.as_ref().unwrap().contains(words), "{job:?}");
        runner.stop().await;
        // The schedule stays: its next slot is tried, with what the person has mended.
        world.clock_forward(6 * HOUR_MS);
        let runner = world.start_runner("one").await;
        world.job_that(|job| job.state == JobState::Done).await;
        runner.stop().await;
    }
}

async fn a_first_run_that_failed_leaves_no_trace_in_the_next(engine: Engine) {
    let Some(world) = World::with_due_sync(engine).await else { return };
    // Every stream fails at its first page, and is held before it has one.
    for _ in Stream::ALL {
        let path = "fake".to_owned();
        world.psa.fake.fail_next(PsaError::Damaged { path, detail: "cut off".into() });
    }
    let runner = world.start_runner("one").await;
    let job = world.job_that(|job| job.last_error.is_some()).await;
    assert_eq!(job.state, JobState::Queued);
    let states = world.view.stream_state_list(world.connection).await.unwrap();
    assert!(states.iter().any(|state| state.held.is_some()), "{states:?}");
    world.clock_forward(30_000);
    world.job_that(|job| job.state == JobState::Done).await;
    runner.stop().await;
    let clients = world.view.stream_state(world.connection, Stream::Clients).await.unwrap();
    assert_eq!((clients.live, clients.held, clients.generation), (3, None, 1));
    assert_ne!(clients.mapper_version, 0, "or the next run projects everything anew");
}

async fn a_schedule_is_set_once_and_removed(engine: Engine) {
    let Some(world) = World::with_due_sync(engine).await else { return };
    let set = async |every_ms, now_ms| {
        schedule_sync(&world.view, world.connection, every_ms, now_ms).await.unwrap();
        let schedules = world.view.schedule_list().await.unwrap();
        assert_eq!(schedules.len(), 1);
        (schedules[0].every_ms, schedules[0].next_at)
    };
    let later = START_MS + HOUR_MS;
    assert_eq!(set(6 * HOUR_MS, later).await, (6 * HOUR_MS, START_MS), "its slots stay");
    assert_eq!(set(2 * HOUR_MS, later).await, (2 * HOUR_MS, START_MS));
    unschedule_sync(&world.view, world.connection).await.unwrap();
    assert!(world.view.schedule_list().await.unwrap().is_empty());
}
