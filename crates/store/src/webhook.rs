//! A connection's webhook: its address, its sealed secret, how it is doing at the PSA.
//!
//! The secret is made here and leaves this file only as a `SecretString`, for the one call that
//! tells it to the PSA. Deliveries are checked here: whoever receives them never holds it. A secret
//! that is turned over counts on until the PSA was told the newer one, and for
//! [`SECRET_GRACE_MS`] after that, because deliveries signed before are still on their way.

use almanac_model::author::Author;
use almanac_model::id::{ConnectionId, TenantId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::ask::{self, WEBHOOK_SETUP};
use crate::audit::{self, Audit};
use crate::connection::ReadBy;
use crate::db::{Row, Scope, Tx, args, write_tx};
use crate::error::StoreError;
use crate::job::{self, NewJob};
use crate::keyring::{self, Keyring};
use crate::store::Store;
use crate::tenant::TenantStore;
use crate::tenant_key;

/// A secret counts for so long after the PSA was told the next one.
pub const SECRET_GRACE_MS: i64 = 15 * 60_000;

const COLUMNS: &str = "connection_id, address, base_url, remote_id, is_wanted, author, asked_at, \
                       registered_at, heard_at, checked_at, problem, problem_text, problem_at";

/// What is wrong with a webhook at the PSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookProblem {
    /// The PSA does not let us register, or see what is registered.
    NoRight,
    /// The PSA refused it, in words.
    Refused,
    /// The PSA no longer sends to it.
    Disabled,
    /// The PSA no longer has it.
    Removed,
    /// Somebody changed it.
    Changed,
    /// It told nothing, while polls found what it should have told.
    Silent,
}

impl WebhookProblem {
    /// Every problem.
    pub const ALL: [WebhookProblem; 6] = [
        WebhookProblem::NoRight,
        WebhookProblem::Refused,
        WebhookProblem::Disabled,
        WebhookProblem::Removed,
        WebhookProblem::Changed,
        WebhookProblem::Silent,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            WebhookProblem::NoRight => "no_right",
            WebhookProblem::Refused => "refused",
            WebhookProblem::Disabled => "disabled",
            WebhookProblem::Removed => "removed",
            WebhookProblem::Changed => "changed",
            WebhookProblem::Silent => "silent",
        }
    }
}

/// A problem since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookTrouble {
    /// Which.
    pub problem: WebhookProblem,
    /// The PSA's words, or ours.
    pub text: String,
    /// Milliseconds UTC.
    pub since: i64,
}

/// A connection's webhook, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Whose.
    pub connection: ConnectionId,
    /// The random part of the address that the PSA calls.
    pub address: Uuid,
    /// Where this program is reached from the PSA.
    pub base_url: String,
    /// What the PSA calls it, once it is registered.
    pub remote_id: Option<String>,
    /// Whether it is to be registered, else removed.
    pub is_wanted: bool,
    /// Who asked for that last.
    pub by: Author,
    /// Milliseconds UTC.
    pub asked_at: i64,
    /// When the PSA last took it, in milliseconds UTC.
    pub registered_at: Option<i64>,
    /// When it last told something, in milliseconds UTC.
    pub heard_at: Option<i64>,
    /// When the PSA was last asked about it, in milliseconds UTC.
    pub checked_at: Option<i64>,
    /// What is wrong.
    pub trouble: Option<WebhookTrouble>,
}

impl Webhook {
    /// The address that the PSA calls.
    pub fn url(&self) -> String {
        format!("{}/webhooks/halo/{}", self.base_url.trim_end_matches('/'), self.address)
    }

    /// Whether it is registered and nothing is known to be wrong.
    pub fn is_well(&self) -> bool {
        self.is_wanted && self.remote_id.is_some() && self.trouble.is_none()
    }

