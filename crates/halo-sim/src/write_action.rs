//! `POST /Actions`: comments on tickets, as HALO-API.md 3.10 has them.
//!
//! An action needs an outcome, and one that the ticket's workflow step allows (Q-48: KG, CIPP#106).
//! It carries the application that wrote it, so that a client knows its own (Q-52: QD).

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::date;
use crate::row::guid;
use crate::switches::Switches;
use crate::world::kind::{Kind, KindId, View};
use crate::world::setup::{Entry, OUTCOMES, STATUSES};
use crate::world::ticket::Tickets;
use crate::world::{World, action, agent};
use crate::write;

static TICKETS: Tickets = Tickets(KindId::Tickets);

/// Who writes, and when.
pub(crate) struct Author<'a> {
    pub(crate) oauth_client_id: &'a str,
    /// Simulated milliseconds since 1970.
    pub(crate) now_millis: i64,
}

/// One action that was stored.
pub(crate) struct Done {
    pub(crate) ticket: u32,
    pub(crate) row: Vec<u8>,
    /// Properties of the ticket that differ from before.
    pub(crate) changed: Vec<String>,
}

/// One action that may be stored.
struct Wanted {
    ticket: u32,
    /// `None` creates.
    number: Option<i64>,
    outcome: Option<&'static Entry>,
    values: Map<String, Value>,
}

/// Checks every item, then stores them.
pub(crate) fn post(
    world: &mut World,
    body: &[u8],
    author: &Author<'_>,
    switches: &Switches,
) -> Result<Vec<Done>, Answer> {
    let mut wanted = Vec::new();
    for (place, item) in write::items(body)?.into_iter().enumerate() {
        wanted.push(check(world, place, item, switches)?);
    }
    Ok(wanted.into_iter().map(|one| store(world, one, author)).collect())
}

fn check(
    world: &World,
    place: usize,
    mut values: Map<String, Value>,
    switches: &Switches,
) -> Result<Wanted, Answer> {
    write::check_integers(KindId::Tickets, place, &mut values)?;
    let number = |name: &str| values.get(name).and_then(Value::as_i64).filter(|id| *id != 0);
    let Some(ticket_id) = number("ticket_id") else {
        return Err(Answer::exception(400, "A Ticket must be selected"));
    };
    let end = world.overlay(KindId::Tickets).end();
    let ticket = TICKETS.index_of(ticket_id).filter(|index| *index < end);
    let ticket = ticket.filter(|index| world.is_there(&TICKETS, *index, switches));
    let ticket = ticket.ok_or_else(|| Answer::empty(404))?;
    let id = number("id");
    if let Some(id) = id {
        action::one(world, ticket_id, id).ok_or_else(|| Answer::empty(404))?;
    }
    let named = number("outcome_id");
    let text = values.get("outcome").and_then(Value::as_str).filter(|text| !text.is_empty());
    let outcome = match (named, text) {
        (None, None) if id.is_some() => None,
        (None, None) => {
            return Err(Answer::exception(400, "An Outcome must be entered for this Action"));
        }
        (Some(named), _) => Some(OUTCOMES.rows.iter().find(|entry| entry.id == named)),
        (None, Some(text)) => {
            Some(OUTCOMES.rows.iter().find(|entry| entry.name.eq_ignore_ascii_case(text)))
        }
    };
    // Whether Halo words an outcome that does not exist like this is not known.
    let refused = || Answer::exception(400, "You do not have access to this Action at the moment");
    let outcome = outcome.map(|found| found.ok_or_else(refused)).transpose()?;
    if outcome.is_some_and(|outcome| !is_allowed(world, ticket, outcome, switches)) {
        return Err(refused());
    }
    values.remove("id");
    values.retain(|name, _| !name.starts_with('_'));
    Ok(Wanted { ticket, number: id, outcome, values })
}

/// Whether the ticket's workflow step has the outcome.
fn is_allowed(world: &World, ticket: u32, outcome: &Entry, switches: &Switches) -> bool {
    let is_refused = |name: &String| name.eq_ignore_ascii_case(outcome.name);
    let step = property(world, ticket, "workflow_step").as_i64().unwrap_or(0);
    // Without a workflow there is no step to refuse anything.
    let has_step = step == 0 || outcome.more.contains(&step.to_string());
    has_step && !switches.refuse_outcomes.iter().any(is_refused)
}

fn property(world: &World, ticket: u32, name: &str) -> Value {
    let mut out = Vec::new();
    world.render(&TICKETS, ticket, &View::default(), &mut out);
    let mut row: Value = serde_json::from_slice(&out).unwrap_or_default();
    row[name].take()
}

fn store(world: &mut World, wanted: Wanted, author: &Author<'_>) -> Done {
    let Wanted { ticket, number, outcome, mut values } = wanted;
    let ticket_id = Tickets::remote_id_of(ticket);
    let number_or_next = number.unwrap_or_else(|| action::next(world, ticket_id));
    let status = values.get("new_status").and_then(Value::as_i64).filter(|status| *status > 0);
    let status = status.or_else(|| outcome.map(|own| own.kind).filter(|status| *status > 0));
    let before = property(world, ticket, "status_id");
    if let Some(outcome) = outcome {
        values.insert("outcome".to_owned(), json!(outcome.name));
        values.insert("outcome_id".to_owned(), json!(outcome.id));
    }
    if number.is_none() {
        let mut row = blank(world, (ticket_id, number_or_next), author);
        row.append(&mut values);
        row.insert("old_status".to_owned(), before.clone());
        let after = status.map_or(before.clone(), |status| json!(status));
        let name = STATUSES.rows.iter().find(|entry| after == entry.id);
        row.insert("new_status_name".to_owned(), json!(name.map_or("", |entry| entry.name)));
        row.insert("new_status".to_owned(), after);
        values = row;
    }
    world.actions.merge(ticket_id, number_or_next, values);
    let mut ticket_values = Map::new();
    if let Some(status) = status {
        ticket_values.insert("status_id".to_owned(), json!(status));
    }
    ticket_values.insert("lastactiondate".to_owned(), json!(naive(author.now_millis)));
    let changed = write::changed(world, &TICKETS, ticket, &ticket_values);
    world.overlay_mut(KindId::Tickets).merge(ticket, ticket_values, author.now_millis);
    let row = action::one(world, ticket_id, number_or_next).unwrap_or_default();
    Done { ticket, row, changed }
}

/// A new action by the application, with nothing entered.
fn blank(
    world: &World,
    (ticket_id, number): (i64, i64),
    author: &Author<'_>,
) -> Map<String, Value> {
    let acting = world.base.sizes.agents - 1;
    let now = naive(author.now_millis);
    let made = guid(0xac70_0000_0000_0000 | (ticket_id as u64) << 16 | number as u64);
    let blank = json!({"ticket_id": ticket_id, "id": number, "guid": made,
        "who": agent::name(&world.base, acting), "who_type": 1,
        "who_agentid": agent::remote_id(acting), "datetime": now, "actiondatecreated": now,
        "note": "", "hiddenfromuser": false, "important": false, "timetaken": 0.0,
        "attachment_count": 0, "actionby_agent_id": agent::remote_id(acting),
        "actionby_application_id": author.oauth_client_id});
    blank.as_object().cloned().unwrap_or_default()
}

fn naive(millis: i64) -> String {
    let mut out = Vec::new();
    date::push_naive_millis(&mut out, millis);
    String::from_utf8_lossy(&out).into_owned()
}
