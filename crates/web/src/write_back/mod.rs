//! What is written to Halo: switched on by a person, planned, approved, carried out, taken back.
//!
//! Nothing here writes to Halo. Approving leaves a job; the pages show what the job committed. Who
//! may be here sees every client ([`Permission::WriteBack`] reaches the whole tenant).

mod differ;
mod lines;
mod overview;
mod panel;
mod plan_view;
mod progress;
#[cfg(test)]
mod samples;
mod standing;
mod words;

use std::collections::HashSet;

use almanac_model::id::ConnectionId;
use almanac_model::role::Permission;
use almanac_model::write::WriteFeature;
use almanac_store::{
    ApproveWrites, NewWritePlan, OutboxEntry, WRITES_MAX, WriteMode, WritePlan as Stored,
};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query;
use serde::Deserialize;
use uuid::Uuid;

use self::differ::Differing;
use self::overview::{OverviewView, unconnected};
use self::plan_view::{About, PlanView};
use self::standing::Standing;
use self::words::{counted, feature_title, mode_title, refused_words, writes};
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Form, Visitor, needs};
use crate::flash::said;
use crate::page::Chrome;
use crate::places::WriteBack;
use crate::route::{Access, Route, Routes, routes};
use crate::shown::Shown;
use crate::state::WebState;

pub(crate) use self::panel::WritesPanel;
#[cfg(test)]
pub(crate) use self::panel::samples as panel_samples;
#[cfg(test)]
pub(crate) use self::samples::samples;

routes! {
    /// Switches a feature.
    WriteSwitchSet { feature: String } => "/write-back/switches/{feature}";
    /// Makes a plan of what differs.
    WritePlanMake {} => "/write-back/plans";
    /// One plan.
    WritePlan { plan: Uuid } => "/write-back/{plan}";
    /// How far a plan is, for a page that watches it.
    WritePlanProgress { plan: Uuid } => "/write-back/{plan}/progress";
    /// Approves a plan.
    WritePlanApprove { plan: Uuid } => "/write-back/{plan}/approve";
    /// Goes on with a plan whose writing stopped, or tries again now.
    WritePlanGoOn { plan: Uuid } => "/write-back/{plan}/go-on";
    /// Gives up what of a plan was not sent.
    WritePlanGiveUp { plan: Uuid } => "/write-back/{plan}/give-up";
    /// Makes the plan that takes a plan back.
    WritePlanUndo { plan: Uuid } => "/write-back/{plan}/undo";
}

/// Plans on one page of the list.
const PLANS_SHOWN: u32 = 30;

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    let write = Access::Needs(Permission::WriteBack);
    routes
        .get::<WriteBack, _, _>(write, get)
        .post::<WriteSwitchSet, _, _>(Access::Needs(Permission::ManageConnection), switch)
        .post::<WritePlanMake, _, _>(write, make)
        .get::<WritePlan, _, _>(write, plan)
        .get::<WritePlanProgress, _, _>(write, progress_part)
        .post::<WritePlanApprove, _, _>(write, approve)
        .post::<WritePlanGoOn, _, _>(write, go_on)
        .post::<WritePlanGiveUp, _, _>(write, give_up)
        .post::<WritePlanUndo, _, _>(write, undo)
}

type Visiting = Allowed<needs::WriteBack>;

/// What an address says of the list of plans; what is not understood is ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PlansQuery {
    /// Plans made before this one only.
    before: Vec<String>,
}

async fn get(
    visitor: Visiting,
    chrome: Chrome,
    State(web): State<WebState>,
    Query(query): Query<PlansQuery>,
) -> Result<Response, WebError> {
    let Some(connection) = visitor.store.connection_active().await? else {
        return Ok(unconnected(&chrome).into_response());
    };
    let store = &visitor.store;
    let shown = Shown::of(&web, &visitor).await?;
    let chains = &web.options.chains;
    let differing = Differing::read(store, &shown.fleet, connection.id, chains).await?;
    let switches = store.write_switch_list(connection.id).await?;
    let before = query.before.first().and_then(|text| text.parse().ok());
    let plans = store.write_plan_list(connection.id, before, PLANS_SHOWN + 1).await?;
    let may_switch = visitor.may(Permission::ManageConnection);
    let view = OverviewView::new(&differing, &switches, plans, (before, may_switch));
    Ok(view.page(&chrome).into_response())
}

#[derive(Debug, Deserialize)]
struct SwitchForm {
    mode: String,
}

