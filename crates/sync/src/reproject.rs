//! Making projections again from the raw records, without the PSA.

use std::collections::HashMap;

use almanac_model::id::ConnectionId;
use almanac_model::id::RemoteId;
use almanac_model::resolver::Resolver;
use almanac_model::stream::Stream;
use almanac_psa::Mapper;
use almanac_store::{Fence, ReprojectCommit, Reprojected, TenantStore};

use crate::error::SyncError;
use crate::page::{facts_of, to_json};

/// Raw records read at a time.
const BATCH: u32 = 500;

/// Maps every live record of a stream again. Returns how many there were.
pub async fn reproject_stream<M: Mapper>(
    store: &TenantStore,
    fence: &Fence,
    connection: ConnectionId,
    stream: Stream,
    mapper: &M,
    resolver: &Resolver,
    version: i64,
) -> Result<u64, SyncError> {
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
        let before: HashMap<RemoteId, _> = stored
            .into_iter()
            .map(|row| (row.projection.remote_id().clone(), row.projection))
            .collect();
        let rows = records
            .into_iter()
            .map(|record| {
                match mapper.project(stream, &record.body, before.get(&record.remote_id)) {
                    Ok(projection) => Reprojected {
                        remote_id: record.remote_id,
                        facts: facts_of(&projection, resolver).as_ref().map(to_json),
                        projection: Some(projection),
                        problem: None,
                    },
                    Err(bad) => Reprojected {
                        remote_id: record.remote_id,
                        facts: None,
                        projection: None,
                        problem: Some(bad.to_string()),
                    },
                }
            })
            .collect();
        store
            .reproject_commit(&ReprojectCommit {
                fence,
                connection,
                stream,
                mapper_version: version,
                rows,
                is_complete,
            })
            .await?;
        if is_complete {
            return Ok(count);
        }
    }
}
