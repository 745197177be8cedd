//! Projections made again from raw records, as when the mapper changed.
//!
//! Nothing is asked of the PSA, and the raw records are not touched but for the problem that a
//! mapper sees in them. [`TenantStore::reproject_commit`] may be repeated: a record mapped twice
//! is as one mapped once.

use std::collections::HashMap;

use almanac_model::fact_change::TargetChange;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;

use crate::db::{Arg, ROWS_MAX, Tx, args, placeholders, write_tx};
use crate::error::StoreError;
use crate::fact_change::{self, Place, ReadCause};
use crate::lease::Fence;
use crate::projection::{ProjectionWrite, Target, check_stream, upsert};
use crate::run::RunId;
use crate::tenant::TenantStore;

/// Projections made again from raw records.
#[derive(Debug)]
pub struct ReprojectCommit<'a> {
    /// Proof of the lease.
    pub fence: &'a Fence,
    /// Which connection.
    pub connection: ConnectionId,
    /// Which stream.
    pub stream: Stream,
    /// The version of the mapper that made them.
    pub mapper_version: i64,
    /// The run that maps them, for the history of values.
    pub run: Option<RunId>,
    /// When, in milliseconds UTC.
    pub at_ms: i64,
    /// The records that were mapped again, each id once.
    pub rows: Vec<Reprojected>,
    /// Whether these are the last of the stream: then the stream has this mapper's version.
    pub is_complete: bool,
}

/// One record mapped again.
#[derive(Debug, Clone)]
pub struct Reprojected {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Why it was not understood, by this mapper.
    pub problem: Option<String>,
    /// Its mapped form; without one the projection there is stays as it is.
    pub projection: Option<Projection>,
    /// What was worked out from the projection.
    pub facts: Option<String>,
    /// The facts that differ from what was stored before.
    pub changes: Vec<TargetChange>,
}

impl TenantStore {
    /// Stores projections that were made again from raw records. Raw records are not touched, but
    /// for the problem that this mapper sees or no longer sees. A record that is not there is
    /// left out.
    ///
    /// # Errors
    /// `LeaseLost` when another owner took the lease; nothing is written then.
    #[tracing::instrument(name = "store.reproject_commit", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn reproject_commit(&self, commit: &ReprojectCommit<'_>) -> Result<(), StoreError> {
        check_stream(commit.stream, commit.rows.iter().filter_map(|row| row.projection.as_ref()))?;
        write_tx!(self.db(), self.scope(), |tx| {
            self.check_fence(tx, commit.fence).await?;
            let mut bad_change = 0;
            for rows in commit.rows.chunks(ROWS_MAX) {
                bad_change += self.reproject(tx, commit, rows).await?;
            }
            let sql = "UPDATE stream_state SET bad = bad + $4, \
                       mapper_version = CASE WHEN $5 THEN $6 ELSE mapper_version END \
                       WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3";
            tx.exec(
                sql,
                args![
                    self.id,
                    commit.connection,
                    commit.stream,
                    bad_change,
                    commit.is_complete,
                    commit.mapper_version
                ],
            )
            .await?;
        })
    }

    /// Returns by how much the number of live records with a problem changed.
    async fn reproject(
        &self,
        tx: &mut Tx,
        commit: &ReprojectCommit<'_>,
        rows: &[Reprojected],
    ) -> Result<i64, StoreError> {
        let sql = format!(
            "SELECT remote_id, deleted_at, problem FROM record WHERE tenant_id = $1 \
             AND connection_id = $2 AND stream = $3 AND remote_id IN ({})",
            placeholders(4, rows.len())
        );
        let mut args = args![self.id, commit.connection, commit.stream];
        args.extend(rows.iter().map(|row| Arg::from(&row.remote_id)));
        let mut known = HashMap::with_capacity(rows.len());
        for row in tx.rows("record", sql, args).await? {
            known.insert(row.remote_id(0)?, (row.int_opt(1)?, row.text_opt(2)?));
        }
        let (mut writes, mut changes, mut bad_change) = (Vec::new(), Vec::new(), 0);
        for row in rows {
            let Some((deleted_at, problem)) = known.get(&row.remote_id) else { continue };
            if let Some(projection) = &row.projection {
                let facts = row.facts.as_deref();
                writes.push(ProjectionWrite { projection, facts, deleted_at: *deleted_at });
            }
            changes.extend(row.changes.iter().map(|change| (&row.remote_id, change)));
            if *problem == row.problem {
                continue;
            }
            if deleted_at.is_none() {
                bad_change += i64::from(row.problem.is_some()) - i64::from(problem.is_some());
            }
            // One statement for each: a mapper changes its mind about few records.
            tx.exec(
                "UPDATE record SET problem = $5 WHERE tenant_id = $1 AND connection_id = $2 \
                 AND stream = $3 AND remote_id = $4",
                args![
                    self.id,
                    commit.connection,
                    commit.stream,
                    &row.remote_id,
                    row.problem.as_deref()
                ],
            )
            .await?;
        }
        let target = Target {
            tenant: self.id,
            connection: commit.connection,
            stream: commit.stream,
            mapper_version: commit.mapper_version,
        };
        upsert(tx, target, writes).await?;
        let place = Place { tenant: self.id, connection: commit.connection, at_ms: commit.at_ms };
        fact_change::note_read(tx, place, (ReadCause::Mapping, commit.run), &changes).await?;
        Ok(bad_change)
    }
}
