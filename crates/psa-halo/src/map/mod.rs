//! From Halo's rows to our words. Pure: no I/O, no clock; one file for each entity.
//!
//! Rules that hold for all: identifiers are whole numbers as text (Q-21); a reference of zero or
//! less refers to nothing (Q-30); a key that a thin row lacks keeps what was known (Q-27); Halo's
//! stand-ins for "none" are mapped and marked, never dropped.

use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_psa::{BadRow, Mapper};
use serde::de::DeserializeOwned;

use crate::wire::seen::Seen;

mod agent;
mod asset;
mod asset_type;
mod client;
mod contact;
mod lookup;
mod site;
mod team;

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
            if stream != Stream::Assets {
                for json in [r#"{"id":7}"#, r#"{"id":7,"name":" "}"#, r#"{"id":7,"name":[]}"#] {
                    let error =
                        HaloMapper.project(stream, json.as_bytes(), None).expect_err("a bad row");
                    assert_eq!(error.field, "name", "{stream} {json}");
                }
            }
        }
    }

    #[test]
    fn q_60_unknown_properties_and_values_are_ignored() {
        for stream in Stream::ALL {
            let json =
                r#"{"id":7,"name":"n","new_thing":{"a":[1,{}]},"use":"novel","fields":null}"#;
            assert_eq!(map(stream, json, None).remote_id().as_str(), "7");
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
        ] {
            let before = map(stream, full, None);
            assert_eq!(map(stream, r#"{"id":7}"#, Some(&before)), before, "{stream}");
            let lists = r#"{"id":7,"fields":[],"customfields":[]}"#;
            assert_eq!(map(stream, lists, Some(&before)), before, "{stream}");
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body: Vec<u8>) {
            for stream in Stream::ALL {
                let _ = HaloMapper.project(stream, &body, None);
            }
        }

        #[test]
        fn arbitrary_values_never_panic(text in "\\PC{0,40}", number: f64, key in "id|name|client_id|fields|inactive|key_field") {
            let value = serde_json::json!({ "id": number, "name": text, key: [text, {"id": number}] });
            for stream in Stream::ALL {
                let _ = HaloMapper.project(stream, value.to_string().as_bytes(), None);
            }
        }
    }
}
