//! Entries of lookups: client types and asset statuses.

use almanac_model::asset_status::AssetStatus;
use almanac_model::client_type::ClientType;
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_psa::BadRow;

use super::{is_none, own_id, required};
use crate::wire::lookup::Lookup;

/// A client type, from lookup 33.
pub(super) fn client_type(wire: Lookup, before: Option<&Projection>) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::ClientType(known)) => Some(known.name.clone()),
        _ => None,
    };
    let (remote_id, name) = entry(wire, known)?;
    Ok(Projection::ClientType(ClientType { is_placeholder: is_none(&remote_id), remote_id, name }))
}

/// An asset status, from lookup 61.
pub(super) fn asset_status(
    wire: Lookup,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::AssetStatus(known)) => Some(known.name.clone()),
        _ => None,
    };
    let (remote_id, name) = entry(wire, known)?;
    Ok(Projection::AssetStatus(AssetStatus {
        is_placeholder: is_none(&remote_id),
        remote_id,
        name,
    }))
}

/// The "none" entry, code 0, often has no name.
fn entry(wire: Lookup, known: Option<String>) -> Result<(RemoteId, String), BadRow> {
    let remote_id = own_id(wire.id)?;
    let name = wire.name.or_before("name", known)?;
    let name = if is_none(&remote_id) { name.unwrap_or_default() } else { required(name)? };
    Ok((remote_id, name))
}
