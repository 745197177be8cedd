//! A kind of ticket.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A kind of ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketType {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Display name.
    pub name: String,
    /// What tickets of this type are: requests, projects or opportunities, in the PSA's code.
    pub usage: Option<String>,
}
