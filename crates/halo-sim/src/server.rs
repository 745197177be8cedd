//! The Halo side: one handler for every request, in the order in which Halo's layers answer.
//!
//! Latency, limit, fault, then the route: anonymous pages, tokens, and records behind a token.
//! Routes are found without regard to case, so no router's table is used.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde_json::Value;
use tokio::sync::watch;

use crate::access::Area;
use crate::answer::{Answer, Ending};
use crate::auth::{Credentials, TokenRequest, Tokens};
use crate::clock::Clock;
use crate::connection::ResetFlag;
use crate::fault::FaultKind;
use crate::limit::Limiter;
use crate::list::{self, Lists};
use crate::params::Params;
use crate::recording::{Recording, RequestLine, WriteChange};
use crate::switches::{Switches, TokenPaths};
use crate::ticket_event::TicketChange;
use crate::webhook::{Call, Table, Webhooks};
use crate::world::kind::{self, Kind, KindId};
use crate::world::{World, action};
use crate::{about, access, fault, webhook, write, write_action};

/// Largest request body that is read.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Length of a GUID; a path that ends in neither one nor an integer is no route.
const GUID_CHARS: usize = 36;

/// Everything the two listeners share.
pub(crate) struct Sim {
    pub(crate) seed: u64,
    pub(crate) credentials: Credentials,
    /// `http://address`, without a slash at the end.
    pub(crate) base_url: String,
    pub(crate) clock: Clock,
    pub(crate) world: RwLock<World>,
    pub(crate) lists: Lists,
    pub(crate) tokens: Tokens,
    pub(crate) limiter: Limiter,
    pub(crate) recording: Recording,
    pub(crate) webhooks: Webhooks,
    pub(crate) switches: RwLock<Arc<Switches>>,
    /// Becomes true when the simulator ends; stalled requests watch it.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// One request, read whole.
struct Incoming {
    method: Method,
    path: String,
    query: Params,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Sim {
    /// The switches as they are now.
    pub(crate) fn switches(&self) -> Arc<Switches> {
        Arc::clone(&self.switches.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits, but not past the end of the simulator.
    async fn pause(&self, time: Duration) {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            _ = stopping.wait_for(|is_stopping| *is_stopping) => {}
        }
    }

    async fn answer(&self, incoming: &Incoming, number: u64) -> (Answer, Option<FaultKind>) {
        let switches = self.switches();
        if switches.latency_ms > 0 {
            self.pause(Duration::from_millis(u64::from(switches.latency_ms))).await;
        }
        let admitted = self.limiter.admit(self.clock.now_millis(), self.clock.speed(), &switches);
        if let Err(refused) = admitted {
            return (refused, None);
        }
        let Some(kind) = fault::drawn(&switches.faults, self.seed, number) else {
            let answer = self.route(incoming, &switches);
            if answer.ending == Ending::Stalled {
                self.pause(Duration::from_secs(u64::from(switches.stall_seconds))).await;
            }
            return (answer, None);
        };
        if kind == FaultKind::Stall {
            self.pause(Duration::from_secs(u64::from(switches.stall_seconds))).await;
        }
        let answer = fault::instead(kind)
            .unwrap_or_else(|| fault::spoil(kind, self.route(incoming, &switches)));
        (answer, Some(kind))
    }

    fn route(&self, incoming: &Incoming, switches: &Switches) -> Answer {
        let path = incoming.path.to_lowercase();
        match (path.as_str(), switches.token_paths) {
            ("/auth/token", TokenPaths::Both | TokenPaths::Auth)
            | ("/token", TokenPaths::Both | TokenPaths::Plain) => {
                return self.token(incoming, switches);
            }
            ("/api/authinfo", _) => {
                let auth = if switches.token_paths == TokenPaths::Plain { "" } else { "/auth" };
                let url = format!("{}{auth}", self.base_url);
                return Answer::json(200, about::auth_info(&url, &self.credentials.halo_tenant));
            }
            ("/api/instanceinfo", _) => {
                return Answer::json(200, about::instance_info(&switches.build));
            }
            ("/api/swagger/v2/swagger.json", _) => {
                return Answer::json(200, about::swagger(&switches.build));
            }
            _ => {}
        }
        match path.strip_prefix("/api/") {
            Some(route) => self.record(incoming, route.trim_end_matches('/'), switches),
            None => Answer::html(404, "Not Found"),
        }
    }

    fn token(&self, incoming: &Incoming, switches: &Switches) -> Answer {
        if incoming.method != Method::POST {
            return Answer::error(
                400,
                "invalid_request",
                "The specified HTTP method is not valid.",
            );
        }
        let request = TokenRequest {
            query: &incoming.query,
            form: &Params::parse(&String::from_utf8_lossy(&incoming.body)),
            authorization: text_header(&incoming.headers, "authorization"),
        };
        let now = self.clock.now_millis();
        let (answer, is_issued) =
            self.tokens.issue(&request, &self.credentials, switches, now, self.seed);
        if is_issued {
            self.recording.token();
        }
        answer
    }

    fn record(&self, incoming: &Incoming, route: &str, switches: &Switches) -> Answer {
        let mut parts = route.split('/');
        let name = parts.next().unwrap_or("");
        let rest: Vec<&str> = parts.collect();
        let found = kind::by_route(name);
        let table = Table::of(name);
        let is_write = incoming.method != Method::GET;
        let (area, route) = match (found, table, name) {
            (Some(kind), ..) => (kind.area(), kind.route()),
            (None, Some(table), _) => (table.area(is_write), table.route()),
            (None, None, "actions") => (Area::Tickets, "Actions"),
            (None, None, "crmnote") => (Area::Crm, "CRMNote"),
            _ => return Answer::html(404, "Not Found"),
        };
        if let Some(status) = switches.disabled_agent {
            return Answer::empty(status);
        }
        let scopes = self.tokens.scopes(
            text_header(&incoming.headers, "authorization"),
            text_header(&incoming.headers, "x-halo-api-key"),
            &self.credentials,
            switches,
            self.clock.now_millis(),
        );
        let scopes = match scopes {
            Ok(scopes) => scopes,
            Err(refused) => return refused,
        };
        let refusal = access::refusal(&scopes, (area, route), !rest.is_empty(), is_write, switches);
        if let Some(status) = refusal {
            return Answer::empty(status);
        }
        let params = &incoming.query;
        if let Some(table) = table {
            let Incoming { method, body, .. } = incoming;
            let call = Call { method, rest: &rest, params, body };
            return webhook::answer(&self.webhooks, table, &call, switches);
        }
        if is_write {
            return self.write(incoming, (found, route), &rest, switches);
        }
        match (found, rest.as_slice()) {
            (Some(kind), []) => self.list(kind, params, switches),
            (Some(kind), ["me"]) if kind.id() == KindId::Agent => {
                let world = self.world.read().unwrap_or_else(PoisonError::into_inner);
                Answer::json(200, about::agent_me(&world, &self.credentials.oauth_client_id))
            }
            (Some(kind), [id]) if kind.has_get() => self.one(kind, id, params, switches),
            (None, []) => self.derived(route, params),
            (None, [id]) if route == "Actions" => self.action(id, params),
            _ => Answer::html(404, "Not Found"),
        }
    }

    fn write(
        &self,
        incoming: &Incoming,
        (kind, route): (Option<&'static dyn Kind>, &str),
        rest: &[&str],
        switches: &Switches,
    ) -> Answer {
        if route == "Actions" && incoming.method == Method::POST && rest.is_empty() {
            return self.write_action(incoming, switches);
        }
        let Some(kind) = kind.filter(|kind| write::is_writable(*kind)) else {
            return Answer::empty(405);
        };
        let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
        match (&incoming.method, rest) {
            (&Method::POST, []) => {
                let now = self.clock.now_millis();
                match write::post(&mut world, kind, &incoming.body, now, switches) {
                    Ok((answer, written)) => {
                        for one in written.iter().filter(|_| kind.records() == KindId::Tickets) {
                            let is_new = one.is_new;
                            let changed = one.changes.iter().filter(|_| !is_new);
                            let changed: Vec<String> =
                                changed.map(|change| change.name.clone()).collect();
                            let change = TicketChange { is_new, changed: &changed, action: None };
                            self.ticket_changed(&world, one.index, &change);
                        }
                        let changes = written.into_iter().flat_map(|one| one.changes).collect();
                        Answer { changes, ..answer }
                    }
                    Err(refused) => refused,
                }
            }
            (&Method::DELETE, [id]) => write::delete(&mut world, kind, id),
            _ => Answer::empty(405),
        }
    }

    fn write_action(&self, incoming: &Incoming, switches: &Switches) -> Answer {
        let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
        let author = write_action::Author {
            oauth_client_id: &self.credentials.oauth_client_id,
            now_millis: self.clock.now_millis(),
        };
        let done = match write_action::post(&mut world, &incoming.body, &author, switches) {
            Ok(done) => done,
            Err(refused) => return refused,
        };
        for one in &done {
            let action = Some(one.row.as_slice());
            let change = TicketChange { is_new: false, changed: &one.changed, action };
            self.ticket_changed(&world, one.ticket, &change);
        }
        let rows: Vec<Vec<u8>> = done.into_iter().map(|one| one.row).collect();
        let changes = rows.iter().map(|row| WriteChange {
            id: None,
            name: "action".to_owned(),
            before: Value::Null,
            after: serde_json::from_slice(row).unwrap_or_default(),
        });
        Answer { changes: changes.collect(), ..write::answer(&rows, "Actions", switches) }
    }

    /// `/Actions/{id}?ticket_id=N`: the number alone names no action.
    fn action(&self, id: &str, params: &Params) -> Answer {
        let world = self.world.read().unwrap_or_else(PoisonError::into_inner);
        let ticket_id = match params.int("ticket_id") {
            Ok(ticket_id) => ticket_id.unwrap_or(0),
            Err(bad) => return list::bad_param(&bad),
        };
        let found = id.parse().ok().and_then(|id| action::one(&world, ticket_id, id));
        found.map_or_else(|| Answer::empty(404), |body| Answer::json(200, body))
    }

    /// Lists that are no table of their own.
    fn derived(&self, route: &str, params: &Params) -> Answer {
        let world = self.world.read().unwrap_or_else(PoisonError::into_inner);
        if route == "CRMNote" {
            return match action::crm_notes(&world, params) {
                Ok(body) => Answer::json(200, body),
                Err(bad) => list::bad_param(&bad),
            };
        }
        match action::actions(&world, params) {
            Ok(Some(body)) => Answer::json(200, body),
            // Halo times out on all actions of all tickets.
            Ok(None) => Answer { ending: Ending::Stalled, ..Answer::html(504, "Gateway Time-out") },
            Err(bad) => list::bad_param(&bad),
        }
    }

    fn list(&self, kind: &dyn Kind, params: &Params, switches: &Switches) -> Answer {
        let world = self.world.read().unwrap_or_else(PoisonError::into_inner);
        let page = match list::page(&self.lists, &world, kind, params, switches) {
            Ok(page) => page,
            Err(bad) => return list::bad_param(&bad),
        };
        drop(world);
        if let Some((rows, sent)) = page.passed
            && switches.move_rows > 0
            && self.recording.move_row(switches.move_rows)
        {
            self.move_row(kind, &rows[..sent]);
        }
        Answer::json(200, page.body)
    }

    /// Get by id is a bare object (HALO-API.md 2.2); what is not there is 404 without a body.
    fn one(&self, kind: &dyn Kind, id: &str, params: &Params, switches: &Switches) -> Answer {
        if id.parse::<i64>().is_err() && id.len() != GUID_CHARS {
            return Answer::html(404, "Not Found");
        }
        let world = self.world.read().unwrap_or_else(PoisonError::into_inner);
        let end = world.overlay(kind.records()).end();
        let index = kind.find(id).filter(|index| *index < end);
        let Some(index) = index.filter(|index| world.is_there(kind, *index, switches)) else {
            return Answer::empty(404);
        };
        let mut view = list::view(kind, params, switches);
        view.is_detail = true;
        let mut body = Vec::new();
        world.render(kind, index, &view, &mut body);
        Answer::json(200, body)
    }

    /// Deletes a row that was sent already, adds one, brings one back: by turns, so that rows shift
    /// both ways while a client pages.
    pub(crate) fn move_row(&self, kind: &dyn Kind, sent: &[u32]) {
        let turn = self.recording.counts().moved_rows;
        let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
        let mut dice = world.base.dice(0x30fe ^ turn, 0);
        let overlay = world.overlay_mut(kind.records());
        match (turn % 3, overlay.any_deleted()) {
            (0, Some(index)) => {
                overlay.restore(index);
            }
            (2, _) => {
                overlay.add();
            }
            _ => {
                let place = dice.below(sent.len() as u32) as usize;
                if let Some(index) = sent.get(place) {
                    overlay.delete(*index);
                }
            }
        }
    }
}

fn text_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Answers one request of the Halo side.
pub(crate) async fn handle(
    State(sim): State<Arc<Sim>>,
    ConnectInfo(connection): ConnectInfo<ResetFlag>,
    request: Request,
) -> Response {
    let number = sim.recording.number();
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await;
    let (answer, hit) = match body {
        Ok(body) => {
            let incoming = Incoming {
                method: parts.method.clone(),
                path: parts.uri.path().to_owned(),
                query: Params::parse(parts.uri.query().unwrap_or("")),
                headers: parts.headers,
                body: body.into(),
            };
            sim.answer(&incoming, number).await
        }
        Err(_) => (Answer::html(413, "Request Entity Too Large"), None),
    };
    let now = sim.clock.now_millis();
    let line = RequestLine {
        number,
        at_millis: now,
        method: parts.method.to_string(),
        target,
        status: answer.status,
        fault: hit.map(FaultKind::name),
    };
    sim.recording.add(line, answer.changes.clone());
    if answer.ending == Ending::Reset {
        connection.set();
    }
    answer.into_response(now)
}
