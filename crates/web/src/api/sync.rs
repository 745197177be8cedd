//! How far the sync is, what its runs did, and asking for one. Nothing here waits for the PSA.

use almanac_store::{Run, RunCause, RunId, StreamProgress, SyncAsked};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::caller::Caller;
use super::instant;
use super::names::StreamName;
use super::newest::Newest;
use super::problem::{ChangeProblems, ListProblems, Problem, ReadProblems};
use super::request::ApiQuery;
use crate::extract::needs;
use crate::state::WebState;

/// How far the sync is.
#[derive(Serialize, ToSchema)]
pub(super) struct SyncStatus {
    /// Whether there is a connection to sync.
    is_connected: bool,
    /// The run that goes on now.
    run: Option<CurrentRun>,
    /// Since when a sync that a person asked for waits to begin.
    waiting_since: Option<Timestamp>,
    /// Every stream, in order of dependency.
    streams: Vec<StreamItem>,
}

/// A run that goes on.
#[derive(Serialize, ToSchema)]
struct CurrentRun {
    id: Uuid,
    started_at: Timestamp,
    /// Calls to the PSA so far.
    requests: u64,
}

/// How far one stream is.
#[derive(Serialize, ToSchema)]
#[schema(as = StreamProgress)]
struct StreamItem {
    #[schema(value_type = StreamName)]
    stream: &'static str,
    /// What it is doing.
    state: StreamDoes,
    /// Records read by the run that goes on, or by the last.
    read: u64,
    /// Records that the PSA says there are.
    claimed: Option<u64>,
    /// Records that the PSA has, as far as is known.
    live: u64,
    /// Live records that were not understood.
    bad: u64,
    /// When a scan last finished and was believed.
    last_scan_at: Option<Timestamp>,
    /// Why it waits for a person.
    held: Option<HeldItem>,
}

/// What a stream is doing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StreamDoes {
    /// It waits for a person.
    Held,
    /// Its pages are being read.
    Running,
    /// It was read to its end.
    Done,
    /// Its turn has not come.
    Waiting,
}

/// Why something waits for a person, or why a run ended early.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = Held)]
struct HeldItem {
    /// The public code.
    code: String,
    /// What was found.
    text: String,
}

impl From<StreamProgress> for StreamItem {
    fn from(stream: StreamProgress) -> StreamItem {
        let state = match () {
            () if stream.held.is_some() => StreamDoes::Held,
            () if stream.is_running => StreamDoes::Running,
            () if stream.is_done => StreamDoes::Done,
            () => StreamDoes::Waiting,
        };
        StreamItem {
            stream: stream.stream.name(),
            state,
            read: stream.read,
            claimed: stream.claimed,
            live: stream.live,
            bad: stream.bad,
            last_scan_at: stream.last_scan_at.map(instant),
            held: stream.held.map(|held| HeldItem { code: held.code, text: held.text }),
        }
    }
}

/// Says how far the sync is.
#[utoipa::path(get, path = "/api/v1/sync", tag = "sync", operation_id = "sync_status",
    responses((status = 200, description = "How far each stream is.", body = SyncStatus), ReadProblems))]
pub(super) async fn status(
    caller: Caller<needs::ViewSync>,
    State(web): State<WebState>,
) -> Result<Json<SyncStatus>, Problem> {
    let pulse = caller.store.pulse().await?;
    let Some(connection) = pulse.and_then(|pulse| pulse.connection) else {
        let streams = Vec::new();
        return Ok(Json(SyncStatus {
            is_connected: false,
            run: None,
            waiting_since: None,
            streams,
        }));
    };
    let progress = caller.store.sync_progress(connection, web.now_ms()).await?;
    let run = progress.run.map(|run| CurrentRun {
        id: run.id.0,
        started_at: instant(run.started_at),
        requests: run.requests,
    });
    Ok(Json(SyncStatus {
        is_connected: true,
        run,
        waiting_since: progress.waiting_since.map(instant),
        streams: progress.streams.into_iter().map(StreamItem::from).collect(),
    }))
}

/// What asking for a sync did.
#[derive(Serialize, ToSchema)]
pub(super) struct SyncAnswer {
    /// What became of it.
    state: AskedState,
    /// The job that does it; null where the sync has just ended.
    job: Option<Uuid>,
    /// When the sync that counts for this one ended.
    ended_at: Option<Timestamp>,
}

/// What became of a sync that was asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AskedState {
    /// It will begin.
    Enqueued,
    /// One waits already.
    Waiting,
    /// One runs already.
    Running,
    /// One that was asked for less than two minutes ago has ended already.
    JustEnded,
}

impl From<SyncAsked> for SyncAnswer {
    fn from(asked: SyncAsked) -> SyncAnswer {
        let (state, job, ended_at) = match asked {
            SyncAsked::Enqueued(job) => (AskedState::Enqueued, Some(job), None),
            SyncAsked::Waiting(job) => (AskedState::Waiting, Some(job), None),
            SyncAsked::Running(job) => (AskedState::Running, Some(job), None),
            SyncAsked::JustEnded { at } => (AskedState::JustEnded, None, Some(instant(at))),
        };
        SyncAnswer { state, job, ended_at }
    }
}

