//! Ticket actions and CRM notes: lists that obey rules of their own.
//!
//! Actions are listed per ticket; without `ticket_id` Halo never finishes (Q-12: HCLI), and their ids
//! repeat across tickets. CRM notes ignore paging, honour `count`, and are none without a
//! client (Q-05: HCLI). Both are derived from their parent and cannot be changed.

use super::ticket::Tickets;
use super::{World, client, names};
use crate::date::DAY;
use crate::params::{BadParam, Params};
use crate::row::{Row, When};

/// Rows without `count` (HCLI).
const ROWS_DEFAULT: i64 = 50;

/// `/Actions?ticket_id=N`; `None` when no ticket is named.
pub(crate) fn actions(world: &World, params: &Params) -> Result<Option<Vec<u8>>, BadParam> {
    let Some(ticket_id) = params.int("ticket_id")?.filter(|id| *id != 0) else { return Ok(None) };
    let index = Tickets::find_index(ticket_id).filter(|index| *index < world.base.sizes.tickets);
    let count = index.map_or(0, |index| 1 + world.base.dice(0xa1, index).below(6));
    let hides_private = params.is_true("excludeprivate");
    let numbers = (1..=count).filter(|number| !hides_private || !number.is_multiple_of(3));
    let write = |row: &mut Row<'_>, number: u32| {
        let mut dice = world.base.dice(0xa2, index.unwrap_or(0) * 8 + number);
        let (first, last) = names::person(&mut dice);
        row.int("ticket_id", ticket_id);
        row.int("id", i64::from(number));
        row.text("outcome", if number.is_multiple_of(3) { "Private Note" } else { "Email User" });
        row.text("who", &format!("{first} {last}"));
        row.int("who_type", 1);
        row.when("datetime", When::At((world.base.today - i64::from(number) * DAY) * 1_000));
        row.text("note", "Called the user; waiting for a time.");
        row.flag("hiddenfromuser", number.is_multiple_of(3));
        row.hundredths("timetaken", i64::from(dice.below(8)) * 25);
        row.guid("guid", u64::from(index.unwrap_or(0)) << 8 | u64::from(number));
    };
    let numbers: Vec<u32> = numbers.collect();
    Ok(Some(envelope(numbers.len() as i64, numbers, write)))
}

/// `/CRMNote`: `count` is honoured, paging is not.
pub(crate) fn crm_notes(world: &World, params: &Params) -> Result<Vec<u8>, BadParam> {
    let client_id = params.int("client_id")?.unwrap_or(0);
    let is_known =
        client::IDS.index_of(client_id).is_some_and(|own| own < world.base.sizes.clients);
    let total = if is_known { 133 } else { 0 };
    let wanted = params.int("count")?.filter(|count| *count > 0).unwrap_or(ROWS_DEFAULT);
    let rows = (0..total.min(wanted)).collect::<Vec<i64>>();
    let write = |row: &mut Row<'_>, number: i64| {
        row.int("id", client_id * 1_000 + number);
        row.int("client_id", client_id);
        row.when("date", When::At((world.base.today - number * DAY) * 1_000));
        row.text("note", "Review held; next one in a quarter.");
    };
    Ok(envelope(total, rows, write))
}

fn envelope<T>(total: i64, rows: Vec<T>, write: impl FnMut(&mut Row<'_>, T)) -> Vec<u8> {
    let mut body = Vec::new();
    let mut row = Row::open(&mut body);
    row.int("record_count", total);
    row.list("actions", rows, write);
    row.close();
    body
}
