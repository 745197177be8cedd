//! Changing a user, so that a tenant always has an active owner.
//!
//! Every change locks the tenant's owners first: two who demote each other at once cannot both
//! succeed. Who may change whom is the caller's to ask (`Role::may_grant`). A change that changes
//! nothing writes nothing.

use almanac_model::id::{RemoteId, TenantId};
use almanac_model::role::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::{Tx, args, write_tx};
use crate::error::StoreError;
use crate::keyring::Keyring;
use crate::tenant::TenantStore;
use crate::user::{self, COLUMNS, ChangedBy, User, checked_name, owner_is_not_limited, sorted};

enum Change<'a> {
    Role(Role),
    Clients(Option<&'a [RemoteId]>),
    Active(bool),
    Name(&'a str),
}

impl TenantStore {
    /// Gives a user another role; `None` when there is no such user. A new owner is no longer
    /// limited to clients.
    ///
    /// # Errors
    /// `LastOwner` when nobody else would be an active owner.
    #[tracing::instrument(name = "store.user_set_role", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn user_set_role(
        &self,
        id: Uuid,
        role: Role,
        by: ChangedBy<'_>,
    ) -> Result<Option<User>, StoreError> {
        self.change(id, &Change::Role(role), by).await
    }

    /// Limits a user to clients, or with `None` to nothing; `None` when there is no such user.
    ///
    /// # Errors
    /// `Invalid` for an owner: somebody must see everything.
    #[tracing::instrument(name = "store.user_set_clients", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn user_set_clients(
        &self,
        id: Uuid,
        clients: Option<&[RemoteId]>,
        by: ChangedBy<'_>,
    ) -> Result<Option<User>, StoreError> {
        self.change(id, &Change::Clients(clients), by).await
    }

    /// Lets a user sign in, or no more: then the user's sessions end and API keys rest. `None`
    /// when there is no such user.
    ///
    /// # Errors
    /// `LastOwner` when nobody else would be an active owner.
    #[tracing::instrument(name = "store.user_set_active", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn user_set_active(
        &self,
        id: Uuid,
        is_active: bool,
        by: ChangedBy<'_>,
    ) -> Result<Option<User>, StoreError> {
        self.change(id, &Change::Active(is_active), by).await
    }

    /// Gives a user another name; `None` when there is no such user.
    ///
    /// # Errors
    /// `Invalid` when it is empty or too long.
    #[tracing::instrument(name = "store.user_set_name", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn user_set_name(
        &self,
        id: Uuid,
        name: &str,
        by: ChangedBy<'_>,
    ) -> Result<Option<User>, StoreError> {
        let name = checked_name(name)?;
        if name.is_empty() {
            return Err(StoreError::Invalid("a user needs a name".to_owned()));
        }
        self.change(id, &Change::Name(&name), by).await
    }

    async fn change(
        &self,
        id: Uuid,
        change: &Change<'_>,
        by: ChangedBy<'_>,
    ) -> Result<Option<User>, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| {
            change_user(tx, keyring, self.id, id, change, by).await?
        })
    }
}

async fn change_user(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    id: Uuid,
    change: &Change<'_>,
    by: ChangedBy<'_>,
) -> Result<Option<User>, StoreError> {
    let lock = tx.for_update();
    let sql = format!(
        "SELECT {COLUMNS} FROM tenant_user u WHERE u.tenant_id = $1 AND (u.id = $2 OR u.role = $3) \
         ORDER BY u.id{lock}"
    );
    let rows = tx.rows("tenant_user", sql, args![tenant, id, Role::Owner.name()]).await?;
    let (mut found, mut has_other_owner) = (None, false);
    for row in &rows {
        let user = User::from_row(row, 0)?;
        if user.id == id {
            found = Some(user);
        } else {
            has_other_owner |= user.is_active;
        }
    }
    let Some(mut before) = found else { return Ok(None) };
    user::load_clients(tx, tenant, &mut before).await?;
    let (after, action, detail) = changed(&before, change)?;
    let is_owner = |user: &User| user.role == Role::Owner && user.is_active;
    if is_owner(&before) && !is_owner(&after) && !has_other_owner {
        return Err(StoreError::LastOwner);
    }
    if after == before {
        return Ok(Some(before));
    }
    tx.exec(
        "UPDATE tenant_user SET name = $3, role = $4, is_active = $5, is_limited = $6 \
         WHERE tenant_id = $1 AND id = $2",
        args![tenant, id, &after.name, after.role.name(), after.is_active, after.clients.is_some()],
    )
    .await?;
    if after.clients != before.clients {
        let sql = "DELETE FROM tenant_user_client WHERE tenant_id = $1 AND user_id = $2";
        tx.exec(sql, args![tenant, id]).await?;
        user::insert_clients(tx, tenant, &after).await?;
    }
    if !after.is_active {
        tx.exec("DELETE FROM session WHERE tenant_id = $1 AND user_id = $2", args![tenant, id])
            .await?;
    }
    user::note(tx, keyring, tenant, by, (action, id), &detail).await?;
    Ok(Some(after))
}

/// The user after a change, and what the audit says of it.
fn changed(before: &User, change: &Change<'_>) -> Result<(User, &'static str, Value), StoreError> {
    let mut after = before.clone();
    let (action, detail) = match *change {
        Change::Role(role) => {
            after.role = role;
            if role == Role::Owner {
                after.clients = None;
            }
            ("user.role", json!({ "email": before.email, "from": before.role, "to": role }))
        }
        Change::Clients(clients) => {
            if before.role == Role::Owner && clients.is_some() {
                return Err(owner_is_not_limited());
            }
            after.clients = clients.map(|clients| sorted(clients.to_vec()));
            let (from, to) = (&before.clients, &after.clients);
            ("user.clients", json!({ "email": before.email, "from": from, "to": to }))
        }
        Change::Active(is_active) => {
            after.is_active = is_active;
            let action = if is_active { "user.activate" } else { "user.deactivate" };
            (action, json!({ "email": before.email }))
        }
        Change::Name(name) => {
            after.name = name.to_owned();
            ("user.name", json!({ "email": before.email, "from": before.name, "to": name }))
        }
    };
    Ok((after, action, detail))
}
