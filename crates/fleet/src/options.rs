//! What a program decides about its fleets.

use almanac_model::money::Currency;

/// What a program decides about its fleets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FleetOptions {
    /// The currency of sums, and of classes that a tenant has not made its own.
    pub currency: Currency,
    /// The month that financial years begin with, 1 to 12.
    pub year_starts_in: i8,
    /// How much memory the fleets of all tenants may take together, in bytes. One fleet is always
    /// held, however large it is.
    pub bytes_max: usize,
}

impl FleetOptions {
    /// Financial years that are calendar years, and 256 MiB: some 700,000 assets.
    pub fn new(currency: Currency) -> FleetOptions {
        FleetOptions { currency, year_starts_in: 1, bytes_max: 256 * 1024 * 1024 }
    }
}
