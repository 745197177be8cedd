//! Records as the PSA sent them, and the one transaction that commits a page of them.
//!
//! A body is kept byte for byte. [`TenantStore::page_commit`] writes only what the caller found
//! new or changed: rows, projections, what the scan saw and how far it is, together or not at
//! all. An unchanged record is not touched; the generation shown for it is the stream's.

use std::collections::HashMap;

use almanac_model::fact_change::TargetChange;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;

use crate::db::{Arg, Bulk, ROWS_MAX, Tx, args, bulk_upsert, write_tx};
use crate::error::StoreError;
use crate::fact_change::{self, ReadCause};
use crate::lease::Fence;
use crate::projection::{self, ProjectionWrite};
use crate::run::RunId;
use crate::scan::SeenChunk;
use crate::stream_state::{self, CountChange, Progress, ScanProgress};
use crate::tenant::TenantStore;
use crate::withheld::WithheldRow;

/// A page of a scan to commit.
#[derive(Debug)]
pub struct PageCommit<'a> {
    /// Proof of the lease.
    pub fence: &'a Fence,
    /// Which connection.
    pub connection: ConnectionId,
    /// Which stream.
    pub stream: Stream,
    /// The number of the open scan.
    pub generation: i64,
    /// Milliseconds UTC.
    pub at_ms: i64,
    /// The new, changed and restored records of the page; of two with one id the last counts.
    pub rows: Vec<RecordWrite>,
    /// Rows that would take values away, kept aside until the scan ends.
    pub withheld: Vec<WithheldRow>,
    /// What the scan saw, to be kept until it ends.
    pub seen: Option<SeenChunk>,
    /// Where the scan goes on; JSON that only sync reads.
    pub scan_state: String,
    /// How far the scan is, for whoever watches.
    pub progress: ScanProgress,
    /// The run that reads; kept with what it saw to differ.
    pub run: Option<RunId>,
    /// The version of the mapper that made the projections.
    pub mapper_version: i64,
}

/// A record to write.
#[derive(Debug, Clone)]
pub struct RecordWrite {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// The record exactly as received.
    pub body: Vec<u8>,
    /// SHA-256 of the body.
    pub sha256: [u8; 32],
    /// Why it was not understood.
    pub problem: Option<String>,
    /// Its mapped form; without one the projection there is stays as it is.
    pub projection: Option<Projection>,
    /// What was worked out from the projection; JSON that the store does not read.
    pub facts: Option<String>,
    /// The facts that differ from what was stored before; empty for a record that was not known.
    pub changes: Vec<TargetChange>,
    /// What [`TenantStore::record_heads`] told of it under the same lease: `None` for a record
    /// that was not known. The stream's counts follow from it.
    pub known: Option<RecordHead>,
}

/// What a committed page did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageOutcome {
    /// Records that were not known.
    pub added: u64,
    /// Records that were known and are written anew.
    pub changed: u64,
    /// Records that were tombstones.
    pub restored: u64,
}

/// What is known of a record without its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordHead {
    /// SHA-256 of the body.
    pub sha256: [u8; 32],
    /// Whether it is a tombstone.
    pub is_deleted: bool,
    /// Whether it was not understood.
    pub has_problem: bool,
}

impl<'a> PageCommit<'a> {
    /// A page of the first scan that holds nothing yet, to be filled.
    pub fn new(fence: &'a Fence, connection: ConnectionId, stream: Stream) -> PageCommit<'a> {
        PageCommit {
            fence,
            connection,
            stream,
            generation: 1,
            at_ms: 0,
            rows: Vec::new(),
            withheld: Vec::new(),
            seen: None,
            scan_state: String::new(),
            progress: ScanProgress::default(),
            run: None,
            mapper_version: 0,
        }
    }
}

impl Default for RecordWrite {
    /// A record without an identifier that nothing is known of, to be filled.
    fn default() -> RecordWrite {
        RecordWrite {
            remote_id: RemoteId::new(""),
            body: Vec::new(),
            sha256: [0; 32],
            problem: None,
            projection: None,
            facts: None,
            changes: Vec::new(),
            known: None,
        }
    }
}

impl TenantStore {
    /// What is known of these records; an id that is not known is left out.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.record_heads", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn record_heads(
        &self,
        connection: ConnectionId,
        stream: Stream,
        ids: &[RemoteId],
    ) -> Result<HashMap<RemoteId, RecordHead>, StoreError> {
        let mut tx = self.read().await?;
        let mut heads = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(ROWS_MAX) {
            self.heads_into(&mut tx, connection, stream, ids, &mut heads).await?;
        }
        Ok(heads)
    }

