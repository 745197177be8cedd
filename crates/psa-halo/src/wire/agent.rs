//! `/Agent`: Halo's *Uname* (HALO-API 3.5).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// An agent row; it says `isdisabled` where others say `inactive`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Agent {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    pub(crate) email: Seen<String>,
    pub(crate) isdisabled: Seen<bool>,
    pub(crate) inactive: Seen<bool>,
}
