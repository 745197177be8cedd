//! Writes: planned, approved, handed out, settled, and taken back.

use almanac_model::asset::RemoteField;
use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::fact::FactValue;
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_model::write::{FieldWrite, SeenValues, WriteFeature, WriteState};
use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{
    ApproveWrites, Fence, NewWrite, NewWritePlan, OpenWrite, OutboxEntry, PlanRefused, Settle,
    StoreError, WRITE_UNDO_MS, WriteMode, WritePlan,
};
use uuid::Uuid;

use super::choice::with_assets;
use crate::fixture::{Fixture, take};

const PLAN: Uuid = Uuid::from_u128(7);

fn ann() -> Author {
    Author::user("1", "Ann")
}

fn day(text: &str) -> Option<FactValue> {
    Some(FactValue::Date(text.parse().expect("a day")))
}

fn write(id: &str, base: &str, wanted: &str) -> NewWrite {
    NewWrite {
        stream: Stream::Assets,
        remote_id: RemoteId::new(id),
        label: format!("PC-{id}"),
        client: Some(RemoteId::new("11")),
        fields: vec![FieldWrite {
            target: Target::WarrantyEnd,
            field: RemoteField::Standard("warranty_end".to_owned()),
            base: day(base),
            wanted: day(wanted),
            seen: None,
        }],
    }
}

async fn make(acme: &Fixture, id: Uuid, writes: &[NewWrite]) -> Result<(), StoreError> {
    let new = NewWritePlan {
        id,
        connection: acme.connection,
        feature: WriteFeature::WarrantyDates,
        undo_of: None,
        writes,
        by: &ann(),
        at_ms: START_MS,
    };
    acme.view.write_plan_make(&new).await
}

async fn switch(acme: &Fixture, mode: WriteMode) {
    let feature = WriteFeature::WarrantyDates;
    let set = acme.view.write_switch_set(acme.connection, feature, mode, &ann(), START_MS).await;
    set.expect("switched");
}

async fn approve(acme: &Fixture, id: Uuid, leave_out: &[i64]) -> Result<u64, PlanRefused> {
    let approve = ApproveWrites { id, leave_out, by: &ann(), at_ms: START_MS + 5 };
    acme.view.write_plan_approve(&approve).await.expect("the database works")
}

async fn plan(acme: &Fixture, id: Uuid) -> (WritePlan, Vec<OutboxEntry>) {
    let found = acme.view.write_plan_by_id(acme.connection, id).await.expect("read");
    found.expect("the plan")
}

async fn next(acme: &Fixture) -> Option<OpenWrite> {
    acme.view.outbox_next(acme.connection, &[]).await.expect("read")
}

async fn settle(
    acme: &Fixture,
    fence: &Fence,
    write: &OpenWrite,
    state: WriteState,
) -> Result<(), StoreError> {
    let settle = Settle {
        fence,
        connection: acme.connection,
        write,
        state,
        problem: state.is_wedged().then(|| ("WRITE-020", "Halo has 2027-01-01".to_owned())),
        was_sent: true,
        record: None,
        at_ms: START_MS + 9,
    };
    acme.view.outbox_settle(&settle).await
}

/// As the worker notes what it saw.
fn seen(mut write: OpenWrite) -> OpenWrite {
    for field in &mut write.entry.fields {
        field.seen = Some(SeenValues { before: field.base.clone(), after: field.wanted.clone() });
    }
    write
}

pub(super) async fn nothing_is_handed_out_before_it_is_switched_on_and_approved(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (acme, other) = (with_assets(&test, "acme").await, with_assets(&test, "other").await);
    let writes = [write("1", "2026-01-01", "2027-01-01"), write("2", "2026-01-01", "2028-01-01")];
    make(&acme, PLAN, &writes).await.expect("made");
    make(&acme, PLAN, &writes[..1]).await.expect("the same id twice is made once");
    let (shown, entries) = plan(&acme, PLAN).await;
    assert_eq!((shown.count(WriteState::Planned), entries.len()), (2, 2));
    assert_eq!(entries[1].fields, writes[1].fields);
    assert_eq!(next(&acme).await, None);
    assert_eq!(approve(&acme, PLAN, &[]).await, Err(PlanRefused::SwitchedOff));
    assert_eq!(approve(&other, PLAN, &[]).await, Err(PlanRefused::NoSuchPlan));
    let foreign = other.view.write_plan_by_id(other.connection, PLAN).await.expect("read");
    assert_eq!(foreign, None);
    switch(&acme, WriteMode::On).await;
    assert_eq!(approve(&acme, PLAN, &[0, 1]).await, Err(PlanRefused::Empty));
    assert_eq!(plan(&acme, PLAN).await.0.count(WriteState::Planned), 2, "nothing was left out");
    assert_eq!(approve(&acme, PLAN, &[0]).await, Ok(1));
    assert_eq!(approve(&acme, PLAN, &[]).await, Err(PlanRefused::Decided));
    let handed = next(&acme).await.expect("one is open");
    assert_eq!((handed.entry.place, handed.is_rehearsal), (1, false));
    assert_eq!(handed.approver, ann());
    assert_eq!(next(&other).await, None);
    let jobs = acme.view.job_list(10).await.expect("read");
    assert!(jobs.iter().any(|job| job.kind == "push_writes"), "{jobs:?}");
    let lines = acme.view.audit_list(None, 10).await.expect("read");
    let actions: Vec<&str> = lines.iter().map(|line| line.audit.action.as_str()).collect();
    for action in ["write.plan", "write.switch", "write.approve"] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
}

