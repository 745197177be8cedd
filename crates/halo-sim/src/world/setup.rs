//! Small configuration lists: ticket statuses and types, priorities, categories, workflows, outcomes
//! of actions, custom field definitions (HALO-API.md 3.10 to 3.15, 3.19).
//!
//! All are bare arrays. One table each; [`Setup`] makes a kind of a table.

use super::kind::{Facts, Filter, Kind, KindId, Shape, View};
use super::{Base, World};
use crate::access::Area;
use crate::row::{Row, guid};

/// A kind whose rows stand in a table.
pub(crate) struct Setup {
    pub(crate) id: KindId,
    pub(crate) route: &'static str,
    /// Codes and names.
    pub(crate) rows: &'static [Entry],
    pub(crate) filters: &'static [(&'static str, Filter)],
    /// Whether rows can be had one by one, and by what.
    pub(crate) get: Get,
    pub(crate) write: fn(&Entry, &View, &mut Row<'_>),
}

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) name: &'static str,
    /// Status type, request type, SLA, category tree, workflow, usage: the table's own kind.
    pub(crate) kind: i64,
    pub(crate) more: &'static str,
}

/// How one row is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Get {
    /// By its integer.
    Integer,
    /// By its GUID; an integer finds nothing (Q-22).
    Guid,
    /// Not at all.
    No,
}

const fn entry(id: i64, name: &'static str, kind: i64, more: &'static str) -> Entry {
    Entry { id, name, kind, more }
}

/// Hides rows unless `showall=true` (Q-36).
const HIDDEN: u8 = 1;

/// `/Status`: the `type` parameter filters nothing (Q-35: TL), and no flag says which are closed.
pub(crate) static STATUSES: Setup = Setup {
    id: KindId::Status,
    route: "Status",
    rows: &[
        entry(1, "New", 0, "#ff0000"),
        entry(2, "In Progress", 0, "#00b050"),
        entry(3, "Action Required", 0, "#ffc000"),
        entry(4, "With User", 0, "#0070c0"),
        entry(5, "With Supplier", 0, "#7030a0"),
        entry(8, "Resolved", 0, "#92d050"),
        entry(9, "Closed", 0, "#7f7f7f"),
        entry(10, "With CAB", 0, "#00b0f0"),
        entry(12, "Open Order", 3, "#00b050"),
        entry(13, "Closed Order", 3, "#7f7f7f"),
        entry(14, "Open Item", 4, "#00b050"),
        entry(15, "Closed Item", 4, "#7f7f7f"),
        entry(16, "Invoiced", 3, "#0070c0"),
        entry(17, "Awaiting Approval", 0, "#ffc000"),
        entry(18, "Approved", 0, "#00b050"),
        entry(19, "Rejected", 0, "#ff0000"),
        entry(21, "On Hold", 0, "#bfbfbf"),
        entry(22, "Update Required", 0, "#ffc000"),
    ],
    filters: &[],
    get: Get::Integer,
    write: |entry, _, row| {
        row.guid("guid", 0x57a7_0000 + entry.id as u64);
        row.int("id", entry.id);
        row.text("name", entry.name);
        row.text("shortname", entry.name);
        row.int("type", entry.kind);
        row.int("sequence", entry.id * 10);
        row.text("colour", entry.more);
        row.fixed(
            r#""slaaction":"N","ticket_count":0,"showonquickchange":true,"timeuntilloffhold":0.0"#,
        );
    },
};

