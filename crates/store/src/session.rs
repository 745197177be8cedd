//! Who is signed in, on which browser.
//!
//! The browser holds a random token of 256 bits and the tenant's number; the store holds the
//! token's SHA-256, so that a copy of the database signs nobody in. Every request asks
//! [`TenantStore::visit`], which only reads; that a session was seen is written at most
//! once a minute. Role, limit and activity are read with it, so a change of them holds at once.

use almanac_model::id::TenantId;
use serde_json::json;
use uuid::Uuid;

use crate::change::ChangeHead;
use crate::db::{Row, Tx, args, write_tx};
use crate::error::StoreError;
use crate::pulse::{self, Pulse};
use crate::tenant::TenantStore;
use crate::tenant_admin::new_uuid;
use crate::user::{self, ChangedBy, User};

/// How often it is written that a session was seen: a request should not cost a write.
const TOUCH_EVERY_MS: i64 = 60_000;

/// What a browser calls itself is cut here; it is shown, never read.
const USER_AGENT_CHARS_MAX: usize = 300;

const COLUMNS: &str = "s.id, s.user_id, s.created_at, s.seen_at, s.address, s.user_agent";

/// How long sessions hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// So long without a request, in milliseconds.
    pub idle_ms_max: i64,
    /// So long after the sign-in, in milliseconds.
    pub age_ms_max: i64,
}

/// A session to begin.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Who signs in, as verified.
    pub user: &'a User,
    /// SHA-256 of the token that the browser gets.
    pub token_sha256: [u8; 32],
    /// Where the request came from, for the person to recognise.
    pub address: &'a str,
    /// What the browser calls itself, for the person to recognise.
    pub user_agent: &'a str,
    /// How long sessions hold; the tenant's lapsed ones are removed.
    pub limits: SessionLimits,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names it to its user; not the token.
    pub id: Uuid,
    /// Whose it is.
    pub user: Uuid,
    /// When the person signed in, in milliseconds UTC.
    pub created_at: i64,
    /// When it was last seen, to the minute, in milliseconds UTC.
    pub seen_at: i64,
    /// Where the sign-in came from.
    pub address: String,
    /// What the browser called itself.
    pub user_agent: String,
}

/// A session with its user as both are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Who it is; active.
    pub user: User,
    /// Whether [`TenantStore::session_touch`] should be called, beside the answer.
    pub is_touch_due: bool,
}

/// What a request of a person begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Who asks.
    pub signed_in: SignedIn,
    /// Their tenant in one look.
    pub pulse: Pulse,
    /// How far the tenant's changes are, as [`TenantStore::change_head`] says it.
    pub head: ChangeHead,
}

impl Session {
    fn from_row(row: &Row) -> Result<Session, StoreError> {
        Ok(Session {
            id: row.uuid(0)?,
            user: row.uuid(1)?,
            created_at: row.int(2)?,
            seen_at: row.int(3)?,
            address: row.text(4)?,
            user_agent: row.text(5)?,
        })
    }
}

impl SessionLimits {
    /// The earliest `seen_at` and `created_at` that still hold.
    fn earliest(self, now_ms: i64) -> (i64, i64) {
        (now_ms.saturating_sub(self.idle_ms_max), now_ms.saturating_sub(self.age_ms_max))
    }
}

