//! A tenant's link to its PSA, with the sealed credentials.
//!
//! One connection is active at a time. Setting it again replaces address and credentials and
//! keeps its id, so that everything that was read through it stays. The secret leaves this file
//! only as a `SecretString`.

use almanac_model::id::{ConnectionId, TenantId};
use secrecy::{ExposeSecret, SecretString};

use crate::audit::{self, Audit};
use crate::db::{Row, Tx, args, write_tx};
use crate::error::StoreError;
use crate::keyring::{self, Keyring};
use crate::tenant::TenantStore;
use crate::tenant_key;

const COLUMNS: &str = "id, base_url, auth_url, psa_tenant, oauth_client_id, created_at, updated_at";

/// Address and credentials to keep.
#[derive(Debug)]
pub struct NewConnection {
    /// Where the PSA is.
    pub base_url: String,
    /// Where its tokens come from, when that cannot be asked of the PSA.
    pub auth_url: Option<String>,
    /// The PSA's own name for the tenant (Halo's `tenant` parameter), when it needs one.
    pub psa_tenant: Option<String>,
    /// OAuth's `client_id`.
    pub oauth_client_id: String,
    /// OAuth's `client_secret`; sealed before it reaches the database.
    pub client_secret: SecretString,
    /// Milliseconds UTC.
    pub at_ms: i64,
    /// Who did it, for the audit.
    pub actor: String,
}

/// A tenant's link to a PSA, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Unique within the tenant.
    pub id: ConnectionId,
    /// Where the PSA is.
    pub base_url: String,
    /// Where its tokens come from, when that was given.
    pub auth_url: Option<String>,
    /// The PSA's own name for the tenant, when it needs one.
    pub psa_tenant: Option<String>,
    /// OAuth's `client_id`.
    pub oauth_client_id: String,
    /// Milliseconds UTC.
    pub created_at: i64,
    /// When address or credentials were last set, in milliseconds UTC.
    pub updated_at: i64,
}

impl Connection {
    fn from_row(row: &Row) -> Result<Connection, StoreError> {
        Ok(Connection {
            id: row.connection_id(0)?,
            base_url: row.text(1)?,
            auth_url: row.text_opt(2)?,
            psa_tenant: row.text_opt(3)?,
            oauth_client_id: row.text(4)?,
            created_at: row.int(5)?,
            updated_at: row.int(6)?,
        })
    }
}

impl TenantStore {
    /// Stores address and credentials: of the active connection when there is one, else of a new
    /// one. Writes the audit entry in the same transaction.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    #[tracing::instrument(name = "store.connection_set", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn connection_set(&self, new: NewConnection) -> Result<Connection, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| set(tx, keyring, self.id, &new).await?)
    }

    /// The active connection.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.connection_active", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn connection_active(&self) -> Result<Option<Connection>, StoreError> {
        active(&mut self.read().await?, self.id).await
    }

    /// The OAuth client secret of a connection; `None` when there is no such connection.
    ///
    /// # Errors
    /// `Key` when the key file lacks the key that sealed it.
    #[tracing::instrument(name = "store.connection_secret", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn connection_secret(
        &self,
        id: ConnectionId,
    ) -> Result<Option<SecretString>, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT client_secret FROM connection WHERE tenant_id = $1 AND id = $2";
        let Some(row) = tx.one("connection", sql, args![self.id, id]).await? else {
            return Ok(None);
        };
        let sealed = row.bytes(0)?;
        let key_id = keyring::sealed_by(&sealed).ok_or_else(|| row.corrupt(0))?;
        let data = tenant_key::data_key(&mut tx, &self.shared.keyring, self.id, key_id).await?;
        let plain = keyring::open(&data.key, &place(self.id, id), &sealed);
        let plain = plain
            .ok_or_else(|| StoreError::corrupt("connection", "client_secret", id.to_string()))?;
        let text = std::str::from_utf8(&plain)
            .map_err(|_| StoreError::corrupt("connection", "client_secret", id.to_string()))?;
        Ok(Some(SecretString::from(text)))
    }
}

fn place(tenant: TenantId, id: ConnectionId) -> String {
    tenant_key::place(tenant, "connection", "client_secret", id.0)
}

async fn active(tx: &mut Tx, tenant: TenantId) -> Result<Option<Connection>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM connection WHERE tenant_id = $1 AND is_active");
    tx.one("connection", sql, args![tenant]).await?.as_ref().map(Connection::from_row).transpose()
}

async fn set(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    new: &NewConnection,
) -> Result<Connection, StoreError> {
    let before = active(tx, tenant).await?;
    let id = match &before {
        Some(connection) => connection.id,
        None => next_id(tx, tenant).await?,
    };
    let data = tenant_key::data_key_newest(tx, keyring, tenant, new.at_ms).await?;
    let secret = new.client_secret.expose_secret().as_bytes();
    let sealed = keyring::seal((data.id, &data.key), &place(tenant, id), secret)?;
    tx.exec(
        "INSERT INTO connection (tenant_id, id, base_url, auth_url, psa_tenant, oauth_client_id, \
         client_secret, is_active, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) \
         ON CONFLICT (tenant_id, id) DO UPDATE SET base_url = excluded.base_url, \
         auth_url = excluded.auth_url, psa_tenant = excluded.psa_tenant, \
         oauth_client_id = excluded.oauth_client_id, client_secret = excluded.client_secret, \
         updated_at = excluded.updated_at",
        args![
            tenant, id, &new.base_url, new.auth_url.as_deref(), new.psa_tenant.as_deref(),
            &new.oauth_client_id, sealed, true, new.at_ms
        ],
    )
    .await?;
    let is_new = before.is_none();
    let entry = Audit {
        at: new.at_ms,
        actor: new.actor.clone(),
        action: if is_new { "connection.create" } else { "connection.rotate" }.to_owned(),
        subject: format!("connection {id}"),
        detail: serde_json::json!({
            "base_url": new.base_url, "oauth_client_id": new.oauth_client_id,
        })
        .to_string(),
    };
    audit::append(tx, keyring, tenant, &entry).await?;
    Ok(Connection {
        id,
        base_url: new.base_url.clone(),
        auth_url: new.auth_url.clone(),
        psa_tenant: new.psa_tenant.clone(),
        oauth_client_id: new.oauth_client_id.clone(),
        created_at: before.map_or(new.at_ms, |connection| connection.created_at),
        updated_at: new.at_ms,
    })
}

async fn next_id(tx: &mut Tx, tenant: TenantId) -> Result<ConnectionId, StoreError> {
    let sql = "SELECT coalesce(max(id), 0) FROM connection WHERE tenant_id = $1";
    let row = tx.one("connection", sql, args![tenant]).await?;
    Ok(ConnectionId(row.map_or(Ok(0), |row| row.int(0))? + 1))
}
