//! A session that ends in the middle of a form loses nothing that was typed.
//!
//! A form sent without a session is answered by the sign-in page with the form's fields in it;
//! after the sign-in the person confirms and the form goes where it was meant to go. Secrets are
//! the exception: they are never sent back to the browser and are typed again.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::SessionMissing;
use crate::sign_in;
use crate::state::WebState;

/// A longer form is not kept.
const FORM_BYTES_MAX: usize = 256 * 1024;

/// A form that waits for its session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Where it was sent.
    pub(crate) action: String,
    /// What was typed, without secrets.
    pub(crate) fields: Vec<(String, String)>,
    /// Whether a secret has to be typed again.
    pub(crate) has_secret: bool,
}

impl Kept {
    /// Reads the body of a form.
    pub(crate) fn read(action: &str, body: &[u8]) -> Kept {
        let is_secret = |name: &str| name.contains("password") || name.contains("secret");
        let all: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
        let has_secret = all.iter().any(|(name, value)| is_secret(name) && !value.is_empty());
        let fields = all.into_iter().filter(|(name, _)| !is_secret(name)).collect();
        Kept { action: action.to_owned(), fields, has_secret }
    }

    /// The form as one text, for a hidden field.
    pub(crate) fn to_text(&self) -> String {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(&self.fields);
        text.finish()
    }
}

/// Keeps the form of a request that turns out to have no session.
pub(crate) async fn keep_typed(
    State(web): State<WebState>,
    request: Request,
    next: Next,
) -> Response {
    let is_form = request.method() == Method::POST
        && request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form {
        return next.run(request).await;
    }
    let action = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, FORM_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let kept: Bytes = body.clone();
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if response.extensions().get::<SessionMissing>().is_none() {
        return response;
    }
    let kept = Kept::read(&action, &kept);
    (StatusCode::UNAUTHORIZED, sign_in::session_ended(&web, &kept)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_and_secrets_are_not() {
        let kept = Kept::read("/a?b=c", b"name=A+%26+B&tag=1&tag=2&client_secret=hush&password=");
        assert_eq!(kept.to_text(), "name=A+%26+B&tag=1&tag=2");
        assert!(kept.has_secret);
        assert_eq!(Kept::read("/a", kept.to_text().as_bytes()).fields, kept.fields);
    }
}
