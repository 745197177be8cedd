//! Carries out approved writes, one after the other: read, compare, send, read back.
//!
//! An entry found in the state `sending` was begun by somebody who is gone: the same steps tell
//! what became of it, because whether to send is decided by what the PSA has now. So an entry may
//! be begun any number of times and is sent only while the PSA still has what was planned against.

use std::sync::Arc;

use almanac_model::asset::{RemoteField, RemoteValue};
use almanac_model::chain::Chains;
use almanac_model::code::Code;
use almanac_model::fact::FactValue;
use almanac_model::id::ConnectionId;
use almanac_model::projection::Projection;
use almanac_model::resolver::Resolver;
use almanac_model::write::{FieldWrite, SeenValues, WriteState, held, is_same_field};
use almanac_psa::{FieldChange, Mapper, PsaError, RawRow, RecordChange, Writer};
use almanac_store::{OpenWrite, RecordWrite, Settle, TenantStore};

use crate::calls::CallMeter;
use crate::clock::Clock;
use crate::error::{SyncError, with_causes};
use crate::lease::{HeldLease, Owner};
use crate::mapping::mapping_version;
use crate::page::{PageContext, prepare};
use crate::resolve::{FieldOutcome, resolve};
use crate::status::HeldStatus;

/// Everything that carrying out a connection's writes needs.
pub struct PushJob<W, M> {
    /// The tenant's data.
    pub store: TenantStore,
    /// The connection that is written to.
    pub connection: ConnectionId,
    /// The PSA.
    pub writer: Arc<W>,
    /// Turns its rows into our words.
    pub mapper: Arc<M>,
    /// Which field feeds which fact of an asset.
    pub chains: Arc<Chains>,
    /// Who runs.
    pub owner: Owner,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What became of the writes of one push.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PushStatus {
    /// Where each write stands that came to its end, in their order.
    pub ended: Vec<WriteState>,
    /// Why it stopped before the last; the rest is carried out by the next push.
    pub stopped: Option<HeldStatus>,
}

impl PushStatus {
    /// How many came to this end.
    pub fn count(&self, state: WriteState) -> usize {
        self.ended.iter().filter(|ended| **ended == state).count()
    }
}

/// Carries out what is approved, until nothing is left or the PSA is not to be had.
///
/// # Errors
/// When the database fails, or another push of this connection runs.
pub async fn push<W, M>(job: &PushJob<W, M>) -> Result<PushStatus, SyncError>
where
    W: Writer + 'static,
    M: Mapper,
{
    let name = format!("push:{}", job.connection);
    let lease = HeldLease::take(&job.store, &name, &job.owner, Arc::clone(&job.clock)).await?;
    let meter = CallMeter::start(
        job.store.clone(),
        job.connection,
        Arc::clone(&job.writer),
        Arc::clone(&job.clock),
    );
    let push = Push { job, lease: &lease, resolver: Resolver::new(&job.chains) };
    let result = push.all().await;
    meter.finish().await;
    let released = lease.release().await;
    let status = result?;
    released?;
    Ok(status)
}

/// How one write ended, or why none after it can be sent now.
enum Ended {
    /// It stands there.
    At(WriteState),
    /// A person gave it up meanwhile.
    GivenUp,
    /// The PSA did not allow it.
    Forbidden(PsaError),
    /// It stays open.
    Stop(PsaError),
}

/// What is known of a write when it is settled.
struct Verdict<'a> {
    state: WriteState,
    problem: Option<(Code, String)>,
    was_sent: bool,
    /// The record as it was read last.
    row: Option<&'a RawRow>,
}

impl Verdict<'_> {
    fn unsent(state: WriteState) -> Self {
        Verdict { state, problem: None, was_sent: false, row: None }
    }
}

struct Push<'a, W, M> {
    job: &'a PushJob<W, M>,
    lease: &'a HeldLease,
    resolver: Resolver,
}

