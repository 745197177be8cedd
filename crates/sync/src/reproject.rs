//! Making projections again from the raw records, without the PSA.

use std::collections::HashMap;

use almanac_model::id::RemoteId;
use almanac_psa::Mapper;
use almanac_store::{Fence, ProjectionRow, RecordRow, ReprojectCommit, Reprojected, RunId};

use crate::error::SyncError;
use crate::page::{PageContext, map_body};

/// Raw records read at a time.
const BATCH: u32 = 500;

/// Maps every live record of a stream again, and writes to the history of values what becomes
/// another by it. Returns how many records there were.
pub(crate) async fn reproject_stream<M: Mapper>(
    context: &PageContext<'_, M>,
    fence: &Fence,
    run: RunId,
    at_ms: i64,
    version: i64,
) -> Result<u64, SyncError> {
    let PageContext { store, connection, stream, .. } = *context;
    let mut after = None;
    let mut count = 0;
    loop {
        let records = store.record_page(connection, stream, after.as_ref(), BATCH, false).await?;
        let is_complete = records.len() < BATCH as usize;
        if let Some(last) = records.last() {
            after = Some(last.remote_id.clone());
        }
        count += records.len() as u64;
        let ids: Vec<RemoteId> = records.iter().map(|record| record.remote_id.clone()).collect();
        let stored = store.projection_load(connection, stream, &ids).await?;
        // A thin row keeps what an earlier, richer one said.
        let before: HashMap<RemoteId, ProjectionRow> =
            stored.into_iter().map(|row| (row.projection.remote_id().clone(), row)).collect();
        let map = |record: RecordRow| {
            let before = before.get(&record.remote_id);
            let mapped = map_body(context, &record.remote_id, &record.body, before);
            Reprojected {
                remote_id: record.remote_id,
                problem: mapped.problem,
                projection: mapped.projection,
                facts: mapped.facts,
                changes: mapped.changes,
            }
        };
        let commit = ReprojectCommit {
            fence,
            connection,
            stream,
            mapper_version: version,
            run: Some(run),
            at_ms,
            rows: records.into_iter().map(map).collect(),
            is_complete,
        };
        store.reproject_commit(&commit).await?;
        if is_complete {
            return Ok(count);
        }
    }
}
