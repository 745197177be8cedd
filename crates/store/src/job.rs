//! Background work: a row per job, claimed by a lease with a heartbeat.
//!
//! ```text
//! queued --claim--> running --complete--> done
//!    ^                 |------fail, no attempt left--> failed
//!    +--fail, retry----+
//!    +--hand back------+      a lapsed lease is claimed anew, or fails with the last attempt
//! ```
//!
//! At least once: a job whose worker died runs again. `attempt` only grows and is the fencing
//! token, so a worker that lost its lease cannot end the job for the one that has it. No
//! transaction is open while a job runs.

use almanac_model::id::TenantId;
use uuid::Uuid;

use crate::ask::PRIORITY_PERSON;
use crate::db::{Arg, Bulk, Row, Scope, Tx, args, bulk_upsert, placeholders, write_tx};
use crate::error::StoreError;
use crate::store::Store;
use crate::tenant::TenantStore;
use crate::tenant_admin::new_uuid;

const COLUMNS: &str = "id, kind, key, state, run_at, attempt, last_error, ended_at";

/// A job to enqueue.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// What is to be done; a stable name.
    pub kind: String,
    /// Jobs of one kind with one key that wait or run are the same job.
    pub key: String,
    /// What the handler needs, as JSON; ids only.
    pub args: String,
    /// Not before, in milliseconds UTC.
    pub run_at: i64,
    /// Larger goes first.
    pub priority: i64,
    /// How often it may be begun.
    pub attempts_max: i64,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// What enqueuing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// The job waits now.
    Enqueued(Uuid),
    /// The same job waits or runs already.
    AlreadyThere,
}

/// A wish for work.
#[derive(Debug, Clone)]
pub struct ClaimJobs<'a> {
    /// Who claims.
    pub owner: &'a str,
    /// How long the claim holds without a heartbeat, in milliseconds.
    pub lease_ms: i64,
    /// Milliseconds UTC.
    pub now_ms: i64,
    /// At most so many.
    pub limit: u32,
    /// Only these kinds.
    pub kinds: &'a [&'a str],
    /// At most so many jobs of these kinds run for one tenant at a time. Two that claim at the same moment may
    /// exceed it by what each claims.
    pub tenant_running_max: u32,
}

/// A job that this owner runs now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Whose job it is.
    pub tenant: TenantId,
    /// Identifies it.
    pub id: Uuid,
    /// What is to be done.
    pub kind: String,
    /// What it was enqueued as.
    pub key: String,
    /// What the handler needs, as JSON.
    pub args: String,
    /// The how-manieth beginning this is; the fencing token.
    pub attempt: i64,
    /// How often it may be begun.
    pub attempts_max: i64,
    /// Larger goes first.
    pub priority: i64,
    owner: String,
}

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It waits.
    Queued,
    /// A worker runs it, or died doing so.
    Running,
    /// It ended well.
    Done,
    /// It ended badly and is not begun again.
    Failed,
}

/// A job as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Identifies it; later jobs have larger ids.
    pub id: Uuid,
    /// What is to be done.
    pub kind: String,
    /// What it was enqueued as.
    pub key: String,
    /// Where it is.
    pub state: JobState,
    /// Not before, in milliseconds UTC.
    pub run_at: i64,
    /// How often it was begun.
    pub attempt: i64,
    /// Why it last failed.
    pub last_error: Option<String>,
    /// Milliseconds UTC.
    pub ended_at: Option<i64>,
}

impl Job {
    fn from_row(row: &Row) -> Result<Job, StoreError> {
        let state = match row.text(3)?.as_str() {
            "queued" => JobState::Queued,
            "running" => JobState::Running,
            "done" => JobState::Done,
            "failed" => JobState::Failed,
            _ => return Err(row.corrupt(3)),
        };
        Ok(Job {
            id: row.uuid(0)?,
            kind: row.text(1)?,
            key: row.text(2)?,
            state,
            run_at: row.int(4)?,
            attempt: row.int(5)?,
            last_error: row.text_opt(6)?,
            ended_at: row.int_opt(7)?,
        })
    }
}