/// `/TicketType`: nothing without `showall=true` (Q-36: AttunedIT, KG, CIPP).
pub(crate) static TICKET_TYPES: Setup = Setup {
    id: KindId::TicketType,
    route: "TicketType",
    rows: &[
        entry(1, "Incident", 1, "reqs"),
        entry(2, "Change Request", 2, "reqs"),
        entry(3, "Service Request", 3, "reqs"),
        entry(4, "Problem", 4, "reqs"),
        entry(5, "Project", 22, "projects"),
        entry(6, "Project Task", 23, "projects"),
        entry(20, "Opportunity", 20, "opps"),
        entry(21, "Advice / Other", 21, "reqs"),
    ],
    filters: &[("showall", Filter::Unless(HIDDEN))],
    get: Get::Integer,
    write: |entry, view, row| {
        row.guid("guid", 0x7c7e_0000 + entry.id as u64);
        row.int("id", entry.id);
        row.text("name", entry.name);
        row.text("use", entry.more);
        row.int("sequence", entry.id);
        row.int("itilrequesttype", entry.kind);
        row.fixed(concat!(
            r#""default_sla":1,"group_id":1,"group_name":"Service Desk","ticket_count":0,"#,
            r#""cancreate":true,"agentscanselect":true,"enduserscanselect":false,"is_sprint":false,"#,
            r#""hasmandatorytechfields":true,"default_agent":1,"default_team":"1st Line Support","#,
            r#""workflow_name":"","default_priority":4,"visible":true"#
        ));
        row.int("project_type", if entry.kind == 22 { 1 } else { 0 });
        if view.is_detail {
            row.fixed(r#""workflow_id":1,"fields":[],"allowed_status":[]"#);
        }
    },
};

/// `/Priority`: `id` is a GUID; tickets hold `priorityid`, unique only within an SLA (Q-22).
pub(crate) static PRIORITIES: Setup = Setup {
    id: KindId::Priority,
    route: "Priority",
    rows: &[
        entry(1, "Critical", 1, "1"),
        entry(2, "High", 1, "4"),
        entry(3, "Medium", 1, "8"),
        entry(4, "Low", 1, "24"),
        entry(1, "P1", 2, "2"),
        entry(2, "P2", 2, "8"),
        entry(3, "P3", 2, "40"),
    ],
    filters: &[("slaid", Filter::Type)],
    get: Get::Guid,
    write: |entry, _, row| {
        row.text("id", &priority_guid(entry));
        row.int("slaid", entry.kind);
        row.int("priorityid", entry.id);
        row.text("name", entry.name);
        let hours = entry.more.parse().unwrap_or(8);
        row.decimal("fixtime", hours);
        row.text("fixunits", "H");
        row.decimal("responsetime", 1);
        row.fixed(r##""responseunits":"H","ishidden":false,"colour":"#ff9900""##);
    },
};

/// `/Category`: which tree a `type_id` means is not known for certain (HALO-API.md 3.14).
pub(crate) static CATEGORIES: Setup = Setup {
    id: KindId::Category,
    route: "Category",
    rows: &[
        entry(1, "Hardware", 2, ""),
        entry(2, "Hardware>Laptop", 2, ""),
        entry(3, "Hardware>Printer", 2, ""),
        entry(4, "Software", 2, ""),
        entry(5, "Software>Microsoft 365", 2, ""),
        entry(6, "Network", 2, ""),
        entry(7, "Network>VPN", 2, ""),
        entry(20, "User training", 3, ""),
        entry(21, "Change of starter or leaver", 3, ""),
        entry(30, "Won: price", 4, ""),
        entry(31, "Lost: price", 4, ""),
        entry(40, "New logo", 5, ""),
    ],
    filters: &[("type_id", Filter::Type)],
    get: Get::Integer,
    write: |entry, _, row| {
        row.int("id", entry.id);
        row.text("value", entry.name);
        row.text("category_name", entry.name.rsplit('>').next().unwrap_or(entry.name));
        row.int("type_id", entry.kind);
        row.fixed(
            r#""sla_id":0,"priority_id":0,"category_group_id":0,"include_note":false,"note":"""#,
        );
    },
};

/// `/Workflow`: thin rows; stages and steps only on the detail with `includedetails=true`.
pub(crate) static WORKFLOWS: Setup = Setup {
    id: KindId::Workflow,
    route: "Workflow",
    rows: &[
        entry(1, "Incident Workflow", 0, ""),
        entry(2, "Sales Pipeline", 1, ""),
        entry(3, "Change Approval", 0, ""),
    ],
    filters: &[],
    get: Get::Integer,
    write: |entry, view, row| {
        row.int("id", entry.id);
        row.text("name", entry.name);
        row.fixed(r#""active":true,"note":"""#);
        if view.is_detail && view.has_details {
            let own = entry.id;
            let stages = ["Qualify", "Propose", "Close"].into_iter().enumerate();
            row.list("stages", stages, |row, (place, name)| {
                row.int("id", own * 10 + place as i64);
                row.int("flow_id", own);
                row.int("sequence", place as i64 + 1);
                row.text("name", name);
            });
            let steps = STEPS.rows.iter().filter(|step| step.kind == own);
            row.list("steps", steps, |row, step| (STEPS.write)(step, &View::default(), row));
            row.fixed(r#""targets":[],"flow_chart_json":"""#);
        }
    },
};

/// `/workflowstep`: only as a list (HCLI).
pub(crate) static STEPS: Setup = Setup {
    id: KindId::WorkflowStep,
    route: "workflowstep",
    rows: &[
        entry(1, "Start", 1, "start"),
        entry(2, "Working", 1, ""),
        entry(3, "Closed", 1, "end"),
        entry(1, "Lead", 2, "start"),
        entry(2, "Quote sent", 2, ""),
        entry(3, "Won", 2, "end"),
        entry(1, "Raised", 3, "start"),
        entry(2, "Approved", 3, "end"),
    ],
    filters: &[],
    get: Get::No,
    write: |entry, _, row| {
        row.int("step_id", entry.id);
        row.int("flow_id", entry.kind);
        row.text("name", entry.name);
        row.flag("isstart", entry.more == "start");
        row.flag("isend", entry.more == "end");
        row.int("stage_number", entry.id);
        row.int("pipeline_stage_id", if entry.kind == 2 { 20 + entry.id } else { 0 });
        row.text("pipeline_stage_name", if entry.kind == 2 { entry.name } else { "" });
        row.fixed(r#""actions":[]"#);
    },
};

/// `/FieldInfo`: usage 1 ticket, 2 client, 3 site, 4 user, 5 asset (RXN; 4 inferred).
pub(crate) static FIELD_INFOS: Setup = Setup {
    id: KindId::FieldInfo,
    route: "FieldInfo",
    rows: &[
        entry(201, "CFBackupProduct", 2, "Backup product"),
        entry(202, "CFContractLevel", 2, "Contract level"),
        entry(203, "CFDoorCode", 3, "Door code"),
        entry(204, "CFBirthday", 4, "Birthday"),
        entry(205, "CFLeaseEnds", 5, "Lease ends"),
        entry(206, "CFRootCause", 1, "Root cause"),
    ],
    filters: &[("typeid", Filter::Type)],
    get: Get::Integer,
    write: |entry, _, row| {
        row.int("id", entry.id);
        row.guid("guid", 0xf1e1_0000 + entry.id as u64);
        row.text("name", entry.name);
        row.text("label", entry.more);
        row.int("type", if entry.id <= 202 { 2 } else { i64::from(entry.id == 205) * 4 });
        row.int("usage", entry.kind);
        row.fixed(r#""custom":1,"tab_id":0,"characterlimit":0,"inputtype":0,"searchable":true"#);
    },
};

/// `/Outcome`: what an action can be. `kind` is the status it sets, `more` the workflow steps that
/// allow it (Q-48). 7 is Internal Note on a stock tenant (CIPP); KG writes "Private Note"; the other
/// numbers are made up.
pub(crate) static OUTCOMES: Setup = Setup {
    id: KindId::Outcome,
    route: "Outcome",
    rows: &[
        entry(1, "Email User", 0, "12"),
        entry(4, "Re-Assign", 0, "12"),
        entry(7, "Internal Note", 0, "123"),
        entry(8, "Private Note", 0, "123"),
        entry(16, "Resolve", 8, "12"),
        entry(17, "Close", 9, "12"),
        entry(23, "Re-open", 2, "3"),
    ],
    filters: &[],
    get: Get::Integer,
    write: |entry, _, row| {
        row.int("id", entry.id);
        row.guid("guid", 0x0c7c_0000 + entry.id as u64);
        row.text("outcome", entry.name);
        row.text("buttonname", entry.name);
        row.int("sequence", entry.id);
        row.int("newstatus", if entry.kind == 0 { -1 } else { entry.kind });
        row.fixed(r#""hidden":false,"colour":"","icon":"","respondtype":0,"sendemail":0"#);
        row.flag("hidefromuser", entry.id == 7 || entry.id == 8);
    },
};

fn priority_guid(entry: &Entry) -> String {
    guid(0x9710_0000 + (entry.kind * 100 + entry.id) as u64)
}

impl Setup {
    fn entry(&self, index: u32) -> &Entry {
        &self.rows[index as usize % self.rows.len()]
    }
}

impl Kind for Setup {
    fn id(&self) -> KindId {
        self.id
    }
    fn route(&self) -> &'static str {
        self.route
    }
    fn area(&self) -> Area {
        Area::Open
    }
    fn shape(&self) -> Shape {
        Shape::Array
    }
    fn count(&self, _base: &Base) -> u32 {
        self.rows.len() as u32
    }
    fn remote_id(&self, index: u32) -> i64 {
        self.entry(index).id
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        let place = self.rows.iter().position(|entry| entry.id == remote_id)?;
        (self.get == Get::Integer).then_some(place as u32)
    }
    fn find(&self, text: &str) -> Option<u32> {
        if self.get == Get::Guid {
            let wanted = |entry: &Entry| priority_guid(entry).eq_ignore_ascii_case(text);
            return self.rows.iter().position(wanted).map(|place| place as u32);
        }
        self.index_of(text.parse().ok()?)
    }
    fn has_get(&self) -> bool {
        self.get != Get::No
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        self.filters
    }
    fn facts(&self, _world: &World, index: u32) -> Facts {
        Facts { kind: self.entry(index).kind, marks: HIDDEN, ..Facts::default() }
    }
    fn label(&self, _world: &World, index: u32, out: &mut String) {
        out.push_str(self.entry(index).name);
    }
    fn write(&self, _world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        (self.write)(self.entry(index), view, row);
    }
}
