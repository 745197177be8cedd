//! A world for a test: a fresh database with a tenant, a PSA in memory that can stall, a clock
//! that is moved, and runners.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use almanac_jobs::{Psa, Runner, RunnerOptions, schedule_sync};
use almanac_model::chain::Chains;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;
use almanac_psa::fake::{FakeConnector, FakeMapper};
use almanac_psa::{
    AccessReport, CallStats, Capabilities, Connector, Page, PageRequest, Part, PsaError, RawRow,
};
use almanac_store::testing::{Engine, START_MS, TestStore, fresh};
use almanac_store::{Connection, Job, NewConnection, Run, Store, TenantStore};
use almanac_sync::{Owner, Task};
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
    now_ms: Arc<AtomicI64>,
}

/// A PSA in memory as the program plugs it in.
#[derive(Clone, Default)]
pub(crate) struct Plug {
    pub(crate) fake: Arc<FakeConnector>,
    stalls: Arc<AtomicBool>,
    stalled: Arc<AtomicU32>,
}

impl Psa for Plug {
    type Connector = Plug;
    type Mapper = FakeMapper;

    fn connector(&self, _: &Connection, _: SecretString) -> Result<Plug, PsaError> {
        Ok(self.clone())
    }

    fn mapper(&self) -> FakeMapper {
        FakeMapper
    }

    fn chains(&self) -> Chains {
        Chains::default()
    }
}

impl Connector for Plug {
    fn capabilities(&self, stream: Stream) -> Capabilities {
        self.fake.capabilities(stream)
    }

    async fn parts(&self, stream: Stream) -> Result<Vec<Part>, PsaError> {
        self.fake.parts(stream).await
    }

    async fn list_page(&self, request: &PageRequest) -> Result<Page, PsaError> {
        if self.stalls.load(Ordering::SeqCst) {
            self.stalled.fetch_add(1, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
        self.fake.list_page(request).await
    }

    async fn fetch_one(&self, stream: Stream, id: &RemoteId) -> Result<Option<RawRow>, PsaError> {
        self.fake.fetch_one(stream, id).await
    }

    async fn list_ids(&self, stream: Stream) -> Result<Option<Vec<RemoteId>>, PsaError> {
        self.fake.list_ids(stream).await
    }

    async fn check_access(&self) -> Result<AccessReport, PsaError> {
        self.fake.check_access().await
    }

    fn call_stats(&self) -> CallStats {
        self.fake.call_stats()
    }
}

impl Plug {
    /// From now on a list is asked for and never answered, or answered again.
    pub(crate) fn stall(&self, stalls: bool) {
        self.stalls.store(stalls, Ordering::SeqCst);
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled_count() > 0
    }

    pub(crate) fn stalled_count(&self) -> u32 {
        self.stalled.load(Ordering::SeqCst)
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
        let now_ms = Arc::new(AtomicI64::new(START_MS));
        Some(World { database, view, connection, psa, now_ms })
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
        self.now_ms.load(Ordering::SeqCst)
    }

    /// Starts a runner, as another node would.
    pub(crate) async fn start_runner(&self, name: &str) -> Running {
        self.start_runner_on(self.database.reopen().await, name)
    }

    pub(crate) fn start_runner_on(&self, store: Store, name: &str) -> Running {
        let now_ms = Arc::clone(&self.now_ms);
        let options = RunnerOptions {
            owner: Owner { name: name.to_owned(), is_dead: |_| false },
            clock: Arc::new(move || now_ms.load(Ordering::SeqCst)),
            stop_grace: STOP_GRACE,
            peak_memory: || 0,
        };
        let runner = Runner::new(store, self.psa.clone(), options);
        let (stop, stopped) = watch::channel(false);
        Running { stop, work: Task::start(async move { runner.run(stopped).await }) }
    }

    pub(crate) fn clock_forward(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
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
    let new = NewConnection {
        base_url: "https://halo.example".into(),
        auth_url: None,
        psa_tenant: None,
        oauth_client_id: "id".into(),
        client_secret: SecretString::from("secret"),
        at_ms: START_MS,
        actor: "test".into(),
    };
    view.connection_set(new).await.unwrap().id
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
