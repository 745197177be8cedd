//! `/Client`: Halo's *Area* (HALO-API 3.1).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// A client row; `website` arrives with details only.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Client {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    /// Lookup 33; not `client_type`, which is a tenant's own field.
    pub(crate) customertype: Seen<RemoteId>,
    pub(crate) website: Seen<String>,
    pub(crate) inactive: Seen<bool>,
}