pub(super) async fn a_write_is_begun_and_settled_by_who_has_the_lease(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    switch(&acme, WriteMode::On).await;
    let writes = [write("1", "2026-01-01", "2027-01-01"), write("2", "2026-01-01", "2028-01-01")];
    make(&acme, PLAN, &writes).await.expect("made");
    approve(&acme, PLAN, &[]).await.expect("approved");
    let first = next(&acme).await.expect("open");
    assert!(!first.is_rehearsal);
    switch(&acme, WriteMode::Rehearsal).await;
    assert!(next(&acme).await.expect("open").is_rehearsal, "the safer mode counts");
    switch(&acme, WriteMode::On).await;
    assert!(acme.view.outbox_begin(&acme.fence, &first).await.expect("begun"));
    let again = next(&acme).await.expect("still open");
    assert_eq!((again.entry.state, again.entry.attempts), (WriteState::Sending, 1));
    let passed = [(PLAN, 0)];
    let second = acme.view.outbox_next(acme.connection, &passed).await.expect("read");
    assert_eq!(second.expect("the other").entry.place, 1);
    let later = take(&acme.view, "two", START_MS + 3_600_000).await;
    let refused = settle(&acme, &acme.fence, &seen(again.clone()), WriteState::Applied).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost)), "{refused:?}");
    settle(&acme, &later, &seen(again), WriteState::Applied).await.expect("settled");
    let second = next(&acme).await.expect("the other");
    settle(&acme, &later, &second, WriteState::Conflict).await.expect("settled");
    assert_eq!(next(&acme).await, None);
    let (shown, entries) = plan(&acme, PLAN).await;
    assert_eq!((shown.count(WriteState::Applied), shown.wedged()), (1, 1));
    let problem = entries[1].problem.clone().expect("a problem");
    assert_eq!(problem, ("WRITE-020".to_owned(), "Halo has 2027-01-01".to_owned()));
    assert_eq!(acme.view.outbox_wedged(acme.connection).await.expect("read"), 1);
}

pub(super) async fn what_was_given_up_is_not_sent(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    switch(&acme, WriteMode::Rehearsal).await;
    make(&acme, PLAN, &[write("1", "2026-01-01", "2027-01-01")]).await.expect("made");
    approve(&acme, PLAN, &[]).await.expect("approved");
    switch(&acme, WriteMode::Off).await;
    assert_eq!(next(&acme).await, None, "it waits while it is off");
    switch(&acme, WriteMode::On).await;
    let open = next(&acme).await.expect("open");
    assert!(open.is_rehearsal, "it was approved as a rehearsal");
    let under_way = acme.view.outbox_open(acme.connection).await.expect("read");
    assert_eq!(under_way, std::slice::from_ref(&open.entry), "what is under way is told");
    assert_eq!(acme.view.write_plan_discard(PLAN, &ann(), START_MS).await.expect("given up"), 1);
    assert_eq!(acme.view.outbox_open(acme.connection).await.expect("read"), []);
    assert!(!acme.view.outbox_begin(&acme.fence, &open).await.expect("an answer"));
    settle(&acme, &acme.fence, &open, WriteState::Conflict).await.expect("an answer");
    assert_eq!(plan(&acme, PLAN).await.0.count(WriteState::Discarded), 1, "it stays given up");
    assert_eq!(next(&acme).await, None);
}

pub(super) async fn a_plan_is_taken_back_by_the_values_that_were_there(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    switch(&acme, WriteMode::On).await;
    let writes = [write("1", "2026-01-01", "2027-01-01"), write("2", "2026-01-01", "2028-01-01")];
    make(&acme, PLAN, &writes).await.expect("made");
    let undo = async |at_ms: i64, id: u128| {
        let made = acme.view.write_plan_undo(PLAN, Uuid::from_u128(id), &ann(), at_ms).await;
        made.expect("the database works")
    };
    assert_eq!(undo(START_MS + 6, 8).await, Err(PlanRefused::NothingWritten));
    approve(&acme, PLAN, &[]).await.expect("approved");
    assert_eq!(undo(START_MS + 6, 8).await, Err(PlanRefused::UnderWay));
    let first = seen(next(&acme).await.expect("open"));
    settle(&acme, &acme.fence, &first, WriteState::Applied).await.expect("settled");
    let second = next(&acme).await.expect("open");
    settle(&acme, &acme.fence, &second, WriteState::Conflict).await.expect("settled");
    assert_eq!(undo(START_MS + 6 + WRITE_UNDO_MS, 8).await, Err(PlanRefused::TooLate));
    assert_eq!(undo(START_MS + 7, 8).await, Ok(()));
    let (back, entries) = plan(&acme, Uuid::from_u128(8)).await;
    assert_eq!((back.undo_of, entries.len()), (Some(PLAN), 1), "only what was written");
    let field = &entries[0].fields[0];
    assert_eq!((&field.base, &field.wanted), (&day("2027-01-01"), &day("2026-01-01")));
    assert_eq!(entries[0].state, WriteState::Planned, "it waits for approval as any other");
    let list = async |before, limit| {
        let plans = acme.view.write_plan_list(acme.connection, before, limit).await;
        plans.expect("read").into_iter().map(|plan| plan.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 10).await, [back.id, PLAN]);
    assert_eq!(list(None, 1).await, [back.id]);
    assert_eq!(list(Some(back.id), 10).await, [PLAN]);
    assert!(list(Some(PLAN), 10).await.is_empty());
    assert!(list(Some(Uuid::from_u128(99)), 10).await.is_empty(), "there is no such plan");
}
