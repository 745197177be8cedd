//! What a client was asked to pay.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// An invoice, or the template of recurring ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// The number that people use.
    pub number: Option<String>,
    /// Whose it is.
    pub client: Option<RemoteId>,
    /// The date on it.
    pub issued_on: Option<Date>,
    /// When it is due.
    pub due_on: Option<Date>,
    /// Whether invoices are made of it again and again, and it is none itself.
    pub is_recurring: bool,
}
