//! Teams. Tickets refer to a team by its name, so the name is kept exactly.

use almanac_model::projection::Projection;
use almanac_model::team::Team;
use almanac_psa::BadRow;

use super::{flag, is_none, own_id, required};
use crate::wire;

/// Maps a row of `/Team`.
pub(super) fn from_wire(
    wire: wire::team::Team,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Team(known)) => Some(known),
        _ => None,
    };
    let remote_id = own_id(wire.id)?;
    let name = wire.name.or_before("name", known.map(|k| k.name.clone()))?;
    Ok(Projection::Team(Team {
        name: required(name)?,
        is_inactive: flag("inactive", wire.inactive, known.map(|k| k.is_inactive))?,
        is_placeholder: is_none(&remote_id),
        remote_id,
    }))
}
