//! What a user may do: five roles and the one table of their permissions.
//!
//! `permissions!` below is the table; nothing else decides. `docs/permissions.md` is made from
//! it, so a change of it shows in a review twice. A permission is asked of a role, never of its
//! name. Limiting a user to clients takes away what reaches beyond one client
//! ([`Permission::is_tenant_wide`]).

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a user is in the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers for the tenant: everything, owners included.
    Owner,
    /// Runs it: everything but owners.
    Administrator,
    /// Decides what clients replace, and by which rules.
    Manager,
    /// Works with assets.
    Technician,
    /// Looks.
    ReadOnly,
}

/// A name that is no role's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role")]
pub struct RoleUnknown(String);

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Role; 5] =
        [Role::Owner, Role::Administrator, Role::Manager, Role::Technician, Role::ReadOnly];

    /// The public name, such as `read_only`.
    pub fn name(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Administrator => "administrator",
            Role::Manager => "manager",
            Role::Technician => "technician",
            Role::ReadOnly => "read_only",
        }
    }

    /// What a person reads.
    pub fn title(self) -> &'static str {
        match self {
            Role::Owner => "Owner",
            Role::Administrator => "Administrator",
            Role::Manager => "Manager",
            Role::Technician => "Technician",
            Role::ReadOnly => "Read only",
        }
    }

    /// Whether the table gives this role the permission. For a user who is limited to clients, ask
    /// [`Role::allows_limited`].
    pub fn allows(self, permission: Permission) -> bool {
        permission.roles().contains(&self)
    }

    /// Whether a user of this role who is limited to clients has the permission.
    pub fn allows_limited(self, permission: Permission) -> bool {
        self.allows(permission) && !permission.is_tenant_wide()
    }

    /// Whether a user of this role may give `role` to a user, and may change, deactivate or give a
    /// new password to a user who has it. Both the role before and the role after must be asked:
    /// who could reset an owner's password would be an owner.
    pub fn may_grant(self, role: Role) -> bool {
        self.allows(Permission::ManageUsers) && (self == Role::Owner || role != Role::Owner)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Role {
    type Err = RoleUnknown;

    fn from_str(name: &str) -> Result<Role, RoleUnknown> {
        let found = Role::ALL.into_iter().find(|role| role.name() == name);
        found.ok_or_else(|| RoleUnknown(name.to_owned()))
    }
}

/// How far a permission reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// One client at a time: a user who is limited to clients has it for those.
    Client,
    /// Every client at once, or the tenant itself: a limited user does not have it.
    Tenant,
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $title:literal, $reach:ident: $($role:ident)+;)*) => {
        /// Something that not every user may do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Permission { $($(#[$doc])* $variant,)* }

        impl Permission {
            /// Every permission, in the order of the table.
            pub const ALL: &'static [Permission] = &[$(Permission::$variant),*];

            /// The public name, such as `edit_assets`.
            pub fn name(self) -> &'static str {
                match self { $(Permission::$variant => $name,)* }
            }

            /// What a person reads, as the end of "You may not …".
            pub fn title(self) -> &'static str {
                match self { $(Permission::$variant => $title,)* }
            }

            fn reach(self) -> Reach {
                match self { $(Permission::$variant => Reach::$reach,)* }
            }

            /// The roles that have it.
            pub fn roles(self) -> &'static [Role] {
                match self { $(Permission::$variant => &[$(Role::$role),+],)* }
            }
        }
    };
}