    /// Commits a page of an open scan: records, projections, what was seen and how far the scan
    /// is. May be repeated with what is known by then: every row counts as changed and nothing
    /// differs.
    ///
    /// # Errors
    /// `LeaseLost` when another owner took the lease; nothing is written then.
    #[tracing::instrument(name = "store.page_commit", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn page_commit(&self, page: &PageCommit<'_>) -> Result<PageOutcome, StoreError> {
        let rows = last_of_each(&page.rows);
        projection::check_stream(
            page.stream,
            rows.iter().filter_map(|row| row.projection.as_ref()),
        )?;
        write_tx!(self.db(), self.scope(), |tx| {
            self.check_fence(tx, page.fence).await?;
            let (outcome, change) = self.write_rows(tx, page, &rows).await?;
            self.withhold(tx, page).await?;
            if let Some(seen) = &page.seen {
                tx.exec(
                    "INSERT INTO seen_chunk (tenant_id, connection_id, stream, generation, seq, ids) \
                     VALUES ($1, $2, $3, $4, $5, $6) \
                     ON CONFLICT (tenant_id, connection_id, stream, generation, seq) \
                     DO UPDATE SET ids = excluded.ids",
                    args![self.id, page.connection, page.stream, page.generation, seen.seq, &seen.ids],
                )
                .await?;
            }
            let progress = Progress {
                tenant: self.id,
                connection: page.connection,
                stream: page.stream,
                generation: page.generation,
                scan_state: &page.scan_state,
                mapper_version: page.mapper_version,
                change,
                scan: page.progress,
                at_ms: page.at_ms,
            };
            stream_state::advance(tx, &progress).await?;
            outcome
        })
    }

    /// Writes one record that is known and live as it was just read, outside of a scan. A scan that
    /// read it before commits the older bytes afterwards; the scan after that finds these again.
    pub(crate) async fn refresh(
        &self,
        tx: &mut Tx,
        page: &PageCommit<'_>,
        row: &RecordWrite,
    ) -> Result<(), StoreError> {
        self.write_rows(tx, page, &[row]).await.map(drop)
    }

    async fn heads_into(
        &self,
        tx: &mut Tx,
        connection: ConnectionId,
        stream: Stream,
        ids: &[RemoteId],
        heads: &mut HashMap<RemoteId, RecordHead>,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        // Each id is looked up by its whole key. Given a list, PostgreSQL reads the whole stream
        // while its statistics are young, which is just when a first sync fills the table.
        let values: Vec<String> = (4..4 + ids.len()).map(|at| format!("(${at})")).collect();
        let key =
            "r.tenant_id = $1 AND r.connection_id = $2 AND r.stream = $3 AND r.remote_id = w.id";
        let sql = format!(
            "WITH w(id) AS (VALUES {}) SELECT w.id, \
             (SELECT CAST(CASE WHEN r.deleted_at IS NULL THEN 0 ELSE 1 END \
             + CASE WHEN r.problem IS NULL THEN 0 ELSE 2 END AS BIGINT) FROM record r WHERE {key}), \
             (SELECT r.sha256 FROM record r WHERE {key}) FROM w",
            values.join(", ")
        );
        let mut args = args![self.id, connection, stream];
        args.extend(ids.iter().map(Arg::from));
        for row in tx.rows("record", sql, args).await? {
            let Some(flags) = row.int_opt(1)? else { continue };
            let head = RecordHead {
                sha256: row.sha256(2)?,
                is_deleted: flags & 1 != 0,
                has_problem: flags & 2 != 0,
            };
            heads.insert(row.remote_id(0)?, head);
        }
        Ok(())
    }

    pub(crate) async fn write_rows(
        &self,
        tx: &mut Tx,
        page: &PageCommit<'_>,
        rows: &[&RecordWrite],
    ) -> Result<(PageOutcome, CountChange), StoreError> {
        if rows.is_empty() {
            return Ok(Default::default());
        }
        let bulk = Bulk {
            table: "record",
            shared: vec![
                ("tenant_id", Arg::from(self.id)),
                ("connection_id", Arg::from(page.connection)),
                ("stream", Arg::from(page.stream)),
                ("first_seen_at", Arg::from(page.at_ms)),
                ("changed_at", Arg::from(page.at_ms)),
            ],
            columns: &["remote_id", "sha256", "problem", "body"],
            tail: " ON CONFLICT (tenant_id, connection_id, stream, remote_id) DO UPDATE SET \
                   changed_at = excluded.changed_at, deleted_at = NULL, removed_generation = NULL, \
                   sha256 = excluded.sha256, problem = excluded.problem, body = excluded.body"
                .to_owned(),
            rows: rows
                .iter()
                .map(|row| {
                    args![
                        &row.remote_id,
                        row.sha256.as_slice(),
                        row.problem.as_deref(),
                        row.body.as_slice()
                    ]
                })
                .collect(),
        };
        bulk_upsert(tx, bulk).await?;
        let projections = rows.iter().filter_map(|row| {
            let projection = row.projection.as_ref()?;
            Some(ProjectionWrite { projection, facts: row.facts.as_deref(), deleted_at: None })
        });
        let target = projection::Target {
            tenant: self.id,
            connection: page.connection,
            stream: page.stream,
            mapper_version: page.mapper_version,
        };
        projection::upsert(tx, target, projections.collect()).await?;
        let returned = rows.iter().filter(|row| {
            row.projection.is_none() && row.known.as_ref().is_some_and(|head| head.is_deleted)
        });
        let returned: Vec<&RemoteId> = returned.map(|row| &row.remote_id).collect();
        projection::restore(tx, target, &returned).await?;
        let place =
            fact_change::Place { tenant: self.id, connection: page.connection, at_ms: page.at_ms };
        // Collected here: the borrow checker cannot follow such a closure into a future.
        let mut changes = Vec::new();
        for row in rows {
            changes.extend(row.changes.iter().map(|change| (&row.remote_id, change)));
        }
        fact_change::note_read(tx, place, (ReadCause::Psa, page.run), &changes).await?;
        Ok(count(rows))
    }
}

/// The rows with every id once: the last of each. One statement cannot write a row twice.
pub(crate) fn last_of_each(rows: &[RecordWrite]) -> Vec<&RecordWrite> {
    let mut last: HashMap<&RemoteId, usize> = HashMap::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        last.insert(&row.remote_id, at);
    }
    let is_last = |(at, row): &(usize, &RecordWrite)| last[&row.remote_id] == *at;
    rows.iter().enumerate().filter(is_last).map(|(_, row)| row).collect()
}

fn count(rows: &[&RecordWrite]) -> (PageOutcome, CountChange) {
    let (mut outcome, mut change) = (PageOutcome::default(), CountChange::default());
    for row in rows {
        let mut bad_before = 0;
        match &row.known {
            None => {
                outcome.added += 1;
                change.live += 1;
            }
            Some(head) if head.is_deleted => {
                outcome.restored += 1;
                change.live += 1;
                change.deleted -= 1;
            }
            Some(head) => {
                outcome.changed += 1;
                bad_before = i64::from(head.has_problem);
            }
        }
        change.bad += i64::from(row.problem.is_some()) - bad_before;
    }
    (outcome, change)
}
