//! Asset groups, asset types and their field definitions: HALO-API.md 3.8.
//!
//! Ids inside a type's `fields[]` are decimals, and the row's own `id` is not the `field_id` that an
//! asset's `fields[].id` carries (Q-21, Q-33: HCLI, PV). Row ids are chosen so that they collide with
//! field ids of other fields: a reader that joins by the wrong one gets a wrong value, not none.

use super::added_fields::all_fields;
use super::kind::{Facts, Filter, Kind, KindId, Shape, View};
use super::lookup;
use super::{Base, World};
use crate::access::Area;
use crate::row::Row;

/// Id, name and type letter of a field (`X` text, `D` date, `C` currency: HCLI).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) id: i64,
    pub(crate) name: &'static str,
    pub(crate) letter: char,
}

/// One asset type.
#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) id: i64,
    pub(crate) name: &'static str,
    pub(crate) group: i64,
    /// Shown as key_field, key_field2, key_field3.
    pub(crate) keys: [i64; 3],
    /// Field ids, in Halo's sequence.
    pub(crate) fields: &'static [i64],
    /// Share of all assets.
    pub(crate) weight: u32,
    /// Whether only some statuses are allowed (Q-34).
    pub(crate) is_restricted: bool,
}

pub(crate) const NAME: i64 = 101;
pub(crate) const LAST_USER: i64 = 148;
pub(crate) const MODEL: i64 = 51;
pub(crate) const SERIAL: i64 = 117;
pub(crate) const PURCHASED: i64 = 24;
pub(crate) const INSTALLED: i64 = 25;
pub(crate) const MAC: i64 = 55;
pub(crate) const IP: i64 = 29;
pub(crate) const RAM: i64 = 44;
pub(crate) const CPU: i64 = 45;
pub(crate) const DISK: i64 = 46;
pub(crate) const OS: i64 = 30;
pub(crate) const MAKER: i64 = 52;
pub(crate) const FIRMWARE: i64 = 60;
pub(crate) const PORTS: i64 = 61;
pub(crate) const EXTENSION: i64 = 62;
pub(crate) const BATTERY: i64 = 64;
pub(crate) const SCREEN: i64 = 65;
pub(crate) const PAGES: i64 = 67;
pub(crate) const COST: i64 = 71;
pub(crate) const EXPIRES: i64 = 72;

/// Every field.
pub(crate) const FIELDS: [Field; 21] = [
    field(NAME, "Name", 'X'),
    field(LAST_USER, "Last User", 'X'),
    field(MODEL, "Model", 'X'),
    field(SERIAL, "Serial Number", 'X'),
    field(PURCHASED, "Purchase Date", 'D'),
    field(INSTALLED, "Install Date", 'D'),
    field(MAC, "MAC Address", 'X'),
    field(IP, "IP Address", 'X'),
    field(RAM, "RAM", 'X'),
    field(CPU, "CPU", 'X'),
    field(DISK, "Disk", 'X'),
    field(OS, "Operating System", 'X'),
    field(MAKER, "Manufacturer", 'X'),
    field(FIRMWARE, "Firmware Version", 'X'),
    field(PORTS, "Port Count", 'X'),
    field(EXTENSION, "Extension", 'X'),
    field(BATTERY, "Battery Replaced", 'D'),
    field(SCREEN, "Screen Size", 'X'),
    field(PAGES, "Page Count", 'X'),
    field(COST, "Purchase Cost", 'C'),
    field(EXPIRES, "Expiry Date", 'D'),
];

const fn field(id: i64, name: &'static str, letter: char) -> Field {
    Field { id, name, letter }
}

const COMPUTER: &[i64] = &[
    NAME, LAST_USER, SERIAL, MAKER, MODEL, OS, RAM, CPU, DISK, IP, MAC, PURCHASED, INSTALLED, COST,
];
const SERVER: &[i64] =
    &[NAME, SERIAL, MAKER, MODEL, OS, RAM, CPU, DISK, IP, MAC, PURCHASED, INSTALLED];
const VIRTUAL: &[i64] = &[NAME, SERIAL, OS, RAM, CPU, DISK, IP, INSTALLED];
const NETWORK: &[i64] =
    &[NAME, SERIAL, MAKER, MODEL, FIRMWARE, PORTS, IP, MAC, PURCHASED, INSTALLED];
const PLAIN: &[i64] = &[SERIAL, MAKER, MODEL, PURCHASED];

