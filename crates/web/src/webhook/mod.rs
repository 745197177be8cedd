//! Where Halo delivers what its webhooks tell.
//!
//! The signature is checked over the raw bytes before anything is read, and an address that nobody
//! has is answered as a wrong signature is. A delivery that is signed right is answered 204 whatever
//! it holds, at once: it pokes, and what it says of a record is never believed. Halo does not send
//! again, and polling makes up for whatever is lost here.

mod body;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use almanac_model::webhook::SIGNATURE_HEADER;
use almanac_store::{Delivery, TenantStore, WebhookOf};
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use uuid::Uuid;

use crate::route::{Access, Routes, routes};
use crate::state::WebState;

/// A ticket is about 150 kB, and a delivery may hold several.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A database that is busy keeps Halo waiting no longer than this.
const PATIENCE: Duration = Duration::from_millis(30);

/// Deliveries that are being kept after they were answered.
const KEEPING_MAX: usize = 128;

static KEEPING: AtomicUsize = AtomicUsize::new(0);

routes! {
    /// Deliveries for one connection, named by a number that only Halo was told.
    HaloWebhook { connection: String } => "/webhooks/halo/{connection}";
}

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes.post::<HaloWebhook, _, _>(Access::Public, receive)
}

async fn receive(
    State(web): State<WebState>,
    Path(HaloWebhook { connection }): Path<HaloWebhook>,
    headers: HeaderMap,
    body: Body,
) -> StatusCode {
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE;
    };
    let now_ms = web.now_ms();
    let address = Uuid::try_parse(&connection).ok();
    let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
    let signature = signature.unwrap_or_default();
    let of = match web.store.webhook_check(address, &body, signature, now_ms).await {
        Ok(Some(of)) => of,
        Ok(None) => return StatusCode::UNAUTHORIZED,
        Err(error) => {
            tracing::error!(error = %error, "A delivery could not be checked.");
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    };
    let delivery = body::read(&body);
    if KEEPING.load(Ordering::Relaxed) >= KEEPING_MAX {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    keep(web.store.tenant(of.tenant), of, delivery, now_ms).await;
    StatusCode::NO_CONTENT
}

/// Keeps what was delivered; returns when that is done, or goes on after Halo was answered.
async fn keep(store: TenantStore, of: WebhookOf, delivery: Delivery, now_ms: i64) {
    KEEPING.fetch_add(1, Ordering::Relaxed);
    let keeping = async move {
        if let Err(error) = store.webhook_heard(of.connection, &delivery, now_ms).await {
            tracing::warn!(error = %error, "A delivery could not be kept.");
        }
        KEEPING.fetch_sub(1, Ordering::Relaxed);
    };
    #[expect(clippy::disallowed_methods, reason = "it outlives the answer, and is bounded above")]
    let task = tokio::spawn(keeping);
    // What is not done in time is done later, or is lost with the process: polling finds it.
    let _ = tokio::time::timeout(PATIENCE, task).await;
}
