//! What a ticket is about.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// An entry of one of the category trees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// The whole path, its parts joined as the PSA joins them.
    pub name: String,
    /// Which tree it is of, in the PSA's code.
    pub tree: Option<String>,
}
