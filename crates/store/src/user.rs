//! A person who signs in to Almanac: role, limit to clients, preferences.
//!
//! Making and reading them; what changes of a user is in `user_change.rs`, passwords in
//! `password.rs`. A limited user's clients are rows of their own: whoever reads a user by its
//! columns reads them too ([`load_clients`]).

use std::collections::{BTreeMap, BTreeSet};

use almanac_model::id::{RemoteId, TenantId};
use almanac_model::role::{Permission, Role};
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::{self, Audit};
use crate::db::{Arg, Bulk, Row, Tx, args, bulk_upsert, write_tx};
use crate::error::StoreError;
use crate::keyring::Keyring;
use crate::password;
use crate::tenant::TenantStore;
use crate::tenant_admin::new_uuid;

/// The columns of a user, of `tenant_user u`.
pub(crate) const COLUMNS: &str = "u.id, u.email, u.name, u.role, u.is_active, u.is_limited, \
                                  u.preferences, u.created_at, u.password_changed_at";

/// RFC 5321 allows no longer address.
const EMAIL_CHARS_MAX: usize = 254;

/// A longer name is a mistake or an attack.
const NAME_CHARS_MAX: usize = 200;

/// Pages keep choices of columns and the like there; a few kilobytes hold hundreds.
const PREFERENCES_BYTES_MAX: usize = 16 * 1024;

/// A person who signs in to Almanac.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Unique everywhere.
    pub id: Uuid,
    /// Unique within the tenant; lower case.
    pub email: String,
    /// What others call the person; never empty.
    pub name: String,
    /// What the person is in the tenant. Ask [`User::allows`], which knows of the limit too.
    pub role: Role,
    /// Whether the person may sign in.
    pub is_active: bool,
    /// The clients that the person sees, sorted; `None` is all of them. Never given for an owner.
    pub clients: Option<Vec<RemoteId>>,
    /// What the person's pages keep, as JSON that the store does not read.
    pub preferences: String,
    /// Milliseconds UTC.
    pub created_at: i64,
    /// Milliseconds UTC.
    pub password_changed_at: i64,
}

/// A user to make.
#[derive(Debug)]
pub struct NewUser {
    /// Unique within the tenant; kept in lower case.
    pub email: String,
    /// What others call the person; the part of the address before the `@` when empty.
    pub name: String,
    /// What the person becomes.
    pub role: Role,
    /// The clients that the person sees; `None` is all of them.
    pub clients: Option<Vec<RemoteId>>,
    /// In the clear; only its hash is kept.
    pub password: SecretString,
    /// Who makes the user, for the audit.
    pub actor: String,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// Who changes something, and when; for the audit.
#[derive(Debug, Clone, Copy)]
pub struct ChangedBy<'a> {
    /// Who.
    pub actor: &'a str,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

impl User {
    /// Whether the person may do it: the role allows it and, for who is limited to clients, it
    /// does not reach beyond them.
    pub fn allows(&self, permission: Permission) -> bool {
        match self.clients {
            None => self.role.allows(permission),
            Some(_) => self.role.allows_limited(permission),
        }
    }

    /// Whether the person sees this client.
    pub fn sees(&self, client: &RemoteId) -> bool {
        self.clients.as_ref().is_none_or(|clients| clients.binary_search(client).is_ok())
    }

    /// The user in the columns from `at` on, whose clients are still to be read when limited.
    pub(crate) fn from_row(row: &Row, at: usize) -> Result<User, StoreError> {
        let email = row.text(at + 1)?;
        // Users of the first schema have no name.
        let name = match row.text(at + 2)? {
            name if name.is_empty() => local_part(&email),
            name => name,
        };
        Ok(User {
            id: row.uuid(at)?,
            name,
            role: row.text(at + 3)?.parse().map_err(|_| row.corrupt(at + 3))?,
            is_active: row.bool(at + 4)?,
            clients: row.bool(at + 5)?.then(Vec::new),
            preferences: row.text_opt(at + 6)?.unwrap_or_else(|| "{}".to_owned()),
            created_at: row.int(at + 7)?,
            password_changed_at: row.int(at + 8)?,
            email,
        })
    }
}

impl TenantStore {
    /// Every user of the tenant, by e-mail address.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.user_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn user_list(&self) -> Result<Vec<User>, StoreError> {
        let mut tx = self.read().await?;
        let sql =
            format!("SELECT {COLUMNS} FROM tenant_user u WHERE u.tenant_id = $1 ORDER BY u.email");
        let rows = tx.rows("tenant_user", sql, args![self.id]).await?;
        let mut users: Vec<User> =
            rows.iter().map(|row| User::from_row(row, 0)).collect::<Result<_, _>>()?;
        let sql =
            "SELECT user_id, client FROM tenant_user_client WHERE tenant_id = $1 ORDER BY client";
        let mut clients: BTreeMap<Uuid, Vec<RemoteId>> = BTreeMap::new();
        for row in tx.rows("tenant_user_client", sql, args![self.id]).await? {
            clients.entry(row.uuid(0)?).or_default().push(row.remote_id(1)?);
        }
        for user in users.iter_mut().filter(|user| user.clients.is_some()) {
            user.clients = Some(clients.remove(&user.id).unwrap_or_default());
        }
        Ok(users)
    }

