//! The router and the server that runs it.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tokio::net::TcpListener;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use crate::route::{RouteEntry, Routes};
use crate::state::WebState;
use crate::{assets, error_page, flash, headers, health, keep_typed, server_timing};

/// No form is larger; what is sent as a file has its own limit.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// No page waits for anything slow, so an answer that takes longer is an error.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Every area of the product.
fn areas() -> Routes {
    Routes::default()
        .area(health::routes)
        .area(crate::sign_in::routes)
        .area(crate::setup::routes)
        .area(crate::account::routes)
        .area(crate::portfolio::routes)
        .area(crate::clients::routes)
        .area(crate::asset_table::routes)
        .area(crate::chosen_columns::routes)
        .area(crate::search::routes)
        .area(crate::export::routes)
        .area(crate::asset::routes)
        .area(crate::rules::routes)
        .area(crate::sync::routes)
        .area(crate::write_back::routes)
        .area(crate::connection::routes)
        .area(crate::users::routes)
        .area(crate::settings::routes)
        .area(crate::api_key::routes)
        .area(crate::api::routes)
        .area(crate::webhook::routes)
}

/// Every route with what it asks: for tests and for the checked-in list.
pub fn route_list() -> Vec<RouteEntry> {
    areas().finish().1
}

/// Everything that a browser or a program can ask.
pub fn router(state: WebState) -> Router {
    let (mut pages, _) = areas().finish();
    if state.options.has_styleguide {
        pages = pages
            .route("/styleguide", get(crate::styleguide::get))
            .route("/styleguide/why", get(crate::styleguide::why))
            .route("/styleguide/rows", get(crate::styleguide::rows));
    }
    let has_server_timing = state.options.has_server_timing;
    let app = pages
        .route(assets::PATH, get(assets::get))
        .fallback(error_page::not_found)
        .layer(from_fn_with_state(state.clone(), keep_typed::keep_typed))
        .layer(from_fn(flash::forget_said))
        .layer(from_fn(error_page::without_nul))
        .layer(CsrfLayer::new())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_TIMEOUT))
        .layer(from_fn(error_page::in_words))
        .layer(from_fn(crate::api::edge))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn(headers::secure))
        .with_state(state);
    if has_server_timing { app.layer(from_fn(server_timing::tell)) } else { app }
}

/// Serves until `stop` resolves, then lets open requests end.
pub async fn serve(
    listener: TcpListener,
    state: WebState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}
