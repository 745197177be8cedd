//! A sale that may come.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// An opportunity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opportunity {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// What it is about, in one line.
    pub title: Option<String>,
    /// Whose it is.
    pub client: Option<RemoteId>,
    /// Its state.
    pub status: Option<RemoteId>,
    /// Its kind.
    pub ticket_type: Option<RemoteId>,
    /// What it is worth, as the PSA writes it, in the PSA's currency.
    pub value: Option<String>,
    /// When it is expected to close.
    pub target_on: Option<Date>,
    /// When the PSA last changed it, in milliseconds UTC.
    pub remote_updated_at: Option<i64>,
    /// Whether the PSA says that it was closed.
    pub is_closed: bool,
}
