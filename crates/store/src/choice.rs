//! What people decided about one asset: class, acceptance, a grade by hand, padlocks.
//!
//! Kept apart from the projection, which a sync writes anew. An edit names the version that its
//! editor saw and merges by field; the rules of that are in `model::choice`. Choice, number of
//! the change, history and audit are one transaction.

use std::collections::BTreeMap;

use almanac_model::author::Author;
use almanac_model::choice::{AssetChoice, AssetEdit, ChoiceField, Touch};
use almanac_model::class::ClassId;
use almanac_model::fact::{FactValue, Facts};
use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use almanac_model::lock::Locks;
use almanac_model::verdict::AssetChoices;
use uuid::Uuid;

use crate::audit::{self, Audit};
use crate::change::next_change;
use crate::db::{Row, Tx, args, write_tx};
use crate::error::StoreError;
use crate::fact_change;
use crate::keyring::Keyring;
use crate::tenant::TenantStore;

const COLUMNS: &str = "remote_id, class, kept, manual, locks, touched, version, change_seq";

/// What people decided about one asset, with the number of the change that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetChoiceRow {
    /// The asset.
    pub remote_id: RemoteId,
    /// The decisions, locks, and who changed each last.
    pub choice: AssetChoice,
    /// The tenant's change that wrote it; 0 for one that was never written.
    pub change_seq: i64,
}

/// An edit of one asset.
#[derive(Debug, Clone)]
pub struct ChangeAsset<'a> {
    /// Whose asset.
    pub connection: ConnectionId,
    /// Which asset.
    pub remote_id: &'a RemoteId,
    /// The version that the editor saw; 0 for an asset that nobody had decided about.
    pub expected_version: i64,
    /// What is decided.
    pub edit: &'a AssetEdit,
    /// Who decides.
    pub by: &'a Author,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// Why an edit was not carried out; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditRefused {
    /// There is no such asset, or the PSA no longer has it.
    NoSuchAsset,
    /// Somebody changed the same field since the version that the editor saw.
    Conflict(Box<EditConflict>),
}

/// What an editor needs to decide again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditConflict {
    /// What both changed.
    pub field: ChoiceField,
    /// What applies now, as a person reads it; `None` is nothing.
    pub present: Option<String>,
    /// Who changed it, and when.
    pub touch: Touch,
    /// Everything as it is now; its version is the one to expect next.
    pub choice: AssetChoice,
}

impl AssetChoiceRow {
    fn from_row(row: &Row) -> Result<AssetChoiceRow, StoreError> {
        let class = row.int_opt(1)?.map(u32::try_from).transpose().map_err(|_| row.corrupt(1))?;
        Ok(AssetChoiceRow {
            remote_id: row.remote_id(0)?,
            choice: AssetChoice {
                choices: AssetChoices {
                    class: class.map(ClassId),
                    kept: json_opt(row, 2)?,
                    manual: json_opt(row, 3)?,
                },
                locks: json::<Locks>(row, 4)?,
                touched: json::<BTreeMap<ChoiceField, Touch>>(row, 5)?,
                version: row.int(6)?,
            },
            change_seq: row.int(7)?,
        })
    }
}

impl TenantStore {
    /// What people decided about one asset; `None` where nobody did.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.asset_choice", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn asset_choice(
        &self,
        connection: ConnectionId,
        remote_id: &RemoteId,
    ) -> Result<Option<AssetChoiceRow>, StoreError> {
        load(&mut self.read().await?, self.id, connection, remote_id, "").await
    }

    /// Choices that were changed after the number `after`, in that order. With 0 all of them. Of
    /// a full page ask again with the last row's number: one change writes one row.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.asset_choices_after", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn asset_choices_after(
        &self,
        connection: ConnectionId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AssetChoiceRow>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM asset_choice WHERE tenant_id = $1 AND connection_id = $2 \
             AND change_seq > $3 ORDER BY change_seq LIMIT $4"
        );
        let rows = tx.rows("asset_choice", sql, args![self.id, connection, after, limit]).await?;
        rows.iter().map(AssetChoiceRow::from_row).collect()
    }

    /// Carries one edit out and gives what applies then. What applied already changes nothing, so
    /// an edit may be sent twice.
    ///
    /// # Errors
    /// `Invalid` for an edit that makes no sense (see `AssetEdit::check`), or when the database
    /// fails; nothing changed then.
    #[tracing::instrument(name = "store.asset_choice_change", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn asset_choice_change(
        &self,
        change: &ChangeAsset<'_>,
    ) -> Result<Result<AssetChoiceRow, EditRefused>, StoreError> {
        change.edit.check().map_err(|problem| StoreError::Invalid(problem.to_string()))?;
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| carry_out(tx, keyring, self.id, change).await?)
    }
}

