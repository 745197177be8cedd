//! `almanac serve` and `almanac worker`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use almanac_fleet::{FleetOptions, Fleets, Moment};
use almanac_jobs::{Runner, RunnerOptions, schedule_changes, schedule_sync, unschedule_sync};
use almanac_model::id::ConnectionId;
use almanac_store::{Store, TenantStore};
use almanac_sync::Task;
use almanac_web::{WebOptions, WebState};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::watch;
use uuid::Uuid;

use super::metrics;
use crate::alone::Alone;
use crate::call_plan::call_planner;
use crate::cli::{Global, ServeArgs};
use crate::clock;
use crate::config::SyncConfig;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::owner;
use crate::stop::StopSignal;
use crate::wiring::{self, Halo};

/// Running jobs get this long to end after a stop; handing back the rest takes the runner two
/// seconds more at most.
const STOP_GRACE: Duration = Duration::from_millis(4_500);

/// SIGTERM ends the process within 10 seconds: jobs and open requests share this deadline, and the
/// rest is for closing the database and for a machine that is busy.
const STOP_DEADLINE: Duration = Duration::from_millis(6_800);

/// A database that cannot be closed in this time is left as after a crash, which it survives.
const CLOSE_GRACE: Duration = Duration::from_millis(900);

/// Another process may connect a tenant, or remove one, at any time.
pub(crate) const SCHEDULES_EVERY: Duration = Duration::from_secs(60);

/// Web, API and background work.
pub(super) async fn serve(global: &Global, args: &ServeArgs) -> Result<ExitCode, Failure> {
    let context = Context::open(global).await?;
    let listen = args.listen.unwrap_or(context.config.server.listen);
    let setup_code = setup_code(&context).await?;
    let look = Look {
        setup_code: setup_code.clone(),
        has_server_timing: args.server_timing,
        leaves_work: args.no_worker,
        ..Look::default()
    };
    let stop = StopSignal::listen()?;
    let server = Server::start(&context, listen, look).await?;
    let _metrics = match args.metrics_listen.or(context.config.server.metrics_listen) {
        Some(listen) => Some(metrics::start(&context, listen).await?),
        None => None,
    };
    output::note(&format!("Almanac is at http://{}", server.address));
    if let Some(code) = setup_code {
        output::note(&format!(
            "Nobody has an account yet. Open http://{}/setup\nSet-up code: {}",
            server.address,
            code.expose_secret()
        ));
    }
    stop.asked().await;
    server.stop().await;
    close(context).await;
    Ok(ExitCode::SUCCESS)
}

/// Proves to the set-up page that a person can read what this process prints; `None` once there is
/// an MSP.
async fn setup_code(context: &Context) -> Result<Option<SecretString>, Failure> {
    if !context.store.is_empty().await? {
        return Ok(None);
    }
    let random = Uuid::new_v4().simple().to_string();
    let groups: Vec<&str> = [0, 4, 8].map(|at| &random[at..at + 4]).to_vec();
    Ok(Some(SecretString::from(groups.join("-"))))
}

/// How a server presents itself, beside the configuration.
#[derive(Default)]
pub(super) struct Look {
    /// What the set-up page asks for.
    pub(super) setup_code: Option<SecretString>,
    /// What the sign-in page says in a demo.
    pub(super) demo_hint: Option<String>,
    /// Whether the style guide is served.
    pub(super) has_styleguide: bool,
    /// Whether each answer says how long it took.
    pub(super) has_server_timing: bool,
    /// Whether background work is left to others.
    pub(super) leaves_work: bool,
}

/// Background work only.
pub(super) async fn worker(global: &Global) -> Result<ExitCode, Failure> {
    let context = Context::open(global).await?;
    let _alone = Alone::take(&context.config)?;
    set_schedules(&context.store, &context.config.sync).await?;
    let signal = StopSignal::listen()?;
    let (stop, stopped) = watch::channel(false);
    let mut work = Task::start(run_jobs(runner(&context), keep_schedules(&context), stopped));
    output::note("The worker is running.");
    signal.asked().await;
    // The receiver lives in the task; if that has ended there is nothing to stop.
    let _ = stop.send(true);
    if tokio::time::timeout(STOP_DEADLINE, work.wait()).await.is_err() {
        tracing::warn!("Background work was cut off.");
    }
    close(context).await;
    Ok(ExitCode::SUCCESS)
}

async fn close(context: Context) {
    if tokio::time::timeout(CLOSE_GRACE, context.close()).await.is_err() {
        tracing::warn!("The database was not closed in time.");
    }
}

/// A running server with its background work.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: watch::Sender<bool>,
    web: Task<std::io::Result<()>>,
    work: Option<Task<()>>,
    warming: Task<()>,
    _alone: Alone,
}

