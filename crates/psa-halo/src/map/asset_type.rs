//! Asset types with the definitions of their fields.

use almanac_model::asset_type::{AssetType, FieldDefinition};
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_psa::BadRow;

use super::{flag, is_none, own_id, required};
use crate::wire;
use crate::wire::asset_type::TypeField;

/// Maps a row of `/AssetType`.
pub(super) fn from_wire(
    wire: wire::asset_type::AssetType,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::AssetType(known)) => Some(known),
        _ => None,
    };
    let remote_id = own_id(wire.id)?;
    let name = wire.name.or_before("name", known.map(|k| k.name.clone()))?;
    let group_name = known.and_then(|k| k.group_name.clone());
    let keys = [wire.keyfield_id, wire.keyfield2_id, wire.keyfield3_id].map(|key| key.value());
    let sent = if wire.fields.0.is_empty() { wire.field_list.0 } else { wire.fields.0 };
    let mut fields: Vec<FieldDefinition> = Vec::new();
    for field in sent {
        if let Some(definition) = definition(field, &keys)
            && !fields.iter().any(|known| known.field_id == definition.field_id)
        {
            fields.push(definition);
        }
    }
    if fields.is_empty() {
        fields = known.map(|k| k.fields.clone()).unwrap_or_default();
    }
    Ok(Projection::AssetType(AssetType {
        name: required(name)?,
        group_name: wire.assetgroup_name.or_before("assetgroup_name", group_name)?,
        fields,
        is_inactive: flag("inactive", wire.inactive, known.map(|k| k.is_inactive))?,
        is_placeholder: is_none(&remote_id),
        remote_id,
    }))
}

/// One definition; one without identifier or name can hold nothing that could be asked for. Its
/// place among the key fields is said by itself or by the type.
fn definition(field: TypeField, keys: &[Option<RemoteId>; 3]) -> Option<FieldDefinition> {
    let field_id = field.field_id.value().filter(|id| !is_none(id))?;
    let own = field.keyfield_id.value().and_then(|place| place.parse::<u8>().ok());
    let by_type = keys.iter().position(|key| key.as_ref() == Some(&field_id));
    let key_position =
        own.filter(|place| (1..=3).contains(place)).or_else(|| u8::try_from(by_type? + 1).ok());
    Some(FieldDefinition {
        field_id: field_id.into_string(),
        name: field.field_name.value()?,
        key_position,
    })
}

#[cfg(test)]
mod tests {
    use almanac_model::stream::Stream;

    use super::super::tests::map;
    use super::*;

    #[test]
    fn q_33_definitions_carry_the_field_id_and_not_the_row_id() {
        let json = r#"{"id":130,"name":"Laptop","keyfield2_id":55,"fields":[
            {"id":3.0,"field_id":51.0,"field_name":"Model","keyfield_id":"1","typeinfo_id":111.0},
            {"id":4.0,"field_id":55.0,"field_name":"Mac Address","keyfield_id":""},
            {"id":5.0,"field_id":44.0,"field_name":"RAM","keyfield_id":"0"},
            {"id":6.0,"field_id":44.0,"field_name":"RAM again"},
            {"id":7.0,"field_name":"nameless"}]}"#;
        let Projection::AssetType(record) = map(Stream::AssetTypes, json, None) else {
            panic!("not an asset type");
        };
        let found: Vec<_> = record
            .fields
            .iter()
            .map(|f| (f.field_id.as_str(), f.name.as_str(), f.key_position))
            .collect();
        let want = [("51", "Model", Some(1)), ("55", "Mac Address", Some(2)), ("44", "RAM", None)];
        assert_eq!(found, want);
    }
}
