//! Tickets, and opportunities and projects, which are tickets too (HALO-API.md 3.9, 3.16, 3.17).
//!
//! One table behind three routes: `/Tickets` has all, the others their own kind under the same ids,
//! in an envelope that is called `tickets` as well (Q-37). Names differ between list and detail
//! (Q-28), and a detail can be large (Q-39).

use serde_json::{Map, Value, json};

use super::kind::{Facts, Filter, Gaps, Kind, KindId, Order, Shape, View};
use super::overlay::Change;
use super::{Base, World, agent, client, contact, names, site, team};
use crate::access::Area;
use crate::date::{self, DAY, SENTINELS};
use crate::row::{Row, When};

const IDS: Gaps = Gaps(10_001);
const FACTS: u64 = 0x81;
const ROW: u64 = 0x82;

/// List name and detail name of what the two models spell differently (Q-28: TL).
const DRIFT: [(&str, &str); 8] = [
    ("last_update", "lastupdate"),
    ("category_1", "category1"),
    ("category_2", "category2"),
    ("category_3", "category3"),
    ("category_4", "category4"),
    ("user_email", "useremail"),
    ("excludefromsla", "excludefromslas"),
    ("ticket_tags", "tickettags"),
];
/// The status of a closed ticket (HCLI).
const CLOSED_STATUS: i64 = 9;

/// A closed ticket.
const CLOSED: u8 = 1;
/// Type 20.
const OPPORTUNITY: i64 = 20;
/// Types 5 and 6.
const PROJECTS: [i64; 2] = [5, 6];
/// About 146 kB of detail were seen (Q-39: AttunedIT).
const LARGE_BYTES: usize = 146_000;

const SUMMARIES: [&str; 10] = [
    "Printer offline",
    "Cannot connect to VPN",
    "New starter on Monday",
    "Mailbox is full",
    "Laptop runs slowly",
    "Server disk space low",
    "Phishing mail reported",
    "Licence renewal",
    "Teams has no sound",
    "Backup failed last night",
];

/// `/Tickets`, `/Opportunities` or `/Projects`.
pub(crate) struct Tickets(pub(crate) KindId);

impl Tickets {
    /// The ticket's remote id.
    pub(crate) fn remote_id_of(index: u32) -> i64 {
        IDS.remote_id(index + 1)
    }

    /// The index of a ticket's remote id.
    pub(crate) fn find_index(remote_id: i64) -> Option<u32> {
        IDS.index_of(remote_id).and_then(|place| place.checked_sub(1))
    }
}

