//! Passwords, and who signs in by one.
//!
//! They are kept as Argon2id PHC strings. Hashing takes tens of milliseconds and 19 MiB on
//! purpose, so it runs apart from the async threads and never more than two at once. An address
//! that nobody has takes as long as one that somebody has, so that the time tells nothing.

use almanac_model::id::TenantId;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::db::{Scope, args, write_tx};
use crate::error::StoreError;
use crate::store::Store;
use crate::tenant::TenantStore;
use crate::user::{self, ChangedBy, User, email_key};

/// A new password has at least so many characters: long enough that the list of common passwords,
/// tried through the throttle, is of no use.
pub const PASSWORD_CHARS_MIN: usize = 12;

/// Nobody types a longer one; hashing megabytes would be a way to keep the server busy.
pub const PASSWORD_BYTES_MAX: usize = 1_024;

/// An address that more tenants know than this is not tried at all of them.
const TENANTS_MAX: u32 = 8;

/// More at once would take every core from the rest of the program.
static HASHING: Semaphore = Semaphore::const_new(2);

/// A password to set.
#[derive(Debug)]
pub struct NewPassword<'a> {
    /// Whose.
    pub user: Uuid,
    /// In the clear; only its hash is kept.
    pub password: SecretString,
    /// The session that goes on: that of the person who changes the own password.
    pub keep_session: Option<Uuid>,
    /// Who sets it, for the audit.
    pub by: ChangedBy<'a>,
}

impl Store {
    /// The tenants where somebody with this address may sign in; at most eight, by their numbers.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.sign_in_tenants", level = "debug", skip_all)]
    pub async fn sign_in_tenants(&self, email: &str) -> Result<Vec<TenantId>, StoreError> {
        let mut tx = self.db().read(Scope::Root).await?;
        let sql = "SELECT tenant_id FROM tenant_user WHERE email = $1 AND is_active \
                   ORDER BY tenant_id LIMIT $2";
        let rows = tx.rows("tenant_user", sql, args![email_key(email), TENANTS_MAX]).await?;
        rows.iter().map(|row| row.tenant_id(0)).collect()
    }

    /// The tenants where this is the password of an active user with this address, and that user.
    /// An address that nobody has takes as long as one that one tenant knows.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.sign_in", level = "debug", skip_all)]
    pub async fn sign_in(
        &self,
        email: &str,
        password: &SecretString,
    ) -> Result<Vec<(TenantId, User)>, StoreError> {
        let tenants = self.sign_in_tenants(email).await?;
        if tenants.is_empty() {
            matches(None, password).await?;
        }
        let mut found = Vec::new();
        for tenant in tenants {
            let user = self.tenant(tenant).user_verify(email, password).await?;
            found.extend(user.map(|user| (tenant, user)));
        }
        Ok(found)
    }
}

impl TenantStore {
    /// The active user with this address and this password. Takes as long for an address that
    /// nobody has.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.user_verify", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn user_verify(
        &self,
        email: &str,
        password: &SecretString,
    ) -> Result<Option<User>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {}, u.password_hash FROM tenant_user u WHERE u.tenant_id = $1 AND u.email = $2",
            user::COLUMNS
        );
        let row = tx.one("tenant_user", sql, args![self.id, email_key(email)]).await?;
        let (mut user, mut hash) = (None, None);
        if let Some(row) = row {
            let mut found = User::from_row(&row, 0)?;
            user::load_clients(&mut tx, self.id, &mut found).await?;
            (user, hash) = (Some(found), Some(row.text(9)?));
        }
        drop(tx);
        let is_right = matches(hash, password).await?;
        Ok(user.filter(|user| is_right && user.is_active))
    }

    /// Whether this is the user's password: asked before it is changed.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.user_password_matches", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn user_password_matches(
        &self,
        id: Uuid,
        password: &SecretString,
    ) -> Result<bool, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT password_hash FROM tenant_user WHERE tenant_id = $1 AND id = $2";
        let row = tx.one("tenant_user", sql, args![self.id, id]).await?;
        drop(tx);
        let hash = row.map(|row| row.text(0)).transpose()?;
        matches(hash, password).await
    }

    /// Sets a user's password and ends the user's other sessions; `None` when there is no such
    /// user. API keys stay: they were never the password's.
    ///
    /// # Errors
    /// `Invalid` when it is too short or too long.
    #[tracing::instrument(name = "store.user_set_password", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn user_set_password(
        &self,
        new: NewPassword<'_>,
    ) -> Result<Option<User>, StoreError> {
        let NewPassword { user: id, password, keep_session, by } = new;
        check_new(&password)?;
        let hash = hash(password).await?;
        let keyring = &self.shared.keyring;
        let update = "UPDATE tenant_user SET password_hash = $3, password_changed_at = $4 \
                      WHERE tenant_id = $1 AND id = $2";
        let end = "DELETE FROM session WHERE tenant_id = $1 AND user_id = $2 AND id <> $3";
        write_tx!(self.db(), self.scope(), |tx| {
            if tx.exec(update, args![self.id, id, &hash, by.at_ms]).await? == 0 {
                None
            } else {
                let kept = keep_session.unwrap_or_else(Uuid::nil);
                let ended = tx.exec(end, args![self.id, id, kept]).await?;
                let detail = json!({ "sessions_ended": ended });
                user::note(tx, keyring, self.id, by, ("user.password", id), &detail).await?;
                user::by_id(tx, self.id, id).await?
            }
        })
    }
}

/// Refuses a password that is too short or too long to be set.
pub(crate) fn check_new(password: &SecretString) -> Result<(), StoreError> {
    if password.expose_secret().chars().count() < PASSWORD_CHARS_MIN {
        let least = format!("a password has at least {PASSWORD_CHARS_MIN} characters");
        return Err(StoreError::Invalid(least));
    }
    check_length(password)
}

/// Refuses a password that is too long to be hashed.
pub(crate) fn check_length(password: &SecretString) -> Result<(), StoreError> {
    if password.expose_secret().len() > PASSWORD_BYTES_MAX {
        return Err(StoreError::Invalid("the password is too long".to_owned()));
    }
    Ok(())
}

/// The PHC string of a password.
pub(crate) async fn hash(password: SecretString) -> Result<String, StoreError> {
    hashing(move || {
        Argon2::default()
            .hash_password(password.expose_secret().as_bytes())
            .map(|hash| hash.to_string())
    })
    .await?
    .map_err(|error| StoreError::Invalid(format!("the password cannot be used: {error}")))
}

/// Whether a hash is of this password; without a hash it is not, after the same time.
async fn matches(hash: Option<String>, password: &SecretString) -> Result<bool, StoreError> {
    // What is too long was never set; any other word keeps the time the same.
    let is_possible = check_length(password).is_ok();
    let password = if is_possible { password.clone() } else { SecretString::from("too long") };
    match hash {
        Some(phc) => {
            let is_equal = hashing(move || {
                PasswordHash::new(&phc).is_ok_and(|hash| {
                    let password = password.expose_secret().as_bytes();
                    Argon2::default().verify_password(password, &hash).is_ok()
                })
            });
            Ok(is_equal.await? && is_possible)
        }
        None => self::hash(password).await.map(|_| false),
    }
}

async fn hashing<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let permit = HASHING.acquire().await.expect("the semaphore is never closed");
    let work = move || {
        // Held by the work, which goes on when nobody waits for it any more.
        let _permit = permit;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Backend(error.into()))
}
