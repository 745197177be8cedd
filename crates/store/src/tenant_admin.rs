//! Making and removing tenants.
//!
//! Removal walks the schema itself, so a new table cannot be forgotten. A tenant's number may be
//! given again after the newest tenant was removed; its data keys are not.

use almanac_model::id::TenantId;
use almanac_model::role::Role;
use secrecy::SecretString;
use uuid::Uuid;

use crate::audit::{self, Audit};
use crate::db::{Row, Scope, Tx, args, tables, write_tx};
use crate::error::StoreError;
use crate::keyring::Keyring;
use crate::password;
use crate::store::Store;
use crate::tenant_key;
use crate::user::{self, User};

/// A tenant to make, with its first owner.
#[derive(Debug)]
pub struct NewTenant {
    /// Display name; the slug is made from it.
    pub name: String,
    /// The first owner's e-mail address.
    pub owner_email: String,
    /// What others call the first owner; the part of the address before the `@` when empty.
    pub owner_name: String,
    /// The first owner's password in the clear; only its hash is kept.
    pub owner_password: SecretString,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// An MSP that uses Almanac.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Identifies it everywhere.
    pub id: TenantId,
    /// Its name in addresses and on the command line; unique.
    pub slug: String,
    /// Display name.
    pub name: String,
    /// Milliseconds UTC.
    pub created_at: i64,
}

impl Tenant {
    fn from_row(row: &Row) -> Result<Tenant, StoreError> {
        Ok(Tenant {
            id: row.tenant_id(0)?,
            slug: row.text(1)?,
            name: row.text(2)?,
            created_at: row.int(3)?,
        })
    }
}

impl Store {
    /// Makes a tenant with its first owner and its first data key. The slug is the name in lower
    /// case with hyphens, and a number when that is taken.
    ///
    /// # Errors
    /// `Invalid` when the name is empty, or address or password cannot be used.
    #[tracing::instrument(name = "store.tenant_create", level = "debug", skip_all)]
    pub async fn tenant_create(&self, new: NewTenant) -> Result<Tenant, StoreError> {
        let made = self.create(new, When::Always).await?;
        Ok(made.expect("nothing but tenants that are there keeps it from being made"))
    }

    /// As [`Store::tenant_create`] for a database without any tenant; `None` when there is one.
    /// Of two who set up at once, one does.
    ///
    /// # Errors
    /// As [`Store::tenant_create`].
    #[tracing::instrument(name = "store.tenant_create_first", level = "debug", skip_all)]
    pub async fn tenant_create_first(&self, new: NewTenant) -> Result<Option<Tenant>, StoreError> {
        self.create(new, When::Empty).await
    }

    async fn create(&self, new: NewTenant, when: When) -> Result<Option<Tenant>, StoreError> {
        let checked = Checked::new(new).await?;
        let keyring = &self.shared.keyring;
        // Two that take the same number or slug: the later one looks again.
        let mut left = 5;
        loop {
            let made = write_tx!(self.db(), Scope::Root, |tx| {
                if when == When::Empty && has_tenant(tx).await? {
                    None
                } else {
                    Some(insert(tx, keyring, &checked).await?)
                }
            });
            match made {
                Err(StoreError::Conflict(_)) if left > 0 => left -= 1,
                settled => return settled,
            }
        }
    }

    /// Whether there is no tenant yet: then somebody has to set up.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.is_empty", level = "debug", skip_all)]
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let mut tx = self.db().read(Scope::Root).await?;
        Ok(!has_tenant(&mut tx).await?)
    }

    /// The tenant with this slug.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.tenant_by_slug", level = "debug", skip_all)]
    pub async fn tenant_by_slug(&self, slug: &str) -> Result<Option<Tenant>, StoreError> {
        let mut tx = self.db().read(Scope::Root).await?;
        let sql = "SELECT tenant_id, slug, name, created_at FROM tenant WHERE slug = $1";
        tx.one("tenant", sql, args![slug]).await?.as_ref().map(Tenant::from_row).transpose()
    }

    /// The tenant with this number.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.tenant_by_id", level = "debug", skip_all)]
    pub async fn tenant_by_id(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        let mut tx = self.db().read(Scope::Root).await?;
        let sql = "SELECT tenant_id, slug, name, created_at FROM tenant WHERE tenant_id = $1";
        tx.one("tenant", sql, args![id]).await?.as_ref().map(Tenant::from_row).transpose()
    }

    /// Every tenant, by slug.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.tenant_list", level = "debug", skip_all)]
    pub async fn tenant_list(&self) -> Result<Vec<Tenant>, StoreError> {
        let mut tx = self.db().read(Scope::Root).await?;
        let sql = "SELECT tenant_id, slug, name, created_at FROM tenant ORDER BY slug";
        tx.rows("tenant", sql, args![]).await?.iter().map(Tenant::from_row).collect()
    }

    /// Removes a tenant and everything of it, from every table of the schema. Does nothing when
    /// there is no such tenant.
    ///
    /// # Errors
    /// When the database fails; then nothing was removed.
    #[tracing::instrument(name = "store.tenant_delete", level = "debug", skip_all, fields(tenant.id = %id))]
    pub async fn tenant_delete(&self, id: TenantId) -> Result<(), StoreError> {
        write_tx!(self.db(), Scope::Root, |tx| {
            for table in tables(tx).await? {
                let sql = format!("DELETE FROM {} WHERE tenant_id = $1", table.name);
                tx.exec(sql, args![id]).await?;
            }
        })
    }
}