impl<W: Writer + 'static, M: Mapper> Push<'_, W, M> {
    async fn all(&self) -> Result<PushStatus, SyncError> {
        let PushJob { store, connection, .. } = self.job;
        let (mut status, mut given_up) = (PushStatus::default(), Vec::new());
        let mut was_forbidden = false;
        while let Some(write) = store.outbox_next(*connection, &given_up).await? {
            let place = (write.entry.plan, write.entry.place);
            let stopped = match self.one(write).await? {
                Ended::At(state) => {
                    status.ended.push(state);
                    was_forbidden = false;
                    None
                }
                Ended::Forbidden(error) => {
                    status.ended.push(WriteState::Refused);
                    std::mem::replace(&mut was_forbidden, true).then_some(error)
                }
                Ended::GivenUp => {
                    given_up.push(place);
                    None
                }
                Ended::Stop(error) => Some(error),
            };
            if let Some(error) = stopped {
                let text = with_causes(&error);
                status.stopped = Some(HeldStatus { code: error.code().to_string(), text });
                break;
            }
        }
        Ok(status)
    }

    /// One write from reading to reading back.
    async fn one(&self, mut write: OpenWrite) -> Result<Ended, SyncError> {
        let entry = &write.entry;
        let was_begun = entry.state == WriteState::Sending;
        let fetched = self.job.writer.fetch_one(entry.stream, &entry.remote_id).await;
        let current = match fetched {
            Ok(Some(row)) => row,
            Ok(None) => return self.gone(&write, was_begun).await,
            Err(error) => return Ok(Ended::Stop(error)),
        };
        let Some(values) = self.values(&write, &current) else {
            let text = "the record as the PSA gives it now is not understood".to_owned();
            let problem = Some((Code::WRITE_REFUSED, text));
            let verdict = Verdict { problem, ..Verdict::unsent(WriteState::Refused) };
            return self.settle(&write, Verdict { was_sent: was_begun, ..verdict }).await;
        };
        let outcomes = self.compare(&mut write, &values, was_begun);
        if let Some(text) = conflict(&write.entry.fields, &outcomes) {
            let problem = Some((Code::WRITE_CONFLICT, text));
            let verdict = Verdict { problem, ..Verdict::unsent(WriteState::Conflict) };
            // One that was begun may have been sent by who died before saying so.
            let verdict = Verdict { was_sent: was_begun, ..verdict };
            return self.settle(&write, Verdict { row: Some(&current), ..verdict }).await;
        }
        if outcomes.iter().all(|outcome| *outcome == FieldOutcome::Settled) {
            // Sent before, by us: then it is our write that is there.
            let state = if was_begun { WriteState::Applied } else { WriteState::Already };
            note_after(&mut write.entry.fields, |field| field.wanted.clone());
            let verdict = Verdict { was_sent: was_begun, ..Verdict::unsent(state) };
            return self.settle(&write, Verdict { row: Some(&current), ..verdict }).await;
        }
        if write.is_rehearsal {
            let problem = Some((Code::WRITE_REHEARSAL, "it would have been sent".to_owned()));
            return self
                .settle(&write, Verdict { problem, ..Verdict::unsent(WriteState::Rehearsed) })
                .await;
        }
        self.send(write, &current, (&values, &outcomes)).await
    }

    async fn send(
        &self,
        write: OpenWrite,
        current: &RawRow,
        (values, outcomes): (&[RemoteValue], &[FieldOutcome]),
    ) -> Result<Ended, SyncError> {
        let PushJob { store, clock, .. } = self.job;
        let begun_at = clock.now_ms();
        if !store.outbox_begin(self.lease.fence(), &write).await? {
            return Ok(Ended::GivenUp);
        }
        // Nothing is sent on what was read so long ago: it stays begun, and is looked at first.
        if HeldLease::may_have_passed(begun_at, clock.now_ms()) {
            return Err(SyncError::TakenOver);
        }
        let changed = write.entry.fields.iter().zip(outcomes);
        let fields: Vec<FieldChange> = changed
            .filter(|(_, outcome)| **outcome == FieldOutcome::Send)
            .map(|(field, _)| FieldChange {
                field: field.field.clone(),
                value: field.wanted.clone(),
            })
            .collect();
        let stream = write.entry.stream;
        let zone = self.job.chains.zone();
        let change = RecordChange { stream, current, fields: &fields, zone };
        let lost = match self.job.writer.write(change).await {
            Ok(()) => None,
            Err(error @ PsaError::OutcomeUnknown { .. }) => Some(error),
            Err(PsaError::NoSuchPath { .. }) => {
                let was_begun = write.entry.state == WriteState::Sending;
                return self.gone(&write, was_begun).await;
            }
            Err(PsaError::Refused { message, .. }) => {
                let problem = Some((Code::WRITE_REFUSED, message));
                let verdict = Verdict { problem, ..Verdict::unsent(WriteState::Refused) };
                return self.settle(&write, Verdict { was_sent: true, ..verdict }).await;
            }
            // One record may be out of reach of the agent; what all of them need is gone when the
            // next is forbidden too, and then the rest waits for a person.
            Err(error @ PsaError::Forbidden { .. }) => {
                let problem = Some((Code::WRITE_PRIVILEGE, error.to_string()));
                let verdict = Verdict { problem, ..Verdict::unsent(WriteState::Refused) };
                self.settle(&write, Verdict { was_sent: true, ..verdict }).await?;
                return Ok(Ended::Forbidden(error));
            }
            // Nothing was sent: it waits as before.
            Err(error) => {
                self.settle(&write, Verdict::unsent(WriteState::Queued)).await?;
                return Ok(Ended::Stop(error));
            }
        };
        self.read_back(write, (&fields, values), lost).await
    }

