//! Agents. Halo says `isdisabled` of them, and agent 1 stands for nobody.

use almanac_model::agent::Agent;
use almanac_model::projection::Projection;
use almanac_psa::BadRow;

use super::{flag, is_none, own_id, required};
use crate::wire;

/// Halo's agent "Unassigned" (HALO-API 3.5).
const UNASSIGNED: &str = "1";

/// Maps a row of `/Agent`.
pub(super) fn from_wire(
    wire: wire::agent::Agent,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Agent(known)) => Some(known),
        _ => None,
    };
    let remote_id = own_id(wire.id)?;
    let name = wire.name.or_before("name", known.map(|k| k.name.clone()))?;
    let disabled = wire.isdisabled.or(wire.inactive);
    Ok(Projection::Agent(Agent {
        name: required(name)?,
        email: wire.email.or_before("email", known.and_then(|k| k.email.clone()))?,
        is_inactive: flag("isdisabled", disabled, known.map(|k| k.is_inactive))?,
        is_placeholder: remote_id.as_str() == UNASSIGNED || is_none(&remote_id),
        remote_id,
    }))
}
