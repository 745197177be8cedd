//! A day of the product: its own jobs by their own schedules, beside a PSA that people change all
//! day, whose webhooks are lost, doubled and overtaken and whose calls fail; then one reconcile.
//!
//! Every wait is a step of the clock, so that a day takes seconds. What of a delivery comes after its
//! signature was checked is the store's, and from there on everything is as in the product.

mod link;
mod outside;
mod reconcile;

use std::sync::Arc;

use almanac_jobs::{Runner, RunnerOptions, schedule_changes, schedule_sync};
use almanac_model::author::Author;
use almanac_model::id::{ConnectionId, TenantId};
use almanac_store::{JobState, Store};
use almanac_sync::{Owner, run, with_causes};

use crate::Broken;
use crate::dice::Dice;
use crate::fuse::Fuse;
use crate::program::WHOLE_EVERY_MS;
use crate::world::{Template, World};

use self::link::Link;
use self::outside::Outside;

const HOUR_MS: i64 = 3_600_000;

/// An idle runner looks for work about so often; a webhook wakes it.
const IDLE_MS: u64 = 1_500;

/// Newest jobs among which those that wait are; what ended is beyond them.
const JOBS_MAX: u32 = 40;

/// Records added to each stream, beside the few of a story.
const ROWS: u64 = 40;

/// What a day was like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayTally {
    /// Changes that people made.
    pub edits: u64,
    /// Deliveries that arrived.
    pub delivered: u64,
    /// Deliveries that were lost.
    pub dropped: u64,
    /// Deliveries that were sent twice.
    pub doubled: u64,
    /// Deliveries that were sent late.
    pub late: u64,
    /// Deliveries that arrived after one of a later change.
    pub overtaken: u64,
    /// Deliveries that were known again.
    pub known_again: u64,
    /// Calls that were made.
    pub calls: u64,
    /// Calls that failed with a 500.
    pub failed: u64,
    /// Jobs that were done.
    pub jobs: u64,
    /// Records that differed before the reconcile, each of which its receipts list.
    pub corrected: u64,
    /// Changes that were here after a delivery had named them.
    pub read_after_poke: u64,
    /// From such a delivery to the stored record, in milliseconds: half of them took no longer.
    pub poke_lag_p50_ms: i64,
    /// As that, 95 of 100.
    pub poke_lag_p95_ms: i64,
    /// As that, all.
    pub poke_lag_max_ms: i64,
}

/// What reads the PSA beside webhooks.
#[derive(Debug, Clone, Copy)]
enum Polling {
    /// Everything every six hours, as it is where nothing was configured.
    Whole,
    /// What changed, every so many milliseconds, with slices of what must be read whole.
    Rounds(i64),
}

/// One day of one tenant.
struct Day<'a> {
    seed: u64,
    tenant: TenantId,
    connection: ConnectionId,
    outside: &'a Arc<Outside>,
}

/// Tells the day of a seed to its end; `told` takes what it was like.
pub(crate) fn tell(
    template: &Template,
    seed: u64,
    edits: u64,
    told: &mut Vec<String>,
) -> Result<DayTally, Broken> {
    let world = World::new(template, seed);
    let own = &world.tenants[0];
    own.side.grow(ROWS);
    own.side.psa.change(|switches| {
        switches.page_cap = 50;
        switches.total_error = Some(0);
        switches.may_filter_changes = true;
    });
    let polling = match seed % 3 {
        0 => Polling::Whole,
        1 => Polling::Rounds(5 * 60_000),
        _ => Polling::Rounds(15 * 60_000),
    };
    let dice = Dice::of(seed, 3);
    let outside = Outside::new(Arc::clone(&own.side), world.time.clone(), dice, edits);
    let outside = Arc::new(outside);
    let day = Day { seed, tenant: own.id, connection: own.connection, outside: &outside };
    let done = world.live(&Fuse::none(), async |store| day.tell(store, polling).await);
    told.push(format!("{polling:?}: {:#?}", outside.tally()));
    let (jobs, corrected) = done?.ok_or_else(|| Broken::new("nothing could end it"))?;
    Ok(DayTally { jobs, corrected, ..outside.tally() })
}

