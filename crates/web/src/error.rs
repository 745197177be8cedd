//! The one error of pages and of the API.
//!
//! What a visitor may not know of is not found, in the same words and the same time as what does
//! not exist. A page's error says what happened, why, and what to do; the details go to the log.

use almanac_model::role::Permission;
use almanac_store::StoreError;
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebError {
    /// Nothing is there, or nothing that this visitor may know of.
    #[error("not found")]
    NotFound,
    /// The role lacks a right.
    #[error("not allowed: {0:?}")]
    Forbidden(Permission),
    /// No session; a page leads to the sign-in and back.
    #[error("no session")]
    SignIn {
        /// Where to go on afterwards.
        next: Option<String>,
    },
    /// A form could not be read at all.
    #[error("a form that cannot be read: {0}")]
    BadForm(String),
    /// What was sent is longer than anything that can be taken.
    #[error("more was sent than can be taken")]
    TooLarge,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The graded assets could not be read.
    #[error(transparent)]
    Fleet(#[from] almanac_fleet::FleetError),
    /// A file to take away could not be made.
    #[error("an export that could not be made: {0}")]
    Export(String),
}

/// A session that is missing where something was to be changed: the typed form is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionMissing;

impl WebError {
    /// Leads to the sign-in page and back to a page that was read.
    pub(crate) fn sign_in(parts: &Parts) -> WebError {
        let next = (parts.method == Method::GET)
            .then(|| parts.uri.path_and_query().map(ToString::to_string))
            .flatten();
        WebError::SignIn { next }
    }

    /// The code for support, where there is one.
    pub(crate) fn code(&self) -> Option<String> {
        let code = match self {
            WebError::Store(error) => error.code(),
            WebError::Fleet(error) => error.code(),
            _ => None,
        };
        code.map(|code| code.to_string())
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            WebError::NotFound => StatusCode::NOT_FOUND,
            WebError::Forbidden(_) => StatusCode::FORBIDDEN,
            WebError::SignIn { .. } => StatusCode::UNAUTHORIZED,
            WebError::BadForm(_) => StatusCode::UNPROCESSABLE_ENTITY,
            WebError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            WebError::Store(_) | WebError::Fleet(_) | WebError::Export(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        if let WebError::SignIn { next } = &self {
            return match next {
                Some(next) => see_other(&crate::sign_in::url_with_next(next)),
                None => {
                    let mut response = StatusCode::UNAUTHORIZED.into_response();
                    response.extensions_mut().insert(SessionMissing);
                    response
                }
            };
        }
        if let WebError::Store(_) | WebError::Fleet(_) | WebError::Export(_) = &self {
            tracing::error!(error = %self, "A page could not be made.");
        }
        (self.status(), crate::error_page::render(&self)).into_response()
    }
}

/// Goes on elsewhere after something was changed.
pub(crate) fn see_other(url: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::from_str(url).expect("addresses are encoded");
    response.headers_mut().insert(LOCATION, location);
    response
}
