//! `/ClientContract`: Halo's *ContractHeader* (HALO-API 3.20).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// A contract's row.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Contract {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) r#ref: Seen<String>,
    pub(crate) client_id: Seen<RemoteId>,
    pub(crate) start_date: Seen<String>,
    pub(crate) end_date: Seen<String>,
    /// Halo's document calls it a text.
    pub(crate) active: Seen<bool>,
    pub(crate) expired: Seen<bool>,
}
