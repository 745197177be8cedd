//! A PSA in memory, for tests of what stands on a connector.
//!
//! It passes the same conformance suite as every connector, and can misbehave in the ways that a
//! page walk must survive: each field of [`FakeSwitches`] is one of them. It is no model of Halo;
//! the simulator is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use serde_json::{Value, json};

use crate::access::{AccessCheck, AccessReport, AccessState};
use crate::connector::{CallStats, Capabilities, Connector};
use crate::error::PsaError;
use crate::page::{Page, PageRequest, Part, RawRow};

mod hooks;
mod mapper;
mod write;

pub use hooks::FakeHook;
pub use mapper::FakeMapper;
pub use write::{FakeWrite, FakeWritten};

/// Rows asked for in one page.
const PAGE_SIZE: u32 = 100;
/// The filter by change, in milliseconds UTC.
const SINCE: &str = "since";
/// The filter by parent.
const PARENT: &str = "parent";

/// What a page past the end holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FakePastEnd {
    /// Nothing, with the true total.
    Empty,
    /// Nothing, claiming a total of 0.
    EmptyClaimingZero,
    /// The last page again.
    Repeat,
}

/// How the fake misbehaves. The default is a PSA without fault.
#[derive(Debug, Clone)]
pub struct FakeSwitches {
    /// Rows on a page, whatever is asked for.
    pub page_cap: u32,
    /// Whether answers say which page size was used.
    pub says_page_size: bool,
    /// What a page past the end holds.
    pub past_end: FakePastEnd,
    /// Added to every claimed total; `None` claims none.
    pub total_error: Option<i64>,
    /// Before each of so many pages after the first, the first row goes and a new one comes last.
    pub moves: u32,
    /// Every page is page 1; only asking for everything at once helps.
    pub ignores_paging: bool,
    /// A record that lists leave out, though it can be fetched.
    pub hidden: Option<RemoteId>,
    /// Whether it can name every identifier at once.
    pub can_list_ids: bool,
    /// After so many more lists one fails as if the network were gone, and then it is there again.
    pub lists_left: Option<u32>,
    /// Lists are asked for and never answered.
    pub is_stalled: bool,
    /// What is done with changes.
    pub writing: FakeWrite,
    /// Whether it says that it can filter by change.
    pub may_filter_changes: bool,
    /// Whether a filter by change is taken and ignored.
    pub ignores_changes: bool,
    /// Its clock, in milliseconds UTC: when records are changed from now on.
    pub now_ms: i64,
    /// Whether ticket actions are listed by their ticket; rows then name it in `ticket`.
    pub has_children: bool,
    /// Whether nobody may see or register webhooks.
    pub forbids_hooks: bool,
}

impl Default for FakeSwitches {
    fn default() -> Self {
        Self {
            page_cap: PAGE_SIZE,
            says_page_size: true,
            past_end: FakePastEnd::Empty,
            total_error: Some(0),
            moves: 0,
            ignores_paging: false,
            hidden: None,
            can_list_ids: true,
            lists_left: None,
            is_stalled: false,
            writing: FakeWrite::Takes,
            may_filter_changes: false,
            ignores_changes: false,
            now_ms: 0,
            has_children: false,
            forbids_hooks: false,
        }
    }
}

/// A PSA in memory; a clone is the same PSA.
#[derive(Debug, Clone, Default)]
pub struct FakeConnector {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<Stream, BTreeMap<u64, Vec<u8>>>,
    changed_at: BTreeMap<(Stream, u64), i64>,
    switches: FakeSwitches,
    errors: Vec<PsaError>,
    error_later: Option<(u32, PsaError)>,
    stats: CallStats,
    stalled: u32,
    id_last: u64,
    written: Vec<FakeWritten>,
    hooks: Vec<FakeHook>,
}

impl FakeConnector {
    /// A PSA without a record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record by this name; its identifier.
    pub fn add(&self, stream: Stream, name: &str) -> RemoteId {
        self.lock().add(stream, name)
    }

    /// Replaces a record's bytes, whatever they are. The identifier must be one of ours.
    pub fn put(&self, stream: Stream, remote_id: &RemoteId, body: &[u8]) {
        let id = number(remote_id).expect("an identifier that this fake gave");
        let mut state = self.lock();
        let now_ms = state.switches.now_ms;
        state.rows.entry(stream).or_default().insert(id, body.to_vec());
        state.changed_at.insert((stream, id), now_ms);
    }

    /// Marks a record inactive. The identifier must be one of ours.
    pub fn deactivate(&self, stream: Stream, remote_id: &RemoteId) {
        let id = number(remote_id).expect("an identifier that this fake gave");
        let body = json!({"id": id, "name": format!("inactive {id}"), "inactive": true});
        self.put(stream, remote_id, body.to_string().as_bytes());
    }

