//! A managed item: what the PSA says of it, before any chain or rule is applied.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`. A
//! [`RemoteAsset`] carries every value that a chain may ask for; what a chain made of them is
//! in `chain`, how it is judged is in `grade`.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// An asset as the PSA describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteAsset {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Free text that people use to name it (asset tag).
    pub tag: Option<String>,
    /// The client it belongs to.
    pub client: Option<RemoteId>,
    /// The site it belongs to.
    pub site: Option<RemoteId>,
    /// Its asset type.
    pub asset_type: Option<RemoteId>,
    /// The asset type's name as the row says it.
    pub asset_type_name: Option<String>,
    /// Its status.
    pub status: Option<RemoteId>,
    /// Whether the PSA has deactivated it.
    pub is_inactive: bool,
    /// The PSA's own stand-in for "none": kept, never shown.
    pub is_placeholder: bool,
    /// Every value that a field chain may ask for, empty ones left out.
    pub values: Vec<RemoteValue>,
}

/// One value of an asset, with the field it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteValue {
    /// Where the PSA keeps it.
    pub field: RemoteField,
    /// The value as text, trimmed, never empty.
    pub value: String,
}

/// Where the PSA keeps a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoteField {
    /// A property that every asset has, by the PSA's own name for it.
    Standard(String),
    /// A field that the asset type defines.
    Typed {
        /// The identifier that definitions and values share.
        field_id: String,
        /// Display name.
        name: String,
    },
    /// A custom field of the tenant.
    Custom {
        /// The PSA's identifier.
        field_id: String,
        /// Display name.
        name: String,
    },
}
