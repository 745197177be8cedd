//! Counts the calls that a run makes, for those who look at the load on the PSA.
//!
//! The count is noted every few seconds and at the end. A run that is ended by force loses the
//! calls of its last seconds; a count that cannot be stored never ends a run.

use std::sync::Arc;
use std::time::Duration;

use almanac_model::id::ConnectionId;
use almanac_psa::{CallStats, Connector};
use almanac_store::{CallSpan, TenantStore};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::task::Task;

/// Short beside a span of five minutes, so that calls stand in the span they were made in.
const EVERY: Duration = Duration::from_secs(10);

/// Adds calls that were just made to what is known of a connection's load.
pub async fn note_calls(
    store: &TenantStore,
    connection: ConnectionId,
    made: CallStats,
    now_ms: i64,
) {
    if made.requests == 0 {
        return;
    }
    let span = CallSpan { at: now_ms, calls: made.requests, refused: made.throttled };
    if let Err(error) = store.psa_call_add(connection, span).await {
        tracing::warn!(error = %error, "Calls to the PSA could not be counted.");
    }
}

/// Notes the calls of one connector while this value lives.
pub(crate) struct CallMeter<C> {
    count: Arc<Count<C>>,
    _beat: Task<()>,
}

struct Count<C> {
    store: TenantStore,
    connection: ConnectionId,
    connector: Arc<C>,
    clock: Arc<dyn Clock>,
    /// What was noted already.
    noted: Mutex<CallStats>,
}

impl<C: Connector + 'static> CallMeter<C> {
    /// Counts from now on.
    pub(crate) fn start(
        store: TenantStore,
        connection: ConnectionId,
        connector: Arc<C>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let noted = Mutex::new(connector.call_stats());
        let count = Arc::new(Count { store, connection, connector, clock, noted });
        let beat = Task::start(beat(Arc::clone(&count)));
        Self { count, _beat: beat }
    }

    /// Notes what was not noted yet.
    pub(crate) async fn finish(self) {
        self.count.note().await;
    }
}

impl<C: Connector> Count<C> {
    async fn note(&self) {
        let mut noted = self.noted.lock().await;
        let now = self.connector.call_stats();
        let made = CallStats {
            requests: now.requests.saturating_sub(noted.requests),
            throttled: now.throttled.saturating_sub(noted.throttled),
            bytes: 0,
        };
        note_calls(&self.store, self.connection, made, self.clock.now_ms()).await;
        *noted = now;
    }
}

async fn beat<C: Connector>(count: Arc<Count<C>>) {
    loop {
        tokio::time::sleep(EVERY).await;
        count.note().await;
    }
}
