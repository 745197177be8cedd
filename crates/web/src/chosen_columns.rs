//! Keeps which columns a table has, for the person who chose them.
//!
//! A table reads only the names that it knows, so what is kept here need not be checked against it.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use crate::error::{WebError, see_other};
use crate::extract::{Form, Visitor};
use crate::flash::said;
use crate::places;
use crate::preferences::Preferences;
use crate::route::{Access, Routes};
use crate::sign_in::local;
use crate::state::WebState;

/// The tables that have a choice of columns.
const TABLES: [&str; 4] = ["portfolio", "clients", "assets", "client_assets"];

/// No table has more columns than these.
const COLUMNS_MAX: usize = 40;

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes.post::<places::Columns, _, _>(Access::SignedIn, post)
}

#[derive(Debug, Deserialize)]
struct ColumnsForm {
    #[serde(default)]
    column: Vec<String>,
    reset: Option<String>,
    next: Option<String>,
}

async fn post(
    visitor: Visitor,
    State(_web): State<WebState>,
    Path(place): Path<places::Columns>,
    Form(form): Form<ColumnsForm>,
) -> Result<Response, WebError> {
    if !TABLES.contains(&place.table.as_str()) {
        return Err(WebError::NotFound);
    }
    let user = &visitor.signed_in.user;
    let mut preferences = Preferences::read(&user.preferences);
    let text = if form.reset.is_some() {
        preferences.columns.remove(&place.table);
        "The columns are as they were at first."
    } else {
        let is_name = |name: &String| !name.is_empty() && name.len() <= 40;
        let names = form.column.into_iter().filter(is_name).take(COLUMNS_MAX);
        preferences.columns.insert(place.table, names.collect());
        "The columns are kept for you."
    };
    visitor.store.user_set_preferences(user.id, &preferences.to_text()).await?;
    Ok(said(see_other(&local(form.next)), text))
}
