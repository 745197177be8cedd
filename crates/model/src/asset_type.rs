//! A kind of asset in the PSA, with the definitions of its fields.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A kind of asset in the PSA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetType {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Display name.
    pub name: String,
    /// The group it is listed under.
    pub group_name: Option<String>,
    /// Definitions of the fields its assets have.
    pub fields: Vec<FieldDefinition>,
    /// Whether the PSA has deactivated it.
    pub is_inactive: bool,
    /// The PSA's own stand-in for "none": kept, never shown.
    pub is_placeholder: bool,
}

/// One field that assets of a type have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDefinition {
    /// The identifier that an asset's own values carry.
    pub field_id: String,
    /// Display name.
    pub name: String,
    /// 1, 2 or 3 when the field is one of the type's key fields.
    pub key_position: Option<u8>,
}
