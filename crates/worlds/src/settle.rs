//! The end of a story: everything is calm, work is done until none is left, and both sides are
//! compared in full.

use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_model::write::WriteState;
use almanac_psa::Mapper;
use almanac_psa::fake::FakeMapper;
use almanac_store::{AuditVerdict, OutboxEntry, WriteMode};
use almanac_sync::Outcome;
use uuid::Uuid;

use crate::Broken;
use crate::check::allows;
use crate::fuse::Fuse;
use crate::program::{Ended, Program, Task};
use crate::side::{STREAMS, Sent};
use crate::snapshot::Snapshot;
use crate::wire::Weather;
use crate::world::World;

/// Rounds of calm after which everything has come to rest. A filter that does not work is tried
/// again in the second, a hold is lifted in the next.
const ROUNDS_MAX: u32 = 4;

/// A scan that was interrupted is begun anew after this: ten minutes, and by how much clocks jumped back.
const ROUND_MS: i64 = 40 * 60_000;

/// Audit entries read for a check; no story has as many.
const AUDIT_MAX: u32 = 10_000;

impl World {
    /// Lets a tenant come to rest and checks all that must hold then.
    pub(crate) fn settle(&mut self, at: usize) -> Result<(), Broken> {
        self.switch(at, WriteMode::On)?;
        self.tenants[at].side.hide(false);
        self.come_to_rest(at)?;
        self.a_second_run_does_nothing(at)?;
        self.compare(at)
    }

    /// As [`World::settle`], where a second run was tried before.
    pub(crate) fn rest_after_all(&mut self, at: usize) -> Result<(), Broken> {
        self.come_to_rest(at)?;
        self.compare(at)
    }

    fn compare(&mut self, at: usize) -> Result<(), Broken> {
        let now = self.snapshot(at)?;
        self.both_sides_agree(at, &now)?;
        self.writes_are_as_approved(at, &now)?;
        self.every_write_is_accounted_for(at, &now)?;
        self.no_lock_vanished(at)?;
        self.nothing_is_of_another_tenant(at, &now)
    }

    fn calmly(&mut self, at: usize, task: Task) -> Result<Ended, Broken> {
        let program = Program { tenant: at, task, fuse: Fuse::none(), weather: Weather::Calm };
        let before = self.begin(at)?;
        let ended = self.start(&program)?;
        self.check(at, &before, (&program.task, ended.as_ref()))?;
        ended.ok_or_else(|| Broken::new("a program that nothing could end was ended"))
    }

    fn come_to_rest(&mut self, at: usize) -> Result<(), Broken> {
        let mut last = None;
        for _ in 0..ROUNDS_MAX {
            self.time.forward(ROUND_MS);
            let pushed = self.calmly(at, Task::Push)?;
            let scanned = self.calmly(at, Task::Scan { calls_max: None })?;
            if pushed.is_whole() && scanned.is_whole() {
                return Ok(());
            }
            last = Some((pushed, scanned));
        }
        Err(Broken(format!("it does not come to rest in {ROUNDS_MAX} rounds: {last:?}")))
    }

    fn a_second_run_does_nothing(&mut self, at: usize) -> Result<(), Broken> {
        let before = self.snapshot(at)?;
        for task in [Task::Push, Task::Changes, Task::Scan { calls_max: None }] {
            match self.calmly(at, task)? {
                Ended::Pushed(status) if status.ended.is_empty() => {}
                Ended::Read(status)
                    if status.outcome == Outcome::Done
                        && status
                            .streams
                            .iter()
                            .all(|of| of.added + of.changed + of.removed + of.bad == 0) => {}
                other => return Err(Broken(format!("a second run did something: {other:?}"))),
            }
        }
        let after = self.snapshot(at)?;
        let is_as = |(id, row): (&(Stream, _), &almanac_store::RecordRow)| {
            after.records.get(id).is_some_and(|now| {
                (&now.body, now.changed_at, now.deleted_at)
                    == (&row.body, row.changed_at, row.deleted_at)
            })
        };
        let is_same = before.records.len() == after.records.len()
            && before.records.iter().all(is_as)
            && before.entries == after.entries;
        if is_same { Ok(()) } else { Err(Broken::new("a second run changed what is kept")) }
    }

