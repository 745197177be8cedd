//! Keys by which a program acts as a user.
//!
//! A key's secret is random and shown once; the store holds its SHA-256. A key allows what its
//! scopes allow and its user may do, never more: the user is read with it on each use, and a key
//! of a user who is inactive, or may not use the API any more, is as if it were not there.

use almanac_model::role::Permission;
use serde_json::json;
use uuid::Uuid;

use crate::db::{Row, args, write_tx};
use crate::error::StoreError;
use crate::tenant::TenantStore;
use crate::tenant_admin::new_uuid;
use crate::user::{self, ChangedBy, User};

/// How often it is written that a key was used: a request should not cost a write.
const TOUCH_EVERY_MS: i64 = 60_000;

/// A longer name is a mistake.
const NAME_CHARS_MAX: usize = 100;

const COLUMNS: &str = "k.id, k.user_id, k.name, k.scopes, k.created_at, k.last_used_at, k.revoked_at, k.secret_sha256";

/// Bytes of the hash that a person compares: few enough to read out, enough to tell keys apart.
const FINGERPRINT_BYTES: usize = 4;

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiScope {
    /// To read what its user sees.
    Read,
    /// To change what its user may change.
    Write,
}

impl ApiScope {
    /// Every scope.
    pub const ALL: [ApiScope; 2] = [ApiScope::Read, ApiScope::Write];

    /// The public name.
    pub fn name(self) -> &'static str {
        match self {
            ApiScope::Read => "read",
            ApiScope::Write => "write",
        }
    }

    /// The scope with this public name.
    pub fn by_name(name: &str) -> Option<ApiScope> {
        ApiScope::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A key to make.
#[derive(Debug, Clone, Copy)]
pub struct NewApiKey<'a> {
    /// Who it acts as.
    pub user: Uuid,
    /// What its user calls it.
    pub name: &'a str,
    /// What it may be used for.
    pub scopes: &'a [ApiScope],
    /// SHA-256 of its secret.
    pub secret_sha256: [u8; 32],
    /// Who makes it, for the audit.
    pub by: ChangedBy<'a>,
}

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Names it; not the secret.
    pub id: Uuid,
    /// Who it acts as.
    pub user: Uuid,
    /// What its user calls it.
    pub name: String,
    /// What it may be used for, sorted.
    pub scopes: Vec<ApiScope>,
    /// Milliseconds UTC.
    pub created_at: i64,
    /// To the minute, in milliseconds UTC.
    pub last_used_at: Option<i64>,
    /// Since when it is of no use, in milliseconds UTC.
    pub revoked_at: Option<i64>,
    /// The first eight hexadecimal digits of the SHA-256 of its secret: whoever finds a key can
    /// tell whether it is this one, and nobody can make a key of it.
    pub fingerprint: String,
}

impl ApiKey {
    /// Whether [`TenantStore::api_key_touch`] should be called, beside the answer.
    pub fn is_touch_due(&self, now_ms: i64) -> bool {
        self.last_used_at.is_none_or(|used| now_ms.saturating_sub(used) >= TOUCH_EVERY_MS)
    }

    fn from_row(row: &Row) -> Result<ApiKey, StoreError> {
        let scopes = row.text(3)?;
        let scopes = scopes.split_whitespace().map(ApiScope::by_name).collect::<Option<Vec<_>>>();
        Ok(ApiKey {
            id: row.uuid(0)?,
            user: row.uuid(1)?,
            name: row.text(2)?,
            scopes: scopes.ok_or_else(|| row.corrupt(3))?,
            created_at: row.int(4)?,
            last_used_at: row.int_opt(5)?,
            revoked_at: row.int_opt(6)?,
            fingerprint: fingerprint(&row.sha256(7)?),
        })
    }
}

