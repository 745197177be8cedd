//! `/TicketType`: Halo's *RequestType* (HALO-API 3.12).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// A row, without the fields and the workflow that only its details have.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TicketType {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) name: Seen<String>,
    /// `reqs`, `projects` or `opps`.
    pub(crate) r#use: Seen<String>,
}
