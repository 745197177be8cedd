//! The way between the engine and a PSA: calls are lost, refused, cut short and answered late, and
//! people go on changing both sides between any two of them.
//!
//! A field is never changed by anybody between the reading just before a write and the write: Halo
//! offers nothing by which that could be noticed. So no program is held at that very step; one
//! that is held just before it notices.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use almanac_model::asset::RemoteField;
use almanac_model::author::Author;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;
use almanac_model::write::WriteState;
use almanac_psa::fake::FakeWrite;
use almanac_psa::{
    AccessReport, CallStats, Capabilities, Connector, Page, PageRequest, Part, PsaError, RawRow,
    RecordChange, Writer,
};
use almanac_store::TenantStore;

use crate::dice::Dice;
use crate::fuse::Fuse;
use crate::side::Side;
use crate::time::Time;

/// How a program's calls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    /// Every call is answered, and nobody changes anything meanwhile.
    Calm,
    /// Every call is answered; people go on.
    Busy,
    /// Anything may happen.
    Foul,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    List,
    /// One record; before a write, which is when a second thought matters.
    One,
}

/// One program's way to one PSA.
pub(crate) struct Wire {
    pub(crate) side: Arc<Side>,
    pub(crate) time: Time,
    pub(crate) fuse: Fuse,
    pub(crate) weather: Weather,
    /// Where people of ours give plans up meanwhile.
    pub(crate) people: Option<(TenantStore, ConnectionId)>,
    pub(crate) dice: Mutex<Dice>,
    /// Streams of which a page was cut.
    pub(crate) cut: Mutex<BTreeSet<Stream>>,
}

impl Wire {
    fn roll(&self, below: u64) -> u64 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).below(below)
    }

    /// What happens before a call that reads is answered.
    async fn read_step(&self, call: Call) -> Result<(), PsaError> {
        self.fuse.step().await;
        self.time.forward(20 + i64::try_from(self.roll(400)).unwrap_or(0));
        if self.weather == Weather::Calm {
            return Ok(());
        }
        if self.roll(10) == 0 {
            self.side.edit();
        }
        if self.roll(if call == Call::One { 6 } else { 25 }) == 0 {
            self.give_up_a_plan().await;
        }
        if self.weather == Weather::Foul { self.fault(call) } else { Ok(()) }
    }

    fn fault(&self, call: Call) -> Result<(), PsaError> {
        let path = "/somewhere".to_owned();
        let excerpt = String::new();
        Err(match self.roll(160) {
            0..=2 => unreachable_psa(),
            3 | 4 => PsaError::ServerFault { path, status: 500, excerpt },
            5 => {
                PsaError::RateLimited { retry_after: Some(Duration::from_secs(3)), detail: excerpt }
            }
            6 => PsaError::Damaged { path, detail: "half of it".to_owned() },
            7 => PsaError::NotThePsa { path, status: 200, found: "text/html".to_owned(), excerpt },
            // One record that may not be read is believed gone: then the list must be right.
            8 if call == Call::List => PsaError::Forbidden { path, status: 403 },
            _ => return Ok(()),
        })
    }

    /// A person gives up a plan while it is carried out.
    async fn give_up_a_plan(&self) {
        let Some((store, connection)) = &self.people else { return };
        let Ok(open) = store.outbox_open(*connection).await else { return };
        let mut plans: Vec<_> = open.iter().map(|entry| entry.plan).collect();
        plans.sort_unstable();
        let at = self.roll(plans.len() as u64);
        let Some(plan) = plans.get(usize::try_from(at).unwrap_or(0)) else { return };
        let by = Author::user("2", "Ben");
        // Whether it was still open is the store's to say.
        let _ = store.write_plan_discard(*plan, &by, self.time.now_ms()).await;
        let Ok(Some((_, writes))) = store.write_plan_by_id(*connection, *plan).await else {
            return;
        };
        let given_up = writes.iter().filter(|of| of.state == WriteState::Discarded);
        self.side.note_given_up(given_up.map(|of| (of.plan, of.place)));
    }

    /// Half of a page's rows, though it says how many there are. Once in a stream: two passes that
    /// were cut alike look as a list whose claim is wrong does, and nothing could tell.
    fn cut(&self, stream: Stream, page: &mut Page) {
        if self.weather != Weather::Foul || page.claimed_total.is_none() || self.roll(40) != 0 {
            return;
        }
        if self.cut.lock().unwrap_or_else(PoisonError::into_inner).insert(stream) {
            page.rows.truncate(page.rows.len() / 2);
        }
    }

    fn note(&self, change: &RecordChange<'_>) -> Vec<Option<String>> {
        let each = change.fields.iter().map(|field| {
            let RemoteField::Standard(name) = &field.field else { return None };
            self.side.value(&change.current.remote_id, name)
        });
        each.collect()
    }
}

