//! A piece of work with an end.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A project, or a task of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
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
    /// The project that it is a task of.
    pub parent: Option<RemoteId>,
    /// When it begins.
    pub starts_on: Option<Date>,
    /// When it should end.
    pub target_on: Option<Date>,
    /// When the PSA last changed it, in milliseconds UTC.
    pub remote_updated_at: Option<i64>,
    /// Whether the PSA says that it was closed.
    pub is_closed: bool,
}
