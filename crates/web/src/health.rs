//! Probes: is the process alive, and can it do its work.

use axum::extract::State;
use axum::http::StatusCode;

use crate::route::{Access, Routes, routes};
use crate::state::WebState;

routes! {
    /// Whether the process answers.
    Healthz {} => "/healthz";
    /// Whether it can do its work.
    Readyz {} => "/readyz";
}

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get::<Healthz, _, _>(Access::Public, healthz).get::<Readyz, _, _>(Access::Public, readyz)
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers and its schema is the one this program needs. The answer names the
/// error code only: the page may be public.
async fn readyz(State(state): State<WebState>) -> (StatusCode, String) {
    match state.store.check_ready().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(error) => {
            tracing::error!(error = %error, "The database is not ready.");
            let code = error.code().map_or_else(|| "database".to_owned(), |code| code.to_string());
            (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {code}\n"))
        }
    }
}
