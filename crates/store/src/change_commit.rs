//! Records that were read without reading their whole stream: by change, or by their parent.
//!
//! Rows, what is gone, and how far the stream was read by that are one transaction. An open scan
//! of the stream is not touched: the scan stays the judge of what is there.

use almanac_model::code::Code;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::stream::Stream;

use crate::child::ParentRead;
use crate::db::{ROWS_MAX, Tx, args, write_tx};
use crate::error::StoreError;
use crate::lease::Fence;
use crate::projection::check_stream;
use crate::record::{PageCommit, PageOutcome, RecordWrite, last_of_each};
use crate::run::RunId;
use crate::scan::ScanFinish;
use crate::stream_state::CountChange;
use crate::tenant::TenantStore;

/// What was read of a stream, to commit.
#[derive(Debug)]
pub struct ChangeCommit<'a> {
    /// Proof of the lease.
    pub fence: &'a Fence,
    /// Which connection.
    pub connection: ConnectionId,
    /// Which stream.
    pub stream: Stream,
    /// Milliseconds UTC.
    pub at_ms: i64,
    /// The new, changed and restored records; of two with one id the last counts.
    pub rows: Vec<RecordWrite>,
    /// Live records that are gone: their parent was read and does not have them.
    pub remove: &'a [RemoteId],
    /// Up to which instant of the PSA's clock every change is committed with this.
    pub read_up_to: Option<i64>,
    /// Whose children these are, all of them.
    pub parents: &'a [ParentRead],
    /// Whether the stream is now as a whole scan would leave it: its generation moves on.
    pub is_whole: bool,
    /// The run that reads.
    pub run: Option<RunId>,
    /// The version of the mapper that made the projections.
    pub mapper_version: i64,
}

/// What a commit did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangeOutcome {
    /// What became of the rows.
    pub rows: PageOutcome,
    /// Records that became tombstones.
    pub removed: u64,
}

impl TenantStore {
    /// Commits what was read of a stream. May be repeated with what is known by then.
    ///
    /// # Errors
    /// `LeaseLost` when another owner took the lease; nothing is written then.
    #[tracing::instrument(name = "store.change_commit", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn change_commit(
        &self,
        commit: &ChangeCommit<'_>,
    ) -> Result<ChangeOutcome, StoreError> {
        let rows = last_of_each(&commit.rows);
        check_stream(commit.stream, rows.iter().filter_map(|row| row.projection.as_ref()))?;
        let page = PageCommit {
            at_ms: commit.at_ms,
            run: commit.run,
            mapper_version: commit.mapper_version,
            ..PageCommit::new(commit.fence, commit.connection, commit.stream)
        };
        write_tx!(self.db(), self.scope(), |tx| {
            self.check_fence(tx, commit.fence).await?;
            let (outcome, mut change) = self.write_rows(tx, &page, &rows).await?;
            let removed = self.remove_gone(tx, commit, &mut change).await?;
            self.note_parents(tx, commit).await?;
            self.note_change(tx, commit, change).await?;
            ChangeOutcome { rows: outcome, removed }
        })
    }

    /// Notes whether the PSA can tell what changed in a stream.
    ///
    /// # Errors
    /// `LeaseLost`; nothing was changed then.
    #[tracing::instrument(name = "store.change_filter_note", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn change_filter_note(
        &self,
        fence: &Fence,
        connection: ConnectionId,
        stream: Stream,
        works: bool,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            self.check_fence(tx, fence).await?;
            tx.exec(
                "UPDATE stream_state SET filter_works = $4, filter_tried_at = $5 \
                 WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3",
                args![self.id, connection, stream, works, at_ms],
            )
            .await?;
        })
    }

    /// Notes up to which instant of the PSA's clock a whole scan saw every change.
    ///
    /// # Errors
    /// `LeaseLost`; nothing was changed then.
    #[tracing::instrument(name = "store.read_up_to_note", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn read_up_to_note(
        &self,
        fence: &Fence,
        connection: ConnectionId,
        stream: Stream,
        read_up_to: i64,
    ) -> Result<(), StoreError> {
        write_tx!(self.db(), self.scope(), |tx| {
            self.check_fence(tx, fence).await?;
            tx.exec(
                "UPDATE stream_state SET read_up_to = $4 \
                 WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3",
                args![self.id, connection, stream, read_up_to],
            )
            .await?;
        })
    }

    async fn remove_gone(
        &self,
        tx: &mut Tx,
        commit: &ChangeCommit<'_>,
        change: &mut CountChange,
    ) -> Result<u64, StoreError> {
        if commit.remove.is_empty() {
            return Ok(0);
        }
        let generation = tx
            .one(
                "stream_state",
                "SELECT generation FROM stream_state \
                 WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3",
                args![self.id, commit.connection, commit.stream],
            )
            .await?
            .map_or(Ok(0), |row| row.int(0))?;
        let finish = ScanFinish {
            fence: commit.fence,
            connection: commit.connection,
            stream: commit.stream,
            generation,
            at_ms: commit.at_ms,
            remove: &[],
            held: None,
            receipt: None,
        };
        let mut removed = 0;
        for ids in commit.remove.chunks(ROWS_MAX) {
            let (count, with_problem) = self.remove(tx, &finish, ids).await?;
            removed += count;
            change.bad -= with_problem;
        }
        change.live -= removed;
        change.deleted += removed;
        Ok(u64::try_from(removed).expect("a count is not negative"))
    }

    async fn note_change(
        &self,
        tx: &mut Tx,
        commit: &ChangeCommit<'_>,
        change: CountChange,
    ) -> Result<(), StoreError> {
        let [unreachable, throttled] = Code::UNANSWERED;
        // A pull that came to its end is an answer.
        let is_over = format!(
            "($4 OR (excluded.read_up_to IS NOT NULL \
             AND stream_state.held_code IN ('{unreachable}', '{throttled}')))"
        );
        let held = ["held_code", "held_text", "held_number", "held_since"].map(|column| {
            format!("{column} = CASE WHEN {is_over} THEN NULL ELSE stream_state.{column} END, ")
        });
        let sql = format!(
            "INSERT INTO stream_state (tenant_id, connection_id, stream, generation, live, deleted, \
             bad, mapper_version, read_up_to, last_scan_at) \
             VALUES ($1, $2, $3, CASE WHEN $4 THEN 1 ELSE 0 END, $5, $6, $7, $8, $9, \
             CASE WHEN $4 THEN $10 END) \
             ON CONFLICT (tenant_id, connection_id, stream) DO UPDATE SET \
             generation = stream_state.generation + excluded.generation, \
             live = stream_state.live + excluded.live, \
             deleted = stream_state.deleted + excluded.deleted, \
             bad = stream_state.bad + excluded.bad, \
             read_up_to = coalesce(excluded.read_up_to, stream_state.read_up_to), \
             last_scan_at = coalesce(excluded.last_scan_at, stream_state.last_scan_at), \
             {} release_code = CASE WHEN $4 THEN NULL ELSE stream_state.release_code END, \
             mapper_version = CASE WHEN stream_state.mapper_version = 0 \
             THEN excluded.mapper_version ELSE stream_state.mapper_version END",
            held.concat()
        );
        tx.exec(
            sql,
            args![
                self.id,
                commit.connection,
                commit.stream,
                commit.is_whole,
                change.live,
                change.deleted,
                change.bad,
                commit.mapper_version,
                commit.read_up_to,
                commit.at_ms
            ],
        )
        .await
        .map(drop)
    }
}