/// Which databases a tenant is made in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    Empty,
}

/// A tenant that can be made.
struct Checked {
    name: String,
    owner: User,
    password_hash: String,
}

impl Checked {
    async fn new(new: NewTenant) -> Result<Checked, StoreError> {
        let NewTenant { name, owner_email, owner_name, owner_password, at_ms } = new;
        if name.trim().is_empty() {
            return Err(StoreError::Invalid("a tenant needs a name".to_owned()));
        }
        let owner = user::user_of(&owner_email, &owner_name, Role::Owner, at_ms)?;
        password::check_length(&owner_password)?;
        let password_hash = password::hash(owner_password).await?;
        Ok(Checked { name: name.trim().to_owned(), owner, password_hash })
    }
}

async fn has_tenant(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(tx.one("tenant", "SELECT 1 FROM tenant LIMIT 1", args![]).await?.is_some())
}

async fn insert(
    tx: &mut Tx,
    keyring: &Keyring,
    Checked { name, owner, password_hash }: &Checked,
) -> Result<Tenant, StoreError> {
    let row = tx.one("tenant", "SELECT coalesce(max(tenant_id), 0) FROM tenant", args![]).await?;
    let id = TenantId(row.map_or(Ok(0), |row| row.int(0))? + 1);
    let slug = free_slug(tx, name).await?;
    let created_at = owner.created_at;
    tx.exec(
        "INSERT INTO tenant (tenant_id, slug, name, created_at) VALUES ($1, $2, $3, $4)",
        args![id, &slug, name, created_at],
    )
    .await?;
    tenant_key::data_key_newest(tx, keyring, id, created_at).await?;
    user::insert(tx, id, owner, password_hash).await?;
    let entry = Audit {
        at: created_at,
        actor: "system".to_owned(),
        action: "tenant.create".to_owned(),
        subject: format!("tenant {id}"),
        detail: serde_json::json!({ "slug": slug }).to_string(),
    };
    audit::append(tx, keyring, id, &entry).await?;
    Ok(Tenant { id, slug, name: name.clone(), created_at })
}

async fn free_slug(tx: &mut Tx, name: &str) -> Result<String, StoreError> {
    let base = slug_of(name);
    // By bytes, `.` follows `-`: the range holds the slug itself and those with a number.
    let sql = "SELECT slug FROM tenant WHERE slug >= $1 AND slug < $2";
    let rows = tx.rows("tenant", sql, args![&base, format!("{base}.")]).await?;
    let taken = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
    if !taken.contains(&base) {
        return Ok(base);
    }
    let mut numbered = (2_u32..).map(|number| format!("{base}-{number}"));
    Ok(numbered.find(|slug| !taken.contains(slug)).expect("numbers do not end"))
}

/// Letters and digits in lower case, everything between them one hyphen, at most 40 characters.
fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.truncate(40);
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "tenant".to_owned() } else { slug.to_owned() }
}

/// A UUIDv7 whose order is the order of instants.
pub(crate) fn new_uuid(at_ms: i64) -> Result<Uuid, StoreError> {
    let mut random = [0_u8; 10];
    getrandom::fill(&mut random).map_err(|error| StoreError::Backend(error.into()))?;
    let millis = u64::try_from(at_ms).unwrap_or(0);
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_plain_ascii() {
        for (name, want) in [
            ("Acme", "acme"),
            ("  Acme & Söhne GmbH ", "acme-s-hne-gmbh"),
            ("日本", "tenant"),
            ("--", "tenant"),
        ] {
            assert_eq!(slug_of(name), want);
        }
        assert!(slug_of(&"long name ".repeat(9)).len() <= 40);
    }

    #[test]
    fn a_later_uuid_sorts_later() {
        assert!(new_uuid(1_000).expect("randomness") < new_uuid(1_001).expect("randomness"));
    }
}