impl Server {
    /// Listens and starts to work.
    pub(super) async fn start(
        context: &Context,
        listen: SocketAddr,
        look: Look,
    ) -> Result<Self, Failure> {
        let alone = Alone::take(&context.config)?;
        if !look.leaves_work {
            set_schedules(&context.store, &context.config.sync).await?;
        }
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            Failure::usage(format!("{listen} cannot be listened on: {error}; choose --listen"))
        })?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let options = WebOptions {
            now_ms: clock::now_ms,
            setup_code: look.setup_code,
            has_styleguide: look.has_styleguide,
            demo_hint: look.demo_hint,
            has_server_timing: look.has_server_timing,
            is_behind_proxy: context.config.server.behind_proxy,
            understand_address: wiring::address_reader(&context.config.halo),
            call_limits: wiring::call_limits(&context.config.halo),
            call_planner: call_planner(&context.config.halo, &context.config.sync),
            chains: wiring::chains(),
        };
        let fleets = Fleets::new(FleetOptions::new(context.config.grading.currency));
        let fleets = Arc::new(fleets);
        let warming = Task::start(warm(Arc::clone(&fleets), context.store.clone()));
        let state = WebState { store: context.store.clone(), fleets, options: Arc::new(options) };
        let mut web_stopped = stopped.clone();
        let web = Task::start(almanac_web::serve(listener, state, async move {
            // An error means that the sender is gone, which is a stop too.
            let _ = web_stopped.wait_for(|stop| *stop).await;
        }));
        let work = (!look.leaves_work)
            .then(|| Task::start(run_jobs(runner(context), keep_schedules(context), stopped)));
        Ok(Self { address, stop, web, work, warming, _alone: alone })
    }

    /// Finishes or hands back what runs, all within one deadline.
    pub(super) async fn stop(mut self) {
        let _ = self.stop.send(true);
        drop(self.warming);
        let work_ended = async {
            if let Some(work) = &mut self.work {
                // That it panicked has been said.
                let _ = work.wait().await;
            }
        };
        let all_ended = async { tokio::join!(work_ended, self.web.wait()) };
        if tokio::time::timeout(STOP_DEADLINE, all_ended).await.is_err() {
            tracing::warn!("Open requests or background work were cut off.");
        }
    }
}

/// Reads what pages are made of before somebody asks: the first page after a start waits for less.
async fn warm(fleets: Arc<Fleets>, store: Store) {
    let moment = Moment { on: clock::today(), at_ms: clock::now_ms() };
    if let Err(error) = fleets.warm(&store, moment).await {
        tracing::warn!(error = %error, "Fleets could not be read beforehand.");
    }
}

/// Works until stopped; schedules are kept meanwhile.
async fn run_jobs(
    runner: Runner<Halo>,
    schedules: impl Future<Output = Infallible>,
    stopped: watch::Receiver<bool>,
) {
    tokio::select! {
        () = runner.run(stopped) => {}
        never = schedules => match never {},
    }
}

fn runner(context: &Context) -> Runner<Halo> {
    Runner::new(
        context.store.clone(),
        Halo::in_background(&context.config.halo, &context.store),
        RunnerOptions {
            owner: owner::this_process(),
            clock: Arc::new(clock::now_ms),
            stop_grace: STOP_GRACE,
            peak_memory: crate::memory::peak_bytes,
            whole_every_ms: context.config.sync.whole_every_ms(),
        },
    )
}

/// Looks again and again whether every connected tenant is read on schedule.
fn keep_schedules(context: &Context) -> impl Future<Output = Infallible> + Send + use<> {
    let (store, config) = (context.store.clone(), context.config.sync.clone());
    async move {
        loop {
            tokio::time::sleep(SCHEDULES_EVERY).await;
            if let Err(error) = set_schedules(&store, &config).await {
                tracing::warn!(error = %error, "Schedules could not be looked through.");
            }
        }
    }
}

async fn set_schedules(store: &Store, config: &SyncConfig) -> Result<(), Failure> {
    for tenant in store.tenant_list().await? {
        let view = store.tenant(tenant.id);
        if let Some(connection) = view.connection_active().await? {
            set_schedule(&view, connection.id, config).await?;
        }
    }
    Ok(())
}

/// A connection is read whole every so many hours, and what changed every so many seconds; 0 means
/// never.
pub(super) async fn set_schedule(
    view: &TenantStore,
    connection: ConnectionId,
    config: &SyncConfig,
) -> Result<(), Failure> {
    let now_ms = clock::now_ms();
    match i64::from(config.full_every_hours) * 3_600_000 {
        0 => unschedule_sync(view, connection).await?,
        every_ms => schedule_sync(view, connection, every_ms, now_ms).await?,
    }
    let every_ms = i64::from(config.changes_every_seconds) * 1_000;
    schedule_changes(view, connection, every_ms, now_ms).await?;
    Ok(())
}
