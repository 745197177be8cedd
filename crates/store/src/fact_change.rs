//! The history of an asset's values: what each was until when, and who or what changed it.
//!
//! A row is written in the transaction that changes the value, by a sync or by a person, and
//! never changed again. A record's first reading writes none: there was nothing before. A record that
//! is mapped again from its stored bytes writes what became another by that.

use almanac_model::asset::RemoteField;
use almanac_model::author::Author;
use almanac_model::choice::{AssetEdit, ChoiceChange, ChoiceField};
use almanac_model::fact_change::TargetChange;
use almanac_model::id::{ConnectionId, RemoteId, TenantId};

use crate::db::{Arg, Bulk, Row, Tx, args, bulk_upsert};
use crate::error::StoreError;
use crate::run::RunId;
use crate::tenant::TenantStore;
use crate::tenant_admin::new_uuid;

/// What changed a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeCause {
    /// The PSA's value became another.
    Psa {
        /// The sync that saw it.
        run: Option<RunId>,
    },
    /// The PSA's record is as before and read in another way: the chains or the mapper changed.
    Mapping {
        /// The sync that read it so.
        run: Option<RunId>,
    },
    /// A person set another value over the PSA's.
    Locked {
        /// Who.
        by: Author,
        /// In the person's words; may be empty.
        reason: String,
    },
    /// A person took a lock away: the PSA's value applies again.
    Unlocked {
        /// Who.
        by: Author,
    },
    /// A person decided: a grade, an acceptance, a class.
    Decided {
        /// Who.
        by: Author,
        /// In the person's words; may be empty.
        reason: String,
    },
    /// A person took a decision back.
    Cleared {
        /// Who.
        by: Author,
    },
}

/// One change of one value of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactChange {
    /// Of what.
    pub field: ChoiceField,
    /// Until when the old value applied, in milliseconds UTC.
    pub at: i64,
    /// Who or what changed it.
    pub cause: ChangeCause,
    /// What applied before, as a person reads it; `None` is nothing.
    pub old_value: Option<String>,
    /// The PSA's field that the old value came from, where it was the PSA's.
    pub old_source: Option<RemoteField>,
    /// What applied then.
    pub new_value: Option<String>,
}

impl FactChange {
    fn from_row(row: &Row) -> Result<FactChange, StoreError> {
        let author = || -> Result<Author, StoreError> {
            serde_json::from_str(&row.text(3)?).map_err(|_| row.corrupt(3))
        };
        let reason = || row.text_opt(4).map(Option::unwrap_or_default);
        let cause = match row.text(2)?.as_str() {
            "psa" => ChangeCause::Psa { run: row.uuid_opt(8)?.map(RunId) },
            "mapping" => ChangeCause::Mapping { run: row.uuid_opt(8)?.map(RunId) },
            "lock" => ChangeCause::Locked { by: author()?, reason: reason()? },
            "unlock" => ChangeCause::Unlocked { by: author()? },
            "decide" => ChangeCause::Decided { by: author()?, reason: reason()? },
            "clear" => ChangeCause::Cleared { by: author()? },
            _ => return Err(row.corrupt(2)),
        };
        let source = row.text_opt(6)?;
        let source = source.map(|text| serde_json::from_str(&text).map_err(|_| row.corrupt(6)));
        Ok(FactChange {
            field: row.text(0)?.parse().map_err(|_| row.corrupt(0))?,
            at: row.int(1)?,
            cause,
            old_value: row.text_opt(5)?,
            old_source: source.transpose()?,
            new_value: row.text_opt(7)?,
        })
    }
}

impl TenantStore {
    /// What an asset's values were, newest change first, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.fact_changes", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn fact_changes(
        &self,
        connection: ConnectionId,
        remote_id: &RemoteId,
        limit: u32,
    ) -> Result<Vec<FactChange>, StoreError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows(
                "fact_change",
                "SELECT field, at, cause, author, reason, old_value, old_source, new_value, run_id \
                 FROM fact_change WHERE tenant_id = $1 AND connection_id = $2 AND remote_id = $3 \
                 ORDER BY at DESC, id DESC, field LIMIT $4",
                args![self.id, connection, remote_id, limit],
            )
            .await?;
        rows.iter().map(FactChange::from_row).collect()
    }
}

/// Where and when something changed.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) tenant: TenantId,
    pub(crate) connection: ConnectionId,
    pub(crate) at_ms: i64,
}

/// Why a sync saw something to differ.
#[derive(Clone, Copy)]
pub(crate) enum ReadCause {
    /// The PSA sent another record.
    Psa,
    /// The same record was mapped again.
    Mapping,
}

/// Notes what a sync saw to differ.
pub(crate) async fn note_read(
    tx: &mut Tx,
    place: Place,
    (cause, run): (ReadCause, Option<RunId>),
    changes: &[(&RemoteId, &TargetChange)],
) -> Result<(), StoreError> {
    let rows: Vec<Vec<Arg<'_>>> = changes
        .iter()
        .map(|(remote_id, change)| {
            let source = change.before.as_ref().map(|fact| to_json(&fact.field));
            args![
                *remote_id,
                change.target.name(),
                change.before.as_ref().map(|fact| fact.value.to_string()),
                source,
                change.after.as_ref().map(ToString::to_string)
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let cause = match cause {
        ReadCause::Psa => "psa",
        ReadCause::Mapping => "mapping",
    };
    let bulk = Bulk {
        table: "fact_change",
        shared: vec![
            ("tenant_id", Arg::from(place.tenant)),
            ("connection_id", Arg::from(place.connection)),
            ("id", Arg::from(new_uuid(place.at_ms)?)),
            ("at", Arg::from(place.at_ms)),
            ("cause", Arg::from(cause)),
            ("run_id", Arg::Uuid(run.map(|run| run.0))),
        ],
        columns: &["remote_id", "field", "old_value", "old_source", "new_value"],
        tail: String::new(),
        rows,
    };
    bulk_upsert(tx, bulk).await.map(drop)
}

/// Notes what a person decided.
pub(crate) async fn note_choice(
    tx: &mut Tx,
    place: Place,
    remote_id: &RemoteId,
    edit: &AssetEdit,
    change: &ChoiceChange,
    by: &Author,
) -> Result<(), StoreError> {
    let cause = match edit {
        AssetEdit::Lock { .. } => "lock",
        AssetEdit::Unlock { .. } => "unlock",
        AssetEdit::Manual(_) | AssetEdit::Keep(_) | AssetEdit::Class(_) => "decide",
        AssetEdit::ClearManual | AssetEdit::ClearKeep | AssetEdit::ClearClass => "clear",
    };
    tx.exec(
        "INSERT INTO fact_change (tenant_id, connection_id, remote_id, id, field, at, cause, author, \
         reason, old_value, new_value) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            place.tenant,
            place.connection,
            remote_id,
            new_uuid(place.at_ms)?,
            change.field.name(),
            place.at_ms,
            cause,
            to_json(by),
            change.reason.as_str(),
            change.before.as_deref(),
            change.after.as_deref()
        ],
    )
    .await
    .map(drop)
}

fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("model types are plain JSON")
}