    /// The user with this id.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.user_by_id", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn user_by_id(&self, id: Uuid) -> Result<Option<User>, StoreError> {
        let mut tx = self.read().await?;
        by_id(&mut tx, self.id, id).await
    }

    /// Makes a user. Writes the audit entry in the same transaction.
    ///
    /// # Errors
    /// `EmailTaken`; `Invalid` for an address, a name or a password that cannot be used, and for
    /// an owner limited to clients.
    #[tracing::instrument(name = "store.user_create", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn user_create(&self, new: NewUser) -> Result<User, StoreError> {
        let NewUser { email, name, role, clients, password, actor, at_ms } = new;
        password::check_new(&password)?;
        let mut user = user_of(&email, &name, role, at_ms)?;
        user.clients = clients.map(sorted);
        if role == Role::Owner && user.clients.is_some() {
            return Err(owner_is_not_limited());
        }
        let hash = password::hash(password).await?;
        let keyring = &self.shared.keyring;
        let by = ChangedBy { actor: &actor, at_ms };
        write_tx!(self.db(), self.scope(), |tx| {
            insert(tx, self.id, &user, &hash).await?;
            let detail = json!({ "email": user.email, "role": role, "clients": user.clients });
            note(tx, keyring, self.id, by, ("user.create", user.id), &detail).await?;
            user.clone()
        })
    }

    /// Keeps what a user's pages want kept; false when there is no such user. Not in the audit: a
    /// choice of columns decides nothing.
    ///
    /// # Errors
    /// `Invalid` when it is longer than 16 KiB.
    #[tracing::instrument(name = "store.user_set_preferences", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn user_set_preferences(
        &self,
        id: Uuid,
        preferences: &str,
    ) -> Result<bool, StoreError> {
        if preferences.len() > PREFERENCES_BYTES_MAX {
            return Err(StoreError::Invalid("the preferences are too long".to_owned()));
        }
        let sql = "UPDATE tenant_user SET preferences = $3 WHERE tenant_id = $1 AND id = $2";
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(sql, args![self.id, id, preferences]).await? > 0
        })
    }
}

/// The user with this id, with the clients.
pub(crate) async fn by_id(
    tx: &mut Tx,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<User>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM tenant_user u WHERE u.tenant_id = $1 AND u.id = $2");
    let Some(row) = tx.one("tenant_user", sql, args![tenant, id]).await? else { return Ok(None) };
    let mut user = User::from_row(&row, 0)?;
    load_clients(tx, tenant, &mut user).await?;
    Ok(Some(user))
}

/// Reads the clients of a user who is limited to some.
pub(crate) async fn load_clients(
    tx: &mut Tx,
    tenant: TenantId,
    user: &mut User,
) -> Result<(), StoreError> {
    if user.clients.is_none() {
        return Ok(());
    }
    let sql = "SELECT client FROM tenant_user_client WHERE tenant_id = $1 AND user_id = $2 ORDER BY client";
    let rows = tx.rows("tenant_user_client", sql, args![tenant, user.id]).await?;
    user.clients = Some(rows.iter().map(|row| row.remote_id(0)).collect::<Result<_, _>>()?);
    Ok(())
}

