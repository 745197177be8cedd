//! Settings: the index, the MSP's name, the audit.
//!
//! A setting is also linked from the place where it takes effect; the index lists what the visitor
//! may open and nothing else.

mod audit_view;
mod view;

use almanac_model::role::Permission;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query;
use serde::Deserialize;

use self::audit_view::{AuditLine, AuditView};
use self::view::{IndexView, MspView};
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Faults, Form, Visitor, needs};
use crate::flash::said;
use crate::page::Chrome;
use crate::person::check_name;
use crate::places::Settings;
use crate::route::{Access, Route, Routes, routes};
use crate::state::WebState;

routes! {
    /// What the MSP is called.
    SettingsMsp {} => "/settings/msp";
    /// Who did what.
    SettingsAudit {} => "/settings/audit";
}

/// Entries on one page of the audit.
const ENTRIES_MAX: u32 = 100;

/// A chain up to this number is checked with every look at its newest page; a longer one on demand.
const CHECKED_EACH_TIME_MAX: i64 = 2_000;

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    let manage = Access::Needs(Permission::ManageSettings);
    routes
        .get::<Settings, _, _>(Access::SignedIn, index)
        .get::<SettingsMsp, _, _>(manage, msp)
        .post::<SettingsMsp, _, _>(manage, msp_save)
        .get::<SettingsAudit, _, _>(Access::Needs(Permission::ViewAudit), audit)
}

async fn index(_visitor: Visitor, chrome: Chrome) -> Response {
    IndexView::new(&chrome).page(&chrome).into_response()
}

async fn msp(_visitor: Allowed<needs::ManageSettings>, chrome: Chrome) -> Response {
    let view = MspView { name: chrome.pulse.name.clone(), faults: Faults::default() };
    view.page(&chrome).into_response()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MspForm {
    name: String,
}

async fn msp_save(
    visitor: Allowed<needs::ManageSettings>,
    chrome: Chrome,
    State(web): State<WebState>,
    Form(form): Form<MspForm>,
) -> Result<Response, WebError> {
    let Some(name) = check_name(&form.name) else {
        let mut faults = Faults::default();
        faults.add("name", "Give the name your clients know you by, up to 120 characters.");
        let view = MspView { name: form.name, faults };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page(&chrome)).into_response());
    };
    visitor.store.tenant_rename(name, visitor.by(&web)).await?;
    Ok(said(see_other(&SettingsMsp {}.url()), &format!("The MSP is called {name}.")))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AuditQuery {
    before: Vec<String>,
    check: Vec<String>,
}

async fn audit(
    visitor: Allowed<needs::ViewAudit>,
    chrome: Chrome,
    Query(query): Query<AuditQuery>,
) -> Result<Response, WebError> {
    let before = query.before.first().and_then(|text| text.parse().ok());
    let entries = visitor.store.audit_list(before, ENTRIES_MAX).await?;
    let newest = entries.first().map_or(0, |entry| entry.seq);
    let is_asked = query.check.first().is_some_and(|text| text == "yes");
    let is_short = before.is_none() && newest <= CHECKED_EACH_TIME_MAX;
    let verdict = match is_asked || is_short {
        true => Some(visitor.store.audit_verify().await?),
        false => None,
    };
    let has_more = entries.last().is_some_and(|entry| entry.seq > 1);
    let earlier = entries.last().filter(|_| has_more).map(|entry| entry.seq);
    let lines = entries.iter().map(AuditLine::new).collect();
    Ok(AuditView { lines, verdict, earlier, before }.page(&chrome).into_response())
}

/// Every page of this area in the states that matter.
#[cfg(test)]
pub(crate) fn samples() -> Vec<(&'static str, maud::Markup)> {
    [view::samples(), audit_view::samples()].into_iter().flatten().collect()
}
