//! A page's commit, carried out while the next page is made ready.
//!
//! It owns what it needs. Only one is on its way at a time, so that pages are committed in their
//! order and a checkpoint never covers a page that is not there.

use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;
use almanac_store::{
    Fence, PageCommit, RecordWrite, RunId, ScanProgress, SeenChunk, StoreError, TenantStore,
    WithheldRow,
};

use crate::task::Task;

/// A commit on its way.
pub(crate) struct Committing {
    pub(crate) task: Task<Result<(), StoreError>>,
    pub(crate) progress: ScanProgress,
}

/// A page's commit with all that it needs, so that it can go on by itself.
pub(crate) struct OwnedCommit {
    pub(crate) store: TenantStore,
    pub(crate) fence: Fence,
    pub(crate) connection: ConnectionId,
    pub(crate) stream: Stream,
    pub(crate) generation: i64,
    pub(crate) at_ms: i64,
    pub(crate) rows: Vec<RecordWrite>,
    pub(crate) withheld: Vec<WithheldRow>,
    pub(crate) seen: SeenChunk,
    pub(crate) scan_state: String,
    pub(crate) progress: ScanProgress,
    pub(crate) run: RunId,
    pub(crate) mapper_version: i64,
}

impl OwnedCommit {
    pub(crate) async fn carry_out(self) -> Result<(), StoreError> {
        self.store
            .page_commit(&PageCommit {
                fence: &self.fence,
                connection: self.connection,
                stream: self.stream,
                generation: self.generation,
                at_ms: self.at_ms,
                rows: self.rows,
                withheld: self.withheld,
                seen: Some(self.seen),
                scan_state: self.scan_state,
                progress: self.progress,
                run: Some(self.run),
                mapper_version: self.mapper_version,
            })
            .await
            .map(drop)
    }
}
