//! The program's way to the PSA in a day: calls take time, and some fail with a 500.
//!
//! Only tickets tell what changed: clients say that they do and do not, assets say that they do
//! not, and actions are listed by their ticket.

use std::sync::Arc;

use almanac_jobs::Psa;
use almanac_model::call_budget::CallClass;
use almanac_model::chain::Chains;
use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_psa::fake::FakeMapper;
use almanac_psa::{
    AccessReport, CallStats, Capabilities, Connector, HookFound, HookKeeper, HookWanted, Page,
    PageRequest, Part, PsaError, RawRow, RecordChange, Writer,
};
use almanac_store::Connection;
use secrecy::SecretString;

use crate::world::chains;

use super::outside::Outside;

/// A way to the PSA; a clone is the same.
#[derive(Clone)]
pub(super) struct Link(pub(super) Arc<Outside>);

impl Link {
    async fn step(&self) -> Result<(), PsaError> {
        if self.0.call().await {
            return Ok(());
        }
        let (path, excerpt) = ("/somewhere".to_owned(), String::new());
        Err(PsaError::ServerFault { path, status: 500, excerpt })
    }
}

impl Connector for Link {
    fn capabilities(&self, stream: Stream) -> Capabilities {
        let fake = self.0.side.psa.capabilities(stream);
        let says_changes = fake.may_filter_changes && stream != Stream::Assets;
        Capabilities { may_filter_changes: says_changes, ..fake }
    }

    async fn parts(&self, stream: Stream) -> Result<Vec<Part>, PsaError> {
        self.0.side.psa.parts(stream).await
    }

    async fn list_page(&self, request: &PageRequest) -> Result<Page, PsaError> {
        self.step().await?;
        self.0.side.psa.list_page(request).await
    }

    async fn fetch_one(
        &self,
        stream: Stream,
        remote_id: &RemoteId,
    ) -> Result<Option<RawRow>, PsaError> {
        self.step().await?;
        self.0.side.psa.fetch_one(stream, remote_id).await
    }

    async fn list_ids(&self, stream: Stream) -> Result<Option<Vec<RemoteId>>, PsaError> {
        self.step().await?;
        self.0.side.psa.list_ids(stream).await
    }

    async fn check_access(&self) -> Result<AccessReport, PsaError> {
        self.0.side.psa.check_access().await
    }

    async fn changed_parts(&self, stream: Stream, since_ms: i64) -> Result<Vec<Part>, PsaError> {
        self.0.side.psa.changed_parts(stream, since_ms).await
    }

    async fn try_change_filter(&self, stream: Stream) -> Result<Option<bool>, PsaError> {
        self.step().await?;
        let works = self.0.side.psa.try_change_filter(stream).await?;
        Ok(works.map(|works| works && stream == Stream::Tickets))
    }

    fn child_part(&self, stream: Stream, parent: &RemoteId) -> Part {
        self.0.side.psa.child_part(stream, parent)
    }

    fn clock_offset_ms(&self) -> i64 {
        self.0.time.offset_ms()
    }

    fn call_stats(&self) -> CallStats {
        self.0.side.psa.call_stats()
    }
}

impl Writer for Link {
    async fn write(&self, change: RecordChange<'_>) -> Result<(), PsaError> {
        self.step().await?;
        self.0.side.psa.write(change).await
    }
}

impl HookKeeper for Link {
    async fn hook_register(&self, wanted: &HookWanted) -> Result<String, PsaError> {
        self.step().await?;
        self.0.side.psa.hook_register(wanted).await
    }

    async fn hook_find(&self, id: Option<&str>, url: &str) -> Result<Option<HookFound>, PsaError> {
        self.step().await?;
        self.0.side.psa.hook_find(id, url).await
    }

    async fn hook_remove(&self, id: Option<&str>, url: &str) -> Result<(), PsaError> {
        self.step().await?;
        self.0.side.psa.hook_remove(id, url).await
    }
}

impl Psa for Link {
    type Connector = Link;
    type Mapper = FakeMapper;

    fn connector(&self, _: &Connection, _: SecretString) -> Result<Link, PsaError> {
        Ok(self.clone())
    }

    fn connector_of(
        &self,
        _: &Connection,
        _: SecretString,
        _: CallClass,
    ) -> Result<Link, PsaError> {
        Ok(self.clone())
    }

    fn mapper(&self) -> FakeMapper {
        FakeMapper
    }

    fn chains(&self) -> Chains {
        chains()
    }
}
