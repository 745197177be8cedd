//! One decision about many assets: all of it or none of it, and undone as a whole.
//!
//! Each asset is written as by an edit of its own, with number, history and audit. Every row is
//! locked, in the order of the ids, before the first number is taken: a single edit locks its row
//! first too, so nobody waits in a circle. The id is made by who shows the plan, so that a plan
//! that is sent twice is carried out once.

use std::collections::BTreeMap;

use almanac_model::author::Author;
use almanac_model::choice::AssetEdit;
use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::choice::{self, ChangeAsset, EditRefused, LockedChoice};
use crate::db::{Row, Tx, args, write_tx};
use crate::error::StoreError;
use crate::keyring::Keyring;
use crate::tenant::TenantStore;

/// One bulk edit is about at most so many assets: it holds the tenant's number of changes until it
/// is through, and others wait for that.
pub const BULK_ASSETS_MAX: usize = 500;

/// A bulk edit can be undone for 30 days, in milliseconds.
pub const BULK_UNDO_MS: i64 = 30 * 24 * 3_600_000;

const COLUMNS: &str = "id, connection_id, author, at, edit, changes, undone_at, undone_by";

/// One decision about many assets, to be carried out.
#[derive(Debug, Clone)]
pub struct NewBulkEdit<'a> {
    /// Its id: the same one twice is carried out once.
    pub id: Uuid,
    /// Whose assets.
    pub connection: ConnectionId,
    /// What is decided about each.
    pub edit: &'a AssetEdit,
    /// Each asset with the version of its choices that the editor saw; at most
    /// [`BULK_ASSETS_MAX`].
    pub assets: &'a BTreeMap<RemoteId, i64>,
    /// Who decides.
    pub by: &'a Author,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// A bulk edit that is to be taken back.
#[derive(Debug, Clone, Copy)]
pub struct UndoBulkEdit<'a> {
    /// Which.
    pub id: Uuid,
    /// Who takes it back.
    pub by: &'a Author,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// One asset that a bulk edit changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkChange {
    /// The asset.
    pub asset: RemoteId,
    /// The version of its choices that this made.
    pub version: i64,
    /// The edit that takes it back.
    pub before: AssetEdit,
}

/// A bulk edit that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkEdit {
    /// Its id.
    pub id: Uuid,
    /// Whose assets.
    pub connection: ConnectionId,
    /// Who decided.
    pub by: Author,
    /// When, in milliseconds UTC.
    pub at_ms: i64,
    /// What was decided about each.
    pub edit: AssetEdit,
    /// What changed, by asset; what applied already is not in it.
    pub changes: Vec<BulkChange>,
    /// When and by whom it was taken back.
    pub undone: Option<(i64, Author)>,
}

/// Why a bulk edit, or its undo, was not carried out; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkRefused {
    /// There is no such bulk edit.
    NoSuchEdit,
    /// It was made more than 30 days ago.
    TooLate,
    /// These assets are gone, or somebody changed the same of them since.
    Assets(Vec<(RemoteId, EditRefused)>),
}

impl BulkEdit {
    fn from_row(row: &Row) -> Result<BulkEdit, StoreError> {
        let undone_by = row.text_opt(7)?.map(|text| parsed(row, 7, &text)).transpose()?;
        Ok(BulkEdit {
            id: row.uuid(0)?,
            connection: ConnectionId(row.int(1)?),
            by: parsed(row, 2, &row.text(2)?)?,
            at_ms: row.int(3)?,
            edit: parsed(row, 4, &row.text(4)?)?,
            changes: parsed(row, 5, &row.text(5)?)?,
            undone: row.int_opt(6)?.zip(undone_by),
        })
    }
}

impl TenantStore {
    /// A bulk edit; `None` where there is none of this id.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.bulk_edit_by_id", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn bulk_edit_by_id(&self, id: Uuid) -> Result<Option<BulkEdit>, StoreError> {
        load(&mut self.read().await?, self.id, id, "").await
    }

    /// Carries one decision out about each asset, or about none. One that was carried out is given
    /// as it was then.
    ///
    /// # Errors
    /// `Invalid` for an edit that makes no sense, for no asset and for more than
    /// [`BULK_ASSETS_MAX`], or when the database fails; nothing changed then.
    #[tracing::instrument(name = "store.bulk_edit_apply", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn bulk_edit_apply(
        &self,
        new: &NewBulkEdit<'_>,
    ) -> Result<Result<BulkEdit, BulkRefused>, StoreError> {
        new.edit.check().map_err(|problem| StoreError::Invalid(problem.to_string()))?;
        if new.assets.is_empty() || new.assets.len() > BULK_ASSETS_MAX {
            let text = format!("a bulk edit is about 1 to {BULK_ASSETS_MAX} assets");
            return Err(StoreError::Invalid(text));
        }
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| apply(tx, keyring, self.id, new).await?)
    }

    /// Takes a bulk edit back, all of it or nothing. One that was taken back stays so.
    ///
    /// # Errors
    /// When the database fails; nothing changed then.
    #[tracing::instrument(name = "store.bulk_edit_undo", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn bulk_edit_undo(
        &self,
        undo: UndoBulkEdit<'_>,
    ) -> Result<Result<BulkEdit, BulkRefused>, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| take_back(tx, keyring, self.id, undo).await?)
    }
}

