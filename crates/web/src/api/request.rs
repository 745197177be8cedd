//! What a request says: parameters, parts of the address, bodies; refused as a problem.
//!
//! Unknown parameters and fields are refused, so that a slip of the pen is found at once.

use axum::RequestExt;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::problem::Problem;
use crate::state::WebState;

/// A page is never longer.
const LIMIT_MAX: u16 = 500;

/// Without a word of the caller a page has so many.
const LIMIT_DEFAULT: u16 = 100;

/// How many a page has at most: 1 to 500.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u16")]
pub(crate) struct Limit(u16);

impl Limit {
    /// As a length.
    pub(crate) fn len(self) -> usize {
        usize::from(self.0)
    }

    /// As the store counts.
    pub(crate) fn rows(self) -> u32 {
        u32::from(self.0)
    }
}

impl Default for Limit {
    fn default() -> Limit {
        Limit(LIMIT_DEFAULT)
    }
}

impl TryFrom<u16> for Limit {
    type Error = String;

    fn try_from(limit: u16) -> Result<Limit, String> {
        let is_good = (1..=LIMIT_MAX).contains(&limit);
        is_good.then_some(Limit(limit)).ok_or_else(|| format!("limit is 1 to {LIMIT_MAX}"))
    }
}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(LIMIT_MAX))
            .default(Some(LIMIT_DEFAULT.into()));
        schema.build().into()
    }
}

impl ToSchema for Limit {}

/// The version of what people decided that a change was decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct Version(pub(crate) i64);

impl TryFrom<i64> for Version {
    type Error = &'static str;

    fn try_from(version: i64) -> Result<Version, &'static str> {
        if version < 0 { Err("a version is 0 or more") } else { Ok(Version(version)) }
    }
}

impl PartialSchema for Version {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(i64::MAX));
        schema.build().into()
    }
}

impl ToSchema for Version {}

/// The parameters of a request.
pub(crate) struct ApiQuery<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<WebState> for ApiQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, Problem> {
        let query = axum_extra::extract::Query::<T>::from_request_parts(parts, web).await;
        match query {
            Ok(query) => Ok(ApiQuery(query.0)),
            Err(refused) => Err(Problem::bad(StatusCode::BAD_REQUEST, refused.to_string())),
        }
    }
}

/// The parts of a request's address.
pub(crate) struct ApiPath<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<WebState> for ApiPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, web).await {
            Ok(path) => Ok(ApiPath(path.0)),
            Err(refused) => Err(Problem::bad(refused.status(), refused.body_text())),
        }
    }
}

/// The body of a request.
pub(crate) struct ApiJson<T>(pub(crate) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<WebState> for ApiJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &WebState) -> Result<Self, Problem> {
        let body: Result<axum::Json<T>, JsonRejection> = request.extract().await;
        match body {
            Ok(body) => Ok(ApiJson(body.0)),
            Err(refused) => {
                let text = refused.body_text();
                Err(Problem::bad(refused.into_response().status(), text))
            }
        }
    }
}

/// Reads a field that must be there and may be null: null takes a decision back, and leaving the
/// field out is a slip.
pub(crate) fn null_or<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_500() {
        assert_eq!(Limit::try_from(1), Ok(Limit(1)));
        assert_eq!(Limit::try_from(500), Ok(Limit(500)));
        assert!(Limit::try_from(0).is_err() && Limit::try_from(501).is_err());
    }

    #[test]
    fn null_and_nothing_are_told_apart() {
        #[derive(Debug, Deserialize)]
        struct Body {
            #[serde(deserialize_with = "null_or")]
            class: Option<u32>,
        }
        let read = |text: &str| serde_json::from_str::<Body>(text).map(|body| body.class);
        assert_eq!(read(r#"{"class":2}"#).expect("a value"), Some(2));
        assert_eq!(read(r#"{"class":null}"#).expect("null"), None);
        assert!(read("{}").is_err());
    }
}
