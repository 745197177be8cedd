//! Making projections again from the raw records, without the PSA.

use almanac_model::chain::Chains;
use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;
use almanac_psa::Mapper;
use almanac_store::{Fence, ReprojectCommit, Reprojected, TenantStore};

use crate::error::SyncError;
use crate::page::facts_of;

/// Raw records read at a time.
const BATCH: u32 = 500;

/// Maps every live record of a stream again. Returns how many there were.
pub async fn reproject_stream<M: Mapper>(
    store: &TenantStore,
    fence: &Fence,
    connection: ConnectionId,
    stream: Stream,
    mapper: &M,
    chains: &Chains,
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
        let rows = records
            .into_iter()
            .map(|record| match mapper.project(stream, &record.body, None) {
                Ok(projection) => Reprojected {
                    remote_id: record.remote_id,
                    facts: facts_of(&projection, chains),
                    projection: Some(projection),
                    problem: None,
                },
                Err(bad) => Reprojected {
                    remote_id: record.remote_id,
                    facts: None,
                    projection: None,
                    problem: Some(bad.to_string()),
                },
            })
            .collect();
        let mapper_version = i64::from(mapper.version());
        store
            .reproject_commit(&ReprojectCommit {
                fence,
                connection,
                stream,
                mapper_version,
                rows,
                is_complete,
            })
            .await?;
        if is_complete {
            return Ok(count);
        }
    }
}
