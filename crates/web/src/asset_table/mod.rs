//! Tables of assets: of all clients on a page of their own, of one client on its page.
//!
//! What is shown is a function of the address, of the person's columns and of the fleet; nothing else is
//! kept between two requests. [`build`] asks the fleet once, so counts, sums and rows agree.

mod build;
mod column;
mod filters;
mod params;
mod toolbar;
mod view;

use almanac_model::role::Permission;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

pub(crate) use self::build::AssetTableAsk;

pub(crate) use self::params::{AssetParams, address, named};
pub(crate) use self::view::{AssetTableView, KEYS};
use crate::components::format;
use crate::components::page::{Header, body, header};
use crate::error::WebError;
use crate::extract::{Allowed, is_fragment, needs};
use crate::hold::SHOWN_OF_ASSETS;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::{Access, Route, Routes};
use crate::shown::Shown;
use crate::state::WebState;

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get::<places::Assets, _, _>(Access::Needs(Permission::ViewClients), get)
}

async fn get(
    visitor: Allowed<needs::ViewClients>,
    mut chrome: Chrome,
    State(web): State<WebState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let shown = Shown::of(&web, &visitor).await?;
    let is_fragment = is_fragment(&headers);
    let view = AssetTableAsk {
        fleet: &shown.fleet,
        visible: shown.visible.clone(),
        params: AssetParams::parse(&query.unwrap_or_default()),
        client: None,
        preferences: &chrome.preferences,
        may_edit: visitor.may(Permission::EditAssets),
        may_export: visitor.may(Permission::ExportData),
        is_fragment,
    }
    .build();
    if is_fragment {
        return Ok(view.rows().into_response());
    }
    Ok(page(&view, &mut chrome).into_response())
}

fn page(view: &AssetTableView, chrome: &mut Chrome) -> Markup {
    let done = done(view, chrome);
    let frame = Frame {
        title: "Assets",
        current: places::Assets::PATH,
        keys: &KEYS,
        shows: &SHOWN_OF_ASSETS,
        ..Frame::default()
    };
    let assets = format::number(i64::try_from(view.rows_total).unwrap_or(i64::MAX));
    let sentence = format!("{assets} of all clients, {} {}.", view.sums.0, view.sums.1);
    let head = header(&Header {
        title: "Assets",
        sentence: &sentence,
        is_inline: false,
        actions: Some(view.actions()),
    });
    chrome.page(&frame, &html! { (done) (head) (body(&view.body())) })
}

/// What a bulk edit just did: said here, beside its undo, instead of above the page.
pub(crate) fn done(view: &AssetTableView, chrome: &mut Chrome) -> Markup {
    let done = view.done(chrome.said.clone());
    if done.is_some() {
        chrome.said = None;
    }
    done.unwrap_or_default()
}

/// Views of the tests of all pages.
#[cfg(test)]
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    samples::all()
}

#[cfg(test)]
mod samples;
