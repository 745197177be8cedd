//! Who does a piece of work, until when.
//!
//! A [`Fence`] carries a token that grows with each taking. Writes that it guards compare the
//! token in their own transaction, so an owner that lost its lease without knowing writes
//! nothing. Expiry alone refuses nobody: only another owner's taking does. A released lease keeps
//! its row, so that tokens never repeat.

use crate::db::{Tx, args, write_tx};
use crate::error::StoreError;
use crate::tenant::TenantStore;

/// Proof of having taken a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// Which lease.
    pub name: String,
    /// Who took it.
    pub owner: String,
    /// Larger than that of every taking before.
    pub token: i64,
}

/// Another owner holds the lease.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{owner} holds the lease")]
pub struct LeaseHeld {
    /// Who.
    pub owner: String,
    /// When it expires unless renewed, in milliseconds UTC.
    pub until_ms: i64,
}

/// A wish to take a lease.
#[derive(Debug, Clone, Copy)]
pub struct LeaseTake<'a> {
    /// Which lease.
    pub name: &'a str,
    /// Who takes it; unique to this taking, so that a program cannot take from itself.
    pub owner: &'a str,
    /// How long it holds without renewal, in milliseconds.
    pub ttl_ms: i64,
    /// Milliseconds UTC.
    pub now_ms: i64,
}

impl TenantStore {
    /// Takes a lease that nobody holds, that expired, or whose owner is known to be dead.
    ///
    /// # Errors
    /// The outer error when the database fails; the inner one when another owner holds it.
    #[tracing::instrument(name = "store.lease_take", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn lease_take(
        &self,
        take: LeaseTake<'_>,
        is_owner_dead: impl Fn(&str) -> bool + Sync,
    ) -> Result<Result<Fence, LeaseHeld>, StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            // The row exists before it is locked, so two first takers meet at the lock.
            tx.exec(
                "INSERT INTO lease (tenant_id, name, owner, token, until) VALUES ($1, $2, '', 0, 0) \
                 ON CONFLICT (tenant_id, name) DO NOTHING",
                args![self.id, take.name],
            )
            .await?;
            let (owner, token, until_ms) = locked(self, tx, take.name).await?.unwrap_or_default();
            if !owner.is_empty() && until_ms > take.now_ms && !is_owner_dead(&owner) {
                Err(LeaseHeld { owner, until_ms })
            } else {
                let until = take.now_ms.saturating_add(take.ttl_ms);
                tx.exec(
                    "UPDATE lease SET owner = $3, token = $4, until = $5 WHERE tenant_id = $1 AND name = $2",
                    args![self.id, take.name, take.owner, token + 1, until],
                )
                .await?;
                Ok(Fence {
                    name: take.name.to_owned(),
                    owner: take.owner.to_owned(),
                    token: token + 1,
                })
            }
        })
    }

    /// Prolongs a lease.
    ///
    /// # Errors
    /// `LeaseLost` when another owner took it.
    #[tracing::instrument(name = "store.lease_renew", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn lease_renew(
        &self,
        fence: &Fence,
        ttl_ms: i64,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let until = now_ms.saturating_add(ttl_ms);
        write_tx!(self.db(), self.scope(), |tx| {
            let renewed = tx
                .exec(
                    "UPDATE lease SET until = $5 WHERE tenant_id = $1 AND name = $2 AND owner = $3 AND token = $4",
                    args![self.id, &fence.name, &fence.owner, fence.token, until],
                )
                .await?;
            if renewed == 0 {
                Err(StoreError::LeaseLost)?;
            }
        })
    }

    /// Gives a lease back. Does nothing when another owner took it.
    ///
    /// # Errors
    /// When the database fails; the lease then expires by itself.
    #[tracing::instrument(name = "store.lease_release", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn lease_release(&self, fence: Fence) -> Result<(), StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(
                "UPDATE lease SET owner = '', until = 0 WHERE tenant_id = $1 AND name = $2 AND owner = $3 AND token = $4",
                args![self.id, &fence.name, &fence.owner, fence.token],
            )
            .await?;
        })
    }

    /// Refuses when another owner took the lease; else keeps others from taking it until the
    /// transaction ends.
    pub(crate) async fn check_fence(&self, tx: &mut Tx, fence: &Fence) -> Result<(), StoreError> {
        match locked(self, tx, &fence.name).await? {
            Some((owner, token, _)) if owner == fence.owner && token == fence.token => Ok(()),
            _ => Err(StoreError::LeaseLost),
        }
    }
}

/// Owner, token and expiry; the row is locked until the transaction ends.
async fn locked(
    store: &TenantStore,
    tx: &mut Tx,
    name: &str,
) -> Result<Option<(String, i64, i64)>, StoreError> {
    let lock = tx.for_update();
    let sql =
        format!("SELECT owner, token, until FROM lease WHERE tenant_id = $1 AND name = $2{lock}");
    match tx.one("lease", sql, args![store.id, name]).await? {
        Some(row) => Ok(Some((row.text(0)?, row.int(1)?, row.int(2)?))),
        None => Ok(None),
    }
}
