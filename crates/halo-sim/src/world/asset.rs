//! Assets (Halo's Device): HALO-API.md 3.7.
//!
//! There is no `name`: names live in `fields[]`, and three of those are copied to `key_field`,
//! `key_field2`, `key_field3` (Q-32). List rows carry an empty `fields[]` unless asked for more.
//! This is the hot path of the simulator: a first sync reads a million of these.

use serde_json::{Map, Value};

use super::added_fields::all_fields;
use super::asset_type::{self as types, Type};
use super::kind::{Facts, Filter, Gaps, Kind, KindId, Order, Shape, View};
use super::overlay::Change;
use super::{Base, World, client, contact, hardware, lookup, names, site};
use crate::access::Area;
use crate::date::{self, DAY, SENTINELS};
use crate::row::{Row, When};

const IDS: Gaps = Gaps(1_201);
const FACTS: u64 = 0x71;
const ROW: u64 = 0x72;
const DATES: u64 = 0x73;
const FIELD: u64 = 0x74;

/// `/Asset`.
pub(crate) struct Assets;

/// What makes one asset what it is.
struct Make {
    kind: &'static Type,
    maker: &'static str,
    model: &'static str,
    /// Seconds since 1970.
    bought: i64,
    year: i64,
    name: String,
    login: String,
    serial: String,
}

fn make(base: &Base, index: u32, kind: &'static Type, owner: u32) -> Make {
    let mut dice = base.dice(ROW, index);
    let days = (dice.share().powf(1.2) * 3_300.0) as i64 + 5;
    let bought = base.today - days * DAY;
    let year = date::year(bought);
    let (maker, model, _) = *hardware::model(&mut dice, kind, year);
    let serial = hardware::serial(&mut dice, kind, maker);
    let login = contact::any_login(base, owner * 16 + dice.below(16));
    let short = names::domain(owner).chars().take(3).collect::<String>().to_uppercase();
    let number = 1 + dice.below(400);
    let name = match names::hostile(index) {
        Some(hostile) => hostile,
        None => match kind.id {
            130 => format!("{short}-LT-{number:03}"),
            131 => format!("{short}-PC-{number:03}"),
            132 => format!("{short}-WS-{number:03}"),
            133 | 134 => format!(
                "{short}-{}{:02}",
                dice.pick(&["DC", "FS", "SQL", "RDS", "HV", "APP"]),
                1 + number % 9
            ),
            144 => names::domain(owner),
            _ => format!("{short}-{}-{number:02}", &kind.name[..2].to_uppercase()),
        },
    };
    Make { kind, maker, model, bought, year, name, login, serial }
}

impl Make {
    /// The text of a field; dates are in the form of `display`.
    fn text(&self, base: &Base, index: u32, field: i64) -> String {
        let mut dice = base.dice(FIELD ^ field as u64, index);
        match field {
            types::NAME => self.name.clone(),
            types::LAST_USER if dice.percent(8) => String::new(),
            types::LAST_USER if dice.percent(20) => format!("CORP\\{}", self.login),
            types::LAST_USER => self.login.clone(),
            types::MODEL => self.model.to_owned(),
            types::MAKER => match (self.maker, dice.below(10)) {
                ("Dell", 0..=5) => "Dell Inc.".to_owned(),
                ("HP", 0..=2) => "Hewlett-Packard".to_owned(),
                (maker, _) => maker.to_owned(),
            },
            types::SERIAL => self.serial.clone(),
            types::OS => hardware::system(&mut dice, self.kind, self.maker, self.year).to_owned(),
            field => hardware::plain_field(&mut dice, field, self.kind, self.year),
        }
    }

