//! Writes: `POST /X` with an array, `DELETE /X/{id}` (HALO-API.md 2.5).
//!
//! What is posted merges into the row, arrays replace (Q-42); no id, or 0, creates (Q-41). Rules are
//! checked one at a time (Q-44) and before anything is stored. Messages that no source quotes are
//! made up in Halo's manner.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::recording::WriteChange;
use crate::switches::{PostAnswer, Switches};
use crate::world::asset_type as types;
use crate::world::kind::{Kind, KindId, View};
use crate::world::{World, client, site, ticket};
use crate::write_asset;

/// Kinds that can be written.
const WRITABLE: [KindId; 5] =
    [KindId::Client, KindId::Site, KindId::Users, KindId::Asset, KindId::Tickets];
/// Properties of a created row that keep the value every row has.
const KEPT: [&str; 8] =
    ["id", "guid", "use", "key", "table", "colour", "site_id_int", "device_number"];

/// Whether a kind can be written.
pub(crate) fn is_writable(kind: &dyn Kind) -> bool {
    WRITABLE.contains(&kind.id())
}

/// `POST /X`.
pub(crate) fn post(
    world: &mut World,
    kind: &dyn Kind,
    body: &[u8],
    now: i64,
    switches: &Switches,
) -> Result<(Answer, Vec<Written>), Answer> {
    let mut wanted = Vec::new();
    for (place, item) in items(body)?.into_iter().enumerate() {
        wanted.push(check(world, kind, place, item, switches)?);
    }
    let written: Vec<Written> = wanted
        .into_iter()
        .map(|one| {
            let is_new = one.index.is_none();
            let changes = changes(world, kind, &one);
            let index = store(world, kind, one, now);
            Written { index, is_new, changes }
        })
        .collect();
    let view = View { is_detail: true, has_details: true, ..View::default() };
    let rows: Vec<Vec<u8>> = written
        .iter()
        .map(|one| {
            let mut out = Vec::new();
            world.render(kind, one.index, &view, &mut out);
            out
        })
        .collect();
    Ok((answer(&rows, kind.route(), switches), written))
}

/// What one posted item did.
pub(crate) struct Written {
    pub(crate) index: u32,
    pub(crate) is_new: bool,
    /// What differs from before; of a new row, what was sent.
    pub(crate) changes: Vec<WriteChange>,
}

/// The objects of a posted array; everything else is refused (Q-40).
pub(crate) fn items(body: &[u8]) -> Result<Vec<Map<String, Value>>, Answer> {
    let items = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Array(items)) if !items.is_empty() => items,
        Ok(_) => return Err(Answer::bad_binding("", "A non-empty array is required.")),
        Err(error) => {
            return Err(Answer::bad_binding("", &format!("Unexpected character: {error}")));
        }
    };
    let object = |item| match item {
        Value::Object(item) => Ok(item),
        _ => Err(Answer::bare_string("Error converting value")),
    };
    items.into_iter().map(object).collect()
}

