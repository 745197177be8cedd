//! The outbox: approved writes, one record each, in the order that they are carried out in.
//!
//! ```text
//! planned --approve--> queued --begin--> sending --settle--> applied, already, conflict, refused,
//!    |                    |                 |                 not_taken, gone, rehearsed
//!    +----discard---------+                 +--put back--> queued, when nothing was sent
//! ```
//!
//! `sending` is written before anything is sent: whoever finds an entry there looks at what became
//! of it first. Settling is one transaction with the record as it was read back and the audit.

use almanac_model::author::Author;
use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use almanac_model::stream::Stream;
use almanac_model::write::{FieldWrite, WriteState};
use uuid::Uuid;

use crate::audit::{self, Audit};
use crate::db::{Arg, Bulk, Row, Tx, args, bulk_upsert, write_tx};
use crate::error::StoreError;
use crate::lease::Fence;
use crate::record::{PageCommit, RecordWrite};
use crate::tenant::TenantStore;
use crate::write_plan::{ApproveWrites, NewWrite, NewWritePlan};

const COLUMNS: &str = "o.plan_id, o.place, o.stream, o.remote_id, o.label, o.client, o.state, \
                       o.fields, o.attempts, o.settled_at, o.code, o.problem";

/// One record's write as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The plan that it is part of.
    pub plan: Uuid,
    /// Its place in the plan, from 0.
    pub place: i64,
    /// The stream that the record is in.
    pub stream: Stream,
    /// The record.
    pub remote_id: RemoteId,
    /// What a person calls it.
    pub label: String,
    /// Its client.
    pub client: Option<RemoteId>,
    /// Where it stands.
    pub state: WriteState,
    /// What is written.
    pub fields: Vec<FieldWrite>,
    /// How often it was begun.
    pub attempts: i64,
    /// When it came to its end, in milliseconds UTC.
    pub settled_at: Option<i64>,
    /// The public code of what is in the way, and its words.
    pub problem: Option<(String, String)>,
}

/// An entry to carry out, with what its plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenWrite {
    /// The entry.
    pub entry: OutboxEntry,
    /// Everything but the sending.
    pub is_rehearsal: bool,
    /// Who approved it.
    pub approver: Author,
}

