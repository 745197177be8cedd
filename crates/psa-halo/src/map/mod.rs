//! From Halo's rows to our words. Pure: no I/O, no clock; one file for each entity.
//!
//! Rules that hold for all: identifiers are whole numbers as text (Q-21); a reference of zero or
//! less refers to nothing (Q-30); a key that a thin row lacks keeps what was known (Q-27); Halo's
//! stand-ins for "none" are mapped and marked, never dropped.

use almanac_model::date::{UnreadableDate, parse_date, parse_instant_ms};
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_psa::{BadRow, Mapper};
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use crate::wire::seen::Seen;

pub(crate) mod action;
mod agent;
mod asset;
mod asset_type;
mod client;
mod contact;
mod contract;
mod invoice;
mod lookup;
mod site;
mod team;
mod ticket;
mod ticket_setup;

/// Increase when a mapping changes: projections with a lower version are made again.
const VERSION: u32 = 1;

/// Maps Halo's rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct HaloMapper;

impl Mapper for HaloMapper {
    fn version(&self) -> u32 {
        VERSION
    }

    fn project(
        &self,
        stream: Stream,
        body: &[u8],
        before: Option<&Projection>,
    ) -> Result<Projection, BadRow> {
        match stream {
            Stream::ClientTypes => lookup::client_type(parse(body)?, before),
            Stream::Clients => client::from_wire(parse(body)?, before),
            Stream::Sites => site::from_wire(parse(body)?, before),
            Stream::Contacts => contact::from_wire(parse(body)?, before),
            Stream::Agents => agent::from_wire(parse(body)?, before),
            Stream::Teams => team::from_wire(parse(body)?, before),
            Stream::AssetTypes => asset_type::from_wire(parse(body)?, before),
            Stream::AssetStatuses => lookup::asset_status(parse(body)?, before),
            Stream::Assets => asset::from_wire(parse(body)?, before),
            Stream::TicketStatuses => ticket_setup::status(parse(body)?, before),
            Stream::TicketTypes => ticket_setup::ticket_type(parse(body)?, before),
            Stream::Priorities => ticket_setup::priority(parse(body)?, before),
            Stream::Categories => ticket_setup::category(parse(body)?, before),
            Stream::Workflows => ticket_setup::workflow(parse(body)?, before),
            Stream::Tickets => ticket::ticket(parse(body)?, before),
            Stream::TicketActions => action::from_wire(parse(body)?, before),
            Stream::Opportunities => ticket::opportunity(parse(body)?, before),
            Stream::Projects => ticket::project(parse(body)?, before),
            Stream::Contracts => contract::from_wire(parse(body)?, before),
            Stream::Invoices => invoice::from_wire(parse(body)?, before),
        }
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, BadRow> {
    let bad = |problem: String| BadRow { field: "row".to_owned(), problem };
    // A list of the right length would pass for an object.
    if body.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return Err(bad("is not an object".to_owned()));
    }
    serde_json::from_slice(body).map_err(|error| bad(error.to_string()))
}

/// The row's own identifier.
fn own_id(id: Seen<RemoteId>) -> Result<RemoteId, BadRow> {
    id.or_before("id", None)?.ok_or_else(|| missing("id"))
}

/// A name, which every listed thing but an asset must have.
fn required(name: Option<String>) -> Result<String, BadRow> {
    name.ok_or_else(|| missing("name"))
}

fn missing(field: &str) -> BadRow {
    BadRow { field: field.to_owned(), problem: "is missing or empty".to_owned() }
}

/// A reference; zero and below stand for "none" (Q-30: `-1` and `-99`).
fn reference(
    field: &str,
    seen: Seen<RemoteId>,
    before: Option<RemoteId>,
) -> Result<Option<RemoteId>, BadRow> {
    Ok(seen.or_before(field, before)?.filter(|id| !is_none(id)))
}

/// Whether an identifier stands for "none".
fn is_none(id: &RemoteId) -> bool {
    id.as_str() == "0" || id.as_str().starts_with('-')
}

/// An instant, in milliseconds UTC; Halo's stand-ins for "no date" are none (Q-24, Q-25).
fn instant(field: &str, seen: Seen<String>, before: Option<i64>) -> Result<Option<i64>, BadRow> {
    match seen {
        Seen::Absent => Ok(before),
        seen => read_date(field, seen.or_before(field, None)?, parse_instant_ms),
    }
}

/// A calendar date, as it is written (Q-26).
fn day(field: &str, seen: Seen<String>, before: Option<Date>) -> Result<Option<Date>, BadRow> {
    match seen {
        Seen::Absent => Ok(before),
        seen => read_date(field, seen.or_before(field, None)?, parse_date),
    }
}

fn read_date<T>(
    field: &str,
    text: Option<String>,
    parse: fn(&str) -> Result<Option<T>, UnreadableDate>,
) -> Result<Option<T>, BadRow> {
    let Some(text) = text else { return Ok(None) };
    parse(&text).map_err(|error| BadRow {
        field: field.to_owned(),
        problem: format!("is no date: {error}"),
    })
}

/// A flag; a row that never said it is taken as unset.
fn flag(field: &str, seen: Seen<bool>, before: Option<bool>) -> Result<bool, BadRow> {
    Ok(seen.or_before(field, before)?.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Maps with and without a projection from before.
    #[track_caller]
    pub(super) fn map(stream: Stream, json: &str, before: Option<&Projection>) -> Projection {
        HaloMapper.project(stream, json.as_bytes(), before).expect("a good row")
    }

    #[test]
    fn a_row_without_an_id_or_a_name_is_bad_and_says_which() {
        for stream in Stream::ALL {
            for (json, field) in [
                ("{}", "id"),
                (r#"{"id":null,"name":"x"}"#, "id"),
                (r#"{"id":{},"name":"x"}"#, "id"),
                ("[1]", "row"),
                ("nonsense", "row"),
            ] {
                let error =
                    HaloMapper.project(stream, json.as_bytes(), None).expect_err("a bad row");
                assert_eq!(error.field, field, "{stream} {json}");
            }
            let name = match stream {
                Stream::Assets
                | Stream::Tickets
                | Stream::Opportunities
                | Stream::Projects
                | Stream::Contracts
                | Stream::Invoices => None,
                Stream::TicketActions => Some("ticket_id"),
                _ => Some("name"),
            };
            if let Some(name) = name {
                for json in [r#"{"id":7}"#, r#"{"id":7,"name":" "}"#, r#"{"id":7,"name":[]}"#] {
                    let error =
                        HaloMapper.project(stream, json.as_bytes(), None).expect_err("a bad row");
                    assert_eq!(error.field, name, "{stream} {json}");
                }
            }
        }
    }

    #[test]
    fn q_60_unknown_properties_and_values_are_ignored() {
        for stream in Stream::ALL {
            let json = r#"{"id":7,"name":"n","value":"v","ticket_id":3,"new_thing":{"a":[1,{}]},
                "use":"novel","fields":null}"#;
            let want = if stream == Stream::TicketActions { "3:7" } else { "7" };
            assert_eq!(map(stream, json, None).remote_id().as_str(), want);
        }
    }

    #[test]
    fn q_30_placeholders_are_marked_and_real_rows_are_not() {
        for (stream, json, is_placeholder) in [
            (Stream::Clients, r#"{"id":1,"name":"Unknown"}"#, true),
            (Stream::Clients, r#"{"id":12,"name":"Unknown Pleasures Ltd"}"#, false),
            (Stream::Agents, r#"{"id":1,"name":"Unassigned"}"#, true),
            (Stream::Agents, r#"{"id":2,"name":"Ann"}"#, false),
            (Stream::Sites, r#"{"id":1,"name":"Unknown","client_id":1.0}"#, true),
            (Stream::Sites, r#"{"id":2,"name":"Main","client_id":12.0}"#, false),
            (Stream::Contacts, r#"{"id":4,"name":"General User","client_id":12}"#, true),
            (Stream::Contacts, r#"{"id":-1,"name":"x"}"#, true),
            (Stream::Contacts, r#"{"id":5,"name":"Generalis User"}"#, false),
            (Stream::ClientTypes, r#"{"id":0,"name":""}"#, true),
            (Stream::ClientTypes, r#"{"id":3,"name":"Managed"}"#, false),
            (Stream::AssetStatuses, r#"{"id":0}"#, true),
            (Stream::Assets, r#"{"id":9,"client_id":1}"#, false),
            (Stream::Teams, r#"{"id":0,"name":"None"}"#, true),
        ] {
            let projection = map(stream, json, None);
            let found = match &projection {
                Projection::ClientType(record) => record.is_placeholder,
                Projection::Client(record) => record.is_placeholder,
                Projection::Site(record) => record.is_placeholder,
                Projection::Contact(record) => record.is_placeholder,
                Projection::Agent(record) => record.is_placeholder,
                Projection::Team(record) => record.is_placeholder,
                Projection::AssetType(record) => record.is_placeholder,
                Projection::AssetStatus(record) => record.is_placeholder,
                Projection::Asset(record) => record.is_placeholder,
                other => panic!("not a stream with placeholders: {other:?}"),
            };
            assert_eq!(found, is_placeholder, "{json}");
        }
    }

    #[test]
    fn q_27_a_thin_row_keeps_what_was_known() {
        for (stream, full) in [
            (
                Stream::Clients,
                r#"{"id":7,"name":"n","customertype":2,"website":"x.example","inactive":true}"#,
            ),
            (Stream::Sites, r#"{"id":7,"name":"n","client_id":42.0,"inactive":true}"#),
            (
                Stream::Contacts,
                r#"{"id":7,"name":"n","emailaddress":"a@b.example","client_id":4,"site_id":5.0,"isserviceaccount":true,"inactive":true}"#,
            ),
            (Stream::Agents, r#"{"id":7,"name":"n","email":"a@b.example","isdisabled":true}"#),
            (Stream::Teams, r#"{"id":7,"name":"n","inactive":true}"#),
            (
                Stream::AssetTypes,
                r#"{"id":7,"name":"n","assetgroup_name":"g","fields":[{"field_id":51.0,"field_name":"Model"}]}"#,
            ),
            (
                Stream::Assets,
                r#"{"id":7,"client_id":4,"site_id":5,"assettype_id":6,"assettype_name":"t","status_id":1,"inactive":true,"inventory_number":"PC-1","warranty_end":"2027-03-01T00:00:00","fields":[{"id":51,"name":"Model","value":"L7440"}],"customfields":[{"id":9,"name":"CFx","value":"v"}]}"#,
            ),
            (Stream::TicketStatuses, r#"{"id":7,"name":"n","type":0}"#),
            (Stream::TicketTypes, r#"{"id":7,"name":"n","use":"opps"}"#),
            (Stream::Priorities, r#"{"id":7,"name":"n","slaid":1,"priorityid":4,"ishidden":true}"#),
            (Stream::Categories, r#"{"id":7,"value":"a>b","type_id":2}"#),
            (Stream::Workflows, r#"{"id":7,"name":"n","active":false}"#),
            (
                Stream::Tickets,
                r#"{"id":7,"summary":"s","client_id":4,"site_id":5,"user_id":6,"agent_id":7,"team":"t","status_id":9,"tickettype_id":1,"sla_id":1,"priority_id":4,"dateoccurred":"2026-10-03T06:24:10.967","last_update":"2026-10-03T06:24:11.4","hasbeenclosed":true,"dateclosed":"2026-10-03T06:24:11"}"#,
            ),
            (
                Stream::Opportunities,
                r#"{"id":7,"summary":"s","client_id":4,"status_id":1,"tickettype_id":20,"oppvalueadjusted":12.5,"targetdate":"2026-12-01T12:00:00","last_update":"2026-10-03T06:24:11.4"}"#,
            ),
            (
                Stream::Projects,
                r#"{"id":7,"summary":"s","client_id":4,"status_id":1,"tickettype_id":5,"parent_id":3,"startdate":"2026-10-01T00:00:00","targetdate":"2026-12-01T12:00:00"}"#,
            ),
            (
                Stream::Contracts,
                r#"{"id":7,"ref":"C-1","client_id":4,"start_date":"2026-01-01T00:00:00","end_date":"2026-12-31T00:00:00","active":"false"}"#,
            ),
            (
                Stream::Invoices,
                r#"{"id":7,"invoicenumber":"20001","client_id":4,"invoice_date":"2026-01-01T00:00:00","duedate":"2026-01-31T00:00:00"}"#,
            ),
        ] {
            let before = map(stream, full, None);
            assert_eq!(map(stream, r#"{"id":7}"#, Some(&before)), before, "{stream}");
            let lists = r#"{"id":7,"fields":[],"customfields":[]}"#;
            assert_eq!(map(stream, lists, Some(&before)), before, "{stream}");
        }
    }

    /// What is read as a date reads the same when written again.
    #[test]
    fn fuzz_a_date() {
        bolero::check!().for_each(|bytes: &[u8]| {
            let Ok(text) = str::from_utf8(bytes) else { return };
            let _ = parse_instant_ms(text);
            if let Ok(Some(date)) = parse_date(text) {
                assert_eq!(parse_date(&date.to_string()), Ok(Some(date)));
            }
        });
    }

    /// A row reads the same each time, whatever it holds.
    #[test]
    fn fuzz_a_row() {
        bolero::check!().for_each(|row: &[u8]| {
            for stream in Stream::ALL {
                let read = || format!("{:?}", HaloMapper.project(stream, row, None));
                assert_eq!(read(), read());
            }
        });
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_values_never_panic(text in "\\PC{0,40}", number: f64, key in "id|name|client_id|fields|inactive|key_field") {
            let value = serde_json::json!({ "id": number, "name": text, key: [text, {"id": number}] });
            for stream in Stream::ALL {
                let _ = HaloMapper.project(stream, value.to_string().as_bytes(), None);
            }
        }
    }
}