impl TenantStore {
    /// Begins a session, removes the tenant's lapsed ones, and writes the sign-in to the audit.
    /// `None` when the user was deactivated or got another password since being verified.
    ///
    /// # Errors
    /// When the database fails; then nobody is signed in.
    #[tracing::instrument(name = "store.session_create", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn session_create(&self, new: NewSession<'_>) -> Result<Option<Session>, StoreError> {
        let session = Session {
            id: new_uuid(new.at_ms)?,
            user: new.user.id,
            created_at: new.at_ms,
            seen_at: new.at_ms,
            address: new.address.to_owned(),
            user_agent: new.user_agent.chars().take(USER_AGENT_CHARS_MAX).collect(),
        };
        let keyring = &self.shared.keyring;
        let (seen_min, created_min) = new.limits.earliest(new.at_ms);
        let prune =
            "DELETE FROM session WHERE tenant_id = $1 AND (seen_at < $2 OR created_at < $3)";
        let insert = "INSERT INTO session (tenant_id, id, user_id, token_sha256, created_at, seen_at, \
                      address, user_agent) VALUES ($1, $2, $3, $4, $5, $5, $6, $7)";
        write_tx!(self.db(), self.scope(), |tx| {
            let lock = tx.for_update();
            let same = format!(
                "SELECT 1 FROM tenant_user WHERE tenant_id = $1 AND id = $2 AND is_active \
                 AND password_changed_at = $3{lock}"
            );
            let verified = args![self.id, session.user, new.user.password_changed_at];
            if tx.one("tenant_user", same, verified).await?.is_none() {
                None
            } else {
                tx.exec(prune, args![self.id, seen_min, created_min]).await?;
                tx.exec(
                    insert,
                    args![
                        self.id,
                        session.id,
                        session.user,
                        new.token_sha256.to_vec(),
                        new.at_ms,
                        &session.address,
                        &session.user_agent
                    ],
                )
                .await?;
                let by = ChangedBy { actor: &new.user.email, at_ms: new.at_ms };
                let detail =
                    json!({ "user": session.user.to_string(), "address": session.address });
                user::note(tx, keyring, self.id, by, ("session.begin", session.id), &detail)
                    .await?;
                Some(session.clone())
            }
        })
    }

    /// What a request of a person begins with, in one transaction; `None` where the session with
    /// this token does not hold any more or its user is not active.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.visit", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn visit(
        &self,
        token_sha256: &[u8; 32],
        now_ms: i64,
        limits: SessionLimits,
    ) -> Result<Option<Visit>, StoreError> {
        let mut tx = self.read().await?;
        let found = find(&mut tx, self.id, token_sha256, now_ms, limits).await?;
        let Some(signed_in) = found else { return Ok(None) };
        let Some((pulse, head)) = pulse::read(&mut tx, self.id).await? else { return Ok(None) };
        Ok(Some(Visit { signed_in, pulse, head }))
    }

    /// Writes that a session was seen, unless that was written within the last minute.
    ///
    /// # Errors
    /// When the database fails; the session then seems idle for longer than it is.
    #[tracing::instrument(name = "store.session_touch", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn session_touch(&self, id: Uuid, now_ms: i64) -> Result<(), StoreError> {
        let sql =
            "UPDATE session SET seen_at = $3 WHERE tenant_id = $1 AND id = $2 AND seen_at <= $4";
        let before = now_ms.saturating_sub(TOUCH_EVERY_MS);
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(sql, args![self.id, id, now_ms, before]).await?;
        })
    }

    /// A user's sessions that hold, the last seen first.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.session_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn session_list(
        &self,
        user: Uuid,
        now_ms: i64,
        limits: SessionLimits,
    ) -> Result<Vec<Session>, StoreError> {
        let (seen_min, created_min) = limits.earliest(now_ms);
        let sql = format!(
            "SELECT {COLUMNS} FROM session s WHERE s.tenant_id = $1 AND s.user_id = $2 \
             AND s.seen_at >= $3 AND s.created_at >= $4 ORDER BY s.seen_at DESC, s.id DESC"
        );
        let mut tx = self.read().await?;
        let rows = tx.rows("session", sql, args![self.id, user, seen_min, created_min]).await?;
        rows.iter().map(Session::from_row).collect()
    }

    /// Ends one of a user's sessions; false when the user has no such session.
    ///
    /// # Errors
    /// When the database fails; the session then goes on.
    #[tracing::instrument(name = "store.session_end", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn session_end(
        &self,
        user: Uuid,
        id: Uuid,
        by: ChangedBy<'_>,
    ) -> Result<bool, StoreError> {
        let keyring = &self.shared.keyring;
        let sql = "DELETE FROM session WHERE tenant_id = $1 AND user_id = $2 AND id = $3";
        write_tx!(self.db(), self.scope(), |tx| {
            let is_ended = tx.exec(sql, args![self.id, user, id]).await? > 0;
            if is_ended {
                let detail = json!({ "user": user.to_string() });
                user::note(tx, keyring, self.id, by, ("session.end", id), &detail).await?;
            }
            is_ended
        })
    }

    /// Ends a user's sessions, all or all but one; returns how many.
    ///
    /// # Errors
    /// When the database fails; then all go on.
    #[tracing::instrument(name = "store.session_end_all", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn session_end_all(
        &self,
        user: Uuid,
        except: Option<Uuid>,
        by: ChangedBy<'_>,
    ) -> Result<u64, StoreError> {
        let keyring = &self.shared.keyring;
        let kept = except.unwrap_or_else(Uuid::nil);
        let sql = "DELETE FROM session WHERE tenant_id = $1 AND user_id = $2 AND id <> $3";
        write_tx!(self.db(), self.scope(), |tx| {
            let ended = tx.exec(sql, args![self.id, user, kept]).await?;
            if ended > 0 {
                let detail = json!({ "sessions_ended": ended });
                user::note(tx, keyring, self.id, by, ("user.sign_out", user), &detail).await?;
            }
            ended
        })
    }
}

/// The session with this token and its user, when it holds still and the user is active.
async fn find(
    tx: &mut Tx,
    tenant: TenantId,
    token_sha256: &[u8; 32],
    now_ms: i64,
    limits: SessionLimits,
) -> Result<Option<SignedIn>, StoreError> {
    let (seen_min, created_min) = limits.earliest(now_ms);
    let sql = format!(
        "SELECT {COLUMNS}, {} FROM session s \
         JOIN tenant_user u ON u.tenant_id = s.tenant_id AND u.id = s.user_id \
         WHERE s.tenant_id = $1 AND s.token_sha256 = $2 AND s.seen_at >= $3 \
         AND s.created_at >= $4 AND u.is_active",
        user::COLUMNS
    );
    let args = args![tenant, token_sha256.as_slice(), seen_min, created_min];
    let Some(row) = tx.one("session", sql, args).await? else { return Ok(None) };
    let session = Session::from_row(&row)?;
    let mut user = User::from_row(&row, 6)?;
    user::load_clients(tx, tenant, &mut user).await?;
    let is_touch_due = now_ms.saturating_sub(session.seen_at) >= TOUCH_EVERY_MS;
    Ok(Some(SignedIn { session, user, is_touch_due }))
}