async fn carry_out(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    change: &ChangeAsset<'_>,
) -> Result<Result<AssetChoiceRow, EditRefused>, StoreError> {
    let Some(facts) = live_facts(tx, tenant, change.connection, change.remote_id).await? else {
        return Ok(Err(EditRefused::NoSuchAsset));
    };
    Ok(match lock(tx, tenant, change, facts).await? {
        Ok(locked) => Ok(write(tx, keyring, tenant, change, locked, None).await?.row),
        Err(refused) => Err(refused),
    })
}

/// An asset's choices, locked for the edit that is about to be written.
pub(crate) struct LockedChoice {
    row: AssetChoiceRow,
    facts: Facts,
}

/// What an edit did.
pub(crate) struct WrittenChoice {
    /// What applies now.
    pub(crate) row: AssetChoiceRow,
    /// The edit that takes it back; `None` where it applied already and nothing was written.
    pub(crate) before: Option<AssetEdit>,
}

/// Locks an asset's choices, unless somebody changed the same field since.
pub(crate) async fn lock(
    tx: &mut Tx,
    tenant: TenantId,
    change: &ChangeAsset<'_>,
    facts: Facts,
) -> Result<Result<LockedChoice, EditRefused>, StoreError> {
    let row = lock_row(tx, change, tenant).await?;
    let Some(touch) = row.choice.conflict(change.edit, change.expected_version) else {
        return Ok(Ok(LockedChoice { row, facts }));
    };
    let field = change.edit.field();
    Ok(Err(EditRefused::Conflict(Box::new(EditConflict {
        field,
        present: row.choice.shown(field),
        touch: touch.clone(),
        choice: row.choice,
    }))))
}

/// Writes an edit with its number, history and audit; `bulk` is the bulk edit that it is part of.
pub(crate) async fn write(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    change: &ChangeAsset<'_>,
    locked: LockedChoice,
    bulk: Option<Uuid>,
) -> Result<WrittenChoice, StoreError> {
    let ChangeAsset { connection, remote_id, edit, by, at_ms, .. } = *change;
    let LockedChoice { mut row, facts } = locked;
    let psa = psa_value(&facts, edit.field());
    let before = row.choice.inverse(edit);
    let Some(changed) = row.choice.apply(edit, by, at_ms, psa) else {
        return Ok(WrittenChoice { row, before: None });
    };
    row.change_seq = next_change(tx, tenant).await?;
    update(tx, tenant, change, &row).await?;
    let place = fact_change::Place { tenant, connection, at_ms };
    fact_change::note_choice(tx, place, remote_id, edit, &changed, by).await?;
    let mut detail = serde_json::json!({
        "user": by.user, "connection": connection, "field": changed.field,
        "before": changed.before, "after": changed.after, "reason": changed.reason,
    });
    if let Some(bulk) = bulk {
        detail["bulk"] = bulk.to_string().into();
    }
    let entry = Audit {
        at: at_ms,
        actor: by.name.clone(),
        action: edit.action().to_owned(),
        subject: format!("asset {remote_id}"),
        detail: detail.to_string(),
    };
    audit::append(tx, keyring, tenant, &entry).await?;
    Ok(WrittenChoice { row, before: Some(before) })
}