async fn apply(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    new: &NewBulkEdit<'_>,
) -> Result<Result<BulkEdit, BulkRefused>, StoreError> {
    // The id first: of two that are sent at once the second waits here for the first.
    if !insert(tx, tenant, new).await? {
        let done = load(tx, tenant, new.id, "").await?;
        return done.map(Ok).ok_or_else(|| corrupt(new.id));
    }
    let (mut locked, mut refused) = (Vec::new(), Vec::new());
    for (remote_id, expected_version) in new.assets {
        let change = change_of(new, remote_id, *expected_version);
        let facts = choice::live_facts(tx, tenant, new.connection, remote_id).await?;
        let lock = match facts {
            Some(facts) => choice::lock(tx, tenant, &change, facts).await?,
            None => Err(EditRefused::NoSuchAsset),
        };
        match lock {
            Ok(lock) => locked.push((change, lock)),
            Err(why) => refused.push((remote_id.clone(), why)),
        }
    }
    if !refused.is_empty() {
        let sql = "DELETE FROM bulk_edit WHERE tenant_id = $1 AND id = $2";
        tx.exec(sql, args![tenant, new.id]).await?;
        return Ok(Err(BulkRefused::Assets(refused)));
    }
    let changes = write_all(tx, keyring, tenant, new.id, locked).await?;
    let sql = "UPDATE bulk_edit SET changes = $3 WHERE tenant_id = $1 AND id = $2";
    tx.exec(sql, args![tenant, new.id, to_json(&changes)]).await?;
    Ok(Ok(BulkEdit {
        id: new.id,
        connection: new.connection,
        by: new.by.clone(),
        at_ms: new.at_ms,
        edit: new.edit.clone(),
        changes,
        undone: None,
    }))
}

async fn take_back(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    undo: UndoBulkEdit<'_>,
) -> Result<Result<BulkEdit, BulkRefused>, StoreError> {
    let for_update = tx.for_update();
    let Some(mut bulk) = load(tx, tenant, undo.id, for_update).await? else {
        return Ok(Err(BulkRefused::NoSuchEdit));
    };
    if bulk.undone.is_some() {
        return Ok(Ok(bulk));
    }
    if undo.at_ms.saturating_sub(bulk.at_ms) > BULK_UNDO_MS {
        return Ok(Err(BulkRefused::TooLate));
    }
    let (mut locked, mut refused) = (Vec::new(), Vec::new());
    for BulkChange { asset, version, before } in &bulk.changes {
        let change = ChangeAsset {
            connection: bulk.connection,
            remote_id: asset,
            expected_version: *version,
            edit: before,
            by: undo.by,
            at_ms: undo.at_ms,
        };
        // An asset that is gone is taken back too: it may come again.
        let facts = choice::live_facts(tx, tenant, bulk.connection, asset).await?;
        match choice::lock(tx, tenant, &change, facts.unwrap_or_default()).await? {
            Ok(lock) => locked.push((change, lock)),
            Err(why) => refused.push((asset.clone(), why)),
        }
    }
    if !refused.is_empty() {
        return Ok(Err(BulkRefused::Assets(refused)));
    }
    write_all(tx, keyring, tenant, undo.id, locked).await?;
    let sql =
        "UPDATE bulk_edit SET undone_at = $3, undone_by = $4 WHERE tenant_id = $1 AND id = $2";
    tx.exec(sql, args![tenant, undo.id, undo.at_ms, to_json(undo.by)]).await?;
    bulk.undone = Some((undo.at_ms, undo.by.clone()));
    Ok(Ok(bulk))
}

/// Writes what is locked; tells what changed.
async fn write_all(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    id: Uuid,
    locked: Vec<(ChangeAsset<'_>, LockedChoice)>,
) -> Result<Vec<BulkChange>, StoreError> {
    let mut changes = Vec::with_capacity(locked.len());
    for (change, lock) in locked {
        let written = choice::write(tx, keyring, tenant, &change, lock, Some(id)).await?;
        changes.extend(written.before.map(|before| BulkChange {
            asset: change.remote_id.clone(),
            version: written.row.choice.version,
            before,
        }));
    }
    Ok(changes)
}

fn change_of<'a>(
    new: &NewBulkEdit<'a>,
    remote_id: &'a RemoteId,
    expected_version: i64,
) -> ChangeAsset<'a> {
    let NewBulkEdit { connection, edit, by, at_ms, .. } = *new;
    ChangeAsset { connection, remote_id, expected_version, edit, by, at_ms }
}

/// Whether the id was free.
async fn insert(tx: &mut Tx, tenant: TenantId, new: &NewBulkEdit<'_>) -> Result<bool, StoreError> {
    let sql = "INSERT INTO bulk_edit (tenant_id, connection_id, id, author, at, edit, changes) \
               VALUES ($1, $2, $3, $4, $5, $6, '[]') ON CONFLICT (tenant_id, id) DO NOTHING";
    let NewBulkEdit { id, connection, edit, by, at_ms, .. } = *new;
    let args = args![tenant, connection, id, to_json(by), at_ms, to_json(edit)];
    Ok(tx.exec(sql, args).await? > 0)
}

async fn load(
    tx: &mut Tx,
    tenant: TenantId,
    id: Uuid,
    lock: &'static str,
) -> Result<Option<BulkEdit>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM bulk_edit WHERE tenant_id = $1 AND id = $2{lock}");
    let row = tx.one("bulk_edit", sql, args![tenant, id]).await?;
    row.as_ref().map(BulkEdit::from_row).transpose()
}

fn corrupt(id: Uuid) -> StoreError {
    StoreError::corrupt("bulk_edit", "id", id.to_string())
}

fn parsed<T: serde::de::DeserializeOwned>(
    row: &Row,
    at: usize,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| row.corrupt(at))
}

fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("model types are plain JSON")
}
