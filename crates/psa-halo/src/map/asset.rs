//! Assets: references, flags, and every value that a field chain may ask for.

use almanac_model::asset::{RemoteAsset, RemoteField, RemoteValue};
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_psa::BadRow;

use super::{flag, is_none, own_id, reference};
use crate::wire::asset::{Asset, AssetField, CustomField, STANDARD};
use crate::wire::seen::Seen;

/// Maps a row of `/Asset`.
pub(super) fn from_wire(wire: Asset, before: Option<&Projection>) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Asset(known)) => Some(known),
        _ => None,
    };
    let remote_id = own_id(wire.id)?;
    let tag_seen = wire.standard.get("inventory_number").cloned().unwrap_or_default();
    let type_name = known.and_then(|k| k.asset_type_name.clone());
    let known_type = known.and_then(|k| k.asset_type.clone());
    let mut values = Vec::new();
    for name in STANDARD {
        let seen = wire.standard.get(name).cloned().unwrap_or_default();
        values.extend(standard(name, seen, known)?);
    }
    values.extend(typed(wire.fields.0, known));
    values.extend(custom(wire.customfields.0, known));
    Ok(Projection::Asset(RemoteAsset {
        tag: tag_seen.or_before("inventory_number", known.and_then(|k| k.tag.clone()))?,
        client: reference("client_id", wire.client_id, known.and_then(|k| k.client.clone()))?,
        site: reference("site_id", wire.site_id, known.and_then(|k| k.site.clone()))?,
        asset_type: reference("assettype_id", wire.assettype_id, known_type)?,
        asset_type_name: wire.assettype_name.or_before("assettype_name", type_name)?,
        status: reference("status_id", wire.status_id, known.and_then(|k| k.status.clone()))?,
        is_inactive: flag("inactive", wire.inactive, known.map(|k| k.is_inactive))?,
        is_placeholder: is_none(&remote_id),
        values,
        remote_id,
    }))
}

fn standard(
    name: &'static str,
    seen: Seen<String>,
    known: Option<&RemoteAsset>,
) -> Result<Option<RemoteValue>, BadRow> {
    let field = RemoteField::Standard(name.to_owned());
    let of_before = |value: &&RemoteValue| value.field == field;
    let before = known.and_then(|k| k.values.iter().find(of_before));
    let value = seen.or_before(name, before.map(|value| value.value.clone()))?;
    let value = value.filter(|text| !is_sentinel(text));
    Ok(value.map(|value| RemoteValue { field, value }))
}

/// Fields of the type. An empty list is how a row looks that was listed without them (HALO-API
/// 3.7), so it keeps what was known; a field that was emptied is still in the list.
fn typed(fields: Vec<AssetField>, known: Option<&RemoteAsset>) -> Vec<RemoteValue> {
    if fields.is_empty() {
        return known_values(known, |field| matches!(field, RemoteField::Typed { .. }));
    }
    let mut values: Vec<RemoteValue> = Vec::new();
    for field in fields {
        let Some(field_id) = field.id.value().filter(|id| !is_none(id)) else {
            continue;
        };
        // The value of a lookup is a code; its display is the word.
        let is_lookup = field.lookup.value().is_some_and(|lookup| !is_none(&lookup));
        let value = shown(field.value, field.display, is_lookup);
        let field = RemoteField::Typed {
            field_id: field_id.into_string(),
            name: field.name.value().unwrap_or_default(),
        };
        add(&mut values, field, value);
    }
    values
}

/// Custom fields; what holds for the empty list of fields holds here.
fn custom(fields: Vec<CustomField>, known: Option<&RemoteAsset>) -> Vec<RemoteValue> {
    if fields.is_empty() {
        return known_values(known, |field| matches!(field, RemoteField::Custom { .. }));
    }
    let mut values: Vec<RemoteValue> = Vec::new();
    for field in fields {
        let Some(field_id) = field.id.value() else {
            continue;
        };
        let kind = field.kind.value();
        let is_selection = matches!(kind.as_ref().map(RemoteId::as_str), Some("2" | "3"));
        let value = shown(field.value, field.display, is_selection);
        let field = RemoteField::Custom {
            field_id: field_id.into_string(),
            name: field.label.or(field.name).value().unwrap_or_default(),
        };
        add(&mut values, field, value);
    }
    values
}

fn shown(value: Seen<String>, display: Seen<String>, is_code: bool) -> Option<String> {
    let (first, second) = if is_code { (display, value) } else { (value, display) };
    let text = first.value().or_else(|| second.value());
    text.filter(|text| !is_sentinel(text) && (!is_code || text != "0"))
}

fn add(values: &mut Vec<RemoteValue>, field: RemoteField, value: Option<String>) {
    let is_known = values.iter().any(|known| known.field == field);
    if let Some(value) = value.filter(|_| !is_known) {
        values.push(RemoteValue { field, value });
    }
}

