//! A tenant's link to its PSA, with the sealed credentials.
//!
//! One connection is active at a time. Setting it again replaces address and credentials and
//! keeps its id, so that everything that was read through it stays. Another PSA under the same id
//! would be compared with the records of the first, by ids that mean something else there. The
//! secret leaves this file only as a `SecretString`.

use almanac_model::id::{ConnectionId, TenantId};
use secrecy::{ExposeSecret, SecretString};

use crate::audit::{self, Audit};
use crate::db::{Row, Tx, args, write_tx};
use crate::error::StoreError;
use crate::keyring::{self, Keyring};
use crate::tenant::TenantStore;
use crate::tenant_key;

const COLUMNS: &str = "id, base_url, auth_url, psa_tenant, oauth_client_id, created_at, updated_at";

/// Who reads a secret, and when; for the audit.
#[derive(Debug, Clone, Copy)]
pub struct ReadBy<'a> {
    /// Who.
    pub actor: &'a str,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

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
    /// Whose it is.
    pub tenant: TenantId,
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
    fn from_row(row: &Row, tenant: TenantId) -> Result<Connection, StoreError> {
        Ok(Connection {
            tenant,
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
    /// one. Another address (or PSA's tenant) is taken to be the same PSA's: records stay, open
    /// scans begin anew, and whoever is reading the old address loses the lease. Writes the audit
    /// entry in the same transaction.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    #[tracing::instrument(name = "store.connection_set", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn connection_set(&self, new: NewConnection) -> Result<Connection, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| {
            let before = active(tx, self.id).await?;
            set(tx, keyring, self.id, &new, before).await?
        })
    }

    /// As [`TenantStore::connection_set`], for who does not know whether another address is the
    /// same PSA's.
    ///
    /// # Errors
    /// `OtherPsa` when address or PSA's tenant are not those that the records were read from, and
    /// there are records; else when the database fails. Nothing changed then.
    #[tracing::instrument(name = "store.connection_set_same", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn connection_set_same(&self, new: NewConnection) -> Result<Connection, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| {
            let before = active(tx, self.id).await?;
            if let Some(before) = before.as_ref().filter(|before| is_elsewhere(before, &new))
                && has_records(tx, self.id, before.id).await?
            {
                Err(StoreError::OtherPsa { kept: place_of(before) })?;
            }
            set(tx, keyring, self.id, &new, before).await?
        })
    }

    /// The active connection.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.connection_active", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn connection_active(&self) -> Result<Option<Connection>, StoreError> {
        active(&mut self.read().await?, self.id).await
    }

    /// The OAuth client secret of a connection; `None` when there is no such connection. That it
    /// was read, and by whom, is written to the audit in the same transaction.
    ///
    /// # Errors
    /// `Key` when the key file lacks the key that sealed it.
    #[tracing::instrument(name = "store.connection_secret", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn connection_secret(
        &self,
        id: ConnectionId,
        by: ReadBy<'_>,
    ) -> Result<Option<SecretString>, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| secret(tx, keyring, self.id, id, by).await?)
    }
}

/// Unseals the secret and writes down who read it.
async fn secret(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    id: ConnectionId,
    by: ReadBy<'_>,
) -> Result<Option<SecretString>, StoreError> {
    let sql = "SELECT client_secret FROM connection WHERE tenant_id = $1 AND id = $2";
    let Some(row) = tx.one("connection", sql, args![tenant, id]).await? else {
        return Ok(None);
    };
    let corrupt = || StoreError::corrupt("connection", "client_secret", id.to_string());
    let sealed = row.bytes(0)?;
    let key_id = keyring::sealed_by(&sealed).ok_or_else(|| row.corrupt(0))?;
    let data = tenant_key::data_key(tx, keyring, tenant, key_id).await?;
    let plain = keyring::open(&data.key, &place(tenant, id), &sealed).ok_or_else(corrupt)?;
    let text = std::str::from_utf8(&plain).map_err(|_| corrupt())?;
    let entry = Audit {
        at: by.at_ms,
        actor: by.actor.to_owned(),
        action: "connection.secret_read".to_owned(),
        subject: format!("connection {id}"),
        detail: "{}".to_owned(),
    };
    audit::append(tx, keyring, tenant, &entry).await?;
    Ok(Some(SecretString::from(text)))
}

fn place(tenant: TenantId, id: ConnectionId) -> String {
    tenant_key::place(tenant, "connection", "client_secret", id.0)
}

async fn active(tx: &mut Tx, tenant: TenantId) -> Result<Option<Connection>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM connection WHERE tenant_id = $1 AND is_active");
    let row = tx.one("connection", sql, args![tenant]).await?;
    row.as_ref().map(|row| Connection::from_row(row, tenant)).transpose()
}

fn is_elsewhere(before: &Connection, new: &NewConnection) -> bool {
    before.base_url != new.base_url || before.psa_tenant != new.psa_tenant
}

fn place_of(connection: &Connection) -> String {
    match &connection.psa_tenant {
        Some(tenant) => format!("{} (tenant {tenant})", connection.base_url),
        None => connection.base_url.clone(),
    }
}

async fn has_records(tx: &mut Tx, tenant: TenantId, id: ConnectionId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM record WHERE tenant_id = $1 AND connection_id = $2 LIMIT 1";
    Ok(tx.one("record", sql, args![tenant, id]).await?.is_some())
}

/// Forgets open scans, whose pages are another place's, and how far streams were read by what
/// changed there; fences off whoever is reading them.
async fn begin_anew(tx: &mut Tx, tenant: TenantId, id: ConnectionId) -> Result<(), StoreError> {
    let sql = "UPDATE lease SET owner = '', until = 0, token = token + 1 WHERE tenant_id = $1";
    tx.exec(sql, args![tenant]).await?;
    let sql = "DELETE FROM seen_chunk WHERE tenant_id = $1 AND connection_id = $2";
    tx.exec(sql, args![tenant, id]).await?;
    let sql = "DELETE FROM child_read WHERE tenant_id = $1 AND connection_id = $2";
    tx.exec(sql, args![tenant, id]).await?;
    let sql = "UPDATE stream_state SET scan_generation = NULL, scan_state = NULL, \
               read_up_to = NULL, filter_works = NULL, filter_tried_at = NULL \
               WHERE tenant_id = $1 AND connection_id = $2";
    tx.exec(sql, args![tenant, id]).await.map(drop)
}

async fn set(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    new: &NewConnection,
    before: Option<Connection>,
) -> Result<Connection, StoreError> {
    let id = match &before {
        Some(connection) => connection.id,
        None => next_id(tx, tenant).await?,
    };
    let is_moved = before.as_ref().is_some_and(|before| is_elsewhere(before, new));
    if is_moved {
        begin_anew(tx, tenant, id).await?;
    }
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
        action: match (is_new, is_moved) {
            (true, _) => "connection.create",
            (false, true) => "connection.move",
            (false, false) => "connection.rotate",
        }
        .to_owned(),
        subject: format!("connection {id}"),
        detail: serde_json::json!({
            "base_url": new.base_url, "oauth_client_id": new.oauth_client_id,
        })
        .to_string(),
    };
    audit::append(tx, keyring, tenant, &entry).await?;
    Ok(Connection {
        tenant,
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
