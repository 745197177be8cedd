//! The only way to a tenant's data.
//!
//! A [`TenantStore`] is bound to one tenant by the root that hands it out. Each area adds its
//! methods in its own file; every statement there carries the tenant's id, and on PostgreSQL the
//! transaction also runs under a role that sees only this tenant's rows.

use std::sync::Arc;

use almanac_model::id::TenantId;
use tokio::sync::Notify;

use crate::db::{Db, Scope, Tx};
use crate::error::StoreError;
use crate::keyring::Keyring;

/// What every view of one open database shares.
pub(crate) struct Shared {
    pub(crate) db: Db,
    pub(crate) keyring: Keyring,
    /// Something is to be done at once, for who works in this process.
    pub(crate) woken: Notify,
}

/// One tenant's view of the store. Cheap to clone.
#[derive(Clone)]
pub struct TenantStore {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: TenantId,
}

impl std::fmt::Debug for TenantStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantStore").field("id", &self.id).finish_non_exhaustive()
    }
}

impl TenantStore {
    /// The tenant this view is bound to.
    pub fn id(&self) -> TenantId {
        self.id
    }

    pub(crate) fn db(&self) -> &Db {
        &self.shared.db
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope::Tenant(self.id)
    }

    /// Begins a transaction that only reads.
    pub(crate) async fn read(&self) -> Result<Tx, StoreError> {
        self.db().read(self.scope()).await
    }
}
