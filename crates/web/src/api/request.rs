//! What a request says: parameters, parts of the address, bodies; refused as a problem.
//!
//! Unknown parameters and fields are refused, so that a slip of the pen is found at once.

use std::str::FromStr;

use axum::RequestExt;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Number;
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
#[serde(try_from = "Number")]
pub(crate) struct Version(pub(crate) i64);

impl TryFrom<Number> for Version {
    type Error = &'static str;

    fn try_from(number: Number) -> Result<Version, &'static str> {
        let version: Option<i64> = whole(&number);
        let version = version.filter(|version| *version >= 0);
        version.map(Version).ok_or("a version is a whole number, 0 or more")
    }
}

/// A whole number, which JSON may also write as `7.0`.
fn whole<T: FromStr>(number: &Number) -> Option<T> {
    let is_float = number.as_i64().is_none() && number.as_u64().is_none();
    let digits = match number.as_f64().filter(|_| is_float) {
        Some(float) if float.fract() == 0.0 => format!("{float:.0}"),
        _ => number.to_string(),
    };
    digits.parse().ok()
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

/// Reads a field of a body that must be there and is null or a whole number.
pub(crate) fn whole_or_null<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: FromStr,
{
    let number = Option::<Number>::deserialize(deserializer)?;
    let whole = number.map(|number| whole(&number).ok_or("not a whole number in range"));
    whole.transpose().map_err(serde::de::Error::custom)
}

/// Reads a parameter that may be left out, but that says something when it is there: empty is a
/// slip, where the reader of queries would take it for left out.
pub(crate) fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
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
    fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
        let read = |text: &str| serde_json::from_str::<Version>(text).ok();
        for good in ["7", "7.0", "0.7e1"] {
            assert_eq!(read(good), Some(Version(7)), "{good}");
        }
        assert_eq!(read("9223372036854775807"), Some(Version(i64::MAX)));
        for bad in ["-1", "-1.0", "7.5", "1e30", "9223372036854775808", "\"7\"", "null"] {
            assert_eq!(read(bad), None, "{bad}");
        }
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
