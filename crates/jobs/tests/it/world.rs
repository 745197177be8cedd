//! A world for a test: a fresh database with a tenant, a PSA in memory that can stall, a clock
//! that is moved, and runners.

use std::time::Duration;

use almanac_jobs::{Psa, Runner, RunnerOptions, schedule_sync};
use almanac_model::chain::{Chains, Link, Target};
use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;
use almanac_psa::PsaError;
use almanac_psa::fake::{FakeConnector, FakeMapper};
use almanac_store::testing::{Engine, TestStore, fresh};
use almanac_store::{Connection, Job, Run, Store, TenantStore};
use almanac_sync::{Owner, Task};
use almanac_testkit::{ArrivedWrite, ManualClock, expect_approved, field_name, new_connection};
use secrecy::SecretString;
use tokio::sync::watch;

pub(crate) const HOUR_MS: i64 = 3_600_000;

/// How long jobs of these runners may take to end after a stop.
pub(crate) const STOP_GRACE: Duration = Duration::from_millis(200);

/// The world of one test.
pub(crate) struct World {
    pub(crate) database: TestStore,
    pub(crate) view: TenantStore,
    pub(crate) connection: ConnectionId,
    pub(crate) psa: Plug,
    clock: ManualClock,
}

impl Drop for World {
    /// No test ends with a write at the PSA that nobody approved.
    fn drop(&mut self) {
        let written = self.psa.fake.written();
        let arrived = written.iter().flat_map(|of| {
            of.fields.iter().map(|change| ArrivedWrite {
                remote_id: of.remote_id.clone(),
                field: field_name(&change.field),
                value: change.value.as_ref().map(ToString::to_string),
            })
        });
        expect_approved(&self.database, &arrived.collect::<Vec<_>>());
    }
}

/// A PSA in memory as the program plugs it in.
#[derive(Clone, Default)]
pub(crate) struct Plug {
    pub(crate) fake: FakeConnector,
    /// Calls that background work may make in five minutes.
    pub(crate) share: Option<u64>,
}

impl Psa for Plug {
    type Connector = FakeConnector;
    type Mapper = FakeMapper;

    fn connector(&self, _: &Connection, _: SecretString) -> Result<FakeConnector, PsaError> {
        Ok(self.fake.clone())
    }

    fn calls_share(&self, _: &Connection) -> Option<u64> {
        self.share
    }

    fn mapper(&self) -> FakeMapper {
        FakeMapper
    }

    fn chains(&self) -> Chains {
        Chains::new().with(Target::WarrantyEnd, [Link::Standard("warranty_end".to_owned())])
    }
}

impl Plug {
    /// From now on a list is asked for and never answered, or answered again.
    pub(crate) fn stall(&self, is_stalled: bool) {
        self.fake.change(|switches| switches.is_stalled = is_stalled);
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.fake.stalled_count() > 0
    }
}

/// A runner at work.
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    work: Task<()>,
}

impl Running {
    /// Asks it to stop; how long it took to end.
    pub(crate) async fn stop(mut self) -> Duration {
        let asked_at = tokio::time::Instant::now();
        self.stop.send(true).unwrap();
        self.work.wait().await.unwrap();
        asked_at.elapsed()
    }

    /// Drops what could stop it, and waits for it to end by itself.
    pub(crate) async fn lose(mut self) {
        drop(self.stop);
        let ended = tokio::time::timeout(Duration::from_secs(10), self.work.wait()).await;
        ended.expect("it ends").unwrap();
    }
}

impl World {
    /// A tenant whose PSA has three clients; `None` when the engine is not at hand.
    pub(crate) async fn new(engine: Engine) -> Option<World> {
        let database = fresh(engine).await?;
        let (_, view) = database.tenant_named("acme").await;
        let connection = connect(&view).await;
        let psa = Plug::default();
        for name in ["one", "two", "three"] {
            psa.fake.add(Stream::Clients, name);
        }
        Some(World { database, view, connection, psa, clock: ManualClock::default() })
    }

    /// As [`World::new`], with a sync that is due.
    pub(crate) async fn with_due_sync(engine: Engine) -> Option<World> {
        let world = World::new(engine).await?;
        world.schedule().await;
        Some(world)
    }

    /// From now on the connection is read every six hours.
    pub(crate) async fn schedule(&self) {
        let (every_ms, now_ms) = (6 * HOUR_MS, self.now_ms());
        schedule_sync(&self.view, self.connection, every_ms, now_ms).await.unwrap();
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Starts a runner, as another node would.
    pub(crate) async fn start_runner(&self, name: &str) -> Running {
        self.start_runner_on(self.database.reopen().await, name)
    }

    pub(crate) fn start_runner_on(&self, store: Store, name: &str) -> Running {
        let options = RunnerOptions {
            owner: Owner { name: name.to_owned(), is_dead: |_| false },
            clock: self.clock.reader(),
            stop_grace: STOP_GRACE,
            peak_memory: || 0,
            whole_every_ms: 6 * 3_600_000,
        };
        let runner = Runner::new(store, self.psa.clone(), options);
        let (stop, stopped) = watch::channel(false);
        Running { stop, work: Task::start(async move { runner.run(stopped).await }) }
    }

    pub(crate) fn clock_forward(&self, ms: i64) {
        self.clock.forward(ms);
    }

    /// The newest job.
    pub(crate) async fn job(&self) -> Option<Job> {
        self.view.job_list(1).await.unwrap().pop()
    }

    pub(crate) async fn run(&self) -> Option<Run> {
        self.view.run_latest("sync").await.unwrap()
    }

    /// Waits for the newest job to be as asked; gives it.
    pub(crate) async fn job_that(&self, is_so: fn(&Job) -> bool) -> Job {
        let mut last = None;
        for _ in 0..WAIT_STEPS {
            last = self.job().await;
            if let Some(job) = last.as_ref().filter(|job| is_so(job)) {
                return job.clone();
            }
            tokio::time::sleep(WAIT_STEP).await;
        }
        panic!("the job did not come to what was waited for: {last:?}");
    }
}

/// Connects a tenant.
pub(crate) async fn connect(view: &TenantStore) -> ConnectionId {
    view.connection_set(new_connection()).await.unwrap().id
}

const WAIT_STEP: Duration = Duration::from_millis(20);

const WAIT_STEPS: u32 = 1_000;

/// Waits until something is so.
pub(crate) async fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..WAIT_STEPS {
        if is_so() {
            return;
        }
        tokio::time::sleep(WAIT_STEP).await;
    }
    panic!("did not happen: {what}");
}
