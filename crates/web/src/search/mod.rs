//! Search over everything: clients, assets, pages. A page, and the fragment of the palette (Ctrl K).

mod view;

use almanac_model::role::Permission;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use self::view::{Hit, SearchView};
use crate::components::format;
use crate::error::WebError;
use crate::extract::{Allowed, is_fragment, needs};
use crate::page::Chrome;
use crate::places;
use crate::route::{Access, Route, Routes};
use crate::shown::Shown;
use crate::state::WebState;

#[cfg(test)]
pub(crate) use self::view::samples;

/// A question is no longer than this.
const TEXT_MAX: usize = 200;

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get::<places::Search, _, _>(Access::Needs(Permission::ViewClients), get)
}

async fn get(
    visitor: Allowed<needs::ViewClients>,
    chrome: Chrome,
    State(web): State<WebState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let text = text_of(&query.unwrap_or_default());
    let shown = Shown::of(&web, &visitor).await?;
    let view = build(&shown, &text, &pages(&chrome));
    if is_fragment(&headers) {
        return Ok(view.results().into_response());
    }
    Ok(view.page(&chrome).into_response())
}

fn text_of(query: &str) -> String {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let text = pairs.filter(|(key, _)| key == "q").map(|(_, value)| value).next();
    text.map(|text| text.trim().chars().take(TEXT_MAX).collect()).unwrap_or_default()
}

/// The pages that the person may open.
fn pages(chrome: &Chrome) -> Vec<(&'static str, String)> {
    let all = [
        ("Portfolio", places::Portfolio::PATH, Permission::ViewClients),
        ("Clients", places::Clients::PATH, Permission::ViewClients),
        ("Assets", places::Assets::PATH, Permission::ViewClients),
        ("Sync", places::Sync::PATH, Permission::ViewSync),
        ("Connection", places::Connection::PATH, Permission::ManageConnection),
    ];
    let may = |permission: Permission| chrome.may(permission);
    let mut pages: Vec<(&'static str, String)> = all
        .into_iter()
        .filter(|(_, _, permission)| may(*permission))
        .map(|(label, path, _)| (label, path.to_owned()))
        .collect();
    pages.push(("Settings", places::Settings {}.url()));
    pages.push(("Your account", places::Account {}.url()));
    pages
}

fn build(shown: &Shown, text: &str, pages: &[(&'static str, String)]) -> SearchView {
    let fleet = &shown.fleet;
    let found = fleet.search(&shown.visible, text);
    let clients = found.clients.iter().map(|client| Hit {
        label: client.name.clone(),
        beside: format::count(client.tally.assets.into(), "asset", "assets"),
        href: places::Client { client: client.remote_id.as_str().to_owned() }.url(),
    });
    let assets = found.assets.iter().map(|at| {
        let asset = fleet.asset(*at);
        let client = fleet.client_of(asset).map_or("no client", |client| client.name.as_str());
        let model = fleet.model_of(asset).unwrap_or(asset.kind.title());
        let serial = asset.serial().map(|serial| format!(", {serial}")).unwrap_or_default();
        Hit {
            label: asset.name().to_owned(),
            beside: format!("{model}{serial}, {client}"),
            href: places::Asset { asset: asset.remote_id().to_owned() }.url(),
        }
    });
    let wanted = text.to_lowercase();
    let pages = pages.iter().filter(|(label, _)| label.to_lowercase().contains(&wanted)).map(
        |(label, href)| Hit {
            label: (*label).to_owned(),
            beside: "page".to_owned(),
            href: href.clone(),
        },
    );
    SearchView {
        text: text.to_owned(),
        clients: clients.collect(),
        clients_total: found.clients_total as i64,
        assets: assets.collect(),
        assets_total: found.assets_total as i64,
        all_clients_href: crate::asset_table::address(
            &places::Clients {}.url(),
            &[("q", text.to_owned()), ("inactive", "1".to_owned())],
        ),
        all_assets_href: crate::asset_table::address(
            &places::Assets {}.url(),
            &[("q", text.to_owned())],
        ),
        pages: pages.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_whatever_the_address_holds() {
        assert_eq!(text_of("q=+hp-lt+014+"), "hp-lt 014");
        assert_eq!(text_of("x=1&q=a&q=b"), "a");
        assert_eq!(text_of("q=%ff"), "\u{fffd}");
        assert_eq!(text_of(""), "");
        assert_eq!(text_of(&format!("q={}", "ä".repeat(500))).chars().count(), TEXT_MAX);
    }
}
