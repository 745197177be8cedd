//! One asset: everything that is known of it, why, and what people decide about it.
//!
//! Pages read the asset through the fleet, so that a page and a table never differ, and look the
//! asset's own values up in the store. An edit names the version that its editor saw; the store
//! merges by field and refuses only what somebody else changed meanwhile.

mod axis;
mod bulk;
mod conflict;
mod edit;
mod effect;
mod form;
mod history;
mod page;
#[cfg(test)]
mod sample;
mod save;
mod source;
mod verdict;
mod why;
mod words;

use std::sync::Arc;

use almanac_fleet::{Fleet, Why};
use almanac_model::chain::{Chains, Target};
use almanac_model::choice::ChoiceField;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::role::Permission;
use almanac_model::write::{self, WriteFeature};
use almanac_store::FactChange;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query;
use serde::Deserialize;

use self::form::FormView;
use self::page::AssetView;
use self::why::WhyView;
use crate::error::WebError;
use crate::extract::{Allowed, Visitor, is_fragment, needs};
use crate::page::Chrome;
use crate::places::{Asset, AssetWhy};
use crate::route::{Access, Routes, routes};
use crate::shown::fleet_now;
use crate::state::WebState;

#[cfg(test)]
pub(crate) use self::sample::samples;

/// So many changes of one asset are shown, the newest first.
const HISTORY_MAX: u32 = 300;

routes! {
    /// Decides one thing about an asset: a value, its grade, its class, until when it is kept.
    AssetEditPage { asset: String, field: String } => "/assets/{asset}/edit/{field}";
    /// Takes the last decision back.
    AssetUndo { asset: String } => "/assets/{asset}/undo";
}

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    let view = Access::Needs(Permission::ViewClients);
    let edit = Access::Needs(Permission::EditAssets);
    routes
        .get::<Asset, _, _>(view, get)
        .get::<AssetWhy, _, _>(view, why_get)
        .get::<AssetEditPage, _, _>(edit, edit_get)
        .post::<AssetEditPage, _, _>(edit, save::post)
        .post::<AssetUndo, _, _>(edit, save::undo)
        .area(bulk::routes)
}

/// An asset as a visitor may see it.
struct Seen {
    fleet: Arc<Fleet>,
    connection: ConnectionId,
    why: Why,
    history: Vec<FactChange>,
    /// Whether the visitor may decide about it.
    may_edit: bool,
    /// Locked values that Halo does not have, and could.
    unwritten: Vec<Target>,
    /// Whether the visitor may plan to write them.
    may_write: bool,
}

impl Seen {
    /// What people call it.
    fn name(&self) -> &str {
        let id = &self.why.asset.remote_id;
        let in_fleet = self.fleet.find(id).map(|at| self.fleet.asset(at).name());
        in_fleet.or(self.why.asset.tag.as_deref()).unwrap_or(id.as_str())
    }

    fn id(&self) -> String {
        self.why.asset.remote_id.to_string()
    }

    fn edit_url(&self, field: ChoiceField) -> String {
        use crate::route::Route;
        AssetEditPage { asset: self.id(), field: field.name().to_owned() }.url()
    }
}

/// What is not there, not the visitor's to see, or the PSA's stand-in for "none" is not found.
async fn see(visitor: &Visitor, web: &WebState, asset: &str) -> Result<Seen, WebError> {
    let asset = &RemoteId::new(asset);
    let fleet = fleet_now(visitor, web).await?;
    let connection = fleet.connection().ok_or(WebError::NotFound)?;
    let why = fleet.why(&visitor.store, asset).await?.ok_or(WebError::NotFound)?;
    if why.asset.is_placeholder || !visitor.may_see(why.asset.client.as_ref()) {
        return Err(WebError::NotFound);
    }
    let history = visitor.store.fact_changes(connection, asset, HISTORY_MAX).await?;
    let may_edit = visitor.may(Permission::EditAssets);
    let unwritten = unwritten(&web.options.chains, &why);
    let may_write = visitor.may(Permission::WriteBack);
    Ok(Seen { fleet, connection, why, history, may_edit, unwritten, may_write })
}

/// Locked values that a plan could write to Halo.
fn unwritten(chains: &Chains, why: &Why) -> Vec<Target> {
    if why.deleted_at.is_some() || why.choice.locks.is_empty() {
        return Vec::new();
    }
    let of = |feature| {
        write::propose(chains, feature, &why.choice.locks, &why.facts, &why.asset.values).fields
    };
    let fields = WriteFeature::ALL.into_iter().flat_map(of);
    fields.map(|field| field.target).collect()
}

/// What an address says of a page of an asset.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AssetQuery {
    /// The version that was just made: its undo is offered beside what was done.
    done: String,
    /// The value that is asked about; the grade without one.
    of: String,
}

async fn get(
    visitor: Allowed<needs::ViewClients>,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(route): Path<Asset>,
    Query(query): Query<AssetQuery>,
) -> Result<Response, WebError> {
    let seen = see(&visitor, &web, &route.asset).await?;
    let done = query.done.parse().ok();
    Ok(AssetView::new(&seen, done).page(chrome).into_response())
}

async fn why_get(
    visitor: Allowed<needs::ViewClients>,
    chrome: Chrome,
    State(web): State<WebState>,
    headers: HeaderMap,
    Path(route): Path<AssetWhy>,
    Query(query): Query<AssetQuery>,
) -> Result<Response, WebError> {
    let seen = see(&visitor, &web, &route.asset).await?;
    let view = WhyView::of(&seen, &query.of);
    if is_fragment(&headers) {
        return Ok(view.article().into_response());
    }
    Ok(view.page(&chrome).into_response())
}

async fn edit_get(
    visitor: Allowed<needs::EditAssets>,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(route): Path<AssetEditPage>,
) -> Result<Response, WebError> {
    let seen = see(&visitor, &web, &route.asset).await?;
    let field: ChoiceField = route.field.parse().map_err(|_| WebError::NotFound)?;
    Ok(FormView::new(&seen, field).page(&chrome).into_response())
}

impl Seen {
    /// The classes of its kind, in their order.
    fn classes(&self) -> Vec<almanac_model::class::Class> {
        let Some(verdict) = &self.why.verdict else { return Vec::new() };
        let all = self.fleet.rulebook().classes.all().iter();
        all.filter(|class| class.kind == verdict.kind).cloned().collect()
    }

    /// Its grade.
    fn grade(&self) -> Option<almanac_model::grade::Grade> {
        self.why.verdict.as_ref().map(|verdict| verdict.graded.grade)
    }
}
