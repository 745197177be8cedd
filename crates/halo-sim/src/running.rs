//! Starts and ends a simulator.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::auth::{Credentials, Tokens};
use crate::clock::Clock;
use crate::connection::{ResetFlag, ResettableListener};
use crate::control;
use crate::limit::Limiter;
use crate::list::Lists;
use crate::options::{DEMO_CLIENT_SECRET, SimOptions};
use crate::recording::{Counts, Recording, RequestLine, WriteLine};
use crate::server::{self, Sim};
use crate::switches::Switches;
use crate::webhook::{self, Webhooks};
use crate::world::World;

/// How long open requests may take to end.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// Why a simulator did not start or run.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}; choose another address or port")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file with a secret cannot be read.
    #[error("cannot read {}", path.display())]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The system would not hand out signals.
    #[error("cannot wait for a signal to end")]
    Signal(#[source] io::Error),
}

/// A simulator that runs on the current runtime until it is stopped or dropped.
pub struct RunningSim {
    /// Where the Halo side listens.
    pub addr: SocketAddr,
    /// Where the control port listens.
    pub control_addr: SocketAddr,
    sim: Arc<Sim>,
    stop: watch::Sender<bool>,
    /// The two listeners and the delivery of webhooks; dropping it ends them.
    servers: JoinSet<()>,
}

/// Starts a simulator on the current tokio runtime.
///
/// # Errors
///
/// When an address cannot be bound or a secret's file cannot be read.
pub async fn start(options: SimOptions) -> Result<RunningSim, SimError> {
    let secret = match &options.client_secret_file {
        Some(path) => read_secret(path)?,
        None => DEMO_CLIENT_SECRET.to_owned(),
    };
    let api_key = options.api_key_file.as_ref().map(read_secret).transpose()?;
    let (listener, addr) = listen(options.listen).await?;
    let (control_listener, control_addr) = listen(options.control).await?;
    let (stop, stopping) = watch::channel(false);
    let sim = Arc::new(Sim {
        seed: options.seed,
        credentials: Credentials {
            oauth_client_id: options.oauth_client_id.clone(),
            client_secret: secret,
            api_key,
            halo_tenant: options.halo_tenant.clone(),
        },
        base_url: format!("http://{addr}"),
        clock: Clock::new(options.clock_offset, options.clock_speed),
        world: RwLock::new(World::new(&options)),
        lists: Lists::default(),
        tokens: Tokens::default(),
        limiter: Limiter::default(),
        recording: Recording::default(),
        webhooks: Webhooks::new(),
        switches: RwLock::new(Arc::new(options.switches)),
        stopping: stopping.clone(),
    });
    let halo = Router::new()
        .fallback(server::handle)
        .with_state(Arc::clone(&sim))
        .into_make_service_with_connect_info::<ResetFlag>();
    let halo = axum::serve(ResettableListener(listener), halo)
        .with_graceful_shutdown(ended(stopping.clone()));
    let control = axum::serve(control_listener, control::router(Arc::clone(&sim)))
        .with_graceful_shutdown(ended(stopping));
    let mut servers = JoinSet::new();
    servers.spawn(log_end(halo.into_future()));
    servers.spawn(log_end(control.into_future()));
    servers.spawn(webhook::run(sim.clone()));
    tracing::info!(halo = %addr, control = %control_addr, "simulator started");
    Ok(RunningSim { addr, control_addr, sim, stop, servers })
}

/// Runs a simulator until the process is told to end (ctrl-c or SIGTERM).
///
/// # Errors
///
/// As [`start`], and when signals cannot be waited for.
pub async fn run(options: SimOptions) -> Result<(), SimError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(SimError::Signal)?;
    let running = start(options).await?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(SimError::Signal)?,
        _ = terminate.recv() => {}
    }
    running.stop().await;
    Ok(())
}

impl RunningSim {
    /// Halo's address: what a person would type as "resource server", without `/api`.
    pub fn base_url(&self) -> String {
        self.sim.base_url.clone()
    }

    /// The control port's address.
    pub fn control_url(&self) -> String {
        format!("http://{}", self.control_addr)
    }

    /// Changes switches while it runs, as `POST /settings` on the control port does.
    pub fn change(&self, change: impl FnOnce(&mut Switches)) {
        let mut current = self.sim.switches.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut current));
    }

    /// What clients have done so far.
    pub fn counts(&self) -> Counts {
        self.sim.recording.counts()
    }

    /// The last few thousand requests, oldest first.
    pub fn requests(&self) -> Vec<RequestLine> {
        self.sim.recording.lines()
    }

    /// Every request that asked to change something, oldest first.
    pub fn writes(&self) -> Vec<WriteLine> {
        self.sim.recording.writes()
    }

    /// Moves the simulated clock.
    pub fn advance_clock(&self, seconds: f64) {
        self.sim.clock.advance(seconds);
    }

    /// Ends it: no new connections, open requests get two seconds.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let ended = async { while self.servers.join_next().await.is_some() {} };
        if tokio::time::timeout(END_PATIENCE, ended).await.is_err() {
            self.servers.shutdown().await;
        }
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), SimError> {
    let failed = |source| SimError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn read_secret(path: &PathBuf) -> Result<String, SimError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| SimError::SecretFile { path: path.clone(), source })?;
    Ok(text.trim().to_owned())
}

async fn ended(mut stopping: watch::Receiver<bool>) {
    // An error means that the sender is gone, which ends us as well.
    let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
}

async fn log_end(server: impl Future<Output = io::Result<()>>) {
    if let Err(error) = server.await {
        tracing::error!(%error, "a listener of the simulator ended");
    }
}
