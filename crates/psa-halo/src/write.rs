//! A change of one asset as Halo takes it: `POST /Asset` with an array of one object that holds
//! the identifier and nothing but what changes (HALO-API 2.5; Q-40, Q-42).
//!
//! An object without an identifier would create an asset (Q-41), so a record whose identifier is
//! no number is refused here. Lists inside a record replace what is there, so the fields of the
//! type go as the whole list that was read, with one value changed; `_dontaddnewfields` keeps Halo
//! from adding definitions (Q-51).

use std::collections::BTreeMap;

use almanac_model::asset::RemoteField;
use almanac_model::fact::FactValue;
use almanac_model::stream::Stream;
use almanac_psa::{FieldChange, PsaError, RecordChange};
use jiff::civil::Date;
use jiff::tz::Offset;
use serde_json::{Map, Value, json};

use crate::decode::lenient_id;

/// Where assets are written.
pub(crate) const PATH: &str = "/Asset";

/// The body of a change.
///
/// Errs with [`PsaError::Refused`] for what cannot be sent safely; nothing was sent then.
pub(crate) fn body(change: &RecordChange<'_>) -> Result<Vec<u8>, PsaError> {
    if change.stream != Stream::Assets {
        return Err(refused(format!("{} are not written", change.stream)));
    }
    let id = number(change.current.remote_id.as_str())
        .ok_or_else(|| refused("the asset's identifier is no number".to_owned()))?;
    let current: Value = serde_json::from_slice(&change.current.body)
        .map_err(|_| refused("the asset as read is not JSON".to_owned()))?;
    let mut members = Map::new();
    members.insert("id".to_owned(), json!(id));
    members.insert("_dontaddnewfields".to_owned(), json!(true));
    let mut typed = BTreeMap::new();
    let mut custom = Vec::new();
    for FieldChange { field, value } in change.fields {
        let value = spelled(value.as_ref(), change.zone);
        match field {
            RemoteField::Standard(name) => {
                members.insert(name.clone(), value);
            }
            RemoteField::Typed { field_id, .. } => {
                typed.insert(field_id.as_str(), value);
            }
            RemoteField::Custom { field_id, name } => {
                let id = number(field_id)
                    .ok_or_else(|| refused(format!("the field {name} has no identifier")))?;
                custom.push(json!({"id": id, "value": value}));
            }
        }
    }
    if !typed.is_empty() {
        members.insert("fields".to_owned(), fields(&current, typed)?);
    }
    if !custom.is_empty() {
        members.insert("customfields".to_owned(), Value::Array(custom));
    }
    Ok(serde_json::to_vec(&json!([members])).expect("it is plain data"))
}

/// The type's fields as they were read, with these values changed. Each is named by `field_id`, as
/// an integer (Q-33, Q-21).
fn fields(current: &Value, mut changed: BTreeMap<&str, Value>) -> Result<Value, PsaError> {
    let known = current.get("fields").and_then(Value::as_array).map(Vec::as_slice);
    let mut list = Vec::new();
    for field in known.unwrap_or_default() {
        let id = field.get("id").and_then(|id| lenient_id(&id.to_string()));
        let Some(id) = id else { continue };
        let Some(number) = number(id.as_str()) else { continue };
        let value = match changed.remove(id.as_str()) {
            Some(value) => value,
            None => field.get("value").cloned().unwrap_or(Value::Null),
        };
        list.push(json!({"id": number, "value": value}));
    }
    match changed.keys().next() {
        Some(id) => Err(refused(format!("the asset's type no longer has the field {id}"))),
        None => Ok(Value::Array(list)),
    }
}

fn spelled(value: Option<&FactValue>, zone: Offset) -> Value {
    match value {
        Some(FactValue::Text(text)) => json!(text),
        Some(FactValue::Date(day)) => json!(noon(*day, zone)),
        None => Value::Null,
    }
}

/// A day as the instant of its noon where the people are, in UTC and without a zone, so that it
/// stays that day for them whoever reads it (Q-26: TL).
fn noon(day: Date, zone: Offset) -> String {
    let noon = day.at(12, 0, 0, 0);
    let utc = zone.to_timestamp(noon).map_or(noon, |at| Offset::UTC.to_datetime(at));
    utc.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|id| *id > 0)
}

