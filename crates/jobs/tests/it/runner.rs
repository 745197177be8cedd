//! A runner stops in time, loses no job by it, and clears up behind itself.

use std::time::Duration;

use almanac_jobs::schedule_sync;
use almanac_model::author::Author;
use almanac_store::testing::{Engine, START_MS};
use almanac_store::{Enqueued, JobState, NewJob};
use almanac_testkit::on_both_engines;

use crate::world::{HOUR_MS, STOP_GRACE, World, connect, wait_until};

on_both_engines! {
    a_stop_in_mid_job_hands_it_back_before_the_runner_ends
    a_stop_does_not_wait_for_a_database_that_hangs
    a_runner_whose_stop_is_gone_ends
    jobs_that_ended_long_ago_are_removed
    work_of_an_unknown_kind_is_left_alone
    a_quick_job_of_another_tenant_begins_while_long_reads_hold_their_hands
}

async fn a_stop_in_mid_job_hands_it_back_before_the_runner_ends(engine: Engine) {
    let Some(world) = World::with_due_sync(engine).await else { return };
    world.psa.stall(true);
    let first = world.start_runner("first").await;
    wait_until("the sync reads", || world.psa.is_stalled()).await;
    let took = first.stop().await;
    assert!(took >= STOP_GRACE && took < Duration::from_secs(3), "{took:?}");
    // No waiting here: a process that ends now leaves this behind.
    let job = world.job().await.unwrap();
    assert_eq!((job.state, job.run_at, job.attempt), (JobState::Queued, START_MS, 1));

    world.psa.stall(false);
    // Runs are sorted by when they began.
    world.clock_forward(1_000);
    let second = world.start_runner("second").await;
    // The sync's own lease may still be the first one's, who gives it back in its own time.
    world.job_that(|job| job.attempt >= 2 && job.state != JobState::Running).await;
    world.clock_forward(30_000);
    world.job_that(|job| job.state == JobState::Done).await;
    assert_eq!(world.run().await.unwrap().outcome.as_deref(), Some("done"));
    second.stop().await;
}

async fn a_stop_does_not_wait_for_a_database_that_hangs(engine: Engine) {
    // SQLite has no way to be held up without keeping a core busy.
    let Some(world) = World::new(engine).await else { return };
    if engine == Engine::Sqlite {
        return;
    }
    let held = world.database.reopen().await;
    let view = world.view.clone();
    let running = world.start_runner_on(held, "one");
    let hold = world.database.script("LOCK TABLE job; SELECT pg_sleep(6)");
    let stopping = async {
        // The runner looks for work every 1.5 seconds at most, and then waits for the lock.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let took = running.stop().await;
        assert!(took < Duration::from_secs(3), "{took:?}");
    };
    let (held, ()) = tokio::join!(hold, stopping);
    held.unwrap();
    assert!(view.job_list(1).await.unwrap().is_empty());
}

async fn a_runner_whose_stop_is_gone_ends(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    world.start_runner("one").await.lose().await;
}

async fn jobs_that_ended_long_ago_are_removed(engine: Engine) {
    let Some(world) = World::with_due_sync(engine).await else { return };
    let runner = world.start_runner("one").await;
    let old = world.job_that(|job| job.state == JobState::Done).await;
    runner.stop().await;
    let keys = async || -> Vec<_> {
        world.view.job_list(9).await.unwrap().into_iter().map(|job| job.key).collect()
    };
    // The next slot's job is done by the same runner that looks through the ended ones.
    for (days, is_kept) in [(29, true), (2, false)] {
        world.clock_forward(days * 24 * HOUR_MS);
        let runner = world.start_runner("one").await;
        world.job_that(|job| job.state == JobState::Done && job.run_at > START_MS).await;
        runner.stop().await;
        assert_eq!(keys().await.contains(&old.key), is_kept, "after {days} more days");
    }
}

async fn work_of_an_unknown_kind_is_left_alone(engine: Engine) {
    let Some(world) = World::with_due_sync(engine).await else { return };
    let other = NewJob {
        kind: "of_a_later_version".into(),
        key: "a".into(),
        args: "{}".into(),
        run_at: START_MS,
        priority: 9,
        attempts_max: 1,
        at_ms: START_MS - 1,
    };
    assert!(matches!(world.view.job_enqueue(&other).await.unwrap(), Enqueued::Enqueued(_)));
    let runner = world.start_runner("one").await;
    world.job_that(|job| job.state == JobState::Done).await;
    runner.stop().await;
    let jobs = world.view.job_list(9).await.unwrap();
    let left = jobs.iter().find(|job| job.kind == other.kind).unwrap();
    assert_eq!((left.state, left.attempt), (JobState::Queued, 0));
}

async fn a_quick_job_of_another_tenant_begins_while_long_reads_hold_their_hands(engine: Engine) {
    let Some(world) = World::with_due_sync(engine).await else { return };
    let (_, second) = world.database.tenant_named("second").await;
    let reads = connect(&second).await;
    schedule_sync(&second, reads, 6 * HOUR_MS, world.now_ms()).await.unwrap();
    let (_, third) = world.database.tenant_named("third").await;
    let tests = connect(&third).await;
    world.psa.stall(true);
    let runner = world.start_runner("one").await;
    wait_until("two tenants are read", || world.psa.fake.stalled_count() >= 2).await;
    third.probe_ask(tests, &Author::program("a test"), world.now_ms()).await.unwrap();
    let mut state = None;
    for _ in 0..500 {
        state = third.job_list(1).await.unwrap().pop().map(|job| job.state);
        if state == Some(JobState::Done) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(state, Some(JobState::Done));
    assert!(world.psa.fake.stalled_count() >= 2, "the reads hold their hands still");
    runner.stop().await;
}
