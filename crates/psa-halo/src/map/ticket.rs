//! Tickets, and opportunities and projects, which Halo keeps as tickets (Q-37).

use super::{day, flag, instant, own_id, reference};
use crate::wire::seen::Seen;
use crate::wire::ticket::Ticket as Wire;
use almanac_model::opportunity::Opportunity;
use almanac_model::project::Project;
use almanac_model::projection::Projection;
use almanac_model::ticket::Ticket;
use almanac_psa::BadRow;

/// Whether a ticket was closed. Halo says so of closed tickets only (HALO-API 3.9), so a row that
/// tells its status and says nothing of this is of an open one; a thinner row changes nothing.
fn is_closed(wire: &Wire, before: Option<bool>) -> Result<bool, BadRow> {
    let before = if matches!(wire.status_id, Seen::Absent) { before } else { None };
    flag("hasbeenclosed", wire.hasbeenclosed.clone(), before)
}

/// Maps a row of `/Tickets`.
pub(super) fn ticket(wire: Wire, before: Option<&Projection>) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Ticket(known)) => Some(known),
        _ => None,
    };
    let is_closed = is_closed(&wire, known.map(|k| k.is_closed))?;
    let closed_at = instant("dateclosed", wire.dateclosed, known.and_then(|k| k.closed_at))?;
    let updated = wire.last_update.or(wire.lastupdate);
    let of = |pick: fn(&Ticket) -> &Option<_>| known.and_then(|k| pick(k).clone());
    Ok(Projection::Ticket(Ticket {
        remote_id: own_id(wire.id)?,
        title: wire.summary.or_before("summary", known.and_then(|k| k.title.clone()))?,
        client: reference("client_id", wire.client_id, of(|k| &k.client))?,
        site: reference("site_id", wire.site_id, of(|k| &k.site))?,
        contact: reference("user_id", wire.user_id, of(|k| &k.contact))?,
        agent: reference("agent_id", wire.agent_id, of(|k| &k.agent))?,
        team_name: wire.team.or_before("team", known.and_then(|k| k.team_name.clone()))?,
        status: reference("status_id", wire.status_id, of(|k| &k.status))?,
        ticket_type: reference("tickettype_id", wire.tickettype_id, of(|k| &k.ticket_type))?,
        sla: reference("sla_id", wire.sla_id, of(|k| &k.sla))?,
        priority_number: reference("priority_id", wire.priority_id, of(|k| &k.priority_number))?,
        opened_at: instant("dateoccurred", wire.dateoccurred, known.and_then(|k| k.opened_at))?,
        remote_updated_at: instant(
            "last_update",
            updated,
            known.and_then(|k| k.remote_updated_at),
        )?,
        closed_at: closed_at.filter(|_| is_closed),
        is_closed,
    }))
}

/// Maps a row of `/Opportunities`.
pub(super) fn opportunity(wire: Wire, before: Option<&Projection>) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Opportunity(known)) => Some(known),
        _ => None,
    };
    let is_closed = is_closed(&wire, known.map(|k| k.is_closed))?;
    let updated = wire.last_update.or(wire.lastupdate);
    let of = |pick: fn(&Opportunity) -> &Option<_>| known.and_then(|k| pick(k).clone());
    let value = known.and_then(|k| k.value.clone());
    Ok(Projection::Opportunity(Opportunity {
        remote_id: own_id(wire.id)?,
        title: wire.summary.or_before("summary", known.and_then(|k| k.title.clone()))?,
        client: reference("client_id", wire.client_id, of(|k| &k.client))?,
        status: reference("status_id", wire.status_id, of(|k| &k.status))?,
        ticket_type: reference("tickettype_id", wire.tickettype_id, of(|k| &k.ticket_type))?,
        value: wire.oppvalueadjusted.or_before("oppvalueadjusted", value)?,
        target_on: day("targetdate", wire.targetdate, known.and_then(|k| k.target_on))?,
        remote_updated_at: instant(
            "last_update",
            updated,
            known.and_then(|k| k.remote_updated_at),
        )?,
        is_closed,
    }))
}

