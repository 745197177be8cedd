//! The way a ticket takes.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A workflow, without its stages and steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Display name.
    pub name: String,
    /// Whether the PSA has deactivated it.
    pub is_inactive: bool,
}
