//! `/Status`: Halo's *TStatus* (HALO-API 3.11).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// A status row. Nothing in it says whether it closes a ticket.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    /// 0 is a ticket's; the list's own filter by it cannot be trusted.
    pub(crate) r#type: Seen<String>,
}