/// How an entry ends.
#[derive(Debug)]
pub struct Settle<'a> {
    /// Proof of the lease.
    pub fence: &'a Fence,
    /// Which connection.
    pub connection: ConnectionId,
    /// The entry as it was begun, its fields with what was seen.
    pub write: &'a OpenWrite,
    /// Where it stands from now on; `Queued` puts it back.
    pub state: WriteState,
    /// The public code of what is in the way, and its words.
    pub problem: Option<(&'a str, String)>,
    /// Whether something was sent: then the audit says so.
    pub was_sent: bool,
    /// The record as it was read last, when it is known and differs from what is kept.
    pub record: Option<(RecordWrite, i64)>,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

impl OutboxEntry {
    fn from_row(row: &Row) -> Result<OutboxEntry, StoreError> {
        Ok(OutboxEntry {
            plan: row.uuid(0)?,
            place: row.int(1)?,
            stream: row.stream(2)?,
            remote_id: row.remote_id(3)?,
            label: row.text(4)?,
            client: row.text_opt(5)?.map(RemoteId::new),
            state: row.text(6)?.parse().map_err(|_| row.corrupt(6))?,
            fields: serde_json::from_str(&row.text(7)?).map_err(|_| row.corrupt(7))?,
            attempts: row.int(8)?,
            settled_at: row.int_opt(9)?,
            problem: row.text_opt(10)?.zip(row.text_opt(11)?),
        })
    }

    /// The write that takes it back; `None` where it wrote nothing.
    pub(crate) fn undone(&self) -> Option<NewWrite> {
        if !matches!(self.state, WriteState::Applied | WriteState::NotTaken) {
            return None;
        }
        let fields = self.fields.iter().filter_map(|field| {
            let seen = field.seen.clone()?;
            let is_changed = seen.before != seen.after;
            is_changed.then(|| FieldWrite {
                base: seen.after,
                wanted: seen.before,
                seen: None,
                ..field.clone()
            })
        });
        let fields: Vec<FieldWrite> = fields.collect();
        (!fields.is_empty()).then(|| NewWrite {
            stream: self.stream,
            remote_id: self.remote_id.clone(),
            label: self.label.clone(),
            client: self.client.clone(),
            fields,
        })
    }
}

impl TenantStore {
    /// The next approved write of a connection that has not come to an end, in the order of
    /// approval; `None` when there is none. Those in `passed` are left out, and those whose feature
    /// was switched off since: they wait. One switched to rehearsal since is rehearsed.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.outbox_next", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn outbox_next(
        &self,
        connection: ConnectionId,
        passed: &[(Uuid, i64)],
    ) -> Result<Option<OpenWrite>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {COLUMNS}, (p.is_rehearsal OR s.mode = 'rehearsal'), p.approver \
             FROM outbox o \
             JOIN write_plan p ON p.tenant_id = o.tenant_id AND p.id = o.plan_id \
             JOIN write_switch s ON s.tenant_id = o.tenant_id \
             AND s.connection_id = o.connection_id AND s.feature = p.feature AND s.mode <> 'off' \
             WHERE o.tenant_id = $1 AND o.connection_id = $2 AND o.state IN ('queued', 'sending') \
             ORDER BY o.queued_at, o.plan_id, o.place LIMIT $3"
        );
        let limit = i64::try_from(passed.len() + 1).unwrap_or(i64::MAX);
        for row in tx.rows("outbox", sql, args![self.id, connection, limit]).await? {
            let entry = OutboxEntry::from_row(&row)?;
            if passed.contains(&(entry.plan, entry.place)) {
                continue;
            }
            let approver = row.text_opt(13)?.ok_or_else(|| row.corrupt(13))?;
            return Ok(Some(OpenWrite {
                entry,
                is_rehearsal: row.bool(12)?,
                approver: serde_json::from_str(&approver).map_err(|_| row.corrupt(13))?,
            }));
        }
        Ok(None)
    }

    /// Marks a write as about to be sent, with what was seen just before. False when a person gave
    /// it up meanwhile.
    ///
    /// # Errors
    /// `LeaseLost` when another owner took the lease; nothing changed then.
    #[tracing::instrument(name = "store.outbox_begin", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn outbox_begin(&self, fence: &Fence, write: &OpenWrite) -> Result<bool, StoreError> {
        let entry = &write.entry;
        write_tx!(self.db(), self.scope(), |tx| {
            self.check_fence(tx, fence).await?;
            let sql = "UPDATE outbox SET state = 'sending', attempts = attempts + 1, fields = $4 \
                       WHERE tenant_id = $1 AND plan_id = $2 AND place = $3 \
                       AND state IN ('queued', 'sending')";
            let args = args![self.id, entry.plan, entry.place, to_json(&entry.fields)];
            tx.exec(sql, args).await? > 0
        })
    }

    /// Ends a write, or puts it back, with the record as it was read last. One that a person gave
    /// up meanwhile, which was not begun then, stays given up.
    ///
    /// # Errors
    /// `LeaseLost` when another owner took the lease; nothing changed then.
    #[tracing::instrument(name = "store.outbox_settle", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn outbox_settle(&self, settle: &Settle<'_>) -> Result<(), StoreError> {
        let keyring = &self.shared.keyring;
        let entry = &settle.write.entry;
        let settled_at = (!settle.state.is_under_way()).then_some(settle.at_ms);
        let (code, problem) = match &settle.problem {
            Some((code, problem)) => (Some(*code), Some(problem.as_str())),
            None => (None, None),
        };
        write_tx!(self.db(), self.scope(), |tx| {
            self.check_fence(tx, settle.fence).await?;
            let sql = "UPDATE outbox SET state = $4, fields = $5, settled_at = $6, code = $7, \
                       problem = $8 WHERE tenant_id = $1 AND plan_id = $2 AND place = $3 \
                       AND state IN ('queued', 'sending')";
            let args = args![
                self.id,
                entry.plan,
                entry.place,
                settle.state.name(),
                to_json(&entry.fields),
                settled_at,
                code,
                problem
            ];
            tx.exec(sql, args).await?;
            if let Some((record, mapper_version)) = &settle.record {
                let page = PageCommit {
                    at_ms: settle.at_ms,
                    mapper_version: *mapper_version,
                    ..PageCommit::new(settle.fence, settle.connection, entry.stream)
                };
                self.refresh(tx, &page, record).await?;
            }
            if settle.was_sent {
                let detail = serde_json::json!({
                    "plan": entry.plan.to_string(), "state": settle.state.name(), "code": code,
                    "fields": entry.fields,
                });
                let line = Audit {
                    at: settle.at_ms,
                    actor: settle.write.approver.name.clone(),
                    action: "write.send".to_owned(),
                    subject: format!("{} {}", entry.stream, entry.remote_id),
                    detail: detail.to_string(),
                };
                audit::append(tx, keyring, self.id, &line).await?;
            }
        })
    }

    /// Every write of a connection that is planned or under way.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.outbox_open", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn outbox_open(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox o WHERE o.tenant_id = $1 AND o.connection_id = $2 \
             AND o.state IN ('planned', 'queued', 'sending')"
        );
        let rows = tx.rows("outbox", sql, args![self.id, connection]).await?;
        rows.iter().map(OutboxEntry::from_row).collect()
    }

    /// How many writes of a connection wait for a person.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.outbox_wedged", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn outbox_wedged(&self, connection: ConnectionId) -> Result<u64, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT COUNT(*) FROM outbox WHERE tenant_id = $1 AND connection_id = $2 \
                   AND state IN ('conflict', 'refused', 'not_taken', 'gone')";
        let row = tx.one("outbox", sql, args![self.id, connection]).await?;
        let count = row.map(|row| row.int(0)).transpose()?.unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

