//! Webhooks from asking to reading: registered, heard, looked after, removed.

use almanac_jobs::unschedule_sync;
use almanac_model::author::Author;
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_psa::PsaError;
use almanac_store::testing::Engine;
use almanac_store::{Delivery, Job, JobState, POKE, WEBHOOK_CHECK, WEBHOOK_SETUP, WebhookProblem};
use almanac_testkit::on_both_engines;

use crate::world::World;

on_both_engines! {
    what_a_delivery_names_is_read_and_what_it_says_is_not_believed
    q_59_deliveries_lost_doubled_late_and_out_of_order_end_at_what_the_psa_has
    a_stream_that_cannot_tell_its_changes_is_read_by_the_names
    what_halo_did_not_answer_is_asked_again_by_the_names
    a_webhook_is_registered_looked_after_and_removed
    q_59_a_silent_webhook_is_noticed_and_polling_is_tightened
    without_the_right_the_page_is_told_and_nothing_is_tightened
}

const MINUTE_MS: i64 = 60_000;

fn by() -> Author {
    Author::user("u1", "Ann Lee")
}

/// A world that was read once, whose PSA tells changes or not.
async fn world(engine: Engine, may_filter_changes: bool) -> Option<(World, RemoteId)> {
    let world = World::new(engine).await?;
    world.psa.fake.change(|switches| switches.may_filter_changes = may_filter_changes);
    world.psa.fake.change(|switches| switches.now_ms = world.now_ms());
    let ticket = world.psa.fake.add(Stream::Tickets, "printer");
    world.schedule().await;
    let runner = world.start_runner("one").await;
    world.job_that(|job| job.state == JobState::Done).await;
    runner.stop().await;
    unschedule_sync(&world.view, world.connection).await.unwrap();
    Some((world, ticket))
}

