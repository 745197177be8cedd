//! `/Users`: Halo's word for a contact (HALO-API 3.4).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// A user row; `site_id` is a decimal on the wire and has a whole twin.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    pub(crate) firstname: Seen<String>,
    pub(crate) surname: Seen<String>,
    pub(crate) emailaddress: Seen<String>,
    /// Spelled so by some builds and payloads.
    pub(crate) email: Seen<String>,
    pub(crate) client_id: Seen<RemoteId>,
    pub(crate) site_id: Seen<RemoteId>,
    pub(crate) site_id_int: Seen<RemoteId>,
    pub(crate) isserviceaccount: Seen<bool>,
    pub(crate) inactive: Seen<bool>,
}
