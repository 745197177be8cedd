//! The router and the server that runs it.

use std::future::Future;

use almanac_store::Store;
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::{headers, health, home};

/// What handlers share.
#[derive(Clone)]
pub struct WebState {
    /// The database.
    pub store: Store,
}

/// Every route.
pub fn router(state: WebState) -> Router {
    Router::new()
        .route("/", get(home::get))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .layer(from_fn(headers::secure))
        .with_state(state)
}

/// Serves until `stop` resolves, then lets open requests end.
pub async fn serve(
    listener: TcpListener,
    state: WebState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(state)).with_graceful_shutdown(stop).await
}
