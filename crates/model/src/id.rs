//! Identifiers, each its own type so that none can stand in for another.
//!
//! A [`RemoteId`] is text because PSAs disagree: Halo uses integers, decimals (`42.0`), negative
//! integers and GUIDs, sometimes for the same kind of thing. The client of a PSA writes integers
//! without a decimal point; nothing here interprets them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An MSP that uses Almanac.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TenantId(pub i64);

/// One tenant's link to one PSA. Unique within its tenant only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnectionId(pub i64);

/// The identifier a PSA gave to a record, unique within a connection's stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RemoteId(String);

impl RemoteId {
    /// Wraps the PSA's identifier as it is.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identifier as text, without a copy.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<i64> for RemoteId {
    fn from(id: i64) -> Self {
        Self(id.to_string())
    }
}

impl From<&str> for RemoteId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
