//! Errors of the API: `application/problem+json` (RFC 9457) with a code of the catalogue.
//!
//! The same [`WebError`] as on pages, in other words. Handlers and extractors here give a
//! [`Problem`]; what is refused before or beside them (no such address, another method, a body
//! that is too long) is put into this form by [`edge`], so that no answer of the API is a page.

use std::collections::BTreeMap;

use almanac_model::code::Code;
use almanac_store::{EditConflict, StoreError};
use axum::extract::Request;
use axum::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, ORIGIN, WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::openapi::{Content, RefOr, Response as Described, ResponseBuilder};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use super::instant;
use crate::error::WebError;
use crate::extract::has_authorization;

const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was not answered as asked.
#[derive(Debug)]
pub(crate) struct Problem(Box<ProblemBody>);

/// Why a request was not answered as asked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// What happened, in a few words; the same for every problem of this code.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong with this request.
    detail: String,
    /// Stays the same for ever; explained in the catalogue of errors.
    #[schema(pattern = "^[A-Z]+-[0-9]{3}$")]
    code: &'static str,
    /// What is wrong with single fields of the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<FieldFault>,
    /// What another person changed meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict: Option<FieldConflict>,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldFault {
    /// The field's name.
    field: &'static str,
    /// How to mend it.
    repair: String,
}

/// A field that another person changed meanwhile.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldConflict {
    /// What both changed.
    field: &'static str,
    /// What applies now; null is nothing.
    present: Option<String>,
    /// Who changed it.
    by: String,
    /// When.
    at: Timestamp,
    /// The version to send next, after having looked.
    version: i64,
}

impl Problem {
    /// A problem of this status and code.
    pub(crate) fn new(status: StatusCode, code: Code, detail: impl Into<String>) -> Problem {
        Problem(Box::new(ProblemBody {
            title: code.title,
            status: status.as_u16(),
            detail: detail.into(),
            code: code.code,
            faults: Vec::new(),
            conflict: None,
        }))
    }

    /// A request that is not understood.
    pub(crate) fn bad(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem::new(status, Code::API_REQUEST, detail)
    }

    /// A field of the body that makes no sense.
    pub(crate) fn fault(field: &'static str, repair: impl Into<String>) -> Problem {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut problem = Problem::bad(status, format!("The field {field} needs a change."));
        problem.0.faults.push(FieldFault { field, repair: repair.into() });
        problem
    }

    /// A request that does not fit what is there.
    pub(crate) fn conflict(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::CONFLICT, Code::API_CONFLICT, detail)
    }

    /// A cursor whose place is gone.
    pub(crate) fn lost_cursor() -> Problem {
        Problem::conflict("The place of this cursor is gone. Begin again without a cursor.")
    }

    /// A field that somebody changed since the version that the editor saw.
    pub(crate) fn edited(conflict: EditConflict) -> Problem {
        let field = conflict.field.name();
        let by = conflict.touch.by.name;
        let mut problem = Problem::conflict(format!("{by} changed {field} meanwhile."));
        problem.0.conflict = Some(FieldConflict {
            field,
            present: conflict.present,
            by,
            at: instant(conflict.touch.at_ms),
            version: conflict.choice.version,
        });
        problem
    }

    /// What a status says by itself.
    fn of_status(status: StatusCode) -> Problem {
        let (code, detail) = match status {
            StatusCode::UNAUTHORIZED => (Code::API_KEY, NO_KEY),
            StatusCode::FORBIDDEN => {
                (Code::API_RIGHT, "A browser sent this from another site; send an API key instead.")
            }
            StatusCode::NOT_FOUND => (Code::API_ABSENT, NOTHING),
            StatusCode::METHOD_NOT_ALLOWED => {
                (Code::API_METHOD, "The Allow header names the methods that this address takes.")
            }
            StatusCode::PAYLOAD_TOO_LARGE => (Code::API_REQUEST, "The body is longer than 1 MiB."),
            status if status.is_client_error() => {
                (Code::API_REQUEST, "The request cannot be read.")
            }
            _ => (Code::API_FAILED, "The request was not answered in time, or something failed."),
        };
        Problem::new(status, code, detail)
    }
}

