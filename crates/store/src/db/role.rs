//! The PostgreSQL role that keeps tenants apart, and the proof that it does.
//!
//! Roles belong to the whole cluster, so another database's Almanac may make the same role at the
//! same moment; that race is lost gracefully. SQLite has no roles: there the type that hands out
//! a tenant's data is the only wall.

use super::args::args;
use super::tx::{EngineKind, Scope, TENANT_ROLE, Tx};
use super::{Db, Retry};
use crate::error::StoreError;

/// Makes the role and lets the connecting user assume it, unless both are so already.
///
/// # Errors
/// `Privilege`, naming the statements, when the connecting user may not do it.
pub(crate) async fn ensure_role(db: &Db) -> Result<(), StoreError> {
    if matches!(db, Db::Lite { .. }) {
        return Ok(());
    }
    let mut retry = Retry::default();
    loop {
        let mut tx = db.write(Scope::Root).await?;
        if role_state(&mut tx).await?.is_usable() {
            return Ok(());
        }
        let made = make_role(&mut tx).await;
        let made = match made {
            Ok(()) => tx.commit().await,
            Err(error) => {
                drop(tx);
                Err(error)
            }
        };
        match made {
            Ok(()) => return Ok(()),
            // Another program is making it: look again. Any other failure ends the loop too.
            Err(error) if retry.is_left() => {
                tracing::debug!(%error, "making the role of tenants' work failed, looking again");
                retry.wait().await;
            }
            Err(_) => {
                let mut tx = db.read(Scope::Root).await?;
                return role_state(&mut tx).await?.verdict();
            }
        }
    }
}

/// Checks that tenants' work cannot see more than its tenant.
///
/// # Errors
/// `Privilege` when the role is missing, too mighty or cannot be assumed, or when a table has no
/// row-level security.
pub(crate) async fn check_separation(db: &Db) -> Result<(), StoreError> {
    let mut tx = db.read(Scope::Root).await?;
    if tx.engine() == EngineKind::Lite {
        return Ok(());
    }
    role_state(&mut tx).await?.verdict()?;
    let open = tx
        .rows(
            "pg_class",
            "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
             WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') \
             AND a.attname = 'tenant_id' AND (NOT c.relrowsecurity OR pg_has_role($1, c.relowner, 'USAGE')) \
             ORDER BY c.relname",
            args![TENANT_ROLE],
        )
        .await?;
    let mut statements = Vec::new();
    for row in open {
        statements.push(format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY;", row.text(0)?));
    }
    if statements.is_empty() {
        return Ok(());
    }
    statements.push(format!("REVOKE CURRENT_USER FROM {TENANT_ROLE};"));
    Err(StoreError::Privilege { statements })
}

#[derive(Debug)]
struct RoleState {
    exists: bool,
    is_mighty: bool,
    is_ours: bool,
    user: String,
}

impl RoleState {
    fn is_usable(&self) -> bool {
        self.exists && !self.is_mighty && self.is_ours
    }

    fn verdict(&self) -> Result<(), StoreError> {
        if self.is_usable() {
            return Ok(());
        }
        let mut statements = Vec::new();
        if !self.exists {
            statements.push(format!("CREATE ROLE {TENANT_ROLE} NOLOGIN NOBYPASSRLS;"));
        } else if self.is_mighty {
            statements.push(format!("ALTER ROLE {TENANT_ROLE} NOSUPERUSER NOBYPASSRLS;"));
        }
        if !self.is_ours {
            let user = self.user.replace('"', "\"\"");
            statements.push(format!("GRANT {TENANT_ROLE} TO \"{user}\";"));
        }
        Err(StoreError::Privilege { statements })
    }
}

async fn role_state(tx: &mut Tx) -> Result<RoleState, StoreError> {
    let row = tx
        .one(
            "pg_roles",
            "SELECT r.rolname IS NOT NULL, coalesce(r.rolsuper OR r.rolbypassrls, false), \
             coalesce(pg_has_role(current_user, r.oid, 'MEMBER'), false), current_user::text \
             FROM (SELECT 1) AS one LEFT JOIN pg_roles r ON r.rolname = $1",
            args![TENANT_ROLE],
        )
        .await?
        .expect("a left join from one row has a row");
    Ok(RoleState {
        exists: row.bool(0)?,
        is_mighty: row.bool(1)?,
        is_ours: row.bool(2)?,
        user: row.text(3)?,
    })
}

async fn make_role(tx: &mut Tx) -> Result<(), StoreError> {
    let state = role_state(tx).await?;
    if !state.exists {
        tx.script(format!("CREATE ROLE {TENANT_ROLE} NOLOGIN NOBYPASSRLS")).await?;
    }
    if !state.is_ours {
        tx.script(format!("GRANT {TENANT_ROLE} TO CURRENT_USER")).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(exists: bool, is_mighty: bool, is_ours: bool, want: &[&str]) {
        let state = RoleState { exists, is_mighty, is_ours, user: "o\"wner".to_owned() };
        match state.verdict() {
            Ok(()) => assert!(want.is_empty()),
            Err(StoreError::Privilege { statements }) => assert_eq!(statements, want),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_statements_to_run_are_named() {
        let create = "CREATE ROLE almanac_app NOLOGIN NOBYPASSRLS;";
        let tame = "ALTER ROLE almanac_app NOSUPERUSER NOBYPASSRLS;";
        let grant = "GRANT almanac_app TO \"o\"\"wner\";";
        check(true, false, true, &[]);
        check(false, false, false, &[create, grant]);
        check(true, true, true, &[tame]);
        check(true, false, false, &[grant]);
    }
}
