//! Styles, fonts and islands: embedded when the program is built, served under hashed names for a year.
//!
//! `ui/dist` is made by `npm run build` in `ui/` and may be empty: the program then serves pages that link
//! nothing, and says so once in its log. Names carry the hash of what is in them, so a browser never asks
//! twice; each text has its `.br` and `.gz` beside it, so nothing is compressed here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

/// Where the files are served.
pub(crate) const PATH: &str = "/static/{name}";

/// Fonts of every page, asked for before the style is read. The others come when a page needs them.
const FIRST_FONTS: [&str; 2] =
    ["inter-latin-opsz-normal.woff2", "source-serif-4-latin-600-normal.woff2"];

/// A year, and never asked again: another content has another name.
const FOR_A_YEAR: &str = "public, max-age=31536000, immutable";

#[derive(RustEmbed)]
#[folder = "ui/dist"]
struct Dist;

/// What the head of a page links; all empty in a build without `ui/dist`.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// The style of every page.
    pub(crate) style: Option<String>,
    /// The style of the styleguide.
    pub(crate) styleguide: Option<String>,
    /// The islands.
    pub(crate) script: Option<String>,
    /// The icon of the window.
    pub(crate) icon: Option<String>,
    /// Fonts to ask for early.
    pub(crate) fonts: Vec<String>,
}

static LINKS: LazyLock<Links> = LazyLock::new(|| {
    let manifest = Dist::get("manifest.json");
    if manifest.is_none() {
        tracing::warn!(
            "This build has no styles and no islands: pages work, but plainly. `npm run build` in \
             crates/web/ui makes them; ./run does it by itself where npm can be reached."
        );
    }
    manifest.map(|file| read_manifest(&file.data)).unwrap_or_default()
});

/// What the head of a page links.
pub(crate) fn links() -> &'static Links {
    &LINKS
}

fn read_manifest(bytes: &[u8]) -> Links {
    let names: BTreeMap<String, String> =
        serde_json::from_slice(bytes).expect("the bundler wrote a map of names");
    let address = |name: &str| names.get(name).map(|hashed| format!("/static/{hashed}"));
    Links {
        style: address("style.css"),
        styleguide: address("styleguide.css"),
        script: address("app.js"),
        icon: address("favicon.svg"),
        fonts: FIRST_FONTS.into_iter().filter_map(address).collect(),
    }
}

/// `GET /static/{name}`: one file, in the smallest encoding that the browser takes.
pub(crate) async fn get(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(kind) = content_type(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let Some((bytes, encoding)) = find(&name, &headers) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = (
        [
            (CONTENT_TYPE, kind),
            (CACHE_CONTROL, FOR_A_YEAR),
            (VARY, "accept-encoding"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        bytes.into_owned(),
    )
        .into_response();
    if let Some(encoding) = encoding {
        let value = axum::http::HeaderValue::from_static(encoding);
        response.headers_mut().insert(CONTENT_ENCODING, value);
    }
    response
}

type Found = (Cow<'static, [u8]>, Option<&'static str>);

fn find(name: &str, headers: &HeaderMap) -> Option<Found> {
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if takes(headers, encoding)
            && let Some(file) = Dist::get(&format!("{name}.{ending}"))
        {
            return Some((file.data, Some(encoding)));
        }
    }
    Dist::get(name).map(|file| (file.data, None))
}

/// Whether the browser takes an encoding: named, and not with a quality of nothing.
fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let all = headers.get_all(ACCEPT_ENCODING);
    let texts = all.iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).any(|part| {
        let mut words = part.split(';').map(str::trim);
        let is_named = words.next().is_some_and(|word| word.eq_ignore_ascii_case(encoding));
        is_named && !words.any(|word| matches!(word, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// The type of a file that is served; everything else in the folder is not.
fn content_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    match ending {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "woff2" => Some("font/woff2"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accepting(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(text))])
    }

    #[test]
    fn an_encoding_is_taken_when_it_is_named_and_not_refused() {
        assert!(takes(&accepting("gzip, deflate, br;q=0.9"), "br"));
        assert!(takes(&accepting("GZIP"), "gzip"));
        assert!(!takes(&accepting("gzip, br; q=0"), "br"));
        assert!(!takes(&accepting("brotli"), "br"));
        assert!(!takes(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn a_manifest_becomes_the_links_of_a_page() {
        let links = read_manifest(
            br#"{"app.js":"app-AAAAAAAA.js","style.css":"style-BBBBBBBB.css",
                 "inter-latin-opsz-normal.woff2":"inter-latin-opsz-normal-CCCCCCCC.woff2"}"#,
        );
        assert_eq!(links.script.as_deref(), Some("/static/app-AAAAAAAA.js"));
        assert_eq!(links.style.as_deref(), Some("/static/style-BBBBBBBB.css"));
        assert_eq!(links.fonts, ["/static/inter-latin-opsz-normal-CCCCCCCC.woff2"]);
        assert_eq!(links.icon, None);
    }

    #[tokio::test]
    async fn only_files_with_a_known_type_are_served() {
        for name in ["manifest.json", ".gitkeep", "no-such-file.css", "../Cargo.toml", ""] {
            let response = get(Path(name.to_owned()), HeaderMap::new()).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{name}");
        }
    }

    #[tokio::test]
    async fn what_a_page_links_is_served_compressed_and_for_a_year() {
        // In a build without the folder there is nothing to serve, and no page links anything.
        for address in links().style.iter().chain(&links().script).chain(&links().fonts) {
            let name = address.trim_start_matches("/static/").to_owned();
            let response = get(Path(name.clone()), accepting("gzip, br")).await;
            assert_eq!(response.status(), StatusCode::OK, "{name}");
            assert_eq!(response.headers()[CACHE_CONTROL], FOR_A_YEAR);
            let encoding = response.headers().get(CONTENT_ENCODING);
            let want = (!name.ends_with(".woff2")).then(|| HeaderValue::from_static("br"));
            assert_eq!(encoding, want.as_ref(), "{name}");
        }
    }
}