impl Kind for Tickets {
    fn id(&self) -> KindId {
        self.0
    }
    fn records(&self) -> KindId {
        KindId::Tickets
    }
    fn route(&self) -> &'static str {
        match self.0 {
            KindId::Opportunities => "Opportunities",
            KindId::Projects => "Projects",
            _ => "Tickets",
        }
    }
    fn area(&self) -> Area {
        match self.0 {
            KindId::Opportunities => Area::Sales,
            KindId::Projects => Area::Projects,
            _ => Area::Tickets,
        }
    }
    fn shape(&self) -> Shape {
        Shape::Envelope("tickets")
    }
    fn count(&self, base: &Base) -> u32 {
        base.sizes.tickets
    }
    fn remote_id(&self, index: u32) -> i64 {
        Tickets::remote_id_of(index)
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        Tickets::find_index(remote_id)
    }
    fn has_id_list(&self) -> bool {
        false
    }
    fn has_update_filter(&self) -> bool {
        true
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        &[
            ("client_id", Filter::Client),
            ("site_id", Filter::Site),
            ("requesttype_id", Filter::Type),
            ("agent_id", Filter::Group),
            ("status", Filter::StatusIn),
            ("status_id", Filter::StatusIn),
            ("open_only", Filter::Drop(CLOSED)),
            ("closed_only", Filter::Only(CLOSED)),
            ("search_summary", Filter::Contains),
        ]
    }
    fn includes(&self) -> &'static [&'static str] {
        &["includestatus", "includetickettype", "includeagent"]
    }
    fn default_order(&self) -> Order {
        Order::Newest
    }
    fn is_here(&self, world: &World, index: u32) -> bool {
        match self.0 {
            KindId::Opportunities => world.facts(self, index).kind == OPPORTUNITY,
            KindId::Projects => PROJECTS.contains(&world.facts(self, index).kind),
            _ => true,
        }
    }

    fn facts(&self, world: &World, index: u32) -> Facts {
        let base = &world.base;
        let mut dice = base.dice(FACTS, index);
        let place = base.any_site(&mut dice);
        let shares = [(1_i64, 50_u32), (3, 22), (2, 4), (4, 3), (5, 4), (6, 6), (20, 6), (21, 5)];
        let kind = dice.weighted(&shares, |share| share.1).0;
        let is_closed = dice.percent(60);
        let status = if is_closed { 9 } else { dice.pick(&[1, 2, 3, 4, 5, 21]) };
        let agents = base.sizes.agents - 1;
        let days_ago = i64::from((base.sizes.tickets.saturating_sub(index)) / 20 % 700);
        Facts {
            client: client::remote_id(site::client_of(base, place)),
            site: site::remote_id(place),
            kind,
            group: agent::remote_id(dice.below(agents)),
            status,
            marks: if is_closed { CLOSED } else { 0 },
            updated: base.moment(&mut dice, days_ago),
            ..Facts::default()
        }
    }

    fn label(&self, world: &World, index: u32, out: &mut String) {
        out.push_str(world.base.dice(ROW, index).pick(&SUMMARIES));
    }

    fn write(&self, world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        let base = &world.base;
        let facts = self.facts(world, index);
        let mut dice = base.dice(ROW, index);
        let place = site::Sites.index_of(facts.site).unwrap_or(0);
        let opened = facts.updated - i64::from(dice.below(20)) * DAY * 1_000;
        let summary = dice.pick(&SUMMARIES);
        row.int("id", self.remote_id(index));
        row.when("dateoccurred", When::At(opened));
        row.text("summary", summary);
        row.text("details", "Reported by telephone.\r\nSee notes.");
        row.int("status_id", facts.status);
        row.int("tickettype_id", facts.kind);
        row.int("sla_id", 1);
        row.int("priority_id", 1 + i64::from(dice.below(4)));
        row.int("client_id", facts.client);
        row.text("client_name", &client::name(world, site::client_of(base, place)));
        row.int("site_id", facts.site);
        row.text("site_name", &site::name(world, place));
        row.int("user_id", contact::remote_id(place));
        let (first, last) = names::person(&mut dice);
        row.text("user_name", &format!("{first} {last}"));
        // The team by its name, never its id (Q-29: TL).
        row.text("team", team::name(1 + i64::from(dice.below(6))));
        row.int("agent_id", facts.group);
        let category =
            dice.pick(&["Hardware>Printer", "Software>Microsoft 365", "Network>VPN", ""]);
        let mail =
            format!("{}@{}", names::plain(first), names::domain(site::client_of(base, place)));
        let drift =
            |list: &'static str, detail: &'static str| if view.is_detail { detail } else { list };
        row.text(drift("category_1", "category1"), category);
        row.text(drift("category_2", "category2"), "");
        row.text(drift("user_email", "useremail"), &mail);
        row.fixed(if view.is_detail {
            r#""estimateddays":0.0,"excludefromslas":false,"tickettags":"""#
        } else {
            r#""estimatedays":0.0,"excludefromsla":false,"ticket_tags":"""#
        });
        row.when(drift("last_update", "lastupdate"), When::At(facts.updated));
        row.when("lastactiondate", When::At(facts.updated));
        row.fixed(concat!(
            r#""estimate":0.0,"child_count":0,"attachment_count":0,"flagged":false,"read":true,"#,
            r#""onhold":false,"reportedby":"","impact":3,"urgency":3,"parent_id":0,"#,
            r#""merged_into_id":0,"use":"ticket","inactive":false"#
        ));
        row.when("targetdate", When::Never(SENTINELS[0]));
        row.int("itil_requesttype_id", facts.kind);
        let is_sale = facts.kind == OPPORTUNITY;
        row.int("workflow_id", if is_sale { 2 } else { 1 });
        row.int("workflow_step", 1 + i64::from(dice.below(3)));
        if is_sale {
            row.text("oppcompanyname", &client::name(world, site::client_of(base, place)));
            row.hundredths("oppvalueadjusted", i64::from(dice.below(900_000)));
            row.int("pipeline_stage_id", 20 + i64::from(dice.below(3)));
        }
        if facts.marks & CLOSED != 0 {
            // Absent on open tickets, not false (HCLI; Q-27).
            row.flag("hasbeenclosed", true);
            row.when("dateclosed", When::At(facts.updated));
        }
        write_names(&facts, world, view, row);
        if view.is_detail {
            write_detail(index, opened, row);
        }
    }

    fn facts_after(&self, change: &Change, facts: &mut Facts) {
        let number = |name: &str| change.values.get(name).and_then(Value::as_i64);
        facts.kind = number("tickettype_id").unwrap_or(facts.kind);
        facts.group = number("agent_id").unwrap_or(facts.group);
        if let Some(status) = number("status_id") {
            facts.marks = if status == CLOSED_STATUS { CLOSED } else { 0 };
        }
    }

    fn after_change(&self, world: &World, change: &Change, row: &mut Map<String, Value>) {
        let is_detail = row.contains_key("datecreated");
        let mut now = Vec::new();
        date::push_naive_millis(&mut now, change.updated);
        let now = json!(String::from_utf8_lossy(&now));
        for (list, detail) in DRIFT {
            let (own, other) = if is_detail { (detail, list) } else { (list, detail) };
            let value = change.values.get(own).or_else(|| change.values.get(other));
            row.remove(other);
            if let Some(value) = value.filter(|_| list != "last_update") {
                row.insert(own.to_owned(), value.clone());
            }
        }
        let updated = if is_detail { "lastupdate" } else { "last_update" };
        row.insert(updated.to_owned(), now.clone());
        if let Some(status) = change.values.get("status_id").and_then(Value::as_i64) {
            if status == CLOSED_STATUS {
                row.insert("hasbeenclosed".to_owned(), json!(true));
                row.insert("dateclosed".to_owned(), now);
            } else {
                row.remove("hasbeenclosed");
                row.remove("dateclosed");
            }
        }
        rename(world, row);
    }
}