/// Asks for a sync of everything; the same asked for twice within two minutes runs once.
#[utoipa::path(post, path = "/api/v1/sync", tag = "sync", operation_id = "sync_ask",
    responses((status = 202, description = "It will be done.", body = SyncAnswer), ChangeProblems))]
pub(super) async fn ask(
    caller: Caller<needs::RunSync>,
    State(web): State<WebState>,
) -> Result<(StatusCode, Json<SyncAnswer>), Problem> {
    let pulse = caller.store.pulse().await?;
    let connection = pulse.and_then(|pulse| pulse.connection);
    let connection =
        connection.ok_or_else(|| Problem::conflict("There is no connection to sync yet."))?;
    let asked = caller.store.sync_ask(connection, &caller.author(), web.now_ms()).await?;
    Ok((StatusCode::ACCEPTED, Json(asked.into())))
}

/// A page of runs, the newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct RunList {
    items: Vec<RunItem>,
    /// The cursor of the next page; null on the last.
    next_cursor: Option<Uuid>,
}

/// What a run did.
#[derive(Serialize, ToSchema)]
#[schema(as = Run)]
struct RunItem {
    id: Uuid,
    /// What ran, such as `sync`.
    kind: String,
    started_at: Timestamp,
    /// Null while it runs, or when its program was ended by force.
    ended_at: Option<Timestamp>,
    /// Such as `done`, `partial`, `held` or `failed`; null while it runs.
    outcome: Option<String>,
    /// Why it ran; null where that is not known.
    cause: Option<RunCauseItem>,
    /// Calls to the PSA.
    requests: Option<u64>,
    /// What ended a failed run.
    error: Option<HeldItem>,
    /// What it did to each stream, in the order read.
    streams: Vec<RunStream>,
}

/// Why a run ran.
#[derive(Serialize, ToSchema)]
#[schema(as = RunCause)]
struct RunCauseItem {
    kind: RunCauseKind,
    /// Who asked for it; null where nobody did, or where that is not known.
    by: Option<String>,
}

/// Why runs run.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RunCauseKind {
    /// Its time had come.
    Schedule,
    /// A person asked for it.
    Asked,
    /// Nothing was ever read to its end through this connection.
    FirstSync,
    /// The same work was begun before and ended early.
    Resumed,
    /// Halo named what changed.
    Webhook,
    /// A command.
    CommandLine,
}

impl From<RunCause> for RunCauseItem {
    fn from(cause: RunCause) -> RunCauseItem {
        let (kind, by) = match cause {
            RunCause::Schedule => (RunCauseKind::Schedule, None),
            RunCause::Asked { by } => (RunCauseKind::Asked, by),
            RunCause::FirstSync { by } => (RunCauseKind::FirstSync, by),
            RunCause::Resumed => (RunCauseKind::Resumed, None),
            RunCause::Webhook => (RunCauseKind::Webhook, None),
            RunCause::CommandLine => (RunCauseKind::CommandLine, None),
        };
        RunCauseItem { kind, by: by.map(|author| author.name) }
    }
}

/// What a run did to one stream.
#[derive(Serialize, Deserialize, ToSchema)]
struct RunStream {
    stream: String,
    /// `full`: the whole stream was read.
    mode: String,
    /// Distinct records received.
    read: u64,
    added: u64,
    changed: u64,
    unchanged: u64,
    removed: u64,
    /// Records that were not understood.
    bad: u64,
    /// Calls to the PSA.
    requests: u64,
    /// Answers that said "too many".
    throttled: u64,
    seconds: f64,
    held: Option<HeldItem>,
}

/// The part of a stored status that is given.
#[derive(Default, Deserialize)]
struct StoredStatus {
    requests: Option<u64>,
    #[serde(default)]
    streams: Vec<RunStream>,
    error: Option<HeldItem>,
}

impl From<Run> for RunItem {
    fn from(run: Run) -> RunItem {
        // A status of a kind of run that this address does not know has none of these parts.
        let status = run.status.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let StoredStatus { requests, streams, error } = status.unwrap_or_default();
        RunItem {
            id: run.id.0,
            kind: run.kind,
            started_at: instant(run.started_at),
            ended_at: run.ended_at.map(instant),
            outcome: run.outcome,
            cause: run.cause.map(RunCauseItem::from),
            requests,
            error,
            streams,
        }
    }
}

/// Lists what syncs did, the newest first.
#[utoipa::path(get, path = "/api/v1/runs", tag = "sync", operation_id = "run_list", params(Newest),
    responses((status = 200, description = "A page of runs.", body = RunList), ListProblems))]
pub(super) async fn runs(
    caller: Caller<needs::ViewSync>,
    State(_): State<WebState>,
    ApiQuery(page): ApiQuery<Newest>,
) -> Result<Json<RunList>, Problem> {
    let mut found = caller.store.run_list(page.cursor.map(RunId), page.rows()).await?;
    let next_cursor = page.cut(&mut found, |run| run.id.0);
    Ok(Json(RunList { items: found.into_iter().map(RunItem::from).collect(), next_cursor }))
}
