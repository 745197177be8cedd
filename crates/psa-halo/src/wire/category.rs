//! `/Category`: Halo's *CategoryDetail* (HALO-API 3.14).

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// A row.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Category {
    pub(crate) id: Seen<RemoteId>,
    /// The whole path, joined by `>`.
    pub(crate) value: Seen<String>,
    pub(crate) category_name: Seen<String>,
    /// Which of the four trees; how it maps to a ticket's `category_1` to `_4` is not known for certain.
    pub(crate) type_id: Seen<String>,
}
