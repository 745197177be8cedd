//! The audit: who did what, in a chain that shows tampering.
//!
//! Each entry's code is an HMAC-SHA256 over the code before it and the entry, under a key derived
//! from the tenant's data key, so that whoever has the database but not the key file can neither
//! change an entry nor forge a new chain. `audit_head` holds a code of the chain's end, so that
//! cut entries show as well. Putting an older copy of the whole database in place does not show;
//! for that, keep [`AuditVerdict::Intact`]'s number elsewhere. On PostgreSQL a tenant's work may
//! not change or delete entries at all.

use almanac_model::id::TenantId;

use crate::db::{Row, Tx, args, write_tx};
use crate::error::StoreError;
use crate::keyring::Keyring;
use crate::sign::{self, Keys};
use crate::tenant::TenantStore;
use crate::tenant_key::{self, DataKey, key_id};

/// What its codes are for, so that they are good for nothing else.
const PURPOSE: &[u8] = b"almanac audit";

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Milliseconds UTC.
    pub at: i64,
    /// Who did it.
    pub actor: String,
    /// What, such as `connection.rotate`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More, as JSON. Never a secret.
    pub detail: String,
}

/// An entry of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number; the tenant's first is 1 and none is left out.
    pub seq: i64,
    /// What was done.
    pub audit: Audit,
}

/// What checking the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every entry is as it was written.
    Intact {
        /// How many there are.
        count: i64,
    },
    /// An entry was changed, removed or put in.
    Broken {
        /// The first number at which the chain does not hold.
        seq: i64,
    },
}

impl TenantStore {
    /// Appends an entry.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.audit_append", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn audit_append(&self, entry: &Audit) -> Result<i64, StoreError> {
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| append(tx, keyring, self.id, entry).await?)
    }

    /// Entries from the newest back, those before `before` only.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.audit_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn audit_list(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows(
                "audit",
                "SELECT seq, at, actor, action, subject, detail FROM audit \
                 WHERE tenant_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
                args![self.id, before.unwrap_or(i64::MAX), limit],
            )
            .await?;
        rows.iter().map(entry_from_row).collect()
    }

    /// Checks the whole chain.
    ///
    /// # Errors
    /// `Key` when the key file lacks a key that is needed; then nothing can be said.
    #[tracing::instrument(name = "store.audit_verify", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn audit_verify(&self) -> Result<AuditVerdict, StoreError> {
        let mut tx = self.read().await?;
        let head = head(&mut tx, self.id, "").await?;
        let mut keys = Keys::new(&self.shared.keyring, self.id);
        let (mut seq, mut mac) = (0, Vec::new());
        loop {
            let rows = tx
                .rows(
                    "audit",
                    "SELECT seq, at, actor, action, subject, detail, key_id, mac FROM audit \
                     WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT 500",
                    args![self.id, seq],
                )
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let entry = entry_from_row(row)?;
                let key = keys.get(&mut tx, key_id(row, 6)?).await?;
                let code = entry_code(key, &mac, self.id, &entry);
                if entry.seq != seq + 1 || row.bytes(7)? != code {
                    return Ok(AuditVerdict::Broken { seq: seq + 1 });
                }
                (seq, mac) = (entry.seq, code);
            }
        }
        let is_whole = match head {
            // A tenant's making is its first entry, so a chain is never empty.
            None => false,
            Some(head) => {
                let key = keys.get(&mut tx, head.key_id).await?;
                head.seq == seq && head.mac == head_code(key, &mac, self.id, seq)
            }
        };
        Ok(if is_whole {
            AuditVerdict::Intact { count: seq }
        } else {
            AuditVerdict::Broken { seq: seq + 1 }
        })
    }
}

/// Appends an entry within the transaction of what it tells of; returns its number.
pub(crate) async fn append(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    entry: &Audit,
) -> Result<i64, StoreError> {
    let lock = tx.for_update();
    let head = head(tx, tenant, lock).await?;
    let seq = head.as_ref().map_or(0, |head| head.seq) + 1;
    let before = match head {
        Some(head) => last_code(tx, tenant, head.seq).await?,
        None => Vec::new(),
    };
    let key = tenant_key::data_key_newest(tx, keyring, tenant, entry.at).await?;
    // What is stored has no NUL, so what is signed must not have one either.
    let text = |text: &str| text.replace('\0', "\u{fffd}");
    let audit = Audit {
        at: entry.at,
        actor: text(&entry.actor),
        action: text(&entry.action),
        subject: text(&entry.subject),
        detail: text(&entry.detail),
    };
    let entry = AuditEntry { seq, audit };
    let code = entry_code(&key, &before, tenant, &entry);
    let audit = &entry.audit;
    tx.exec(
        "INSERT INTO audit (tenant_id, seq, at, actor, action, subject, detail, key_id, mac) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            tenant,
            seq,
            audit.at,
            &audit.actor,
            &audit.action,
            &audit.subject,
            &audit.detail,
            key.id,
            code.as_slice()
        ],
    )
    .await?;
    let head_code = head_code(&key, &code, tenant, seq);
    tx.exec(
        "INSERT INTO audit_head (tenant_id, seq, key_id, mac) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (tenant_id) DO UPDATE SET seq = excluded.seq, key_id = excluded.key_id, mac = excluded.mac",
        args![tenant, seq, key.id, head_code],
    )
    .await?;
    Ok(seq)
}

struct Head {
    seq: i64,
    key_id: u32,
    mac: Vec<u8>,
}

/// The end of the chain; with a lock, other appenders wait for it.
async fn head(
    tx: &mut Tx,
    tenant: TenantId,
    lock: &'static str,
) -> Result<Option<Head>, StoreError> {
    let sql = format!("SELECT seq, key_id, mac FROM audit_head WHERE tenant_id = $1{lock}");
    let Some(row) = tx.one("audit_head", sql, args![tenant]).await? else { return Ok(None) };
    Ok(Some(Head { seq: row.int(0)?, key_id: key_id(&row, 1)?, mac: row.bytes(2)? }))
}

async fn last_code(tx: &mut Tx, tenant: TenantId, seq: i64) -> Result<Vec<u8>, StoreError> {
    let sql = "SELECT mac FROM audit WHERE tenant_id = $1 AND seq = $2";
    // Without its last entry the chain is broken already; the next entry then shows it.
    tx.one("audit", sql, args![tenant, seq]).await?.map_or(Ok(Vec::new()), |row| row.bytes(0))
}

fn entry_from_row(row: &Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        seq: row.int(0)?,
        audit: Audit {
            at: row.int(1)?,
            actor: row.text(2)?,
            action: row.text(3)?,
            subject: row.text(4)?,
            detail: row.text(5)?,
        },
    })
}

fn entry_code(key: &DataKey, before: &[u8], tenant: TenantId, entry: &AuditEntry) -> Vec<u8> {
    let AuditEntry { seq, audit } = entry;
    sign::code(
        key,
        PURPOSE,
        &[
            b"entry",
            before,
            &tenant.0.to_be_bytes(),
            &seq.to_be_bytes(),
            &audit.at.to_be_bytes(),
            audit.actor.as_bytes(),
            audit.action.as_bytes(),
            audit.subject.as_bytes(),
            audit.detail.as_bytes(),
        ],
    )
}

fn head_code(key: &DataKey, last: &[u8], tenant: TenantId, seq: i64) -> Vec<u8> {
    sign::code(key, PURPOSE, &[b"head", last, &tenant.0.to_be_bytes(), &seq.to_be_bytes()])
}
