//! A service record.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A ticket. Opportunities and projects are other streams, even where the PSA keeps them together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// What it is about, in one line.
    pub title: Option<String>,
    /// Whose it is.
    pub client: Option<RemoteId>,
    /// Where.
    pub site: Option<RemoteId>,
    /// Who reported it.
    pub contact: Option<RemoteId>,
    /// Who works on it.
    pub agent: Option<RemoteId>,
    /// The team by its name: PSAs refer to it so, and a renamed team leaves old names behind.
    pub team_name: Option<String>,
    /// Its state.
    pub status: Option<RemoteId>,
    /// Its kind.
    pub ticket_type: Option<RemoteId>,
    /// Its service level.
    pub sla: Option<RemoteId>,
    /// The number of its priority within the service level.
    pub priority_number: Option<RemoteId>,
    /// When it was reported, in milliseconds UTC.
    pub opened_at: Option<i64>,
    /// When the PSA last changed it, in milliseconds UTC.
    pub remote_updated_at: Option<i64>,
    /// When it was closed, in milliseconds UTC.
    pub closed_at: Option<i64>,
    /// Whether the PSA says that it was closed.
    pub is_closed: bool,
}
