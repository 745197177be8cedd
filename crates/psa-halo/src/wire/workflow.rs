//! `/Workflow`: Halo's *FlowHeader* (HALO-API 3.15).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// A thin row; stages and steps come with details only.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Workflow {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    pub(crate) active: Seen<bool>,
}
