//! The description of the API, made of the handlers' own types.

use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::names::{AssetSort, ClassNumber};
use super::{asset_edit, asset_why, assets, clients, me, problem, rulebook, sync, write_plans};
use crate::extract::SESSION_COOKIE;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Almanac",
        version = "1",
        description = "Clients, their assets, why each is graded as it is, the sync with the PSA, and what is written to it."
    ),
    paths(
        me::get,
        clients::list,
        clients::get,
        assets::list,
        asset_why::get,
        asset_edit::lock,
        asset_edit::unlock,
        asset_edit::manual,
        asset_edit::kept,
        asset_edit::class,
        rulebook::get,
        sync::status,
        sync::ask,
        sync::runs,
        write_plans::list,
        write_plans::get,
    ),
    components(schemas(AssetSort, ClassNumber)),
    security(("key" = []), ("session" = []))
)]
struct Document;

/// The description as JSON, one value a line, with a line's end.
pub(super) fn json() -> String {
    let mut document = Document::openapi();
    let components = document.components.get_or_insert_default();
    components.schemas.extend(problem::schemas());
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A key from Your account > API keys, such as `alm_1_…`."))
        .build();
    components.add_security_scheme("key", SecurityScheme::Http(key));
    let session = ApiKeyValue::with_description(SESSION_COOKIE, "The session of a browser.");
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
    document.info.license = None;
    let mut text = document.to_pretty_json().expect("a description is plain data");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::route::Routes;

    #[test]
    fn it_describes_every_address_of_the_api_and_no_other() {
        let document: Value = serde_json::from_str(&json()).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        let mut described: Vec<String> = Vec::new();
        for (path, item) in paths {
            for method in item.as_object().expect("operations").keys() {
                described.push(format!("{} {path}", method.to_uppercase()));
            }
        }
        let (_, list) = Routes::default().area(crate::api::routes).finish();
        let versioned = list.iter().filter(|route| route.path.starts_with("/api/v1/"));
        let mut mounted: Vec<String> =
            versioned.map(|route| format!("{} {}", route.method, route.path)).collect();
        described.sort();
        mounted.sort();
        assert_eq!(described, mounted);
    }

    #[test]
    fn every_reference_leads_somewhere_and_the_version_is_3_1() {
        let text = json();
        let document: Value = serde_json::from_str(&text).expect("JSON");
        assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        let prefix = "\"#/components/schemas/";
        for (at, _) in text.match_indices(prefix) {
            let name = text[at + prefix.len()..].split('"').next().expect("a name");
            assert!(schemas.contains_key(name), "{name} is not described");
        }
    }
}