/// A plan's writes, planned.
pub(crate) async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    new: &NewWritePlan<'_>,
) -> Result<(), StoreError> {
    let rows = (0_i64..).zip(new.writes).map(|(place, write)| {
        args![
            place,
            write.stream,
            &write.remote_id,
            &write.label,
            write.client.as_ref().map(RemoteId::as_str),
            to_json(&write.fields)
        ]
    });
    let bulk = Bulk {
        table: "outbox",
        shared: vec![
            ("tenant_id", Arg::from(tenant)),
            ("connection_id", Arg::from(new.connection)),
            ("plan_id", Arg::from(new.id)),
            ("state", Arg::from(WriteState::Planned.name())),
            ("attempts", Arg::from(0_i64)),
        ],
        columns: &["place", "stream", "remote_id", "label", "client", "fields"],
        tail: String::new(),
        rows: rows.collect(),
    };
    bulk_upsert(tx, bulk).await.map(drop)
}

/// A plan's writes in their order.
pub(crate) async fn of_plan(
    tx: &mut Tx,
    tenant: TenantId,
    plan: Uuid,
) -> Result<Vec<OutboxEntry>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox o WHERE o.tenant_id = $1 AND o.plan_id = $2 ORDER BY o.place"
    );
    let rows = tx.rows("outbox", sql, args![tenant, plan]).await?;
    rows.iter().map(OutboxEntry::from_row).collect()
}

/// Queues a plan's writes but those left out, which are given up; tells how many. Changes nothing
/// when none would be queued.
pub(crate) async fn queue(
    tx: &mut Tx,
    tenant: TenantId,
    approve: &ApproveWrites<'_>,
) -> Result<u64, StoreError> {
    let sql =
        "SELECT place FROM outbox WHERE tenant_id = $1 AND plan_id = $2 AND state = 'planned'";
    let rows = tx.rows("outbox", sql, args![tenant, approve.id]).await?;
    let places = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>, _>>()?;
    if places.iter().all(|place| approve.leave_out.contains(place)) {
        return Ok(0);
    }
    let give_up = "UPDATE outbox SET state = 'discarded', settled_at = $4 \
                   WHERE tenant_id = $1 AND plan_id = $2 AND place = $3 AND state = 'planned'";
    for place in approve.leave_out {
        tx.exec(give_up, args![tenant, approve.id, *place, approve.at_ms]).await?;
    }
    let sql = "UPDATE outbox SET state = 'queued', queued_at = $3 \
               WHERE tenant_id = $1 AND plan_id = $2 AND state = 'planned'";
    tx.exec(sql, args![tenant, approve.id, approve.at_ms]).await
}

/// Gives up what of a plan was not sent yet; tells how many.
pub(crate) async fn discard(
    tx: &mut Tx,
    tenant: TenantId,
    plan: Uuid,
    at_ms: i64,
) -> Result<u64, StoreError> {
    let sql = "UPDATE outbox SET state = 'discarded', settled_at = $3 \
               WHERE tenant_id = $1 AND plan_id = $2 AND state IN ('planned', 'queued')";
    tx.exec(sql, args![tenant, plan, at_ms]).await
}

fn to_json(fields: &[FieldWrite]) -> String {
    serde_json::to_string(fields).expect("fields are plain data")
}
