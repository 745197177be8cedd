//! Reads a fleet from the store: whole, or what changed since an earlier one.
//!
//! The head of changes is read first and everything else after it, so a fleet may hold more than
//! its number says and never less; what it holds twice is the same. Reading is in pages and
//! judging happens away from the threads that answer requests.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use almanac_model::choice::AssetChoice;
use almanac_model::class::Classes;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::kind::KindMap;
use almanac_model::stream::Stream;
use almanac_model::verdict::Rulebook;
use almanac_store::{AssetBrief, AssetBriefs, ChangeHead, StoreError, TenantStore};
use jiff::civil::Date;

use crate::body::{Body, Book, Frame};
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::names::Names;
use crate::options::FleetOptions;
use crate::reference::{self, Reference};
use crate::source::{Source, SourceReader};
use crate::tally::Calendar;

/// Assets read at a time.
const ASSETS_BATCH: u32 = 2_000;

/// Changed assets read at a time.
const CHANGED_BATCH: usize = 500;

/// Choices read at a time.
const CHOICES_BATCH: u32 = 500;

/// Where more than one asset in so many changed, and more than a few, reading all is quicker.
const CHANGED_SHARE: usize = 4;
const CHANGED_MIN: usize = 512;

/// Names may grow to so many times what they were, and so many more, before all is read again:
/// names that nothing refers to any more stay until then.
const NAMES_GROWTH: usize = 2;
const NAMES_SPARE: usize = 4_096;

/// What people decided, by asset.
pub type Choices = HashMap<RemoteId, Arc<AssetChoice>>;

/// The rulebook of a tenant that never saved one: kinds by the names of types, round amounts.
pub fn rulebook_default(kinds: KindMap, options: &FleetOptions) -> Rulebook {
    Rulebook { kinds, classes: Classes::placeholders(options.currency), ..Rulebook::default() }
}

/// The rulebook that applies: the newest that was saved, else the default for the types that the
/// connection has.
///
/// # Errors
/// When the database cannot be read.
pub async fn rulebook_of(
    store: &TenantStore,
    connection: ConnectionId,
    options: &FleetOptions,
) -> Result<Rulebook, FleetError> {
    if let Some(saved) = store.rulebook_current().await? {
        return Ok(saved.book);
    }
    let reference = Reference::load(store, connection, &mut Names::default()).await?;
    Ok(rulebook_default(reference.kinds, options))
}

/// What people decided about the connection's assets.
///
/// # Errors
/// When the database cannot be read.
pub async fn choices_of(
    store: &TenantStore,
    connection: ConnectionId,
) -> Result<Choices, FleetError> {
    Ok(read_choices(store, connection, 0).await?)
}

/// Reads everything.
pub(crate) async fn load(
    store: &TenantStore,
    head: ChangeHead,
    on: Date,
    options: &FleetOptions,
) -> Result<Fleet, FleetError> {
    let mut names = Names::default();
    let calendar = Calendar::new(options.currency, options.year_starts_in, on);
    let (mut reference, mut choices, mut sources) = Default::default();
    if let Some(connection) = head.connection {
        reference = Reference::load(store, connection, &mut names).await?;
        choices = Arc::new(read_choices(store, connection, 0).await?);
        (names, sources) = read_sources(store, connection, names, Arc::clone(&choices)).await?;
    }
    let book = read_book(store, &reference, options).await?;
    let frame = Frame {
        on,
        calendar,
        book: Arc::new(book),
        names: Arc::new(names),
        reference: Arc::new(reference),
        choices,
    };
    let names_loaded = frame.names.len();
    let body = apart(move || Body::new(frame, &sources)).await?;
    Ok(Fleet { tenant: store.id(), head, names_loaded, body: Arc::new(body) })
}

/// What changed since a fleet was made.
struct Changes {
    /// Assets, sorted.
    ids: BTreeSet<RemoteId>,
    has_reference_changed: bool,
    /// Choices of people; `None` where nobody decided anything.
    decided: Option<Choices>,
}

/// Brings an earlier fleet of the same tenant up to date; reads everything where that is quicker
/// or the only way.
pub(crate) async fn refresh(
    store: &TenantStore,
    held: &Fleet,
    head: ChangeHead,
    on: Date,
    options: &FleetOptions,
) -> Result<Fleet, FleetError> {
    let is_same = held.head.epoch == head.epoch && held.head.connection == head.connection;
    let Some(connection) = head.connection.filter(|_| is_same) else {
        return load(store, head, on, options).await;
    };
    let Some(changes) = changes_since(store, connection, held.head.seq, head).await? else {
        return load(store, head, on, options).await;
    };
    let frame = &held.body.frame;
    let is_outgrown = frame.names.len() > NAMES_GROWTH * held.names_loaded + NAMES_SPARE;
    let has_much_changed = changes.ids.len() > CHANGED_MIN.max(held.assets().len() / CHANGED_SHARE);
    if is_outgrown || has_much_changed {
        return load(store, head, on, options).await;
    }
    let Changes { ids, has_reference_changed, decided } = changes;
    let mut frame = frame.clone();
    let mut may_book_differ = has_reference_changed && frame.book.version.is_none();
    if let Some(decided) = decided {
        Arc::make_mut(&mut frame.choices).extend(decided);
        may_book_differ = true;
    }
    let ids: Vec<RemoteId> = ids.into_iter().collect();
    let names = Arc::make_mut(&mut frame.names);
    let sources = reread(store, connection, names, &frame.choices, &ids).await?;
    if has_reference_changed {
        frame.reference = Arc::new(Reference::load(store, connection, names).await?);
    }
    if may_book_differ {
        let book = read_book(store, &frame.reference, options).await?;
        if book.version != frame.book.version || book.rules != frame.book.rules {
            frame.book = Arc::new(book);
        }
    }
    let is_judged_anew = has_reference_changed
        || held.on() != on
        || !Arc::ptr_eq(&frame.book, &held.body.frame.book);
    frame.on = on;
    frame.calendar = Calendar::new(options.currency, options.year_starts_in, on);
    let mut body = Arc::clone(&held.body);
    if is_judged_anew || !ids.is_empty() {
        let make = move || renewed(&body, frame, &ids, &sources, is_judged_anew);
        body = Arc::new(apart(make).await?);
    }
    Ok(Fleet { tenant: store.id(), head, names_loaded: held.names_loaded, body })
}

