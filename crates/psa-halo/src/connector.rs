//! The connector: the contract of `psa` on top of the transport.

use std::sync::Arc;

use almanac_model::call_budget::{CallCeiling, CallClass};
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_psa::{
    AccessReport, CallGate, CallStats, Capabilities, Connector, HookFound, HookKeeper, HookWanted,
    Page, PageRequest, Part, PsaError, RawRow, RecordChange, Writer,
};

use crate::access;
use crate::changes::{self, part_since, since_of};
use crate::decode::{self, Listing};
use crate::endpoint::{Endpoint, PAGE_SIZE, SINCE, endpoint, push};
use crate::listing::{details, list_at, list_children, list_ids};
use crate::options::HaloOptions;
use crate::pacer::Pacer;
use crate::parts::{AssetParts, Restriction, restriction, verify_type, with_fields};
use crate::transport::Transport;
use crate::webhook;
use crate::write;

/// Not a parameter of Halo: the path of another list.
const LIST: &str = "list";
/// Not a parameter of Halo: whose children to list.
const PARENT: &str = "parent";

/// Reads one Halo. Paces, retries and re-authenticates by itself; share one for each connection,
/// because the pace and the token are its own.
#[derive(Debug)]
pub struct HaloConnector {
    transport: Transport,
    asset_parts: AssetParts,
    now: fn() -> jiff::Timestamp,
}

impl HaloConnector {
    /// Reads the addresses and prepares the client; sends nothing.
    ///
    /// Errs when an address is not usable ([`PsaError::BadAddress`], [`PsaError::PrivateAddress`])
    /// or TLS cannot be prepared ([`PsaError::Tls`]; a rustls provider must be installed).
    pub fn new(options: HaloOptions) -> Result<Self, PsaError> {
        let pacer = Pacer::alone(ceiling(&options), CallClass::Changes);
        Self::paced(options, pacer)
    }

    /// As [`HaloConnector::new`], with the connection's calls counted together with those of all
    /// others behind the gate; `class` says who waits for these.
    pub fn sharing(
        options: HaloOptions,
        gate: Arc<dyn CallGate>,
        class: CallClass,
    ) -> Result<Self, PsaError> {
        let pacer = Pacer::sharing(gate, ceiling(&options), class);
        Self::paced(options, pacer)
    }

    fn paced(options: HaloOptions, pacer: Pacer) -> Result<Self, PsaError> {
        Ok(Self {
            now: options.now,
            transport: Transport::new(options, pacer)?,
            asset_parts: AssetParts::default(),
        })
    }

    async fn list_part(
        &self,
        request: &PageRequest,
        endpoint: &Endpoint,
    ) -> Result<Listing, PsaError> {
        let page_no = request.page_no;
        if let Some(parent) = value_of(&request.part, PARENT) {
            return list_children(&self.transport, request.stream, parent).await;
        }
        let type_id = match (request.stream, restriction(&request.part)) {
            (Stream::Assets, Restriction::Remainder(types)) => {
                let parts = &self.asset_parts;
                return parts.remainder_page(&self.transport, &types, page_no).await;
            }
            (Stream::Assets, Restriction::Type(id)) => Some(id),
            _ => None,
        };
        let mut query = match request.whole_count {
            Some(count) => endpoint.whole_query(count),
            None => endpoint.page_query(page_no, PAGE_SIZE),
        };
        if request.stream == Stream::Assets {
            query = with_fields(query, type_id);
        }
        let since = since_of(&request.part);
        if let Some(since) = since {
            push(&mut query, SINCE, since);
        }
        let path = value_of(&request.part, LIST).unwrap_or(endpoint.path);
        let listing = list_at(&self.transport, request.stream, path, &query).await?;
        if let Some(id) = type_id {
            verify_type(&listing.rows, id)?;
            // What changed says nothing of how many there are.
            if since.is_none() {
                self.asset_parts.note_page(id, page_no, &listing);
            }
        }
        Ok(listing)
    }
}

fn ceiling(options: &HaloOptions) -> CallCeiling {
    CallCeiling { limit: options.call_limit, share_percent: options.share_percent }
}

/// What Halo can do with a stream.
pub fn capabilities(stream: Stream) -> Capabilities {
    let endpoint = endpoint(stream);
    Capabilities {
        can_fetch_one: endpoint.has_by_id,
        can_list_ids: endpoint.has_idonly,
        may_filter_changes: endpoint.has_since,
        parent: endpoint.parent.map(|(parent, _)| parent),
    }
}

