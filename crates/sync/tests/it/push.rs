//! Approved writes: sent once, only over what was planned against, read back, and taken back.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;

use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::fact::FactValue;
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_model::write::{FieldWrite, WriteFeature, WriteState};
use almanac_psa::fake::FakeWrite;
use almanac_psa::{Connector as _, FieldChange, PsaError, RecordChange, Writer as _};
use almanac_store::testing::Engine;
use almanac_store::{ApproveWrites, NewWrite, NewWritePlan, OutboxEntry, WriteMode};
use almanac_sync::{PushJob, PushStatus, SyncError, push};
use jiff::tz::Offset;
use uuid::Uuid;

use crate::world::{World, bought};

fn ann() -> Author {
    Author::user("1", "Ann")
}

fn day(text: &str) -> Option<FactValue> {
    (text != "-").then(|| FactValue::Date(text.parse().unwrap()))
}

/// One asset that was bought in 2020, as it was read, and a plan about it.
struct Desk {
    world: Rc<World>,
    id: RemoteId,
    plan: Uuid,
}

impl Desk {
    async fn new(engine: Engine) -> Option<Desk> {
        let desk = Desk::in_world(Rc::new(World::with_clients(engine, 0).await?)).await;
        desk.switch(WriteMode::On).await;
        Some(desk)
    }

    /// Another asset of a world.
    async fn in_world(world: Rc<World>) -> Desk {
        let id = world.psa.add(Stream::Assets, "PC");
        world.put_asset(&id, "2020-05-06");
        world.run_assets().await;
        let plan = Uuid::from_u128(1_000 + id.as_str().parse::<u128>().unwrap());
        Desk { world, id, plan }
    }

    /// How often something was sent to the asset.
    fn sent(&self) -> usize {
        self.world.psa.written().iter().filter(|written| written.remote_id == self.id).count()
    }

    async fn switch(&self, mode: WriteMode) {
        let World { store, connection, .. } = &*self.world;
        let feature = WriteFeature::AssetFields;
        store.write_switch_set(*connection, feature, mode, &ann(), 1).await.unwrap();
    }

    async fn plan(&self, base: &str, wanted: &str) {
        let id = self.plan;
        let field = FieldWrite {
            target: Target::PurchaseDate,
            field: bought(),
            base: day(base),
            wanted: day(wanted),
            seen: None,
        };
        let write = NewWrite {
            stream: Stream::Assets,
            remote_id: self.id.clone(),
            label: "PC".to_owned(),
            client: None,
            fields: vec![field],
        };
        let plan = NewWritePlan {
            id,
            connection: self.world.connection,
            feature: WriteFeature::AssetFields,
            undo_of: None,
            writes: &[write],
            by: &ann(),
            at_ms: 2,
        };
        self.world.store.write_plan_make(&plan).await.unwrap();
        self.approve(id).await;
    }

    async fn approve(&self, id: Uuid) {
        let approve = ApproveWrites { id, leave_out: &[], by: &ann(), at_ms: 3 };
        self.world.store.write_plan_approve(&approve).await.unwrap().unwrap();
    }

    async fn push(&self) -> PushStatus {
        push(&self.world.push_job()).await.unwrap()
    }

    async fn entry(&self, plan: Uuid) -> OutboxEntry {
        let World { store, connection, .. } = &*self.world;
        store.write_plan_by_id(*connection, plan).await.unwrap().unwrap().1.remove(0)
    }

    /// Marks the write as about to be sent, and does no more.
    async fn begin_as_one_who_dies(&self) {
        let World { store, connection, .. } = &*self.world;
        let write = store.outbox_next(*connection, &[]).await.unwrap().unwrap();
        let fence = self.world.take_lease_as("one who dies").await;
        assert!(store.outbox_begin(&fence, &write).await.unwrap());
        store.lease_release(fence).await.unwrap();
    }

    fn writing(&self, how: FakeWrite) {
        self.world.psa.change(|switches| switches.writing = how);
    }

    /// What the PSA has now.
    fn remote(&self) -> String {
        self.world.remote_asset(&self.id)
    }
}

fn ended(state: WriteState) -> PushStatus {
    PushStatus { ended: vec![state], stopped: None }
}

