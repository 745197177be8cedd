//! The PSA's side of one tenant: its records, the people who change them, and what was sent to it.
//!
//! Every name and serial begins with the tenant's mark, so that a row in another tenant's hands is
//! seen for what it is; identifiers are the same in every tenant. A value that a person gives is
//! given once: what is read back can only have come from there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_psa::FieldChange;
use almanac_psa::fake::FakeConnector;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::dice::Dice;

/// What is read, in order of dependency.
pub(crate) const STREAMS: [Stream; 4] =
    [Stream::Clients, Stream::Assets, Stream::Tickets, Stream::TicketActions];

/// Streams never get smaller than this: an empty one waits for a person, rightly.
const ROWS_MIN: usize = 2;

/// One tenant's PSA.
pub(crate) struct Side {
    pub(crate) psa: FakeConnector,
    pub(crate) mark: &'static str,
    book: Mutex<Book>,
}

/// A change that reached the PSA and was taken.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) remote_id: RemoteId,
    pub(crate) change: FieldChange,
    /// What the PSA had in the field.
    pub(crate) before: Option<String>,
}

/// What happened on this side.
struct Book {
    dice: Dice,
    /// Values given so far; each is another.
    values: u32,
    /// Changes by people since the last [`Side::begin`].
    edits: u64,
    /// Records that were not there all the while since then, by the identifier that the engine knows.
    absent: BTreeSet<(Stream, RemoteId)>,
    /// What was taken away and may come back.
    gone: Vec<(Stream, RemoteId, Vec<u8>)>,
    sent: Vec<Sent>,
    ever_hidden: BTreeSet<RemoteId>,
    /// Records that people changed since somebody asked, by the identifier that the engine knows.
    touched: Vec<(Stream, RemoteId)>,
    /// Writes that people of ours gave up while a program was at work.
    given_up: Vec<(Uuid, i64)>,
}

impl Side {
    /// A PSA with a few records of each stream.
    pub(crate) fn new(mark: &'static str, seed: u64, purpose: u64) -> Side {
        let psa = FakeConnector::new();
        let mut dice = Dice::of(seed, purpose);
        let cap = 2 + u32::try_from(dice.below(6)).expect("it is small");
        psa.change(|switches| {
            switches.has_children = true;
            switches.page_cap = cap;
            switches.says_page_size = !dice.one_in(3);
            switches.total_error = if dice.one_in(4) { None } else { Some(0) };
            switches.can_list_ids = !dice.one_in(3);
            switches.may_filter_changes = !dice.one_in(5);
            switches.now_ms = almanac_store::testing::START_MS;
        });
        let book = Book {
            dice,
            values: 0,
            edits: 0,
            absent: BTreeSet::new(),
            gone: Vec::new(),
            sent: Vec::new(),
            ever_hidden: BTreeSet::new(),
            touched: Vec::new(),
            given_up: Vec::new(),
        };
        let side = Side { psa, mark, book: Mutex::new(book) };
        let mut book = side.book();
        for stream in [Stream::Clients, Stream::Assets, Stream::Tickets] {
            for _ in 0..3 + book.dice.below(9) {
                side.add(&mut book, stream);
            }
        }
        drop(book);
        side.begin();
        side
    }

    /// More records of each stream, for a PSA that is larger than a story needs.
    pub(crate) fn grow(&self, by: u64) {
        let mut book = self.book();
        for stream in [Stream::Clients, Stream::Assets, Stream::Tickets] {
            for _ in 0..by {
                self.add(&mut book, stream);
            }
        }
        for _ in 0..by {
            self.edit_action(&mut book);
        }
        book.touched.clear();
    }

    /// Which records people changed or removed since this was last asked.
    pub(crate) fn take_touched(&self) -> Vec<(Stream, RemoteId)> {
        let mut touched = std::mem::take(&mut self.book().touched);
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// Counts edits and removals from now on.
    pub(crate) fn begin(&self) {
        let mut book = self.book();
        book.edits = 0;
        book.absent.clear();
    }

    /// How many edits people made since the last beginning, and what was not there all the while.
    pub(crate) fn since(&self) -> (u64, BTreeSet<(Stream, RemoteId)>) {
        let book = self.book();
        (book.edits, book.absent.clone())
    }

    /// Every change that was taken, in order.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.book().sent.clone()
    }