impl TenantStore {
    /// Enqueues a job, unless the same waits or runs.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.job_enqueue", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn job_enqueue(&self, new: &NewJob) -> Result<Enqueued, StoreError> {
        write_tx!(self.db(), self.scope(), |tx| enqueue(tx, self.id, new, None).await?)
    }

    /// Jobs from the newest back.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.job_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn job_list(&self, limit: u32) -> Result<Vec<Job>, StoreError> {
        let mut tx = self.read().await?;
        let sql =
            format!("SELECT {COLUMNS} FROM job WHERE tenant_id = $1 ORDER BY id DESC LIMIT $2");
        let rows = tx.rows("job", sql, args![self.id, limit]).await?;
        rows.iter().map(Job::from_row).collect()
    }
}

/// The newest job of this kind and key.
pub(crate) async fn latest(
    tx: &mut Tx,
    tenant: TenantId,
    kind: &str,
    key: &str,
) -> Result<Option<Job>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM job WHERE tenant_id = $1 AND kind = $2 AND key = $3 \
         ORDER BY id DESC LIMIT 1"
    );
    let row = tx.one("job", sql, args![tenant, kind, key]).await?;
    row.as_ref().map(Job::from_row).transpose()
}

/// A job that waits, perhaps to be tried again much later, becomes due with a person's priority.
pub(crate) async fn bring_forward(
    tx: &mut Tx,
    tenant: TenantId,
    id: Uuid,
    at_ms: i64,
) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE job SET priority = CASE WHEN priority < $3 THEN $3 ELSE priority END, \
         run_at = CASE WHEN run_at > $4 THEN $4 ELSE run_at END \
         WHERE tenant_id = $1 AND id = $2 AND state = 'queued'",
        args![tenant, id, PRIORITY_PERSON, at_ms],
    )
    .await
    .map(drop)
}

/// Enqueues a job, of a schedule or not.
pub(crate) async fn enqueue(
    tx: &mut Tx,
    tenant: TenantId,
    new: &NewJob,
    schedule: Option<&str>,
) -> Result<Enqueued, StoreError> {
    let id = new_uuid(new.at_ms)?;
    let inserted = tx
        .exec(
            "INSERT INTO job (tenant_id, id, kind, key, schedule, args, state, priority, run_at, attempt, \
             attempts_max, created_at) VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, 0, $9, $10) \
             ON CONFLICT DO NOTHING",
            args![
                tenant, id, &new.kind, &new.key, schedule, &new.args, new.priority, new.run_at,
                new.attempts_max, new.at_ms
            ],
        )
        .await?;
    Ok(if inserted == 0 { Enqueued::AlreadyThere } else { Enqueued::Enqueued(id) })
}

impl Store {
    /// Claims due jobs of every tenant: by priority; then who has the fewest of these kinds running,
    /// then who waited longest for a turn; then by age. Jobs whose lease lapsed are due again, or fail when that was the last attempt.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.job_claim", level = "debug", skip_all)]
    pub async fn job_claim(&self, claim: &ClaimJobs<'_>) -> Result<Vec<ClaimedJob>, StoreError> {
        if claim.kinds.is_empty() {
            return Ok(Vec::new());
        }
        write_tx!(self.db(), Scope::Root, |tx| {
            fail_lapsed(tx, claim.now_ms).await?;
            let jobs = take_due(tx, claim).await?;
            note_turns(tx, &jobs, claim.now_ms).await?;
            jobs
        })
    }

    /// Makes the jobs of processes due at once that are certainly gone; returns how many. Without
    /// it they wait for their leases to lapse.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.job_free_dead", level = "debug", skip_all)]
    pub async fn job_free_dead(
        &self,
        is_dead: impl Fn(&str) -> bool + Sync,
        now_ms: i64,
    ) -> Result<u64, StoreError> {
        let mut tx = self.db().read(Scope::Root).await?;
        let sql = "SELECT DISTINCT lease_owner FROM job WHERE state = 'running' AND lease_until > $1 \
                   AND lease_owner IS NOT NULL";
        let rows = tx.rows("job", sql, args![now_ms]).await?;
        drop(tx);
        let mut count = 0;
        for row in rows {
            let owner = row.text(0)?;
            if is_dead(&owner) {
                count += write_tx!(self.db(), Scope::Root, |tx| {
                    let sql = "UPDATE job SET lease_until = $2 WHERE state = 'running' \
                               AND lease_owner = $1 AND lease_until > $2";
                    tx.exec(sql, args![&owner, now_ms]).await?
                })?;
            }
        }
        Ok(count)
    }

