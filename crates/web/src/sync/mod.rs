//! The sync page: what was read from Halo, what is being read, what waits for a person.
//!
//! Nothing here reads Halo. *Sync now* leaves a job; the page shows what the jobs commit.

mod calls;
mod compared;
mod facts;
mod held;
mod live;
mod next;
mod problems;
mod query;
mod receipts;
mod reconciled;
mod release;
mod run_view;
mod runs;
mod steps;
mod streams;
mod view;

mod told;

#[cfg(test)]
mod samples;

use almanac_model::id::RemoteId;
use almanac_model::role::Permission;
use almanac_model::stream::Stream;
use almanac_store::{Connection, SyncAsked};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query;
use jiff::tz::TimeZone;
use serde::Deserialize;
use uuid::Uuid;

use self::facts::Facts;
use self::live::Live;
use self::next::NextView;
use self::problems::{ProblemLine, ProblemView, ProblemsView, ROWS_MAX, StreamProblems, pretty};
use self::query::SyncQuery;
use self::receipts::ReceiptsView;
use self::run_view::RunView;
use self::runs::RunLine;
use self::told::RunTold;
use self::view::{SyncView, unconnected};
use crate::components::format;
use crate::connection::webhook_sentence;
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Visitor, needs};
use crate::flash::said;
use crate::page::Chrome;
use crate::places::{self, SyncNow};
use crate::route::{Access, Route, Routes, routes};
use crate::state::WebState;
use crate::write_back::WritesPanel;

#[cfg(test)]
pub(crate) use self::samples::samples;

routes! {
    /// The run that goes on, for a page that watches it.
    SyncProgressPart {} => "/sync/progress";
    /// One run.
    SyncRun { run: Uuid } => "/sync/runs/{run}";
    /// Lets the next scan of a held stream conclude what it found.
    SyncRelease { stream: String } => "/sync/streams/{stream}/release";
    /// What each scan found, signed.
    SyncReceipts {} => "/sync/receipts";
    /// Rows that were not understood.
    SyncProblems {} => "/sync/problems";
    /// One of them.
    SyncProblem { stream: String, record: String } => "/sync/problems/{stream}/{record}";
}

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    let view = Access::Needs(Permission::ViewSync);
    routes
        .get::<places::Sync, _, _>(view, get)
        .get::<SyncProgressPart, _, _>(view, progress_part)
        .post::<SyncNow, _, _>(Access::Needs(Permission::RunSync), sync_now)
        .post::<SyncRelease, _, _>(Access::Needs(Permission::ManageConnection), release::release)
        .get::<SyncReceipts, _, _>(view, receipts)
        .get::<SyncRun, _, _>(view, run)
        .get::<SyncProblems, _, _>(view, problems)
        .get::<SyncProblem, _, _>(view, problem)
}

async fn get(
    visitor: Allowed<needs::ViewSync>,
    chrome: Chrome,
    State(web): State<WebState>,
    Query(query): Query<SyncQuery>,
) -> Result<Response, WebError> {
    let Some(connection) = visitor.store.connection_active().await? else {
        return Ok(unconnected(&chrome).into_response());
    };
    let view = view_of(&visitor, &web, &connection, query).await?;
    Ok(view.page(&chrome).into_response())
}

/// The page as it is without a query.
async fn page_of(
    visitor: &Visitor,
    web: &WebState,
    connection: &Connection,
) -> Result<SyncView, WebError> {
    view_of(visitor, web, connection, SyncQuery::default()).await
}

