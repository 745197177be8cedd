//! `/Site` (HALO-API 3.3).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// A site row; `client_id` is a decimal on the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Site {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    pub(crate) client_id: Seen<RemoteId>,
    pub(crate) inactive: Seen<bool>,
}
