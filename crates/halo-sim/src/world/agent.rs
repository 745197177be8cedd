//! Agents (Halo's Uname): HALO-API.md 3.5.
//!
//! Index 0 is the built-in "Unassigned" with id 1 (Q-30: TL); the last is the agent behind the API
//! application, left out unless `includeapiagents=true`.

use super::kind::{Facts, Filter, Kind, KindId, LINKED, Shape, View};
use super::{Base, World, names, team};
use crate::access::Area;
use crate::row::{Row, When};

const FACTS: u64 = 0x41;
const ROW: u64 = 0x42;
const TITLES: [&str; 5] = [
    "1st Line Engineer",
    "2nd Line Engineer",
    "Project Engineer",
    "Account Manager",
    "Field Engineer",
];

/// `/Agent`.
pub(crate) struct Agents;

/// The agent's id.
pub(crate) fn remote_id(index: u32) -> i64 {
    match index {
        0 => 1,
        index => i64::from(index) + 2,
    }
}

/// The agent's name.
pub(crate) fn name(base: &Base, index: u32) -> String {
    if index == 0 {
        return "Unassigned".into();
    }
    if index + 1 == base.sizes.agents {
        return "Almanac API".into();
    }
    let (first, last) = names::person(&mut base.dice(ROW ^ 0xf0, index));
    format!("{first} {last}")
}

impl Kind for Agents {
    fn id(&self) -> KindId {
        KindId::Agent
    }
    fn route(&self) -> &'static str {
        "Agent"
    }
    fn area(&self) -> Area {
        Area::Open
    }
    fn shape(&self) -> Shape {
        Shape::Array
    }
    fn count(&self, base: &Base) -> u32 {
        base.sizes.agents
    }
    fn remote_id(&self, index: u32) -> i64 {
        remote_id(index)
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        match remote_id {
            1 => Some(0),
            id => u32::try_from(id - 2).ok().filter(|index| *index > 0),
        }
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        &[
            ("team_id", Filter::Group),
            ("search", Filter::Contains),
            ("includeapiagents", Filter::Unless(LINKED)),
        ]
    }
    fn inactive_param(&self) -> Option<&'static str> {
        Some("includedisabled")
    }
    fn is_placeholder(&self, _world: &World, index: u32) -> bool {
        index == 0
    }

    fn facts(&self, world: &World, index: u32) -> Facts {
        let mut dice = world.base.dice(FACTS, index);
        let is_api = index + 1 == world.base.sizes.agents;
        let is_disabled = index > 4 && !is_api && dice.percent(18);
        let days_ago = i64::from(dice.below(400));
        Facts {
            group: i64::from(dice.below(team::TEAMS.len() as u32 - 1)) + 1,
            marks: if is_api { LINKED } else { 0 },
            is_inactive: is_disabled,
            updated: world.base.moment(&mut dice, days_ago),
            ..Facts::default()
        }
    }

    fn label(&self, world: &World, index: u32, out: &mut String) {
        out.push_str(&name(&world.base, index));
    }

    fn write(&self, world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        let facts = self.facts(world, index);
        let mut dice = world.base.dice(ROW, index);
        let name = name(&world.base, index);
        let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
        let mail = match index {
            0 => String::new(),
            _ => format!("{}.{}@msp.example", names::plain(first), names::plain(last)),
        };
        let initials: String =
            [first, last].iter().filter_map(|part| part.chars().next()).collect();
        row.int("id", remote_id(index));
        row.text("name", &name);
        row.fixed(r#""onlinestatus_actual":1,"is_online":false"#);
        let team = if index == 0 { "" } else { team::name(facts.group) };
        row.text("team", team);
        row.flag("isdisabled", facts.is_inactive);
        row.text("email", &mail);
        let seen = match index {
            0 => When::Null,
            _ if facts.is_inactive => When::Never(crate::date::SENTINELS[0]),
            _ => When::At(facts.updated),
        };
        row.when("lastlogindate", seen);
        row.text("initials", &initials);
        row.text("firstname", first);
        row.text("surname", last);
        row.fixed(r##""colour":"#a94442""##);
        row.text("jobtitle", if index == 0 { "" } else { dice.pick(&TITLES) });
        row.fixed(r#""sms":"""#);
        row.flag("is_agent", true);
        row.list("teams", (index > 0).then_some(facts.group), |row, team| {
            row.int("team_id", team);
            row.text("team_name", team::name(team));
            row.flag("forrequests", true);
        });
        row.fixed(r#""departments":[],"licence_type":0,"linemanager":0"#);
        row.flag("isapiagent", facts.marks & LINKED != 0);
        row.fixed(r#""use":"agent","workday_id":1"#);
        let shown = if facts.is_inactive { format!("{name} (Inactive)") } else { name.clone() };
        row.text("namewithinactive", &shown);
        if view.is_detail {
            row.fixed(r#""is_admin":false,"customfields":[],"roles":[],"language_id":"en""#);
            if view.has_details {
                // Q-14: only with details, and only where the role may see costs (TL).
                row.hundredths("costprice", 2_500 + i64::from(dice.below(40)) * 50);
            }
        }
    }
}