/// Names that follow a changed id, where the row has them.
fn rename(world: &World, row: &mut Map<String, Value>) {
    let number = |row: &Map<String, Value>, name| row.get(name).and_then(Value::as_i64);
    let tables = [
        ("status_id", "status_name", &super::setup::STATUSES),
        ("tickettype_id", "tickettype_name", &super::setup::TICKET_TYPES),
    ];
    for (id, name, table) in tables {
        let entry = table.rows.iter().find(|entry| Some(entry.id) == number(row, id));
        if let (Some(entry), true) = (entry, row.contains_key(name)) {
            row.insert(name.to_owned(), json!(entry.name));
        }
    }
    let agent = number(row, "agent_id").and_then(|id| agent::Agents.index_of(id));
    if let (Some(agent), true) = (agent, row.contains_key("agent_name")) {
        row.insert("agent_name".to_owned(), json!(agent::name(&world.base, agent)));
    }
}

/// What a ticket has that a client made of a summary alone (inferred): today's dates, the stock type,
/// SLA and team, nobody assigned.
pub(crate) fn defaults(now_millis: i64) -> Map<String, Value> {
    let mut now = Vec::new();
    date::push_naive_millis(&mut now, now_millis);
    let now = String::from_utf8_lossy(&now).into_owned();
    let defaults = json!({"dateoccurred": now, "datecreated": now, "lastactiondate": now,
        "lastupdate": now, "status_id": 1, "tickettype_id": 1, "itil_requesttype_id": 1, "sla_id": 1,
        "priority_id": 4, "agent_id": 1, "team": "1st Line Support", "impact": 3, "urgency": 3,
        "client_id": 1, "workflow_id": 1, "workflow_step": 1});
    defaults.as_object().cloned().unwrap_or_default()
}

/// What only the detail has; one ticket in ten is large (Q-39).
fn write_detail(index: u32, opened: i64, row: &mut Row<'_>) {
    row.when("datecreated", When::At(opened));
    let quotes = if index.is_multiple_of(10) { LARGE_BYTES / 13 } else { 0 };
    row.text("details_html", &"Quoted mail. ".repeat(quotes));
    row.fixed(r#""customfields":[],"assets":[],"attachments":[]"#);
}

/// Names stand only on details and where asked for (HCLI, KG).
fn write_names(facts: &Facts, world: &World, view: &View, row: &mut Row<'_>) {
    let name_of = |setup: &super::setup::Setup, id: i64| {
        setup.rows.iter().find(|entry| entry.id == id).map_or("", |entry| entry.name)
    };
    if view.has_status || view.is_detail {
        row.text("status_name", name_of(&super::setup::STATUSES, facts.status));
    }
    if view.has_ticket_type || view.is_detail {
        row.text("tickettype_name", name_of(&super::setup::TICKET_TYPES, facts.kind));
    }
    if view.has_agent || view.is_detail {
        let index = agent::Agents.index_of(facts.group).unwrap_or(0);
        row.text("agent_name", &agent::name(&world.base, index));
    }
}