fn unreachable_psa() -> PsaError {
    PsaError::Unreachable { address: "there".to_owned(), detail: "lost".to_owned() }
}

impl Connector for Wire {
    fn capabilities(&self, stream: Stream) -> Capabilities {
        self.side.psa.capabilities(stream)
    }

    async fn parts(&self, stream: Stream) -> Result<Vec<Part>, PsaError> {
        self.side.psa.parts(stream).await
    }

    async fn list_page(&self, request: &PageRequest) -> Result<Page, PsaError> {
        self.read_step(Call::List).await?;
        let mut page = self.side.psa.list_page(request).await?;
        self.cut(request.stream, &mut page);
        self.fuse.step().await;
        Ok(page)
    }

    async fn fetch_one(
        &self,
        stream: Stream,
        remote_id: &RemoteId,
    ) -> Result<Option<RawRow>, PsaError> {
        self.read_step(Call::One).await?;
        let row = self.side.psa.fetch_one(stream, remote_id).await?;
        self.fuse.step().await;
        Ok(row)
    }

    async fn list_ids(&self, stream: Stream) -> Result<Option<Vec<RemoteId>>, PsaError> {
        self.read_step(Call::List).await?;
        self.side.psa.list_ids(stream).await
    }

    async fn check_access(&self) -> Result<AccessReport, PsaError> {
        self.side.psa.check_access().await
    }

    async fn changed_parts(&self, stream: Stream, since_ms: i64) -> Result<Vec<Part>, PsaError> {
        self.side.psa.changed_parts(stream, since_ms).await
    }

    async fn try_change_filter(&self, stream: Stream) -> Result<Option<bool>, PsaError> {
        self.read_step(Call::List).await?;
        self.side.psa.try_change_filter(stream).await
    }

    fn child_part(&self, stream: Stream, parent: &RemoteId) -> Part {
        self.side.psa.child_part(stream, parent)
    }

    fn clock_offset_ms(&self) -> i64 {
        self.time.offset_ms()
    }

    fn call_stats(&self) -> CallStats {
        self.side.psa.call_stats()
    }
}

impl Writer for Wire {
    async fn write(&self, change: RecordChange<'_>) -> Result<(), PsaError> {
        self.fuse.step_on().await;
        let foul = if self.weather == Weather::Foul { self.roll(20) } else { u64::MAX };
        let how = match foul {
            0 => return Err(unreachable_psa()),
            1 => FakeWrite::LosesTheChange,
            2 | 3 => FakeWrite::LosesTheAnswer,
            4 => FakeWrite::KeepsItsOwn,
            5 => FakeWrite::ChangesMore,
            6 => FakeWrite::Refuses("not like this".to_owned()),
            7 if self.roll(3) == 0 => FakeWrite::Forbids,
            _ => FakeWrite::Takes,
        };
        let before = self.note(&change);
        self.side.psa.change(|switches| switches.writing = how.clone());
        let result = self.side.psa.write(change).await;
        let takes = [FakeWrite::Takes, FakeWrite::LosesTheAnswer, FakeWrite::ChangesMore];
        if takes.contains(&how) && !matches!(result, Err(PsaError::NoSuchPath { .. })) {
            for (field, before) in change.fields.iter().zip(before) {
                self.side.note_sent(&change.current.remote_id, field, before);
            }
        }
        self.fuse.step().await;
        result
    }
}