    /// Removes a record, if it is there.
    pub fn remove(&self, stream: Stream, remote_id: &RemoteId) {
        if let Some(id) = number(remote_id) {
            self.lock().rows.entry(stream).or_default().remove(&id);
        }
    }

    /// The identifiers that truly exist.
    pub fn ids(&self, stream: Stream) -> Vec<RemoteId> {
        let state = self.lock();
        let ids = state.rows.get(&stream).into_iter().flat_map(BTreeMap::keys);
        ids.map(|id| RemoteId::new(id.to_string())).collect()
    }

    /// The numbers of a parent's children.
    pub fn child_numbers(&self, stream: Stream, parent: &RemoteId) -> Vec<RemoteId> {
        let state = self.lock();
        let rows = state.rows.get(&stream).into_iter().flatten();
        let is_own = |row: &RawRow| row.remote_id.as_str().starts_with(&format!("{parent}:"));
        rows.filter(|row| is_own(&raw_row(*row)))
            .map(|(id, _)| RemoteId::from(id.to_string().as_str()))
            .collect()
    }

    /// Changes how it misbehaves.
    pub fn change(&self, change: impl FnOnce(&mut FakeSwitches)) {
        change(&mut self.lock().switches);
    }

    /// The next call fails with this; called several times, the calls after it too, in order.
    pub fn fail_next(&self, error: PsaError) {
        self.lock().errors.push(error);
    }

    /// After so many more calls one fails with this.
    pub fn fail_at(&self, calls: u32, error: PsaError) {
        self.lock().error_later = Some((calls, error));
    }

    /// A record's bytes, if it is there.
    pub fn body(&self, stream: Stream, remote_id: &RemoteId) -> Option<Vec<u8>> {
        let state = self.lock();
        state.rows.get(&stream)?.get(&number(remote_id)?).cloned()
    }

    /// How many lists were asked for while it was stalled.
    pub fn stalled_count(&self) -> u32 {
        self.lock().stalled
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked elsewhere has failed already.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin_call(&mut self) -> Result<(), PsaError> {
        self.stats.requests += 1;
        match self.error_later.take() {
            Some((0, error)) => return Err(error),
            Some((left, error)) => self.error_later = Some((left - 1, error)),
            None => {}
        }
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors.remove(0)) }
    }

    /// Whether the list that begins is answered.
    fn begin_list(&mut self) -> Result<bool, PsaError> {
        if self.switches.is_stalled {
            self.stalled += 1;
            return Ok(false);
        }
        self.begin_call()?;
        match self.switches.lists_left {
            Some(0) => {
                self.switches.lists_left = None;
                Err(PsaError::Unreachable { address: "fake".to_owned(), detail: "lost".to_owned() })
            }
            left => {
                self.switches.lists_left = left.map(|left| left - 1);
                Ok(true)
            }
        }
    }

    fn add(&mut self, stream: Stream, name: &str) -> RemoteId {
        self.id_last += 1;
        let id = self.id_last;
        let body = json!({"id": id, "name": name, "inactive": false}).to_string();
        self.rows.entry(stream).or_default().insert(id, body.into_bytes());
        self.changed_at.insert((stream, id), self.switches.now_ms);
        RemoteId::new(id.to_string())
    }

    fn move_rows(&mut self, stream: Stream) {
        let first = self.rows.get(&stream).and_then(|rows| rows.keys().next().copied());
        if let (Some(first), true) = (first, self.switches.moves > 0) {
            self.switches.moves -= 1;
            self.rows.entry(stream).or_default().remove(&first);
            self.add(stream, "came while paging");
        }
    }

    fn page(&mut self, request: &PageRequest) -> Page {
        let page_no = if self.switches.ignores_paging { 1 } else { request.page_no.max(1) };
        if page_no > 1 {
            self.move_rows(request.stream);
        }
        let filter = request.part.filter.first();
        let since = filter
            .filter(|(key, _)| key == SINCE && !self.switches.ignores_changes)
            .and_then(|(_, value)| value.parse::<i64>().ok());
        let parent = filter.filter(|(key, _)| key == PARENT).map(|(_, id)| format!("{id}:"));
        let changed_at = &self.changed_at;
        let is_wanted = |id: &u64| {
            let at = changed_at.get(&(request.stream, *id)).copied().unwrap_or(0);
            since.is_none_or(|since| at >= since)
        };
        let listed = self.rows.entry(request.stream).or_default().iter();
        let listed = listed.filter(|(id, _)| is_wanted(id)).map(raw_row).filter(|row| {
            parent.as_ref().is_none_or(|parent| row.remote_id.as_str().starts_with(parent))
        });
        let hidden = self.switches.hidden.as_ref();
        let rows: Vec<RawRow> = listed.filter(|row| Some(&row.remote_id) != hidden).collect();
        let total = rows.len() as u64;
        let cap = match request.whole_count {
            Some(count) => usize::try_from(count).unwrap_or(usize::MAX),
            // The children of one parent come in one answer, whatever the cap of lists.
            None if parent.is_some() => usize::MAX,
            None => self.switches.page_cap.min(PAGE_SIZE) as usize,
        };
        let pages: Vec<&[RawRow]> = rows.chunks(cap.max(1)).collect();
        let found = pages.get(page_no as usize - 1).copied();
        let is_past_end = found.is_none();
        let shown = match (found, self.switches.past_end) {
            (Some(rows), _) => rows,
            (None, FakePastEnd::Repeat) => pages.last().copied().unwrap_or_default(),
            (None, _) => &[],
        };
        let claims_zero = is_past_end && self.switches.past_end == FakePastEnd::EmptyClaimingZero;
        let claimed_total = match self.switches.total_error {
            Some(_) if claims_zero => Some(0),
            Some(error) => Some(total.saturating_add_signed(error)),
            None => None,
        };
        let page = Page {
            rows: shown.to_vec(),
            claimed_total,
            claimed_size: self.switches.says_page_size.then_some(self.switches.page_cap),
            asked_size: PAGE_SIZE,
            is_whole: false,
        };
        self.stats.bytes += page.rows.iter().map(|row| row.body.len() as u64).sum::<u64>();
        page
    }
}

