//! What tickets refer to: statuses, types, priorities, categories, workflows.

use super::{flag, own_id, reference, required};
use crate::wire;
use almanac_model::category::Category;
use almanac_model::priority::Priority;
use almanac_model::projection::Projection;
use almanac_model::ticket_status::TicketStatus;
use almanac_model::ticket_type::TicketType;
use almanac_model::workflow::Workflow;
use almanac_psa::BadRow;

/// Maps a row of `/Status`, whatever its type: which are tickets' is told by `area`.
pub(super) fn status(
    wire: wire::status::Status,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::TicketStatus(known)) => Some(known),
        _ => None,
    };
    let name = wire.name.or_before("name", known.map(|k| k.name.clone()))?;
    Ok(Projection::TicketStatus(TicketStatus {
        remote_id: own_id(wire.id)?,
        name: required(name)?,
        area: wire.r#type.or_before("type", known.and_then(|k| k.area.clone()))?,
    }))
}

/// Maps a row of `/TicketType`.
pub(super) fn ticket_type(
    wire: wire::ticket_type::TicketType,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::TicketType(known)) => Some(known),
        _ => None,
    };
    let name = wire.name.or_before("name", known.map(|k| k.name.clone()))?;
    Ok(Projection::TicketType(TicketType {
        remote_id: own_id(wire.id)?,
        name: required(name)?,
        usage: wire.r#use.or_before("use", known.and_then(|k| k.usage.clone()))?,
    }))
}

/// Maps a row of `/Priority`; tickets refer to its number within its SLA.
pub(super) fn priority(
    wire: wire::priority::Priority,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Priority(known)) => Some(known),
        _ => None,
    };
    let name = wire.name.or_before("name", known.map(|k| k.name.clone()))?;
    let number = known.and_then(|k| k.number.clone());
    Ok(Projection::Priority(Priority {
        remote_id: own_id(wire.id)?,
        name: required(name)?,
        sla: reference("slaid", wire.slaid, known.and_then(|k| k.sla.clone()))?,
        number: reference("priorityid", wire.priorityid, number)?,
        is_inactive: flag("ishidden", wire.ishidden, known.map(|k| k.is_inactive))?,
    }))
}

/// Maps a row of `/Category`. Its path is what tickets hold and what is written.
pub(super) fn category(
    wire: wire::category::Category,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Category(known)) => Some(known),
        _ => None,
    };
    let path = wire.value.or(wire.category_name);
    let name = path.or_before("name", known.map(|k| k.name.clone()))?;
    Ok(Projection::Category(Category {
        remote_id: own_id(wire.id)?,
        name: required(name)?,
        tree: wire.type_id.or_before("type_id", known.and_then(|k| k.tree.clone()))?,
    }))
}

/// Maps a row of `/Workflow`.
pub(super) fn workflow(
    wire: wire::workflow::Workflow,
    before: Option<&Projection>,
) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Workflow(known)) => Some(known),
        _ => None,
    };
    let name = wire.name.or_before("name", known.map(|k| k.name.clone()))?;
    let was_active = known.map(|k| !k.is_inactive);
    Ok(Projection::Workflow(Workflow {
        remote_id: own_id(wire.id)?,
        name: required(name)?,
        is_inactive: !wire.active.or_before("active", was_active)?.unwrap_or(true),
    }))
}
