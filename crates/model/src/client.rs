//! A company the MSP serves.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A company the MSP serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Display name.
    pub name: String,
    /// Its client type.
    pub client_type: Option<RemoteId>,
    /// Web address as the PSA keeps it.
    pub website: Option<String>,
    /// Whether the PSA has deactivated it.
    pub is_inactive: bool,
    /// The PSA's own stand-in for "none" (such as Halo's client 1): kept, never shown.
    pub is_placeholder: bool,
}
