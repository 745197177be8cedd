//! Plans of writes: shown, approved by a person, carried out through the outbox, taken back.
//!
//! A plan is a header and one outbox entry for each record. Approving is one transaction with the
//! job that carries it out, so an approved write can neither be lost nor sent twice by asking
//! twice. Taking back is a plan too, of the values that were read just before each write.

use almanac_model::author::Author;
use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use almanac_model::stream::Stream;
use almanac_model::write::{FieldWrite, WriteFeature, WriteState};
use uuid::Uuid;

use crate::ask::{self, PUSH_WRITES};
use crate::audit::{self, Audit};
use crate::db::{Tx, args, write_tx};
use crate::error::StoreError;
use crate::job::{self, NewJob};
use crate::outbox::{self, OutboxEntry};
use crate::tenant::TenantStore;
use crate::write_plan_read::{WritePlan, one};
use crate::write_switch::WriteMode;

/// A plan has at most so many writes, so that a person can look it through.
pub const WRITES_MAX: usize = 2_000;

/// An approved plan can be taken back for 30 days, in milliseconds.
pub const WRITE_UNDO_MS: i64 = 30 * 24 * 3_600_000;

/// With doubling delays this is a day without the PSA.
const ATTEMPTS_MAX: i64 = 50;

/// One record's write, planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWrite {
    /// The stream that the record is in.
    pub stream: Stream,
    /// The record.
    pub remote_id: RemoteId,
    /// What a person calls it.
    pub label: String,
    /// Its client.
    pub client: Option<RemoteId>,
    /// What is to be written; not empty.
    pub fields: Vec<FieldWrite>,
}

/// A plan to be shown.
#[derive(Debug, Clone)]
pub struct NewWritePlan<'a> {
    /// Its id, made by who shows the form: the same one twice is made once.
    pub id: Uuid,
    /// Whose PSA.
    pub connection: ConnectionId,
    /// What is written.
    pub feature: WriteFeature,
    /// The plan that this one takes back.
    pub undo_of: Option<Uuid>,
    /// The writes, in the order they are carried out in; 1 to [`WRITES_MAX`].
    pub writes: &'a [NewWrite],
    /// Who plans.
    pub by: &'a Author,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// A plan that a person approves.
#[derive(Debug, Clone)]
pub struct ApproveWrites<'a> {
    /// Which.
    pub id: Uuid,
    /// Places of writes that are left out of it.
    pub leave_out: &'a [i64],
    /// Who approves.
    pub by: &'a Author,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// Why nothing was done; nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanRefused {
    /// There is no such plan.
    #[error("there is no such plan")]
    NoSuchPlan,
    /// The feature is switched off.
    #[error("writing this is switched off")]
    SwitchedOff,
    /// It was approved or given up before.
    #[error("the plan has been decided about already")]
    Decided,
    /// Every write of it is left out.
    #[error("no write of the plan is left")]
    Empty,
    /// It was approved more than 30 days ago.
    #[error("the plan was approved more than 30 days ago")]
    TooLate,
    /// Nothing of it was written.
    #[error("nothing of the plan was written")]
    NothingWritten,
    /// Some of it is still under way.
    #[error("the plan is still being carried out")]
    UnderWay,
}

impl TenantStore {
    /// Keeps a plan for people to look at. One of this id that is there already stays as it is.
    ///
    /// # Errors
    /// `Invalid` for a plan without a write, with too many or with a write of nothing, or when the
    /// database fails.
    #[tracing::instrument(name = "store.write_plan_make", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_plan_make(&self, new: &NewWritePlan<'_>) -> Result<(), StoreError> {
        let is_void = |write: &NewWrite| write.fields.is_empty();
        if new.writes.is_empty() || new.writes.len() > WRITES_MAX || new.writes.iter().any(is_void)
        {
            let text = format!("a plan has 1 to {WRITES_MAX} writes, each of at least one field");
            return Err(StoreError::Invalid(text));
        }
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| {
            if insert(tx, self.id, new).await? {
                outbox::insert(tx, self.id, new).await?;
                let detail = format!(
                    r#"{{"plan":"{}","feature":"{}","writes":{}}}"#,
                    new.id,
                    new.feature,
                    new.writes.len()
                );
                audit_plan(tx, keyring, self.id, ("write.plan", new.by, new.at_ms), detail).await?;
            }
        })
    }

    /// Approves a plan: its writes are carried out from now on, in the mode that the feature is
    /// switched to at this moment.
    ///
    /// # Errors
    /// When the database fails; nothing changed then.
    #[tracing::instrument(name = "store.write_plan_approve", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_plan_approve(
        &self,
        approve: &ApproveWrites<'_>,
    ) -> Result<Result<u64, PlanRefused>, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| {
            match decide(tx, self.id, approve).await? {
                Err(refused) => Err(refused),
                Ok((connection, is_rehearsal, count)) => {
                    // A job of its own: one that runs may have looked for the last time.
                    let new = push_job(approve.id, connection, approve.at_ms);
                    job::enqueue(tx, self.id, &new, None).await?;
                    let detail = format!(
                        r#"{{"plan":"{}","writes":{count},"left_out":{},"rehearsal":{is_rehearsal}}}"#,
                        approve.id,
                        approve.leave_out.len()
                    );
                    let of = ("write.approve", approve.by, approve.at_ms);
                    audit_plan(tx, keyring, self.id, of, detail).await?;
                    Ok(count)
                }
            }
        })
    }

    /// Gives up a plan that was not approved; of an approved one, the writes that were not sent
    /// yet. Returns how many.
    ///
    /// # Errors
    /// When the database fails; nothing changed then.
    #[tracing::instrument(name = "store.write_plan_discard", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_plan_discard(
        &self,
        id: Uuid,
        by: &Author,
        at_ms: i64,
    ) -> Result<u64, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| {
            let count = outbox::discard(tx, self.id, id, at_ms).await?;
            if count > 0 {
                let detail = format!(r#"{{"plan":"{id}","writes":{count}}}"#);
                audit_plan(tx, keyring, self.id, ("write.discard", by, at_ms), detail).await?;
            }
            count
        })
    }

    /// The plan that takes an approved one back: for each write that was carried out, the values
    /// that the PSA had just before it. It is made, not approved.
    ///
    /// # Errors
    /// When the database fails; nothing changed then.
    #[tracing::instrument(name = "store.write_plan_undo", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn write_plan_undo(
        &self,
        of: Uuid,
        id: Uuid,
        by: &Author,
        at_ms: i64,
    ) -> Result<Result<(), PlanRefused>, StoreError> {
        let (plan, entries) = {
            let mut tx = self.read().await?;
            let Some(plan) = one(&mut tx, self.id, of, "").await? else {
                return Ok(Err(PlanRefused::NoSuchPlan));
            };
            (plan, outbox::of_plan(&mut tx, self.id, of).await?)
        };
        match &plan.approved {
            None => return Ok(Err(PlanRefused::NothingWritten)),
            Some((_, at)) if at_ms.saturating_sub(*at) > WRITE_UNDO_MS => {
                return Ok(Err(PlanRefused::TooLate));
            }
            Some(_) if plan.is_under_way() => return Ok(Err(PlanRefused::UnderWay)),
            Some(_) => {}
        }
        // The last write comes back first.
        let writes: Vec<NewWrite> = entries.iter().rev().filter_map(OutboxEntry::undone).collect();
        if writes.is_empty() {
            return Ok(Err(PlanRefused::NothingWritten));
        }
        let WritePlan { connection, feature, .. } = plan;
        let new =
            NewWritePlan { id, connection, feature, undo_of: Some(of), writes: &writes, by, at_ms };
        self.write_plan_make(&new).await?;
        Ok(Ok(()))
    }
}