    /// Reads what became of a write that was sent; `lost` is why its answer did not come.
    async fn read_back(
        &self,
        mut write: OpenWrite,
        (fields, values): (&[FieldChange], &[RemoteValue]),
        lost: Option<PsaError>,
    ) -> Result<Ended, SyncError> {
        let entry = &write.entry;
        let fetched = self.job.writer.fetch_one(entry.stream, &entry.remote_id).await;
        let row = match fetched {
            Ok(Some(row)) => row,
            Ok(None) => return self.gone(&write, true).await,
            Err(error) => return self.unknown(&write, lost.unwrap_or(error)).await,
        };
        let now = self.values(&write, &row).unwrap_or_default();
        let chains = &self.job.chains;
        note_after(&mut write.entry.fields, |field| held(chains, field.target, &field.field, &now));
        let is_taken = |field: &FieldWrite| after(field) == field.wanted.as_ref();
        if write.entry.fields.iter().all(is_taken) {
            let problem =
                more_changed(fields, values, &now).map(|text| (Code::WRITE_MORE_CHANGED, text));
            let state = WriteState::Applied;
            let verdict = Verdict { state, problem, was_sent: true, row: Some(&row) };
            return self.settle(&write, verdict).await;
        }
        if let Some(error) = lost {
            return self.unknown(&write, error).await;
        }
        let text = not_taken(&write.entry.fields);
        let problem = Some((Code::WRITE_NOT_TAKEN, text));
        let state = WriteState::NotTaken;
        self.settle(&write, Verdict { state, problem, was_sent: true, row: Some(&row) }).await
    }

    /// Something was sent and nobody knows what came of it: it stays begun, and is looked at first
    /// the next time.
    async fn unknown(&self, write: &OpenWrite, error: PsaError) -> Result<Ended, SyncError> {
        let problem = Some((Code::WRITE_UNKNOWN, with_causes(&error)));
        let state = WriteState::Sending;
        self.settle(write, Verdict { state, problem, was_sent: true, row: None }).await?;
        Ok(Ended::Stop(error))
    }

    async fn gone(&self, write: &OpenWrite, was_sent: bool) -> Result<Ended, SyncError> {
        let text = "the PSA no longer has this record".to_owned();
        let problem = Some((Code::WRITE_REFUSED, text));
        let verdict = Verdict { problem, ..Verdict::unsent(WriteState::Gone) };
        self.settle(write, Verdict { was_sent, ..verdict }).await
    }

    /// The record's values; `None` when it is not understood or says to be another.
    fn values(&self, write: &OpenWrite, row: &RawRow) -> Option<Vec<RemoteValue>> {
        match self.job.mapper.project(write.entry.stream, &row.body, None) {
            Ok(Projection::Asset(asset)) if asset.remote_id == write.entry.remote_id => {
                Some(asset.values)
            }
            _ => None,
        }
    }

    /// Notes what is there and tells what becomes of each field. What was there before an earlier
    /// beginning stays noted: it is what taking the write back restores.
    fn compare(
        &self,
        write: &mut OpenWrite,
        values: &[RemoteValue],
        was_begun: bool,
    ) -> Vec<FieldOutcome> {
        let chains = &self.job.chains;
        let each = write.entry.fields.iter_mut().map(|field| {
            let found = held(chains, field.target, &field.field, values);
            let outcome = resolve(field.base.as_ref(), field.wanted.as_ref(), found.as_ref());
            if !was_begun || field.seen.is_none() {
                field.seen = Some(SeenValues { before: found.clone(), after: found });
            }
            outcome
        });
        each.collect()
    }

