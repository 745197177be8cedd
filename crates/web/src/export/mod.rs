//! Tables of assets taken away: as comma-separated values and as a workbook.
//!
//! Both hold every row of the filter, whatever page was shown, and every column. A file is made in
//! memory by a thread that may take its time, two at once; 50,000 rows are some ten megabytes. Each is
//! noted in the audit before it is sent.

mod file;
mod row;

use std::sync::Arc;

use almanac_fleet::{AssetQuery, Fleet};
use almanac_model::role::Permission;
use almanac_store::Audit;
use axum::extract::{RawQuery, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use crate::asset_table::AssetParams;
use crate::error::WebError;
use crate::extract::{Allowed, Visitor, needs};
use crate::places;
use crate::route::{Access, Routes};
use crate::shown::Shown;
use crate::state::WebState;

/// How many files are made at once: each takes a processor and some memory.
static MAKING: Semaphore = Semaphore::const_new(2);

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    let access = Access::Needs(Permission::ExportData);
    routes.get::<places::ExportCsv, _, _>(access, csv).get::<places::ExportXlsx, _, _>(access, xlsx)
}

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Xlsx,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
        }
    }

    fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        })
    }
}

async fn csv(
    visitor: Allowed<needs::ExportData>,
    State(web): State<WebState>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    export(&visitor, &web, &query.unwrap_or_default(), Format::Csv).await
}

async fn xlsx(
    visitor: Allowed<needs::ExportData>,
    State(web): State<WebState>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    export(&visitor, &web, &query.unwrap_or_default(), Format::Xlsx).await
}

async fn export(
    visitor: &Visitor,
    web: &WebState,
    query: &str,
    format: Format,
) -> Result<Response, WebError> {
    let shown = Shown::of(web, visitor).await?;
    let mut params = AssetParams::parse(query);
    params.after = None;
    let whose = match &params.client {
        Some(id) => shown.client(id.as_str())?.name.clone(),
        None => "all clients".to_owned(),
    };
    let name = file_name(&whose, &web.today().to_string(), format);
    let query = params.query(shown.visible.clone(), None, usize::MAX);
    let page_pairs = params.pairs();
    let permit = MAKING.acquire().await.expect("nobody closes it");
    let fleet = Arc::clone(&shown.fleet);
    let work = move || {
        // Held by the work, which goes on when nobody waits for it any more.
        let _permit = permit;
        make(&fleet, &query, format)
    };
    let made = tokio::task::spawn_blocking(work).await;
    let (rows, bytes) = made.map_err(|error| WebError::Export(error.to_string()))??;
    let detail =
        serde_json::json!({ "rows": rows, "format": format.extension(), "filter": page_pairs });
    let by = visitor.by(web);
    let audit = Audit {
        at: by.at_ms,
        actor: by.actor.to_owned(),
        action: "asset.export".to_owned(),
        subject: params
            .client
            .as_ref()
            .map_or_else(|| "all clients".to_owned(), ToString::to_string),
        detail: detail.to_string(),
    };
    visitor.store.audit_append(&audit).await?;
    let mut response = bytes.into_response();
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    response.headers_mut().insert(CONTENT_TYPE, format.media_type());
    response
        .headers_mut()
        .insert(CONTENT_DISPOSITION, disposition.expect("names of files are plain letters"));
    Ok(response)
}

/// The file's rows and bytes.
fn make(fleet: &Fleet, query: &AssetQuery, format: Format) -> Result<(usize, Vec<u8>), WebError> {
    let page = fleet.asset_page(query);
    let rows = page.rows.iter().map(|at| row::row(fleet, fleet.asset(*at)));
    let bytes = match format {
        Format::Csv => file::csv(rows),
        Format::Xlsx => file::xlsx(rows),
    };
    Ok((page.rows.len(), bytes.map_err(WebError::Export)?))
}

/// `harrow-pike-llp-assets-2026-11-23.csv`: letters and digits only, so that no system refuses it.
fn file_name(whose: &str, day: &str, format: Format) -> String {
    let mut name = String::new();
    for letter in whose.chars().take(60) {
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    let name = if name.is_empty() { "client" } else { name };
    format!("{name}-assets-{day}.{}", format.extension())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_client_and_day() {
        let name = |whose| file_name(whose, "2026-11-23", Format::Csv);
        assert_eq!(name("Harrow & Pike LLP"), "harrow-pike-llp-assets-2026-11-23.csv");
        assert_eq!(name("../..\\\"\r\n"), "client-assets-2026-11-23.csv");
        assert_eq!(name("\u{65e5}\u{672c}"), "client-assets-2026-11-23.csv");
    }
}