    /// Prolongs a claim.
    ///
    /// # Errors
    /// `LeaseLost` when the job was claimed by another.
    #[tracing::instrument(name = "store.job_heartbeat", level = "debug", skip_all)]
    pub async fn job_heartbeat(
        &self,
        job: &ClaimedJob,
        lease_ms: i64,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let until = now_ms.saturating_add(lease_ms);
        self.job_update(job, "lease_until = $5", vec![Arg::from(until)]).await
    }

    /// Ends a job well.
    ///
    /// # Errors
    /// `LeaseLost` when the job was claimed by another; then its outcome counts.
    #[tracing::instrument(name = "store.job_complete", level = "debug", skip_all)]
    pub async fn job_complete(&self, job: &ClaimedJob, now_ms: i64) -> Result<(), StoreError> {
        let set = "state = 'done', ended_at = $5, last_error = NULL, lease_owner = NULL, lease_until = NULL";
        self.job_update(job, set, args![now_ms]).await
    }

    /// Ends an attempt badly: to be begun again at `retry_at` if an attempt is left, else for good.
    ///
    /// # Errors
    /// `LeaseLost` when the job was claimed by another.
    #[tracing::instrument(name = "store.job_fail", level = "debug", skip_all)]
    pub async fn job_fail(
        &self,
        job: &ClaimedJob,
        error: &str,
        retry_at: Option<i64>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        match retry_at.filter(|_| job.attempt < job.attempts_max) {
            Some(run_at) => {
                let set = "state = 'queued', run_at = $5, last_error = $6, lease_owner = NULL, lease_until = NULL";
                self.job_update(job, set, args![run_at, error]).await
            }
            None => {
                let set = "state = 'failed', ended_at = $5, last_error = $6, lease_owner = NULL, lease_until = NULL";
                self.job_update(job, set, args![now_ms, error]).await
            }
        }
    }

    /// Puts a job back as if it had not been begun, for a worker that must stop or wait; it is due
    /// at `run_at`, in milliseconds UTC. The attempt is given back by allowing one more, since its
    /// number must not repeat.
    ///
    /// # Errors
    /// `LeaseLost` when the job was claimed by another.
    #[tracing::instrument(name = "store.job_hand_back", level = "debug", skip_all)]
    pub async fn job_hand_back(&self, job: &ClaimedJob, run_at: i64) -> Result<(), StoreError> {
        let set = "state = 'queued', run_at = $5, attempts_max = attempts_max + 1, lease_owner = NULL, \
                   lease_until = NULL";
        self.job_update(job, set, args![run_at]).await
    }

    /// Removes jobs of every tenant that ended before an instant; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.job_prune", level = "debug", skip_all)]
    pub async fn job_prune(&self, ended_before_ms: i64) -> Result<u64, StoreError> {
        write_tx!(self.db(), Scope::Root, |tx| {
            let sql = "DELETE FROM job WHERE state IN ('done', 'failed') AND ended_at < $1";
            tx.exec(sql, args![ended_before_ms]).await?
        })
    }

    /// Changes a job that this claim still owns. `set` numbers its arguments from 5.
    async fn job_update(
        &self,
        job: &ClaimedJob,
        set: &'static str,
        more: Vec<Arg<'_>>,
    ) -> Result<(), StoreError> {
        write_tx!(self.db(), Scope::Tenant(job.tenant), |tx| {
            let mut args = args![job.tenant, job.id, job.attempt, &job.owner];
            args.extend(more.iter().cloned());
            let sql = format!(
                "UPDATE job SET {set} WHERE tenant_id = $1 AND id = $2 AND attempt = $3 \
                 AND lease_owner = $4 AND state = 'running'"
            );
            if tx.exec(sql, args).await? == 0 {
                Err(StoreError::LeaseLost)?;
            }
        })
    }
}

