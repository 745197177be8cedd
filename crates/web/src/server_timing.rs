//! Says with each answer how long the server took over it, for measurements.
//!
//! The time goes from the request's headers to the last byte of the compressed body. A header
//! stands before the body, so an answer is gathered whole first: this is never on in production.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

const HEADER: HeaderName = HeaderName::from_static("server-timing");

/// Adds `Server-Timing: total;dur=` with milliseconds.
pub(crate) async fn tell(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let (mut head, body) = next.run(request).await.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let ms = began.elapsed().as_secs_f64() * 1_000.0;
    let value = HeaderValue::from_str(&format!("total;dur={ms:.3}"));
    head.headers.insert(HEADER, value.expect("digits and letters only"));
    Response::from_parts(head, Body::from(body))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn an_answer_says_how_long_it_took_and_stays_as_it_was() {
        let app = Router::new().route("/", get(async || "done")).layer(from_fn(tell));
        let answer = app.oneshot(Request::new(Body::empty())).await.unwrap();
        let said = answer.headers()[HEADER].to_str().unwrap();
        let ms: f64 = said.strip_prefix("total;dur=").unwrap().parse().unwrap();
        assert!(ms >= 0.0, "{said}");
        let body = to_bytes(answer.into_body(), 100).await.unwrap();
        assert_eq!(body, "done");
    }
}
