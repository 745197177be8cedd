//! The fleets of every tenant that somebody looks at, each kept up to date when it is asked for.
//!
//! Nothing here must survive: a fleet can be loaded again at any time, so every node of a cluster
//! holds its own. One request at a time brings a tenant's fleet up to date. What a person changed
//! is always waited for; what only a sync changed is taken in once a second, and until then, or
//! while another request is at it, the fleet at hand is given.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use almanac_model::id::TenantId;
use almanac_store::{ChangeHead, Store, TenantStore};
use jiff::civil::Date;

use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::load::{load, refresh};
use crate::options::FleetOptions;

/// How long a fleet that only a sync has changed may be given as it is.
const SYNC_LAG_MS: i64 = 1_000;

/// When a fleet is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The day to grade on.
    pub on: Date,
    /// The instant, in milliseconds UTC.
    pub at_ms: i64,
}

/// The fleets of every tenant that somebody looks at.
#[derive(Debug)]
pub struct Fleets {
    options: FleetOptions,
    slots: Mutex<HashMap<TenantId, Arc<Slot>>>,
    /// Grows with each use, to tell who was used last.
    uses: AtomicU64,
}

/// One tenant's place.
#[derive(Debug, Default)]
struct Slot {
    held: Mutex<Option<Held>>,
    refreshing: tokio::sync::Mutex<()>,
    used: AtomicU64,
}

#[derive(Debug, Clone)]
struct Held {
    fleet: Arc<Fleet>,
    bytes: usize,
    refreshed_at_ms: i64,
}

/// Whether a fleet at hand will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// It will, but for the instant of the last scan.
    Nothing,
    /// A sync changed something a while ago; it will, if another request is at it.
    Soon,
    /// It will not.
    Now,
}

impl Held {
    fn need(&self, head: ChangeHead, moment: Moment) -> Need {
        let held = &self.fleet.head;
        let is_same = held.epoch == head.epoch && held.connection == head.connection;
        if !is_same || self.fleet.on() != moment.on || head.decided > held.seq {
            return Need::Now;
        }
        if head.seq > held.seq {
            let lag_ms = moment.at_ms.saturating_sub(self.refreshed_at_ms);
            return if (0..SYNC_LAG_MS).contains(&lag_ms) { Need::Nothing } else { Need::Soon };
        }
        Need::Nothing
    }

    /// The fleet with the instant of the newest scan.
    fn stamped(&self, head: ChangeHead) -> Arc<Fleet> {
        let held = &self.fleet.head;
        // While changes are still to be taken in, their scan's instant must wait with them.
        if head.seq > held.seq || head.assets_scanned_at <= held.assets_scanned_at {
            return Arc::clone(&self.fleet);
        }
        let mut fleet = Fleet::clone(&self.fleet);
        fleet.head.assets_scanned_at = head.assets_scanned_at;
        Arc::new(fleet)
    }
}

impl Fleets {
    /// No fleet yet.
    pub fn new(options: FleetOptions) -> Fleets {
        Fleets { options, slots: Mutex::default(), uses: AtomicU64::new(0) }
    }

    /// What the program decided about fleets.
    pub fn options(&self) -> &FleetOptions {
        &self.options
    }

    /// A tenant's fleet, graded on the moment's day. It holds everything that was committed by a
    /// person before the call, and what a sync committed but for about the last second.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn get(&self, store: &TenantStore, moment: Moment) -> Result<Arc<Fleet>, FleetError> {
        let head = store.change_head().await?;
        self.get_at(store, head, moment).await
    }

    /// The same for whoever knows how far changes are already: it holds what was committed by a
    /// person before `head` was read.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "fleet.get", level = "debug", skip_all, fields(tenant.id = %store.id()))]
    pub async fn get_at(
        &self,
        store: &TenantStore,
        head: ChangeHead,
        moment: Moment,
    ) -> Result<Arc<Fleet>, FleetError> {
        let slot = self.slot(store.id());
        let held = slot.held();
        let need = held.as_ref().map_or(Need::Now, |held| held.need(head, moment));
        let guard = match (held, need) {
            (Some(held), Need::Nothing) => return Ok(held.stamped(head)),
            (Some(held), Need::Soon) => match slot.refreshing.try_lock() {
                Ok(guard) => guard,
                Err(_) => return Ok(held.fleet),
            },
            _ => slot.refreshing.lock().await,
        };
        // Another request may have done the work while this one waited for its turn.
        let held = slot.held();
        if let Some(held) = held.as_ref().filter(|held| held.need(head, moment) == Need::Nothing) {
            return Ok(held.stamped(head));
        }
        let fleet = match &held {
            None => load(store, head, moment.on, &self.options).await?,
            Some(held) => refresh(store, &held.fleet, head, moment.on, &self.options).await?,
        };
        let fleet = Arc::new(fleet);
        let bytes = fleet.bytes();
        *locked(&slot.held) =
            Some(Held { fleet: Arc::clone(&fleet), bytes, refreshed_at_ms: moment.at_ms });
        drop(guard);
        self.evict(store.id());
        Ok(fleet)
    }

    /// Loads fleets before anybody asks for them, one tenant after the other, while they take at
    /// most half of the memory that they may. Who asks meanwhile waits for the same load.
    ///
    /// # Errors
    /// When the database cannot be read; the tenants after that are loaded when they are asked for.
    pub async fn warm(&self, store: &Store, moment: Moment) -> Result<(), FleetError> {
        for tenant in store.tenant_list().await? {
            if self.bytes() > self.options.bytes_max / 2 {
                break;
            }
            self.get(&store.tenant(tenant.id), moment).await?;
        }
        Ok(())
    }

    /// About how much memory all fleets take, in bytes.
    pub fn bytes(&self) -> usize {
        let slots = locked(&self.slots);
        slots.values().filter_map(|slot| slot.held()).map(|held| held.bytes).sum()
    }

    fn slot(&self, tenant: TenantId) -> Arc<Slot> {
        let slot = Arc::clone(locked(&self.slots).entry(tenant).or_default());
        slot.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        slot
    }

    /// Forgets the fleets that were used longest ago until the rest fits; never `keep`.
    fn evict(&self, keep: TenantId) {
        let mut slots = locked(&self.slots);
        let mut held: Vec<(u64, TenantId, usize)> = slots
            .iter()
            .filter_map(|(id, slot)| {
                Some((slot.used.load(Ordering::Relaxed), *id, slot.held()?.bytes))
            })
            .collect();
        held.sort_unstable();
        let mut bytes: usize = held.iter().map(|(_, _, bytes)| bytes).sum();
        for (_, tenant, of_tenant) in held {
            if bytes <= self.options.bytes_max {
                break;
            }
            if tenant != keep {
                slots.remove(&tenant);
                bytes -= of_tenant;
                tracing::debug!(tenant.id = %tenant, bytes = of_tenant, "a fleet was forgotten");
            }
        }
    }
}

impl Slot {
    fn held(&self) -> Option<Held> {
        locked(&self.held).clone()
    }
}

/// What a mutex guards is only ever replaced whole, so a panic elsewhere leaves it sound.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
