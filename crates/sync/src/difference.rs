//! In which fields two forms of one record differ, and which of them lost their value.
//!
//! Fields are those of the projection by their names there, and an asset's values by the PSA's name
//! for them. A key that a thin row leaves out keeps its value, so what is lost here is what
//! the PSA said is empty. Pure.

use almanac_model::asset::RemoteField;
use almanac_model::projection::Projection;
use serde_json::Value;

/// The name under which a record counts that would be deactivated.
pub(crate) const ACTIVE: &str = "active";

/// What differs between two forms of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The fields that differ, sorted.
    pub(crate) fields: Vec<String>,
    /// Those of them that had a value and have none, and [`ACTIVE`] for a record that was active.
    pub(crate) lost: Vec<String>,
}

/// What differs from `before`.
pub(crate) fn difference(before: &Projection, after: &Projection) -> Difference {
    let (old, new) = (values(before), values(after));
    let mut found = Difference::default();
    let of = |all: &[(String, Value)], name: &str| {
        all.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    };
    let mut names: Vec<&String> = old.iter().chain(&new).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (old, new) = (of(&old, name), of(&new, name));
        if old == new {
            continue;
        }
        found.fields.push(name.clone());
        let is_off = name == "is_inactive" && new == Some(Value::Bool(true));
        if is_off {
            found.lost.push(ACTIVE.to_owned());
        } else if old.is_some_and(|old| is_filled(&old)) && !new.is_some_and(|new| is_filled(&new))
        {
            found.lost.push(name.clone());
        }
    }
    found
}

/// Whether a record has what [`Difference::lost`] names.
pub(crate) fn has(projection: &Projection, name: &str) -> bool {
    let values = values(projection);
    let of = |name: &str| values.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    match name {
        ACTIVE => of("is_inactive") == Some(&Value::Bool(false)),
        name => of(name).is_some_and(is_filled),
    }
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
    }
}

/// Every field with its value; those of an asset's that a chain may ask for one by one.
fn values(projection: &Projection) -> Vec<(String, Value)> {
    let form = serde_json::to_value(projection).expect("a projection is plain data");
    let Value::Object(form) = form else { return Vec::new() };
    let Some((_, Value::Object(form))) = form.into_iter().next() else { return Vec::new() };
    let is_asset = matches!(projection, Projection::Asset(_));
    let mut values: Vec<(String, Value)> = form
        .into_iter()
        .filter(|(name, _)| name != "remote_id" && !(is_asset && name == "values"))
        .collect();
    if let Projection::Asset(asset) = projection {
        values.extend(
            asset
                .values
                .iter()
                .map(|value| (name_of(&value.field), Value::String(value.value.clone()))),
        );
    }
    values
}

/// A field of an asset as a person knows it.
fn name_of(field: &RemoteField) -> String {
    match field {
        RemoteField::Standard(name) => name.clone(),
        RemoteField::Typed { name, field_id } | RemoteField::Custom { name, field_id } => {
            if name.is_empty() { format!("field {field_id}") } else { name.clone() }
        }
    }
}

#[cfg(test)]
mod tests {
    use almanac_model::asset::{RemoteAsset, RemoteValue};
    use almanac_model::client::Client;
    use almanac_model::id::RemoteId;

    use super::*;

    fn client(website: Option<&str>, is_inactive: bool) -> Projection {
        Projection::Client(Client {
            remote_id: RemoteId::new("1"),
            name: "Acme".to_owned(),
            client_type: None,
            website: website.map(str::to_owned),
            is_inactive,
            is_placeholder: false,
        })
    }

    fn asset(values: &[(&str, &str)]) -> Projection {
        let value = |(name, value): &(&str, &str)| RemoteValue {
            field: RemoteField::Standard((*name).to_owned()),
            value: (*value).to_owned(),
        };
        Projection::Asset(RemoteAsset {
            remote_id: RemoteId::new("1"),
            tag: None,
            client: None,
            site: None,
            asset_type: None,
            asset_type_name: None,
            status: None,
            is_inactive: false,
            is_placeholder: false,
            values: values.iter().map(value).collect(),
        })
    }

    #[track_caller]
    fn check(before: &Projection, after: &Projection, fields: &[&str], lost: &[&str]) {
        let found = difference(before, after);
        assert_eq!(found.fields, fields);
        assert_eq!(found.lost, lost);
        for name in lost {
            assert!(has(before, name) && !has(after, name), "{name}");
        }
    }

    #[test]
    fn what_a_record_loses_is_told_apart_from_what_only_changes() {
        check(&client(Some("a"), false), &client(Some("a"), false), &[], &[]);
        check(&client(Some("a"), false), &client(Some("b"), false), &["website"], &[]);
        check(&client(None, false), &client(Some("b"), false), &["website"], &[]);
        check(&client(Some("a"), false), &client(Some(" "), false), &["website"], &["website"]);
        check(&client(Some("a"), false), &client(None, false), &["website"], &["website"]);
        check(&client(None, false), &client(None, true), &["is_inactive"], &[ACTIVE]);
        check(&client(None, true), &client(None, false), &["is_inactive"], &[]);
    }

    #[test]
    fn an_assets_values_are_fields_of_their_own() {
        let before = asset(&[("serial", "A1"), ("model", "X")]);
        check(&before, &asset(&[("serial", "A1"), ("model", "Y")]), &["model"], &[]);
        check(&before, &asset(&[("model", "X")]), &["serial"], &["serial"]);
        check(&before, &asset(&[]), &["model", "serial"], &["model", "serial"]);
    }
}
