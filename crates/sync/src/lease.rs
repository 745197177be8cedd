//! One run per connection: a lease with a heartbeat.
//!
//! The lease only saves work; correctness is the fence that every commit checks, so that a run
//! which slept through its lease can no longer write. A lease whose owner is known to be dead (a
//! process of this machine that has gone) is taken over at once.

use std::sync::Arc;
use std::time::Duration;

use almanac_store::{Fence, LeaseTake, TenantStore};

use crate::clock::Clock;
use crate::error::SyncError;
use crate::task::{Task, leave_behind};

/// How long a run may be silent before another takes over.
const LEASE_TTL_MS: i64 = 30_000;

/// A run of the lease's length renews it about three times.
const HEARTBEAT: Duration = Duration::from_secs(9);

/// Who a run is, and how to tell that another is dead.
#[derive(Clone)]
pub struct Owner {
    /// Names this process, on this machine, since its start.
    pub name: String,
    /// Whether the process of that name has certainly ended.
    pub is_dead: fn(&str) -> bool,
}

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Owner").field(&self.name).finish()
    }
}

/// A lease that is kept while this value lives.
pub(crate) struct HeldLease {
    store: TenantStore,
    /// `None` once it was given back.
    fence: Option<Fence>,
    _heartbeat: Task<()>,
}

impl HeldLease {
    /// Takes the lease, or says who has it.
    pub(crate) async fn take(
        store: &TenantStore,
        name: &str,
        owner: &Owner,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SyncError> {
        let take =
            LeaseTake { name, owner: &owner.name, ttl_ms: LEASE_TTL_MS, now_ms: clock.now_ms() };
        let fence = match store.lease_take(take, owner.is_dead).await? {
            Ok(fence) => fence,
            Err(held) => return Err(SyncError::Busy { owner: held.owner }),
        };
        let heartbeat = Task::start(beat(store.clone(), fence.clone(), clock));
        Ok(Self { store: store.clone(), fence: Some(fence), _heartbeat: heartbeat })
    }

    pub(crate) fn fence(&self) -> &Fence {
        self.fence.as_ref().expect("it is given back only at the end")
    }

    /// Whether the lease may have passed to another since then without a commit that told so: who was
    /// frozen for as long cannot know.
    pub(crate) fn may_have_passed(since_ms: i64, now_ms: i64) -> bool {
        now_ms - since_ms >= LEASE_TTL_MS
    }

    pub(crate) async fn release(mut self) -> Result<(), SyncError> {
        match self.fence.take() {
            Some(fence) => Ok(self.store.lease_release(fence).await?),
            None => Ok(()),
        }
    }
}

impl Drop for HeldLease {
    /// A run that is given up in the middle hands its lease back, so that another can begin.
    fn drop(&mut self) {
        let Some(fence) = self.fence.take() else { return };
        let store = self.store.clone();
        leave_behind(async move {
            if let Err(error) = store.lease_release(fence).await {
                tracing::warn!(error = %error, "A lease will expire by itself.");
            }
        });
    }
}

/// Renews until the lease is lost; the next commit then finds out by its fence.
async fn beat(store: TenantStore, fence: Fence, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        if let Err(error) = store.lease_renew(&fence, LEASE_TTL_MS, clock.now_ms()).await {
            tracing::warn!(error = %error, "The lease of a sync could not be renewed.");
        }
    }
}
