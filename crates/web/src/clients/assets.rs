//! A client's assets: the table of pictures 04 and 10a.

use almanac_model::role::Permission;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::{ClientHead, ClientTab};
use crate::asset_table::{AssetParams, AssetTableAsk, KEYS, done};
use crate::components::page::body;
use crate::error::WebError;
use crate::extract::{Allowed, is_fragment, needs};
use crate::page::Chrome;
use crate::places;
use crate::shown::Shown;
use crate::state::WebState;

pub(super) async fn get(
    visitor: Allowed<needs::ViewClients>,
    mut chrome: Chrome,
    State(web): State<WebState>,
    Path(place): Path<places::ClientAssets>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let shown = Shown::of(&web, &visitor).await?;
    let client = shown.client(&place.client)?;
    let is_fragment = is_fragment(&headers);
    let view = AssetTableAsk {
        fleet: &shown.fleet,
        visible: shown.visible.clone(),
        params: AssetParams::parse(&query.unwrap_or_default()),
        client: Some(client),
        preferences: &chrome.preferences,
        may_edit: visitor.may(Permission::EditAssets),
        may_export: visitor.may(Permission::ExportData),
        is_fragment,
    }
    .build();
    if is_fragment {
        return Ok(view.rows().into_response());
    }
    let around = (&KEYS[..], Some(view.actions()));
    let done = done(&view, &mut chrome);
    let content = html! { (done) (body(&view.body())) };
    let page = ClientHead::new(client).page(&chrome, ClientTab::Assets, around, &content);
    Ok(page.into_response())
}
