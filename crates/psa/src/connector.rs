//! The contract of a connector and of its mapper.
//!
//! A method that fails says by its error's [`crate::Recovery`] what the caller should do. A
//! connector paces, retries and re-authenticates by itself: an error that reaches the caller has
//! outlived the connector's own patience.

use std::future::Future;

use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;

use crate::access::AccessReport;
use crate::error::PsaError;
use crate::page::{Page, PageRequest, Part, RawRow};

/// What a connector can do beyond listing pages, for one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// [`Connector::fetch_one`] works, so a record that a scan missed can be looked for.
    pub can_fetch_one: bool,
    /// [`Connector::list_ids`] may work, so that a scan can be checked by one call.
    pub can_list_ids: bool,
    /// [`Connector::changed_parts`] may work: whether it does is found out by
    /// [`Connector::try_change_filter`].
    pub may_filter_changes: bool,
    /// The records of this stream are only listed by their parents, one call for each: they have
    /// no [`Connector::parts`], but a [`Connector::child_part`]. Remote ids are `PARENT:CHILD`.
    pub parent: Option<Stream>,
}

/// Calls made so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallStats {
    /// Requests sent, tokens and retries included.
    pub requests: u64,
    /// Answers that said "too many".
    pub throttled: u64,
    /// Bytes of bodies received, after decompression.
    pub bytes: u64,
}

/// A PSA that can be read.
pub trait Connector: Send + Sync {
    /// What can be done with a stream.
    fn capabilities(&self, stream: Stream) -> Capabilities;

    /// The shares in which a stream must be listed, so that rows arrive complete. Never empty but
    /// for a stream that is listed by its parents.
    fn parts(&self, stream: Stream) -> impl Future<Output = Result<Vec<Part>, PsaError>> + Send;

    /// One page, inactive records included, sorted by identifier where the PSA can.
    ///
    /// Rows that do not satisfy the part's restriction are an error (the PSA ignored it).
    fn list_page(
        &self,
        request: &PageRequest,
    ) -> impl Future<Output = Result<Page, PsaError>> + Send;

    /// One record by its identifier; `None` when the PSA says that it is gone.
    fn fetch_one(
        &self,
        stream: Stream,
        remote_id: &RemoteId,
    ) -> impl Future<Output = Result<Option<RawRow>, PsaError>> + Send;

    /// Every identifier of a stream in one call; `None` when the PSA does not really offer it.
    fn list_ids(
        &self,
        stream: Stream,
    ) -> impl Future<Output = Result<Option<Vec<RemoteId>>, PsaError>> + Send;

    /// Reaches the PSA, takes a fresh token, reads one page of each area, compares clocks.
    /// Findings are in the report; an error means that nothing could be found out.
    fn check_access(&self) -> impl Future<Output = Result<AccessReport, PsaError>> + Send;

    /// The shares to list so that every record comes that changed since an instant of the PSA's
    /// clock, in milliseconds UTC; rows come as they do in a whole scan. Empty when nothing
    /// changed. The caller has found out before that the PSA honours the filter.
    fn changed_parts(
        &self,
        stream: Stream,
        since_ms: i64,
    ) -> impl Future<Output = Result<Vec<Part>, PsaError>> + Send;

    /// Whether the PSA honours the filter by change: asked for changes since next year it must
    /// send nothing, asked for those since long ago a record that it has. `None` when there is no
    /// record to tell by.
    fn try_change_filter(
        &self,
        stream: Stream,
    ) -> impl Future<Output = Result<Option<bool>, PsaError>> + Send;

    /// The share of a stream that one parent lists; [`Part::whole`] for a stream without parents.
    fn child_part(&self, stream: Stream, parent: &RemoteId) -> Part;

    /// By how much the PSA's clock was ahead of ours at its last answer, in milliseconds; 0 before
    /// the first.
    fn clock_offset_ms(&self) -> i64;

    /// Calls made since the connector was made.
    fn call_stats(&self) -> CallStats;
}

/// A record that could not be mapped. It is kept raw and marked; the stream goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct BadRow {
    /// The property that is missing or of another type.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Turns records into our words. Pure: no I/O, no clock.
pub trait Mapper: Send + Sync {
    /// Increases when a mapping changes, so that projections are made again.
    fn version(&self) -> u32;

    /// Maps one record. Keys that the row does not have keep the value of `before`.
    fn project(
        &self,
        stream: Stream,
        body: &[u8],
        before: Option<&Projection>,
    ) -> Result<Projection, BadRow>;
}
