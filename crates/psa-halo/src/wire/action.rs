//! `/Actions` (HALO-API 3.10).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// An action's row.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Action {
    /// Unique within its ticket only.
    pub(crate) id: Seen<RemoteId>,
    pub(crate) ticket_id: Seen<RemoteId>,
    pub(crate) outcome: Seen<String>,
    pub(crate) who: Seen<String>,
    pub(crate) datetime: Seen<String>,
    pub(crate) hiddenfromuser: Seen<bool>,
}
