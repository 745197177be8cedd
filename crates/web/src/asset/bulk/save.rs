//! The one button: carried out whole, refused whole, and carried out once however often it is sent.

use std::collections::BTreeMap;

use almanac_model::id::RemoteId;
use almanac_store::{BulkEdit, BulkRefused, EditRefused, NewBulkEdit};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::act::assets;
use super::done_view::done_words;
use super::form::BulkForm;
use super::plan::{Picked, Plan};
use super::undo::is_seen;
use super::view::BulkView;
use crate::asset::edit::EditContext;
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Form, Visitor, needs};
use crate::flash::said;
use crate::page::Chrome;
use crate::shown::Shown;
use crate::state::WebState;

/// So many of what somebody else changed are named.
const NAMED_MAX: usize = 3;

pub(super) async fn post(
    visitor: Allowed<needs::EditAssets>,
    chrome: Chrome,
    State(web): State<WebState>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let form = BulkForm::read(fields);
    let Some(id) = form.id.filter(|_| !form.is_empty()) else {
        let text = "Nothing is changed: preview it first.";
        return Ok(said(see_other(&form.back_url()), text));
    };
    let shown = Shown::of(&web, &visitor).await?;
    let picked = Picked::of(&shown, &form);
    if picked.is_too_many() {
        let page = BulkView::too_many(&form, &picked).page(&chrome);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    if picked.found.is_empty() {
        return Err(WebError::NotFound);
    }
    if let Some(done) = visitor.store.bulk_edit_by_id(id).await? {
        if !is_seen(&visitor, &shown, &done) {
            return Err(WebError::NotFound);
        }
        return Ok(answer(&form, &shown, &done));
    }
    let classes = picked.classes(&shown);
    let edit = match form.edit(&EditContext { today: web.today(), classes: &classes }) {
        Ok(edit) => edit,
        Err(faults) => {
            let page = BulkView::asking(&shown, &form, &picked, faults).page(&chrome);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let plan = Plan::new(&shown, &picked, form.act, edit);
    if picked.missing > 0 {
        let words = format!("{} went away while you looked.", assets(picked.missing));
        let view = BulkView::planned(&shown, &form, &picked, &plan).with_warning(words);
        return Ok((StatusCode::CONFLICT, view.page(&chrome)).into_response());
    }
    if plan.lines.is_empty() {
        let text = "Nothing changed: it was so already.";
        return Ok(said(see_other(&form.back_url()), text));
    }
    apply(&visitor, &chrome, &web, (&form, id), (&shown, &plan)).await
}

async fn apply(
    visitor: &Visitor,
    chrome: &Chrome,
    web: &WebState,
    (form, id): (&BulkForm, uuid::Uuid),
    (shown, plan): (&Shown, &Plan),
) -> Result<Response, WebError> {
    let seen = |id: &RemoteId| form.seen.get(id).copied().unwrap_or(0);
    let all = plan.lines.iter().map(|line| (line.asset.id.clone(), seen(&line.asset.id)));
    let new = NewBulkEdit {
        id,
        connection: shown.fleet.connection().ok_or(WebError::NotFound)?,
        edit: &plan.edit,
        assets: &all.collect::<BTreeMap<_, _>>(),
        by: &visitor.author(),
        at_ms: web.now_ms(),
    };
    match visitor.store.bulk_edit_apply(&new).await? {
        Ok(done) => Ok(answer(form, shown, &done)),
        Err(refused) => {
            let words = format!("{} while you looked.", refused_words(shown, &refused));
            let now = Shown::of(web, visitor).await?;
            let picked = Picked::of(&now, form);
            let plan = Plan::new(&now, &picked, form.act, plan.edit.clone());
            let view = BulkView::planned(&now, form, &picked, &plan).with_warning(words);
            Ok((StatusCode::CONFLICT, view.page(chrome)).into_response())
        }
    }
}

fn answer(form: &BulkForm, shown: &Shown, done: &BulkEdit) -> Response {
    said(see_other(&form.done_url(done.id)), &done_words(shown, done))
}

/// "HP-LT-014 was changed by Ann, HP-WS-022 is gone, and 4 more".
pub(super) fn refused_words(shown: &Shown, refused: &BulkRefused) -> String {
    let all = match refused {
        BulkRefused::NoSuchEdit => return "It is not there any more".to_owned(),
        BulkRefused::TooLate => return "Undo is open for 30 days only".to_owned(),
        BulkRefused::Assets(all) => all,
    };
    let word = |(id, why): &(RemoteId, EditRefused)| {
        let name = shown.fleet.find(id).map_or(id.as_str(), |at| shown.fleet.asset(at).name());
        let name: String = name.chars().take(40).collect();
        match why {
            EditRefused::NoSuchAsset => format!("{name} went away"),
            EditRefused::Conflict(conflict) => {
                let by: String = conflict.touch.by.name.chars().take(40).collect();
                format!("{name} was changed by {by}")
            }
        }
    };
    let mut words: Vec<String> = all.iter().take(NAMED_MAX).map(word).collect();
    if all.len() > NAMED_MAX {
        words.push(format!("and {} more", all.len() - NAMED_MAX));
    }
    words.join(", ")
}
