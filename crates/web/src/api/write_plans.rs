//! Plans of writes to the PSA: what each writes, who approved it, how it went.
//!
//! To read only: a plan is approved by a person who looks at it.

use almanac_model::id::ConnectionId;
use almanac_model::write::{FieldWrite, SeenValues};
use almanac_store::{OutboxEntry, WritePlan};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::caller::Caller;
use super::instant;
use super::names::{TargetName, WriteFeatureName, WriteStateName};
use super::newest::Newest;
use super::problem::{ListProblems, Problem, ReadProblems};
use super::psa_field::Field;
use super::request::{ApiPath, ApiQuery};
use crate::error::WebError;
use crate::extract::needs;
use crate::state::WebState;

/// A page of plans, the newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct WritePlanList {
    items: Vec<PlanItem>,
    /// The cursor of the next page; null on the last.
    next_cursor: Option<Uuid>,
}

/// A plan of writes.
#[derive(Serialize, ToSchema)]
#[schema(as = WritePlan)]
struct PlanItem {
    id: Uuid,
    #[schema(value_type = WriteFeatureName)]
    feature: &'static str,
    /// The plan that this one takes back.
    undo_of: Option<Uuid>,
    /// Whether it was approved as a rehearsal, which sends nothing.
    is_rehearsal: bool,
    /// Who planned it.
    planned_by: String,
    planned_at: Timestamp,
    /// Who approved it; null before that.
    approved_by: Option<String>,
    approved_at: Option<Timestamp>,
    /// How many of its writes stand where; states without a write are left out.
    counts: Vec<CountItem>,
}

/// How many writes stand there.
#[derive(Serialize, ToSchema)]
#[schema(as = WriteCount)]
struct CountItem {
    #[schema(value_type = WriteStateName)]
    state: &'static str,
    count: u64,
}

/// A plan with its writes.
#[derive(Serialize, ToSchema)]
pub(super) struct WritePlanDetail {
    plan: PlanItem,
    /// Its writes in the order in which they are sent, one for each record.
    writes: Vec<WriteItem>,
}

/// The write of one record.
#[derive(Serialize, ToSchema)]
#[schema(as = Write)]
struct WriteItem {
    /// The PSA's identifier of the asset.
    asset: String,
    /// What people called it when this was planned.
    name: String,
    #[schema(value_type = WriteStateName)]
    state: &'static str,
    /// What is in the way.
    problem: Option<WriteProblem>,
    /// When it came to its end.
    ended_at: Option<Timestamp>,
    fields: Vec<FieldItem>,
}

/// What is in the way of a write.
#[derive(Serialize, ToSchema)]
struct WriteProblem {
    /// The public code.
    code: String,
    /// What was found.
    text: String,
}

/// One field that is written. A value that is null is none.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldWrite)]
struct FieldItem {
    #[schema(value_type = TargetName)]
    target: &'static str,
    /// The PSA's field.
    field: Field,
    /// The PSA's value when this was planned.
    base: Option<String>,
    /// What it is to become.
    wanted: Option<String>,
    /// What the PSA had around the write; null where it was not looked at.
    seen: Option<SeenItem>,
}

/// What was read around a write. A value that is null is none.
#[derive(Serialize, ToSchema)]
#[schema(as = SeenValues)]
struct SeenItem {
    /// Just before it.
    before: Option<String>,
    /// After it; null also where nothing was sent.
    after: Option<String>,
}

impl From<&WritePlan> for PlanItem {
    fn from(plan: &WritePlan) -> PlanItem {
        let counts = plan.counts.iter();
        PlanItem {
            id: plan.id,
            feature: plan.feature.name(),
            undo_of: plan.undo_of,
            is_rehearsal: plan.is_rehearsal,
            planned_by: plan.by.name.clone(),
            planned_at: instant(plan.at_ms),
            approved_by: plan.approved.as_ref().map(|(by, _)| by.name.clone()),
            approved_at: plan.approved.as_ref().map(|(_, at_ms)| instant(*at_ms)),
            counts: counts
                .map(|of| CountItem { state: of.state.name(), count: of.count })
                .collect(),
        }
    }
}

impl From<OutboxEntry> for WriteItem {
    fn from(entry: OutboxEntry) -> WriteItem {
        WriteItem {
            asset: entry.remote_id.to_string(),
            name: entry.label,
            state: entry.state.name(),
            problem: entry.problem.map(|(code, text)| WriteProblem { code, text }),
            ended_at: entry.settled_at.map(instant),
            fields: entry.fields.iter().map(FieldItem::from).collect(),
        }
    }
}

impl From<&FieldWrite> for FieldItem {
    fn from(field: &FieldWrite) -> FieldItem {
        FieldItem {
            target: field.target.name(),
            field: Field::from(&field.field),
            base: field.base.as_ref().map(ToString::to_string),
            wanted: field.wanted.as_ref().map(ToString::to_string),
            seen: field.seen.as_ref().map(SeenItem::from),
        }
    }
}

impl From<&SeenValues> for SeenItem {
    fn from(seen: &SeenValues) -> SeenItem {
        SeenItem {
            before: seen.before.as_ref().map(ToString::to_string),
            after: seen.after.as_ref().map(ToString::to_string),
        }
    }
}

/// Lists plans of writes to the PSA, the newest first; none before it is connected.
#[utoipa::path(get, path = "/api/v1/write-plans", tag = "write plans", operation_id = "write_plan_list",
    params(Newest),
    responses((status = 200, description = "A page of plans.", body = WritePlanList), ListProblems))]
pub(super) async fn list(
    caller: Caller<needs::WriteBack>,
    State(_): State<WebState>,
    ApiQuery(page): ApiQuery<Newest>,
) -> Result<Json<WritePlanList>, Problem> {
    let Some(connection) = connection(&caller).await? else {
        return Ok(Json(WritePlanList { items: Vec::new(), next_cursor: None }));
    };
    if let Some(last) = page.cursor {
        let last = caller.store.write_plan_head(connection, last).await?;
        last.ok_or_else(Problem::lost_cursor)?;
    }
    let mut found = caller.store.write_plan_list(connection, page.cursor, page.rows()).await?;
    let next_cursor = page.cut(&mut found, |plan| plan.id);
    Ok(Json(WritePlanList { items: found.iter().map(PlanItem::from).collect(), next_cursor }))
}

/// Says what a plan writes, and how each of its writes went.
#[utoipa::path(get, path = "/api/v1/write-plans/{plan}", tag = "write plans", operation_id = "write_plan_get",
    params(("plan" = Uuid, Path, description = "The plan.")),
    responses((status = 200, description = "The plan.", body = WritePlanDetail), ReadProblems))]
pub(super) async fn get(
    caller: Caller<needs::WriteBack>,
    State(_): State<WebState>,
    ApiPath(route): ApiPath<super::WritePlan>,
) -> Result<Json<WritePlanDetail>, Problem> {
    let connection = connection(&caller).await?.ok_or(WebError::NotFound)?;
    let found = caller.store.write_plan_by_id(connection, route.plan).await?;
    let (plan, entries) = found.ok_or(WebError::NotFound)?;
    let writes = entries.into_iter().map(WriteItem::from).collect();
    Ok(Json(WritePlanDetail { plan: PlanItem::from(&plan), writes }))
}

async fn connection(caller: &Caller<needs::WriteBack>) -> Result<Option<ConnectionId>, Problem> {
    Ok(caller.store.connection_active().await?.map(|connection| connection.id))
}
