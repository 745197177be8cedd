//! The runner: claim, beat, run, say how it went.
//!
//! Runners on any number of nodes share the work through leases in the database. A runner that is
//! asked to stop finishes what it can within its grace and hands back the rest, so that another
//! takes it up at once. Every wait after a stop is bounded, also when the database is gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use almanac_model::id::{ConnectionId, TenantId};
use almanac_store::{ClaimJobs, ClaimedJob, Store, StoreError};
use almanac_sync::{Clock, Owner, Task, leave_behind};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::job_end::JobEnd;
use crate::psa::Psa;
use crate::{connection_test, poke, push_writes, sync_changes, sync_connection, webhook};

/// How long a job may be silent before another runner takes it.
const LEASE_MS: i64 = 60_000;

/// A job's lease is renewed about three times before it would end.
const HEARTBEAT: Duration = Duration::from_secs(18);

/// How often an idle runner looks for work; jitter keeps runners from looking together. What another
/// process was told by a webhook waits for this too.
const IDLE_MS: u64 = 500;

/// What others do already is looked at again after so long.
const BUSY_MS: i64 = 30_000;

/// As [`BUSY_MS`], where somebody may look at the page meanwhile.
const SOON_MS: i64 = 1_500;

/// A claim under way when a stop is asked for gets this long, so that none is cut as it commits.
const CLAIM_GRACE: Duration = Duration::from_millis(500);

/// Handing back takes a transaction; a database that needs longer is taken to be gone.
const HAND_BACK_GRACE: Duration = Duration::from_millis(1_500);

/// Ended jobs are kept for 30 days, for whoever asks what happened.
const KEEP_ENDED_MS: i64 = 30 * DAY_MS;

const DAY_MS: i64 = 24 * 60 * 60_000;

/// The first delay before a failed job is tried again; it doubles with each attempt.
const RETRY_MS: i64 = 30_000;

/// No delay before trying again is longer.
const RETRY_MS_MAX: i64 = 30 * 60_000;

/// How often jobs of processes that are certainly gone are looked for.
const DEAD_EVERY_MS: i64 = 10_000;

/// What may take an hour.
const LONG: Lane =
    Lane { kinds: &[sync_connection::KIND_NOW, sync_connection::KIND], at_once: 2, of_tenant: 2 };

/// What takes seconds, or stops within them, and somebody waits for: hands of its own, because the
/// others may be busy with first syncs.
const QUICK: Lane = Lane {
    kinds: &[
        connection_test::KIND,
        push_writes::KIND,
        webhook::KIND_SETUP,
        webhook::KIND_CHECK,
        poke::KIND,
        sync_changes::KIND,
    ],
    at_once: 3,
    of_tenant: 2,
};

/// Kinds of jobs that share hands.
struct Lane {
    kinds: &'static [&'static str],
    /// Hands of one runner.
    at_once: u32,
    /// Jobs of one tenant that run at the same time on all nodes, so that none starves another.
    of_tenant: u32,
}

/// The hands that work: each job holds a copy of its lane's token until it ends.
#[derive(Default)]
struct Hands {
    long: Arc<()>,
    quick: Arc<()>,
}

impl Hands {
    fn free(token: &Arc<()>, lane: &Lane) -> u32 {
        let busy = u32::try_from(Arc::strong_count(token) - 1).unwrap_or(u32::MAX);
        lane.at_once.saturating_sub(busy)
    }
}

/// What a runner needs to be told.
#[derive(Clone)]
pub struct RunnerOptions {
    /// Who it is.
    pub owner: Owner,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long running jobs may take to end after a stop was asked for. The runner itself ends at
    /// most two seconds later.
    pub stop_grace: Duration,
    /// The most memory this process has used, in bytes.
    pub peak_memory: fn() -> u64,
    /// A stream that tells what changed is scanned again after this, for what is gone; in ms.
    pub whole_every_ms: i64,
}

/// Does background work until told to stop.
pub struct Runner<P: Psa> {
    pub(crate) store: Store,
    pub(crate) psa: Arc<P>,
    pub(crate) options: RunnerOptions,
    kept: Kept<P>,
}

/// Connectors that are used again, by connection and when that was last set.
type Kept<P> = Arc<Mutex<HashMap<ConnectorKey, (i64, Arc<<P as Psa>::Connector>)>>>;

/// Whose connector it is.
pub(crate) type ConnectorKey = (TenantId, ConnectionId);

impl<P: Psa> Clone for Runner<P> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            psa: Arc::clone(&self.psa),
            options: self.options.clone(),
            kept: Arc::clone(&self.kept),
        }
    }
}

impl<P: Psa> Runner<P> {
    /// A runner over a database.
    pub fn new(store: Store, psa: P, options: RunnerOptions) -> Self {
        Self { store, psa: Arc::new(psa), options, kept: Kept::<P>::default() }
    }