/// Every asset type, first the most common ones.
pub(crate) const TYPES: [Type; 16] = [
    kind(130, "Laptop", 1, [NAME, LAST_USER, SERIAL], COMPUTER, 34),
    kind(131, "Desktop", 1, [NAME, LAST_USER, SERIAL], COMPUTER, 14),
    kind(132, "Workstation", 1, [NAME, LAST_USER, SERIAL], COMPUTER, 6),
    kind(133, "Server", 2, [NAME, OS, SERIAL], SERVER, 4),
    kind(134, "Virtual Server", 2, [NAME, OS, IP], VIRTUAL, 6),
    kind(135, "Firewall", 3, [MODEL, SERIAL, IP], NETWORK, 3),
    kind(136, "Switch", 3, [NAME, MODEL, IP], NETWORK, 5),
    kind(137, "Access Point", 3, [NAME, MODEL, MAC], NETWORK, 6),
    kind(
        138,
        "Printer / MFD",
        4,
        [MODEL, SERIAL, IP],
        &[SERIAL, MAKER, MODEL, IP, MAC, PAGES, PURCHASED, INSTALLED],
        4,
    ),
    kind(139, "UPS", 4, [MODEL, SERIAL, BATTERY], &[SERIAL, MAKER, MODEL, BATTERY, PURCHASED], 2),
    kind(
        140,
        "IP Phone",
        5,
        [EXTENSION, MODEL, MAC],
        &[EXTENSION, SERIAL, MAKER, MODEL, MAC, PURCHASED],
        4,
    ),
    kind(
        141,
        "NAS",
        2,
        [NAME, MODEL, IP],
        &[NAME, SERIAL, MAKER, MODEL, FIRMWARE, DISK, IP, PURCHASED],
        1,
    ),
    kind(142, "Monitor", 4, [MODEL, SERIAL, SCREEN], &[SERIAL, MAKER, MODEL, SCREEN, PURCHASED], 7),
    kind(
        143,
        "Mobile Phone",
        5,
        [MODEL, LAST_USER, SERIAL],
        &[LAST_USER, SERIAL, MAKER, MODEL, OS, PURCHASED],
        2,
    ),
    kind(144, "Domain / SSL", 6, [NAME, EXPIRES, 0], &[NAME, EXPIRES], 1),
    kind(145, "Other (misc.)", 4, [MODEL, SERIAL, 0], PLAIN, 1),
];

const fn kind(
    id: i64,
    name: &'static str,
    group: i64,
    keys: [i64; 3],
    fields: &'static [i64],
    weight: u32,
) -> Type {
    Type { id, name, group, keys, fields, weight, is_restricted: id == 144 || id == 134 }
}

const GROUPS: [&str; 6] =
    ["Computers", "Servers & Storage", "Network", "Peripherals", "Telephony", "Services"];

/// Statuses allowed on a restricted type: None, Active, Retired.
const FEW_STATUSES: [i64; 3] = [0, 1, 6];

/// `/AssetGroup`.
pub(crate) struct AssetGroups;
/// `/AssetType`.
pub(crate) struct AssetTypes;
/// `/AssetTypeInfo`: the same list, read only.
pub(crate) struct AssetTypeInfos;

/// The type at an index.
pub(crate) fn at(index: u32) -> &'static Type {
    &TYPES[index as usize % TYPES.len()]
}

/// The type with an id.
pub(crate) fn by_id(remote_id: i64) -> Option<&'static Type> {
    TYPES.iter().find(|kind| kind.id == remote_id)
}

/// A field by id.
pub(crate) fn field_by_id(id: i64) -> Field {
    *FIELDS.iter().find(|field| field.id == id).unwrap_or(&FIELDS[0])
}

/// The name of a field, also of one that nobody has defined.
pub(crate) fn name_of(id: i64) -> String {
    let known = FIELDS.iter().find(|field| field.id == id);
    known.map_or_else(|| format!("Field {id}"), |field| field.name.to_owned())
}

/// The `typeinfo_id` of a field of a type.
pub(crate) fn typeinfo_id(kind: &Type, place: usize) -> i64 {
    (kind.id - 129) * 100 + 11 + place as i64
}

/// Statuses an asset of this type may have.
pub(crate) fn allowed_statuses(kind: &Type) -> impl Iterator<Item = (i64, &'static str)> {
    let is_restricted = kind.is_restricted;
    lookup::codes(lookup::ASSET_STATUS)
        .filter(move |(code, _)| !is_restricted || FEW_STATUSES.contains(code))
}

/// Writes `allowed_status` of a type.
pub(crate) fn write_allowed(kind: &Type, row: &mut Row<'_>) {
    row.list("allowed_status", allowed_statuses(kind), |row, (code, name)| {
        row.int("id", kind.id * 100 + code);
        row.int("xtype_id", kind.id);
        row.int("status_id", code);
        row.text("status_name", name);
    });
}

