//! The plan of calls of one connection, by the operator's configuration: for the command that
//! prints it, and for the page that shows it.

use std::sync::Arc;

use almanac_jobs::SCAN_EVERY_MS;
use almanac_store::{Connection, StoreError, TenantStore};
use almanac_sync::{Plan, PlannedMode, Planning, plan_of};
use almanac_web::{CallPlan, CallPlanner, HowRead, PlannedCalls};

use crate::commands::SCHEDULES_EVERY;
use crate::config::{HaloConfig, SyncConfig};
use crate::wiring;

/// The calls of the next five minutes, as background work would make them.
pub(crate) async fn plan_calls(
    (halo, sync): (&HaloConfig, &SyncConfig),
    store: &TenantStore,
    connection: &Connection,
    now_ms: i64,
) -> Result<Plan, StoreError> {
    let share = wiring::call_limits(halo)(&connection.base_url);
    let share = share.map(|limit| u64::from(limit.calls) * u64::from(limit.share_percent) / 100);
    let whole_every_ms = sync.whole_every_ms();
    let planning = Planning {
        store,
        connection: connection.id,
        capabilities: &wiring::capabilities,
        share,
        // Without rounds every stream waits for the next full read.
        scan_every_ms: match sync.changes_every_seconds {
            0 => whole_every_ms,
            _ => SCAN_EVERY_MS,
        },
        whole_every_ms,
        now_ms,
    };
    plan_of(&planning).await
}

/// Tells the pages the same.
pub(crate) fn call_planner(halo: &HaloConfig, sync: &SyncConfig) -> CallPlanner {
    let (halo, sync) = (halo.clone(), sync.clone());
    Arc::new(move |store, connection, now_ms| {
        let (halo, sync) = (halo.clone(), sync.clone());
        Box::pin(async move {
            let plan = plan_calls((&halo, &sync), store, connection, now_ms).await?;
            let of = |name: &str| name.ends_with(&format!(":{}", connection.id));
            let schedules = store.schedule_list().await?;
            let syncs = schedules
                .iter()
                .filter(|schedule| of(&schedule.name) && SYNCS.contains(&schedule.kind.as_str()));
            Ok(CallPlan {
                reads: plan.reads.iter().filter_map(planned).collect(),
                calls: plan.calls,
                left: plan.left,
                begins_at: syncs.map(|schedule| schedule.next_at).min().or(soon(&sync, now_ms)),
            })
        })
    })
}

/// When background work begins at the latest for a connection that was just made, whose schedules
/// are not written yet.
fn soon(sync: &SyncConfig, now_ms: i64) -> Option<i64> {
    let seconds = match (sync.full_every_hours, sync.changes_every_seconds) {
        (0, 0) => return None,
        (0, seconds) => i64::from(seconds),
        // A full read is due when its schedule is made.
        _ => 0,
    };
    let wait_ms = i64::try_from(SCHEDULES_EVERY.as_millis()).unwrap_or(i64::MAX);
    Some(now_ms + wait_ms + seconds * 1_000)
}

/// The kinds of jobs that read a connection by schedule.
const SYNCS: [&str; 2] = [almanac_store::SYNC_CONNECTION, almanac_store::SYNC_CHANGES];

/// `None` for a stream of another version.
fn planned(read: &almanac_sync::PlannedRead) -> Option<PlannedCalls> {
    Some(PlannedCalls {
        stream: read.stream.parse().ok()?,
        how: match read.mode {
            PlannedMode::Changes => HowRead::Changes,
            PlannedMode::Children => HowRead::Children,
            PlannedMode::Full => HowRead::Whole,
            PlannedMode::Slice => HowRead::Part,
        },
        calls: read.calls,
        reason: read.reason.clone(),
    })
}