    async fn settle(&self, write: &OpenWrite, verdict: Verdict<'_>) -> Result<Ended, SyncError> {
        let record = match verdict.row {
            Some(row) => self.refreshed(write, row).await?,
            None => None,
        };
        let problem = verdict.problem.map(|(code, text)| (code.code, text));
        self.job
            .store
            .outbox_settle(&Settle {
                fence: self.lease.fence(),
                connection: self.job.connection,
                write,
                state: verdict.state,
                problem,
                was_sent: verdict.was_sent,
                record,
                at_ms: self.job.clock.now_ms(),
            })
            .await?;
        Ok(Ended::At(verdict.state))
    }

    /// What was read as the store keeps it; `None` where nothing differs, or where only a scan may
    /// decide (a record that is not known, or is thought gone).
    async fn refreshed(
        &self,
        write: &OpenWrite,
        row: &RawRow,
    ) -> Result<Option<(RecordWrite, i64)>, SyncError> {
        let stream = write.entry.stream;
        let context = PageContext {
            store: &self.job.store,
            connection: self.job.connection,
            stream,
            mapper: self.job.mapper.as_ref(),
            resolver: &self.resolver,
        };
        let prepared = prepare(&context, vec![row.clone()]).await?;
        let usable = prepared.writes.into_iter().next().filter(|record| {
            let is_live = |head: &almanac_store::RecordHead| !head.is_deleted && !head.has_problem;
            record.problem.is_none() && record.known.as_ref().is_some_and(is_live)
        });
        let version = mapping_version(stream, self.job.mapper.version(), &self.job.chains);
        Ok(usable.map(|record| (record, version)))
    }
}

fn after(field: &FieldWrite) -> Option<&FactValue> {
    field.seen.as_ref()?.after.as_ref()
}

fn note_after(fields: &mut [FieldWrite], value: impl Fn(&FieldWrite) -> Option<FactValue>) {
    for field in fields {
        let after = value(field);
        field.seen.get_or_insert_default().after = after;
    }
}

/// Names each field that somebody changed at the PSA since the plan.
fn conflict(fields: &[FieldWrite], outcomes: &[FieldOutcome]) -> Option<String> {
    let named = fields.iter().zip(outcomes).filter(|(_, of)| **of == FieldOutcome::Conflict);
    let named: Vec<String> = named
        .map(|(field, _)| {
            let found = field.seen.as_ref().and_then(|seen| seen.after.as_ref());
            let (base, found) = (shown(field.base.as_ref()), shown(found));
            format!(
                "{}: the PSA has {found} now, and had {base} when this was planned",
                name(&field.field)
            )
        })
        .collect();
    (!named.is_empty()).then(|| named.join("; "))
}

fn not_taken(fields: &[FieldWrite]) -> String {
    let kept = fields.iter().filter(|field| after(field) != field.wanted.as_ref());
    let kept: Vec<String> = kept
        .map(|field| {
            let (wanted, has) = (shown(field.wanted.as_ref()), shown(after(field)));
            format!("{}: sent {wanted}, and the PSA has {has}", name(&field.field))
        })
        .collect();
    kept.join("; ")
}

/// Names the fields that changed beside those that were sent; display copies of a field follow it
///
fn more_changed(
    sent: &[FieldChange],
    before: &[RemoteValue],
    now: &[RemoteValue],
) -> Option<String> {
    let was_sent = |field: &RemoteField| sent.iter().any(|of| is_same_field(&of.field, field));
    let is_copy = |field: &RemoteField| matches!(field, RemoteField::Standard(name) if name.starts_with("key_field"));
    let value = |values: &[RemoteValue], field: &RemoteField| {
        let found = values.iter().find(|value| is_same_field(&value.field, field));
        found.map(|value| value.value.clone())
    };
    let mut changed: Vec<&str> = before
        .iter()
        .chain(now)
        .map(|value| &value.field)
        .filter(|field| !was_sent(field) && !is_copy(field))
        .filter(|field| value(before, field) != value(now, field))
        .map(name)
        .collect();
    changed.sort_unstable();
    changed.dedup();
    (!changed.is_empty()).then(|| format!("changed as well: {}", changed.join(", ")))
}

fn name(field: &RemoteField) -> &str {
    match field {
        RemoteField::Standard(name)
        | RemoteField::Typed { name, .. }
        | RemoteField::Custom { name, .. } => name,
    }
}

fn shown(value: Option<&FactValue>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}