async fn a_write_is_sent_read_back_and_seen_at_once(engine: Engine) {
    let Some(desk) = Desk::new(engine).await else { return };
    assert_eq!(desk.world.purchase_date(&desk.id).await, "2020-05-06");
    desk.plan("2020-05-06", "2021-07-08").await;
    assert_eq!(desk.push().await, ended(WriteState::Applied));
    assert_eq!(desk.remote(), "2021-07-08");
    assert_eq!(desk.world.purchase_date(&desk.id).await, "2021-07-08", "before any scan");
    let entry = desk.entry(desk.plan).await;
    let seen = entry.fields[0].seen.clone().unwrap();
    assert_eq!((seen.before, seen.after), (day("2020-05-06"), day("2021-07-08")));
    assert_eq!(entry.problem, None);
    assert_eq!(desk.push().await, PushStatus::default(), "nothing is left");
    assert_eq!(desk.sent(), 1);
}

async fn q_52_our_own_write_comes_back_and_causes_nothing(engine: Engine) {
    let Some(desk) = Desk::new(engine).await else { return };
    desk.plan("2020-05-06", "2021-07-08").await;
    assert_eq!(desk.push().await, ended(WriteState::Applied));
    let history = desk.world.history(&desk.id).await;
    assert!(!history.is_empty());
    for _ in 0..2 {
        let status = desk.world.run_assets().await;
        assert_eq!(status.streams[0].changed, 0);
        assert_eq!(desk.push().await, PushStatus::default(), "no write follows");
    }
    assert_eq!(desk.world.history(&desk.id).await, history);
    assert_eq!(desk.sent(), 1);
}

async fn what_is_there_already_is_not_sent(engine: Engine) {
    let Some(desk) = Desk::new(engine).await else { return };
    desk.plan("2019-01-01", "2020-05-06").await;
    assert_eq!(desk.push().await, ended(WriteState::Already));
    assert_eq!(desk.sent(), 0);
}

