//! `/metrics`, where the operator named an address for it.

use std::net::SocketAddr;

use almanac_sync::Task;
use almanac_web::Metrics;
use tokio::net::TcpListener;

use crate::clock;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;

/// Served until it is dropped.
pub(super) type MetricsServer = Task<std::io::Result<()>>;

/// Listens, and says where.
pub(super) async fn start(context: &Context, listen: SocketAddr) -> Result<MetricsServer, Failure> {
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        let what = format!("{listen} cannot be listened on: {error}; choose --metrics-listen");
        Failure::usage(what)
    })?;
    output::note(&format!("Metrics are at http://{}/metrics", listener.local_addr()?));
    let metrics = Metrics {
        store: context.store.clone(),
        now_ms: clock::now_ms,
        version: env!("CARGO_PKG_VERSION"),
        peak_memory: crate::memory::peak_bytes,
    };
    Ok(Task::start(almanac_web::serve_metrics(listener, metrics)))
}
