//! Pages and the JSON API: what a browser or a probe asks of a running Almanac.
//!
//! No handler waits on a PSA: this crate cannot reach one. What needs the PSA becomes a job. To
//! add a page: an area folder with its route, handlers and view (see `account/`), a line in
//! `server::areas`, its samples in `views`; the tests of routes and views then call it by
//! themselves.

mod assets;
mod components;
mod error;
mod error_page;
mod extract;
mod fact_words;
mod flash;
mod halo_words;
mod headers;
mod hold;
mod keep_typed;
mod metrics;
mod page;
mod person;
mod places;
mod preferences;
mod psa_address;
mod psa_limit;
mod psa_plan;
mod route;
mod server;
mod server_timing;
mod shown;
mod state;
mod styleguide;

mod account;
mod api;
mod api_key;
mod asset;
mod asset_table;
mod chosen_columns;
mod clients;
mod connection;
mod export;
mod health;
mod portfolio;
mod rules;
mod search;
mod settings;
mod setup;
mod sign_in;
mod sync;
mod users;
mod webhook;
mod write_back;

#[cfg(test)]
mod views;

pub use api::openapi_json;
pub use metrics::{Metrics, serve_metrics};
pub use psa_address::{AddressReader, AddressRefused, UnderstoodAddress};
pub use psa_limit::{CallLimit, CallLimits};
pub use psa_plan::{CallPlan, CallPlanner, HowRead, PlanMade, PlannedCalls};
pub use route::{Access, RouteEntry};
pub use server::{route_list, router, serve};
pub use state::{WebOptions, WebState};
