//! Renaming a tenant. Its slug stays: command lines and scripts name it by that.

use crate::audit::{self, Audit};
use crate::db::{Scope, args, write_tx};
use crate::error::StoreError;
use crate::tenant::TenantStore;
use crate::user::ChangedBy;

/// A longer name is a mistake or an attack.
const NAME_CHARS_MAX: usize = 200;

impl TenantStore {
    /// Gives the tenant another name; the same name writes nothing. Writes the audit entry in the
    /// same transaction.
    ///
    /// # Errors
    /// `Invalid` when the name is empty or too long.
    #[tracing::instrument(name = "store.tenant_rename", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn tenant_rename(&self, name: &str, by: ChangedBy<'_>) -> Result<(), StoreError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            let limit = format!("a tenant's name has 1 to {NAME_CHARS_MAX} characters");
            return Err(StoreError::Invalid(limit));
        }
        let keyring = &self.shared.keyring;
        let sql = "UPDATE tenant SET name = $2 WHERE tenant_id = $1 AND name <> $2";
        // On PostgreSQL the role of tenants' work may not write to the list of tenants.
        write_tx!(self.db(), Scope::Root, |tx| {
            if tx.exec(sql, args![self.id, name]).await? > 0 {
                let entry = Audit {
                    at: by.at_ms,
                    actor: by.actor.to_owned(),
                    action: "tenant.rename".to_owned(),
                    subject: format!("tenant {}", self.id),
                    detail: serde_json::json!({ "name": name }).to_string(),
                };
                audit::append(tx, keyring, self.id, &entry).await?;
            }
        })
    }
}
