//! A form that is sent twice does its work once.
//!
//! The page puts a random key into the form. The first request with it takes the key, does the
//! work and notes where it led; a second one is led there too. The note is its own transaction
//! after the work's, so a process that dies between them leaves a key that is taken: after a
//! minute it may be taken again, and what the form does must bear that.

use uuid::Uuid;

use crate::db::{args, write_tx};
use crate::error::StoreError;
use crate::tenant::TenantStore;

/// No form is worked on for longer; who took the key is gone.
const ABANDONED_MS: i64 = 60_000;

/// Nobody sends yesterday's form again.
const KEPT_MS: i64 = 24 * 3_600_000;

/// Keys are made by our pages and much shorter.
const KEY_BYTES_MAX: usize = 100;

/// Whether a request should do its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestKeyTake {
    /// Do it, then call [`TenantStore::request_key_done`], or
    /// [`TenantStore::request_key_release`] when it could not be done.
    Taken,
    /// Another request is doing it.
    Running,
    /// It was done and led here.
    Done(String),
}

impl TenantStore {
    /// Takes a form's key for a request.
    ///
    /// # Errors
    /// `Invalid` when the key is empty or longer than any of ours.
    #[tracing::instrument(name = "store.request_key_take", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn request_key_take(
        &self,
        user: Uuid,
        key: &str,
        at_ms: i64,
    ) -> Result<RequestKeyTake, StoreError> {
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Err(StoreError::Invalid("this is not the key of a form".to_owned()));
        }
        let prune = "DELETE FROM request_key WHERE tenant_id = $1 AND user_id = $2 AND at < $3";
        // One statement decides, so that of two at once one takes it.
        let take = "INSERT INTO request_key (tenant_id, user_id, key, at) VALUES ($1, $2, $3, $4) \
                    ON CONFLICT (tenant_id, user_id, key) DO UPDATE SET at = excluded.at \
                    WHERE request_key.location IS NULL AND request_key.at < $5";
        let find =
            "SELECT location FROM request_key WHERE tenant_id = $1 AND user_id = $2 AND key = $3";
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(prune, args![self.id, user, at_ms.saturating_sub(KEPT_MS)]).await?;
            let abandoned = at_ms.saturating_sub(ABANDONED_MS);
            if tx.exec(take, args![self.id, user, key, at_ms, abandoned]).await? > 0 {
                RequestKeyTake::Taken
            } else {
                let row = tx.one("request_key", find, args![self.id, user, key]).await?;
                match row.map(|row| row.text_opt(0)).transpose()?.flatten() {
                    Some(location) => RequestKeyTake::Done(location),
                    None => RequestKeyTake::Running,
                }
            }
        })
    }

    /// Notes where a form's work led.
    ///
    /// # Errors
    /// When the database fails; the form could then be worked on again after a minute.
    #[tracing::instrument(name = "store.request_key_done", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn request_key_done(
        &self,
        user: Uuid,
        key: &str,
        location: &str,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE request_key SET location = $4 \
                   WHERE tenant_id = $1 AND user_id = $2 AND key = $3";
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(sql, args![self.id, user, key, location]).await?;
        })
    }

    /// Gives a key back whose work was not done, so that the mended form can be sent.
    ///
    /// # Errors
    /// When the database fails; the key is then free after a minute.
    #[tracing::instrument(name = "store.request_key_release", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn request_key_release(&self, user: Uuid, key: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM request_key \
                   WHERE tenant_id = $1 AND user_id = $2 AND key = $3 AND location IS NULL";
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(sql, args![self.id, user, key]).await?;
        })
    }
}
