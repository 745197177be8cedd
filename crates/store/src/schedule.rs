//! Schedules: when to enqueue a job, again and again.
//!
//! Any number of programs may tick. The job's key is `name@slot` and the slot moves in the same
//! transaction, so a slot gives one job; a schedule whose last job still waits or runs gives
//! none. Slots that passed unnoticed give one job, not many.

use almanac_model::id::TenantId;

use crate::db::{Row, Scope, Tx, args, write_tx};
use crate::error::StoreError;
use crate::job::{self, Enqueued, NewJob};
use crate::store::Store;
use crate::tenant::TenantStore;

/// A schedule to keep.
#[derive(Debug, Clone)]
pub struct NewSchedule {
    /// Unique within the tenant.
    pub name: String,
    /// The kind of its jobs.
    pub kind: String,
    /// What the handler needs, as JSON.
    pub args: String,
    /// From slot to slot, in milliseconds; at least 1.
    pub every_ms: i64,
    /// The first slot, in milliseconds UTC. A schedule that is there already keeps its own next
    /// slot, unless that is farther away than the new interval.
    pub first_at: i64,
    /// Larger goes first.
    pub priority: i64,
    /// How often each job may be begun.
    pub attempts_max: i64,
}

/// A schedule as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Unique within the tenant.
    pub name: String,
    /// The kind of its jobs.
    pub kind: String,
    /// What the handler needs, as JSON.
    pub args: String,
    /// From slot to slot, in milliseconds.
    pub every_ms: i64,
    /// The next slot, in milliseconds UTC.
    pub next_at: i64,
    /// Larger goes first.
    pub priority: i64,
    /// How often each job may be begun.
    pub attempts_max: i64,
}

const COLUMNS: &str = "name, kind, args, every_ms, next_at, priority, attempts_max";

impl Schedule {
    fn from_row(row: &Row) -> Result<Schedule, StoreError> {
        Ok(Schedule {
            name: row.text(0)?,
            kind: row.text(1)?,
            args: row.text(2)?,
            every_ms: row.int(3)?,
            next_at: row.int(4)?,
            priority: row.int(5)?,
            attempts_max: row.int(6)?,
        })
    }

    /// The first slot after `now_ms`, in step with the slots before.
    fn slot_after(&self, now_ms: i64) -> i64 {
        let passed = now_ms.saturating_sub(self.next_at).max(0) / self.every_ms;
        self.next_at.saturating_add((passed + 1).saturating_mul(self.every_ms))
    }
}

impl TenantStore {
    /// Keeps a schedule, or changes the one of that name.
    ///
    /// # Errors
    /// `Invalid` when the interval is not positive.
    #[tracing::instrument(name = "store.schedule_set", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn schedule_set(&self, new: &NewSchedule) -> Result<(), StoreError> {
        if new.every_ms < 1 {
            return Err(StoreError::Invalid("a schedule needs a positive interval".to_owned()));
        }
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(
                "INSERT INTO schedule (tenant_id, name, kind, args, every_ms, next_at, priority, attempts_max) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant_id, name) DO UPDATE SET \
                 kind = excluded.kind, args = excluded.args, every_ms = excluded.every_ms, \
                 next_at = CASE WHEN schedule.next_at < excluded.next_at + excluded.every_ms \
                 THEN schedule.next_at ELSE excluded.next_at END, \
                 priority = excluded.priority, attempts_max = excluded.attempts_max",
                args![
                    self.id, &new.name, &new.kind, &new.args, new.every_ms, new.first_at,
                    new.priority, new.attempts_max
                ],
            )
            .await?;
        })
    }

    /// Removes a schedule; a job that it enqueued stays.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.schedule_remove", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn schedule_remove(&self, name: &str) -> Result<(), StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            let sql = "DELETE FROM schedule WHERE tenant_id = $1 AND name = $2";
            tx.exec(sql, args![self.id, name]).await?;
        })
    }

    /// Every schedule of the tenant, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.schedule_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn schedule_list(&self) -> Result<Vec<Schedule>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM schedule WHERE tenant_id = $1 ORDER BY name");
        let rows = tx.rows("schedule", sql, args![self.id]).await?;
        rows.iter().map(Schedule::from_row).collect()
    }
}

impl Store {
    /// Enqueues the jobs of every slot that is due; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.schedule_tick", level = "debug", skip_all)]
    pub async fn schedule_tick(&self, now_ms: i64) -> Result<u64, StoreError> {
        write_tx!(self.db(), Scope::Root, |tx| tick(tx, now_ms).await?)
    }
}

async fn tick(tx: &mut Tx, now_ms: i64) -> Result<u64, StoreError> {
    let lock = tx.for_update();
    let sql = format!(
        "SELECT {COLUMNS}, tenant_id FROM schedule WHERE next_at <= $1 ORDER BY tenant_id, name{lock}"
    );
    let mut count = 0;
    for row in tx.rows("schedule", sql, args![now_ms]).await? {
        let (due, tenant) = (Schedule::from_row(&row)?, row.tenant_id(7)?);
        if is_enqueued(tx, tenant, &due, now_ms).await? {
            count += 1;
        }
    }
    Ok(count)
}

async fn is_enqueued(
    tx: &mut Tx,
    tenant: TenantId,
    due: &Schedule,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let moved = tx
        .exec(
            "UPDATE schedule SET next_at = $4 WHERE tenant_id = $1 AND name = $2 AND next_at = $3",
            args![tenant, &due.name, due.next_at, due.slot_after(now_ms)],
        )
        .await?;
    if moved == 0 {
        return Ok(false);
    }
    let job = NewJob {
        kind: due.kind.clone(),
        key: format!("{}@{}", due.name, due.next_at),
        args: due.args.clone(),
        run_at: due.next_at,
        priority: due.priority,
        attempts_max: due.attempts_max,
        at_ms: now_ms,
    };
    let enqueued = job::enqueue(tx, tenant, &job, Some(&due.name)).await?;
    Ok(enqueued != Enqueued::AlreadyThere)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(next_at: i64, every_ms: i64, now_ms: i64, want: i64) {
        let schedule = Schedule {
            name: String::new(),
            kind: String::new(),
            args: String::new(),
            every_ms,
            next_at,
            priority: 0,
            attempts_max: 1,
        };
        assert_eq!(schedule.slot_after(now_ms), want);
    }

    #[test]
    fn the_next_slot_is_after_now_and_in_step() {
        check(1_000, 100, 1_000, 1_100);
        check(1_000, 100, 1_099, 1_100);
        check(1_000, 100, 1_100, 1_200);
        check(1_000, 100, 9_950, 10_000);
    }
}