    fn from_row(row: &Row) -> Result<Webhook, StoreError> {
        let trouble = match row.text_opt(10)? {
            None => None,
            Some(name) => {
                let found = WebhookProblem::ALL.into_iter().find(|known| known.name() == name);
                Some(WebhookTrouble {
                    problem: found.ok_or_else(|| row.corrupt(10))?,
                    text: row.text_opt(11)?.unwrap_or_default(),
                    since: row.int_opt(12)?.unwrap_or(0),
                })
            }
        };
        Ok(Webhook {
            connection: row.connection_id(0)?,
            address: row.uuid(1)?,
            base_url: row.text(2)?,
            remote_id: row.text_opt(3)?,
            is_wanted: row.bool(4)?,
            by: serde_json::from_str(&row.text(5)?).map_err(|_| row.corrupt(5))?,
            asked_at: row.int(6)?,
            registered_at: row.int_opt(7)?,
            heard_at: row.int_opt(8)?,
            checked_at: row.int_opt(9)?,
            trouble,
        })
    }
}

/// Whose webhook a delivery was signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookOf {
    /// The tenant.
    pub tenant: TenantId,
    /// Its connection.
    pub connection: ConnectionId,
}

impl Store {
    /// Whose delivery this is: base64 of HMAC-SHA256 of the raw body under the secret of that address
    /// (HALO-API 3.21, Q-57), compared in constant time. `None` for a wrong signature and, with the
    /// same work, for an address that nobody has.
    ///
    /// # Errors
    /// When the database cannot be read, or the key file lacks a key.
    #[tracing::instrument(name = "store.webhook_check", level = "debug", skip_all)]
    pub async fn webhook_check(
        &self,
        address: Option<Uuid>,
        body: &[u8],
        signature: &str,
        at_ms: i64,
    ) -> Result<Option<WebhookOf>, StoreError> {
        let mut tx = self.db().read(Scope::Root).await?;
        let sql = "SELECT tenant_id, connection_id, secret, secret_before, before_until \
                   FROM webhook WHERE address = $1";
        let row = tx.one("webhook", sql, args![address.unwrap_or_default()]).await?;
        let (mut of, mut secrets) = (None, Vec::new());
        if let Some(row) = &row {
            let (tenant, connection) = (row.tenant_id(0)?, row.connection_id(1)?);
            of = Some(WebhookOf { tenant, connection });
            let keyring = &self.shared.keyring;
            secrets.push(open(&mut tx, keyring, tenant, connection, &row.bytes(2)?).await?);
            let counts = row.int_opt(4)?.is_none_or(|until| at_ms < until);
            if let Some(before) = row.bytes_opt(3)?.filter(|_| counts) {
                secrets.push(open(&mut tx, keyring, tenant, connection, &before).await?);
            }
        } else {
            secrets.push(Zeroizing::new(vec![0; 44]));
        }
        let signature = BASE64.decode(signature.trim()).unwrap_or_default();
        // Each is compared, whatever the one before said.
        let is_signed =
            secrets.iter().fold(false, |is, secret| is | is_by(secret, body, &signature));
        Ok(of.filter(|_| is_signed))
    }
}

fn is_by(secret: &[u8], body: &[u8], signature: &[u8]) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(body);
    mac.verify_slice(signature).is_ok()
}

async fn open(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    connection: ConnectionId,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let corrupt = || StoreError::corrupt("webhook", "secret", connection.to_string());
    let key_id = keyring::sealed_by(sealed).ok_or_else(corrupt)?;
    let data = tenant_key::data_key(tx, keyring, tenant, key_id).await?;
    keyring::open(&data.key, &place(tenant, connection), sealed).ok_or_else(corrupt)
}

fn place(tenant: TenantId, connection: ConnectionId) -> String {
    tenant_key::place(tenant, "webhook", "secret", connection.0)
}

