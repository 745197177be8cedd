//! Reading an address of the PSA as a person typed it.
//!
//! What can be mended and which private hosts are allowed is known to the program, which gives a
//! reader to the pages: this crate cannot reach a PSA and does not know its addresses.

use std::sync::Arc;

/// Reads the PSA's address and, when one was given, its authorisation server's. Makes no call.
pub type AddressReader =
    Arc<dyn Fn(&str, Option<&str>) -> Result<UnderstoodAddress, AddressRefused> + Send + Sync>;

/// Addresses as they were understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderstoodAddress {
    /// Where the PSA is.
    pub base_url: String,
    /// Where its tokens come from, when that was given.
    pub auth_url: Option<String>,
}

/// An address that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRefused {
    /// Whether it is the authorisation server's.
    pub is_auth_url: bool,
    /// What is wrong with it and how to mend it.
    pub repair: String,
}