    /// The instant of a date field, in seconds; most tenants leave many empty.
    fn moment(&self, base: &Base, index: u32, field: i64) -> Option<i64> {
        let mut dice = base.dice(FIELD ^ field as u64, index);
        match field {
            types::PURCHASED => dice.percent(60).then_some(self.bought),
            types::INSTALLED => {
                let days = i64::from(dice.below(40));
                dice.percent(70).then(|| (self.bought + days * DAY).min(base.today))
            }
            types::BATTERY => {
                dice.percent(50).then(|| self.bought + (base.today - self.bought) / 2)
            }
            _ => Some(base.today + (i64::from(dice.below(700)) - 100) * DAY),
        }
    }

    /// What `key_field` and its like show of a field.
    fn shown(&self, base: &Base, index: u32, field: i64) -> String {
        match field {
            0 => String::new(),
            field if types::field_by_id(field).letter == 'D' => {
                self.moment(base, index, field).map(date::display).unwrap_or_default()
            }
            field => self.text(base, index, field),
        }
    }
}

/// The seeded type, site and owner of an asset, as indexes.
fn place(base: &Base, index: u32) -> (u32, u32, u32) {
    let mut dice = base.dice(FACTS, index);
    let chosen = dice.weighted(&types::TYPES, |kind| kind.weight).id - 130;
    let site = base.any_site(&mut dice);
    (chosen as u32, site, site::client_of(base, site))
}

/// A date that is there in some cases, and in the others null, a sentinel or no property (Q-24).
fn patchy(base: &Base, index: u32, salt: u64, there: u32, seconds: i64) -> When {
    let mut dice = base.dice(DATES ^ salt, index);
    match dice.below(100) {
        share if share < there => match dice.below(50) {
            0 => When::AtZulu(seconds * 1_000),
            1 => When::At(seconds * 1_000 + 43_200_000),
            _ => When::At(seconds * 1_000),
        },
        share if share % 4 == 0 => When::Null,
        share if share % 4 == 1 => When::Absent,
        share => When::Never(SENTINELS[share as usize % 3]),
    }
}