impl TenantStore {
    /// A connection's webhook, if one was ever asked for and is not removed.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.webhook", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn webhook(&self, connection: ConnectionId) -> Result<Option<Webhook>, StoreError> {
        let mut tx = self.read().await?;
        let sql =
            format!("SELECT {COLUMNS} FROM webhook WHERE tenant_id = $1 AND connection_id = $2");
        let row = tx.one("webhook", sql, args![self.id, connection]).await?;
        row.as_ref().map(Webhook::from_row).transpose()
    }

    /// Asks for the webhook to be registered at the PSA under a fresh secret: the address stays what
    /// it was. The job and the audit entry are in the same transaction.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    #[tracing::instrument(name = "store.webhook_ask", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn webhook_ask(
        &self,
        connection: ConnectionId,
        base_url: &str,
        by: &Author,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let keyring = &self.shared.keyring;
        let author = serde_json::to_string(by).expect("an author is plain data");
        write_tx!(self.db(), self.scope(), |tx| {
            let data = tenant_key::data_key_newest(tx, keyring, self.id, at_ms).await?;
            let secret = BASE64.encode(keyring::random_key()?.as_slice());
            let place = place(self.id, connection);
            let sealed = keyring::seal((data.id, &data.key), &place, secret.as_bytes())?;
            // While the PSA was not told the newest, the one that it was told last stays.
            tx.exec(
                "INSERT INTO webhook (tenant_id, connection_id, address, base_url, secret, is_wanted, \
                 author, asked_at, takings) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) \
                 ON CONFLICT (tenant_id, connection_id) DO UPDATE SET base_url = excluded.base_url, \
                 secret_before = CASE WHEN webhook.secret_before IS NOT NULL AND webhook.before_until IS NULL \
                 THEN webhook.secret_before ELSE webhook.secret END, before_until = NULL, \
                 secret = excluded.secret, is_wanted = excluded.is_wanted, author = excluded.author, \
                 asked_at = excluded.asked_at",
                args![
                    self.id, connection, Uuid::new_v4(), base_url, sealed, true, &author, at_ms
                ],
            )
            .await?;
            self.webhook_work(tx, connection, by, ("webhook.register", at_ms)).await?;
        })
    }

    /// Asks for the webhook to be removed from the PSA.
    ///
    /// # Errors
    /// When the database fails; then nothing changed.
    #[tracing::instrument(name = "store.webhook_unask", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn webhook_unask(
        &self,
        connection: ConnectionId,
        by: &Author,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let author = serde_json::to_string(by).expect("an author is plain data");
        write_tx!(self.db(), self.scope(), |tx| {
            let changed = tx
                .exec(
                    "UPDATE webhook SET is_wanted = $3, author = $4, asked_at = $5 \
                     WHERE tenant_id = $1 AND connection_id = $2",
                    args![self.id, connection, false, &author, at_ms],
                )
                .await?;
            if changed > 0 {
                self.webhook_work(tx, connection, by, ("webhook.remove", at_ms)).await?;
            }
        })
    }

    async fn webhook_work(
        &self,
        tx: &mut Tx,
        connection: ConnectionId,
        by: &Author,
        (action, at_ms): (&str, i64),
    ) -> Result<(), StoreError> {
        // One that runs may have read what was wanted before, so each wish is a job.
        let key = format!("{connection}:{at_ms}");
        let new = NewJob { key, ..ask::for_person(WEBHOOK_SETUP, connection, at_ms) };
        job::enqueue(tx, self.id, &new, None).await?;
        let entry = Audit {
            at: at_ms,
            actor: by.name.clone(),
            action: action.to_owned(),
            subject: format!("connection {connection}"),
            detail: serde_json::json!({ "user": by.user }).to_string(),
        };
        audit::append(tx, &self.shared.keyring, self.id, &entry).await.map(drop)
    }

    /// The newest secret, to tell it to the PSA. That it was read is written to the audit in the
    /// same transaction.
    ///
    /// # Errors
    /// `Key` when the key file lacks the key that sealed it.
    #[tracing::instrument(name = "store.webhook_secret", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn webhook_secret(
        &self,
        connection: ConnectionId,
        by: ReadBy<'_>,
    ) -> Result<Option<SecretString>, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| {
            let sql = "SELECT secret FROM webhook WHERE tenant_id = $1 AND connection_id = $2";
            match tx.one("webhook", sql, args![self.id, connection]).await? {
                None => None,
                Some(row) => {
                    let plain = open(tx, keyring, self.id, connection, &row.bytes(0)?).await?;
                    let text = std::str::from_utf8(&plain).map_err(|_| row.corrupt(0))?;
                    let entry = Audit {
                        at: by.at_ms,
                        actor: by.actor.to_owned(),
                        action: "webhook.secret_read".to_owned(),
                        subject: format!("connection {connection}"),
                        detail: "{}".to_owned(),
                    };
                    audit::append(tx, keyring, self.id, &entry).await?;
                    Some(SecretString::from(text))
                }
            }
        })
    }

    /// The PSA took the webhook with the secret that was newest at `asked_at`: it is well, and the
    /// secret before counts for [`SECRET_GRACE_MS`] more. One that was asked for anew meanwhile keeps
    /// what it had.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.webhook_registered", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn webhook_registered(
        &self,
        webhook: &Webhook,
        remote_id: &str,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(
                "UPDATE webhook SET remote_id = $3, registered_at = $4, checked_at = $4, problem = NULL, \
                 problem_text = NULL, problem_at = NULL, \
                 before_until = CASE WHEN asked_at = $5 THEN $6 ELSE before_until END \
                 WHERE tenant_id = $1 AND connection_id = $2",
                args![
                    self.id, webhook.connection, remote_id, at_ms, webhook.asked_at,
                    at_ms.saturating_add(SECRET_GRACE_MS)
                ],
            )
            .await?;
        })
    }

    /// Notes how the webhook was found at the PSA. A problem that stays keeps its beginning.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.webhook_note", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn webhook_note(
        &self,
        connection: ConnectionId,
        problem: Option<(WebhookProblem, &str)>,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let name = problem.map(|(problem, _)| problem.name());
        let text = problem.map(|(_, text)| text);
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(
                "UPDATE webhook SET checked_at = $5, \
                 problem_at = CASE WHEN problem = $3 THEN problem_at ELSE $6 END, \
                 problem = $3, problem_text = $4 WHERE tenant_id = $1 AND connection_id = $2",
                args![self.id, connection, name, text, at_ms, name.map(|_| at_ms)],
            )
            .await?;
        })
    }

    /// When a ticket was last changed at the PSA, as far as it was read: milliseconds UTC of the PSA's
    /// clock.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.ticket_changed_at", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn ticket_changed_at(
        &self,
        connection: ConnectionId,
    ) -> Result<Option<i64>, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT max(remote_updated_at) FROM ticket \
                   WHERE tenant_id = $1 AND connection_id = $2 AND deleted_at IS NULL";
        let row = tx.one("ticket", sql, args![self.id, connection]).await?;
        row.map_or(Ok(None), |row| row.int_opt(0))
    }

    /// Forgets a webhook that the PSA no longer has and nobody wants, with all that it told.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.webhook_forget", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn webhook_forget(&self, connection: ConnectionId) -> Result<(), StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            let sql =
                "DELETE FROM webhook WHERE tenant_id = $1 AND connection_id = $2 AND NOT is_wanted";
            if tx.exec(sql, args![self.id, connection]).await? > 0 {
                let sql = "DELETE FROM webhook_poke WHERE tenant_id = $1 AND connection_id = $2";
                tx.exec(sql, args![self.id, connection]).await?;
                let sql =
                    "DELETE FROM webhook_delivery WHERE tenant_id = $1 AND connection_id = $2";
                tx.exec(sql, args![self.id, connection]).await?;
            }
        })
    }
}