/// What changed after the number `after`; `None` where that was too long ago to tell.
async fn changes_since(
    store: &TenantStore,
    connection: ConnectionId,
    after: i64,
    head: ChangeHead,
) -> Result<Option<Changes>, StoreError> {
    let Some(changed) = store.change_ids(head, after).await? else { return Ok(None) };
    let mut changes = Changes { ids: BTreeSet::new(), has_reference_changed: false, decided: None };
    for change in changed.into_iter().filter(|change| change.connection == connection) {
        changes.has_reference_changed |= reference::STREAMS.contains(&change.stream);
        if change.stream == Stream::Assets {
            changes.ids.extend(change.ids);
        }
    }
    if head.decided > after {
        let decided = read_choices(store, connection, after).await?;
        changes.ids.extend(decided.keys().cloned());
        changes.decided = Some(decided);
    }
    Ok(Some(changes))
}

fn renewed(
    before: &Body,
    frame: Frame,
    ids: &[RemoteId],
    sources: &[Arc<Source>],
    is_judged_anew: bool,
) -> Body {
    if !is_judged_anew {
        return before.refreshed(frame, ids, sources);
    }
    let sources = before.sources_with(ids, sources);
    Body::new(frame, &sources)
}

/// Does work that takes long away from the threads that answer requests.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FleetError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| FleetError::Interrupted)
}

async fn read_book(
    store: &TenantStore,
    reference: &Reference,
    options: &FleetOptions,
) -> Result<Book, StoreError> {
    Ok(match store.rulebook_current().await? {
        Some(saved) => Book { version: Some(saved.head.version), rules: saved.book },
        None => Book { version: None, rules: rulebook_default(reference.kinds.clone(), options) },
    })
}

/// Choices that were changed after a number, by asset.
async fn read_choices(
    store: &TenantStore,
    connection: ConnectionId,
    mut after: i64,
) -> Result<Choices, StoreError> {
    let mut choices = Choices::new();
    loop {
        let page = store.asset_choices_after(connection, after, CHOICES_BATCH).await?;
        let Some(last) = page.last() else { return Ok(choices) };
        after = last.change_seq;
        choices.extend(page.into_iter().map(|row| (row.remote_id, Arc::new(row.choice))));
    }
}

/// Reads every asset; while one page is understood the next is already read.
async fn read_sources(
    store: &TenantStore,
    connection: ConnectionId,
    mut names: Names,
    choices: Arc<Choices>,
) -> Result<(Names, Vec<Arc<Source>>), FleetError> {
    let mut reader = SourceReader::default();
    let mut sources = Vec::new();
    let mut page = store.asset_brief_page(connection, None, ASSETS_BATCH).await?;
    while let Some(after) = page.last().cloned() {
        let choices = Arc::clone(&choices);
        let understood = apart(move || {
            sources.extend(to_sources(&mut reader, &mut names, &page, &choices));
            (reader, names, sources)
        });
        let next = store.asset_brief_page(connection, Some(&after), ASSETS_BATCH);
        let (understood, next) = tokio::join!(understood, next);
        (reader, names, sources) = understood?;
        page = next?;
    }
    Ok((names, sources))
}

/// Reads the assets that changed, sorted by remote id.
async fn reread(
    store: &TenantStore,
    connection: ConnectionId,
    names: &mut Names,
    choices: &Choices,
    ids: &[RemoteId],
) -> Result<Vec<Arc<Source>>, StoreError> {
    let mut reader = SourceReader::default();
    let mut sources = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHANGED_BATCH) {
        let briefs = store.asset_brief_load(connection, ids).await?;
        sources.extend(to_sources(&mut reader, names, &briefs, choices));
    }
    Ok(sources)
}

/// The sources of assets, sorted by remote id.
fn to_sources(
    reader: &mut SourceReader,
    names: &mut Names,
    briefs: &AssetBriefs,
    choices: &Choices,
) -> Vec<Arc<Source>> {
    let mut briefs: Vec<AssetBrief<'_>> = briefs.iter().collect();
    briefs.sort_by_key(|brief| brief.remote_id);
    let choice_of = |brief: &AssetBrief<'_>| {
        let has_choices = !choices.is_empty();
        has_choices.then(|| choices.get(&RemoteId::new(brief.remote_id)).cloned()).flatten()
    };
    briefs.iter().map(|brief| Arc::new(reader.read(names, brief, choice_of(brief)))).collect()
}
