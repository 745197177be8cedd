//! An entry on a ticket.
//!
//! Its identifier is made of the ticket's and its own, because numbers of entries repeat from ticket to ticket.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// An entry on a ticket, without its text: that is in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketAction {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// The ticket.
    pub ticket: RemoteId,
    /// What was done, by its name.
    pub outcome: Option<String>,
    /// Who did it, by name.
    pub author: Option<String>,
    /// When, in milliseconds UTC.
    pub at: Option<i64>,
    /// Whether the client may not see it. An entry that does not say is private.
    pub is_private: bool,
}
