//! Rounds: what changed is read between two full reads, and what did not leaves no trace.

use almanac_jobs::{schedule_changes, unschedule_sync};
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_psa::Connector;
use almanac_store::testing::Engine;
use almanac_store::{Job, JobState, SYNC_CHANGES};
use almanac_testkit::on_both_engines;

use crate::world::World;

on_both_engines! {
    a_round_reads_what_changed_and_a_quiet_one_leaves_no_run
    a_round_reads_nothing_that_was_never_read_whole
    a_round_scans_what_cannot_tell_its_changes
    what_nothing_tells_is_seen_within_five_minutes_inside_our_share
}

const ROUND_MS: i64 = 60_000;

fn is_round_done(job: &Job) -> bool {
    job.kind == SYNC_CHANGES && job.state == JobState::Done
}

async fn set_rounds(world: &World, every_ms: i64) {
    let now_ms = world.now_ms();
    schedule_changes(&world.view, world.connection, every_ms, now_ms).await.unwrap();
}

/// One more round, from its slot to its end.
async fn round(world: &World) {
    world.clock_forward(ROUND_MS);
    world.psa.fake.change(|switches| switches.now_ms = world.now_ms());
    let runner = world.start_runner("one").await;
    let slot = world.now_ms();
    for _ in 0..500 {
        let job = world.job().await;
        if job.is_some_and(|job| is_round_done(&job) && job.run_at >= slot) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(world.job().await.is_some_and(|job| is_round_done(&job)), "{:?}", world.job().await);
    runner.stop().await;
}

async fn first_sync(world: &World) {
    world.psa.fake.change(|switches| switches.now_ms = world.now_ms());
    world.schedule().await;
    let runner = world.start_runner("one").await;
    world.job_that(|job| job.state == JobState::Done).await;
    runner.stop().await;
    unschedule_sync(&world.view, world.connection).await.unwrap();
}

async fn a_round_reads_what_changed_and_a_quiet_one_leaves_no_run(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    world.psa.fake.change(|switches| switches.may_filter_changes = true);
    world.psa.fake.add(Stream::Tickets, "printer");
    first_sync(&world).await;
    set_rounds(&world, ROUND_MS).await;
    let before = world.psa.fake.call_stats().requests;
    round(&world).await;
    let calls = world.psa.fake.call_stats().requests - before;
    assert!((1..=Stream::ALL.len() as u64).contains(&calls), "a call each at most: {calls}");
    assert!(world.view.run_latest("changes").await.unwrap().is_none(), "nothing was found");
    world.psa.fake.add(Stream::Tickets, "mailbox");
    round(&world).await;
    let tickets = world.view.stream_state(world.connection, Stream::Tickets).await.unwrap();
    assert_eq!(tickets.live, 2);
    let run = world.view.run_latest("changes").await.unwrap().expect("a run that found something");
    assert_eq!(run.outcome.as_deref(), Some("done"));
    set_rounds(&world, 0).await;
    assert!(world.view.schedule_list().await.unwrap().is_empty());
}

async fn a_round_reads_nothing_that_was_never_read_whole(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    set_rounds(&world, ROUND_MS).await;
    round(&world).await;
    assert!(world.view.stream_state_list(world.connection).await.unwrap().is_empty());
}

async fn a_round_scans_what_cannot_tell_its_changes(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    first_sync(&world).await;
    set_rounds(&world, ROUND_MS).await;
    let ids = world.psa.fake.ids(Stream::Clients);
    world.psa.fake.remove(Stream::Clients, &ids[0]);
    world.clock_forward(5 * ROUND_MS);
    round(&world).await;
    let clients = world.view.stream_state(world.connection, Stream::Clients).await.unwrap();
    assert_eq!((clients.live, clients.deleted), (2, 1), "a scan tells what is gone");
}

/// A fifth of 15,000 assets, and of the calls that are ours beside them: half of Halo's 700.
async fn what_nothing_tells_is_seen_within_five_minutes_inside_our_share(engine: Engine) {
    let Some(mut world) = World::new(engine).await else { return };
    world.psa.share = Some(70);
    let fake = world.psa.fake.clone();
    fake.change(|switches| switches.can_list_ids = false);
    let ids: Vec<RemoteId> =
        (0..3_000).map(|at| fake.add(Stream::Assets, &format!("PC {at}"))).collect();
    first_sync(&world).await;
    set_rounds(&world, ROUND_MS).await;
    let (mut waiting, mut ages, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for minute in 0..24 {
        let id = &ids[minute * 733 % ids.len()];
        let body = format!("{{\"id\":{id},\"name\":\"PC of minute {minute}\"}}");
        fake.put(Stream::Assets, id, body.as_bytes());
        waiting.push((id, world.now_ms()));
        let before = fake.call_stats().requests;
        round(&world).await;
        calls.push(fake.call_stats().requests - before);
        let mut unseen = Vec::new();
        for (id, changed_at) in waiting {
            let seen = world.view.record_body(world.connection, Stream::Assets, id).await.unwrap();
            match seen == fake.body(Stream::Assets, id) {
                true => ages.push(world.now_ms() - changed_at),
                false => unseen.push((id, changed_at)),
            }
        }
        waiting = unseen;
    }
    ages.extend(waiting.iter().map(|(_, changed_at)| world.now_ms() - changed_at));
    assert!(ages.iter().all(|age| *age <= 5 * ROUND_MS), "{ages:?}");
    assert!(calls.windows(5).all(|calls| calls.iter().sum::<u64>() <= 70), "{calls:?}");
}