/// An active user who is not stored yet and sees every client.
pub(crate) fn user_of(email: &str, name: &str, role: Role, at_ms: i64) -> Result<User, StoreError> {
    let email = email_key(email);
    let is_address = email.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && !host.is_empty() && !email.contains(char::is_whitespace)
    });
    if !is_address || email.chars().count() > EMAIL_CHARS_MAX {
        return Err(StoreError::Invalid("this is not an e-mail address".to_owned()));
    }
    let name = match checked_name(name)? {
        name if name.is_empty() => local_part(&email),
        name => name,
    };
    Ok(User {
        id: new_uuid(at_ms)?,
        email,
        name,
        role,
        is_active: true,
        clients: None,
        preferences: "{}".to_owned(),
        created_at: at_ms,
        password_changed_at: at_ms,
    })
}

/// Inserts a user with the clients.
pub(crate) async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    user: &User,
    password_hash: &str,
) -> Result<(), StoreError> {
    let inserted = tx
        .exec(
            "INSERT INTO tenant_user (tenant_id, id, email, password_hash, role, created_at, name, \
             is_active, is_limited, password_changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            args![
                tenant, user.id, &user.email, password_hash, user.role.name(), user.created_at,
                &user.name, user.is_active, user.clients.is_some(), user.password_changed_at
            ],
        )
        .await;
    match inserted {
        // The id is new, so it is the address that another has.
        Err(StoreError::Conflict(_)) => return Err(StoreError::EmailTaken),
        other => other?,
    };
    insert_clients(tx, tenant, user).await
}

/// The form in which an address is kept and looked for.
pub(crate) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Writes an entry about a user or what is a user's to the audit: its action and its subject.
pub(crate) async fn note(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    by: ChangedBy<'_>,
    (action, id): (&str, Uuid),
    detail: &Value,
) -> Result<(), StoreError> {
    let noun = action.split('.').next().unwrap_or(action);
    let entry = Audit {
        at: by.at_ms,
        actor: by.actor.to_owned(),
        action: action.to_owned(),
        subject: format!("{noun} {id}"),
        detail: detail.to_string(),
    };
    audit::append(tx, keyring, tenant, &entry).await.map(drop)
}

pub(crate) async fn insert_clients(
    tx: &mut Tx,
    tenant: TenantId,
    user: &User,
) -> Result<(), StoreError> {
    let rows = user.clients.iter().flatten().map(|client| args![client]).collect();
    let bulk = Bulk {
        table: "tenant_user_client",
        shared: vec![("tenant_id", Arg::from(tenant)), ("user_id", Arg::from(user.id))],
        columns: &["client"],
        tail: String::new(),
        rows,
    };
    bulk_upsert(tx, bulk).await.map(drop)
}

pub(crate) fn sorted(clients: Vec<RemoteId>) -> Vec<RemoteId> {
    clients.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

pub(crate) fn checked_name(name: &str) -> Result<String, StoreError> {
    let name = name.trim();
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(StoreError::Invalid(format!("a name has at most {NAME_CHARS_MAX} characters")));
    }
    Ok(name.to_owned())
}

fn local_part(email: &str) -> String {
    email.split('@').next().unwrap_or(email).to_owned()
}

pub(crate) fn owner_is_not_limited() -> StoreError {
    StoreError::Invalid("an owner sees every client; give another role first".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_two_sides_and_no_space() {
        for (email, want) in [
            (" Ada@Acme.Example ", true),
            ("ada", false),
            ("@acme.example", false),
            ("ada@", false),
            ("a da@acme.example", false),
            ("", false),
        ] {
            assert_eq!(user_of(email, "", Role::ReadOnly, 0).is_ok(), want, "{email:?}");
        }
        assert!(user_of(&format!("{}@x.example", "a".repeat(300)), "", Role::Owner, 0).is_err());
        let user = user_of(" Ada@Acme.Example ", " ", Role::ReadOnly, 0).expect("an address");
        assert_eq!((user.email.as_str(), user.name.as_str()), ("ada@acme.example", "ada"));
    }

    #[test]
    fn a_limited_user_sees_those_clients_only() {
        let mut user = user_of("a@b.example", "", Role::Manager, 0).expect("an address");
        let client = RemoteId::new("10");
        assert!(user.sees(&client) && user.allows(Permission::EditRules));
        user.clients = Some(sorted(vec![RemoteId::new("9"), client.clone(), client.clone()]));
        assert!(user.sees(&client) && !user.sees(&RemoteId::new("1")));
        assert!(user.allows(Permission::EditAssets) && !user.allows(Permission::EditRules));
        user.clients = Some(Vec::new());
        assert!(!user.sees(&client), "limited to none");
    }
}