fn refused(message: String) -> PsaError {
    PsaError::Refused { path: PATH.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use almanac_model::id::RemoteId;
    use almanac_psa::RawRow;

    use super::*;

    fn row(id: &str, body: &str) -> RawRow {
        RawRow { remote_id: RemoteId::new(id), body: body.as_bytes().to_vec(), problem: None }
    }

    fn day(text: &str) -> Option<FactValue> {
        Some(FactValue::Date(text.parse().expect("a day")))
    }

    fn sent(current: &RawRow, fields: &[FieldChange], zone: Offset) -> Result<String, String> {
        let change = RecordChange { stream: Stream::Assets, current, fields, zone };
        let body = body(&change).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(body).expect("JSON is text"))
    }

    #[test]
    fn q_42_only_what_changes_is_sent() {
        let current = row("95", r#"{"id":95,"warranty_end":"2026-01-01T00:00:00","notes":"x"}"#);
        let field = RemoteField::Standard("warranty_end".to_owned());
        let change = [FieldChange { field: field.clone(), value: day("2027-03-01") }];
        let want = r#"[{"_dontaddnewfields":true,"id":95,"warranty_end":"2027-03-01T12:00:00"}]"#;
        assert_eq!(sent(&current, &change, Offset::UTC).as_deref(), Ok(want));
        let cleared = [FieldChange { field, value: None }];
        let want = r#"[{"_dontaddnewfields":true,"id":95,"warranty_end":null}]"#;
        assert_eq!(sent(&current, &cleared, Offset::UTC).as_deref(), Ok(want));
    }

    #[test]
    fn q_42_a_list_goes_whole_with_one_value_changed() {
        let current = row(
            "95",
            r#"{"id":95,"fields":[{"id":51.0,"name":"Model","value":"L7"},{"id":"52","value":16.5},{"id":53}]}"#,
        );
        let typed = |id: &str, value: &str| FieldChange {
            field: RemoteField::Typed { field_id: id.to_owned(), name: "any".to_owned() },
            value: Some(FactValue::Text(value.to_owned())),
        };
        let want = concat!(
            r#"[{"_dontaddnewfields":true,"fields":[{"id":51,"value":"T14"},{"id":52,"value":16.5},"#,
            r#"{"id":53,"value":null}],"id":95}]"#
        );
        assert_eq!(sent(&current, &[typed("51", "T14")], Offset::UTC).as_deref(), Ok(want));
        let lacking = sent(&current, &[typed("99", "x")], Offset::UTC).expect_err("no such field");
        assert!(lacking.contains("no longer has the field 99"), "{lacking}");
    }

    #[test]
    fn q_41_a_record_without_a_number_is_never_sent() {
        for id in ["", "0", "-5", "abc", "1;2"] {
            let sent = sent(&row(id, "{}"), &[], Offset::UTC);
            assert!(sent.is_err(), "{id:?}: {sent:?}");
        }
    }

    /// Priorities of another SLA (Q-49), category paths (Q-50) and what a type of ticket demands
    /// (Q-47) matter to who writes tickets: Almanac writes assets, and refuses the rest unsent.
    #[test]
    fn q_47_q_49_q_50_nothing_but_assets_is_written() {
        for stream in Stream::ALL.into_iter().filter(|stream| *stream != Stream::Assets) {
            let current = row("95", r#"{"id":95}"#);
            for name in ["priority_id", "category_1", "category_4", "details"] {
                let field = RemoteField::Standard(name.to_owned());
                let value = Some(FactValue::Text("Hardware>Laptop".to_owned()));
                let fields = [FieldChange { field, value }];
                let change =
                    RecordChange { stream, current: &current, fields: &fields, zone: Offset::UTC };
                let refused = body(&change).expect_err("it is not written");
                assert!(matches!(refused, PsaError::Refused { .. }), "{stream} {name}");
            }
        }
    }

    #[test]
    fn q_26_a_day_stays_that_day_in_far_zones() {
        for hours in [-11, -5, 0, 2, 13] {
            let zone = Offset::from_hours(hours).expect("a zone");
            let text = noon("2027-03-01".parse().expect("a day"), zone);
            let back = almanac_model::date::parse_date_in(&text, zone).expect("readable");
            assert_eq!(
                back.map(|day| day.to_string()).as_deref(),
                Some("2027-03-01"),
                "{hours}: {text}"
            );
        }
    }
}