/// Queues a plan's writes; tells the connection, whether it is a rehearsal, and how many.
async fn decide(
    tx: &mut Tx,
    tenant: TenantId,
    approve: &ApproveWrites<'_>,
) -> Result<Result<(ConnectionId, bool, u64), PlanRefused>, StoreError> {
    let for_update = tx.for_update();
    let Some(plan) = one(tx, tenant, approve.id, for_update).await? else {
        return Ok(Err(PlanRefused::NoSuchPlan));
    };
    if plan.approved.is_some() || plan.count(WriteState::Planned) < plan.len() {
        return Ok(Err(PlanRefused::Decided));
    }
    let connection = plan.connection;
    let sql = "SELECT mode FROM write_switch \
               WHERE tenant_id = $1 AND connection_id = $2 AND feature = $3";
    let row = tx.one("write_switch", sql, args![tenant, connection, plan.feature.name()]).await?;
    let mode = row.map(|row| row.text(0)).transpose()?.unwrap_or_default();
    if mode != WriteMode::On.name() && mode != WriteMode::Rehearsal.name() {
        return Ok(Err(PlanRefused::SwitchedOff));
    }
    let is_rehearsal = mode == WriteMode::Rehearsal.name();
    let count = outbox::queue(tx, tenant, approve).await?;
    if count == 0 {
        return Ok(Err(PlanRefused::Empty));
    }
    tx.exec(
        "UPDATE write_plan SET approver = $3, approved_at = $4, is_rehearsal = $5 \
         WHERE tenant_id = $1 AND id = $2",
        args![tenant, approve.id, to_json(approve.by), approve.at_ms, is_rehearsal],
    )
    .await?;
    Ok(Ok((connection, is_rehearsal, count)))
}

/// Whether the id was free.
async fn insert(tx: &mut Tx, tenant: TenantId, new: &NewWritePlan<'_>) -> Result<bool, StoreError> {
    let sql = "INSERT INTO write_plan (tenant_id, connection_id, id, feature, undo_of, is_rehearsal, \
               author, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
               ON CONFLICT (tenant_id, id) DO NOTHING";
    let args = args![
        tenant,
        new.connection,
        new.id,
        new.feature.name(),
        new.undo_of,
        false,
        to_json(new.by),
        new.at_ms
    ];
    Ok(tx.exec(sql, args).await? > 0)
}

/// The job that carries a plan out.
pub(crate) fn push_job(plan: Uuid, connection: ConnectionId, at_ms: i64) -> NewJob {
    NewJob {
        key: plan.to_string(),
        attempts_max: ATTEMPTS_MAX,
        ..ask::for_person(PUSH_WRITES, connection, at_ms)
    }
}

pub(crate) async fn audit_plan(
    tx: &mut Tx,
    keyring: &crate::keyring::Keyring,
    tenant: TenantId,
    (action, by, at): (&str, &Author, i64),
    detail: String,
) -> Result<(), StoreError> {
    let entry = Audit {
        at,
        actor: by.name.clone(),
        action: action.to_owned(),
        subject: "write-back".to_owned(),
        detail,
    };
    audit::append(tx, keyring, tenant, &entry).await?;
    Ok(())
}

fn to_json(by: &Author) -> String {
    serde_json::to_string(by).expect("an author is plain data")
}
