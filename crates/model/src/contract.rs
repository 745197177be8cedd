//! What a client has agreed to.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A contract with a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// The reference that people use.
    pub reference: Option<String>,
    /// Whose it is.
    pub client: Option<RemoteId>,
    /// When it begins.
    pub starts_on: Option<Date>,
    /// When it ends.
    pub ends_on: Option<Date>,
    /// Whether it is no longer in force.
    pub is_inactive: bool,
}
