//! The versions of a tenant's rulebook: kinds, policies, classes, grading rules.
//!
//! Versions are only added, never changed: a grade can be explained by the rules that gave it,
//! and undoing a change is saving an earlier body again. A tenant that never saved one is judged
//! by the defaults.

use almanac_model::author::Author;
use almanac_model::id::TenantId;
use almanac_model::verdict::Rulebook;

use crate::audit::{self, Audit};
use crate::change::next_change;
use crate::db::{Row, Tx, args, write_tx};
use crate::error::StoreError;
use crate::keyring::Keyring;
use crate::tenant::TenantStore;

const HEAD: &str = "version, change_seq, at, author, note";

/// One version without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulebookHead {
    /// From 1, without gaps.
    pub version: i64,
    /// The tenant's change that wrote it.
    pub change_seq: i64,
    /// When, in milliseconds UTC.
    pub at: i64,
    /// Who.
    pub by: Author,
    /// Why, in the person's words; may be empty.
    pub note: String,
}

/// One version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulebookVersion {
    /// Who saved it, when and why.
    pub head: RulebookHead,
    /// The whole rulebook.
    pub book: Rulebook,
}

/// A rulebook to save.
#[derive(Debug, Clone)]
pub struct SaveRulebook<'a> {
    /// The version that the editor began from; 0 where there was none.
    pub expected_version: i64,
    /// The whole rulebook.
    pub book: &'a Rulebook,
    /// Why; may be empty.
    pub note: &'a str,
    /// Who.
    pub by: &'a Author,
    /// Milliseconds UTC.
    pub at_ms: i64,
}

/// Somebody saved another version since the editor began; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulebookMoved {
    /// The newest version; `None` where the editor expected one and there is none.
    pub newest: Option<RulebookHead>,
}

impl RulebookHead {
    fn from_row(row: &Row) -> Result<RulebookHead, StoreError> {
        Ok(RulebookHead {
            version: row.int(0)?,
            change_seq: row.int(1)?,
            at: row.int(2)?,
            by: serde_json::from_str(&row.text(3)?).map_err(|_| row.corrupt(3))?,
            note: row.text(4)?,
        })
    }
}

impl RulebookVersion {
    fn from_row(row: &Row) -> Result<RulebookVersion, StoreError> {
        Ok(RulebookVersion {
            head: RulebookHead::from_row(row)?,
            book: serde_json::from_str(&row.text(5)?).map_err(|_| row.corrupt(5))?,
        })
    }
}

impl TenantStore {
    /// The newest version; `None` before the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.rulebook_current", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn rulebook_current(&self) -> Result<Option<RulebookVersion>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {HEAD}, body FROM rulebook WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1"
        );
        let row = tx.one("rulebook", sql, args![self.id]).await?;
        row.as_ref().map(RulebookVersion::from_row).transpose()
    }

    /// One version; `None` where there is no such.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.rulebook_version", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn rulebook_version(
        &self,
        version: i64,
    ) -> Result<Option<RulebookVersion>, StoreError> {
        let mut tx = self.read().await?;
        let sql =
            format!("SELECT {HEAD}, body FROM rulebook WHERE tenant_id = $1 AND version = $2");
        let row = tx.one("rulebook", sql, args![self.id, version]).await?;
        row.as_ref().map(RulebookVersion::from_row).transpose()
    }

    /// Versions from the newest back, those before `before` only.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.rulebook_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn rulebook_list(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RulebookHead>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {HEAD} FROM rulebook WHERE tenant_id = $1 AND version < $2 \
             ORDER BY version DESC LIMIT $3"
        );
        let args = args![self.id, before.unwrap_or(i64::MAX), limit];
        tx.rows("rulebook", sql, args).await?.iter().map(RulebookHead::from_row).collect()
    }

    /// Adds a version. Undo is saving the body of an earlier one.
    ///
    /// # Errors
    /// `Invalid` for a rulebook with something wrong that is not wrong in the newest version
    /// (`Rulebook::brought_in_by`), or when the database fails; nothing changed then.
    #[tracing::instrument(name = "store.rulebook_save", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn rulebook_save(
        &self,
        save: &SaveRulebook<'_>,
    ) -> Result<Result<RulebookHead, RulebookMoved>, StoreError> {
        let body = serde_json::to_string(save.book).expect("a rulebook is plain data");
        let keyring = &self.shared.keyring;
        write_tx!(self.db(), self.scope(), |tx| add(tx, keyring, self.id, save, &body).await?)
    }
}

async fn add(
    tx: &mut Tx,
    keyring: &Keyring,
    tenant: TenantId,
    save: &SaveRulebook<'_>,
    body: &str,
) -> Result<Result<RulebookHead, RulebookMoved>, StoreError> {
    // Taken first: whoever saves at the same moment waits here and then sees this version.
    let change_seq = next_change(tx, tenant).await?;
    let sql = format!(
        "SELECT {HEAD}, body FROM rulebook WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1"
    );
    let newest = tx.one("rulebook", sql, args![tenant]).await?;
    let newest = newest.as_ref().map(RulebookVersion::from_row).transpose()?;
    let version = newest.as_ref().map_or(0, |newest| newest.head.version);
    if version != save.expected_version {
        return Ok(Err(RulebookMoved { newest: newest.map(|newest| newest.head) }));
    }
    let wrong = match &newest {
        Some(newest) => newest.book.brought_in_by(save.book),
        None => save.book.check(),
    };
    if let Some(wrong) = wrong.first() {
        return Err(StoreError::Invalid(wrong.to_string()));
    }
    let head = RulebookHead {
        version: version + 1,
        change_seq,
        at: save.at_ms,
        by: save.by.clone(),
        note: save.note.to_owned(),
    };
    let author = serde_json::to_string(&head.by).expect("an author is plain data");
    tx.exec(
        "INSERT INTO rulebook (tenant_id, version, change_seq, at, author, note, body) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![tenant, head.version, change_seq, head.at, author, &head.note, body],
    )
    .await?;
    let entry = Audit {
        at: save.at_ms,
        actor: save.by.name.clone(),
        action: "rulebook.save".to_owned(),
        subject: format!("rulebook {}", head.version),
        detail: serde_json::json!({ "user": save.by.user, "note": head.note }).to_string(),
    };
    audit::append(tx, keyring, tenant, &entry).await?;
    Ok(Ok(head))
}
