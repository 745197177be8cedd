//! A kind of client that the MSP tells apart.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A kind of client that the MSP tells apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientType {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Display name.
    pub name: String,
    /// The PSA's own stand-in for "none" (such as Halo's client 1): kept, never shown.
    pub is_placeholder: bool,
}
