//! Top levels (Halo's Tree), the grouping above clients: HALO-API.md 3.2.
//!
//! The envelope's key was never recorded; `--toplevel-key` chooses it.

use super::kind::{Facts, Kind, KindId, Shape, View};
use super::{Base, World};
use crate::access::Area;
use crate::row::Row;

const NAMES: [&str; 4] = ["Customers", "Prospects", "Former Customers", "Internal"];

/// `/TopLevel`.
pub(crate) struct TopLevels;

/// The name of the top level with an id.
pub(crate) fn name(remote_id: i64) -> &'static str {
    NAMES[usize::try_from(remote_id - 1).unwrap_or(0) % NAMES.len()]
}

impl Kind for TopLevels {
    fn id(&self) -> KindId {
        KindId::TopLevel
    }
    fn route(&self) -> &'static str {
        "TopLevel"
    }
    fn area(&self) -> Area {
        Area::Customers
    }
    fn shape(&self) -> Shape {
        Shape::Envelope("trees")
    }
    fn count(&self, _base: &Base) -> u32 {
        NAMES.len() as u32
    }
    fn remote_id(&self, index: u32) -> i64 {
        i64::from(index) + 1
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        u32::try_from(remote_id - 1).ok()
    }
    fn facts(&self, world: &World, index: u32) -> Facts {
        let mut dice = world.base.dice(0x61, index);
        Facts { updated: world.base.moment(&mut dice, 700), ..Facts::default() }
    }
    fn label(&self, _world: &World, index: u32, out: &mut String) {
        out.push_str(name(i64::from(index) + 1));
    }

    fn write(&self, _world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        row.int("id", i64::from(index) + 1);
        row.guid("guid", 0x70b0 + u64::from(index));
        row.text("name", name(i64::from(index) + 1));
        row.text("long_name", name(i64::from(index) + 1));
        row.fixed(concat!(
            r#""type":0,"organisation_id":1,"organisation_name":"Example MSP","user_count":0,"#,
            r#""open_ticket_count":0,"total_ticket_count":0"#
        ));
        if view.is_detail {
            row.fixed(r#""notes":"","mailbox_override":0,"use":"toplevel","agents":[]"#);
        }
    }
}