async fn view_of(
    visitor: &Visitor,
    web: &WebState,
    connection: &Connection,
    query: SyncQuery,
) -> Result<SyncView, WebError> {
    let now_ms = web.now_ms();
    let mut facts = Facts::read(&visitor.store, connection, query.before(), now_ms).await?;
    facts.limit = (web.options.call_limits)(&connection.base_url);
    facts.may_release = visitor.may(Permission::ManageConnection);
    let mut view = SyncView::new(&facts, query, visitor.may(Permission::RunSync), now_ms);
    let plan = (web.options.call_planner)(&visitor.store, connection, now_ms).await?;
    view.next = Some(NextView::new(&plan, now_ms));
    if visitor.may(Permission::WriteBack) {
        view.writes = Some(WritesPanel::read(&visitor.store, connection.id, now_ms).await?);
    }
    let webhook = visitor.store.webhook(connection.id).await?;
    if let Some(words) = webhook.and_then(|webhook| webhook_sentence(&webhook, now_ms)) {
        view.about = format!("{} {words}", view.about);
    }
    Ok(view)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReceiptQuery {
    stream: Vec<String>,
}

async fn receipts(
    visitor: Allowed<needs::ViewSync>,
    chrome: Chrome,
    Query(query): Query<ReceiptQuery>,
) -> Result<Response, WebError> {
    // What is no stream is ignored, as everywhere in an address.
    let stream = query.stream.first().and_then(|name| name.parse::<Stream>().ok());
    let mut view = ReceiptsView { stream, receipts: Vec::new(), verdicts: Vec::new() };
    if let Some(connection) = visitor.store.connection_active().await? {
        let store = &visitor.store;
        view.receipts = store.receipt_list(connection.id, stream, receipts::SHOWN_MAX).await?;
        view.verdicts = store.receipt_check(connection.id).await?;
        view.verdicts.retain(|verdict| stream.is_none_or(|stream| verdict.stream == stream));
    }
    Ok(view.page(&chrome).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Watch {
    watching: Vec<String>,
}

async fn progress_part(
    visitor: Allowed<needs::ViewSync>,
    State(web): State<WebState>,
    Query(watch): Query<Watch>,
) -> Result<Response, WebError> {
    let watched = watch.watching.first().map_or("", String::as_str);
    let Some(connection) = visitor.store.connection_active().await? else {
        return Ok(Live::Quiet.fragment(watched, None).into_response());
    };
    let facts = Facts::live(&visitor.store, &connection, web.now_ms()).await?;
    let live = Live::new(&facts, web.now_ms());
    Ok(live.fragment(watched, facts.progress.last_run).into_response())
}

async fn sync_now(
    visitor: Allowed<needs::RunSync>,
    State(web): State<WebState>,
) -> Result<Response, WebError> {
    let back = see_other(&places::Sync {}.url());
    let Some(connection) = visitor.store.connection_active().await? else {
        return Ok(said(back, "There is no connection to Halo yet, so nothing can be read."));
    };
    let by = visitor.author();
    let asked = visitor.store.sync_ask(connection.id, &by, web.now_ms()).await?;
    Ok(said(back, &answer(asked)))
}

/// What asking for a sync did, for the person who asked.
fn answer(asked: SyncAsked) -> String {
    match asked {
        SyncAsked::Enqueued(_) => "The sync is asked for and begins in a moment.".to_owned(),
        SyncAsked::Waiting(_) => {
            "A sync waits already and goes first now; it runs once.".to_owned()
        }
        SyncAsked::Running(_) => "A sync is running already; it is not started twice.".to_owned(),
        SyncAsked::JustEnded { at } => format!(
            "Halo was read a moment ago, at {} UTC. The same sync asked for within 2 minutes runs once.",
            format::clock_time(at, &TimeZone::UTC)
        ),
    }
}

async fn run(
    visitor: Allowed<needs::ViewSync>,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(SyncRun { run }): Path<SyncRun>,
) -> Result<Response, WebError> {
    let found = visitor.store.run_list(Some(runs::just_after(run)), 1).await?;
    let run = found
        .into_iter()
        .find(|found| found.id.0 == run && found.kind == facts::RUN_KIND)
        .ok_or(WebError::NotFound)?;
    let active = match run.connection.filter(|_| run.ended_at.is_none()) {
        Some(connection) => visitor.store.sync_progress(connection, web.now_ms()).await?.run,
        None => None,
    };
    let line = RunLine::new(&run, active, web.now_ms());
    let view = RunView {
        started_at: run.started_at,
        ended_at: run.ended_at,
        cause: line.cause,
        ending: line.ending,
        told: RunTold::of(&run),
    };
    Ok(view.page(&chrome).into_response())
}

async fn problems(visitor: Allowed<needs::ViewSync>, chrome: Chrome) -> Result<Response, WebError> {
    let mut streams = Vec::new();
    if let Some(connection) = visitor.store.connection_active().await? {
        let states = visitor.store.stream_state_list(connection.id).await?;
        for state in states.iter().filter(|state| state.bad > 0) {
            let stream = state.stream;
            let rows = visitor.store.record_problem_list(connection.id, stream, ROWS_MAX).await?;
            let lines: Vec<_> = rows.iter().map(|row| ProblemLine::new(stream, row)).collect();
            let total = u64::try_from(state.bad).unwrap_or(0).max(lines.len() as u64);
            streams.push(StreamProblems { stream, total, lines });
        }
    }
    Ok(ProblemsView { streams }.page(&chrome).into_response())
}

async fn problem(
    visitor: Allowed<needs::ViewSync>,
    chrome: Chrome,
    Path(SyncProblem { stream, record }): Path<SyncProblem>,
) -> Result<Response, WebError> {
    let stream: Stream = stream.parse().map_err(|_| WebError::NotFound)?;
    let store = &visitor.store;
    let connection = store.connection_active().await?.ok_or(WebError::NotFound)?;
    let rows = store.record_problem_list(connection.id, stream, ROWS_MAX).await?;
    let row = rows.into_iter().find(|row| row.remote_id.as_str() == record);
    let row = row.ok_or(WebError::NotFound)?;
    let id = RemoteId::new(record);
    let body = store.record_body(connection.id, stream, &id).await?.ok_or(WebError::NotFound)?;
    let id = id.as_str().to_owned();
    let view = ProblemView { stream, id, problem: row.problem, raw: pretty(&body) };
    Ok(view.page(&chrome).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_twice_is_answered_in_words() {
        assert!(answer(SyncAsked::Enqueued(Uuid::nil())).contains("begins in a moment"));
        assert!(answer(SyncAsked::Running(Uuid::nil())).contains("not started twice"));
        let at = 1_795_426_860_000;
        assert!(answer(SyncAsked::JustEnded { at }).contains("at 09:41:00 UTC"));
    }
}
