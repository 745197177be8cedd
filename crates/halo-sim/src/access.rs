//! Who may read what: scopes of the token, role of the agent (HALO-API.md 5; both must allow).
//!
//! Look-ups, agents and teams need no scope of their own (AT). The mapping of areas beyond customers,
//! assets and tickets is inferred from vendors' pages.

use crate::switches::Switches;

/// What a scope or a role setting opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// Clients, sites, contacts, top levels.
    Customers,
    /// Assets, their types and groups.
    Assets,
    /// Tickets and their actions.
    Tickets,
    /// Projects.
    Projects,
    /// Opportunities.
    Sales,
    /// Client contracts.
    Contracts,
    /// Invoices.
    Invoices,
    /// CRM notes.
    Crm,
    /// Webhooks, their deliveries, writes to notifications.
    Webhooks,
    /// Needs only a valid token.
    Open,
}

/// Every scope that exists; asking for another is `invalid_scope` (Q-15: AT; the list:
/// wayneboyles, HA).
const SCOPES: [&str; 11] = [
    "all",
    "all:standard",
    "admin",
    "all:teams",
    "admin:webhooks",
    "access:chat",
    "access:adpasswordreset",
    "offline_access",
    "editMine:timesheets",
    "openid",
    "profile",
];
const PAIRED: [&str; 20] = [
    "tickets",
    "calendar",
    "customers",
    "crm",
    "contracts",
    "suppliers",
    "items",
    "projects",
    "sales",
    "quotes",
    "sos",
    "pos",
    "invoices",
    "reporting",
    "timesheets",
    "softwarelicensing",
    "software",
    "kb",
    "assets",
    "distributionlists",
];

impl Area {
    /// The name in scopes, and in `--deny`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Area::Customers => "customers",
            Area::Assets => "assets",
            Area::Tickets => "tickets",
            Area::Projects => "projects",
            Area::Sales => "sales",
            Area::Contracts => "contracts",
            Area::Invoices => "invoices",
            Area::Crm => "crm",
            Area::Webhooks => "webhooks",
            Area::Open => "open",
        }
    }
}

/// Whether a scope exists.
pub(crate) fn is_known(scope: &str) -> bool {
    let paired = || scope.strip_prefix("read:").or_else(|| scope.strip_prefix("edit:"));
    SCOPES.contains(&scope) || paired().is_some_and(|area| PAIRED.contains(&area))
}

/// The scopes a token gets, or the first that is not to be had. `all` means everything granted (HA).
pub(crate) fn grant(asked: &str, granted: &[String]) -> Result<Vec<String>, String> {
    let has_all = granted.iter().any(|scope| scope == "all");
    let mut scopes = Vec::new();
    for scope in asked.split_ascii_whitespace() {
        if scope == "all" {
            scopes.extend(granted.iter().cloned());
        } else if is_known(scope) && (has_all || granted.iter().any(|own| own == scope)) {
            scopes.push(scope.to_owned());
        } else {
            return Err(scope.to_owned());
        }
    }
    Ok(scopes)
}

/// The status to refuse a request with, if it is refused. Editing an area includes reading it (PSWR).
pub(crate) fn refusal(
    scopes: &[String],
    (area, route): (Area, &str),
    is_detail: bool,
    is_write: bool,
    switches: &Switches,
) -> Option<u16> {
    let one = format!("{route}/id");
    for denial in &switches.deny {
        let is_named = |name: &str| denial.area.eq_ignore_ascii_case(name);
        if is_named(area.name()) || is_named(route) || (is_detail && is_named(&one)) {
            return Some(denial.status);
        }
    }
    if area == Area::Webhooks {
        // 401, not 403, and no part of a pair will do (Q-63: AttunedIT).
        let has = |wanted: &str| scopes.iter().any(|scope| scope == wanted);
        let has_all = switches.webhooks.scopes.iter().all(|wanted| has(wanted));
        return (!has("all") && !has_all).then_some(401);
    }
    let opens = |scope: &String| {
        let (verb, name) = scope.split_once(':').unwrap_or((scope, ""));
        scope == "all"
            || scope == "all:standard"
            || ((verb == "edit" || (verb == "read" && !is_write)) && name == area.name())
    };
    if area == Area::Open || scopes.iter().any(opens) {
        return None;
    }
    Some(switches.scope_denied_status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(asked: &str, granted: &str, want: Result<&str, &str>) {
        let granted: Vec<String> = granted.split(' ').map(str::to_owned).collect();
        let got = grant(asked, &granted).map(|scopes| scopes.join(" "));
        assert_eq!(got, want.map(str::to_owned).map_err(str::to_owned), "{asked} of {granted:?}");
    }

    #[test]
    fn scopes_are_granted_by_the_table() {
        check("read:assets", "all", Ok("read:assets"));
        check("all", "read:assets read:customers", Ok("read:assets read:customers"));
        check("read:assets edit:assets", "read:assets", Err("edit:assets"));
        check("read:users", "all", Err("read:users"));
        check("read:agents", "all", Err("read:agents"));
        check("", "all", Ok(""));
    }
}
