//! Plans of writes as they stand, with how many of their writes stand where.

use almanac_model::author::Author;
use almanac_model::id::{ConnectionId, TenantId};
use almanac_model::write::{WriteFeature, WriteState};
use uuid::Uuid;

use crate::db::{Arg, Row, Tx, args};
use crate::error::StoreError;
use crate::outbox::{self, OutboxEntry};
use crate::tenant::TenantStore;

/// How many of a plan's writes stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteCount {
    /// Where.
    pub state: WriteState,
    /// How many.
    pub count: u64,
}

/// A plan as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WritePlan {
    /// Its id.
    pub id: Uuid,
    /// Whose PSA.
    pub connection: ConnectionId,
    /// What is written.
    pub feature: WriteFeature,
    /// The plan that this one takes back.
    pub undo_of: Option<Uuid>,
    /// Whether everything but the sending is done.
    pub is_rehearsal: bool,
    /// Who planned it.
    pub by: Author,
    /// When, in milliseconds UTC.
    pub at_ms: i64,
    /// Who approved it, and when in milliseconds UTC.
    pub approved: Option<(Author, i64)>,
    /// Its writes by where they stand; states without a write are left out.
    pub counts: Vec<WriteCount>,
}

impl WritePlan {
    fn from_row(row: &Row) -> Result<WritePlan, StoreError> {
        let author = |at: usize, text: &str| -> Result<Author, StoreError> {
            serde_json::from_str(text).map_err(|_| row.corrupt(at))
        };
        let approver = row.text_opt(6)?.map(|text| author(6, &text)).transpose()?;
        Ok(WritePlan {
            id: row.uuid(0)?,
            connection: ConnectionId(row.int(8)?),
            feature: row.text(1)?.parse().map_err(|_| row.corrupt(1))?,
            undo_of: row.uuid_opt(2)?,
            is_rehearsal: row.bool(3)?,
            by: author(4, &row.text(4)?)?,
            at_ms: row.int(5)?,
            approved: approver.zip(row.int_opt(7)?),
            counts: Vec::new(),
        })
    }

    /// Whether every write of it was given up.
    pub fn is_given_up(&self) -> bool {
        self.count(WriteState::Discarded) == self.len()
    }

    /// How many writes stand there.
    pub fn count(&self, state: WriteState) -> u64 {
        self.counts.iter().filter(|of| of.state == state).map(|of| of.count).sum()
    }

    /// How many writes it has.
    pub fn len(&self) -> u64 {
        self.counts.iter().map(|of| of.count).sum()
    }

    /// Whether it has no write.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many writes wait for a person.
    pub fn wedged(&self) -> u64 {
        self.counts.iter().filter(|of| of.state.is_wedged()).map(|of| of.count).sum()
    }

    /// Whether some write has not come to an end.
    pub fn is_under_way(&self) -> bool {
        self.counts.iter().any(|of| of.state.is_under_way())
    }
}

impl TenantStore {
    /// A connection's plans from the newest back, those made before the plan `before` only; none
    /// where there is no such plan.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.write_plan_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_plan_list(
        &self,
        connection: ConnectionId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<WritePlan>, StoreError> {
        let mut tx = self.read().await?;
        let Some(before) = before else {
            let which = "connection_id = $2 ORDER BY at DESC, id DESC LIMIT $3";
            return plans(&mut tx, which, args![self.id, connection, limit]).await;
        };
        let which = "connection_id = $2 AND (at, id) < (SELECT at, id FROM write_plan \
                     WHERE tenant_id = $1 AND id = $3) ORDER BY at DESC, id DESC LIMIT $4";
        plans(&mut tx, which, args![self.id, connection, before, limit]).await
    }

    /// One plan of a connection.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.write_plan_head", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_plan_head(
        &self,
        connection: ConnectionId,
        id: Uuid,
    ) -> Result<Option<WritePlan>, StoreError> {
        head(&mut self.read().await?, self.id, connection, id).await
    }

    /// One plan of a connection with its writes in their order.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.write_plan_by_id", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_plan_by_id(
        &self,
        connection: ConnectionId,
        id: Uuid,
    ) -> Result<Option<(WritePlan, Vec<OutboxEntry>)>, StoreError> {
        let mut tx = self.read().await?;
        let Some(plan) = head(&mut tx, self.id, connection, id).await? else { return Ok(None) };
        let entries = outbox::of_plan(&mut tx, self.id, id).await?;
        Ok(Some((plan, entries)))
    }

    /// The newest plan that takes this one back, unless it was given up.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.write_plan_taking_back", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_plan_taking_back(
        &self,
        connection: ConnectionId,
        id: Uuid,
    ) -> Result<Option<WritePlan>, StoreError> {
        let which = "connection_id = $2 AND undo_of = $3";
        let found = plans(&mut self.read().await?, which, args![self.id, connection, id]).await?;
        Ok(found.into_iter().find(|plan| !plan.is_given_up()))
    }
}

/// A plan, whichever connection it is of; `lock` is what the engine calls a row's lock.
pub(crate) async fn one(
    tx: &mut Tx,
    tenant: TenantId,
    id: Uuid,
    lock: &'static str,
) -> Result<Option<WritePlan>, StoreError> {
    let found = plans(tx, &format!("id = $2{lock}"), args![tenant, id]).await?;
    Ok(found.into_iter().next())
}

async fn head(
    tx: &mut Tx,
    tenant: TenantId,
    connection: ConnectionId,
    id: Uuid,
) -> Result<Option<WritePlan>, StoreError> {
    Ok(one(tx, tenant, id, "").await?.filter(|plan| plan.connection == connection))
}

/// The plans of a tenant (`$1`) that `which` names, from the newest back.
async fn plans(tx: &mut Tx, which: &str, args: Vec<Arg<'_>>) -> Result<Vec<WritePlan>, StoreError> {
    let sql = format!(
        "WITH p AS (SELECT id, feature, undo_of, is_rehearsal, author, at, approver, approved_at, \
         connection_id FROM write_plan WHERE tenant_id = $1 AND {which}), \
         o AS (SELECT plan_id, state, COUNT(*) AS writes FROM outbox WHERE tenant_id = $1 \
         AND plan_id IN (SELECT id FROM p) GROUP BY plan_id, state) \
         SELECT p.id, p.feature, p.undo_of, p.is_rehearsal, p.author, p.at, p.approver, \
         p.approved_at, p.connection_id, o.state, o.writes \
         FROM p LEFT JOIN o ON o.plan_id = p.id ORDER BY p.at DESC, p.id DESC, o.state"
    );
    let mut plans: Vec<WritePlan> = Vec::new();
    for row in tx.rows("write_plan", sql, args).await? {
        let id = row.uuid(0)?;
        if plans.last().is_none_or(|last| last.id != id) {
            plans.push(WritePlan::from_row(&row)?);
        }
        let (Some(plan), Some(state)) = (plans.last_mut(), row.text_opt(9)?) else { continue };
        plan.counts.push(WriteCount {
            state: state.parse().map_err(|_| row.corrupt(9))?,
            count: u64::try_from(row.int(10)?).map_err(|_| row.corrupt(10))?,
        });
    }
    Ok(plans)
}
