//! Forms: what was typed is kept, and each fault is said at its field.

use std::collections::BTreeMap;

use axum::RequestExt;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::error::WebError;
use crate::state::WebState;

/// A form's fields as the person sent them. Bytes that are no text become the sign for that; a NUL,
/// which nobody types and PostgreSQL cannot keep, is refused.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<WebState> for Form<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, _: &WebState) -> Result<Self, WebError> {
        let (parts, body) = request.into_parts();
        let body: Bytes = Request::new(body).extract().await.map_err(|wrong| too_large(&wrong))?;
        if form_urlencoded::parse(&body).any(|(a, b)| a.contains('\0') || b.contains('\0')) {
            return Err(WebError::BadForm("a NUL in a field".to_owned()));
        }
        let request = Request::from_parts(parts, Body::from(body));
        let form: Result<axum_extra::extract::Form<T>, _> = request.extract().await;
        match form {
            Ok(form) => Ok(Form(form.0)),
            Err(rejection) => Err(WebError::BadForm(rejection.to_string())),
        }
    }
}

fn too_large(wrong: &BytesRejection) -> WebError {
    match wrong.status() {
        StatusCode::PAYLOAD_TOO_LARGE => WebError::TooLarge,
        _ => WebError::BadForm(wrong.body_text()),
    }
}

/// What is wrong with a form, by field, each with its repair in one sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Faults(BTreeMap<&'static str, String>);

impl Faults {
    /// Says what is wrong with a field; the first fault of a field counts.
    pub(crate) fn add(&mut self, field: &'static str, repair: impl Into<String>) {
        self.0.entry(field).or_insert_with(|| repair.into());
    }

    /// Checks a field: adds its fault, or gives its value.
    pub(crate) fn check<T>(
        &mut self,
        field: &'static str,
        value: Result<T, impl Into<String>>,
    ) -> Option<T> {
        value.map_err(|repair| self.add(field, repair)).ok()
    }

    /// A field's fault.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// Whether all fields are good.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Fields with their faults.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, fault)| (*field, fault.as_str()))
    }
}
