//! One budget of calls for each connection, shared by every process on this database.
//!
//! The rules are `model::call_budget`'s; here a budget is locked, asked and stored in one
//! transaction, so that two processes never spend the same call. A state that is not readable is
//! begun anew: the PSA's own refusals teach it again.

use almanac_model::call_budget::{CallAsk, CallBudget, CallTold, CallTurn};
use almanac_model::id::ConnectionId;

use crate::db::{Tx, args, write_tx};
use crate::error::StoreError;
use crate::tenant::TenantStore;

impl TenantStore {
    /// Grants calls of a connection, or tells how long to wait. `now_ms` is UTC.
    ///
    /// # Errors
    /// When the database fails; then nothing was granted.
    #[tracing::instrument(name = "store.call_budget_take", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn call_budget_take(
        &self,
        connection: ConnectionId,
        ask: &CallAsk,
        now_ms: i64,
    ) -> Result<CallTurn, StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            let mut budget = locked(self, tx, connection).await?;
            let turn = budget.take(ask, now_ms);
            keep(self, tx, connection, &budget).await?;
            turn
        })
    }

    /// Notes a refusal or how a probe went; false when the patience with refusals has ended.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.call_budget_tell", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn call_budget_tell(
        &self,
        connection: ConnectionId,
        told: CallTold,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            let mut budget = locked(self, tx, connection).await?;
            let is_patient = budget.tell(told, now_ms);
            keep(self, tx, connection, &budget).await?;
            is_patient
        })
    }

    /// The budget as it was last stored, for people.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.call_budget", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn call_budget(&self, connection: ConnectionId) -> Result<CallBudget, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT state FROM call_budget WHERE tenant_id = $1 AND connection_id = $2";
        let row = tx.one("call_budget", sql, args![self.id, connection]).await?;
        Ok(match row {
            Some(row) => read(&row.text(0)?),
            None => CallBudget::default(),
        })
    }
}

async fn locked(
    store: &TenantStore,
    tx: &mut Tx,
    connection: ConnectionId,
) -> Result<CallBudget, StoreError> {
    let lock = tx.for_update();
    let select =
        format!("SELECT state FROM call_budget WHERE tenant_id = $1 AND connection_id = $2{lock}");
    if let Some(row) = tx.one("call_budget", select.clone(), args![store.id, connection]).await? {
        return Ok(read(&row.text(0)?));
    }
    // The row exists before it is locked, so two first processes meet at the lock.
    tx.exec(
        "INSERT INTO call_budget (tenant_id, connection_id, state) VALUES ($1, $2, '{}') \
         ON CONFLICT (tenant_id, connection_id) DO NOTHING",
        args![store.id, connection],
    )
    .await?;
    let row = tx.one("call_budget", select, args![store.id, connection]).await?;
    Ok(match row {
        Some(row) => read(&row.text(0)?),
        None => CallBudget::default(),
    })
}

fn read(state: &str) -> CallBudget {
    serde_json::from_str(state).unwrap_or_default()
}

async fn keep(
    store: &TenantStore,
    tx: &mut Tx,
    connection: ConnectionId,
    budget: &CallBudget,
) -> Result<(), StoreError> {
    let state = serde_json::to_string(budget).expect("numbers and lists can be written");
    let sql = "UPDATE call_budget SET state = $3 WHERE tenant_id = $1 AND connection_id = $2";
    tx.exec(sql, args![store.id, connection, state]).await.map(drop)
}
