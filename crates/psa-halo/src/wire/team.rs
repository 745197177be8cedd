//! `/Team`: Halo's *SectionDetail* (HALO-API 3.6).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// A team row.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Team {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    pub(crate) inactive: Seen<bool>,
}
