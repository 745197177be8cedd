//! The areas of Halo that are read: what each is used for, and the two rights that open it.
//!
//! Halo checks two gates, the application's scope and the agent's access level, and both must allow
//! an area (HALO-API 5.1 and 5.2). The boxes are in the words of Halo's own pages.

use almanac_model::stream::Stream;

/// What an area needs and is needed for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) used_for: &'static str,
    /// `None` where the application needs none.
    pub(super) scope: Option<&'static str>,
    /// The box on the agent's page, and its state.
    pub(super) agent_box: (&'static str, &'static str),
    /// What is lost without it; `None` where nothing works without it.
    pub(super) lost: Option<&'static str>,
}

/// Where an application's permissions are; the last part is what the person called it.
pub(super) const APPLICATION_PATH: [&str; 6] = [
    "Configuration",
    "Integrations",
    "HaloPSA API",
    "View Applications",
    "your application",
    "Permissions",
];

/// Where an agent's permissions are.
pub(super) const AGENT_PATH: [&str; 5] =
    ["Configuration", "Teams & Agents", "Agents", "your API agent", "Permissions"];

/// The scopes that reading needs, and no more (HALO-API 5.1). Without those after the second,
/// Almanac works without their areas.
pub(super) const SCOPES: [&str; 7] = [
    "read:customers",
    "read:assets",
    "read:tickets",
    "read:sales",
    "read:projects",
    "read:contracts",
    "read:invoices",
];

/// The agent's access levels that reading needs, and no more (HALO-API 5.2).
pub(super) const AGENT_BOXES: [(&str, &str); 9] = [
    ("Customers Access Level", "Read Only"),
    ("Users Access Level", "Read Only"),
    ("Assets Access Level", "Read Only"),
    ("Allow use of all Asset Types", "Yes"),
    ("Tickets Access Level", "Read Only"),
    ("Sales/Opportunities Access Level", "Read Only"),
    ("Projects Access Level", "Read Only"),
    ("Contracts Access Level", "Read Only"),
    ("Billing Access Level", "Read Only"),
];

/// The two rights that writing to assets needs (HALO-API 5.1 and 5.2).
pub(super) const TO_WRITE: (&str, (&str, &str)) =
    ("edit:assets", ("Assets Access Level", "Read and Modify"));

/// What a stream needs and is needed for.
pub(super) fn area(stream: Stream) -> Area {
    const OF_CLIENTS: (&str, &str) = ("Customers Access Level", "Read Only");
    const ASSETS: (&str, &str) = ("Assets Access Level", "Read Only");
    const ACTIVE: (&str, &str) = ("Account Active", "Yes");
    let (used_for, scope, agent_box, lost) = match stream {
        Stream::Clients => ("Clients and their pages", Some(SCOPES[0]), OF_CLIENTS, None),
        Stream::Assets => ("Lifecycle, grades, budgets", Some(SCOPES[1]), ASSETS, None),
        Stream::AssetTypes => (
            "Kinds, and the fields that hold dates",
            Some(SCOPES[1]),
            ("Allow use of all Asset Types", "Yes"),
            None,
        ),
        Stream::Sites => ("Where an asset stands", Some(SCOPES[0]), OF_CLIENTS, Some("no sites")),
        Stream::Contacts => (
            "Who uses an asset",
            Some(SCOPES[0]),
            ("Users Access Level", "Read Only"),
            Some("no contacts"),
        ),
        Stream::ClientTypes => ("Filter by customer type", None, ACTIVE, Some("no customer types")),
        Stream::Agents => ("Who at the MSP did what", None, ACTIVE, Some("no agents")),
        Stream::Teams => ("Teams of agents", None, ACTIVE, Some("no teams")),
        Stream::AssetStatuses => ("Filter by status", None, ACTIVE, Some("no asset statuses")),
        other => return area_of_tickets(other),
    };
    Area { used_for, scope, agent_box, lost }
}

/// As [`area`], of what assets do not stand on: Almanac works without each of these.
fn area_of_tickets(stream: Stream) -> Area {
    const ACTIVE: (&str, &str) = ("Account Active", "Yes");
    let (used_for, scope, agent_box, lost) = match stream {
        Stream::Tickets => ("Tickets", Some(SCOPES[2]), AGENT_BOXES[4], "no tickets"),
        Stream::TicketActions => {
            ("What was done on a ticket", Some(SCOPES[2]), AGENT_BOXES[4], "no actions")
        }
        Stream::Opportunities => {
            ("Opportunities", Some(SCOPES[3]), AGENT_BOXES[5], "no opportunities")
        }
        Stream::Projects => ("Projects", Some(SCOPES[4]), AGENT_BOXES[6], "no projects"),
        Stream::Contracts => ("Contracts", Some(SCOPES[5]), AGENT_BOXES[7], "no contracts"),
        Stream::Invoices => ("Invoices", Some(SCOPES[6]), AGENT_BOXES[8], "no invoices"),
        Stream::TicketStatuses => ("Where a ticket stands", None, ACTIVE, "no statuses"),
        Stream::TicketTypes => ("Kinds of ticket", None, ACTIVE, "no ticket types"),
        Stream::Priorities => ("How urgent a ticket is", None, ACTIVE, "no priorities"),
        Stream::Categories => ("What a ticket is about", None, ACTIVE, "no categories"),
        _ => ("The way a ticket takes", None, ACTIVE, "no workflows"),
    };
    Area { used_for, scope, agent_box, lost: Some(lost) }
}

/// What a right that is not needed could do in wrong hands.
pub(super) fn harm(scope: &str) -> String {
    let (verb, noun) = match scope.split_once(':') {
        Some(("read", noun)) => ("Read", noun),
        Some(("edit" | "editMine", noun)) => ("Change or delete", noun),
        Some(("admin", _)) | None if scope.starts_with("admin") => {
            return "Change Halo's configuration".to_owned();
        }
        _ if scope.starts_with("all") => return "Everything that the agent may do".to_owned(),
        _ => return "Use what the scope names".to_owned(),
    };
    format!("{verb} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_area_asks_for_no_more_than_the_list_to_copy() {
        for stream in Stream::ALL {
            let area = area(stream);
            assert!(area.scope.is_none_or(|scope| SCOPES.contains(&scope)), "{stream}");
            let is_active_only = area.agent_box.0 == "Account Active";
            assert!(is_active_only || AGENT_BOXES.contains(&area.agent_box), "{stream}");
        }
    }

    #[test]
    fn rights_that_are_not_needed_say_what_they_could_do() {
        assert_eq!(harm("edit:customers"), "Change or delete customers");
        assert_eq!(harm("read:crm"), "Read crm");
        assert_eq!(harm("admin"), "Change Halo's configuration");
        assert_eq!(harm("admin:webhooks"), "Change Halo's configuration");
        assert_eq!(harm("all:standard"), "Everything that the agent may do");
        assert_eq!(harm("access:chat"), "Use what the scope names");
    }
}