    /// A person of ours gave up these writes, and was told so.
    pub(crate) fn note_given_up(&self, writes: impl Iterator<Item = (Uuid, i64)>) {
        self.book().given_up.extend(writes);
    }

    /// Writes that were given up since this was last asked.
    pub(crate) fn take_given_up(&self) -> Vec<(Uuid, i64)> {
        std::mem::take(&mut self.book().given_up)
    }

    pub(crate) fn note_sent(
        &self,
        remote_id: &RemoteId,
        change: &FieldChange,
        before: Option<String>,
    ) {
        let (remote_id, change) = (remote_id.clone(), change.clone());
        self.book().sent.push(Sent { remote_id, change, before });
    }

    /// What the PSA has, by the identifiers that the engine knows.
    pub(crate) fn rows(&self, stream: Stream) -> BTreeMap<RemoteId, Vec<u8>> {
        let rows = self.psa.ids(stream).into_iter().filter_map(|id| {
            let body = self.psa.body(stream, &id)?;
            Some((known_id(&id, &parse(&body)), body))
        });
        rows.collect()
    }

    /// What an asset has in a field.
    pub(crate) fn value(&self, remote_id: &RemoteId, field: &str) -> Option<String> {
        let body = self.psa.body(Stream::Assets, remote_id)?;
        parse(&body)["values"][field].as_str().map(str::to_owned)
    }

    /// Somebody changes something; which stream.
    pub(crate) fn edit(&self) -> Stream {
        let mut book = self.book();
        book.edits += 1;
        let stream = match book.dice.below(10) {
            0 | 1 => Stream::Clients,
            2..=5 => Stream::Assets,
            6 | 7 => Stream::Tickets,
            _ => Stream::TicketActions,
        };
        if stream == Stream::TicketActions {
            self.edit_action(&mut book);
            return stream;
        }
        match book.dice.below(12) {
            0 | 1 => drop(self.add(&mut book, stream)),
            2 => self.remove(&mut book, stream),
            3 => self.bring_back(&mut book),
            4 => self.swap(&mut book, stream),
            _ => self.change(&mut book, stream),
        }
        stream
    }

    /// From now on lists leave out some asset, or none; it can be fetched all the same.
    pub(crate) fn hide(&self, is_one: bool) {
        let mut book = self.book();
        let hidden = book.dice.pick(&self.psa.ids(Stream::Assets)).filter(|_| is_one);
        book.ever_hidden.extend(hidden.clone());
        self.psa.change(|switches| switches.hidden = hidden);
    }

    /// Whether a list ever left it out, so that only a later whole scan is sure to know it.
    pub(crate) fn was_hidden(&self, stream: Stream, id: &RemoteId) -> bool {
        stream == Stream::Assets && self.book().ever_hidden.contains(id)
    }

    /// Somebody gives an asset another date of purchase, if it is there.
    pub(crate) fn edit_asset(&self, id: &RemoteId) {
        let mut book = self.book();
        if self.psa.body(Stream::Assets, id).is_none() {
            return;
        }
        book.edits += 1;
        let mut row = self.row(Stream::Assets, id);
        row["values"]["bought"] = json!(book.new_day());
        self.put(&mut book, Stream::Assets, id, row);
    }

    fn add(&self, book: &mut Book, stream: Stream) -> RemoteId {
        let id = self.psa.add(stream, self.mark);
        let name = book.new_value(self.mark);
        let mut row = json!({"id": number(&id), "name": name, "inactive": false});
        if stream == Stream::Assets {
            let bought = book.new_day();
            row["values"] = json!({"bought": bought, "serial": book.new_value(self.mark)});
        }
        self.put(book, stream, &id, row);
        id
    }

    fn change(&self, book: &mut Book, stream: Stream) {
        let Some(id) = book.dice.pick(&self.psa.ids(stream)) else { return };
        let mut row = self.row(stream, &id);
        match book.dice.below(5) {
            0 => row["name"] = json!(book.new_value(self.mark)),
            1 => row["inactive"] = json!(!row["inactive"].as_bool().unwrap_or(false)),
            2 if stream == Stream::Assets => {
                row["values"]["serial"] = json!(book.new_value(self.mark));
            }
            3 if stream == Stream::Assets => row["values"]["bought"] = Value::Null,
            _ if stream == Stream::Assets => row["values"]["bought"] = json!(book.new_day()),
            _ => row["name"] = json!(book.new_value(self.mark)),
        }
        self.put(book, stream, &id, row);
    }