    /// Byte for byte, and what was mapped is what the bytes map to.
    fn both_sides_agree(&self, at: usize, now: &Snapshot) -> Result<(), Broken> {
        let tenant = &self.tenants[at];
        for stream in STREAMS {
            let truth = tenant.side.rows(stream);
            let kept: Vec<_> = now.live().filter(|((of, _), _)| *of == stream).collect();
            let differs = kept.len() != truth.len()
                || kept.iter().any(|((_, id), row)| truth.get(id) != Some(&row.body));
            if differs {
                let ours: Vec<_> = kept.iter().map(|((_, id), _)| id.as_str()).collect();
                let theirs: Vec<_> = truth.keys().map(|id| id.as_str()).collect();
                return Err(Broken(format!("{stream} differ: ours {ours:?}, theirs {theirs:?}")));
            }
            let mapped = self.look(async |store| {
                let store = store.tenant(tenant.id);
                let rows = store.projection_page(tenant.connection, stream, None, 10_000).await;
                rows.map_err(Broken::of)
            })?;
            let mut mapped = mapped.iter().filter(|row| row.deleted_at.is_none());
            let is_of = |projection: &Projection| {
                let body = truth.get(projection.remote_id());
                let again = body.and_then(|body| FakeMapper.project(stream, body, None).ok());
                again.as_ref() == Some(projection)
            };
            if let Some(wrong) = mapped.find(|row| !is_of(&row.projection)) {
                return Err(Broken(format!("{stream} mapped wrongly: {wrong:?}")));
            }
        }
        Ok(())
    }

    fn every_write_is_accounted_for(&self, at: usize, now: &Snapshot) -> Result<(), Broken> {
        let tenant = &self.tenants[at];
        let (sent, audit) = (tenant.side.sent(), self.audit(at)?);
        let is_told = |entry: &OutboxEntry| {
            let plan = entry.plan.to_string();
            let subject = format!("{} {}", entry.stream, entry.remote_id);
            audit.iter().any(|of| {
                of.action == "write.send" && of.subject == subject && of.detail.contains(&plan)
            })
        };
        for (_, entry) in &now.entries {
            let has_arrived = sent.iter().any(|sent| allows(entry, sent));
            match entry.state {
                WriteState::Queued | WriteState::Sending => {
                    return Err(Broken(format!("a write was left: {entry:?}")));
                }
                WriteState::Applied if !has_arrived => {
                    return Err(Broken(format!("applied, and nothing arrived: {entry:?}")));
                }
                _ => {}
            }
        }
        // Two plans may have wanted the same of a record: one of them tells.
        let is_silent = |sent: &&Sent| {
            !now.entries.iter().any(|(_, entry)| allows(entry, sent) && is_told(entry))
        };
        match sent.iter().find(is_silent) {
            Some(sent) => Err(Broken(format!("the audit does not tell of a write: {sent:?}"))),
            None => Ok(()),
        }
    }

    fn audit(&self, at: usize) -> Result<Vec<almanac_store::Audit>, Broken> {
        let tenant = &self.tenants[at];
        self.look(async |store| {
            let store = store.tenant(tenant.id);
            match store.audit_verify().await.map_err(Broken::of)? {
                AuditVerdict::Intact { .. } => {}
                broken => return Err(Broken(format!("the audit does not hold: {broken:?}"))),
            }
            let entries = store.audit_list(None, AUDIT_MAX).await.map_err(Broken::of)?;
            Ok(entries.into_iter().map(|entry| entry.audit).collect())
        })
    }