async fn q_43_what_somebody_changed_since_the_plan_is_a_conflict(engine: Engine) {
    let Some(desk) = Desk::new(engine).await else { return };
    desk.plan("2020-05-06", "2021-07-08").await;
    desk.world.put_asset(&desk.id, "2022-02-02");
    assert_eq!(desk.push().await, ended(WriteState::Conflict));
    assert_eq!(desk.remote(), "2022-02-02", "nothing was sent");
    assert_eq!(desk.sent(), 0);
    let (code, text) = desk.entry(desk.plan).await.problem.unwrap();
    assert_eq!(code, "WRITE-020");
    for part in ["bought", "2022-02-02", "2020-05-06"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(desk.world.purchase_date(&desk.id).await, "2022-02-02", "what was read is shown");
}

async fn refusals_end_a_write_and_say_why(engine: Engine) {
    for (how, state, code, arrived) in [
        (FakeWrite::Refuses("A Site must be selected".into()), WriteState::Refused, "WRITE-022", 1),
        (FakeWrite::Forbids, WriteState::Refused, "WRITE-023", 1),
        (FakeWrite::KeepsItsOwn, WriteState::NotTaken, "WRITE-026", 1),
        (FakeWrite::ChangesMore, WriteState::Applied, "WRITE-027", 1),
    ] {
        let Some(desk) = Desk::new(engine).await else { return };
        desk.writing(how.clone());
        desk.plan("2020-05-06", "2021-07-08").await;
        assert_eq!(desk.push().await, ended(state), "{how:?}");
        let problem = desk.entry(desk.plan).await.problem.unwrap();
        assert_eq!(problem.0, code, "{how:?}: {problem:?}");
        assert_eq!(desk.sent(), arrived);
        assert_eq!(desk.push().await, PushStatus::default(), "{how:?}: it is not tried again");
    }
}

async fn a_right_that_is_gone_stops_the_rest(engine: Engine) {
    let Some(first) = Desk::new(engine).await else { return };
    let second = Desk::in_world(Rc::clone(&first.world)).await;
    let third = Desk::in_world(Rc::clone(&first.world)).await;
    for desk in [&first, &second, &third] {
        desk.plan("2020-05-06", "2021-07-08").await;
    }
    first.writing(FakeWrite::Forbids);
    let status = first.push().await;
    assert_eq!(status.ended, [WriteState::Refused, WriteState::Refused]);
    assert_eq!(status.stopped.unwrap().code, "CONN-006");
    assert_eq!(third.entry(third.plan).await.state, WriteState::Queued);
    let last = || first.world.store.write_last_allowed(first.world.connection);
    assert!(matches!(last().await, Ok(Some((false, _)))));
    first.writing(FakeWrite::Takes);
    first.world.clock_forward(1);
    assert_eq!(first.push().await, ended(WriteState::Applied), "the rest goes on");
    assert_eq!(third.sent(), 1);
    assert!(matches!(last().await, Ok(Some((true, _)))));
}

async fn a_record_that_is_gone_ends_its_write(engine: Engine) {
    let Some(desk) = Desk::new(engine).await else { return };
    desk.plan("2020-05-06", "2021-07-08").await;
    desk.world.psa.remove(Stream::Assets, &desk.id);
    assert_eq!(desk.push().await, ended(WriteState::Gone));
}

async fn q_41_an_answer_that_is_lost_is_looked_for_and_sent_once(engine: Engine) {
    let Some(desk) = Desk::new(engine).await else { return };
    desk.writing(FakeWrite::LosesTheAnswer);
    desk.plan("2020-05-06", "2021-07-08").await;
    assert_eq!(desk.push().await, ended(WriteState::Applied), "reading back finds it");
    assert_eq!(desk.sent(), 1);
}

async fn q_41_a_change_that_never_arrived_is_sent_again_later(engine: Engine) {
    let Some(desk) = Desk::new(engine).await else { return };
    desk.writing(FakeWrite::LosesTheChange);
    desk.plan("2020-05-06", "2021-07-08").await;
    let status = desk.push().await;
    assert_eq!(status.stopped.unwrap().code, "WRITE-021");
    let entry = desk.entry(desk.plan).await;
    assert_eq!(
        (entry.state, entry.problem.unwrap().0.as_str()),
        (WriteState::Sending, "WRITE-021")
    );
    desk.writing(FakeWrite::Takes);
    assert_eq!(desk.push().await, ended(WriteState::Applied));
    let seen = desk.entry(desk.plan).await.fields[0].seen.clone().unwrap();
    assert_eq!(seen.before, day("2020-05-06"), "what was there before the first attempt");
}

async fn a_rehearsal_does_everything_but_send(engine: Engine) {
    let Some(desk) = Desk::new(engine).await else { return };
    desk.switch(WriteMode::Rehearsal).await;
    desk.plan("2020-05-06", "2021-07-08").await;
    assert_eq!(desk.push().await, ended(WriteState::Rehearsed));
    assert_eq!(desk.sent(), 0);
    assert_eq!(desk.entry(desk.plan).await.problem.unwrap().0, "WRITE-024");
}

async fn an_undo_restores_what_was_there_and_refuses_by_name_what_changed_since(engine: Engine) {
    let Some(desk) = Desk::new(engine).await else { return };
    desk.plan("2020-05-06", "2021-07-08").await;
    desk.push().await;
    let undo = async |id: Uuid| {
        desk.world.store.write_plan_undo(desk.plan, id, &ann(), 4).await.unwrap().unwrap();
        desk.approve(id).await;
        desk.push().await
    };
    desk.world.put_asset(&desk.id, "2023-03-03");
    let refused = Uuid::from_u128(8);
    assert_eq!(undo(refused).await, ended(WriteState::Conflict));
    let (_, text) = desk.entry(refused).await.problem.unwrap();
    assert!(text.contains("bought"), "{text}");
    assert_eq!(desk.remote(), "2023-03-03");
    desk.world.put_asset(&desk.id, "2021-07-08");
    assert_eq!(undo(Uuid::from_u128(9)).await, ended(WriteState::Applied));
    assert_eq!(desk.remote(), "2020-05-06");
}

/// Its worker died after the change arrived and before anybody was told; then the PSA's people
/// changed the same field, or took the record away.
async fn a_write_that_may_have_arrived_is_in_the_audit_whatever_it_ends_as(engine: Engine) {
    let Some(first) = Desk::new(engine).await else { return };
    for (is_there, state) in [(true, WriteState::Conflict), (false, WriteState::Gone)] {
        let desk = Desk::in_world(Rc::clone(&first.world)).await;
        desk.plan("2020-05-06", "2021-07-08").await;
        desk.begin_as_one_who_dies().await;
        desk.world.put_asset(&desk.id, "2023-03-03");
        if !is_there {
            desk.world.psa.remove(Stream::Assets, &desk.id);
        }
        assert_eq!(desk.push().await, ended(state));
        let subject = format!("assets {}", desk.id);
        let audit = desk.world.store.audit_list(None, 10).await.unwrap();
        let told = audit.iter().find(|of| of.audit.subject == subject);
        assert_eq!(told.map(|of| of.audit.action.as_str()), Some("write.send"), "{state:?}");
    }
}

/// What every test of this crate proves by ending can fail.
async fn a_write_outside_a_plan_fails_its_test(engine: Engine) {
    let Some(desk) = Desk::new(engine).await else { return };
    let Desk { world, id, .. } = desk;
    let current = world.psa.fetch_one(Stream::Assets, &id).await.unwrap().unwrap();
    let fields = [FieldChange { field: bought(), value: day("2021-07-08") }];
    let (stream, zone) = (Stream::Assets, Offset::UTC);
    world
        .psa
        .write(RecordChange { stream, current: &current, fields: &fields, zone })
        .await
        .unwrap();
    let end = catch_unwind(AssertUnwindSafe(|| drop(world)));
    let words = end.expect_err("the check fails the test");
    assert!(words.downcast_ref::<String>().unwrap().contains("outside an approved plan"));
}

/// The PSA fails at each of the calls in turn.
async fn a_network_that_is_lost_anywhere_loses_and_doubles_nothing(engine: Engine) {
    let Some(first) = Desk::new(engine).await else { return };
    for at in 0..4 {
        let desk = Desk::in_world(Rc::clone(&first.world)).await;
        desk.plan("2020-05-06", "2021-07-08").await;
        desk.world.psa.fail_at(
            at,
            PsaError::Unreachable { address: "fake".to_owned(), detail: "lost".to_owned() },
        );
        let lost = desk.push().await;
        assert_eq!(lost.stopped.is_some(), at < 3, "call {at}: {lost:?}");
        desk.push().await;
        assert_eq!(desk.entry(desk.plan).await.state, WriteState::Applied, "call {at}");
        assert_eq!(desk.remote(), "2021-07-08", "call {at}");
        assert_eq!(desk.sent(), 1, "call {at}");
        let seen = desk.entry(desk.plan).await.fields[0].seen.clone().unwrap();
        assert_eq!(seen.before, day("2020-05-06"), "call {at}");
    }
}

/// The worker ends after each number of steps; another goes on.
async fn a_worker_that_dies_anywhere_loses_and_doubles_nothing(engine: Engine) {
    let Some(first) = Desk::new(engine).await else { return };
    for steps in 0..40 {
        let desk = Desk::in_world(Rc::clone(&first.world)).await;
        desk.plan("2020-05-06", "2021-07-08").await;
        let job = desk.world.push_job();
        let mut dying = Box::pin(push(&job));
        let mut left = steps;
        poll_fn(|context| {
            left -= 1;
            if left < 0 || dying.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
        drop(dying);
        // Whether or not its lease came back, it ends.
        desk.world.clock_forward(60_000);
        desk.push().await;
        let entry = desk.entry(desk.plan).await;
        assert_eq!(entry.state, WriteState::Applied, "{steps} steps: {entry:?}");
        assert_eq!(desk.remote(), "2021-07-08", "{steps} steps");
        assert_eq!(desk.sent(), 1, "{steps} steps: sent once");
        let seen = entry.fields[0].seen.clone().unwrap();
        assert_eq!(seen.before, day("2020-05-06"), "{steps} steps");
    }
}

/// Whatever it decided half a minute ago, another may have decided since.
async fn a_worker_that_was_frozen_before_sending_sends_nothing(engine: Engine) {
    const FROZEN_MS: i64 = 31_000;
    let Some(desk) = Desk::new(engine).await else { return };
    desk.plan("2020-05-06", "2021-07-08").await;
    // Between any two looks at the clock it lay frozen.
    let now_ms = AtomicI64::new(desk.world.now_ms());
    let clock = move || now_ms.fetch_add(FROZEN_MS, Ordering::SeqCst);
    let job = PushJob { clock: Arc::new(clock), ..desk.world.push_job() };
    assert!(matches!(push(&job).await, Err(SyncError::TakenOver)));
    assert_eq!(desk.sent(), 0);
    assert_eq!(desk.entry(desk.plan).await.state, WriteState::Sending);
    assert_eq!(desk.push().await, ended(WriteState::Applied), "the next looks first");
    assert_eq!((desk.sent(), desk.remote().as_str()), (1, "2021-07-08"));
}

almanac_testkit::on_both_engines! {
    a_worker_that_was_frozen_before_sending_sends_nothing
    a_write_is_sent_read_back_and_seen_at_once
    q_52_our_own_write_comes_back_and_causes_nothing
    what_is_there_already_is_not_sent
    q_43_what_somebody_changed_since_the_plan_is_a_conflict
    refusals_end_a_write_and_say_why
    a_right_that_is_gone_stops_the_rest
    a_record_that_is_gone_ends_its_write
    q_41_an_answer_that_is_lost_is_looked_for_and_sent_once
    q_41_a_change_that_never_arrived_is_sent_again_later
    a_rehearsal_does_everything_but_send
    an_undo_restores_what_was_there_and_refuses_by_name_what_changed_since
    a_write_that_may_have_arrived_is_in_the_audit_whatever_it_ends_as
    a_write_outside_a_plan_fails_its_test
    a_network_that_is_lost_anywhere_loses_and_doubles_nothing
    a_worker_that_dies_anywhere_loses_and_doubles_nothing
}
