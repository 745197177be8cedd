//! Assets as a table for people: names instead of ids, with the facts worked out before.
//!
//! Reads the active connection's assets. A placeholder client, site, type or status gives no
//! name: the PSA's stand-in for "none" is none.

use almanac_model::id::RemoteId;

use crate::db::{Row, args};
use crate::error::StoreError;
use crate::tenant::TenantStore;

/// Which assets to list.
#[derive(Debug, Clone, Default)]
pub struct AssetQuery {
    /// Only this client's.
    pub client: Option<RemoteId>,
    /// Also those that the PSA has deactivated.
    pub include_inactive: bool,
    /// Also the PSA's own stand-ins.
    pub include_placeholder: bool,
    /// Only those after this remote id.
    pub after: Option<RemoteId>,
    /// At most so many.
    pub limit: u32,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetRow {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Free text that people use to name it.
    pub tag: Option<String>,
    /// The client it belongs to.
    pub client: Option<RemoteId>,
    /// That client's name.
    pub client_name: Option<String>,
    /// Its site's name.
    pub site_name: Option<String>,
    /// Its asset type's name, else the name that the asset's own record says.
    pub asset_type_name: Option<String>,
    /// Its status's name.
    pub status_name: Option<String>,
    /// Whether the PSA has deactivated it.
    pub is_inactive: bool,
    /// The PSA's own stand-in.
    pub is_placeholder: bool,
    /// What was worked out from it; JSON that the store does not read.
    pub facts: Option<String>,
}

impl AssetRow {
    fn from_row(row: &Row) -> Result<AssetRow, StoreError> {
        Ok(AssetRow {
            remote_id: row.remote_id(0)?,
            tag: row.text_opt(1)?,
            client: row.text_opt(2)?.map(RemoteId::new),
            client_name: row.text_opt(3)?,
            site_name: row.text_opt(4)?,
            asset_type_name: row.text_opt(5)?,
            status_name: row.text_opt(6)?,
            is_inactive: row.bool(7)?,
            is_placeholder: row.bool(8)?,
            facts: row.text_opt(9)?,
        })
    }
}

const TABLE: &str = "\
SELECT a.remote_id, a.tag, a.client, c.name, s.name, coalesce(t.name, a.asset_type_name), u.name, \
a.is_inactive, a.is_placeholder, a.facts \
FROM connection n \
JOIN asset a ON a.tenant_id = n.tenant_id AND a.connection_id = n.id \
LEFT JOIN client c ON c.tenant_id = a.tenant_id AND c.connection_id = a.connection_id \
AND c.remote_id = a.client AND NOT c.is_placeholder \
LEFT JOIN site s ON s.tenant_id = a.tenant_id AND s.connection_id = a.connection_id \
AND s.remote_id = a.site AND NOT s.is_placeholder \
LEFT JOIN asset_type t ON t.tenant_id = a.tenant_id AND t.connection_id = a.connection_id \
AND t.remote_id = a.asset_type AND NOT t.is_placeholder \
LEFT JOIN asset_status u ON u.tenant_id = a.tenant_id AND u.connection_id = a.connection_id \
AND u.remote_id = a.status AND NOT u.is_placeholder \
WHERE n.tenant_id = $1 AND n.is_active AND a.deleted_at IS NULL \
AND (a.is_inactive = $2 OR $2) AND (a.is_placeholder = $3 OR $3) \
AND ($4 IS NULL OR a.client = $4) AND a.remote_id > $5 \
ORDER BY a.remote_id LIMIT $6";

impl TenantStore {
    /// The active connection's live assets, sorted by remote id.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.asset_table", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn asset_table(&self, query: &AssetQuery) -> Result<Vec<AssetRow>, StoreError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows(
                "asset",
                TABLE,
                args![
                    self.id,
                    query.include_inactive,
                    query.include_placeholder,
                    query.client.as_ref(),
                    query.after.as_ref().map_or("", RemoteId::as_str),
                    query.limit
                ],
            )
            .await?;
        rows.iter().map(AssetRow::from_row).collect()
    }
}
