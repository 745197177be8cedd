//! A technician in the PSA.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A technician in the PSA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Display name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the PSA has disabled it.
    pub is_inactive: bool,
    /// The PSA's own stand-in for "none" (such as Halo's client 1): kept, never shown.
    pub is_placeholder: bool,
}
