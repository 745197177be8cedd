//! The shares in which assets are listed, so that their fields arrive.
//!
//! Halo fills an asset's `fields[]` when the list is asked for one asset type (HALO-API 3.7), so
//! there is one part for each type, and a last one, the *remainder*, for assets of types that the
//! agent may not list (Q-14: those types are silently missing). The remainder costs nothing when
//! the claimed totals add up and the rows received prove them; otherwise the whole list is read
//! for it, because totals may be wrong. If fields come anyway, or the filter is ignored, assets have
//! one part.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_psa::{Part, PsaError, RawRow, SeenSet};
use serde_json::value::RawValue;

use crate::decode::{Listing, lenient_id, member};
use crate::endpoint::{PAGE_SIZE, Query, endpoint, push};
use crate::listing::list;
use crate::transport::Transport;

const TYPE_FILTER: &str = "assettype_id";
/// Not a parameter of Halo: the types whose assets other parts list.
const REMAINDER_FILTER: &str = "not_of_types";
/// More pages than any Halo has assets for; a server that sends more is not sending a list.
const WHOLE_PAGES_MAX: u32 = 20_000;

/// What was claimed and received of assets, and where the remainder stands.
#[derive(Debug, Default)]
pub(crate) struct AssetParts {
    totals: Mutex<Totals>,
    remainder: tokio::sync::Mutex<Remainder>,
}

#[derive(Debug, Default)]
struct Totals {
    whole: Option<u64>,
    by_type: BTreeMap<String, TypeRows>,
}

/// One type's part as far as it was listed.
#[derive(Debug, Default)]
struct TypeRows {
    /// Whether its first page was seen.
    is_from_start: bool,
    /// The newest total that came with rows, or with an empty first page.
    claimed: Option<u64>,
    seen: SeenSet,
}

/// Rows of the remainder, gathered from the whole list into pages of their own: the walk takes a
/// page that is not full for the last one.
#[derive(Debug, Default)]
struct Remainder {
    /// What the totals leave for it; `None` when they prove nothing.
    total: Option<u64>,
    handed_out: u32,
    whole_no: u32,
    has_ended: bool,
    /// Identifiers of the previous page of the whole list, to know a repeated one: its
    /// rows may have changed meanwhile.
    previous: Vec<RemoteId>,
    waiting: Vec<RawRow>,
}

/// How a part restricts the list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Restriction<'p> {
    Whole,
    Type(&'p str),
    Remainder(BTreeSet<&'p str>),
}

/// Reads a part's filter.
pub(crate) fn restriction(part: &Part) -> Restriction<'_> {
    match part.filter.first() {
        Some((key, id)) if key == TYPE_FILTER => Restriction::Type(id),
        Some((key, ids)) if key == REMAINDER_FILTER => {
            Restriction::Remainder(ids.split(',').collect())
        }
        _ => Restriction::Whole,
    }
}

/// The type of an asset row, if the row says it.
pub(crate) fn type_of(row: &RawRow) -> Option<String> {
    let value = member(&row.body, TYPE_FILTER).ok()??;
    Some(lenient_id(value.get())?.into_string())
}

/// Whether a row carries filled fields.
pub(crate) fn has_fields(row: &RawRow) -> bool {
    let fields = member(&row.body, "fields").ok().flatten();
    fields
        .and_then(|value| serde_json::from_str::<Vec<&RawValue>>(value.get()).ok())
        .is_some_and(|fields| !fields.is_empty())
}

/// Refuses rows of another type than the one asked for.
pub(crate) fn verify_type(rows: &[RawRow], asked: &str) -> Result<(), PsaError> {
    let is_other = |row: &RawRow| type_of(row).is_some_and(|found| found != asked);
    if rows.iter().any(is_other) {
        return Err(PsaError::FilterIgnored {
            path: endpoint(Stream::Assets).path.to_owned(),
            filter: format!("{TYPE_FILTER}={asked}"),
        });
    }
    Ok(())
}

/// A query of assets that also asks for their fields, of one type if one is given.
pub(crate) fn with_fields(mut query: Query, type_id: Option<&str>) -> Query {
    push(&mut query, "includeassetfields", "true");
    if let Some(id) = type_id {
        push(&mut query, TYPE_FILTER, id);
    }
    query
}

