//! The control port: what really is, what clients did, and how to change it. JSON, no sign-in.
//!
//! | request | does |
//! |---|---|
//! | `GET /truth/{entity}` | NDJSON: every row (of `Actions` too, ticket by ticket), inactive ones too, by index, the very bytes of the list; `assetfields=1` fills `fields[]`; takes the list's own filters |
//! | `GET /state` | clock, counts, switches |
//! | `GET /requests` | the last few thousand request lines |
//! | `GET /writes` | every request that asked to change something, with what it changed |
//! | `POST /settings` | replaces the switches named in the body; those of webhooks are a group: `{"webhooks": {"drop": 5}}` |
//! | `POST /faults` | `["500=5", ...]` replaces the faults |
//! | `POST /limit` | `{"limit": N, "window_seconds": S, "retry_after": "on"}` |
//! | `POST /clock` | `{"advance": SECONDS, "speed": FACTOR}` |
//! | `POST /scopes` | `["read:assets", ...]` for tokens issued from now on |
//! | `POST /agent` | `{"disabled": true, "status": 401}` |
//! | `POST /tokens/revoke` | ends every token |
//! | `POST /row/{entity}` | `{"op": "insert\|update\|delete\|deactivate\|restore", "id": N, "values": {..}, "fields": {"117": ".."}}` |
//! | `POST /move` | `{"rows": N}`: so many further changes between pages |
//! | `GET /webhooks` | webhooks and notifications without secrets, length of the queue, counts |
//! | `POST /webhooks/flush` | sends at once what is queued, late or held; answers when all was tried |
//!
//! A change to a row of Tickets, Opportunities or Projects fires webhooks as a client's write does;
//! deleting and restoring do not.
//!
//! Bind it to loopback: whoever reaches it can do anything to the simulator.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::connection::PieceBody;
use crate::list;
use crate::params::Params;
use crate::server::Sim;
use crate::ticket_event::TicketChange;
use crate::world::action;
use crate::world::kind::{self, Kind, KindId, View};
use crate::{webhook, write};

/// Rows that are written at a time.
const PIECE_ROWS: usize = 200;

type Answered = Result<Json<Value>, Refused>;

/// A request that cannot be done; the text says why.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

/// The routes of the control port.
pub(crate) fn router(sim: Arc<Sim>) -> Router {
    Router::new()
        .route("/truth/{entity}", get(truth))
        .route("/state", get(state))
        .route("/requests", get(requests))
        .route("/writes", get(writes))
        .route("/settings", post(settings))
        .route("/faults", post(faults))
        .route("/limit", post(limit))
        .route("/clock", post(clock))
        .route("/scopes", post(scopes))
        .route("/agent", post(agent))
        .route("/tokens/revoke", post(revoke))
        .route("/row/{entity}", post(row))
        .route("/move", post(move_rows))
        .route("/webhooks", get(webhooks))
        .route("/webhooks/flush", post(flush))
        .with_state(sim)
}

fn find(entity: &str) -> Result<&'static dyn Kind, Refused> {
    kind::by_route(entity).ok_or_else(|| {
        let routes: Vec<_> = kind::ALL.iter().map(|kind| kind.route()).collect();
        Refused(StatusCode::NOT_FOUND, format!("no {entity:?}; there are: {}", routes.join(", ")))
    })
}

fn bad(text: impl std::fmt::Display) -> Refused {
    Refused(StatusCode::BAD_REQUEST, text.to_string())
}

async fn truth(
    State(sim): State<Arc<Sim>>,
    Path(entity): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    if entity.eq_ignore_ascii_case("actions") {
        let world = sim.world.read().unwrap_or_else(PoisonError::into_inner);
        let body = action::truth(&world, &sim.switches());
        return Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response());
    }
    let kind = find(&entity)?;
    let given = Params::parse(query.as_deref().unwrap_or(""));
    let switches = sim.switches();
    let wanted = format!(
        "{}&order=id&{}=true&showall=true&includeapiagents=true",
        query.as_deref().unwrap_or(""),
        kind.inactive_param().unwrap_or("includeinactive")
    );
    let rows = {
        let world = sim.world.read().unwrap_or_else(PoisonError::into_inner);
        let rows = sim.lists.rows(&world, kind, &Params::parse(&wanted), &switches);
        rows.map_err(|bad_param| bad(format!("{} is not a number", bad_param.name)))?
    };
    let view = View {
        has_fields: given.get("assetfields").is_some_and(|value| value == "1")
            && kind.id() == KindId::Asset,
        ..list::view(kind, &given, &switches)
    };
    let mut next = 0;
    let pieces = PieceBody(move || {
        let piece =
            rows.get(next..rows.len().min(next + PIECE_ROWS)).filter(|piece| !piece.is_empty())?;
        let world = sim.world.read().unwrap_or_else(PoisonError::into_inner);
        let mut out = Vec::new();
        for index in piece {
            world.render(kind, *index, &view, &mut out);
            out.push(b'\n');
        }
        next += piece.len();
        Some(out)
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::new(pieces)).into_response())
}

async fn state(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let world = sim.world.read().unwrap_or_else(PoisonError::into_inner);
    let rows: Map<String, Value> = kind::ALL
        .iter()
        .map(|kind| (kind.route().to_owned(), json!(world.overlay(kind.records()).end())))
        .collect();
    Json(json!({
        "clock_millis": sim.clock.now_millis(),
        "clock_speed": sim.clock.speed(),
        "counts": sim.recording.counts(),
        "webhooks": sim.webhooks.counts(),
        "rows_ever": rows,
        "switches": *sim.switches(),
    }))
}

