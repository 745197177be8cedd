//! What must hold after each program, whatever happened to it.

use std::collections::BTreeSet;

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_model::write::WriteState;
use almanac_store::OutboxEntry;

use crate::Broken;
use crate::program::{Ended, Task};
use crate::side::{STREAMS, Sent};
use crate::snapshot::Snapshot;
use crate::world::World;

impl World {
    /// What is kept of a tenant now.
    pub(crate) fn snapshot(&self, at: usize) -> Result<Snapshot, Broken> {
        let tenant = &self.tenants[at];
        self.look(async |store| {
            Snapshot::take(&store.tenant(tenant.id), tenant.connection, &tenant.plans).await
        })
    }

    /// What was kept before a program begins; its edits are counted from now on. Only programs
    /// change records, so that this is what the last one left.
    pub(crate) fn begin(&mut self, at: usize) -> Result<Snapshot, Broken> {
        self.tenants[at].side.begin();
        match self.tenants[at].last.take() {
            Some(last) => Ok(last),
            None => self.snapshot(at),
        }
    }

    /// Checks a tenant after a program of its own, which began with `before`.
    pub(crate) fn check(
        &mut self,
        at: usize,
        before: &Snapshot,
        (task, ended): (&Task, Option<&Ended>),
    ) -> Result<(), Broken> {
        let now = self.snapshot(at)?;
        let (edits, absent) = self.tenants[at].side.since();
        self.nothing_that_exists_was_removed(at, before, &now, &absent)?;
        if edits == 0 && ended.is_some_and(Ended::is_whole) {
            self.what_was_read_is_all(at, (before, &now), task)?;
        }
        self.writes_are_as_approved(at, &now)?;
        self.tenants[at].last = Some(now);
        Ok(())
    }

    /// A record that the PSA had all the while is never taken for gone.
    fn nothing_that_exists_was_removed(
        &self,
        at: usize,
        before: &Snapshot,
        now: &Snapshot,
        absent: &BTreeSet<(Stream, RemoteId)>,
    ) -> Result<(), Broken> {
        for stream in STREAMS {
            for id in self.tenants[at].side.rows(stream).into_keys() {
                let id = (stream, id);
                let was_live = before.records.get(&id).is_some_and(|row| row.deleted_at.is_none());
                let is_live = now.records.get(&id).is_some_and(|row| row.deleted_at.is_none());
                if was_live && !is_live && !absent.contains(&id) {
                    return Err(Broken(format!("{} {} exists and was removed", id.0, id.1)));
                }
            }
        }
        Ok(())
    }

    /// What came to its end without a word of complaint has read everything that changed before.
    /// A scan that went on where an earlier one stopped tells of then: the next tells of the rest.
    fn what_was_read_is_all(
        &self,
        at: usize,
        (before, now): (&Snapshot, &Snapshot),
        task: &Task,
    ) -> Result<(), Broken> {
        let streams = match task {
            Task::Push | Task::Scan { calls_max: Some(_) } => return Ok(()),
            // The same: tickets tell which of them changed.
            Task::Poke(Stream::TicketActions) => return Ok(()),
            Task::Poke(stream) => vec![*stream],
            Task::Changes | Task::Scan { calls_max: None } => STREAMS.to_vec(),
        };
        // Which tickets changed is known to the tickets.
        let is_open = |stream| {
            let parent = (stream == Stream::TicketActions).then_some(Stream::Tickets);
            before.is_open(stream) || parent.is_some_and(|parent| before.is_open(parent))
        };
        for stream in streams.into_iter().filter(|stream| !is_open(*stream)) {
            for (id, body) in self.tenants[at].side.rows(stream) {
                let kept = now.records.get(&(stream, id.clone()));
                let is_same = kept.is_some_and(|row| row.body == body && row.deleted_at.is_none());
                if !is_same && !self.tenants[at].side.was_hidden(stream, &id) {
                    let kept = kept.map(|row| String::from_utf8_lossy(&row.body).into_owned());
                    return Err(Broken(format!(
                        "{task:?} ended well, but {stream} {id} is {} and was kept as {kept:?}",
                        String::from_utf8_lossy(&body)
                    )));
                }
            }
        }
        Ok(())
    }

    /// Nothing was sent but what was approved, over what it was planned against; and a write that
    /// came to its end stays there.
    pub(crate) fn writes_are_as_approved(
        &mut self,
        at: usize,
        now: &Snapshot,
    ) -> Result<(), Broken> {
        let tenant = &mut self.tenants[at];
        let sent = tenant.side.sent();
        for sent in &sent[tenant.sent_checked..] {
            if !now.entries.iter().any(|(is_approved, of)| *is_approved && allows(of, sent)) {
                return Err(Broken(format!("sent without an approved plan: {sent:?}")));
            }
        }
        tenant.sent_checked = sent.len();
        // Also those that were given up in the middle of a program.
        for place in tenant.side.take_given_up() {
            tenant.ended.entry(place).or_insert(WriteState::Discarded);
        }
        for (_, entry) in &now.entries {
            let place = (entry.plan, entry.place);
            match tenant.ended.get(&place) {
                Some(state) if *state != entry.state => {
                    return Err(Broken(format!(
                        "a write that ended as {state:?} is now {entry:?}"
                    )));
                }
                Some(_) => {}
                None if is_ended(entry.state) => drop(tenant.ended.insert(place, entry.state)),
                None => {}
            }
        }
        Ok(())
    }
}

fn is_ended(state: WriteState) -> bool {
    !state.is_under_way() && state != WriteState::Planned
}

/// Whether an entry says that this may be sent.
pub(crate) fn allows(entry: &OutboxEntry, sent: &Sent) -> bool {
    use WriteState::{Already, Discarded, Planned, Rehearsed};
    entry.remote_id == sent.remote_id
        && !matches!(entry.state, Planned | Discarded | Rehearsed | Already)
        && entry.fields.iter().any(|field| {
            field.field == sent.change.field
                && field.wanted == sent.change.value
                && field.base.as_ref().map(ToString::to_string) == sent.before
        })
}