impl Day<'_> {
    async fn tell(&self, store: &Store, polling: Polling) -> Result<(u64, u64), Broken> {
        let runner = Runner::new(store.clone(), self.link(), self.options());
        let ends_at = self.now_ms() + 24 * HOUR_MS;
        let mut jobs = self.begin(store, &runner, polling).await?;
        self.outside.begin(store);
        let mut dice = Dice::of(self.seed, 4);
        loop {
            let idle = i64::try_from(dice.below(IDLE_MS)).unwrap_or(0);
            let by_itself = self.next_due(store).await?.map(|at| at.max(self.now_ms()) + idle);
            let next = by_itself.into_iter().chain(self.outside.next_at()).min();
            let Some(next) = next.filter(|next| *next < ends_at) else { break };
            self.outside.time.forward((next - self.now_ms()).max(0));
            self.outside.catch_up().await;
            jobs += self.work(store, &runner).await?;
        }
        self.outside.end()?;
        let corrected = self.reconcile(store).await?;
        Ok((jobs, corrected))
    }

    /// Reads everything for the first time, and asks for a webhook.
    async fn begin(
        &self,
        store: &Store,
        runner: &Runner<Link>,
        polling: Polling,
    ) -> Result<u64, Broken> {
        let view = store.tenant(self.tenant);
        match polling {
            Polling::Whole => {
                let every_ms = 6 * HOUR_MS;
                schedule_sync(&view, self.connection, every_ms, self.now_ms()).await
            }
            Polling::Rounds(every_ms) => {
                let first = run(&self.whole(store)).await;
                first.map_err(|error| Broken(with_causes(&error)))?;
                schedule_changes(&view, self.connection, every_ms, self.now_ms()).await
            }
        }
        .map_err(Broken::of)?;
        let by = Author::user("1", "Ann");
        let asked =
            view.webhook_ask(self.connection, "https://a.example", &by, self.now_ms()).await;
        asked.map_err(Broken::of)?;
        let jobs = self.work(store, runner).await?;
        let webhook = view.webhook(self.connection).await.map_err(Broken::of)?;
        match webhook {
            Some(webhook) if webhook.is_well() => Ok(jobs),
            other => Err(Broken(format!("the webhook is not registered: {other:?}"))),
        }
    }

    /// Does what is due until nothing is.
    async fn work(&self, store: &Store, runner: &Runner<Link>) -> Result<u64, Broken> {
        let mut jobs = 0;
        loop {
            let done = runner.work_due().await.map_err(Broken::of)?;
            if done == 0 {
                return Ok(jobs);
            }
            jobs += done as u64;
            self.outside.note_arrived(store, (self.tenant, self.connection)).await?;
        }
    }

    /// When a job, or one by schedule, is due.
    async fn next_due(&self, store: &Store) -> Result<Option<i64>, Broken> {
        let view = store.tenant(self.tenant);
        let jobs = view.job_list(JOBS_MAX).await.map_err(Broken::of)?;
        let waiting = jobs.iter().filter(|job| job.state == JobState::Queued).map(|job| job.run_at);
        let schedules = view.schedule_list().await.map_err(Broken::of)?;
        Ok(waiting.chain(schedules.iter().map(|schedule| schedule.next_at)).min())
    }

    fn now_ms(&self) -> i64 {
        self.outside.time.now_ms()
    }

    fn link(&self) -> Link {
        Link(Arc::clone(self.outside))
    }

    fn options(&self) -> RunnerOptions {
        RunnerOptions {
            owner: Owner { name: "runner".to_owned(), is_dead: |_| false },
            clock: self.outside.time.clock(),
            stop_grace: std::time::Duration::ZERO,
            peak_memory: || 0,
            whole_every_ms: WHOLE_EVERY_MS,
        }
    }
}
