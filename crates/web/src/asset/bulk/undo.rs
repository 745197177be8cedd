//! What a bulk edit did, and its undo as a whole.

use almanac_store::{BULK_UNDO_MS, BulkEdit, UndoBulkEdit};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::act::assets;
use super::done_view::DoneView;
use super::form::BulkForm;
use super::save::refused_words;
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Form, Visitor, needs};
use crate::flash::said;
use crate::page::Chrome;
use crate::places::{BulkPage, BulkUndo};
use crate::route::Route;
use crate::shown::Shown;
use crate::state::WebState;

/// What was done to which assets.
pub(super) async fn get(
    visitor: Allowed<needs::EditAssets>,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(route): Path<BulkPage>,
) -> Result<Response, WebError> {
    let shown = Shown::of(&web, &visitor).await?;
    let bulk = seen(&visitor, &shown, route.bulk).await?;
    let is_open = web.now_ms().saturating_sub(bulk.at_ms) <= BULK_UNDO_MS;
    Ok(DoneView::new(&shown, &bulk, is_open).page(&chrome).into_response())
}

/// Takes all of it back, or nothing.
pub(super) async fn post(
    visitor: Allowed<needs::EditAssets>,
    State(web): State<WebState>,
    Path(route): Path<BulkUndo>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let shown = Shown::of(&web, &visitor).await?;
    let bulk = seen(&visitor, &shown, route.bulk).await?;
    let undo = UndoBulkEdit { id: bulk.id, by: &visitor.author(), at_ms: web.now_ms() };
    match visitor.store.bulk_edit_undo(undo).await? {
        Ok(undone) => {
            let url = BulkForm::read(fields).back_url();
            let text = format!("{} as before.", are(undone.changes.len()));
            Ok(said(see_other(&url), &text))
        }
        Err(refused) => {
            let text = format!("Nothing is undone: {} since.", refused_words(&shown, &refused));
            Ok(said(see_other(&BulkPage { bulk: bulk.id }.url()), &text))
        }
    }
}

fn are(count: usize) -> String {
    format!("{} {}", assets(count), if count == 1 { "is" } else { "are" })
}

/// A bulk edit of which the visitor may see every asset that is still there; any other is not
/// found.
async fn seen(visitor: &Visitor, shown: &Shown, id: Uuid) -> Result<BulkEdit, WebError> {
    let bulk = visitor.store.bulk_edit_by_id(id).await?.ok_or(WebError::NotFound)?;
    if is_seen(visitor, shown, &bulk) { Ok(bulk) } else { Err(WebError::NotFound) }
}

/// Whether the visitor may see every asset of a bulk edit that is still there.
pub(super) fn is_seen(visitor: &Visitor, shown: &Shown, bulk: &BulkEdit) -> bool {
    let user = &visitor.signed_in.user;
    let is_own = bulk.by.user.as_deref() == Some(user.id.to_string().as_str());
    bulk.changes.iter().all(|change| match shown.fleet.find(&change.asset) {
        Some(at) => shown.visible.shows_asset(&shown.fleet, shown.fleet.asset(at)),
        // Whose it was is not known any more.
        None => is_own || user.clients.is_none(),
    })
}
