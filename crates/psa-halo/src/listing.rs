//! One list request of a stream.

use almanac_model::stream::Stream;
use almanac_psa::PsaError;

use crate::decode::{self, Listing};
use crate::endpoint::{Query, endpoint, push};
use crate::transport::Transport;

/// Identifiers of up to this many records are asked for in one answer.
const IDS_MAX: u64 = 1_000_000;

/// Lists a stream with this query (which replaces the endpoint's own).
pub(crate) async fn list(
    transport: &Transport,
    stream: Stream,
    query: &Query,
) -> Result<Listing, PsaError> {
    let endpoint = endpoint(stream);
    transport.get(endpoint.path, query, |body| decode::listing(body, endpoint.key)).await
}

/// Every identifier of a stream; `None` when Halo does not really offer it.
///
/// Unknown parameters are ignored, so two rows are asked for first: if they carry more
/// than an identifier, the rest would be the whole list in one answer.
pub(crate) async fn list_ids(
    transport: &Transport,
    stream: Stream,
) -> Result<Option<Listing>, PsaError> {
    let endpoint = endpoint(stream);
    if !endpoint.has_idonly {
        return Ok(None);
    }
    let probe = list(transport, stream, &endpoint.ids_query(2)).await;
    match probe {
        Ok(listing) if listing.rows.iter().all(is_id_only) => {}
        Ok(_) | Err(PsaError::NotThePsa { .. } | PsaError::Refused { .. }) => return Ok(None),
        Err(error) => return Err(error),
    }
    let listing = list(transport, stream, &endpoint.ids_query(IDS_MAX)).await?;
    let received = listing.rows.len() as u64;
    let is_all = listing.claimed_total.is_none_or(|total| total <= received);
    let is_ids = listing.rows.iter().all(is_id_only);
    Ok((is_all && is_ids && received > 0).then_some(listing))
}

/// The query of one record with its details.
pub(crate) fn details() -> Query {
    let mut query = Query::new();
    push(&mut query, "includedetails", "true");
    query
}

/// `{"id":7}` and little else: a record of any stream has more members.
fn is_id_only(row: &almanac_psa::RawRow) -> bool {
    row.problem.is_none() && row.body.len() < 64 && !row.body.windows(6).any(|w| w == b"\"name\"")
}
