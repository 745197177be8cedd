//! What happens at the PSA in the course of a day: people change records, and webhooks tell it,
//! but for those that are lost, and with some twice and some after later ones.
//!
//! Nothing here happens by itself: what is due happens when somebody looks, between two events of
//! the day or in the middle of a call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use almanac_model::stream::Stream;
use almanac_store::{Delivery, Heard, Store};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Broken;
use crate::dice::Dice;
use crate::side::Side;
use crate::time::Time;

use super::DayTally;

/// Of a hundred deliveries so many are lost, sent twice, and late enough to be overtaken.
const DROPPED: u64 = 1;
const DOUBLED: u64 = 5;
const REORDERED: u64 = 5;

/// Of a hundred calls so many fail for good, with a 500.
const FAILING: u64 = 1;

/// One change in so many comes within seconds of the one before.
const BURST: u64 = 4;
const BURST_MS: u64 = 3_000;

/// What is on its way from the PSA to us.
#[derive(Debug, Clone)]
struct Told {
    /// In the order of the changes.
    number: u64,
    record: (Stream, RemoteId),
    body: Vec<u8>,
}

/// A change that is not here yet.
#[derive(Debug, Clone)]
struct Open {
    record: (Stream, RemoteId),
    /// When a delivery first named it since.
    heard_at: Option<i64>,
}

/// The PSA's side of a day.
pub(super) struct Outside {
    pub(super) side: Arc<Side>,
    pub(super) time: Time,
    /// Where deliveries go.
    door: OnceLock<Store>,
    state: Mutex<State>,
}

struct State {
    dice: Dice,
    /// From one change to the next, at most, where it is no burst.
    pause_ms: u64,
    /// When the next change comes; none where people have gone home and the PSA is well.
    next_edit: Option<i64>,
    on_the_way: BTreeMap<(i64, u64), Told>,
    /// Deliveries made so far, and the newest that arrived.
    told: u64,
    newest: u64,
    open: Vec<Open>,
    tally: DayTally,
    poke_lags: Vec<i64>,
    broken: Option<Broken>,
}

/// What is due.
enum Due {
    Edit,
    Delivery(Told),
}

impl Outside {
    /// A PSA where nobody changes anything yet, and will about so many times a day.
    pub(super) fn new(side: Arc<Side>, time: Time, dice: Dice, edits: u64) -> Outside {
        let state = State {
            dice,
            // Half of the pause is the mean; a burst takes next to nothing.
            pause_ms: 2 * (24 * 3_600_000 / edits.max(1)) * BURST / (BURST - 1),
            next_edit: None,
            on_the_way: BTreeMap::new(),
            told: 0,
            newest: 0,
            open: Vec::new(),
            tally: DayTally::default(),
            poke_lags: Vec::new(),
            broken: None,
        };
        Outside { side, time, door: OnceLock::new(), state: Mutex::new(state) }
    }

    /// People come to work, and their webhooks have somewhere to go.
    pub(super) fn begin(&self, store: &Store) {
        // A day begins once.
        let _ = self.door.set(store.clone());
        self.state().next_edit = Some(self.time.now_ms());
    }

    /// People go home; what is still on its way is lost.
    pub(super) fn end(&self) -> Result<(), Broken> {
        let mut state = self.state();
        state.next_edit = None;
        state.on_the_way.clear();
        state.broken.take().map_or(Ok(()), Err)
    }

    /// What the day was like.
    pub(super) fn tally(&self) -> DayTally {
        let state = self.state();
        let mut lags = state.poke_lags.clone();
        lags.sort_unstable();
        let at = |share: usize| lags.get(lags.len() * share / 100).copied().unwrap_or_default();
        DayTally {
            poke_lag_p50_ms: at(50),
            poke_lag_p95_ms: at(95),
            poke_lag_max_ms: lags.last().copied().unwrap_or_default(),
            read_after_poke: lags.len() as u64,
            ..state.tally.clone()
        }
    }

    /// When something happens next by itself.
    pub(super) fn next_at(&self) -> Option<i64> {
        let state = self.state();
        let delivery = state.on_the_way.keys().next().map(|(at, _)| *at);
        delivery.into_iter().chain(state.next_edit).min()
    }

    /// Time passes as a call is made; whether the PSA answers it.
    pub(super) async fn call(&self) -> bool {
        let (ms, fails) = {
            let mut state = self.state();
            (60 + state.dice.below(240), state.dice.below(100) < FAILING)
        };
        self.time.forward(i64::try_from(ms).unwrap_or(0));
        self.catch_up().await;
        let mut state = self.state();
        let fails = fails && state.next_edit.is_some();
        state.tally.calls += 1;
        state.tally.failed += u64::from(fails);
        !fails
    }

    /// Lets everything happen that is due.
    pub(super) async fn catch_up(&self) {
        while let Some(due) = self.next_due() {
            match due {
                Due::Edit => self.edit(),
                Due::Delivery(told) => {
                    if let Err(broken) = self.deliver(told).await {
                        self.state().broken = Some(broken);
                    }
                }
            }
        }
    }