impl AssetParts {
    /// Asks Halo how its assets must be listed. Three calls.
    pub(crate) async fn discover(&self, transport: &Transport) -> Result<Vec<Part>, PsaError> {
        let whole = vec![Part::whole()];
        let first = list_assets(transport, None, 1, PAGE_SIZE).await?;
        self.lock().whole = first.claimed_total;
        if first.rows.is_empty() || first.rows.iter().any(has_fields) {
            return Ok(whole);
        }
        let types = match list(transport, Stream::AssetTypes, &Query::new()).await {
            Ok(listing) => listing.rows,
            // Without the types, assets can still be listed, without fields.
            Err(PsaError::Forbidden { .. } | PsaError::NoSuchPath { .. }) => return Ok(whole),
            Err(error) => return Err(error),
        };
        let known: Vec<(String, String)> = types
            .iter()
            .filter(|row| row.problem.is_none())
            .map(|row| (row.remote_id.as_str().to_owned(), name_of(row)))
            .collect();
        if !types.iter().any(defines_fields) || !filter_works(transport, &first, &known).await? {
            return Ok(whole);
        }
        let ids: Vec<&str> = known.iter().map(|(id, _)| id.as_str()).collect();
        let remainder = part("other types", REMAINDER_FILTER, &ids.join(","));
        let parts = known.iter().map(|(id, name)| part(name, TYPE_FILTER, id));
        Ok(parts.chain([remainder]).collect())
    }

    /// Remembers what a page of a type's part claimed and held.
    pub(crate) fn note_page(&self, type_id: &str, page_no: u32, page: &Listing) {
        let mut totals = self.lock();
        let rows = totals.by_type.entry(type_id.to_owned()).or_default();
        if page_no <= 1 {
            *rows = TypeRows {
                is_from_start: true,
                claimed: page.claimed_total,
                seen: SeenSet::default(),
            };
        } else if !page.rows.is_empty() {
            // Past the end some builds claim 0.
            rows.claimed = page.claimed_total;
        }
        for row in &page.rows {
            rows.seen.insert(&row.remote_id);
        }
    }

    /// One page of the remainder: rows of types that no other part lists.
    pub(crate) async fn remainder_page(
        &self,
        transport: &Transport,
        types: &BTreeSet<&str>,
        page_no: u32,
    ) -> Result<Listing, PsaError> {
        let mut remainder = self.remainder.lock().await;
        // After a resume nothing is remembered, so its pages are counted again from the first.
        if page_no <= 1 || remainder.handed_out + 1 != page_no {
            let total = self.remainder_total(transport, types).await?;
            *remainder = Remainder { total, ..Remainder::default() };
        }
        if remainder.total == Some(0) {
            return Ok(empty());
        }
        loop {
            let page = remainder.next_page(transport, types).await?;
            if remainder.handed_out >= page_no || page.rows.is_empty() {
                return Ok(page);
            }
        }
    }

    /// How many assets there are beyond the parts; `None` when the claims do not prove it. Totals
    /// seen in passing are used first; only when they do not add up is everything asked again at
    /// one moment.
    async fn remainder_total(
        &self,
        transport: &Transport,
        types: &BTreeSet<&str>,
    ) -> Result<Option<u64>, PsaError> {
        let listed = match self.lock().proof(types) {
            Proof::Contradicted => return Ok(None),
            Proof::Rows(listed) => Some(listed),
            // A resumed scan read some parts in another process: only claims can be compared.
            Proof::Unknown => None,
        };
        if listed.is_some() && self.lock().whole == listed {
            return Ok(Some(0));
        }
        let whole = list_assets(transport, None, 1, 1).await?.claimed_total;
        self.lock().whole = whole;
        let mut claimed = listed;
        if listed.is_none() || whole != claimed {
            claimed = Some(0);
            for id in types {
                let page = list_assets(transport, Some(id), 1, 1).await?;
                verify_type(&page.rows, id)?;
                claimed = claimed.zip(page.claimed_total).map(|(sum, one)| sum.saturating_add(one));
            }
        }
        Ok(whole.zip(claimed).and_then(|(whole, claimed)| whole.checked_sub(claimed)))
    }

