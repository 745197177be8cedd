//! The job that carries an approved plan out: where it stands, and how a person sets it going again.

use almanac_model::author::Author;
use almanac_model::code::Code;
use almanac_model::id::ConnectionId;
use uuid::Uuid;

use crate::ask::PUSH_WRITES;
use crate::db::{Tx, args, write_tx};
use crate::error::StoreError;
use crate::job::{self, Job, JobState};
use crate::tenant::TenantStore;
use crate::write_plan::{audit_plan, push_job};
use crate::write_plan_read::one;

impl TenantStore {
    /// The latest job that carried this plan out, or does, or waits to; `None` before its approval
    /// and long after its end.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.write_plan_job", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_plan_job(&self, id: Uuid) -> Result<Option<Job>, StoreError> {
        latest(&mut self.read().await?, self, id).await
    }

    /// Whether the last write that the PSA judged was allowed, and when that was, in milliseconds
    /// UTC; `None` before the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.write_last_allowed", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_last_allowed(
        &self,
        connection: ConnectionId,
    ) -> Result<Option<(bool, i64)>, StoreError> {
        let sql = "SELECT state, settled_at FROM outbox WHERE tenant_id = $1 AND connection_id = $2 \
                   AND settled_at IS NOT NULL AND (state = 'applied' OR code = $3) \
                   ORDER BY settled_at DESC LIMIT 1";
        let args = args![self.id, connection, Code::WRITE_PRIVILEGE.code];
        let row = self.read().await?.one("outbox", sql, args).await?;
        row.map(|row| Ok((row.text(0)? == "applied", row.int(1)?))).transpose()
    }

    /// Goes on with a plan whose job stopped for a person, or waits to be tried again. Tells
    /// whether anything was left to go on with.
    ///
    /// # Errors
    /// When the database fails; nothing changed then.
    #[tracing::instrument(name = "store.write_plan_go_on", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_plan_go_on(
        &self,
        id: Uuid,
        by: &Author,
        at_ms: i64,
    ) -> Result<bool, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| {
            let plan = one(tx, self.id, id, "").await?;
            let plan = plan.filter(|plan| plan.approved.is_some() && plan.is_under_way());
            if let Some(plan) = &plan {
                match latest(tx, self, id).await? {
                    Some(job) if job.state == JobState::Running => {}
                    Some(job) if job.state == JobState::Queued => {
                        job::bring_forward(tx, self.id, job.id, at_ms).await?;
                    }
                    _ => {
                        let new = push_job(id, plan.connection, at_ms);
                        job::enqueue(tx, self.id, &new, None).await?;
                    }
                }
                let detail = format!(r#"{{"plan":"{id}"}}"#);
                audit_plan(tx, keyring, self.id, ("write.go_on", by, at_ms), detail).await?;
            }
            plan.is_some()
        })
    }
}

async fn latest(tx: &mut Tx, store: &TenantStore, id: Uuid) -> Result<Option<Job>, StoreError> {
    job::latest(tx, store.id, PUSH_WRITES, &id.to_string()).await
}
