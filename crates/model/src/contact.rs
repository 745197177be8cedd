//! A person at a client.
//!
//! The shape that every PSA's record is mapped to; absent and empty values are `None`.

use serde::{Deserialize, Serialize};

use crate::id::RemoteId;

/// A person at a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Display name.
    pub name: String,
    /// First e-mail address.
    pub email: Option<String>,
    /// The client it belongs to.
    pub client: Option<RemoteId>,
    /// The site it belongs to.
    pub site: Option<RemoteId>,
    /// Not a person: an account of a program or a site's general user.
    pub is_service_account: bool,
    /// Whether the PSA has deactivated it.
    pub is_inactive: bool,
    /// The PSA's own stand-in for "none" (such as Halo's client 1): kept, never shown.
    pub is_placeholder: bool,
}
