//! A tenant's data keys: each wrapped by a master key, each sealing the tenant's secrets.
//!
//! Rotation of the master key wraps them anew and touches no secret. When the master key of the
//! newest data key is lost, the next secret gets a new data key, so that entering a secret again
//! is always possible.

use almanac_model::id::TenantId;
use zeroize::Zeroizing;

use crate::db::{Row, Scope, Tx, args, write_tx};
use crate::error::StoreError;
use crate::keyring::{self, KeyBytes, Keyring};
use crate::store::Store;

/// A tenant's key in the clear.
pub(crate) struct DataKey {
    pub(crate) id: u32,
    pub(crate) key: KeyBytes,
}

/// What a sealed value's additional data says.
pub(crate) fn place(tenant: TenantId, table: &str, column: &str, id: i64) -> String {
    format!("{tenant}|{table}|{column}|{id}")
}

/// The data key `id`.
///
/// # Errors
/// `Key` when there is none or the key file cannot unwrap it.
pub(crate) async fn data_key(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    id: u32,
) -> Result<DataKey, StoreError> {
    let row = tx
        .one(
            "tenant_key",
            "SELECT id, wrapped FROM tenant_key WHERE tenant_id = $1 AND id = $2",
            args![tenant, id],
        )
        .await?;
    let row = row.ok_or_else(|| StoreError::Key(format!("tenant {tenant} has no key {id}")))?;
    unwrap_row(keyring, tenant, &row)
}

/// The key for a new secret: the newest, or a fresh one when that cannot be unwrapped.
pub(crate) async fn data_key_newest(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    at_ms: i64,
) -> Result<DataKey, StoreError> {
    let row = tx
        .one(
            "tenant_key",
            "SELECT id, wrapped FROM tenant_key WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1",
            args![tenant],
        )
        .await?;
    let mut id = 1;
    if let Some(row) = row {
        match unwrap_row(keyring, tenant, &row) {
            Err(StoreError::Key(_)) => id = key_id(&row, 0)? + 1,
            found => return found,
        }
    }
    let fresh = DataKey { id, key: keyring::random_key()? };
    let wrapped = wrap(keyring, tenant, &fresh)?;
    tx.exec(
        "INSERT INTO tenant_key (tenant_id, id, wrapped, created_at) VALUES ($1, $2, $3, $4)",
        args![tenant, id, wrapped, at_ms],
    )
    .await?;
    Ok(fresh)
}

fn wrap(keyring: &Keyring, tenant: TenantId, data: &DataKey) -> Result<Vec<u8>, StoreError> {
    let place = place(tenant, "tenant_key", "wrapped", i64::from(data.id));
    let (master, key) = keyring.newest();
    keyring::seal((master, &key), &place, data.key.as_slice())
}

fn unwrap_row(keyring: &Keyring, tenant: TenantId, row: &Row) -> Result<DataKey, StoreError> {
    let (id, wrapped) = (key_id(row, 0)?, row.bytes(1)?);
    let master = keyring::sealed_by(&wrapped).ok_or_else(|| row.corrupt(1))?;
    let Some(key) = keyring.key(master) else {
        return Err(StoreError::Key(format!("it lacks key {master}, which tenant {tenant} needs")));
    };
    let place = place(tenant, "tenant_key", "wrapped", i64::from(id));
    let plain = keyring::open(&key, &place, &wrapped).ok_or_else(|| {
        StoreError::Key(format!("its key {master} is not the one that tenant {tenant} needs"))
    })?;
    let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| row.corrupt(1))?;
    Ok(DataKey { id, key: Zeroizing::new(key) })
}

pub(crate) fn key_id(row: &Row, at: usize) -> Result<u32, StoreError> {
    u32::try_from(row.int(at)?).map_err(|_| row.corrupt(at))
}

impl Store {
    /// Wraps every tenant's keys with the newest master key; returns how many were wrapped anew.
    /// May be repeated; all or nothing.
    ///
    /// # Errors
    /// `Key` when the key file lacks a key that is still in use.
    #[tracing::instrument(name = "store.rotate_keys", level = "debug", skip_all)]
    pub async fn rotate_keys(&self) -> Result<u64, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), Scope::Root, |tx| rotate(tx, keyring).await?)
    }
}

async fn rotate(tx: &mut Tx, keyring: &Keyring) -> Result<u64, StoreError> {
    let lock = tx.for_update();
    let sql = format!("SELECT id, wrapped, tenant_id FROM tenant_key ORDER BY tenant_id, id{lock}");
    let mut count = 0;
    for row in tx.rows("tenant_key", sql, args![]).await? {
        let (wrapped, tenant) = (row.bytes(1)?, row.tenant_id(2)?);
        if keyring::sealed_by(&wrapped) == Some(keyring.newest().0) {
            continue;
        }
        let data = unwrap_row(keyring, tenant, &row)?;
        let anew = wrap(keyring, tenant, &data)?;
        count += tx
            .exec(
                "UPDATE tenant_key SET wrapped = $3 WHERE tenant_id = $1 AND id = $2",
                args![tenant, data.id, anew],
            )
            .await?;
    }
    Ok(count)
}
