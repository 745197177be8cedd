//! A person who signs in to Almanac.
//!
//! Passwords are kept as Argon2id PHC strings. Hashing takes tens of milliseconds and 19 MiB on
//! purpose, so it runs apart from the async threads and never more than two at once.

use almanac_model::id::TenantId;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::db::{Tx, args};
use crate::error::StoreError;
use crate::tenant::TenantStore;

/// More at once would take every core from the rest of the program.
static HASHING: Semaphore = Semaphore::const_new(2);

/// A person who signs in to Almanac.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Unique everywhere.
    pub id: Uuid,
    /// Unique within the tenant; lower case.
    pub email: String,
    /// What the person may do, such as `owner`.
    pub role: String,
    /// Milliseconds UTC.
    pub created_at: i64,
}

impl TenantStore {
    /// Every user of the tenant, by e-mail address.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.user_list", level = "debug", skip_all)]
    pub async fn user_list(&self) -> Result<Vec<User>, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT id, email, role, created_at FROM tenant_user WHERE tenant_id = $1 ORDER BY email";
        let rows = tx.rows("tenant_user", sql, args![self.id]).await?;
        rows.iter()
            .map(|row| {
                Ok(User {
                    id: row.uuid(0)?,
                    email: row.text(1)?,
                    role: row.text(2)?,
                    created_at: row.int(3)?,
                })
            })
            .collect()
    }

    /// Whether this is the password of the user with this address. Takes as long for an address
    /// that nobody has, so that the time tells nothing.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.user_password_matches", level = "debug", skip_all)]
    pub async fn user_password_matches(
        &self,
        email: &str,
        password: SecretString,
    ) -> Result<bool, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT password_hash FROM tenant_user WHERE tenant_id = $1 AND email = $2";
        let row = tx.one("tenant_user", sql, args![self.id, email.to_lowercase()]).await?;
        drop(tx);
        match row {
            Some(row) => {
                let hash = row.text(0)?;
                hashing(move || {
                    PasswordHash::new(&hash).is_ok_and(|hash| {
                        let password = password.expose_secret().as_bytes();
                        Argon2::default().verify_password(password, &hash).is_ok()
                    })
                })
                .await
            }
            None => hash_password(password).await.map(|_| false),
        }
    }
}

/// Inserts a user; the address is kept in lower case.
pub(crate) async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    user: &User,
    password_hash: &str,
) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO tenant_user (tenant_id, id, email, password_hash, role, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![tenant, user.id, &user.email, password_hash, &user.role, user.created_at],
    )
    .await
    .map(drop)
}

/// The PHC string of a password.
pub(crate) async fn hash_password(password: SecretString) -> Result<String, StoreError> {
    hashing(move || {
        Argon2::default()
            .hash_password(password.expose_secret().as_bytes())
            .map(|hash| hash.to_string())
    })
    .await?
    .map_err(|error| StoreError::Invalid(format!("the password cannot be used: {error}")))
}

async fn hashing<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let _permit = HASHING.acquire().await.expect("the semaphore is never closed");
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Backend(error.into()))
}
