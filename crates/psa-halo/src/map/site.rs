//! Sites. Their client is a decimal on the wire; a site of the built-in client is no place.

use almanac_model::projection::Projection;
use almanac_model::site::Site;
use almanac_psa::BadRow;

use super::client::is_unknown;
use super::{flag, is_none, own_id, reference, required};
use crate::wire;

/// Maps a row of `/Site`. A site of the built-in client is a stand-in too.
pub(super) fn from_wire(
    wire: wire::site::Site,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Site(known)) => Some(known),
        _ => None,
    };
    let remote_id = own_id(wire.id)?;
    let name = wire.name.or_before("name", known.map(|k| k.name.clone()))?;
    let client = reference("client_id", wire.client_id, known.and_then(|k| k.client.clone()))?;
    Ok(Projection::Site(Site {
        name: required(name)?,
        is_inactive: flag("inactive", wire.inactive, known.map(|k| k.is_inactive))?,
        is_placeholder: is_none(&remote_id) || client.as_ref().is_some_and(is_unknown),
        client,
        remote_id,
    }))
}