impl Connector for HaloConnector {
    fn capabilities(&self, stream: Stream) -> Capabilities {
        capabilities(stream)
    }

    async fn parts(&self, stream: Stream) -> Result<Vec<Part>, PsaError> {
        match stream {
            Stream::Assets => self.asset_parts.discover(&self.transport).await,
            _ => {
                let endpoint = endpoint(stream);
                if endpoint.parent.is_some() {
                    return Ok(Vec::new());
                }
                let negative = endpoint.path_of_negative.map(|path| part(LIST, path));
                Ok([Part::whole()].into_iter().chain(negative).collect())
            }
        }
    }

    async fn list_page(&self, request: &PageRequest) -> Result<Page, PsaError> {
        let endpoint = endpoint(request.stream);
        let listing = self.list_part(request, &endpoint).await?;
        let asked = request.whole_count.unwrap_or(u64::from(PAGE_SIZE));
        Ok(Page {
            is_whole: !endpoint.is_paged,
            claimed_total: listing.claimed_total,
            claimed_size: listing.claimed_size,
            asked_size: u32::try_from(asked).unwrap_or(u32::MAX),
            rows: listing.rows,
        })
    }

    async fn fetch_one(
        &self,
        stream: Stream,
        remote_id: &RemoteId,
    ) -> Result<Option<RawRow>, PsaError> {
        let endpoint = endpoint(stream);
        let id = remote_id.as_str();
        // Anything else than a number or GUID came from a row without an identifier.
        let is_plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !endpoint.has_by_id || !is_plain || id.is_empty() {
            return Ok(None);
        }
        let negative = endpoint.path_of_negative.filter(|_| id.starts_with('-'));
        let path = format!("{}/{id}", negative.unwrap_or(endpoint.path));
        match self.transport.get(&path, &details(), decode::one).await {
            Ok(found) => Ok(found.filter(|row| row.remote_id == *remote_id)),
            Err(PsaError::NoSuchPath { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn list_ids(&self, stream: Stream) -> Result<Option<Vec<RemoteId>>, PsaError> {
        let listing = list_ids(&self.transport, stream).await?;
        Ok(listing.map(|listing| listing.rows.into_iter().map(|row| row.remote_id).collect()))
    }

    async fn check_access(&self) -> Result<AccessReport, PsaError> {
        access::check(&self.transport, self.now).await
    }

    async fn changed_parts(&self, stream: Stream, since_ms: i64) -> Result<Vec<Part>, PsaError> {
        match stream {
            Stream::Assets => {
                let every_part = async || self.asset_parts.discover(&self.transport).await;
                changes::asset_parts(&self.transport, since_ms, every_part).await
            }
            _ => Ok(vec![part_since(since_ms)]),
        }
    }

    async fn try_change_filter(&self, stream: Stream) -> Result<Option<bool>, PsaError> {
        if !endpoint(stream).has_since {
            return Ok(Some(false));
        }
        changes::try_filter(&self.transport, stream, (self.now)()).await
    }

    fn child_part(&self, stream: Stream, parent: &RemoteId) -> Part {
        match endpoint(stream).parent {
            Some(_) => part(PARENT, parent.as_str()),
            None => Part::whole(),
        }
    }

    fn clock_offset_ms(&self) -> i64 {
        self.transport.clock_offset_ms()
    }

    fn call_stats(&self) -> CallStats {
        self.transport.call_stats()
    }
}

impl Writer for HaloConnector {
    async fn write(&self, change: RecordChange<'_>) -> Result<(), PsaError> {
        let body = write::body(&change)?;
        self.transport.post(write::PATH, &body).await
    }
}

impl HookKeeper for HaloConnector {
    async fn hook_register(&self, wanted: &HookWanted) -> Result<String, PsaError> {
        webhook::register(&self.transport, wanted).await
    }

    async fn hook_find(&self, id: Option<&str>, url: &str) -> Result<Option<HookFound>, PsaError> {
        webhook::find(&self.transport, id, url).await
    }

    async fn hook_remove(&self, id: Option<&str>, url: &str) -> Result<(), PsaError> {
        webhook::remove(&self.transport, id, url).await
    }
}

fn part(key: &str, value: &str) -> Part {
    Part { label: value.to_owned(), filter: vec![(key.to_owned(), value.to_owned())] }
}

fn value_of<'p>(part: &'p Part, key: &str) -> Option<&'p str> {
    part.filter.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
}