    /// The connector that was kept, if the connection is as it was.
    pub(crate) fn kept_connector(
        &self,
        key: ConnectorKey,
        updated_at: i64,
    ) -> Option<Arc<P::Connector>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, connector) = kept.get(&key).filter(|(set_at, _)| *set_at == updated_at)?;
        Some(Arc::clone(connector))
    }

    /// Keeps a connector, in the place of one for what the connection was before.
    pub(crate) fn keep_connector(
        &self,
        key: ConnectorKey,
        updated_at: i64,
        connector: &Arc<P::Connector>,
    ) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(key, (updated_at, Arc::clone(connector)));
    }

    /// Works until `stop` turns true (or its sender is gone), then ends or hands back what is
    /// running.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let (give_up, gives_up) = watch::channel(false);
        let mut running = JoinSet::new();
        let hands = Hands::default();
        let (mut prune_at, mut dead_at) = (i64::MIN, i64::MIN);
        loop {
            let stopped = async {
                asked(&mut stop).await;
                tokio::time::sleep(CLAIM_GRACE).await;
            };
            let jobs = tokio::select! {
                jobs = self.claim(&hands, &mut prune_at, &mut dead_at) => jobs,
                () = stopped => break,
            };
            let idle = Duration::from_millis(IDLE_MS + fastrand::u64(0..IDLE_MS / 2));
            let pause = if jobs.is_empty() { idle } else { Duration::ZERO };
            for (job, hand) in jobs {
                let (runner, gives_up) = (self.clone(), gives_up.clone());
                running.spawn(async move {
                    runner.work(job, gives_up).await;
                    drop(hand);
                });
            }
            tokio::select! {
                biased;
                () = asked(&mut stop) => break,
                Some(_) = running.join_next(), if !running.is_empty() => {}
                () = self.store.woken() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        if tokio::time::timeout(self.options.stop_grace, all_ended(&mut running)).await.is_ok() {
            return;
        }
        // The receivers are in `running`; if all have ended there is nothing to give up.
        let _ = give_up.send(true);
        if tokio::time::timeout(HAND_BACK_GRACE, all_ended(&mut running)).await.is_err() {
            tracing::warn!("Jobs could not be handed back in time; their leases will lapse.");
            running.shutdown().await;
        }
    }

    /// Does what is due at this moment, one job after the other, and returns how many those were. For
    /// those to whom time is a parameter: it waits for nothing but the work itself.
    ///
    /// # Errors
    /// When the database fails; jobs that fail are dealt with as always.
    pub async fn work_due(&self) -> Result<usize, StoreError> {
        let now_ms = self.options.clock.now_ms();
        self.store.schedule_tick(now_ms).await?;
        // Nobody asks to give up, as long as the sender is there.
        let (_keep, gives_up) = watch::channel(false);
        let mut done = 0;
        for lane in [&QUICK, &LONG] {
            for job in self.claim_jobs(lane.at_once, lane, now_ms).await? {
                self.work(job, gives_up.clone()).await;
                done += 1;
            }
        }
        Ok(done)
    }

    /// Claims work for every free hand.
    async fn claim(
        &self,
        hands: &Hands,
        prune_at: &mut i64,
        dead_at: &mut i64,
    ) -> Vec<(ClaimedJob, Arc<()>)> {
        self.prune(prune_at).await;
        self.free_dead(dead_at).await;
        let now_ms = self.options.clock.now_ms();
        if let Err(error) = self.store.schedule_tick(now_ms).await {
            tracing::error!(error = %error, "Schedules could not be followed.");
            return Vec::new();
        }
        let mut claimed = Vec::new();
        for (token, lane) in [(&hands.quick, &QUICK), (&hands.long, &LONG)] {
            match self.claim_jobs(Hands::free(token, lane), lane, now_ms).await {
                Ok(jobs) => claimed.extend(jobs.into_iter().map(|job| (job, Arc::clone(token)))),
                Err(error) => tracing::error!(error = %error, "Work could not be claimed."),
            }
        }
        claimed
    }

    /// Takes up what processes of this machine left that were killed.
    async fn free_dead(&self, dead_at: &mut i64) {
        let now_ms = self.options.clock.now_ms();
        if now_ms < *dead_at {
            return;
        }
        *dead_at = now_ms + DEAD_EVERY_MS;
        match self.store.job_free_dead(self.options.owner.is_dead, now_ms).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "Jobs of a process that is gone are due again."),
            Err(error) => tracing::warn!(error = %error, "Nobody's jobs could not be looked for."),
        }
    }

    /// Once a day, removes jobs that ended long ago.
    async fn prune(&self, prune_at: &mut i64) {
        let now_ms = self.options.clock.now_ms();
        if now_ms < *prune_at {
            return;
        }
        *prune_at = now_ms + DAY_MS;
        match self.store.job_prune(now_ms - KEEP_ENDED_MS).await {
            Ok(count) => tracing::debug!(count, "Jobs that ended long ago were removed."),
            Err(error) => tracing::warn!(error = %error, "Old jobs could not be removed."),
        }
    }

    async fn claim_jobs(
        &self,
        limit: u32,
        lane: &Lane,
        now_ms: i64,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        self.store
            .job_claim(&ClaimJobs {
                owner: &self.options.owner.name,
                lease_ms: LEASE_MS,
                now_ms,
                limit,
                kinds: lane.kinds,
                tenant_running_max: lane.of_tenant,
            })
            .await
    }

    /// Runs one job to its end, or until it is to be given up, beating meanwhile.
    async fn work(&self, job: ClaimedJob, mut gives_up: watch::Receiver<bool>) {
        let runner = self.clone();
        let task_job = job.clone();
        let mut task = Task::start(async move { runner.perform(&task_job).await });
        let mut guard = HandBack { runner: self.clone(), job: Some(job.clone()) };
        let result = loop {
            tokio::select! {
                result = task.wait() => break result,
                () = asked(&mut gives_up) => {
                    drop(task);
                    self.hand_back(&job, self.options.clock.now_ms()).await;
                    guard.job = None;
                    return;
                }
                () = tokio::time::sleep(HEARTBEAT) => {
                    let now_ms = self.options.clock.now_ms();
                    if let Err(error) = self.store.job_heartbeat(&job, LEASE_MS, now_ms).await {
                        tracing::warn!(error = %error, job = %job.id, "A job's lease was lost.");
                    }
                }
            }
        };
        guard.job = None;
        // A panic fails this job, not the process.
        let end = result.unwrap_or_else(|error| JobEnd::Later(error.to_string()));
        if let Err(error) = self.settle(&job, end).await {
            tracing::error!(error = %error, job = %job.id, "A job's end could not be stored.");
        }
    }

    async fn perform(&self, job: &ClaimedJob) -> JobEnd {
        match job.kind.as_str() {
            sync_connection::KIND | sync_connection::KIND_NOW => {
                sync_connection::perform(self, job).await
            }
            sync_changes::KIND => sync_changes::perform(self, job).await,
            connection_test::KIND => connection_test::perform(self, job).await,
            push_writes::KIND => push_writes::perform(self, job).await,
            webhook::KIND_SETUP => webhook::perform_setup(self, job).await,
            webhook::KIND_CHECK => webhook::perform_check(self, job).await,
            poke::KIND => poke::perform(self, job).await,
            other => JobEnd::Person(format!("no handler for {other}")),
        }
    }

    async fn settle(&self, job: &ClaimedJob, end: JobEnd) -> Result<(), StoreError> {
        let now_ms = self.options.clock.now_ms();
        match end {
            JobEnd::Done => self.store.job_complete(job, now_ms).await,
            JobEnd::Busy(why) => {
                tracing::info!(job = %job.id, kind = %job.kind, why, "A job waits for another.");
                self.store.job_hand_back(job, now_ms + BUSY_MS).await
            }
            JobEnd::Soon(why) => {
                tracing::debug!(job = %job.id, kind = %job.kind, why, "A job waits for another.");
                self.store.job_hand_back(job, now_ms + SOON_MS).await
            }
            JobEnd::Later(why) => {
                tracing::warn!(job = %job.id, kind = %job.kind, why, "A job will be tried again.");
                let retry_at = now_ms + retry_after_ms(job.attempt);
                self.store.job_fail(job, &why, Some(retry_at), now_ms).await
            }
            JobEnd::Person(why) => {
                tracing::error!(job = %job.id, kind = %job.kind, why, "A job needs a person.");
                self.store.job_fail(job, &why, None, now_ms).await
            }
        }
    }

    async fn hand_back(&self, job: &ClaimedJob, run_at: i64) {
        if let Err(error) = self.store.job_hand_back(job, run_at).await {
            tracing::warn!(error = %error, job = %job.id, "A job could not be handed back.");
        }
    }
}

