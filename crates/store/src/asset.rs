//! Assets as a table for people, and in short for those who hold them in memory.
//!
//! The table reads the active connection's assets with names instead of ids; a placeholder client,
//! site, type or status gives no name: the PSA's stand-in for "none" is none. An [`AssetBrief`]
//! leaves the asset's values out, which are most of its bytes.

use almanac_model::id::{ConnectionId, RemoteId};

use crate::db::{Arg, ROWS_MAX, Row, args};
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

/// A live, active asset without its values: what is held in memory of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssetBrief<'a> {
    /// The PSA's identifier.
    pub remote_id: &'a str,
    /// The client it belongs to.
    pub client: Option<&'a str>,
    /// Its site.
    pub site: Option<&'a str>,
    /// Its asset type.
    pub asset_type: Option<&'a str>,
    /// Its status.
    pub status: Option<&'a str>,
    /// Free text that people use to name it.
    pub tag: Option<&'a str>,
    /// The asset type's name as the row says it.
    pub asset_type_name: Option<&'a str>,
    /// What was worked out from it; JSON that the store does not read.
    pub facts: Option<&'a str>,
}

/// Assets in short, as one text: the engines hand over a row at a time, which would take most of
/// the time of reading tens of thousands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetBriefs {
    text: String,
    last: Option<RemoteId>,
}

/// What stands between the fields of an asset and between assets in [`AssetBriefs`]. JSON has
/// neither in clear, and free texts lose them. Characters, since splitting at a text of one
/// character takes several times as long.
const FIELD_END: char = '\u{1f}';
const ASSET_END: char = '\u{1e}';

/// One asset as one text: its columns with `$1` between them, all of which stand before the long
/// ones. `$2` stands between assets.
const BRIEF: &str = "a.remote_id || $1 || coalesce(a.client, '') || $1 || coalesce(a.site, '') || $1 \
    || coalesce(a.asset_type, '') || $1 || coalesce(a.status, '') || $1 \
    || replace(replace(coalesce(a.tag, ''), $1, ' '), $2, ' ') || $1 \
    || replace(replace(coalesce(a.asset_type_name, ''), $1, ' '), $2, ' ') || $1 \
    || coalesce(a.facts, '')";

/// What makes an asset one that is held in memory.
const IS_SHOWN: &str = "a.deleted_at IS NULL AND NOT a.is_inactive AND NOT a.is_placeholder";

impl AssetBriefs {
    /// Each asset; in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = AssetBrief<'_>> {
        self.text.split(ASSET_END).filter_map(AssetBrief::unpack)
    }

    /// The last asset's id in the order of ids; `None` where there is no asset.
    pub fn last(&self) -> Option<&RemoteId> {
        self.last.as_ref()
    }

    fn from_row(row: Option<&Row>) -> Result<AssetBriefs, StoreError> {
        let Some(row) = row else { return Ok(AssetBriefs::default()) };
        let last = row.text_opt(0)?.map(RemoteId::new);
        Ok(AssetBriefs { last, text: row.text_opt(1)?.unwrap_or_default() })
    }
}

impl<'a> AssetBrief<'a> {
    /// Reads what [`BRIEF`] wrote. `None` for an asset whose id has a control character between
    /// fields in it, which no PSA gives.
    fn unpack(text: &'a str) -> Option<AssetBrief<'a>> {
        let mut fields = text.split(FIELD_END);
        let remote_id = fields.next().filter(|id| !id.is_empty())?;
        let mut next = || fields.next().map(|field| (!field.is_empty()).then_some(field));
        let brief = AssetBrief {
            remote_id,
            client: next()?,
            site: next()?,
            asset_type: next()?,
            status: next()?,
            tag: next()?,
            asset_type_name: next()?,
            facts: next()?,
        };
        fields.next().is_none().then_some(brief)
    }
}

impl TenantStore {
    /// Live, active assets of a connection: the first `limit` after `after` in the order of ids.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.asset_brief_page", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn asset_brief_page(
        &self,
        connection: ConnectionId,
        after: Option<&RemoteId>,
        limit: u32,
    ) -> Result<AssetBriefs, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT max(p.id), string_agg(p.brief, $2) FROM (SELECT a.remote_id AS id, {BRIEF} AS brief \
             FROM asset a WHERE a.tenant_id = $3 AND a.connection_id = $4 AND a.remote_id > $5 \
             AND {IS_SHOWN} ORDER BY a.remote_id LIMIT $6) p"
        );
        let after = after.map_or("", RemoteId::as_str);
        let [field_end, asset_end] = [FIELD_END, ASSET_END].map(String::from);
        let args = args![field_end.as_str(), asset_end.as_str(), self.id, connection, after, limit];
        AssetBriefs::from_row(tx.one("asset", sql, args).await?.as_ref())
    }

    /// These assets, as far as they are live and active; at most 500 are asked for.
    ///
    /// # Errors
    /// When the database cannot be read, or for more than 500.
    #[tracing::instrument(name = "store.asset_brief_load", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn asset_brief_load(
        &self,
        connection: ConnectionId,
        ids: &[RemoteId],
    ) -> Result<AssetBriefs, StoreError> {
        if ids.is_empty() {
            return Ok(AssetBriefs::default());
        }
        if ids.len() > ROWS_MAX {
            return Err(StoreError::Invalid(format!("{} assets at once", ids.len())));
        }
        let mut tx = self.read().await?;
        // Looked up by whole keys: given a list, PostgreSQL reads the whole table while its
        // statistics are young.
        let values: Vec<String> = (5..5 + ids.len()).map(|at| format!("(${at})")).collect();
        let sql = format!(
            "WITH w(id) AS (VALUES {}) SELECT max(p.id), string_agg(p.brief, $2) FROM \
             (SELECT a.remote_id AS id, {BRIEF} AS brief FROM w JOIN asset a ON a.tenant_id = $3 \
             AND a.connection_id = $4 AND a.remote_id = w.id WHERE {IS_SHOWN}) p",
            values.join(", ")
        );
        let [field_end, asset_end] = [FIELD_END, ASSET_END].map(String::from);
        let mut args = args![field_end.as_str(), asset_end.as_str(), self.id, connection];
        args.extend(ids.iter().map(Arg::from));
        AssetBriefs::from_row(tx.one("asset", sql, args).await?.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_read_back_from_its_text_and_a_damaged_one_is_left_out() {
        let whole = "7\u{1f}4\u{1f}\u{1f}130\u{1f}\u{1f}PC 1\u{1f}\u{1f}{}";
        let text = format!("{whole}\u{1e}8\u{1f}4\u{1e}\u{1e}{whole}\u{1f}more");
        let briefs = AssetBriefs { text, last: None };
        let found: Vec<AssetBrief<'_>> = briefs.iter().collect();
        assert_eq!(found.len(), 1);
        let AssetBrief { remote_id, client, site, asset_type, tag, facts, .. } = found[0];
        assert_eq!((remote_id, client, site), ("7", Some("4"), None));
        assert_eq!((asset_type, tag, facts), (Some("130"), Some("PC 1"), Some("{}")));
        assert_eq!(AssetBriefs::default().iter().count(), 0);
    }
}