    fn next_due(&self) -> Option<Due> {
        let now_ms = self.time.now_ms();
        let mut state = self.state();
        if let Some(first) = state.on_the_way.first_entry().filter(|first| first.key().0 <= now_ms)
        {
            return Some(Due::Delivery(first.remove()));
        }
        let next = state.next_edit.filter(|at| *at <= now_ms)?;
        // Now and then several come within seconds.
        let pause = if state.dice.one_in(BURST) { BURST_MS } else { state.pause_ms };
        state.next_edit = Some(next + 1 + i64::try_from(state.dice.below(pause)).unwrap_or(0));
        Some(Due::Edit)
    }

    /// Somebody changes something, and the PSA tells it as it does.
    fn edit(&self) {
        self.side.edit();
        let touched = self.side.take_touched();
        let mut named: Vec<(Stream, RemoteId)> = Vec::new();
        let mut state = self.state();
        state.tally.edits += 1;
        for (stream, id) in touched {
            // What is gone is not told.
            if self.body(stream, &id).is_some() {
                state.open.push(Open { record: (stream, id.clone()), heard_at: None });
                let of_action = (stream == Stream::TicketActions).then(|| ticket_of(&id));
                named.push(of_action.map_or((stream, id), |ticket| (Stream::Tickets, ticket)));
            }
        }
        named.sort_unstable();
        named.dedup();
        for record in named {
            state.tell(record, self.time.now_ms());
        }
    }

    /// As the PSA does it: signed, to the address that it was given.
    async fn deliver(&self, told: Told) -> Result<(), Broken> {
        let (store, now_ms) = (self.door.get().expect("it is set first"), self.time.now_ms());
        let Some(hook) = self.side.psa.hooks().into_iter().find(|hook| hook.is_active) else {
            return Ok(());
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(hook.secret.as_bytes()).expect("any length");
        mac.update(&told.body);
        let signature = BASE64.encode(mac.finalize().into_bytes());
        let address = hook.url.rsplit('/').next().and_then(|text| Uuid::try_parse(text).ok());
        let of = store.webhook_check(address, &told.body, &signature, now_ms).await;
        let Some(of) = of.map_err(Broken::of)? else {
            return Err(Broken::new("a delivery that was signed right was refused"));
        };
        let sha256 = Some(Sha256::digest(&told.body).into());
        let delivery = Delivery { sha256, records: vec![told.record.clone()] };
        let heard = store.tenant(of.tenant).webhook_heard(of.connection, &delivery, now_ms).await;
        let heard = heard.map_err(Broken::of)?;
        let mut state = self.state();
        state.tally.delivered += 1;
        state.tally.known_again += u64::from(heard == Heard::Again);
        state.tally.overtaken += u64::from(told.number < state.newest);
        state.newest = state.newest.max(told.number);
        let is_named = |open: &Open| match &open.record {
            (Stream::TicketActions, id) => (Stream::Tickets, ticket_of(id)) == told.record,
            record => *record == told.record,
        };
        for open in state.open.iter_mut().filter(|open| is_named(open)) {
            open.heard_at.get_or_insert(now_ms);
        }
        Ok(())
    }

    /// Looks which changes are here by now.
    pub(super) async fn note_arrived(
        &self,
        store: &Store,
        (tenant, connection): (TenantId, ConnectionId),
    ) -> Result<(), Broken> {
        let open = std::mem::take(&mut self.state().open);
        let (store, now_ms) = (store.tenant(tenant), self.time.now_ms());
        let mut still = Vec::new();
        for change in open {
            let (stream, id) = &change.record;
            // That it is gone is a scan's to find.
            let Some(theirs) = self.body(*stream, id) else { continue };
            let ours = store.record_body(connection, *stream, id).await.map_err(Broken::of)?;
            if ours.as_ref() != Some(&theirs) {
                still.push(change);
            } else if let Some(heard_at) = change.heard_at {
                self.state().poke_lags.push(now_ms - heard_at);
            }
        }
        self.state().open = still;
        Ok(())
    }

    fn body(&self, stream: Stream, id: &RemoteId) -> Option<Vec<u8>> {
        let number = id.as_str().rsplit(':').next().unwrap_or_default();
        self.side.psa.body(stream, &RemoteId::new(number))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked has failed its seed already.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Puts a delivery on its way, or loses it.
    fn tell(&mut self, record: (Stream, RemoteId), now_ms: i64) {
        self.told += 1;
        let number = self.told;
        let body = format!(r#"{{"id":"{number}","named":"{} {}"}}"#, record.0, record.1);
        let told = Told { number, record, body: body.into_bytes() };
        let quick = 50 + i64::try_from(self.dice.below(700)).unwrap_or(0);
        let late = 5_000 + i64::try_from(self.dice.below(180_000)).unwrap_or(0);
        let fate = self.dice.below(100);
        if fate < DROPPED {
            self.tally.dropped += 1;
        } else if fate < DROPPED + DOUBLED {
            self.tally.doubled += 1;
            self.on_the_way.insert((now_ms + quick, number), told.clone());
            self.on_the_way.insert((now_ms + late, number), told);
        } else if fate < DROPPED + DOUBLED + REORDERED {
            self.tally.late += 1;
            self.on_the_way.insert((now_ms + late, number), told);
        } else {
            self.on_the_way.insert((now_ms + quick, number), told);
        }
    }
}

fn ticket_of(action: &RemoteId) -> RemoteId {
    RemoteId::new(action.as_str().split(':').next().unwrap_or_default())
}
