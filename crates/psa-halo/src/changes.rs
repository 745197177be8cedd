//! Listing what changed since an instant, where Halo honours the filter.
//!
//! `lastupdatefromdate` is documented on seven lists and proven on one, and a parameter that
//! a build does not know is ignored: so it is tried before it is used. Rows must come as in
//! a whole scan, because their bytes are compared: changed assets are listed by type like all others.

use std::collections::BTreeSet;

use almanac_model::stream::Stream;
use almanac_psa::{Part, PsaError};
use jiff::{SignedDuration, Timestamp};

use crate::decode::Listing;
use crate::endpoint::{PAGE_SIZE, Query, SINCE, endpoint, push};
use crate::listing::list;
use crate::parts::{has_fields, is_remainder, part_of_type, type_of, with_fields};
use crate::transport::Transport;

/// Nothing that Halo keeps was changed before.
const LONG_AGO: &str = "1990-01-01T00:00:00Z";

/// An instant as the filter takes it: ISO, UTC (Q-11: TL).
fn written(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The part of a stream that changed since an instant.
pub(crate) fn part_since(since_ms: i64) -> Part {
    let since = written(since_ms);
    Part { label: format!("since {since}"), filter: vec![(SINCE.to_owned(), since)] }
}

/// The instant of such a part.
pub(crate) fn since_of(part: &Part) -> Option<&str> {
    part.filter.iter().find(|(key, _)| key == SINCE).map(|(_, since)| since.as_str())
}

/// Asks for changes since next year, of which there must be none, and for those since long ago,
/// of which the first must be the first of all. Three calls; one where the filter is ignored.
pub(crate) async fn try_filter(
    transport: &Transport,
    stream: Stream,
    now: Timestamp,
) -> Result<Option<bool>, PsaError> {
    let next_year = now.checked_add(SignedDuration::from_hours(366 * 24)).unwrap_or(now);
    let next_year = next_year.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    if !first(transport, stream, Some(&next_year)).await?.rows.is_empty() {
        return Ok(Some(false));
    }
    let all = first(transport, stream, None).await?;
    let Some(known) = all.rows.first() else { return Ok(None) };
    let since = first(transport, stream, Some(LONG_AGO)).await?;
    let is_same = since.rows.first().map(|row| &row.remote_id) == Some(&known.remote_id);
    Ok(Some(is_same && since.claimed_total == all.claimed_total))
}

async fn first(
    transport: &Transport,
    stream: Stream,
    since: Option<&str>,
) -> Result<Listing, PsaError> {
    let mut query: Query = endpoint(stream).page_query(1, 1);
    if let Some(since) = since {
        push(&mut query, SINCE, since);
    }
    list(transport, stream, &query).await
}

/// The parts of changed assets: none, the whole list where its rows carry their fields, else one
/// for each type among them. `every_part` is what a whole scan would list.
pub(crate) async fn asset_parts(
    transport: &Transport,
    since_ms: i64,
    every_part: impl AsyncFnOnce() -> Result<Vec<Part>, PsaError>,
) -> Result<Vec<Part>, PsaError> {
    let whole = part_since(since_ms);
    let mut query = with_fields(endpoint(Stream::Assets).page_query(1, PAGE_SIZE), None);
    push(&mut query, SINCE, since_of(&whole).expect("it was made with one"));
    let changed = list(transport, Stream::Assets, &query).await?;
    if changed.rows.is_empty() {
        return Ok(Vec::new());
    }
    let and_since = |mut part: Part| {
        part.filter.extend(whole.filter.iter().cloned());
        part
    };
    let received = changed.rows.len() as u64;
    if changed.claimed_total.is_none_or(|total| total > received) {
        let parts = every_part().await?.into_iter();
        return Ok(parts.filter(|part| !is_remainder(part)).map(and_since).collect());
    }
    if changed.rows.iter().any(has_fields) {
        return Ok(vec![whole]);
    }
    let types: BTreeSet<String> = changed.rows.iter().filter_map(type_of).collect();
    Ok(types.iter().map(|id| and_since(part_of_type(id, id))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_11_the_filter_is_an_iso_date_in_utc() {
        let part = part_since(1_791_008_651_400);
        assert_eq!(since_of(&part), Some("2026-10-03T06:24:11Z"));
        assert_eq!(since_of(&Part::whole()), None);
    }
}
