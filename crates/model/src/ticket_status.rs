//! A state that a ticket can be in.
//!
//! A status does not say whether it closes a ticket: that is told by the ticket, or decided by a person.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A state of tickets, or of another area that keeps its states in the same list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketStatus {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Display name.
    pub name: String,
    /// The area it is a state of, in the PSA's code.
    pub area: Option<String>,
}
