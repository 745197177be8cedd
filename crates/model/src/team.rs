//! A group of agents.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A group of agents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Display name; tickets refer to it.
    pub name: String,
    /// Whether the PSA has deactivated it.
    pub is_inactive: bool,
    /// The PSA's own stand-in for "none" (such as Halo's client 1): kept, never shown.
    pub is_placeholder: bool,
}
