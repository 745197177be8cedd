//! Actions of tickets. Their ids repeat from ticket to ticket (Q-23), so ours names both.

use super::{instant, missing, own_id};
use crate::wire::action::Action;
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::ticket_action::TicketAction;
use almanac_psa::BadRow;

/// The remote id of an action.
pub(crate) fn remote_id(ticket: &RemoteId, number: &RemoteId) -> RemoteId {
    RemoteId::new(format!("{ticket}:{number}"))
}

/// Maps a row of `/Actions`. One that does not say whether its client may see it is private.
pub(super) fn from_wire(wire: Action, before: Option<&Projection>) -> Result<Projection, BadRow> {
    let known = match before {
        Some(Projection::TicketAction(known)) => Some(known),
        _ => None,
    };
    let number = own_id(wire.id)?;
    let ticket = wire.ticket_id.or_before("ticket_id", known.map(|k| k.ticket.clone()))?;
    let ticket = ticket.ok_or_else(|| missing("ticket_id"))?;
    let outcome = known.and_then(|k| k.outcome.clone());
    let was_private = known.map(|k| k.is_private);
    Ok(Projection::TicketAction(TicketAction {
        remote_id: remote_id(&ticket, &number),
        outcome: wire.outcome.or_before("outcome", outcome)?,
        author: wire.who.or_before("who", known.and_then(|k| k.author.clone()))?,
        at: instant("datetime", wire.datetime, known.and_then(|k| k.at))?,
        is_private: wire.hiddenfromuser.or_before("hiddenfromuser", was_private)?.unwrap_or(true),
        ticket,
    }))
}

#[cfg(test)]
mod tests {
    use almanac_model::stream::Stream;

    use super::super::tests::map;
    use super::*;

    #[test]
    fn q_23_an_action_is_named_by_its_ticket_too() {
        for (json, want, is_private) in [
            (r#"{"id":1,"ticket_id":10,"hiddenfromuser":false}"#, "10:1", false),
            (r#"{"id":1.0,"ticket_id":"11","hiddenfromuser":true}"#, "11:1", true),
            (r#"{"id":1,"ticket_id":12}"#, "12:1", true),
        ] {
            let Projection::TicketAction(action) = map(Stream::TicketActions, json, None) else {
                panic!("not an action")
            };
            assert_eq!((action.remote_id.as_str(), action.is_private), (want, is_private));
        }
    }
}
