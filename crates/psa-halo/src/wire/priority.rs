//! `/Priority`: Halo's *Policy* (HALO-API 3.13).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// A row.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Priority {
    /// A GUID, which no ticket holds.
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    pub(crate) slaid: Seen<RemoteId>,
    /// What tickets hold; unique within its SLA only.
    pub(crate) priorityid: Seen<RemoteId>,
    pub(crate) ishidden: Seen<bool>,
}
