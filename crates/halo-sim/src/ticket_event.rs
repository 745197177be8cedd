//! What happens when a ticket changes: who is told.
//!
//! Whichever door a change comes through, a client's write or the control port, it ends here. Event
//! 3 is "New Ticket Logged" (HCLI) and 61 "Ticket Updated" (TL); 62 for actions is this simulator's.

use crate::server::Sim;
use crate::webhook::Event;
use crate::world::World;
use crate::world::kind::{Kind, KindId, View};
use crate::world::ticket::Tickets;

const LOGGED: i64 = 3;
const UPDATED: i64 = 61;
const ACTION_ADDED: i64 = 62;

/// One change of one ticket.
#[derive(Debug, Default)]
pub(crate) struct TicketChange<'a> {
    pub(crate) is_new: bool,
    /// Properties that differ from before.
    pub(crate) changed: &'a [String],
    /// The action that did it, as JSON.
    pub(crate) action: Option<&'a [u8]>,
}

impl Sim {
    /// Fires what webhooks ask for; cheap when none does.
    pub(crate) fn ticket_changed(&self, world: &World, index: u32, change: &TicketChange<'_>) {
        let is_updated =
            !change.is_new && change.changed.iter().any(|name| name != "lastactiondate");
        let events: Vec<i64> = [
            (LOGGED, change.is_new),
            (ACTION_ADDED, change.action.is_some()),
            (UPDATED, is_updated),
        ]
        .into_iter()
        .filter_map(|(number, happened)| happened.then_some(number))
        .collect();
        if !self.webhooks.hears(&events) {
            return;
        }
        let mut ticket = Vec::new();
        let view = View { is_detail: true, ..View::default() };
        world.render(&Tickets(KindId::Tickets), index, &view, &mut ticket);
        let switches = self.switches();
        for number in events {
            let event = Event {
                number,
                ticket_id: Tickets(KindId::Tickets).remote_id(index),
                ticket: &ticket,
                action: change.action,
                changed: change.changed,
                at_millis: self.clock.now_millis(),
            };
            self.webhooks.fire(&event, &switches.webhooks, self.seed);
        }
    }
}
