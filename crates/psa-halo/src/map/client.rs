//! Clients. The type is lookup 33 by `customertype`; client 1 is built in and stands for "unknown".

use almanac_model::client::Client;
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_psa::BadRow;

use super::{flag, is_none, own_id, reference, required};
use crate::wire;

/// Halo's built-in client "Unknown" (HALO-API 3.1).
const UNKNOWN: &str = "1";

/// Whether an identifier is that of the built-in client.
pub(super) fn is_unknown(id: &RemoteId) -> bool {
    id.as_str() == UNKNOWN || is_none(id)
}

/// Maps a row of `/Client`.
pub(super) fn from_wire(
    wire: wire::client::Client,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Client(known)) => Some(known),
        _ => None,
    };
    let remote_id = own_id(wire.id)?;
    let name = wire.name.or_before("name", known.map(|k| k.name.clone()))?;
    let client_type = known.and_then(|k| k.client_type.clone());
    let website = known.and_then(|k| k.website.clone());
    Ok(Projection::Client(Client {
        name: required(name)?,
        client_type: reference("customertype", wire.customertype, client_type)?,
        website: wire.website.or_before("website", website)?,
        is_inactive: flag("inactive", wire.inactive, known.map(|k| k.is_inactive))?,
        is_placeholder: is_unknown(&remote_id),
        remote_id,
    }))
}