async fn fail_lapsed(tx: &mut Tx, now_ms: i64) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE job SET state = 'failed', ended_at = $1, last_error = 'its worker stopped', \
         lease_owner = NULL, lease_until = NULL \
         WHERE state = 'running' AND lease_until <= $1 AND attempt >= attempts_max",
        args![now_ms],
    )
    .await
    .map(drop)
}

/// Whose jobs were begun has had a turn.
async fn note_turns(tx: &mut Tx, jobs: &[ClaimedJob], now_ms: i64) -> Result<(), StoreError> {
    let mut tenants: Vec<TenantId> = jobs.iter().map(|job| job.tenant).collect();
    // Everybody locks in one order.
    tenants.sort_unstable();
    tenants.dedup();
    let rows = Bulk {
        table: "job_turn",
        shared: vec![("served_at", Arg::from(now_ms))],
        columns: &["tenant_id"],
        tail: " ON CONFLICT (tenant_id) DO UPDATE SET served_at = excluded.served_at".to_owned(),
        rows: tenants.into_iter().map(|tenant| args![tenant]).collect(),
    };
    bulk_upsert(tx, rows).await.map(drop)
}

async fn take_due(tx: &mut Tx, claim: &ClaimJobs<'_>) -> Result<Vec<ClaimedJob>, StoreError> {
    let due = "run_at <= $1 AND (state = 'queued' OR (state = 'running' AND lease_until <= $1))";
    let sql = format!(
        "WITH busy AS (SELECT tenant_id, count(*) AS running FROM job \
         WHERE state = 'running' AND lease_until > $1 AND kind IN ({kinds}) GROUP BY tenant_id), \
         due AS (SELECT tenant_id, id, priority, run_at, row_number() OVER \
         (PARTITION BY tenant_id ORDER BY priority DESC, run_at, id) AS place FROM job \
         WHERE {due} AND kind IN ({kinds})), \
         chosen AS (SELECT due.tenant_id, due.id FROM due LEFT JOIN busy ON busy.tenant_id = due.tenant_id \
         LEFT JOIN job_turn turn ON turn.tenant_id = due.tenant_id \
         WHERE due.place + coalesce(busy.running, 0) <= $5 \
         ORDER BY due.priority DESC, due.place + coalesce(busy.running, 0), coalesce(turn.served_at, 0), \
         due.run_at, due.id LIMIT $4) \
         UPDATE job SET state = 'running', attempt = attempt + 1, lease_owner = $2, lease_until = $3 \
         WHERE (tenant_id, id) IN (SELECT job.tenant_id, job.id FROM job \
         JOIN chosen ON chosen.tenant_id = job.tenant_id AND chosen.id = job.id WHERE {due}{lock}) \
         RETURNING tenant_id, id, kind, key, args, attempt, attempts_max, priority",
        kinds = placeholders(6, claim.kinds.len()),
        lock = tx.skip_locked(),
    );
    let until = claim.now_ms.saturating_add(claim.lease_ms);
    let mut args = args![claim.now_ms, claim.owner, until, claim.limit, claim.tenant_running_max];
    args.extend(claim.kinds.iter().map(|kind| Arg::from(*kind)));
    let rows = tx.rows("job", sql, args).await?;
    let mut jobs = rows
        .iter()
        .map(|row| {
            Ok(ClaimedJob {
                tenant: row.tenant_id(0)?,
                id: row.uuid(1)?,
                kind: row.text(2)?,
                key: row.text(3)?,
                args: row.text(4)?,
                attempt: row.int(5)?,
                attempts_max: row.int(6)?,
                priority: row.int(7)?,
                owner: claim.owner.to_owned(),
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    // An engine returns updated rows in any order.
    jobs.sort_by_key(|job| (std::cmp::Reverse(job.priority), job.id));
    Ok(jobs)
}