/// The answer to a post, in the form of the moment (Q-40).
pub(crate) fn answer(rows: &[Vec<u8>], route: &str, switches: &Switches) -> Answer {
    let list = || [b"[".as_slice(), &rows.join(&b','), b"]"].concat();
    let body = match switches.post_answer {
        // Several in, the last one out is one of the forms seen (KG).
        PostAnswer::Object => rows.last().cloned().unwrap_or_default(),
        PostAnswer::Array => list(),
        PostAnswer::Wrapped => {
            [format!(r#"{{"{}":"#, route.to_lowercase()).into_bytes(), list(), b"}".to_vec()]
                .concat()
        }
    };
    Answer::json(switches.post_status, body)
}

/// Names of the values that differ from the row as it is.
pub(crate) fn changed(
    world: &World,
    kind: &dyn Kind,
    index: u32,
    values: &Map<String, Value>,
) -> Vec<String> {
    let row = detail(world, kind, index);
    values
        .iter()
        .filter(|(name, value)| row[*name] != **value)
        .map(|(name, _)| name.clone())
        .collect()
}

fn detail(world: &World, kind: &dyn Kind, index: u32) -> Value {
    let mut out = Vec::new();
    let view = View { is_detail: true, has_details: true, ..View::default() };
    world.render(kind, index, &view, &mut out);
    serde_json::from_slice(&out).unwrap_or_default()
}

/// What storing a row will change.
fn changes(world: &World, kind: &dyn Kind, wanted: &Wanted) -> Vec<WriteChange> {
    let row = wanted.index.map_or(Value::Null, |index| detail(world, kind, index));
    let field = |id: i64| {
        let fields = row["fields"].as_array().into_iter().flatten();
        let found = fields.into_iter().find(|field| field["id"].as_f64() == Some(id as f64));
        found.map_or(Value::Null, |field| field["value"].clone())
    };
    let own = wanted.values.iter().map(|(name, after)| (name.clone(), row[name].clone(), after));
    let typed = wanted.fields.iter().map(|(id, after)| (format!("fields/{id}"), field(*id), after));
    let id = wanted.index.map(|index| kind.remote_id(index));
    own.chain(typed)
        .filter(|(_, before, after)| before != *after)
        .map(|(name, before, after)| WriteChange { id, name, before, after: after.clone() })
        .collect()
}

/// `DELETE /X/{id}`: real and mostly hard (Q-53).
pub(crate) fn delete(world: &mut World, kind: &dyn Kind, id: &str) -> Answer {
    let end = world.overlay(kind.records()).end();
    match kind.find(id).filter(|index| *index < end) {
        Some(index) if world.overlay_mut(kind.records()).delete(index) => {
            let id = Some(kind.remote_id(index));
            let (name, before, after) = ("deleted".to_owned(), json!(false), json!(true));
            let changes = vec![WriteChange { id, name, before, after }];
            Answer { changes, ..Answer::json(200, "{}") }
        }
        _ => Answer::empty(404),
    }
}

/// One row that may be stored.
struct Wanted {
    /// `None` creates.
    index: Option<u32>,
    values: Map<String, Value>,
    fields: BTreeMap<i64, Value>,
    /// Definitions that the type gets by this write: type, field, name (Q-51).
    definitions: Vec<(i64, i64, String)>,
}

impl Wanted {
    /// A new row with these values.
    fn new(values: Map<String, Value>) -> Wanted {
        Wanted { index: None, values, fields: BTreeMap::new(), definitions: Vec::new() }
    }
}

fn check(
    world: &World,
    kind: &dyn Kind,
    place: usize,
    mut values: Map<String, Value>,
    switches: &Switches,
) -> Result<Wanted, Answer> {
    check_integers(kind.id(), place, &mut values)?;
    let id = values.remove("id").and_then(|id| id.as_i64()).unwrap_or(0);
    let index = match id {
        0 => None,
        id => {
            let end = world.overlay(kind.records()).end();
            let known = kind.index_of(id).filter(|index| *index < end);
            let there = known.filter(|index| world.is_there(kind, *index, switches));
            Some(there.ok_or_else(|| Answer::empty(404))?)
        }
    };
    if index.is_none() {
        check_required(kind, &values)?;
    }
    // A ticket for a user needs the user's site as well (Q-46: CIPP).
    if kind.id() == KindId::Tickets
        && values.contains_key("user_id")
        && !values.contains_key("site_id")
    {
        return Err(Answer::exception(400, "A Site must be selected"));
    }
    let (mut fields, mut definitions) = (BTreeMap::new(), Vec::new());
    if kind.id() == KindId::Asset {
        (fields, definitions) = write_asset::check(world, kind, index, &mut values, switches)?;
    }
    values.retain(|name, _| !name.starts_with('_') && !name.starts_with("infofield_"));
    Ok(Wanted { index, values, fields, definitions })
}

/// Integers must be JSON integers or numeric strings; `95.0` is refused (Q-21: CIPP).
pub(crate) fn check_integers(
    kind: KindId,
    place: usize,
    values: &mut Map<String, Value>,
) -> Result<(), Answer> {
    let is_double = |name: &str| {
        matches!((kind, name), (KindId::Users, "site_id") | (KindId::Site, "client_id"))
    };
    for (name, value) in values.iter_mut() {
        if name != "id" && !name.ends_with("_id") || name.ends_with("third_party_id") {
            continue;
        }
        let path = format!("[{place}].{name}");
        let refuse = |problem: String| {
            Err(Answer::bad_binding(
                &path,
                &format!("{problem} Path '{path}', line 1, position 1."),
            ))
        };
        match value {
            Value::Number(number) if number.is_f64() && !is_double(name) => {
                return refuse(format!("Input string '{number}' is not a valid integer."));
            }
            Value::String(text) if !text.is_empty() => match text.parse::<i64>() {
                Ok(number) => *value = json!(number),
                Err(_) => return refuse(format!("Could not convert string to integer: {text}.")),
            },
            _ => {}
        }
    }
    Ok(())
}

/// One rule at a time, in Halo's order (Q-44: HCLI for users; the others' words are made up).
fn check_required(kind: &dyn Kind, values: &Map<String, Value>) -> Result<(), Answer> {
    let rules: &[(&str, &str)] = match kind.id() {
        KindId::Client => &[("name", "Client Name must be entered")],
        KindId::Site => {
            &[("name", "Site Name must be entered"), ("client_id", "A Client must be selected")]
        }
        KindId::Users => {
            &[("name", "Username must be entered"), ("site_id", "A Site must be selected")]
        }
        KindId::Asset => &[
            ("assettype_id", "An Asset Type must be selected"),
            ("client_id", "A Client must be selected"),
        ],
        _ => &[("summary", "Summary must be entered")],
    };
    let is_given = |name: &str| match values.get(name) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(value) => value.as_i64() != Some(0),
    };
    match rules.iter().find(|(name, _)| !is_given(name)) {
        Some((_, message)) => Err(Answer::exception(400, message)),
        None => Ok(()),
    }
}

fn store(world: &mut World, kind: &dyn Kind, wanted: Wanted, now: i64) -> u32 {
    let Wanted { index, mut values, fields, definitions } = wanted;
    for (asset_type, field, name) in definitions {
        world.added_fields.add(asset_type, field, name);
    }
    let is_new = index.is_none();
    let index = index.unwrap_or_else(|| world.overlay_mut(kind.records()).add());
    if is_new {
        let mut blank = blank(world, kind, index);
        if kind.id() == KindId::Tickets {
            blank.append(&mut ticket::defaults(now));
        }
        blank.append(&mut values);
        values = blank;
    }
    follow(world, kind, &mut values);
    let overlay = world.overlay_mut(kind.records());
    overlay.merge(index, values, now);
    overlay.merge_fields(index, fields, now);
    if is_new {
        overlay.mark_created(index);
    }
    if is_new && kind.id() == KindId::Client {
        add_main_site(world, index, now);
    }
    index
}

/// A row like others of its kind with nothing entered.
fn blank(world: &World, kind: &dyn Kind, index: u32) -> Map<String, Value> {
    let mut out = Vec::new();
    world.render(kind, index, &View { is_detail: true, ..View::default() }, &mut out);
    let mut row: Map<String, Value> =
        serde_json::from_slice(&out).expect("rows are JSON objects, which tests read back");
    row.retain(|name, _| {
        !KEPT.contains(&name.as_str()) && name != "fields" && name != "allowed_status"
    });
    for (name, value) in &mut row {
        *value = match value {
            Value::Null => Value::Null,
            Value::Bool(_) => json!(false),
            Value::Number(_) if name == "status_id" => json!(1),
            Value::Number(number) if number.as_i64() < Some(0) => continue,
            Value::Number(number) if number.is_f64() => json!(0.0),
            Value::Number(_) => json!(0),
            Value::String(text) if text.starts_with("19") || text.contains("T00:") => {
                json!("1900-01-01T00:00:00")
            }
            Value::String(_) => json!(""),
            Value::Array(_) => json!([]),
            Value::Object(_) => json!({}),
        };
    }
    row
}

/// Names and twins that follow an id: a site brings its client, a client its main site.
fn follow(world: &World, kind: &dyn Kind, values: &mut Map<String, Value>) {
    let number = |values: &Map<String, Value>, name: &str| {
        let value = values.get(name)?;
        value.as_i64().or_else(|| value.as_f64().map(|value| value as i64)).filter(|id| *id > 0)
    };
    let site_kind: &dyn Kind = &site::Sites;
    if kind.id() == KindId::Site {
        if let Some(client) = number(values, "client_id") {
            values.insert("client_id".into(), json!(client as f64));
            let name =
                client::IDS.index_of(client).map(|index| client::name(world, index).into_owned());
            values.insert("client_name".into(), json!(name.unwrap_or_default()));
        }
        return;
    }
    let main = number(values, "client_id").and_then(|id| client::IDS.index_of(id));
    let place = number(values, "site_id").and_then(|id| site_kind.index_of(id)).or(main);
    if let Some(place) = place {
        let facts = world.facts(site_kind, place);
        let owner = client::IDS.index_of(facts.client).unwrap_or(0);
        values.insert("site_id".into(), json!(facts.site));
        values.insert("site_name".into(), json!(site::name(world, place)));
        values.insert("client_id".into(), json!(facts.client));
        values.insert("client_name".into(), json!(client::name(world, owner)));
        if kind.id() == KindId::Users {
            values.insert("site_id".into(), json!(facts.site as f64));
            values.insert("site_id_int".into(), json!(facts.site));
        }
    }
    if let Some(asset_type) = number(values, "assettype_id").and_then(types::by_id) {
        values.insert("assettype_name".into(), json!(asset_type.name));
    }
    if let Some(status) = values.get("status_id").and_then(Value::as_i64)
        && kind.id() == KindId::Asset
    {
        let name = crate::world::lookup::name(crate::world::lookup::ASSET_STATUS, status);
        values.insert("status_name".into(), json!(name));
    }
}

/// A new client has a main site (inferred, HALO-API.md 3.1).
fn add_main_site(world: &mut World, client_index: u32, now: i64) {
    let kind: &dyn Kind = &site::Sites;
    let values = Map::from_iter([
        ("name".to_owned(), json!("Main")),
        ("client_id".to_owned(), json!(client::remote_id(client_index))),
    ]);
    let index = store(world, kind, Wanted::new(values), now);
    let main = Map::from_iter([
        ("main_site_id".to_owned(), json!(site::remote_id(index))),
        ("main_site_name".to_owned(), json!("Main")),
    ]);
    world.overlay_mut(KindId::Client).merge(client_index, main, now);
}
