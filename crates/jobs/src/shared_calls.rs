//! The budget of calls of one connection as the database keeps it for all processes.

use std::fmt;
use std::sync::Arc;

use almanac_model::call_budget::{CallAsk, CallTold, CallTurn};
use almanac_model::id::ConnectionId;
use almanac_psa::{CallGate, GateClosed, GateFuture};
use almanac_store::TenantStore;
use almanac_sync::{Clock, with_causes};

/// A gate whose state is a row of the database.
pub struct SharedCalls {
    store: TenantStore,
    connection: ConnectionId,
    clock: Arc<dyn Clock>,
}

impl SharedCalls {
    /// The gate of a connection of this tenant.
    pub fn new(store: TenantStore, connection: ConnectionId, clock: Arc<dyn Clock>) -> Self {
        Self { store, connection, clock }
    }
}

impl fmt::Debug for SharedCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedCalls").field("connection", &self.connection).finish_non_exhaustive()
    }
}

impl CallGate for SharedCalls {
    fn take(&self, ask: CallAsk) -> GateFuture<'_, CallTurn> {
        Box::pin(async move {
            let now_ms = self.clock.now_ms();
            let taken = self.store.call_budget_take(self.connection, &ask, now_ms).await;
            taken.map_err(|error| GateClosed(with_causes(&error)))
        })
    }

    fn tell(&self, told: CallTold) -> GateFuture<'_, bool> {
        Box::pin(async move {
            let now_ms = self.clock.now_ms();
            let noted = self.store.call_budget_tell(self.connection, told, now_ms).await;
            noted.map_err(|error| GateClosed(with_causes(&error)))
        })
    }
}