permissions! {
    /// Clients, their assets, grades and why.
    ViewClients = "view_clients", "see clients and their assets",
        Client: Owner Administrator Manager Technician ReadOnly;
    /// Lock and unlock a value, grade by hand, keep until a day, choose a class.
    EditAssets = "edit_assets", "change assets: lock values, grade by hand, keep, choose a class",
        Client: Owner Administrator Manager Technician;
    /// CSV and XLSX of what is seen.
    ExportData = "export_data", "export data as a file",
        Client: Owner Administrator Manager Technician;
    /// Kinds, policies, classes and grading rules.
    EditRules = "edit_rules", "change kinds, policies, classes and grading rules",
        Tenant: Owner Administrator Manager;
    /// Streams, runs, rows that were not understood.
    ViewSync = "view_sync", "see how the sync is doing",
        Tenant: Owner Administrator Manager Technician ReadOnly;
    /// Start a sync.
    RunSync = "run_sync", "start a sync",
        Tenant: Owner Administrator Manager;
    /// Plan what is written to the PSA, approve it, take it back.
    WriteBack = "write_back", "plan and approve what is written to the PSA",
        Tenant: Owner Administrator Manager;
    /// Address and credentials of the PSA; what a held stream may conclude.
    ManageConnection = "manage_connection", "change the connection to the PSA or release a held stream",
        Tenant: Owner Administrator;
    /// Who signs in, as what, limited to which clients.
    ManageUsers = "manage_users", "manage users and their roles",
        Tenant: Owner Administrator;
    /// The tenant's name, currency and the like.
    ManageSettings = "manage_settings", "change settings",
        Tenant: Owner Administrator;
    /// Make API keys; a key never allows more than its user may do.
    UseApi = "use_api", "use the API",
        Client: Owner Administrator Manager;
    /// Who did what.
    ViewAudit = "view_audit", "see the audit",
        Tenant: Owner Administrator;
}

impl Permission {
    /// Whether it reaches beyond one client, so that a user who is limited to clients does not
    /// have it whatever the role.
    pub fn is_tenant_wide(self) -> bool {
        self.reach() == Reach::Tenant
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The table of roles and permissions as Markdown.
pub fn permission_table() -> String {
    let mut table = String::from("| may |");
    for role in Role::ALL {
        let _ = write!(table, " {} |", role.title());
    }
    table.push_str(" when limited to clients |\n|---|");
    table.push_str(&"---|".repeat(Role::ALL.len() + 1));
    table.push('\n');
    for permission in Permission::ALL {
        let _ = write!(table, "| {} (`{permission}`) |", permission.title());
        for role in Role::ALL {
            table.push_str(if role.allows(*permission) { " yes |" } else { " – |" });
        }
        table.push_str(if permission.is_tenant_wide() { " – |\n" } else { " for those |\n" });
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_may_do_everything() {
        for permission in Permission::ALL {
            assert!(Role::Owner.allows(*permission), "{permission}");
        }
    }

    #[test]
    fn a_mightier_role_may_do_what_a_lesser_may() {
        for permission in Permission::ALL {
            for pair in Role::ALL.windows(2) {
                assert!(
                    pair[0].allows(*permission) || !pair[1].allows(*permission),
                    "{permission}"
                );
            }
        }
    }

    #[test]
    fn only_looking_is_left_to_who_may_only_read() {
        let allowed: Vec<_> =
            Permission::ALL.iter().filter(|p| Role::ReadOnly.allows(**p)).collect();
        assert_eq!(allowed, [&Permission::ViewClients, &Permission::ViewSync]);
    }

    #[test]
    fn only_owners_make_owners() {
        for (by, role, want) in [
            (Role::Owner, Role::Owner, true),
            (Role::Administrator, Role::Owner, false),
            (Role::Administrator, Role::Administrator, true),
            (Role::Manager, Role::ReadOnly, false),
        ] {
            assert_eq!(by.may_grant(role), want, "{by} {role}");
        }
    }

    #[test]
    fn a_limit_to_clients_takes_away_what_reaches_beyond_them() {
        for role in Role::ALL {
            assert!(!role.allows_limited(Permission::ManageUsers));
            assert!(!role.allows_limited(Permission::ViewAudit));
            assert!(role.allows_limited(Permission::ViewClients));
        }
        assert!(!Role::ReadOnly.allows_limited(Permission::EditAssets));
    }

    #[test]
    fn names_are_those_of_the_wire_and_come_back() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        for permission in Permission::ALL {
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.name());
        }
        assert_eq!("Owner".parse::<Role>(), Err(RoleUnknown("Owner".to_owned())));
    }

    #[test]
    fn the_table_has_a_line_for_each_permission() {
        let table = permission_table();
        assert_eq!(table.lines().count(), 2 + Permission::ALL.len());
        let columns = |line: &str| line.matches('|').count();
        assert!(table.lines().all(|line| columns(line) == Role::ALL.len() + 3), "{table}");
    }
}