const NO_KEY: &str = "Send an API key as `Authorization: Bearer alm_…`, or sign in.";
const NOTHING: &str = "There is nothing here, or nothing that you may know of.";

impl From<WebError> for Problem {
    fn from(error: WebError) -> Problem {
        let status = error.status();
        match &error {
            WebError::NotFound | WebError::SignIn { .. } | WebError::TooLarge => {
                Problem::of_status(status)
            }
            WebError::Forbidden(permission) => {
                let detail = format!("You may not {}.", permission.title());
                Problem::new(status, Code::API_RIGHT, detail)
            }
            WebError::BadForm(wrong) => Problem::bad(status, wrong),
            WebError::Store(_) | WebError::Fleet(_) | WebError::Export(_) => {
                tracing::error!(error = %error, "A request to the API failed.");
                let code = match &error {
                    WebError::Store(error) => error.code(),
                    WebError::Fleet(error) => error.code(),
                    _ => None,
                };
                let code = code.unwrap_or(Code::API_FAILED);
                Problem::new(status, code, code.remedy)
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::Invalid(wrong) => Problem::bad(StatusCode::UNPROCESSABLE_ENTITY, wrong),
            other => WebError::from(other).into(),
        }
    }
}

impl From<almanac_fleet::FleetError> for Problem {
    fn from(error: almanac_fleet::FleetError) -> Problem {
        WebError::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).expect("made from a status");
        let body = serde_json::to_vec(&self.0).expect("plain data");
        let kind = [(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON))];
        let mut response = (status, kind, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"almanac\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// What is true of the API alone, around everything that pages and the API share.
///
/// A request with credentials of its own loses its cookies, and with them what tells a forged
/// request: nobody can be tricked into sending a key. Every refusal becomes a problem.
pub(crate) async fn edge(mut request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    if has_authorization(request.headers()) {
        for name in [COOKIE, ORIGIN, HeaderName::from_static("sec-fetch-site")] {
            request.headers_mut().remove(name);
        }
    }
    let response = next.run(request).await;
    let status = response.status();
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes() == PROBLEM_JSON.as_bytes());
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (parts, _) = response.into_parts();
    let mut problem = Problem::of_status(status).into_response();
    for (name, value) in &parts.headers {
        if ![CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING].contains(name) {
            problem.headers_mut().append(name, value.clone());
        }
    }
    problem
}

fn described(text: &str) -> RefOr<Described> {
    let schema = utoipa::openapi::Ref::from_schema_name("Problem");
    let content = Content::new(Some(RefOr::Ref(schema)));
    RefOr::T(ResponseBuilder::new().description(text).content(PROBLEM_JSON, content).build())
}

type Responses = BTreeMap<String, RefOr<Described>>;

fn responses(own: &[(&str, &str)]) -> Responses {
    let always = [
        ("400", "A parameter is unknown, of another type or out of range."),
        ("401", "No usable API key and no session."),
        ("403", "The user or the key may not do this."),
        ("default", "Something failed."),
    ];
    let all = always.iter().chain(own);
    all.map(|(status, text)| ((*status).to_owned(), described(text))).collect()
}

/// What a list can refuse.
pub(crate) struct ListProblems;

impl IntoResponses for ListProblems {
    fn responses() -> Responses {
        responses(&[("409", "The place of the cursor is gone.")])
    }
}

/// What reading one thing can refuse.
pub(crate) struct ReadProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> Responses {
        responses(&[("404", "There is no such thing, or none that the user may know of.")])
    }
}

/// What a change can refuse.
pub(crate) struct ChangeProblems;

impl IntoResponses for ChangeProblems {
    fn responses() -> Responses {
        responses(&[
            ("404", "There is no such thing, or none that the user may know of."),
            ("409", "It does not fit what is there now, such as another person's change."),
            ("413", "The body is too long."),
            ("415", "The body is not JSON by its content type."),
            ("422", "A field of the body makes no sense."),
        ])
    }
}

/// The schema that every problem refers to, under its public name.
pub(crate) fn schemas() -> Vec<(String, RefOr<utoipa::openapi::Schema>)> {
    let mut all = vec![("Problem".to_owned(), ProblemBody::schema())];
    ProblemBody::schemas(&mut all);
    all
}
