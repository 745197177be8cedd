//! One decision about many assets: the selection of a table, its plan, one button, its undo.
//!
//! What is shown is worked out from the fleet; what is carried out is worked out again when the
//! button is pressed, and the store refuses whole what somebody else changed meanwhile. An asset
//! that the visitor may not see is told apart from one that is gone in no way.

mod act;
mod apply_view;
mod ask_view;
mod done_view;
mod form;
mod plan;
mod save;
mod undo;
mod view;

use almanac_model::role::Permission;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use self::form::BulkForm;
use self::plan::{Picked, Plan};
use self::view::BulkView;
use super::edit::EditContext;
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Faults, Form, needs};
use crate::flash::said;
use crate::page::Chrome;
use crate::places::{BulkPage, BulkPreview, BulkUndo};
use crate::route::{Access, Routes, routes};
use crate::shown::Shown;
use crate::state::WebState;

#[cfg(test)]
pub(super) use self::view::samples;

routes! {
    /// Carries out what was previewed.
    BulkApply {} => "/bulk-edits";
}

/// The area's routes.
pub(super) fn routes(routes: Routes) -> Routes {
    let edit = Access::Needs(Permission::EditAssets);
    routes
        .post::<BulkPreview, _, _>(edit, preview)
        .post::<BulkApply, _, _>(edit, save::post)
        .get::<BulkPage, _, _>(edit, undo::get)
        .post::<BulkUndo, _, _>(edit, undo::post)
}

/// What a decision about the selection would do; what to decide is asked for on the same page.
async fn preview(
    visitor: Allowed<needs::EditAssets>,
    chrome: Chrome,
    State(web): State<WebState>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let form = BulkForm::read(fields);
    let shown = Shown::of(&web, &visitor).await?;
    if form.is_empty() {
        let text = "Nothing is selected: mark at least one asset.";
        return Ok(said(see_other(&form.back_url()), text));
    }
    let picked = Picked::of(&shown, &form);
    if picked.is_too_many() {
        let page = BulkView::too_many(&form, &picked).page(&chrome);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    if picked.found.is_empty() {
        return Err(WebError::NotFound);
    }
    let classes = picked.classes(&shown);
    let context = EditContext { today: web.today(), classes: &classes };
    // What was not typed yet is asked for, not refused.
    if !form.is_sent && form.act.asks() {
        return Ok(BulkView::asking(&shown, &form, &picked, Faults::default())
            .page(&chrome)
            .into_response());
    }
    match form.edit(&context) {
        Ok(edit) => {
            let plan = Plan::new(&shown, &picked, form.act, edit);
            Ok(BulkView::planned(&shown, &form, &picked, &plan).page(&chrome).into_response())
        }
        Err(faults) => {
            let page = BulkView::asking(&shown, &form, &picked, faults).page(&chrome);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