/// Resolves when the value is true. A sender that is gone asks too.
async fn asked(value: &mut watch::Receiver<bool>) {
    let _ = value.wait_for(|is_asked| *is_asked).await;
}

async fn all_ended(running: &mut JoinSet<()>) {
    while running.join_next().await.is_some() {}
}

/// Doubles with each attempt, up to a limit.
fn retry_after_ms(attempt: i64) -> i64 {
    let doublings = u32::try_from(attempt.clamp(1, 16) - 1).unwrap_or(0);
    RETRY_MS.saturating_mul(1 << doublings).min(RETRY_MS_MAX)
}

/// Hands a job back when the task that works on it is dropped before its end: with the runner, or
/// when it could not be handed back in time.
struct HandBack<P: Psa> {
    runner: Runner<P>,
    job: Option<ClaimedJob>,
}

impl<P: Psa> Drop for HandBack<P> {
    fn drop(&mut self) {
        let Some(job) = self.job.take() else { return };
        let runner = self.runner.clone();
        leave_behind(async move {
            runner.hand_back(&job, runner.options.clock.now_ms()).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_end_at_the_limit() {
        assert_eq!(
            [1, 2, 3, 7, 100].map(retry_after_ms),
            [30_000, 60_000, 120_000, 1_800_000, 1_800_000]
        );
    }
}