/// Works until every job of a kind that is due has ended.
async fn work(world: &World, kind: &str) -> Vec<Job> {
    // What is due by schedule is a job before anybody looks for open ones.
    world.database.schedule_tick(world.now_ms()).await.unwrap();
    let runner = world.start_runner("one").await;
    let mut jobs = Vec::new();
    for _ in 0..1_000 {
        jobs = world.view.job_list(50).await.unwrap();
        jobs.retain(|job| job.kind == kind);
        let is_open = |job: &Job| matches!(job.state, JobState::Queued | JobState::Running);
        let now_ms = world.now_ms();
        if !jobs.iter().any(|job| is_open(job) && job.run_at <= now_ms) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    runner.stop().await;
    jobs
}

async fn register(world: &World) {
    let (view, now_ms) = (&world.view, world.now_ms());
    view.webhook_ask(world.connection, "https://a.example", &by(), now_ms).await.unwrap();
    work(world, WEBHOOK_SETUP).await;
}

/// Delivers names of tickets and reads them.
async fn deliver(world: &World, ids: &[&RemoteId]) {
    let records = ids.iter().map(|id| (Stream::Tickets, (*id).clone())).collect();
    let delivery = Delivery { sha256: None, records };
    world.view.webhook_heard(world.connection, &delivery, world.now_ms()).await.unwrap();
    let is_done = |job: &Job| job.state == JobState::Done;
    let mut jobs = Vec::new();
    for _ in 0..5 {
        // One that met another read of the connection waits for a moment.
        world.clock_forward(5_000);
        jobs = work(world, POKE).await;
        if jobs.iter().all(is_done) {
            break;
        }
    }
    assert!(jobs.iter().all(is_done), "{jobs:?}");
}

/// Changes a ticket's title at the PSA.
fn change(world: &World, ticket: &RemoteId, title: &str) {
    world.psa.fake.change(|switches| switches.now_ms = world.now_ms());
    let body = format!(r#"{{"id":{ticket},"name":"{title}","inactive":false}}"#);
    world.psa.fake.put(Stream::Tickets, ticket, body.as_bytes());
}

async fn body(world: &World, ticket: &RemoteId) -> Vec<u8> {
    let found = world.view.record_body(world.connection, Stream::Tickets, ticket).await.unwrap();
    found.expect("the ticket is here")
}

async fn is_as_there(world: &World, ticket: &RemoteId) -> bool {
    Some(body(world, ticket).await) == world.psa.fake.body(Stream::Tickets, ticket)
}

async fn what_a_delivery_names_is_read_and_what_it_says_is_not_believed(engine: Engine) {
    let Some((world, ticket)) = world(engine, true).await else { return };
    register(&world).await;
    world.clock_forward(MINUTE_MS);
    change(&world, &ticket, "toner");
    deliver(&world, &[&ticket]).await;
    assert!(is_as_there(&world, &ticket).await);
    let run = world.view.run_latest("changes").await.unwrap().expect("it found something");
    assert_eq!(run.cause, Some(almanac_store::RunCause::Webhook));
    // A name of nothing, and the name of what is gone: neither changes anything.
    world.psa.fake.remove(Stream::Tickets, &ticket);
    world.clock_forward(MINUTE_MS);
    deliver(&world, &[&ticket, &RemoteId::new("424242")]).await;
    let state = world.view.stream_state(world.connection, Stream::Tickets).await.unwrap();
    assert_eq!((state.live, state.deleted), (1, 0), "only a scan concludes");
}

async fn q_59_deliveries_lost_doubled_late_and_out_of_order_end_at_what_the_psa_has(
    engine: Engine,
) {
    let Some((world, first)) = world(engine, true).await else { return };
    register(&world).await;
    let second = world.psa.fake.add(Stream::Tickets, "mailbox");
    for step in 0..6_i64 {
        world.clock_forward(10_000);
        change(&world, &first, &format!("first {step}"));
        world.clock_forward(10_000);
        change(&world, &second, &format!("second {step}"));
        match step % 3 {
            // Out of order and doubled.
            0 => deliver(&world, &[&second, &first, &second]).await,
            // Lost.
            1 => {}
            // Late, after the next change of the other.
            _ => deliver(&world, &[&first]).await,
        }
    }
    deliver(&world, &[&first]).await;
    assert!(is_as_there(&world, &first).await && is_as_there(&world, &second).await);
    let state = world.view.stream_state(world.connection, Stream::Tickets).await.unwrap();
    assert_eq!(state.live, 2);
}

async fn a_stream_that_cannot_tell_its_changes_is_read_by_the_names(engine: Engine) {
    let Some((world, ticket)) = world(engine, false).await else { return };
    register(&world).await;
    change(&world, &ticket, "toner");
    let other = world.psa.fake.add(Stream::Tickets, "not named");
    deliver(&world, &[&ticket]).await;
    assert!(is_as_there(&world, &ticket).await);
    let found = world.view.record_body(world.connection, Stream::Tickets, &other).await.unwrap();
    assert!(found.is_none(), "nothing else was read");
}

async fn what_halo_did_not_answer_is_asked_again_by_the_names(engine: Engine) {
    for may_filter_changes in [true, false] {
        let Some((world, ticket)) = world(engine, may_filter_changes).await else { return };
        register(&world).await;
        world.clock_forward(MINUTE_MS);
        change(&world, &ticket, "toner");
        let path = "/Tickets".to_owned();
        world.psa.fake.fail_next(PsaError::ServerFault {
            path,
            status: 500,
            excerpt: String::new(),
        });
        let records = vec![(Stream::Tickets, ticket.clone())];
        let delivery = Delivery { sha256: None, records };
        world.view.webhook_heard(world.connection, &delivery, world.now_ms()).await.unwrap();
        let waiting = work(&world, POKE).await;
        assert!(waiting.iter().any(|job| job.state == JobState::Queued), "{waiting:?}");
        assert!(!is_as_there(&world, &ticket).await);
        world.clock_forward(MINUTE_MS);
        let done = work(&world, POKE).await;
        assert!(done.iter().all(|job| job.state == JobState::Done), "{done:?}");
        assert!(is_as_there(&world, &ticket).await);
    }
}

async fn a_webhook_is_registered_looked_after_and_removed(engine: Engine) {
    let Some((world, _)) = world(engine, true).await else { return };
    let webhook = async || world.view.webhook(world.connection).await.unwrap();
    let schedules = async || {
        let all = world.view.schedule_list().await.unwrap().into_iter();
        all.map(|schedule| schedule.name).collect::<Vec<_>>()
    };
    register(&world).await;
    let registered = webhook().await.unwrap();
    let hooks = world.psa.fake.hooks();
    assert!(registered.is_well() && hooks.len() == 1 && hooks[0].url == registered.url());
    assert_eq!(schedules().await, ["webhook_check:1"]);
    // Again: it is put right, not made twice, and under another secret.
    world.clock_forward(1_000);
    register(&world).await;
    let again = world.psa.fake.hooks();
    assert!(again.len() == 1 && again[0].secret != hooks[0].secret);

    world.psa.fake.change_hooks(|hooks| hooks[0].is_active = false);
    world.clock_forward(5 * MINUTE_MS);
    work(&world, WEBHOOK_CHECK).await;
    let trouble = webhook().await.unwrap().trouble.expect("it is off");
    assert_eq!(trouble.problem, WebhookProblem::Disabled);
    assert_eq!(schedules().await, ["webhook_check:1", "webhook_gap:1"], "polling is tightened");
    world.psa.fake.change_hooks(|hooks| {
        hooks[0].is_active = true;
        hooks[0].url = "https://elsewhere.example".to_owned();
    });
    world.clock_forward(5 * MINUTE_MS);
    work(&world, WEBHOOK_CHECK).await;
    let trouble = webhook().await.unwrap().trouble.expect("it was changed");
    assert_eq!(trouble.problem, WebhookProblem::Changed);
    world.psa.fake.change_hooks(Vec::clear);
    world.clock_forward(5 * MINUTE_MS);
    work(&world, WEBHOOK_CHECK).await;
    let trouble = webhook().await.unwrap().trouble.expect("it is gone");
    assert_eq!(trouble.problem, WebhookProblem::Removed);
    register(&world).await;
    assert!(webhook().await.unwrap().is_well());
    assert_eq!(schedules().await, ["webhook_check:1"]);

    world.view.webhook_unask(world.connection, &by(), world.now_ms() + 1).await.unwrap();
    world.clock_forward(1_000);
    work(&world, WEBHOOK_SETUP).await;
    assert!(webhook().await.is_none() && world.psa.fake.hooks().is_empty());
    assert!(schedules().await.is_empty());
}

async fn q_59_a_silent_webhook_is_noticed_and_polling_is_tightened(engine: Engine) {
    let Some((world, ticket)) = world(engine, true).await else { return };
    register(&world).await;
    let trouble = async || {
        work(&world, WEBHOOK_CHECK).await;
        world.view.webhook(world.connection).await.unwrap().unwrap().trouble
    };
    world.clock_forward(5 * MINUTE_MS);
    assert_eq!(trouble().await, None, "nothing changed that it could have told");
    // A change that is told: its time is that of the ticket, which the fake's row names.
    let stamped = |title: &str| {
        let at = world.now_ms();
        let body = format!(r#"{{"id":{ticket},"name":"{title}","updated_at":{at}}}"#);
        world.psa.fake.change(|switches| switches.now_ms = at);
        world.psa.fake.put(Stream::Tickets, &ticket, body.as_bytes());
    };
    stamped("told");
    deliver(&world, &[&ticket]).await;
    world.clock_forward(5 * MINUTE_MS);
    assert_eq!(trouble().await, None);
    // One that only a poll finds.
    stamped("not told");
    almanac_jobs::schedule_changes(&world.view, world.connection, MINUTE_MS, world.now_ms())
        .await
        .unwrap();
    world.clock_forward(MINUTE_MS);
    work(&world, almanac_store::SYNC_CHANGES).await;
    assert!(is_as_there(&world, &ticket).await, "the poll read it");
    world.clock_forward(5 * MINUTE_MS);
    let silent = trouble().await.expect("it should have told");
    assert_eq!(silent.problem, WebhookProblem::Silent);
    let schedules = world.view.schedule_list().await.unwrap();
    assert!(schedules.iter().any(|schedule| schedule.name == "webhook_gap:1"));
    // It speaks again.
    deliver(&world, &[&ticket]).await;
    world.clock_forward(5 * MINUTE_MS);
    assert_eq!(trouble().await, None);
    let schedules = world.view.schedule_list().await.unwrap();
    assert!(schedules.iter().all(|schedule| schedule.name != "webhook_gap:1"));
}

async fn without_the_right_the_page_is_told_and_nothing_is_tightened(engine: Engine) {
    let Some((world, _)) = world(engine, true).await else { return };
    world.psa.fake.change(|switches| switches.forbids_hooks = true);
    register(&world).await;
    let webhook = world.view.webhook(world.connection).await.unwrap().unwrap();
    assert_eq!(webhook.remote_id, None);
    assert_eq!(webhook.trouble.map(|trouble| trouble.problem), Some(WebhookProblem::NoRight));
    assert!(world.view.schedule_list().await.unwrap().is_empty(), "polling goes on as it was");
}