    fn no_lock_vanished(&self, at: usize) -> Result<(), Broken> {
        let tenant = &self.tenants[at];
        let kept = self.look(async |store| {
            let store = store.tenant(tenant.id);
            let rows = store.asset_choices_after(tenant.connection, 0, 10_000).await;
            rows.map_err(Broken::of)
        })?;
        let kept = kept.iter().flat_map(|row| {
            let locks = row.choice.locks.iter();
            locks.map(|(target, lock)| ((row.remote_id.clone(), target), lock.value.clone()))
        });
        let kept: std::collections::BTreeMap<_, _> = kept.collect();
        if kept == tenant.locks {
            return Ok(());
        }
        Err(Broken(format!("locks are {kept:?}, and people set {:?}", tenant.locks)))
    }

    fn nothing_is_of_another_tenant(&self, at: usize, now: &Snapshot) -> Result<(), Broken> {
        let other = self.tenants[1 - at].side.mark;
        let marks = [format!("{other} value"), format!("{other} lock")];
        let is_others = |text: &str| marks.iter().any(|mark| text.contains(mark.as_str()));
        for ((stream, id), row) in &now.records {
            if is_others(&String::from_utf8_lossy(&row.body)) {
                return Err(Broken(format!("{stream} {id} is of another tenant")));
            }
        }
        let is_clean = !self.audit(at)?.iter().any(|line| is_others(&line.detail))
            && !now.entries.iter().any(|(_, entry)| is_others(&format!("{entry:?}")));
        if is_clean { Ok(()) } else { Err(Broken::new("a write or audit is of another tenant")) }
    }

    /// Takes a plan back while all is calm: what still stands there is restored, and what somebody
    /// changed since is refused by its name.
    pub(crate) fn take_back(&mut self, at: usize, of: Uuid) -> Result<(), Broken> {
        let Some(id) = self.undo(at, of)? else { return Ok(()) };
        let fields = |entry: &OutboxEntry| -> Vec<(String, Option<String>)> {
            let names = entry.fields.iter().map(|field| match &field.field {
                almanac_model::asset::RemoteField::Standard(name) => name.clone(),
                other => format!("{other:?}"),
            });
            names
                .map(|name| {
                    let has = self.tenants[at].side.value(&entry.remote_id, &name);
                    (name, has)
                })
                .collect()
        };
        let entries = |now: Snapshot| now.entries.into_iter().filter(move |(_, of)| of.plan == id);
        let before: Vec<_> = entries(self.snapshot(at)?).map(|(_, entry)| fields(&entry)).collect();
        self.calmly(at, Task::Push)?;
        let after = entries(self.snapshot(at)?);
        for ((_, entry), had) in after.zip(before) {
            let text = |value: &Option<almanac_model::fact::FactValue>| {
                value.as_ref().map(ToString::to_string)
            };
            let exists = self.tenants[at].side.rows(Stream::Assets).contains_key(&entry.remote_id);
            let is_changed = |at: usize| {
                let field = &entry.fields[at];
                had[at].1 != text(&field.base) && had[at].1 != text(&field.wanted)
            };
            let changed: Vec<usize> = (0..had.len()).filter(|at| is_changed(*at)).collect();
            let is_right = if !exists {
                entry.state == WriteState::Gone
            } else if changed.is_empty() {
                let has = |name: &str| self.tenants[at].side.value(&entry.remote_id, name);
                entry
                    .fields
                    .iter()
                    .zip(&had)
                    .all(|(field, (name, _))| has(name) == text(&field.wanted))
            } else {
                let told = entry.problem.as_ref().map_or("", |(_, text)| text.as_str());
                entry.state == WriteState::Conflict
                    && changed.iter().all(|at| told.contains(had[*at].0.as_str()))
            };
            if !is_right {
                return Err(Broken(format!("taken back wrongly: {entry:?}; the PSA had {had:?}")));
            }
        }
        Ok(())
    }
}
