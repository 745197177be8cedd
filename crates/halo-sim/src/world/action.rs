//! Ticket actions and CRM notes: lists that obey rules of their own.
//!
//! Actions are listed per ticket; without `ticket_id` Halo never finishes (Q-12: HCLI), and their ids
//! repeat across tickets (Q-23). CRM notes ignore paging, honour `count`, and are none without a
//! client (Q-05: HCLI). Seeded ones follow from their parent; [`Written`] holds what clients wrote.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::kind::KindId;
use super::ticket::Tickets;
use super::{World, client, names};
use crate::date::DAY;
use crate::params::{BadParam, Params};
use crate::row::{Row, When};
use crate::switches::Switches;

/// Rows without `count` (HCLI).
const ROWS_DEFAULT: i64 = 50;

/// Actions that clients wrote, by ticket and number: whole rows, or changes to seeded ones.
#[derive(Debug, Default)]
pub(crate) struct Written(BTreeMap<(i64, i64), Map<String, Value>>);

impl Written {
    /// Merges values into an action.
    pub(crate) fn merge(&mut self, ticket_id: i64, number: i64, values: Map<String, Value>) {
        self.0.entry((ticket_id, number)).or_default().extend(values);
    }

    fn of(&self, ticket_id: i64) -> impl DoubleEndedIterator<Item = i64> {
        self.0.range((ticket_id, 0)..=(ticket_id, i64::MAX)).map(|((_, number), _)| *number)
    }
}

/// How many actions a ticket has by the seed.
fn seeded(world: &World, ticket_id: i64) -> i64 {
    let index = Tickets::find_index(ticket_id).filter(|index| *index < world.base.sizes.tickets);
    index.map_or(0, |index| 1 + i64::from(world.base.dice(0xa1, index).below(6)))
}

/// The number of a ticket's next action.
pub(crate) fn next(world: &World, ticket_id: i64) -> i64 {
    let written = world.actions.of(ticket_id).next_back().unwrap_or(0);
    seeded(world, ticket_id).max(written) + 1
}

/// One action, or nothing when the ticket has none of that number.
pub(crate) fn one(world: &World, ticket_id: i64, number: i64) -> Option<Vec<u8>> {
    let written = world.actions.0.get(&(ticket_id, number));
    let is_seeded = (1..=seeded(world, ticket_id)).contains(&number);
    let mut out = Vec::new();
    if is_seeded {
        let mut row = Row::open(&mut out);
        write_seeded(world, ticket_id, number, &mut row);
        row.close();
    }
    let Some(written) = written else { return is_seeded.then_some(out) };
    let mut row: Map<String, Value> = serde_json::from_slice(&out).unwrap_or_default();
    row.extend(written.clone());
    serde_json::to_vec(&row).ok()
}

fn write_seeded(world: &World, ticket_id: i64, number: i64, row: &mut Row<'_>) {
    let index = Tickets::find_index(ticket_id).unwrap_or(0);
    let mut dice = world.base.dice(0xa2, index * 8 + number as u32);
    let (first, last) = names::person(&mut dice);
    let is_private = number % 3 == 0;
    row.int("ticket_id", ticket_id);
    row.int("id", number);
    row.text("outcome", if is_private { "Private Note" } else { "Email User" });
    row.text("who", &format!("{first} {last}"));
    row.int("who_type", 1);
    row.when("datetime", When::At((world.base.today - number * DAY) * 1_000));
    row.text("note", "Called the user; waiting for a time.");
    row.flag("hiddenfromuser", is_private);
    row.hundredths("timetaken", i64::from(dice.below(8)) * 25);
    row.guid("guid", u64::from(index) << 8 | number as u64);
}

/// `/Actions?ticket_id=N`; `None` when no ticket is named.
pub(crate) fn actions(world: &World, params: &Params) -> Result<Option<Vec<u8>>, BadParam> {
    let Some(ticket_id) = params.int("ticket_id")?.filter(|id| *id != 0) else { return Ok(None) };
    let seeded = seeded(world, ticket_id);
    let numbers = (1..=seeded).chain(world.actions.of(ticket_id).filter(|number| *number > seeded));
    let hides_private = params.is_true("excludeprivate");
    let is_wanted = |row: &Vec<u8>| {
        let is_private = |row| {
            let row: Value = serde_json::from_slice(row).unwrap_or_default();
            row["hiddenfromuser"] == true
        };
        !hides_private || !is_private(row)
    };
    let rows: Vec<Vec<u8>> =
        numbers.filter_map(|number| one(world, ticket_id, number)).filter(is_wanted).collect();
    let head = format!(r#"{{"record_count":{},"actions":["#, rows.len());
    Ok(Some([head.as_bytes(), &rows.join(&b','), b"]}"].concat()))
}

/// Every action of every ticket that is there, one on each line.
pub(crate) fn truth(world: &World, switches: &Switches) -> Vec<u8> {
    let tickets = Tickets(KindId::Tickets);
    let mut out = Vec::new();
    for index in 0..world.overlay(KindId::Tickets).end() {
        if !world.is_there(&tickets, index, switches) {
            continue;
        }
        let ticket_id = Tickets::remote_id_of(index);
        let seeded = seeded(world, ticket_id);
        let written = world.actions.of(ticket_id).filter(|number| *number > seeded);
        for number in (1..=seeded).chain(written) {
            out.extend(one(world, ticket_id, number).unwrap_or_default());
            out.push(b'\n');
        }
    }
    out
}

/// `/CRMNote`: `count` is honoured, paging is not.
pub(crate) fn crm_notes(world: &World, params: &Params) -> Result<Vec<u8>, BadParam> {
    let client_id = params.int("client_id")?.unwrap_or(0);
    let is_known =
        client::IDS.index_of(client_id).is_some_and(|own| own < world.base.sizes.clients);
    let total = if is_known { 133 } else { 0 };
    let wanted = params.int("count")?.filter(|count| *count > 0).unwrap_or(ROWS_DEFAULT);
    let mut body = Vec::new();
    let mut row = Row::open(&mut body);
    row.int("record_count", total);
    row.list("actions", 0..total.min(wanted), |row, number| {
        row.int("id", client_id * 1_000 + number);
        row.int("client_id", client_id);
        row.when("date", When::At((world.base.today - number * DAY) * 1_000));
        row.text("note", "Review held; next one in a quarter.");
    });
    row.close();
    Ok(body)
}
