//! Approved writes are carried out in the background, also after the PSA was away.

use almanac_model::asset::RemoteField;
use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::fact::FactValue;
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_model::write::{FieldWrite, WriteFeature, WriteState};
use almanac_psa::PsaError;
use almanac_store::testing::Engine;
use almanac_store::{ApproveWrites, JobState, NewWrite, NewWritePlan, WriteMode};
use almanac_testkit::on_both_engines;
use uuid::Uuid;

use crate::world::World;

on_both_engines! {
    an_approved_plan_is_carried_out
    a_plan_waits_for_a_psa_that_is_away
    a_plan_that_stopped_for_a_person_goes_on_when_asked
}

const PLAN: Uuid = Uuid::from_u128(7);

fn day(text: &str) -> Option<FactValue> {
    Some(FactValue::Date(text.parse().unwrap()))
}

/// A plan for one asset, approved.
async fn approved(world: &World) -> RemoteId {
    let ann = Author::user("1", "Ann");
    let id = world.psa.fake.add(Stream::Assets, "PC");
    let body = format!(r#"{{"id":{id},"name":"PC","values":{{"warranty_end":"2026-01-01"}}}}"#);
    world.psa.fake.put(Stream::Assets, &id, body.as_bytes());
    let field = FieldWrite {
        target: Target::WarrantyEnd,
        field: RemoteField::Standard("warranty_end".to_owned()),
        base: day("2026-01-01"),
        wanted: day("2027-02-03"),
        seen: None,
    };
    let write = NewWrite {
        stream: Stream::Assets,
        remote_id: id.clone(),
        label: "PC".to_owned(),
        client: None,
        fields: vec![field],
    };
    let (feature, at_ms) = (WriteFeature::WarrantyDates, world.now_ms());
    let plan = NewWritePlan {
        id: PLAN,
        connection: world.connection,
        feature,
        undo_of: None,
        writes: &[write],
        by: &ann,
        at_ms,
    };
    world.view.write_plan_make(&plan).await.unwrap();
    let on = WriteMode::On;
    world.view.write_switch_set(world.connection, feature, on, &ann, at_ms).await.unwrap();
    let approve = ApproveWrites { id: PLAN, leave_out: &[], by: &ann, at_ms };
    world.view.write_plan_approve(&approve).await.unwrap().unwrap();
    id
}

async fn applied(world: &World) -> u64 {
    let found = world.view.write_plan_by_id(world.connection, PLAN).await.unwrap();
    found.unwrap().0.count(WriteState::Applied)
}

async fn an_approved_plan_is_carried_out(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    let id = approved(&world).await;
    let runner = world.start_runner("one").await;
    world.job_that(|job| job.kind == "push_writes" && job.state == JobState::Done).await;
    runner.stop().await;
    assert_eq!(applied(&world).await, 1);
    let body = world.psa.fake.body(Stream::Assets, &id).unwrap();
    assert!(String::from_utf8(body).unwrap().contains("2027-02-03"));
}

async fn a_plan_waits_for_a_psa_that_is_away(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    approved(&world).await;
    let (address, detail) = ("fake".to_owned(), "away".to_owned());
    world.psa.fake.fail_next(PsaError::Unreachable { address, detail });
    let runner = world.start_runner("one").await;
    world.job_that(|job| job.last_error.is_some()).await;
    assert_eq!(applied(&world).await, 0);
    world.clock_forward(3_600_000);
    world.job_that(|job| job.state == JobState::Done).await;
    runner.stop().await;
    assert_eq!(applied(&world).await, 1);
    assert_eq!(world.psa.fake.written().len(), 1);
}

async fn a_plan_that_stopped_for_a_person_goes_on_when_asked(engine: Engine) {
    let Some(world) = World::new(engine).await else { return };
    approved(&world).await;
    world.psa.fake.fail_next(PsaError::Forbidden { path: "Asset".to_owned(), status: 403 });
    let runner = world.start_runner("one").await;
    world.job_that(|job| job.state == JobState::Failed).await;
    let stopped = world.view.write_plan_job(PLAN).await.unwrap().unwrap();
    assert!(stopped.last_error.unwrap().contains("Asset"));
    assert_eq!(applied(&world).await, 0);
    let ann = Author::user("1", "Ann");
    world.clock_forward(1_000);
    assert!(world.view.write_plan_go_on(PLAN, &ann, world.now_ms()).await.unwrap());
    world.job_that(|job| job.kind == "push_writes" && job.state == JobState::Done).await;
    runner.stop().await;
    assert_eq!(applied(&world).await, 1);
    assert!(!world.view.write_plan_go_on(PLAN, &ann, world.now_ms()).await.unwrap(), "ended");
}
