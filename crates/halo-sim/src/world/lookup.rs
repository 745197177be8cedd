//! Lookups, Halo's small code lists: HALO-API.md 3.18.
//!
//! A row is identified by `lookupid` and `id` together; without `lookupid` all are listed (BL).
//! 33 holds client types, 61 asset statuses (report SQL; Q-34).

use super::kind::{Facts, Filter, Kind, KindId, Shape, View};
use super::{Base, World};
use crate::access::Area;
use crate::row::Row;

/// Code list, code, name.
const CODES: &[(i64, i64, &str)] = &[
    (11, 17, "Charge Types"),
    (11, 22, "Ticket Source"),
    (11, 27, "Seriousness"),
    (11, 28, "Contract Type"),
    (11, 33, "Customer Type"),
    (11, 34, "Order Status"),
    (11, 35, "Expense Type"),
    (11, 38, "Contract Status"),
    (11, 39, "Quotation Status"),
    (11, 41, "Report Group"),
    (11, 49, "Agent Status"),
    (11, 61, "Asset Status"),
    (11, 63, "Appointment Type"),
    (11, 64, "Notification Event"),
    (11, 66, "Asset Relationship"),
    (11, 78, "Agent Check-in"),
    (11, 135, "Backup Product"),
    (17, 0, "No Charge"),
    (17, 1, "Remote Support"),
    (17, 2, "On-site Support"),
    (17, 3, "Out of Hours"),
    (17, 4, "Project Work"),
    (22, 0, "Manual"),
    (22, 1, "Email"),
    (22, 2, "Portal"),
    (22, 3, "Phone"),
    (22, 4, "RMM Alert"),
    (22, 5, "Chat"),
    (27, 0, "Unknown"),
    (27, 1, "High"),
    (27, 2, "Medium"),
    (27, 3, "Low"),
    (28, 0, "None"),
    (28, 1, "Managed Service"),
    (28, 2, "Block Hours"),
    (28, 3, "Break/Fix"),
    (33, 0, "None"),
    (33, 1, "Managed"),
    (33, 2, "Ad hoc"),
    (33, 3, "Co-managed"),
    (33, 4, "Prospect"),
    (33, 5, "Vendor & Partner"),
    (34, 1, "New"),
    (34, 2, "Ordered"),
    (34, 3, "Part received"),
    (34, 4, "Received"),
    (35, 1, "Travel"),
    (35, 2, "Parking"),
    (35, 3, "Accommodation"),
    (38, 1, "Active"),
    (38, 2, "Pending"),
    (38, 3, "Expired"),
    (38, 4, "Cancelled"),
    (39, 0, "Draft"),
    (39, 1, "Sent"),
    (39, 2, "Accepted"),
    (39, 3, "Rejected"),
    (41, 1, "Service Desk"),
    (41, 2, "Finance"),
    (49, 1, "Available"),
    (49, 2, "Away"),
    (49, 3, "Do not disturb"),
    (49, 4, "Offline"),
    (61, 0, "None"),
    (61, 1, "Active"),
    (61, 2, "In Stock"),
    (61, 3, "Awaiting Deployment"),
    (61, 4, "In Repair"),
    (61, 5, "On Loan"),
    (61, 6, "Retired"),
    (61, 7, "Disposed"),
    (61, 8, "Lost or Stolen"),
    (63, 1, "Site Visit"),
    (63, 2, "Remote Session"),
    (63, 3, "Meeting"),
    (63, 4, "Holiday"),
    (64, 1, "New Ticket Assigned to Me"),
    (64, 2, "Ticket Reassigned"),
    (64, 3, "New Ticket Logged"),
    (64, 9, "Ticket Closed"),
    (64, 14, "SLA Breached"),
    (64, 61, "Ticket Updated"),
    (64, 62, "Action Added"),
    (64, 77, "Asset Created"),
    (64, 78, "Asset Updated"),
    (64, 90, "Client Created"),
    (64, 91, "Client Updated"),
    (66, 1, "Connected to"),
    (66, 2, "Hosted on"),
    (66, 3, "Backed up by"),
    (66, 4, "Depends on"),
    (78, 1, "Checked in"),
    (78, 2, "Checked out"),
    (135, 1, "Datto"),
    (135, 2, "Veeam"),
    (135, 3, "Acronis"),
    (135, 4, "None"),
    (136, 1, "Gold"),
    (136, 2, "Silver"),
    (136, 3, "Bronze"),
    (146, 1, "Yes"),
    (146, 2, "No"),
    (147, 1, "2-hour response"),
    (147, 2, "Next business day"),
    (147, 3, "Return to base"),
    (148, 1, "Owned"),
    (148, 2, "Leased"),
    (148, 3, "Rented"),
];

/// The code list of asset statuses.
pub(crate) const ASSET_STATUS: i64 = 61;

/// `/Lookup`.
pub(crate) struct Lookups;

/// The name of a code, or nothing.
pub(crate) fn name(list: i64, code: i64) -> &'static str {
    CODES.iter().find(|(in_list, id, _)| (*in_list, *id) == (list, code)).map_or("", |row| row.2)
}

/// Each code and name of a list.
pub(crate) fn codes(list: i64) -> impl Iterator<Item = (i64, &'static str)> {
    CODES.iter().filter(move |row| row.0 == list).map(|row| (row.1, row.2))
}

fn entry(index: u32) -> (i64, i64, &'static str) {
    CODES.get(index as usize).copied().unwrap_or((ASSET_STATUS, i64::from(index), "Added"))
}

impl Kind for Lookups {
    fn id(&self) -> KindId {
        KindId::Lookup
    }
    fn route(&self) -> &'static str {
        "Lookup"
    }
    fn area(&self) -> Area {
        Area::Open
    }
    fn shape(&self) -> Shape {
        Shape::Array
    }
    fn count(&self, _base: &Base) -> u32 {
        CODES.len() as u32
    }
    fn remote_id(&self, index: u32) -> i64 {
        entry(index).1
    }
    /// The first code with this number: what Halo answers to `/Lookup/{id}`, where the number alone
    /// is ambiguous, was never recorded.
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        CODES.iter().position(|row| row.1 == remote_id).map(|place| place as u32)
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        &[("lookupid", Filter::Type), ("exclude_zero", Filter::DropZero)]
    }
    fn facts(&self, _world: &World, index: u32) -> Facts {
        Facts { kind: entry(index).0, ..Facts::default() }
    }
    fn label(&self, _world: &World, index: u32, out: &mut String) {
        out.push_str(entry(index).2);
    }

    fn write(&self, _world: &World, index: u32, _view: &View, row: &mut Row<'_>) {
        let (list, code, name) = entry(index);
        row.int("lookupid", list);
        row.int("id", code);
        row.text("name", name);
        row.fixed(concat!(
            r#""value2":"","value2_bool":false,"value3":"","value3_bool":false,"value4":"","#,
            r#""value4_bool":false,"value5":"","value6":"","value7":"","value8":"","value9":"","#,
            r#""custom1":"","custom2":"","valueint1":0"#
        ));
        row.int("sequence", code);
        row.flag("inactive", list == 33 && code == 5);
    }
}