fn raw_row((id, body): (&u64, &Vec<u8>)) -> RawRow {
    let row: Value = serde_json::from_slice(body).unwrap_or_default();
    let remote_id = RemoteId::new(match row["ticket"].as_str() {
        Some(ticket) => format!("{ticket}:{id}"),
        None => id.to_string(),
    });
    RawRow { remote_id, body: body.clone(), problem: None }
}

fn number(remote_id: &RemoteId) -> Option<u64> {
    remote_id.as_str().parse().ok()
}

impl Connector for FakeConnector {
    fn capabilities(&self, stream: Stream) -> Capabilities {
        let switches = &self.lock().switches;
        let is_child = stream == Stream::TicketActions && switches.has_children;
        Capabilities {
            can_fetch_one: !is_child,
            can_list_ids: switches.can_list_ids && !is_child,
            may_filter_changes: switches.may_filter_changes && !is_child,
            parent: is_child.then_some(Stream::Tickets),
        }
    }

    async fn parts(&self, _: Stream) -> Result<Vec<Part>, PsaError> {
        Ok(vec![Part::whole()])
    }

    async fn list_page(&self, request: &PageRequest) -> Result<Page, PsaError> {
        let is_answered = self.lock().begin_list()?;
        if !is_answered {
            std::future::pending::<()>().await;
        }
        Ok(self.lock().page(request))
    }

    async fn fetch_one(
        &self,
        stream: Stream,
        remote_id: &RemoteId,
    ) -> Result<Option<RawRow>, PsaError> {
        let mut state = self.lock();
        state.begin_call()?;
        let rows = state.rows.entry(stream).or_default();
        let found = number(remote_id).and_then(|id| rows.get_key_value(&id));
        Ok(found.map(raw_row))
    }

    async fn list_ids(&self, stream: Stream) -> Result<Option<Vec<RemoteId>>, PsaError> {
        self.lock().begin_call()?;
        Ok(Some(self.ids(stream)))
    }

    async fn check_access(&self) -> Result<AccessReport, PsaError> {
        self.lock().begin_call()?;
        let check = |stream| AccessCheck {
            stream,
            state: AccessState::Granted(Some(self.ids(stream).len() as u64)),
            remedy: None,
            detail: None,
        };
        Ok(AccessReport {
            base_url: "memory:".to_owned(),
            token_url: "memory:".to_owned(),
            version: None,
            clock_offset_seconds: Some(0),
            scopes: Vec::new(),
            excess_scopes: Vec::new(),
            checks: Stream::ALL.map(check).to_vec(),
            findings: Vec::new(),
        })
    }

    async fn changed_parts(&self, _: Stream, since_ms: i64) -> Result<Vec<Part>, PsaError> {
        Ok(vec![part(SINCE, &since_ms.to_string())])
    }

    async fn try_change_filter(&self, stream: Stream) -> Result<Option<bool>, PsaError> {
        let mut state = self.lock();
        state.begin_call()?;
        let is_empty = state.rows.get(&stream).is_none_or(BTreeMap::is_empty);
        Ok((!is_empty).then_some(!state.switches.ignores_changes))
    }

    fn child_part(&self, _: Stream, parent: &RemoteId) -> Part {
        part(PARENT, parent.as_str())
    }

    fn clock_offset_ms(&self) -> i64 {
        0
    }

    fn call_stats(&self) -> CallStats {
        self.lock().stats
    }
}

fn part(key: &str, value: &str) -> Part {
    Part { label: value.to_owned(), filter: vec![(key.to_owned(), value.to_owned())] }
}