fn known_values(
    known: Option<&RemoteAsset>,
    is_wanted: impl Fn(&RemoteField) -> bool,
) -> Vec<RemoteValue> {
    let values = known.map(|k| k.values.as_slice()).unwrap_or_default();
    values.iter().filter(|value| is_wanted(&value.field)).cloned().collect()
}

/// Halo writes "no date" as a day of 1899, 1900 or 1901 (Q-24).
fn is_sentinel(text: &str) -> bool {
    let is_date = text.len() >= 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    is_date && ["1899-", "1900-", "1901-"].iter().any(|year| text.starts_with(year))
}

#[cfg(test)]
mod tests {
    use almanac_model::stream::Stream;

    use super::super::tests::map;
    use super::*;

    #[track_caller]
    fn values(json: &str) -> Vec<(String, String)> {
        let Projection::Asset(asset) = map(Stream::Assets, json, None) else {
            panic!("not an asset");
        };
        let name = |field: &RemoteField| match field {
            RemoteField::Standard(name) => name.clone(),
            RemoteField::Typed { field_id, name } => format!("{name}#{field_id}"),
            RemoteField::Custom { field_id, name } => format!("{name}@{field_id}"),
        };
        asset.values.iter().map(|v| (name(&v.field), v.value.clone())).collect()
    }

    #[track_caller]
    fn check(json: &str, want: &[(&str, &str)]) {
        let want: Vec<(String, String)> =
            want.iter().map(|(f, v)| ((*f).to_owned(), (*v).to_owned())).collect();
        assert_eq!(values(json), want, "{json}");
    }

    #[test]
    fn q_24_sentinel_dates_are_no_values() {
        for sentinel in
            ["1899-12-30T09:00:00", "1900-01-01T00:00:00", "1901-01-01T17:00:00", "1900-01-01"]
        {
            check(
                &format!(
                    r#"{{"id":1,"warranty_end":"{sentinel}","fields":[{{"id":7,"name":"P","value":"{sentinel}"}}]}}"#
                ),
                &[],
            );
        }
        check(
            r#"{"id":1,"warranty_end":"2027-03-01T00:00:00","username":"1900-series"}"#,
            &[("username", "1900-series"), ("warranty_end", "2027-03-01T00:00:00")],
        );
    }

    #[test]
    fn fields_give_their_value_and_lookups_their_word() {
        check(
            r#"{"id":1,"inventory_number":"PC-1","fields":[
                {"id":51.0,"name":"Model","value":"L7440","display":"L7440","lookup":0},
                {"id":52,"name":"OS","value":"3","display":"Windows 11","lookup":140},
                {"id":53,"name":"State","value":0,"display":"","lookup":141},
                {"id":54,"name":"Bought","value":"2026-01-29T20:00:00.000Z","display":"29/01/2026"},
                {"id":55,"name":"RAM","value":16.0},
                {"id":56,"name":"Empty","value":null,"display":" "},
                {"id":57,"name":"Only shown","value":"","display":"shown"},
                {"id":51,"name":"Model","value":"again"}],
              "customfields":[
                {"id":9,"name":"CFband","label":"Band","type":2,"value":4,"display":"Gold"},
                {"id":10,"name":"CFtable","type":7,"value":[{"a":1}]},
                {"id":11,"name":"CFx","type":0,"value":"x"}]}"#,
            &[
                ("inventory_number", "PC-1"),
                ("Model#51", "L7440"),
                ("OS#52", "Windows 11"),
                ("Bought#54", "2026-01-29T20:00:00.000Z"),
                ("RAM#55", "16"),
                ("Only shown#57", "shown"),
                ("Band@9", "Gold"),
                ("CFx@11", "x"),
            ],
        );
    }

    #[test]
    fn q_32_key_fields_are_values_and_no_name() {
        check(
            r#"{"id":1,"name":"x","key_field":"Latitude","key_field2":"jane"}"#,
            &[("key_field", "Latitude"), ("key_field2", "jane")],
        );
    }

    #[test]
    fn q_30_references_to_nothing_are_none_and_an_emptied_value_goes() {
        let json = r#"{"id":1,"client_id":0,"site_id":-1,"status_id":0,"assettype_id":null,"username":""}"#;
        let before =
            map(Stream::Assets, r#"{"id":1,"client_id":5,"site_id":6,"username":"jane"}"#, None);
        let Projection::Asset(asset) = map(Stream::Assets, json, Some(&before)) else {
            panic!("not an asset");
        };
        assert_eq!(
            (asset.client, asset.site, asset.status, asset.asset_type),
            (None, None, None, None)
        );
        assert!(asset.values.is_empty());
    }
}
