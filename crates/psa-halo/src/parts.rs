//! The shares in which assets are listed, so that their fields arrive.
//!
//! Halo fills an asset's `fields[]` when the list is asked for one asset type (HALO-API 3.7), so
//! there is one part for each type, and a last one, the *remainder*, for assets of types that the
//! agent may not list (Q-14: those types are silently missing). The remainder costs nothing when
//! the claimed totals add up. If fields come anyway, or the filter is ignored, assets have
//! one part.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use almanac_model::stream::Stream;
use almanac_psa::{Part, PsaError, RawRow};
use serde_json::value::RawValue;

use crate::decode::{Listing, lenient_id, member};
use crate::endpoint::{PAGE_SIZE, Query, endpoint, push};
use crate::listing::list;
use crate::transport::Transport;

const TYPE_FILTER: &str = "assettype_id";
/// Not a parameter of Halo: the types whose assets other parts list.
const REMAINDER_FILTER: &str = "not_of_types";

/// What totals were claimed for assets, and where the remainder's pages lie.
#[derive(Debug, Default)]
pub(crate) struct AssetParts {
    totals: Mutex<Totals>,
    remainder: tokio::sync::Mutex<Remainder>,
}

#[derive(Debug, Default)]
struct Totals {
    whole: Option<u64>,
    by_type: BTreeMap<String, u64>,
}

/// Pages of the whole list that held rows of the remainder, in order.
#[derive(Debug, Default)]
struct Remainder {
    pages: Vec<u32>,
    total: u64,
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
fn type_of(row: &RawRow) -> Option<String> {
    let value = member(&row.body, TYPE_FILTER).ok()??;
    Some(lenient_id(value.get())?.into_string())
}

/// Whether a row carries filled fields.
fn has_fields(row: &RawRow) -> bool {
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

    /// Remembers the total that a type's first page claimed.
    pub(crate) fn note_total(&self, type_id: &str, total: Option<u64>) {
        if let Some(total) = total {
            self.lock().by_type.insert(type_id.to_owned(), total);
        }
    }

    /// One page of the remainder: rows of types that no other part lists. Pages of the whole
    /// list without such rows are passed over, because an empty page would end the walk.
    pub(crate) async fn remainder_page(
        &self,
        transport: &Transport,
        types: &BTreeSet<&str>,
        page_no: u32,
    ) -> Result<Listing, PsaError> {
        let mut remainder = self.remainder.lock().await;
        // After a resume nothing is remembered, so its pages are counted again from the first.
        if page_no <= 1 || remainder.pages.len() + 1 < page_no as usize {
            remainder.pages.clear();
            remainder.total = self.remainder_total(transport, types).await?;
        }
        remainder.pages.truncate(page_no.saturating_sub(1) as usize);
        if remainder.total == 0 {
            return Ok(empty());
        }
        let mut whole_no = remainder.pages.last().copied().unwrap_or(0);
        let mut previous = Vec::new();
        loop {
            whole_no += 1;
            let mut page = list_assets(transport, None, whole_no, PAGE_SIZE).await?;
            if page.rows.is_empty() || page.rows == previous {
                return Ok(empty());
            }
            previous.clone_from(&page.rows);
            page.rows.retain(|row| !type_of(row).is_some_and(|id| types.contains(id.as_str())));
            if page.rows.is_empty() {
                continue;
            }
            remainder.pages.push(whole_no);
            if remainder.pages.len() >= page_no as usize {
                page.claimed_total = Some(remainder.total);
                page.claimed_size = None;
                return Ok(page);
            }
        }
    }

    /// How many assets the whole list claims beyond the parts. Totals seen in passing are used
    /// first; only when they do not add up is everything asked again at one moment.
    async fn remainder_total(
        &self,
        transport: &Transport,
        types: &BTreeSet<&str>,
    ) -> Result<u64, PsaError> {
        if self.lock().missing(types) == Some(0) {
            return Ok(0);
        }
        let whole = list_assets(transport, None, 1, 1).await?.claimed_total;
        self.lock().whole = whole;
        if self.lock().missing(types) == Some(0) {
            return Ok(0);
        }
        for id in types {
            let page = list_assets(transport, Some(id), 1, 1).await?;
            verify_type(&page.rows, id)?;
            self.note_total(id, page.claimed_total);
        }
        Ok(self.lock().missing(types).unwrap_or(0))
    }

    fn lock(&self) -> MutexGuard<'_, Totals> {
        // No code under the lock can panic half-way through a change.
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Totals {
    /// Claimed for the whole but not for the parts; `None` when a claim is not known.
    fn missing(&self, types: &BTreeSet<&str>) -> Option<u64> {
        let mut sum = 0u64;
        for id in types {
            sum = sum.saturating_add(*self.by_type.get(*id)?);
        }
        Some(self.whole?.saturating_sub(sum))
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

fn part(label: &str, key: &str, value: &str) -> Part {
    Part { label: label.to_owned(), filter: vec![(key.to_owned(), value.to_owned())] }
}

fn empty() -> Listing {
    Listing { rows: Vec::new(), claimed_total: None, claimed_size: None }
}
