//! How urgent a ticket is.
//!
//! Its number means something only within its service level: a ticket holds the number, not the identifier.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A degree of urgency within one service level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priority {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Display name.
    pub name: String,
    /// The service level it belongs to.
    pub sla: Option<RemoteId>,
    /// What tickets of that service level hold.
    pub number: Option<RemoteId>,
    /// Whether the PSA no longer offers it.
    pub is_inactive: bool,
}
