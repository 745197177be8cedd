//! A test of a connection that a person asked for, and a sync that a person asked for.

use almanac_model::author::Author;
use almanac_model::id::ConnectionId;
use almanac_model::probe::{ProbeResult, RightState};
use almanac_model::stream::Stream;
use almanac_psa::{Connector, PsaError};
use almanac_store::testing::{Engine, START_MS};
use almanac_store::{JobState, Probe, RunCause, SYNC_NOW, SyncAsked};
use almanac_testkit::on_both_engines;

use crate::world::{HOUR_MS, World, connect, wait_until};

on_both_engines! {
    a_test_tells_what_may_be_read
    a_refusal_is_a_result
    a_test_does_not_wait_for_syncs
    a_connection_that_was_replaced_is_not_tested
    a_doubled_click_syncs_once
    a_schedule_does_not_repeat_what_a_person_just_had_read
}

fn ann() -> Author {
    Author::user("1", "Ann")
}

impl World {
    async fn ask_test(&self) {
        let now_ms = self.now_ms();
        self.view.probe_ask(self.connection, &ann(), now_ms).await.unwrap().unwrap();
    }

    async fn ask_sync(&self) -> SyncAsked {
        self.view.sync_ask(self.connection, &ann(), self.now_ms()).await.unwrap()
    }

    async fn probe(&self) -> Probe {
        self.view.probe_latest(self.connection).await.unwrap().unwrap()
    }
}

async fn a_test_tells_what_may_be_read(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    world.ask_test().await;
    let runner = world.start_runner("one").await;
    world.job_that(|job| job.state == JobState::Done).await;
    runner.stop().await;
    let probe = world.probe().await;
    let Some(ProbeResult::Report(report)) = &probe.result else { panic!("a report: {probe:?}") };
    assert_eq!((report.url.as_str(), report.clock_offset_seconds), ("memory:", Some(0)));
    assert_eq!(report.checks.len(), Stream::ALL.len());
    let clients = report.checks.iter().find(|right| right.stream == Stream::Clients).unwrap();
    assert_eq!((clients.state, clients.records), (RightState::Granted, Some(3)));
    assert!(report.is_well() && probe.ended_at.is_some());
    let audit = world.view.audit_list(None, 1).await.unwrap().remove(0).audit;
    assert_eq!(audit.action, "connection.secret_read");
    assert!(audit.actor.contains("Ann"), "{}", audit.actor);
}

async fn a_refusal_is_a_result(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    world.psa.fake.fail_next(PsaError::SecretRefused { detail: "invalid_client".into() });
    world.ask_test().await;
    let runner = world.start_runner("one").await;
    world.job_that(|job| job.state == JobState::Done).await;
    runner.stop().await;
    let Some(ProbeResult::Failed(finding)) = world.probe().await.result else { panic!("refused") };
    assert_eq!(finding.code, "CONN-004");
    assert!(finding.text.contains("invalid_client") && !finding.remedy.is_empty(), "{finding:?}");
}

async fn a_test_does_not_wait_for_syncs(engine: Engine) {
    let Some(world) = World::with_due_sync(engine).await else { return };
    let (_, other) = world.database.tenant_named("other").await;
    let connection = connect(&other).await;
    world.psa.stall(true);
    let runner = world.start_runner("one").await;
    other.sync_ask(connection, &ann(), world.now_ms()).await.unwrap();
    wait_until("both hands are busy", || world.psa.fake.stalled_count() == 2).await;
    // Jobs are sorted by when they were enqueued.
    world.clock_forward(1);
    world.ask_test().await;
    world.job_that(|job| job.state == JobState::Done).await;
    assert!(world.probe().await.result.is_some());
    runner.stop().await;
}

async fn a_connection_that_was_replaced_is_not_tested(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    let gone = ConnectionId(world.connection.0 + 7);
    world.view.probe_ask(gone, &ann(), world.now_ms()).await.unwrap().unwrap();
    let runner = world.start_runner("one").await;
    world.job_that(|job| job.state == JobState::Done).await;
    runner.stop().await;
    let probe = world.view.probe_latest(gone).await.unwrap().unwrap();
    assert!(matches!(probe.result, Some(ProbeResult::Failed(_))), "{probe:?}");
    assert_eq!(world.psa.fake.call_stats().requests, 0, "nothing was asked of the PSA");
}

async fn a_doubled_click_syncs_once(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    let SyncAsked::Enqueued(id) = world.ask_sync().await else { panic!("it is enqueued") };
    assert_eq!(world.ask_sync().await, SyncAsked::Waiting(id));
    let runner = world.start_runner("one").await;
    let job = world.job_that(|job| job.state == JobState::Done).await;
    assert_eq!((job.id, job.kind.as_str()), (id, SYNC_NOW));
    assert!(matches!(world.ask_sync().await, SyncAsked::JustEnded { .. }));
    let runs = world.view.run_list(None, 10).await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].cause, Some(RunCause::FirstSync { by: Some(ann()) }));
    world.clock_forward(120_000);
    assert!(matches!(world.ask_sync().await, SyncAsked::Enqueued(_)));
    world.job_that(|job| job.state == JobState::Done).await;
    runner.stop().await;
    let runs = world.view.run_list(None, 10).await.unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0].cause, Some(RunCause::Asked { by: Some(ann()) }));
}

async fn a_schedule_does_not_repeat_what_a_person_just_had_read(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    world.ask_sync().await;
    let runner = world.start_runner("one").await;
    world.job_that(|job| job.state == JobState::Done).await;
    world.clock_forward(60_000);
    world.schedule().await;
    let job = world.job_that(|job| job.kind != SYNC_NOW && job.state == JobState::Done).await;
    assert_eq!(job.attempt, 1);
    assert_eq!(world.view.run_list(None, 10).await.unwrap().len(), 1, "it was just read");
    world.clock_forward(6 * HOUR_MS);
    world.job_that(|job| job.run_at > START_MS + HOUR_MS && job.state == JobState::Done).await;
    runner.stop().await;
    let runs = world.view.run_list(None, 10).await.unwrap();
    assert_eq!((runs.len(), &runs[0].cause), (2, &Some(RunCause::Schedule)));
}