/// Maps a row of `/Projects`.
pub(super) fn project(wire: Wire, before: Option<&Projection>) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::Project(known)) => Some(known),
        _ => None,
    };
    let is_closed = is_closed(&wire, known.map(|k| k.is_closed))?;
    let updated = wire.last_update.or(wire.lastupdate);
    let of = |pick: fn(&Project) -> &Option<_>| known.and_then(|k| pick(k).clone());
    Ok(Projection::Project(Project {
        remote_id: own_id(wire.id)?,
        title: wire.summary.or_before("summary", known.and_then(|k| k.title.clone()))?,
        client: reference("client_id", wire.client_id, of(|k| &k.client))?,
        status: reference("status_id", wire.status_id, of(|k| &k.status))?,
        ticket_type: reference("tickettype_id", wire.tickettype_id, of(|k| &k.ticket_type))?,
        parent: reference("parent_id", wire.parent_id, of(|k| &k.parent))?,
        starts_on: day("startdate", wire.startdate, known.and_then(|k| k.starts_on))?,
        target_on: day("targetdate", wire.targetdate, known.and_then(|k| k.target_on))?,
        remote_updated_at: instant(
            "last_update",
            updated,
            known.and_then(|k| k.remote_updated_at),
        )?,
        is_closed,
    }))
}

#[cfg(test)]
mod tests {
    use almanac_model::stream::Stream;

    use super::super::tests::map;
    use super::*;

    const CLOSED: &str = r#"{"id":7,"summary":"s","status_id":9,"team":"1st Line",
        "last_update":"2026-10-03T06:24:11.4","hasbeenclosed":true,"dateclosed":"2026-10-03T06:24:11.4"}"#;

    fn ticket_of(json: &str, before: Option<&Projection>) -> Ticket {
        match map(Stream::Tickets, json, before) {
            Projection::Ticket(ticket) => ticket,
            other => panic!("not a ticket: {other:?}"),
        }
    }

    #[test]
    fn q_27_a_ticket_that_says_nothing_of_being_closed_is_open_again() {
        let closed = ticket_of(CLOSED, None);
        assert_eq!((closed.is_closed, closed.closed_at), (true, Some(1_791_008_651_400)));
        let before = Projection::Ticket(closed);
        let reopened = ticket_of(r#"{"id":7,"status_id":2}"#, Some(&before));
        assert_eq!((reopened.is_closed, reopened.closed_at), (false, None));
        assert_eq!(reopened.title.as_deref(), Some("s"), "the rest is kept");
        let thin = ticket_of(r#"{"id":7}"#, Some(&before));
        assert!(thin.is_closed, "a row without a status says nothing");
    }

    #[test]
    fn q_28_both_spellings_of_the_last_change_are_read() {
        for json in [
            r#"{"id":7,"last_update":"2026-10-03T06:24:11.4"}"#,
            r#"{"id":7,"lastupdate":"2026-10-03T06:24:11.4Z"}"#,
        ] {
            assert_eq!(ticket_of(json, None).remote_updated_at, Some(1_791_008_651_400), "{json}");
        }
    }

    #[test]
    fn q_29_the_team_of_a_ticket_is_a_name_and_kept_as_it_is() {
        assert_eq!(ticket_of(CLOSED, None).team_name.as_deref(), Some("1st Line"));
    }

    #[test]
    fn q_24_a_target_of_1900_is_no_target() {
        let json = r#"{"id":7,"targetdate":"1900-01-01T00:00:00","oppvalueadjusted":1250.5}"#;
        let Projection::Opportunity(found) = map(Stream::Opportunities, json, None) else {
            panic!("not an opportunity")
        };
        assert_eq!((found.target_on, found.value.as_deref()), (None, Some("1250.5")));
    }
}
