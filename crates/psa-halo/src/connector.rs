//! The connector: the contract of `psa` on top of the transport.

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_psa::{
    AccessReport, CallStats, Capabilities, Connector, Page, PageRequest, Part, PsaError, RawRow,
    RecordChange, Writer,
};

use crate::access;
use crate::decode::{self, Listing};
use crate::endpoint::{Endpoint, PAGE_SIZE, endpoint};
use crate::listing::{details, list, list_ids};
use crate::options::HaloOptions;
use crate::parts::{AssetParts, Restriction, restriction, verify_type, with_fields};
use crate::transport::Transport;
use crate::write;

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
        Ok(Self {
            now: options.now,
            transport: Transport::new(options)?,
            asset_parts: AssetParts::default(),
        })
    }

    async fn list_part(
        &self,
        request: &PageRequest,
        endpoint: &Endpoint,
    ) -> Result<Listing, PsaError> {
        let page_no = request.page_no;
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
        let listing = list(&self.transport, request.stream, &query).await?;
        if let Some(id) = type_id {
            verify_type(&listing.rows, id)?;
            self.asset_parts.note_page(id, page_no, &listing);
        }
        Ok(listing)
    }
}

impl Connector for HaloConnector {
    fn capabilities(&self, stream: Stream) -> Capabilities {
        let endpoint = endpoint(stream);
        Capabilities { can_fetch_one: endpoint.has_by_id, can_list_ids: endpoint.has_idonly }
    }

    async fn parts(&self, stream: Stream) -> Result<Vec<Part>, PsaError> {
        match stream {
            Stream::Assets => self.asset_parts.discover(&self.transport).await,
            _ => Ok(vec![Part::whole()]),
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
        let path = format!("{}/{id}", endpoint.path);
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
