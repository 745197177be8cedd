//! What every page says around its own content: whose tenant, how old the data is, what is held.
//!
//! One statement, since each page asks for it.

use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;

use crate::db::args;
use crate::error::StoreError;
use crate::tenant::TenantStore;

/// The tenant in one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// The tenant's name.
    pub name: String,
    /// Its active connection.
    pub connection: Option<ConnectionId>,
    /// Every stream of it that was ever read, in no order.
    pub streams: Vec<StreamPulse>,
}

/// A stream in one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamPulse {
    /// Which stream.
    pub stream: Stream,
    /// When a scan last finished and was believed, in milliseconds UTC.
    pub last_scan_at: Option<i64>,
    /// The code of why the last scan was not believed.
    pub held_code: Option<String>,
    /// Whether a scan was begun and is not finished.
    pub has_open_scan: bool,
}

impl Pulse {
    /// When the asset list was last complete, in milliseconds UTC.
    pub fn assets_as_of(&self) -> Option<i64> {
        self.streams.iter().find(|stream| stream.stream == Stream::Assets)?.last_scan_at
    }
}

impl TenantStore {
    /// The tenant in one look; `None` for a tenant that is gone.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.pulse", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn pulse(&self) -> Result<Option<Pulse>, StoreError> {
        let sql = "SELECT t.name, n.id, s.stream, s.last_scan_at, s.held_code, \
                   CAST(CASE WHEN s.scan_generation IS NULL THEN 0 ELSE 1 END AS BIGINT) \
                   FROM tenant t \
                   LEFT JOIN connection n ON n.tenant_id = t.tenant_id AND n.is_active \
                   LEFT JOIN stream_state s ON s.tenant_id = n.tenant_id AND s.connection_id = n.id \
                   WHERE t.tenant_id = $1";
        let mut tx = self.read().await?;
        let mut pulse = None;
        for row in tx.rows("tenant", sql, args![self.id]).await? {
            let pulse = pulse.get_or_insert(Pulse {
                name: row.text(0)?,
                connection: row.int_opt(1)?.map(ConnectionId),
                streams: Vec::new(),
            });
            let Some(stream) = row.text_opt(2)? else { continue };
            // A stream of a later version is none of ours.
            let Ok(stream) = stream.parse() else { continue };
            pulse.streams.push(StreamPulse {
                stream,
                last_scan_at: row.int_opt(3)?,
                held_code: row.text_opt(4)?,
                has_open_scan: row.int(5)? != 0,
            });
        }
        Ok(pulse)
    }
}
