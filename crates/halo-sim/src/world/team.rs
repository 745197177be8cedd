//! Teams (Halo's SectionDetail): HALO-API.md 3.6.
//!
//! Tickets name a team by its name, not its id (Q-29: TL).

use super::kind::{Facts, Filter, Kind, KindId, Shape, View};
use super::{Base, World, agent};
use crate::access::Area;
use crate::row::{Row, When};

/// Name, for requests, for opportunities, for projects, inactive.
pub(crate) const TEAMS: [(&str, bool, bool, bool, bool); 7] = [
    ("1st Line Support", true, false, false, false),
    ("2nd Line Support", true, false, false, false),
    ("Projects", true, false, true, false),
    ("Field Services", true, false, false, false),
    ("Accounts & Sales", false, true, false, false),
    ("Security \u{2013} SOC", true, false, false, false),
    ("Old Helpdesk", true, false, false, true),
];

/// `/Team`.
pub(crate) struct Teams;

/// The name of the team with an id.
pub(crate) fn name(remote_id: i64) -> &'static str {
    let place = usize::try_from(remote_id - 1).unwrap_or(0);
    TEAMS[place % TEAMS.len()].0
}

impl Kind for Teams {
    fn id(&self) -> KindId {
        KindId::Team
    }
    fn route(&self) -> &'static str {
        "Team"
    }
    fn area(&self) -> Area {
        Area::Open
    }
    fn shape(&self) -> Shape {
        Shape::Array
    }
    fn count(&self, _base: &Base) -> u32 {
        TEAMS.len() as u32
    }
    fn remote_id(&self, index: u32) -> i64 {
        i64::from(index) + 1
    }
    fn index_of(&self, remote_id: i64) -> Option<u32> {
        u32::try_from(remote_id - 1).ok()
    }
    fn filters(&self) -> &'static [(&'static str, Filter)] {
        &[("department_id", Filter::Group)]
    }
    fn includes(&self) -> &'static [&'static str] {
        &["includeagentsforteams"]
    }
    fn inactive_param(&self) -> Option<&'static str> {
        Some("includedisabled")
    }

    fn facts(&self, world: &World, index: u32) -> Facts {
        let mut dice = world.base.dice(0x51, index);
        Facts {
            group: 1,
            is_inactive: TEAMS[index as usize % TEAMS.len()].4,
            updated: world.base.moment(&mut dice, 200),
            ..Facts::default()
        }
    }

    fn label(&self, _world: &World, index: u32, out: &mut String) {
        out.push_str(name(i64::from(index) + 1));
    }

    fn write(&self, world: &World, index: u32, view: &View, row: &mut Row<'_>) {
        let facts = self.facts(world, index);
        let (name, requests, opportunities, projects, _) = TEAMS[index as usize % TEAMS.len()];
        row.guid("guid", 0x7ea0 + u64::from(index));
        row.int("id", i64::from(index) + 1);
        row.text("name", name);
        row.int("sequence", i64::from(index) * 10);
        row.flag("forrequests", requests);
        row.flag("foropps", opportunities);
        row.flag("forprojects", projects);
        row.fixed(r#""ticket_count":0,"department_id":1,"department_name":"Service Desk""#);
        row.flag("inactive", facts.is_inactive);
        row.fixed(r#""override_column_id":0,"use":"team""#);
        row.when("last_modified", When::At(facts.updated));
        if view.has_agents {
            let agents = world.base.sizes.agents.min(200);
            let members = (1..agents)
                .filter(|agent| agent::Agents.facts(world, *agent).group == i64::from(index) + 1);
            row.list("agents", members, |row, member| {
                row.int("id", agent::remote_id(member));
                row.text("name", &agent::name(&world.base, member));
            });
        }
        if view.is_detail {
            row.fixed(r#""emailaddress":"","managers":[],"allowall_category1":true"#);
        }
    }
}