async fn requests(State(sim): State<Arc<Sim>>) -> Json<Value> {
    Json(json!(sim.recording.lines()))
}

async fn writes(State(sim): State<Arc<Sim>>) -> Json<Value> {
    Json(json!(sim.recording.writes()))
}

fn patch(sim: &Sim, patch: &Value) -> Answered {
    let mut current = sim.switches.write().unwrap_or_else(PoisonError::into_inner);
    let changed = current.patched(patch).map_err(bad)?;
    *current = Arc::new(changed);
    Ok(Json(json!(**current)))
}

async fn settings(State(sim): State<Arc<Sim>>, Json(body): Json<Value>) -> Answered {
    if body.as_object().is_some_and(|body| body.contains_key("move_rows")) {
        sim.recording.reset_moves();
    }
    patch(&sim, &body)
}

async fn faults(State(sim): State<Arc<Sim>>, Json(body): Json<Value>) -> Answered {
    patch(&sim, &json!({"faults": body}))
}

async fn scopes(State(sim): State<Arc<Sim>>, Json(body): Json<Value>) -> Answered {
    patch(&sim, &json!({"scopes": body}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitBody {
    limit: u32,
    window_seconds: Option<u32>,
    retry_after: Option<Value>,
}

async fn limit(State(sim): State<Arc<Sim>>, Json(body): Json<LimitBody>) -> Answered {
    let mut wanted = json!({"limit": body.limit});
    if let Some(seconds) = body.window_seconds {
        wanted["limit_window_seconds"] = json!(seconds);
    }
    if let Some(retry_after) = body.retry_after {
        wanted["retry_after"] = retry_after;
    }
    patch(&sim, &wanted)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    advance: Option<f64>,
    speed: Option<f64>,
}

async fn clock(State(sim): State<Arc<Sim>>, Json(body): Json<ClockBody>) -> Json<Value> {
    sim.clock.advance(body.advance.unwrap_or(0.0));
    if let Some(speed) = body.speed {
        sim.clock.set_speed(speed);
    }
    Json(json!({"clock_millis": sim.clock.now_millis(), "clock_speed": sim.clock.speed()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgentBody {
    disabled: bool,
    status: Option<u16>,
}

async fn agent(State(sim): State<Arc<Sim>>, Json(body): Json<AgentBody>) -> Answered {
    let status = body.disabled.then(|| body.status.unwrap_or(401));
    patch(&sim, &json!({"disabled_agent": status}))
}

async fn revoke(State(sim): State<Arc<Sim>>) -> Json<Value> {
    sim.tokens.revoke_all();
    Json(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveBody {
    rows: u32,
}

async fn move_rows(State(sim): State<Arc<Sim>>, Json(body): Json<MoveBody>) -> Answered {
    sim.recording.reset_moves();
    patch(&sim, &json!({"move_rows": body.rows}))
}

async fn webhooks(State(sim): State<Arc<Sim>>) -> Json<Value> {
    Json(webhook::overview(&sim.webhooks))
}

async fn flush(State(sim): State<Arc<Sim>>) -> Json<Value> {
    sim.webhooks.settle().await;
    Json(json!(sim.webhooks.counts()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowBody {
    op: String,
    id: Option<i64>,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default)]
    fields: BTreeMap<i64, Value>,
}

async fn row(
    State(sim): State<Arc<Sim>>,
    Path(entity): Path<String>,
    Json(mut body): Json<RowBody>,
) -> Answered {
    let kind = find(&entity)?;
    let now = sim.clock.now_millis();
    let mut world = sim.world.write().unwrap_or_else(PoisonError::into_inner);
    if body.op == "deactivate" {
        body.values.insert("inactive".to_owned(), Value::Bool(true));
    }
    let is_ticket = kind.records() == KindId::Tickets;
    let before = body.id.and_then(|id| kind.index_of(id)).filter(|_| is_ticket);
    let changed = before.map(|index| write::changed(&world, kind, index, &body.values));
    let overlay = world.overlay_mut(kind.records());
    let known = body.id.and_then(|id| kind.index_of(id)).filter(|index| *index < overlay.end());
    let index = match (body.op.as_str(), known) {
        ("insert", _) => overlay.add(),
        (_, Some(index)) => index,
        (_, None) => return Err(bad(format!("no row {:?} of {}", body.id, kind.route()))),
    };
    let is_done = match body.op.as_str() {
        "insert" | "update" | "deactivate" => true,
        "delete" => overlay.delete(index),
        "restore" => overlay.restore(index),
        other => return Err(bad(format!("no operation {other:?}"))),
    };
    // A row that is made now was changed now.
    if !body.values.is_empty() || body.op == "insert" {
        overlay.merge(index, body.values, now);
    }
    if !body.fields.is_empty() {
        overlay.merge_fields(index, body.fields, now);
    }
    let is_new = body.op == "insert";
    if is_ticket && (is_new || body.op == "update" || body.op == "deactivate") {
        let changed = changed.unwrap_or_default();
        let change = TicketChange { is_new, changed: &changed, action: None };
        sim.ticket_changed(&world, index, &change);
    }
    Ok(Json(json!({"id": kind.remote_id(index), "done": is_done})))
}