    fn lock(&self) -> MutexGuard<'_, Totals> {
        // No code under the lock can panic half-way through a change.
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Totals {
    /// What the parts read so far say about their claims.
    fn proof(&self, types: &BTreeSet<&str>) -> Proof {
        let mut sum = Some(0u64);
        for id in types {
            match self.by_type.get(*id).filter(|rows| rows.is_from_start) {
                None => sum = None,
                Some(rows) if rows.claimed == Some(rows.seen.len()) => {
                    sum = sum.map(|sum| sum.saturating_add(rows.seen.len()));
                }
                Some(_) => return Proof::Contradicted,
            }
        }
        sum.map_or(Proof::Unknown, Proof::Rows)
    }
}

/// Whether the claimed totals of parts can be believed.
enum Proof {
    /// Each part had exactly as many rows as it claimed; their sum.
    Rows(u64),
    /// Some part had not.
    Contradicted,
    /// Some part was not read from its start here, and no other was contradicted.
    Unknown,
}

impl Remainder {
    /// Reads the whole list on until a page is full or the list ends.
    async fn next_page(
        &mut self,
        transport: &Transport,
        types: &BTreeSet<&str>,
    ) -> Result<Listing, PsaError> {
        let size = PAGE_SIZE as usize;
        while !self.has_ended && self.waiting.len() < size {
            if self.whole_no >= WHOLE_PAGES_MAX {
                return Err(PsaError::Damaged {
                    path: endpoint(Stream::Assets).path.to_owned(),
                    detail: format!("the list has no end after {WHOLE_PAGES_MAX} pages"),
                });
            }
            let page = list_assets(transport, None, self.whole_no + 1, PAGE_SIZE).await?;
            self.whole_no += 1;
            let ids: Vec<RemoteId> = page.rows.iter().map(|row| row.remote_id.clone()).collect();
            self.has_ended = ids.is_empty() || ids == self.previous;
            if self.has_ended {
                break;
            }
            self.previous = ids;
            let is_listed = |row: &RawRow| type_of(row).is_some_and(|id| types.contains(&*id));
            self.waiting.extend(page.rows.into_iter().filter(|row| !is_listed(row)));
        }
        self.handed_out += 1;
        let rows = self.waiting.drain(..size.min(self.waiting.len())).collect();
        Ok(Listing { rows, claimed_total: self.total, claimed_size: None })
    }
}

async fn list_assets(
    transport: &Transport,
    type_id: Option<&str>,
    page_no: u32,
    page_size: u32,
) -> Result<Listing, PsaError> {
    let page = endpoint(Stream::Assets).page_query(page_no, page_size);
    let query = with_fields(page, type_id);
    list(transport, Stream::Assets, &query).await
}

/// Asks for a type that the first row is not of: whatever comes must be of that type.
async fn filter_works(
    transport: &Transport,
    first: &Listing,
    known: &[(String, String)],
) -> Result<bool, PsaError> {
    let first_type = first.rows.first().and_then(type_of);
    let other = known.iter().find(|(id, _)| Some(id) != first_type.as_ref());
    let Some((id, _)) = other else {
        return Ok(true);
    };
    let page = list_assets(transport, Some(id), 1, 1).await?;
    Ok(verify_type(&page.rows, id).is_ok())
}

/// Whether a type has fields to fill. A list that does not show definitions proves nothing.
fn defines_fields(row: &RawRow) -> bool {
    match member(&row.body, "fields") {
        Ok(Some(value)) => !value.get().trim_matches(['[', ']', ' ']).is_empty(),
        _ => true,
    }
}

fn name_of(row: &RawRow) -> String {
    let name = member(&row.body, "name").ok().flatten();
    name.and_then(|value| serde_json::from_str(value.get()).ok())
        .unwrap_or_else(|| format!("type {}", row.remote_id.as_str()))
}

/// The part of one type's assets.
pub(crate) fn part_of_type(label: &str, type_id: &str) -> Part {
    part(label, TYPE_FILTER, type_id)
}

/// Whether a part is of the types that no other part lists.
pub(crate) fn is_remainder(part: &Part) -> bool {
    matches!(restriction(part), Restriction::Remainder(_))
}

fn part(label: &str, key: &str, value: &str) -> Part {
    Part { label: label.to_owned(), filter: vec![(key.to_owned(), value.to_owned())] }
}

fn empty() -> Listing {
    Listing { rows: Vec::new(), claimed_total: None, claimed_size: None }
}
