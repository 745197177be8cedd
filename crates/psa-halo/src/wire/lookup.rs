//! `/Lookup?lookupid=N`: one entry of one of Halo's lists (HALO-API 3.18).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// An entry. `id` is its code within the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Lookup {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
}
