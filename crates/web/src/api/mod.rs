//! The JSON API under `/api/v1`, described by `/api/openapi.json`.
//!
//! The same fleet and the same store calls as the pages, so that both say the same. Each handler
//! takes a [`caller::Caller`] (the permission) and gives a type that describes itself; the
//! description is made of those types, and a test holds it against the router. To add an address:
//! a handler with `utoipa::path`, a line in `routes`, a line in `document.rs`, then
//! `cargo xtask docs`.

mod asset_edit;
mod asset_why;
#[expect(unused_qualifications, reason = "the macro of utoipa names parameters by their path")]
mod assets;
mod caller;
#[expect(unused_qualifications, reason = "the macro of utoipa names parameters by their path")]
mod clients;
mod document;
mod grading;
mod me;
mod names;
mod newest;
mod problem;
mod psa_field;
mod request;
mod rulebook;
mod sync;
mod write_plans;

use std::sync::LazyLock;

use almanac_model::role::Permission;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use jiff::Timestamp;
use uuid::Uuid;

pub(crate) use self::problem::edge;
use crate::route::{Access, Routes, routes};

routes! {
    /// The description of the API.
    OpenApi {} => "/api/openapi.json";
    /// Whom a key or session acts as.
    Me {} => "/api/v1/me";
    /// Every client.
    Clients {} => "/api/v1/clients";
    /// One client.
    Client { client: String } => "/api/v1/clients/{client}";
    /// Assets, filtered and sorted.
    Assets {} => "/api/v1/assets";
    /// One asset, with why.
    Asset { asset: String } => "/api/v1/assets/{asset}";
    /// Sets a value over the PSA's.
    AssetLock { asset: String } => "/api/v1/assets/{asset}/lock";
    /// Lets the PSA's value apply again.
    AssetUnlock { asset: String } => "/api/v1/assets/{asset}/unlock";
    /// Gives a grade by hand, or takes it back.
    AssetManual { asset: String } => "/api/v1/assets/{asset}/manual";
    /// Accepts the risk until a day, or no longer.
    AssetKept { asset: String } => "/api/v1/assets/{asset}/kept";
    /// Chooses a class, or leaves it to the kind.
    AssetClass { asset: String } => "/api/v1/assets/{asset}/class";
    /// The rules that grade.
    Rulebook {} => "/api/v1/rulebook";
    /// How far each stream is; a sync is asked for here too.
    Sync {} => "/api/v1/sync";
    /// What syncs did.
    Runs {} => "/api/v1/runs";
    /// Plans of writes to the PSA.
    WritePlans {} => "/api/v1/write-plans";
    /// One plan, with its writes.
    WritePlan { plan: Uuid } => "/api/v1/write-plans/{plan}";
}

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    let see = Access::Needs(Permission::ViewClients);
    let edit = Access::Needs(Permission::EditAssets);
    let sync = Access::Needs(Permission::ViewSync);
    let write = Access::Needs(Permission::WriteBack);
    routes
        .get::<OpenApi, _, _>(Access::Public, description)
        .get::<Me, _, _>(see, me::get)
        .get::<Clients, _, _>(see, clients::list)
        .get::<Client, _, _>(see, clients::get)
        .get::<Assets, _, _>(see, assets::list)
        .get::<Asset, _, _>(see, asset_why::get)
        .post::<AssetLock, _, _>(edit, asset_edit::lock)
        .post::<AssetUnlock, _, _>(edit, asset_edit::unlock)
        .post::<AssetManual, _, _>(edit, asset_edit::manual)
        .post::<AssetKept, _, _>(edit, asset_edit::kept)
        .post::<AssetClass, _, _>(edit, asset_edit::class)
        .get::<Rulebook, _, _>(see, rulebook::get)
        .get::<Sync, _, _>(sync, sync::status)
        .post::<Sync, _, _>(Access::Needs(Permission::RunSync), sync::ask)
        .get::<Runs, _, _>(sync, sync::runs)
        .get::<WritePlans, _, _>(write, write_plans::list)
        .get::<WritePlan, _, _>(write, write_plans::get)
}

/// The description of the API as it is checked in and served. It never changes while a program
/// runs, so it is made once.
pub fn openapi_json() -> &'static str {
    static DESCRIPTION: LazyLock<String> = LazyLock::new(document::json);
    &DESCRIPTION
}

async fn description() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], openapi_json())
}

/// An instant as the API writes it; what lies outside of the calendar is its nearest end.
fn instant(at_ms: i64) -> Timestamp {
    let nearest = if at_ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(at_ms).unwrap_or(nearest)
}
