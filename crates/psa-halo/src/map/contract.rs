//! Contracts with clients.

use super::{day, own_id, reference};
use crate::wire;
use almanac_model::contract::Contract;
use almanac_model::projection::Projection;
use almanac_psa::BadRow;

/// Maps a row of `/ClientContract`.
pub(super) fn from_wire(
    wire: wire::contract::Contract,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Contract(known)) => Some(known),
        _ => None,
    };
    let is_active = wire.active.or_before("active", None)?;
    let has_expired = wire.expired.or_before("expired", None)?;
    let said = is_active.map(|is_active| !is_active).or(has_expired);
    Ok(Projection::Contract(Contract {
        remote_id: own_id(wire.id)?,
        reference: wire.r#ref.or_before("ref", known.and_then(|k| k.reference.clone()))?,
        client: reference("client_id", wire.client_id, known.and_then(|k| k.client.clone()))?,
        starts_on: day("start_date", wire.start_date, known.and_then(|k| k.starts_on))?,
        ends_on: day("end_date", wire.end_date, known.and_then(|k| k.ends_on))?,
        is_inactive: said.or(known.map(|k| k.is_inactive)).unwrap_or(false),
    }))
}