fn fingerprint(sha256: &[u8]) -> String {
    sha256.iter().take(FINGERPRINT_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

impl TenantStore {
    /// Makes a key; `None` when there is no such user.
    ///
    /// # Errors
    /// `Invalid` when it has no name, too long a name, or no scope.
    #[tracing::instrument(name = "store.api_key_create", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn api_key_create(&self, new: NewApiKey<'_>) -> Result<Option<ApiKey>, StoreError> {
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            let wrong = format!("a key needs a name of at most {NAME_CHARS_MAX} characters");
            return Err(StoreError::Invalid(wrong));
        }
        let scopes: Vec<ApiScope> =
            ApiScope::ALL.into_iter().filter(|scope| new.scopes.contains(scope)).collect();
        if scopes.is_empty() {
            return Err(StoreError::Invalid("a key needs a scope".to_owned()));
        }
        let names = scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ");
        let key = ApiKey {
            id: new_uuid(new.by.at_ms)?,
            user: new.user,
            name: name.to_owned(),
            scopes,
            created_at: new.by.at_ms,
            last_used_at: None,
            revoked_at: None,
            fingerprint: fingerprint(&new.secret_sha256),
        };
        let keyring = &self.shared.keyring;
        let insert = "INSERT INTO api_key (tenant_id, id, user_id, name, scopes, secret_sha256, \
                      created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        write_tx!(self.db(), self.scope(), |tx| {
            if user::by_id(tx, self.id, key.user).await?.is_none() {
                None
            } else {
                let secret = new.secret_sha256.to_vec();
                tx.exec(
                    insert,
                    args![self.id, key.id, key.user, &key.name, &names, secret, key.created_at],
                )
                .await?;
                let detail =
                    json!({ "user": key.user.to_string(), "name": key.name, "scopes": names });
                user::note(tx, keyring, self.id, new.by, ("api_key.create", key.id), &detail)
                    .await?;
                Some(key.clone())
            }
        })
    }

    /// The key with this secret and the user it acts as, when it can be used: not revoked, the
    /// user active and allowed to use the API.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.api_key_find", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn api_key_find(
        &self,
        secret_sha256: &[u8; 32],
    ) -> Result<Option<(ApiKey, User)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, {} FROM api_key k \
             JOIN tenant_user u ON u.tenant_id = k.tenant_id AND u.id = k.user_id \
             WHERE k.tenant_id = $1 AND k.secret_sha256 = $2 AND k.revoked_at IS NULL AND u.is_active",
            user::COLUMNS
        );
        let mut tx = self.read().await?;
        let row = tx.one("api_key", sql, args![self.id, secret_sha256.as_slice()]).await?;
        let Some(row) = row else { return Ok(None) };
        let key = ApiKey::from_row(&row)?;
        let mut user = User::from_row(&row, 8)?;
        user::load_clients(&mut tx, self.id, &mut user).await?;
        Ok(Some((key, user)).filter(|(_, user)| user.allows(Permission::UseApi)))
    }

    /// Writes that a key was used, unless that was written within the last minute.
    ///
    /// # Errors
    /// When the database fails; the key then seems unused for longer than it is.
    #[tracing::instrument(name = "store.api_key_touch", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn api_key_touch(&self, id: Uuid, now_ms: i64) -> Result<(), StoreError> {
        let sql = "UPDATE api_key SET last_used_at = $3 WHERE tenant_id = $1 AND id = $2 \
                   AND (last_used_at IS NULL OR last_used_at <= $4)";
        let before = now_ms.saturating_sub(TOUCH_EVERY_MS);
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(sql, args![self.id, id, now_ms, before]).await?;
        })
    }

    /// A user's keys, or with `None` everybody's, revoked ones too, the newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.api_key_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn api_key_list(&self, user: Option<Uuid>) -> Result<Vec<ApiKey>, StoreError> {
        let mut tx = self.read().await?;
        let (of_user, mut args) = match user {
            Some(_) => (" AND k.user_id = $2", args![self.id]),
            None => ("", args![self.id]),
        };
        args.extend(user.map(Into::into));
        let sql = format!(
            "SELECT {COLUMNS} FROM api_key k WHERE k.tenant_id = $1{of_user} ORDER BY k.id DESC"
        );
        tx.rows("api_key", sql, args).await?.iter().map(ApiKey::from_row).collect()
    }

    /// Makes one of a user's keys useless; false when the user has no such key, or it is already.
    ///
    /// # Errors
    /// When the database fails; the key then goes on.
    #[tracing::instrument(name = "store.api_key_revoke", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn api_key_revoke(
        &self,
        user: Uuid,
        id: Uuid,
        by: ChangedBy<'_>,
    ) -> Result<bool, StoreError> {
        let keyring = &self.shared.keyring;
        let sql = "UPDATE api_key SET revoked_at = $4 \
                   WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL";
        write_tx!(self.db(), self.scope(), |tx| {
            let is_revoked = tx.exec(sql, args![self.id, user, id, by.at_ms]).await? > 0;
            if is_revoked {
                let detail = json!({ "user": user.to_string() });
                user::note(tx, keyring, self.id, by, ("api_key.revoke", id), &detail).await?;
            }
            is_revoked
        })
    }
}
