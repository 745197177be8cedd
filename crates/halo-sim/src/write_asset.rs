//! What a write to an asset may do, and what else it does: the rules of HALO-API.md 3.7 and 3.8.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::switches::Switches;
use crate::world::World;
use crate::world::asset_type as types;
use crate::world::kind::Kind;

/// Values by field, and the definitions that the type gets.
pub(crate) type Fields = (BTreeMap<i64, Value>, Vec<(i64, i64, String)>);

/// The status must be allowed on the type; `key_field` cannot be written; fields are
/// named by `field_id`, and one that the type lacks is added to it, unless
/// `_dontaddnewfields` says not to.
pub(crate) fn check(
    world: &World,
    kind: &dyn Kind,
    index: Option<u32>,
    values: &mut Map<String, Value>,
    switches: &Switches,
) -> Result<Fields, Answer> {
    let number = |name: &str| values.get(name).and_then(Value::as_i64);
    let own = index.map(|index| world.facts(kind, index).kind);
    let wanted = number("assettype_id").filter(|id| *id != 0).or(own).unwrap_or(0);
    let Some(asset_type) = types::by_id(wanted) else {
        return Err(Answer::exception(400, "An Asset Type must be selected"));
    };
    if let Some(status) = number("status_id")
        && !types::allowed_statuses(asset_type).any(|(code, _)| code == status)
    {
        return Err(Answer::exception(
            400,
            "The selected Status is not allowed for this Asset Type",
        ));
    }
    for name in ["key_field", "key_field2", "key_field3"] {
        values.remove(name);
    }
    let sent = values.remove("fields");
    let sent = sent.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let adds = switches.adds_fields.is_on()
        && values.get("_dontaddnewfields").and_then(Value::as_bool) != Some(true);
    let (mut fields, mut definitions) = (BTreeMap::new(), Vec::new());
    let old = own.filter(|own| adds && *own != wanted).and_then(types::by_id);
    for id in old.into_iter().flat_map(|old| old.fields) {
        definitions.push((wanted, *id, types::field_by_id(*id).name.to_owned()));
    }
    for field in sent {
        let id = field["id"].as_i64().or_else(|| field["id"].as_str()?.parse().ok());
        let Some(id) = id.filter(|id| *id > 0) else { continue };
        let is_known = asset_type.fields.contains(&id) || world.added_fields.has(wanted, id);
        if !is_known && adds {
            let name = field["name"].as_str().map(str::to_owned);
            definitions.push((wanted, id, name.unwrap_or_else(|| types::name_of(id))));
        }
        if is_known || adds {
            fields.insert(id, field["value"].clone());
        }
    }
    Ok((fields, definitions))
}