fn write_type(world: &World, index: u32, view: &View, row: &mut Row<'_>) {
    let kind = at(index);
    row.guid("guid", 0xa55e_7000 + u64::from(index));
    row.int("id", kind.id);
    row.text("name", kind.name);
    row.int("assetgroup_id", kind.group);
    row.text("assetgroup_name", GROUPS[(kind.group - 1) as usize % GROUPS.len()]);
    let names = [
        ("keyfield_id", "keyfield_name"),
        ("keyfield2_id", "keyfield2_name"),
        ("keyfield3_id", "keyfield3_name"),
    ];
    for ((id_name, name_name), key) in names.into_iter().zip(kind.keys) {
        row.int(id_name, key);
        row.text(name_name, if key == 0 { "" } else { field_by_id(key).name });
    }
    let fields = all_fields(kind, &world.added_fields);
    row.list("fields", fields, |row, (place, id, name, letter)| {
        row.decimal("typeinfo_id", typeinfo_id(kind, place));
        row.decimal("id", 24 + place as i64);
        row.decimal("field_id", id);
        row.text("field_name", name);
        row.int("sequence", place as i64 + 1);
        let mark = kind.keys.iter().position(|key| *key == id);
        row.text("keyfield_id", mark.map_or("", |place| ["1", "2", "3"][place]));
        row.text("type", letter.encode_utf8(&mut [0; 4]));
        row.fixed(
            r#""tab_id":1,"tab_name":"Details","groupname":"","techdetail":1,"userdetail":0"#,
        );
    });
    row.flag("allowall_status", !kind.is_restricted);
    row.fixed(r#""icon":"fas fa-desktop","tagprefix":"","defaultsequence":0,"show_to_users":true"#);
    if view.is_detail && view.has_details {
        let fields = all_fields(kind, &world.added_fields);
        row.list("field_list", fields, |row, (_, id, name, _)| {
            row.int("id", id);
            row.text("name", name);
        });
        write_allowed(kind, row);
        row.fixed(r#""xtype_roles":[],"tab_config":[]"#);
    }
}

impl Kind for AssetGroups {
    fn id(&self) -> KindId {
        KindId::AssetGroup
    }
    fn route(&self) -> &'static str {
        "AssetGroup"
    }
    fn area(&self) -> Area {
        Area::Assets
    }
    fn shape(&self) -> Shape {
        Shape::Array
    }
    fn count(&self, _base: &Base) -> u32 {
        GROUPS.len() as u32
    }
    fn remote_id(&self, index: u32) -> i64 {
        i64::from(index) + 1
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        u32::try_from(remote_id - 1).ok()
    }
    fn facts(&self, _world: &World, _index: u32) -> Facts {
        Facts::default()
    }
    fn label(&self, _world: &World, index: u32, out: &mut String) {
        out.push_str(GROUPS[index as usize % GROUPS.len()]);
    }
    fn write(&self, _world: &World, index: u32, _view: &View, row: &mut Row<'_>) {
        row.guid("guid", 0xa55e_9000 + u64::from(index));
        row.int("id", i64::from(index) + 1);
        row.text("name", GROUPS[index as usize % GROUPS.len()]);
        row.int("sequence", i64::from(index) + 1);
        row.fixed(r#""islan":"","showasitem":false,"showasequip":true"#);
    }
}

impl Kind for AssetTypes {
    fn id(&self) -> KindId {
        KindId::AssetType
    }
    fn route(&self) -> &'static str {
        "AssetType"
    }
    fn area(&self) -> Area {
        Area::Assets
    }
    fn shape(&self) -> Shape {
        Shape::Array
    }
    fn count(&self, _base: &Base) -> u32 {
        TYPES.len() as u32
    }
    fn remote_id(&self, index: u32) -> i64 {
        130 + i64::from(index)
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        u32::try_from(remote_id - 130).ok()
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        &[("assetgroup_id", Filter::Group)]
    }
    fn facts(&self, _world: &World, index: u32) -> Facts {
        Facts { group: at(index).group, ..Facts::default() }
    }
    fn label(&self, _world: &World, index: u32, out: &mut String) {
        out.push_str(at(index).name);
    }
    fn write(&self, world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        write_type(world, index, view, row);
    }
}

impl Kind for AssetTypeInfos {
    fn id(&self) -> KindId {
        KindId::AssetTypeInfo
    }
    fn route(&self) -> &'static str {
        "AssetTypeInfo"
    }
    fn area(&self) -> Area {
        Area::Assets
    }
    fn shape(&self) -> Shape {
        Shape::Array
    }
    fn has_get(&self) -> bool {
        false
    }
    fn count(&self, base: &Base) -> u32 {
        AssetTypes.count(base)
    }
    fn remote_id(&self, index: u32) -> i64 {
        AssetTypes.remote_id(index)
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        AssetTypes.index_of(remote_id)
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        AssetTypes.filters()
    }
    fn facts(&self, world: &World, index: u32) -> Facts {
        AssetTypes.facts(world, index)
    }
    fn label(&self, world: &World, index: u32, out: &mut String) {
        AssetTypes.label(world, index, out);
    }
    fn write(&self, world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        write_type(world, index, view, row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_the_index_and_key_fields_are_fields_of_the_type() {
        for (place, kind) in TYPES.iter().enumerate() {
            assert_eq!(kind.id, 130 + place as i64);
            for key in kind.keys.iter().filter(|key| **key != 0) {
                assert!(kind.fields.contains(key), "{} lacks key field {key}", kind.name);
            }
            for field in kind.fields {
                assert_eq!(field_by_id(*field).id, *field);
            }
        }
    }

    #[test]
    fn a_row_id_collides_with_another_fields_id() {
        let ids: Vec<i64> = (0..COMPUTER.len() as i64).map(|place| 24 + place).collect();
        assert!(FIELDS.iter().any(|field| ids.contains(&field.id)));
    }
}