async fn switch(
    visitor: Allowed<needs::ManageConnection>,
    State(web): State<WebState>,
    Path(route): Path<WriteSwitchSet>,
    Form(form): Form<SwitchForm>,
) -> Result<Response, WebError> {
    let feature: WriteFeature = route.feature.parse().map_err(|_| WebError::NotFound)?;
    let mode = WriteMode::ALL.into_iter().find(|mode| mode.name() == form.mode);
    let mode = mode.ok_or_else(|| WebError::BadForm("no mode is called so".to_owned()))?;
    let connection = connection(&visitor).await?;
    let switches = visitor.store.write_switch_list(connection).await?;
    let is_same = |of: &almanac_store::WriteSwitch| of.feature == feature && of.mode == mode;
    let words = format!("{}: {}", feature_title(feature), mode_title(mode).to_lowercase());
    let back = see_other(&WriteBack {}.url());
    if switches.iter().any(is_same) {
        return Ok(said(back, &format!("{words}, as before.")));
    }
    let by = visitor.author();
    visitor.store.write_switch_set(connection, feature, mode, &by, web.now_ms()).await?;
    Ok(said(back, &format!("{words}.")))
}

#[derive(Debug, Deserialize)]
struct MakeForm {
    /// The plan's id, so that a form that is sent twice makes one plan.
    id: Uuid,
    feature: String,
}

async fn make(
    visitor: Visiting,
    State(web): State<WebState>,
    Form(form): Form<MakeForm>,
) -> Result<Response, WebError> {
    let feature: WriteFeature = form.feature.parse().map_err(|_| WebError::NotFound)?;
    let connection = connection(&visitor).await?;
    let store = &visitor.store;
    let to_plan = see_other(&WritePlan { plan: form.id }.url());
    if store.write_plan_head(connection, form.id).await?.is_some() {
        return Ok(to_plan);
    }
    let shown = Shown::of(&web, &visitor).await?;
    let all = Differing::read(store, &shown.fleet, connection, &web.options.chains).await?;
    let found = all.into_iter().find(|differing| differing.feature == feature);
    let mut planned = found.map(|differing| differing.writes).unwrap_or_default();
    planned.truncate(WRITES_MAX);
    if planned.is_empty() {
        let text = "Nothing is planned: Halo has every locked value, or a plan writes it already.";
        return Ok(said(see_other(&WriteBack {}.url()), text));
    }
    let new = NewWritePlan {
        id: form.id,
        connection,
        feature,
        undo_of: None,
        writes: &planned,
        by: &visitor.author(),
        at_ms: web.now_ms(),
    };
    store.write_plan_make(&new).await?;
    Ok(to_plan)
}

async fn plan(
    visitor: Visiting,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(route): Path<WritePlan>,
) -> Result<Response, WebError> {
    let connection = connection(&visitor).await?;
    let (plan, entries) = load(&visitor, connection, route.plan).await?;
    let shown = Shown::of(&web, &visitor).await?;
    let mode = mode_of(&visitor, connection, plan.feature).await?;
    let taking_back = visitor.store.write_plan_taking_back(connection, plan.id).await?;
    let standing = standing(&visitor, &plan, mode, web.now_ms()).await?;
    let about = About { mode, undone_by: taking_back.as_ref(), standing };
    let view = PlanView::new(&shown, (&plan, &entries), &about, web.now_ms());
    Ok(view.page(&chrome).into_response())
}

async fn progress_part(
    visitor: Visiting,
    State(web): State<WebState>,
    Path(route): Path<WritePlanProgress>,
) -> Result<Response, WebError> {
    let connection = connection(&visitor).await?;
    let plan = head(&visitor, connection, route.plan).await?;
    let mode = mode_of(&visitor, connection, plan.feature).await?;
    let standing = standing(&visitor, &plan, mode, web.now_ms()).await?;
    Ok(progress::fragment(&plan, mode, standing.as_ref()).into_response())
}

