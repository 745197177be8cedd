//! `almanac serve` and `almanac worker`.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use almanac_jobs::{Runner, RunnerOptions, schedule_sync};
use almanac_sync::Task;
use almanac_web::WebState;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::cli::{Global, ServeArgs};
use crate::clock;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::owner;
use crate::wiring::Halo;

/// SIGTERM finishes or hands back running jobs within 10 seconds; some of it is for handing back.
const STOP_GRACE: Duration = Duration::from_secs(7);

/// Open requests get this long after a stop was asked for.
const REQUESTS_GRACE: Duration = Duration::from_secs(8);

/// Web, API and background work.
pub(super) async fn serve(global: &Global, args: &ServeArgs) -> Result<ExitCode, Failure> {
    let context = Context::open(global).await?;
    let listen = args.listen.unwrap_or(context.config.server.listen);
    let server = Server::start(&context, listen).await?;
    output::note(&format!("Almanac is at http://{}", server.address));
    stop_signal().await;
    server.stop().await;
    context.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Background work only.
pub(super) async fn worker(global: &Global) -> Result<ExitCode, Failure> {
    let context = Context::open(global).await?;
    set_schedules(&context).await?;
    let (stop, stopped) = watch::channel(false);
    let mut work = Task::start(run_jobs(runner(&context), stopped));
    output::note("The worker is running.");
    stop_signal().await;
    // The receiver lives in the task; if that has ended there is nothing to stop.
    let _ = stop.send(true);
    let _ = work.wait().await;
    context.close().await;
    Ok(ExitCode::SUCCESS)
}

/// A running server with its background work.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: watch::Sender<bool>,
    web: Task<std::io::Result<()>>,
    work: Task<()>,
}

impl Server {
    /// Listens and starts to work.
    pub(super) async fn start(context: &Context, listen: SocketAddr) -> Result<Self, Failure> {
        set_schedules(context).await?;
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            Failure::usage(format!("{listen} cannot be listened on: {error}; choose --listen"))
        })?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let state = WebState { store: context.store.clone() };
        let mut web_stopped = stopped.clone();
        let web = Task::start(almanac_web::serve(listener, state, async move {
            // An error means that the sender is gone, which is a stop too.
            let _ = web_stopped.wait_for(|stop| *stop).await;
        }));
        let work = Task::start(run_jobs(runner(context), stopped));
        Ok(Self { address, stop, web, work })
    }

    /// Finishes or hands back what runs.
    pub(super) async fn stop(mut self) {
        let _ = self.stop.send(true);
        let _ = self.work.wait().await;
        if tokio::time::timeout(REQUESTS_GRACE, self.web.wait()).await.is_err() {
            tracing::warn!("Open requests were cut off.");
        }
    }
}

async fn run_jobs(runner: Runner<Halo>, stopped: watch::Receiver<bool>) {
    runner.run(stopped).await;
}

fn runner(context: &Context) -> Runner<Halo> {
    Runner::new(
        context.store.clone(),
        Halo::in_background(&context.config.halo),
        RunnerOptions {
            owner: owner::this_process(),
            clock: Arc::new(clock::now_ms),
            stop_grace: STOP_GRACE,
            peak_memory: crate::memory::peak_bytes,
        },
    )
}

/// Every connected tenant is read on schedule.
async fn set_schedules(context: &Context) -> Result<(), Failure> {
    let hours = i64::from(context.config.sync.full_every_hours);
    for tenant in context.store.tenant_list().await? {
        let store = context.store.tenant(tenant.id);
        let Some(connection) = store.connection_active().await? else { continue };
        if hours > 0 {
            schedule_sync(&store, connection.id, hours * 3_600_000, clock::now_ms()).await?;
        }
    }
    Ok(())
}

/// Resolves when the process is asked to end.
pub(super) async fn stop_signal() {
    let terminate = signal(SignalKind::terminate());
    match terminate {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
