//! From the form of a part to what applies: previewed, then applied, never against an older version.

use almanac_model::rulebook_check::FieldProblem;
use almanac_model::verdict::Rulebook;
use almanac_store::SaveRulebook;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::change::Change;
use super::inputs::Typed;
use super::load::Ruled;
use super::preview::{PreviewView, effect_words};
use super::{Area, NOTE_MAX, RulesVersion, part_page, read};
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Form, Visitor, needs};
use crate::flash::said;
use crate::page::Chrome;
use crate::state::WebState;

/// What the changed form of a part would do.
pub(super) async fn preview(
    visitor: Allowed<needs::EditRules>,
    chrome: Chrome,
    State(web): State<WebState>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let mut typed = Typed::new(fields);
    let area = Area::parse(&typed.value("part", ""))?;
    let mut ruled = Ruled::load(&visitor, &web).await?;
    let seen = version(&typed, &ruled);
    // What differs from what the editor saw is the edit; another's change meanwhile is not.
    if seen != ruled.version
        && let Ok(book) = Change::Version(seen).make(&ruled, &visitor, &web).await?
    {
        ruled.book = book;
    }
    let edits = read::edits(area, &ruled, &mut typed);
    ruled.book = ruled.fleet.rulebook().clone();
    if !typed.is_good() {
        return Ok(refused(area, &ruled, chrome, &typed));
    }
    if edits.is_empty() {
        let text = "Nothing is changed yet: the form says what applies already.";
        return Ok(said(see_other(&area.url()), text));
    }
    let change = Change::Edits(edits);
    match change.make(&ruled, &visitor, &web).await? {
        Ok(book) => {
            let note = note(&typed);
            let view = PreviewView::new(&ruled, &change, &book, note).moved_from(seen);
            Ok(view.page(&chrome).into_response())
        }
        Err(problems) => {
            blame(&mut typed, &problems);
            Ok(refused(area, &ruled, chrome, &typed))
        }
    }
}

/// What going back to a version would do.
pub(super) async fn restore(
    visitor: Allowed<needs::EditRules>,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(route): Path<RulesVersion>,
) -> Result<Response, WebError> {
    let ruled = Ruled::load(&visitor, &web).await?;
    let change = Change::Version(route.version);
    if route.version == ruled.version {
        return Ok(said(see_other(&Area::Versions.url()), "This version applies already."));
    }
    let Ok(book) = change.make(&ruled, &visitor, &web).await? else {
        let text = "These rules have a fault that the present ones lack, so they stay as they are.";
        return Ok(said(see_other(&Area::Versions.url()), text));
    };
    let note = match route.version {
        0 => "Back to the default rules".to_owned(),
        version => format!("Back to v{version}"),
    };
    let view = PreviewView::new(&ruled, &change, &book, note);
    Ok(view.page(&chrome).into_response())
}

/// Makes a previewed change true.
pub(super) async fn apply(
    visitor: Allowed<needs::EditRules>,
    chrome: Chrome,
    State(web): State<WebState>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let mut typed = Typed::new(fields);
    let change = typed.get("change").and_then(Change::read);
    let change = change.ok_or_else(|| WebError::BadForm("no change of the rules".to_owned()))?;
    let ruled = Ruled::load(&visitor, &web).await?;
    let seen = version(&typed, &ruled);
    let book = match change.make(&ruled, &visitor, &web).await? {
        Ok(book) => book,
        Err(problems) => {
            blame(&mut typed, &problems);
            return Ok(refused(change.area(), &ruled, chrome, &typed));
        }
    };
    if book == *ruled.book() {
        return Ok(said(see_other(&change.area().url()), "These rules apply already."));
    }
    if seen != ruled.version {
        let view = PreviewView::new(&ruled, &change, &book, note(&typed)).moved_from(seen);
        return Ok((StatusCode::CONFLICT, view.page(&chrome)).into_response());
    }
    save(&visitor, &web, &ruled, &change, &book, &note(&typed)).await
}

async fn save(
    visitor: &Visitor,
    web: &WebState,
    ruled: &Ruled,
    change: &Change,
    book: &Rulebook,
    note: &str,
) -> Result<Response, WebError> {
    let preview = ruled.fleet.preview(book);
    let saved = SaveRulebook {
        expected_version: ruled.version,
        book,
        note,
        by: &visitor.author(),
        at_ms: web.now_ms(),
    };
    match visitor.store.rulebook_save(&saved).await? {
        Ok(head) => {
            let words = effect_words(&preview);
            let effects = words.first().map_or("no asset changes its grade", String::as_str);
            let more = match words.len() {
                0 | 1 => String::new(),
                many => format!(" and {} other effects", many - 1),
            };
            let text = format!("Rules v{} apply: {effects}{more}.", head.version);
            let url = format!("{}?done={}", change.area().url(), head.version);
            Ok(said(see_other(&url), &text))
        }
        Err(_moved) => {
            let text = "Somebody saved other rules in this moment. Nothing of yours is saved.";
            Ok(said(see_other(&change.area().url()), text))
        }
    }
}

/// The version that the editor began from.
fn version(typed: &Typed, ruled: &Ruled) -> i64 {
    typed.get("version").and_then(|version| version.parse().ok()).unwrap_or(ruled.version)
}

fn note(typed: &Typed) -> String {
    let is_text = |c: &char| !c.is_control();
    let note: String = typed.value("note", "").chars().filter(is_text).collect();
    note.trim().chars().take(usize::try_from(NOTE_MAX).unwrap_or(usize::MAX)).collect()
}

fn blame(typed: &mut Typed, problems: &[FieldProblem]) {
    for problem in problems {
        let mut words = problem.problem.chars();
        let first: String = words.next().into_iter().flat_map(char::to_uppercase).collect();
        typed.fault(read::field_of(problem), format!("{first}{}.", words.as_str()));
    }
}

fn refused(area: Area, ruled: &Ruled, chrome: Chrome, typed: &Typed) -> Response {
    let page = part_page(area, ruled, chrome, typed, None);
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}
