//! What may be written to a connection's PSA: off until a person switches it on, feature by feature.

use almanac_model::author::Author;
use almanac_model::id::ConnectionId;
use almanac_model::write::WriteFeature;

use crate::ask::{self, PUSH_WRITES};
use crate::audit::{self, Audit};
use crate::db::{Row, args, write_tx};
use crate::error::StoreError;
use crate::job::{self, NewJob};
use crate::tenant::TenantStore;

/// How a feature's plans are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteMode {
    /// Not at all.
    Off,
    /// Everything but the sending.
    Rehearsal,
    /// They are sent.
    On,
}

impl WriteMode {
    /// Every mode, the safest first.
    pub const ALL: [WriteMode; 3] = [WriteMode::Off, WriteMode::Rehearsal, WriteMode::On];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            WriteMode::Off => "off",
            WriteMode::Rehearsal => "rehearsal",
            WriteMode::On => "on",
        }
    }
}

/// How one feature is switched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteSwitch {
    /// Which.
    pub feature: WriteFeature,
    /// How.
    pub mode: WriteMode,
    /// Who switched it last, and when in milliseconds UTC; `None` where nobody ever did.
    pub by: Option<(Author, i64)>,
}

impl WriteSwitch {
    fn from_row(row: &Row) -> Result<WriteSwitch, StoreError> {
        let (feature, mode) = (row.text(0)?, row.text(1)?);
        let mode = WriteMode::ALL.into_iter().find(|known| known.name() == mode);
        let author = serde_json::from_str(&row.text(2)?).map_err(|_| row.corrupt(2))?;
        Ok(WriteSwitch {
            feature: feature.parse().map_err(|_| row.corrupt(0))?,
            mode: mode.ok_or_else(|| row.corrupt(1))?,
            by: Some((author, row.int(3)?)),
        })
    }
}

impl TenantStore {
    /// How each feature is switched, all of them, in their order.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.write_switch_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_switch_list(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<WriteSwitch>, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT feature, mode, author, at FROM write_switch \
                   WHERE tenant_id = $1 AND connection_id = $2";
        let rows = tx.rows("write_switch", sql, args![self.id, connection]).await?;
        let set = rows.iter().map(WriteSwitch::from_row).collect::<Result<Vec<_>, _>>()?;
        let of = |feature| {
            let found = set.iter().find(|switch| switch.feature == feature).cloned();
            found.unwrap_or(WriteSwitch { feature, mode: WriteMode::Off, by: None })
        };
        Ok(WriteFeature::ALL.into_iter().map(of).collect())
    }

    /// Switches a feature. What was approved before waits while it is off, is rehearsed while it is
    /// rehearsed, and goes on when it is switched on again.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.write_switch_set", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_switch_set(
        &self,
        connection: ConnectionId,
        feature: WriteFeature,
        mode: WriteMode,
        by: &Author,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let keyring = &self.shared.keyring;
        let author = serde_json::to_string(by).expect("an author is plain data");
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(
                "INSERT INTO write_switch (tenant_id, connection_id, feature, mode, author, at) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, connection_id, feature) \
                 DO UPDATE SET mode = excluded.mode, author = excluded.author, at = excluded.at",
                args![self.id, connection, feature.name(), mode.name(), &author, at_ms],
            )
            .await?;
            let waiting = "SELECT 1 FROM outbox WHERE tenant_id = $1 AND connection_id = $2 \
                           AND state IN ('queued', 'sending') LIMIT 1";
            let is_waiting = tx.one("outbox", waiting, args![self.id, connection]).await?.is_some();
            if is_waiting && mode != WriteMode::Off {
                let key = format!("{connection}:{feature}:{at_ms}");
                let new = NewJob { key, ..ask::for_person(PUSH_WRITES, connection, at_ms) };
                job::enqueue(tx, self.id, &new, None).await?;
            }
            let entry = Audit {
                at: at_ms,
                actor: by.name.clone(),
                action: "write.switch".to_owned(),
                subject: format!("connection {connection}"),
                detail: format!(r#"{{"feature":"{feature}","mode":"{}"}}"#, mode.name()),
            };
            audit::append(tx, keyring, self.id, &entry).await?;
        })
    }
}