    /// Two records change their contents with each other.
    fn swap(&self, book: &mut Book, stream: Stream) {
        let ids = self.psa.ids(stream);
        let (Some(left), Some(right)) = (book.dice.pick(&ids), book.dice.pick(&ids)) else {
            return;
        };
        let (mut one, mut other) = (self.row(stream, &left), self.row(stream, &right));
        std::mem::swap(&mut one, &mut other);
        one["id"] = json!(number(&left));
        other["id"] = json!(number(&right));
        self.put(book, stream, &left, one);
        if left != right {
            self.put(book, stream, &right, other);
        }
    }

    fn remove(&self, book: &mut Book, stream: Stream) {
        let ids = self.psa.ids(stream);
        if ids.len() <= ROWS_MIN {
            return;
        }
        let Some(id) = book.dice.pick(&ids) else { return };
        if stream == Stream::Tickets {
            for action in self.psa.child_numbers(Stream::TicketActions, &id) {
                self.take_away(book, Stream::TicketActions, &action);
            }
        }
        self.take_away(book, stream, &id);
    }

    fn take_away(&self, book: &mut Book, stream: Stream, id: &RemoteId) {
        let Some(body) = self.psa.body(stream, id) else { return };
        let known = (stream, known_id(id, &parse(&body)));
        book.touched.push(known.clone());
        book.absent.insert(known);
        self.psa.remove(stream, id);
        if stream != Stream::TicketActions {
            book.gone.push((stream, id.clone(), body));
        }
    }

    fn bring_back(&self, book: &mut Book) {
        if let Some((stream, id, body)) = book.gone.pop() {
            let row = parse(&body);
            self.put(book, stream, &id, row);
            book.absent.insert((stream, id));
        }
    }

    /// A ticket's action comes, changes or goes; its ticket is changed with it.
    fn edit_action(&self, book: &mut Book) {
        let Some(ticket) = book.dice.pick(&self.psa.ids(Stream::Tickets)) else { return };
        let stream = Stream::TicketActions;
        let actions = self.psa.child_numbers(stream, &ticket);
        match book.dice.pick(&actions) {
            Some(action) if book.dice.one_in(3) => self.take_away(book, stream, &action),
            found => {
                let id = found.filter(|_| book.dice.one_in(2));
                let id = id.unwrap_or_else(|| self.psa.add(stream, self.mark));
                let name = book.new_value(self.mark);
                let row = json!({"id": number(&id), "ticket": ticket.as_str(), "name": name});
                self.put(book, stream, &id, row);
            }
        }
        let mut row = self.row(Stream::Tickets, &ticket);
        row["acted"] = json!(book.new_value(self.mark));
        self.put(book, Stream::Tickets, &ticket, row);
    }

    fn row(&self, stream: Stream, id: &RemoteId) -> Value {
        parse(&self.psa.body(stream, id).unwrap_or_default())
    }

    fn put(&self, book: &mut Book, stream: Stream, id: &RemoteId, mut row: Value) {
        if stream == Stream::Tickets {
            self.psa.change(|switches| row["updated_at"] = json!(switches.now_ms));
        }
        book.touched.push((stream, known_id(id, &row)));
        self.psa.put(stream, id, row.to_string().as_bytes());
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // A thread that panicked has failed its seed already.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn new_value(&mut self, mark: &str) -> String {
        self.values += 1;
        format!("{mark} value {}", self.values)
    }

    fn new_day(&mut self) -> String {
        self.values += 1;
        day(2_000, self.values)
    }
}

/// A day that no other number has, from the first of January of a year on.
pub(crate) fn day(year: u32, number: u32) -> String {
    let (months, day) = (number / 28, number % 28 + 1);
    format!("{:04}-{:02}-{day:02}", year + months / 12, months % 12 + 1)
}

pub(crate) fn parse(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

pub(crate) fn known_id(id: &RemoteId, row: &Value) -> RemoteId {
    match row["ticket"].as_str() {
        Some(ticket) => RemoteId::new(format!("{ticket}:{id}")),
        None => id.clone(),
    }
}

fn number(id: &RemoteId) -> u64 {
    id.as_str().parse().expect("the fake numbers its records")
}
