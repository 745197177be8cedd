//! `/Tickets`, `/Opportunities` and `/Projects`: Halo's *Faults*, one model (HALO-API 3.9, 3.16, 3.17; Q-37).
//!
//! Where list and details spell a property differently both are read.

use almanac_model::id::RemoteId;
use serde::Deserialize;

use super::seen::Seen;

/// A ticket's row, of the list or of its details.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ticket {
    pub(crate) id: Seen<RemoteId>,
    pub(crate) summary: Seen<String>,
    pub(crate) client_id: Seen<RemoteId>,
    pub(crate) site_id: Seen<RemoteId>,
    pub(crate) user_id: Seen<RemoteId>,
    pub(crate) agent_id: Seen<RemoteId>,
    /// A name, not an id.
    pub(crate) team: Seen<String>,
    pub(crate) status_id: Seen<RemoteId>,
    pub(crate) tickettype_id: Seen<RemoteId>,
    pub(crate) sla_id: Seen<RemoteId>,
    /// The `priorityid` within the SLA.
    pub(crate) priority_id: Seen<RemoteId>,
    pub(crate) parent_id: Seen<RemoteId>,
    pub(crate) dateoccurred: Seen<String>,
    pub(crate) last_update: Seen<String>,
    pub(crate) lastupdate: Seen<String>,
    /// Only on closed tickets; on open ones absent or null.
    pub(crate) hasbeenclosed: Seen<bool>,
    pub(crate) dateclosed: Seen<String>,
    pub(crate) startdate: Seen<String>,
    pub(crate) targetdate: Seen<String>,
    pub(crate) oppvalueadjusted: Seen<String>,
}
