//! Carries an edit out: saved and said, refused with what was typed, or a conflict to decide.

use almanac_model::choice::{AssetEdit, ChoiceField};
use almanac_model::grade::Grade;
use almanac_model::id::RemoteId;
use almanac_store::{ChangeAsset, EditRefused};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::conflict::ConflictView;
use super::edit::{EditContext, EditForm};
use super::form::FormView;
use super::{AssetEditPage, AssetUndo, Seen, effect, fleet_now, history, see};
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Form, Visitor, needs};
use crate::flash::said;
use crate::page::Chrome;
use crate::places::Asset;
use crate::route::Route;
use crate::state::WebState;

/// One decision about an asset.
pub(super) async fn post(
    visitor: Allowed<needs::EditAssets>,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(route): Path<AssetEditPage>,
    Form(form): Form<EditForm>,
) -> Result<Response, WebError> {
    let seen = see(&visitor, &web, &route.asset).await?;
    let field: ChoiceField = route.field.parse().map_err(|_| WebError::NotFound)?;
    if form.keep == "theirs" {
        let text = "The other value stays; yours is discarded.";
        return Ok(said(see_other(&Asset { asset: route.asset }.url()), text));
    }
    let classes = seen.classes();
    match form.read(field, &EditContext { today: web.today(), classes: &classes }) {
        Ok(edit) => save(&visitor, &chrome, &web, &seen, &edit, &form).await,
        Err(faults) => {
            let view = FormView::refused(&seen, field, form, faults);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page(&chrome)).into_response())
        }
    }
}

/// Takes the last decision back.
pub(super) async fn undo(
    visitor: Allowed<needs::EditAssets>,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(route): Path<AssetUndo>,
    Form(form): Form<EditForm>,
) -> Result<Response, WebError> {
    let seen = see(&visitor, &web, &route.asset).await?;
    let version = seen.why.choice.version;
    let url = Asset { asset: route.asset }.url();
    if form.expected_version() != version {
        let text = "Nothing is undone: somebody decided something about this asset since.";
        return Ok(said(see_other(&url), text));
    }
    match history::undo(&seen.why.choice, &seen.history) {
        Some(edit) => {
            let form = EditForm::of(&edit, version);
            save(&visitor, &chrome, &web, &seen, &edit, &form).await
        }
        None => Ok(said(see_other(&url), "There is nothing to undo.")),
    }
}

async fn save(
    visitor: &Visitor,
    chrome: &Chrome,
    web: &WebState,
    seen: &Seen,
    edit: &AssetEdit,
    form: &EditForm,
) -> Result<Response, WebError> {
    let id = &seen.why.asset.remote_id;
    let change = ChangeAsset {
        connection: seen.connection,
        remote_id: id,
        expected_version: form.expected_version(),
        edit,
        by: &visitor.author(),
        at_ms: web.now_ms(),
    };
    match visitor.store.asset_choice_change(&change).await? {
        Ok(row) if row.choice.version == seen.why.choice.version => {
            let text = "Nothing changed: it was so already.";
            Ok(said(see_other(&Asset { asset: seen.id() }.url()), text))
        }
        Ok(row) => {
            let after = grade_now(visitor, web, id).await?;
            let text = effect::sentence(&seen.fleet, seen.name(), edit, seen.grade(), after);
            let url = format!("{}?done={}", Asset { asset: seen.id() }.url(), row.choice.version);
            Ok(said(see_other(&url), &text))
        }
        Err(EditRefused::NoSuchAsset) => Err(WebError::NotFound),
        Err(EditRefused::Conflict(conflict)) => {
            let view = ConflictView::new(seen, &conflict, form);
            Ok((StatusCode::CONFLICT, view.page(chrome)).into_response())
        }
    }
}

/// The grade after an edit, from a fleet that holds it.
async fn grade_now(
    visitor: &Visitor,
    web: &WebState,
    asset: &RemoteId,
) -> Result<Option<Grade>, WebError> {
    let fleet = fleet_now(visitor, web).await?;
    Ok(fleet.find(asset).map(|at| fleet.asset(at).grade))
}
