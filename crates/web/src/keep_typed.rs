//! A session that ends in the middle of a form loses nothing that was typed.
//!
//! A form sent without a session is answered by the sign-in page with the form's fields in it;
//! after the sign-in the person confirms and the form goes where it was meant to go. Secrets are
//! the exception: they are never sent back to the browser and are typed again. A form goes on in
//! the tenant that it was opened in, and in no other.

use almanac_model::id::TenantId;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::{SessionMissing, WebError};
use crate::extract::visitor_tenant;
use crate::sign_in;
use crate::state::WebState;

/// No form of ours is longer by far: all the assets of a bulk edit fit.
const FORM_BYTES_MAX: usize = 256 * 1024;

/// The sign-in carries a kept form as one field: its text is encoded once more, which makes three
/// bytes of one at most.
const SIGN_IN_BYTES_MAX: usize = 4 * FORM_BYTES_MAX;

/// No form has more secrets.
const SECRETS_MAX: usize = 4;

/// A form that waits for its session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Where it was sent.
    pub(crate) action: String,
    /// What was typed, without secrets.
    pub(crate) fields: Vec<(String, String)>,
    /// The names of the secrets that have to be typed again.
    pub(crate) secrets: Vec<String>,
    /// Whose the session was. The same numbers name other things elsewhere, so the form goes on in
    /// this tenant only.
    pub(crate) tenant: Option<TenantId>,
}

impl Kept {
    /// Reads the body of a form.
    pub(crate) fn read(action: &str, body: &[u8], tenant: Option<TenantId>) -> Kept {
        let is_secret = |name: &str| name.contains("password") || name.contains("secret");
        let (secrets, fields): (Vec<_>, Vec<_>) = url::form_urlencoded::parse(body)
            .into_owned()
            .partition(|(name, _): &(String, String)| is_secret(name));
        let typed = secrets.into_iter().filter(|(_, value)| !value.is_empty());
        let secrets = typed.map(|(name, _)| name).collect();
        Kept { action: action.to_owned(), fields, secrets, tenant }
    }

    /// The same with secrets that were named before.
    pub(crate) fn with_secrets(self, names: &str) -> Kept {
        let names = names.split(',').filter(|name| !name.is_empty()).take(SECRETS_MAX);
        Kept { secrets: names.map(str::to_owned).collect(), ..self }
    }

    /// The names of the secrets as one text, for a hidden field.
    pub(crate) fn secrets_text(&self) -> String {
        self.secrets.join(",")
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
    let bytes_max =
        if sign_in::carries_kept(&parts.uri) { SIGN_IN_BYTES_MAX } else { FORM_BYTES_MAX };
    let Ok(body) = to_bytes(body, bytes_max).await else {
        return WebError::TooLarge.into_response();
    };
    let tenant = visitor_tenant(&parts.headers);
    let kept: Bytes = body.clone();
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if response.extensions().get::<SessionMissing>().is_none() {
        return response;
    }
    let kept = Kept::read(&action, &kept, tenant);
    (StatusCode::UNAUTHORIZED, sign_in::session_ended(&web, &kept)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_and_secrets_are_not() {
        let kept =
            Kept::read("/a?b=c", b"name=A+%26+B&tag=1&tag=2&client_secret=hush&password=", None);
        assert_eq!(kept.to_text(), "name=A+%26+B&tag=1&tag=2");
        assert_eq!(kept.secrets_text(), "client_secret", "an empty one was never typed");
        assert_eq!(Kept::default().with_secrets("client_secret,").secrets, kept.secrets);
        assert_eq!(Kept::read("/a", kept.to_text().as_bytes(), None).fields, kept.fields);
    }
}