impl Kind for Assets {
    fn id(&self) -> KindId {
        KindId::Asset
    }
    fn route(&self) -> &'static str {
        "Asset"
    }
    fn area(&self) -> Area {
        Area::Assets
    }
    fn shape(&self) -> Shape {
        Shape::Envelope("assets")
    }
    fn count(&self, base: &Base) -> u32 {
        base.sizes.assets
    }
    fn remote_id(&self, index: u32) -> i64 {
        // Unlike other kinds, assets have nothing built in at id 1.
        IDS.remote_id(index + 1)
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        IDS.index_of(remote_id).and_then(|place| place.checked_sub(1))
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        &[
            ("client_id", Filter::Client),
            ("site_id", Filter::Site),
            ("assettype_id", Filter::Type),
            ("assettype", Filter::Type),
            ("assettypes", Filter::TypeIn),
            ("assetgroup_id", Filter::Group),
            ("assetstatuses", Filter::StatusIn),
            ("inventory_number", Filter::Contains),
        ]
    }
    fn includes(&self) -> &'static [&'static str] {
        &["includeassetfields", "includeallowedstatus"]
    }
    fn inactive_param(&self) -> Option<&'static str> {
        Some("includeinactive")
    }
    fn has_update_filter(&self) -> bool {
        true
    }
    fn default_order(&self) -> Order {
        Order::Scattered
    }
    fn sometimes(&self) -> &'static [&'static str] {
        &["warranty_start", "warranty_end", "supplier_purchasedate"]
    }

    fn facts(&self, world: &World, index: u32) -> Facts {
        let base = &world.base;
        let (kind, place, owner) = place(base, index);
        let kind = types::at(kind);
        let mut dice = base.dice(FACTS ^ 0xf1, index);
        let is_inactive = dice.percent(7);
        let shares: &[(i64, u32)] = match (kind.is_restricted, is_inactive) {
            (true, true) => &[(6, 1)],
            (true, false) => &[(1, 9), (0, 1)],
            (false, true) => &[(6, 60), (7, 30), (8, 10)],
            (false, false) => &[(1, 86), (2, 5), (3, 3), (4, 2), (5, 2), (0, 2)],
        };
        let days_ago = i64::from(dice.below(365));
        Facts {
            client: client::remote_id(owner),
            site: site::remote_id(place),
            kind: kind.id,
            group: kind.group,
            status: dice.weighted(shares, |share| share.1).0,
            is_inactive,
            updated: base.moment(&mut dice, days_ago),
            ..Facts::default()
        }
    }

    fn label(&self, world: &World, index: u32, out: &mut String) {
        let (kind, _, owner) = place(&world.base, index);
        let make = make(&world.base, index, types::at(kind), owner);
        for text in [&tag(index, make.kind), &make.name, &make.serial, &make.login] {
            out.push_str(text);
            out.push(' ');
        }
    }

    fn write(&self, world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        let base = &world.base;
        let facts = self.facts(world, index);
        let (kind, place, owner) = place(base, index);
        let make = make(base, index, types::at(kind), owner);
        row.int("id", self.remote_id(index));
        row.text("inventory_number", &tag(index, make.kind));
        for (name, field) in
            ["key_field", "key_field2", "key_field3"].into_iter().zip(make.kind.keys)
        {
            row.text(name, &make.shown(base, index, field));
        }
        row.int("client_id", facts.client);
        row.text("client_name", &client::name(world, owner));
        row.int("site_id", facts.site);
        row.text("site_name", &site::name(world, place));
        row.fixed(r#""business_owner_id":-99,"business_owner_name":"","business_owner_cab_id":0"#);
        row.text("username", if make.kind.group == 1 { &make.login } else { "" });
        row.fixed(r#""technical_owner_id":0,"technical_owner_name":"","technical_owner_cab_id":0"#);
        row.int("assettype_id", make.kind.id);
        row.text("assettype_name", make.kind.name);
        row.fixed(r##""colour":"#2bd3c6","icon":"fas fa-desktop""##);
        row.int("status_id", facts.status);
        row.text("status_name", lookup::name(lookup::ASSET_STATUS, facts.status));
        row.flag("inactive", facts.is_inactive);
        let years = if make.kind.group == 2 { 5 } else { 3 };
        row.when("warranty_start", patchy(base, index, 1, 45, make.bought));
        row.when("warranty_end", patchy(base, index, 2, 55, make.bought + years * 365 * DAY));
        row.when("supplier_purchasedate", patchy(base, index, 3, 35, make.bought - 10 * DAY));
        self.write_fields(world, index, view, &make, row);
        row.fixed(concat!(
            r#""contract_ref":"","supplier_id":0,"supplier_contract_id":0,"supplier_sla_id":0,"#,
            r#""supplier_priority_id":0,"itemstock_id":0,"item_id":0,"item_name":"","#,
            r#""non_consignable":false,"reserved_salesorder_id":0,"reserved_salesorder_line_id":0,"#,
            r#""device42_id":0,"criticality":0,"use":"asset""#
        ));
        row.int("device_number", i64::from(index % 400) + 1);
        row.fixed(concat!(
            r#""third_party_id":0,"sla_id":-1,"priority_id":-1,"automate_id":0,"ninjarmm_id":0,"#,
            r#""syncroid":0,"itglue_url":"","datto_id":"","datto_url":"","datto_alternate_id":0,"#,
            r#""auvik_device_id":"","passportal_id":0,"addigy_id":"","ncentral_details_id":0,"#,
            r#""issue_consignment_line_id":0,"key":-1,"table":-1,"asset_type_priority":0,"#,
            r#""defaultsequence":0"#
        ));
        if view.has_allowed_status || view.is_detail {
            row.flag("allowallstatus", !make.kind.is_restricted);
            types::write_allowed(make.kind, row);
        }
        if view.is_detail {
            self.write_detail(world, index, &facts, row);
        }
    }

    fn after_change(&self, world: &World, change: &Change, row: &mut Map<String, Value>) {
        let kind = row.get("assettype_id").and_then(Value::as_i64).and_then(types::by_id);
        let Some(kind) = kind else { return };
        if change.is_created || change.values.contains_key("assettype_id") {
            retype(world, kind, change.is_created, row);
        }
        for (field, value) in &change.fields {
            if let Some(Value::Array(fields)) = row.get_mut("fields") {
                for own in fields.iter_mut().filter(|own| own["id"] == *field) {
                    own["value"] = value.clone();
                    own["display"] = value.clone();
                }
            }
            let names = ["key_field", "key_field2", "key_field3"];
            for (name, _) in names.into_iter().zip(kind.keys).filter(|(_, key)| key == field) {
                row.insert(name.to_owned(), value.clone());
            }
        }
    }
}

impl Assets {
    fn write_fields(&self, world: &World, index: u32, view: &View, make: &Make, row: &mut Row<'_>) {
        let is_filled = view.has_fields || (view.is_detail && view.has_details);
        let fields = is_filled.then(|| all_fields(make.kind, &world.added_fields));
        let base = &world.base;
        row.list("fields", fields.into_iter().flatten(), |row, (place, id, name, letter)| {
            row.int("id", id);
            row.text("name", name);
            if place >= make.kind.fields.len() {
                row.fixed(r#""value":null,"display":"""#);
            } else if letter == 'D' {
                let moment = make.moment(base, index, id);
                row.when("value", moment.map_or(When::Null, |seconds| When::At(seconds * 1_000)));
                row.text("display", &moment.map(date::display).unwrap_or_default());
            } else {
                let text = make.text(base, index, id);
                row.text("value", &text);
                row.text("display", &text);
            }
            row.fixed(r#""mandatory":false"#);
            row.text("validate", letter.encode_utf8(&mut [0; 4]));
            row.fixed(r#""lookup":0,"systemuse":0"#);
            row.int("typeinfo_id", types::typeinfo_id(make.kind, place));
            row.fixed(r#""parenttype_id":0,"showonactivity":false,"access_level":2"#);
        });
    }

    fn write_detail(&self, world: &World, index: u32, facts: &Facts, row: &mut Row<'_>) {
        let mut dice = world.base.dice(ROW ^ 0xde, index);
        row.guid("guid", 0xa55e_7000_0000 + u64::from(index));
        row.text("notes", if dice.percent(10) { "Imported from RMM." } else { "" });
        row.fixed(r#""warranty_note":"""#);
        row.when("supplier_expirydate", When::Never(SENTINELS[0]));
        row.when("commissiondate", When::Null);
        row.when("dlastupdate", When::At(facts.updated));
        row.fixed(concat!(
            r#""users":[],"parent_assets":[],"child_assets":[],"contracts":[],"customfields":[],"#,
            r#""custombuttons":[],"services":[],"open_ticket_count":0,"isassetdetails":true"#
        ));
    }
}

/// Lays out `fields[]` and the key fields of another type than the seeded one; nothing is entered.
fn retype(world: &World, kind: &'static Type, is_created: bool, row: &mut Map<String, Value>) {
    let Some(Value::Array(fields)) = row.get_mut("fields") else { return };
    if !fields.is_empty() {
        let old = std::mem::take(fields);
        *fields = all_fields(kind, &world.added_fields)
            .map(|(place, id, name, letter)| {
                let kept = old.iter().find(|own| own["id"] == id && !is_created);
                kept.cloned().unwrap_or_else(|| {
                    serde_json::json!({"id": id, "name": name, "value": null, "display": "",
                        "mandatory": false, "validate": letter.to_string(), "lookup": 0,
                        "systemuse": 0, "typeinfo_id": types::typeinfo_id(kind, place),
                        "parenttype_id": 0, "showonactivity": false, "access_level": 2})
                })
            })
            .collect();
    }
}

/// The asset tag.
fn tag(index: u32, kind: &Type) -> String {
    let letters = if kind.group == 1 { "PC" } else { "AS" };
    format!("{letters}-{:05}", index + 42)
}
