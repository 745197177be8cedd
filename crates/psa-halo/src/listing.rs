//! One list request of a stream.

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_psa::PsaError;

use crate::decode::{self, Listing, lenient_id, member};
use crate::endpoint::{Query, endpoint, push};
use crate::map::action;
use crate::transport::Transport;

/// Identifiers of up to this many records are asked for in one answer.
const IDS_MAX: u64 = 1_000_000;

/// Lists a stream with this query (which replaces the endpoint's own).
pub(crate) async fn list(
    transport: &Transport,
    stream: Stream,
    query: &Query,
) -> Result<Listing, PsaError> {
    list_at(transport, stream, endpoint(stream).path, query).await
}

/// As [`list`], at another path that has rows of the stream.
pub(crate) async fn list_at(
    transport: &Transport,
    stream: Stream,
    path: &str,
    query: &Query,
) -> Result<Listing, PsaError> {
    let key = endpoint(stream).key;
    transport.get(path, query, |body| decode::listing(body, key)).await
}

/// Lists the children of one parent, named by both.
pub(crate) async fn list_children(
    transport: &Transport,
    stream: Stream,
    parent: &str,
) -> Result<Listing, PsaError> {
    let endpoint = endpoint(stream);
    let (_, param) = endpoint.parent.expect("the stream is listed by its parents");
    let mut query = endpoint.page_query(1, 1);
    push(&mut query, param, parent);
    let mut listing = list(transport, stream, &query).await?;
    let is_other = |row: &almanac_psa::RawRow| {
        let said = member(&row.body, param).ok().flatten();
        said.and_then(|value| lenient_id(value.get())).is_some_and(|id| id.as_str() != parent)
    };
    // A filter that was ignored would make other parents' children this one's.
    if listing.rows.iter().any(is_other) {
        return Err(PsaError::FilterIgnored {
            path: endpoint.path.to_owned(),
            filter: format!("{param}={parent}"),
        });
    }
    let parent = RemoteId::new(parent);
    for row in &mut listing.rows {
        row.remote_id = action::remote_id(&parent, &row.remote_id);
    }
    Ok(listing)
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