async fn approve(
    visitor: Visiting,
    State(web): State<WebState>,
    Path(route): Path<WritePlanApprove>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let connection = connection(&visitor).await?;
    let (plan, entries) = load(&visitor, connection, route.plan).await?;
    // What is not ticked is left out, so that nothing is written which the form did not name.
    let ticked = fields.iter().filter(|(name, _)| name == "write");
    let ticked: HashSet<i64> = ticked.filter_map(|(_, place)| place.parse().ok()).collect();
    let places = entries.iter().map(|entry| entry.place);
    let leave_out: Vec<i64> = places.filter(|place| !ticked.contains(place)).collect();
    let approved = ApproveWrites {
        id: plan.id,
        leave_out: &leave_out,
        by: &visitor.author(),
        at_ms: web.now_ms(),
    };
    let mode = mode_of(&visitor, connection, plan.feature).await?;
    let text = match visitor.store.write_plan_approve(&approved).await? {
        Ok(count) if mode == WriteMode::Rehearsal => {
            format!("{} approved as a rehearsal: nothing is sent to Halo.", writes(counted(count)))
        }
        Ok(count) => format!("{} approved.", writes(counted(count))),
        Err(refused) => refused_words(refused).to_owned(),
    };
    Ok(said(see_other(&WritePlan { plan: plan.id }.url()), &text))
}

async fn go_on(
    visitor: Visiting,
    State(web): State<WebState>,
    Path(route): Path<WritePlanGoOn>,
) -> Result<Response, WebError> {
    let connection = connection(&visitor).await?;
    let plan = head(&visitor, connection, route.plan).await?;
    let by = visitor.author();
    let text = match visitor.store.write_plan_go_on(plan.id, &by, web.now_ms()).await? {
        true => "It goes on now.",
        false => "Nothing of it is left to write.",
    };
    Ok(said(see_other(&WritePlan { plan: plan.id }.url()), text))
}

async fn give_up(
    visitor: Visiting,
    State(web): State<WebState>,
    Path(route): Path<WritePlanGiveUp>,
) -> Result<Response, WebError> {
    let connection = connection(&visitor).await?;
    let plan = head(&visitor, connection, route.plan).await?;
    let by = visitor.author();
    let count = visitor.store.write_plan_discard(plan.id, &by, web.now_ms()).await?;
    let text = match count {
        0 => "Nothing was left to give up.".to_owned(),
        count => format!("{} given up; nothing of it is sent.", writes(counted(count))),
    };
    Ok(said(see_other(&WritePlan { plan: plan.id }.url()), &text))
}

#[derive(Debug, Deserialize)]
struct UndoForm {
    /// The new plan's id, so that a form that is sent twice makes one plan.
    id: Uuid,
}

async fn undo(
    visitor: Visiting,
    State(web): State<WebState>,
    Path(route): Path<WritePlanUndo>,
    Form(form): Form<UndoForm>,
) -> Result<Response, WebError> {
    let connection = connection(&visitor).await?;
    let plan = head(&visitor, connection, route.plan).await?;
    let by = visitor.author();
    let made = visitor.store.write_plan_undo(plan.id, form.id, &by, web.now_ms()).await?;
    Ok(match made {
        Ok(()) => see_other(&WritePlan { plan: form.id }.url()),
        Err(refused) => said(see_other(&WritePlan { plan: plan.id }.url()), refused_words(refused)),
    })
}

/// The connection that is written to.
async fn connection(visitor: &Visitor) -> Result<ConnectionId, WebError> {
    Ok(visitor.store.connection_active().await?.ok_or(WebError::NotFound)?.id)
}

async fn load(
    visitor: &Visitor,
    connection: ConnectionId,
    plan: Uuid,
) -> Result<(Stored, Vec<OutboxEntry>), WebError> {
    visitor.store.write_plan_by_id(connection, plan).await?.ok_or(WebError::NotFound)
}

/// As [`load`], without its writes.
async fn head(visitor: &Visitor, connection: ConnectionId, plan: Uuid) -> Result<Stored, WebError> {
    visitor.store.write_plan_head(connection, plan).await?.ok_or(WebError::NotFound)
}

/// What keeps a plan that is under way from going on.
async fn standing(
    visitor: &Visitor,
    plan: &Stored,
    mode: WriteMode,
    now_ms: i64,
) -> Result<Option<Standing>, WebError> {
    // Switched off is said by itself.
    if !plan.is_under_way() || mode == WriteMode::Off {
        return Ok(None);
    }
    let job = visitor.store.write_plan_job(plan.id).await?;
    Ok(Standing::of(job.as_ref(), now_ms))
}

async fn mode_of(
    visitor: &Visitor,
    connection: ConnectionId,
    feature: WriteFeature,
) -> Result<WriteMode, WebError> {
    let switches = visitor.store.write_switch_list(connection).await?;
    let found = switches.iter().find(|switch| switch.feature == feature);
    Ok(found.map_or(WriteMode::Off, |switch| switch.mode))
}
