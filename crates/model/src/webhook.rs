//! What the one who registers a webhook and the one who receives its deliveries agree on.

/// The header of a delivery that carries its signature. The PSA lets us choose it (HALO-API 3.21: TL).
pub const SIGNATURE_HEADER: &str = "X-Almanac-Signature";
