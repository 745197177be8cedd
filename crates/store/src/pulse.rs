//! What every page says around its own content: whose tenant, how old the data is, what is held.
//!
//! One statement, since each page asks for it; how far changes are is told by it too.

use almanac_model::id::{ConnectionId, TenantId};
use almanac_model::stream::Stream;

use crate::change::ChangeHead;
use crate::db::{Tx, args};
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
    /// What was found, for a person.
    pub held_text: Option<String>,
    /// Since when it is held, in milliseconds UTC.
    pub held_since: Option<i64>,
    /// Whether a scan was begun and is not finished.
    pub has_open_scan: bool,
    /// How many of its live records are not understood.
    pub bad: i64,
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
        let mut tx = self.read().await?;
        Ok(read(&mut tx, self.id).await?.map(|(pulse, _)| pulse))
    }
}

const SQL: &str = "\
SELECT t.name, n.id, s.stream, s.last_scan_at, s.held_code, \
CAST(CASE WHEN s.scan_generation IS NULL THEN 0 ELSE 1 END AS BIGINT), coalesce(s.bad, 0), \
coalesce(h.epoch, 0), coalesce(h.seq, 0), coalesce(h.decided, 0), \
s.held_text, s.held_since \
FROM tenant t \
LEFT JOIN change_head h ON h.tenant_id = t.tenant_id \
LEFT JOIN connection n ON n.tenant_id = t.tenant_id AND n.is_active \
LEFT JOIN stream_state s ON s.tenant_id = n.tenant_id AND s.connection_id = n.id \
WHERE t.tenant_id = $1";

/// The tenant in one look, and how far its changes are; `None` for a tenant that is gone.
pub(crate) async fn read(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<Option<(Pulse, ChangeHead)>, StoreError> {
    let mut found: Option<(Pulse, ChangeHead)> = None;
    for row in tx.rows("tenant", SQL, args![tenant]).await? {
        if found.is_none() {
            let connection = row.int_opt(1)?.map(ConnectionId);
            let head = ChangeHead {
                epoch: row.int(7)?,
                seq: row.int(8)?,
                decided: row.int(9)?,
                connection,
                assets_scanned_at: None,
            };
            found = Some((Pulse { name: row.text(0)?, connection, streams: Vec::new() }, head));
        }
        let Some((pulse, head)) = &mut found else { continue };
        let Some(stream) = row.text_opt(2)? else { continue };
        // A stream of a later version is none of ours.
        let Ok(stream) = stream.parse() else { continue };
        pulse.streams.push(StreamPulse {
            stream,
            last_scan_at: row.int_opt(3)?,
            held_code: row.text_opt(4)?,
            held_text: row.text_opt(10)?,
            held_since: row.int_opt(11)?,
            has_open_scan: row.int(5)? != 0,
            bad: row.int(6)?,
        });
        head.assets_scanned_at = pulse.assets_as_of();
    }
    Ok(found)
}