/// The facts of an asset that the PSA still has.
pub(crate) async fn live_facts(
    tx: &mut Tx,
    tenant: TenantId,
    connection: ConnectionId,
    remote_id: &RemoteId,
) -> Result<Option<Facts>, StoreError> {
    let sql = "SELECT remote_id, facts FROM asset WHERE tenant_id = $1 AND connection_id = $2 \
               AND remote_id = $3 AND deleted_at IS NULL";
    let Some(row) = tx.one("asset", sql, args![tenant, connection, remote_id]).await? else {
        return Ok(None);
    };
    Ok(Some(json_opt(&row, 1)?.unwrap_or_default()))
}

/// What the PSA says of the field, where it is a target's.
fn psa_value(facts: &Facts, field: ChoiceField) -> Option<&FactValue> {
    match field {
        ChoiceField::Fact(target) => facts.get(target).map(|fact| &fact.value),
        ChoiceField::Manual | ChoiceField::Kept | ChoiceField::Class => None,
    }
}

/// The asset's row, made where there is none, and locked: of two editors one waits for the other.
async fn lock_row(
    tx: &mut Tx,
    change: &ChangeAsset<'_>,
    tenant: TenantId,
) -> Result<AssetChoiceRow, StoreError> {
    let ChangeAsset { connection, remote_id, by, at_ms, .. } = *change;
    tx.exec(
        "INSERT INTO asset_choice (tenant_id, connection_id, remote_id, locks, touched, version, \
         change_seq, updated_at, updated_by) VALUES ($1, $2, $3, '{}', '{}', 0, 0, $4, $5) \
         ON CONFLICT (tenant_id, connection_id, remote_id) DO NOTHING",
        args![tenant, connection, remote_id, at_ms, to_json(by)],
    )
    .await?;
    let lock = tx.for_update();
    let row = load(tx, tenant, connection, remote_id, lock).await?;
    row.ok_or_else(|| StoreError::corrupt("asset_choice", "version", remote_id.as_str()))
}

async fn load(
    tx: &mut Tx,
    tenant: TenantId,
    connection: ConnectionId,
    remote_id: &RemoteId,
    lock: &'static str,
) -> Result<Option<AssetChoiceRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM asset_choice WHERE tenant_id = $1 AND connection_id = $2 \
         AND remote_id = $3{lock}"
    );
    let row = tx.one("asset_choice", sql, args![tenant, connection, remote_id]).await?;
    row.as_ref().map(AssetChoiceRow::from_row).transpose()
}

async fn update(
    tx: &mut Tx,
    tenant: TenantId,
    change: &ChangeAsset<'_>,
    row: &AssetChoiceRow,
) -> Result<(), StoreError> {
    let AssetChoice { choices, locks, touched, version } = &row.choice;
    tx.exec(
        "UPDATE asset_choice SET class = $4, kept = $5, manual = $6, locks = $7, touched = $8, \
         version = $9, change_seq = $10, updated_at = $11, updated_by = $12 \
         WHERE tenant_id = $1 AND connection_id = $2 AND remote_id = $3",
        args![
            tenant,
            change.connection,
            change.remote_id,
            choices.class.map(|class| i64::from(class.0)),
            choices.kept.as_ref().map(to_json),
            choices.manual.as_ref().map(to_json),
            to_json(locks),
            to_json(touched),
            *version,
            row.change_seq,
            change.at_ms,
            to_json(change.by)
        ],
    )
    .await
    .map(drop)
}

fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("model types are plain JSON")
}

fn json<T: serde::de::DeserializeOwned>(row: &Row, at: usize) -> Result<T, StoreError> {
    serde_json::from_str(&row.text(at)?).map_err(|_| row.corrupt(at))
}

fn json_opt<T: serde::de::DeserializeOwned>(row: &Row, at: usize) -> Result<Option<T>, StoreError> {
    let text = row.text_opt(at)?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| row.corrupt(at))).transpose()
}
