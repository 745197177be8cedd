//! How far a sync is, for a page that shows it while it goes on.
//!
//! Read from what the sync commits with each of its pages, so nothing is told that is not kept,
//! and any node can tell it.

use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;

use crate::ask::{ConnectionArgs, PRIORITY_PERSON, SYNC_CONNECTION, SYNC_NOW};
use crate::db::{Row, Tx, args};
use crate::error::StoreError;
use crate::run::RunId;
use crate::stream_state::Held;
use crate::tenant::TenantStore;

/// The lease that lets one run at a time work on a connection.
pub fn sync_lease_name(connection: ConnectionId) -> String {
    format!("sync:{connection}")
}

/// How far a connection's sync is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncProgress {
    /// The run that goes on now.
    pub run: Option<ActiveRun>,
    /// The newest run, whether or not it goes on.
    pub last_run: Option<RunId>,
    /// Since when a sync that a person asked for waits to begin, in milliseconds UTC.
    pub waiting_since: Option<i64>,
    /// When a sync that failed is tried again by itself, in milliseconds UTC.
    pub retry_at: Option<i64>,
    /// Every stream, in order of dependency.
    pub streams: Vec<StreamProgress>,
}

/// A run that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveRun {
    /// The run.
    pub id: RunId,
    /// Milliseconds UTC.
    pub started_at: i64,
    /// Calls to the PSA, as of the last page.
    pub requests: u64,
}

/// How far one stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamProgress {
    /// Which stream.
    pub stream: Stream,
    /// Its pages are being read now.
    pub is_running: bool,
    /// It was read to its end: by the run that goes on, else by any.
    pub is_done: bool,
    /// Records read in this pass; 0 for a stream whose turn has not come.
    pub read: u64,
    /// Records that the PSA says there are.
    pub claimed: Option<u64>,
    /// The pass over the stream, from 1.
    pub pass: u32,
    /// Records that were new.
    pub added: u64,
    /// Records that differed.
    pub changed: u64,
    /// Records that the PSA has, as far as we know.
    pub live: u64,
    /// Live records that are not understood.
    pub bad: u64,
    /// Why it waits for a person.
    pub held: Option<Held>,
    /// When a scan last finished and was believed, in milliseconds UTC.
    pub last_scan_at: Option<i64>,
}

/// The newest run of a connection.
#[derive(Clone, Copy)]
struct LastRun {
    id: RunId,
    started_at: i64,
    is_over: bool,
}

/// A stored line, with what only this file needs.
struct Line {
    progress: StreamProgress,
    is_open: bool,
    page_at: Option<i64>,
    requests: u64,
}

impl Line {
    fn from_row(row: &Row) -> Result<Line, StoreError> {
        let held = match (row.text_opt(8)?, row.text_opt(9)?) {
            (Some(code), Some(text)) => Some(Held {
                code,
                text,
                number: row.int_opt(14)?.map(|number| number.try_into().unwrap_or(0)),
                since: row.int_opt(15)?.unwrap_or_default(),
            }),
            _ => None,
        };
        let pass = u32::try_from(row.int(3)?).map_err(|_| row.corrupt(3))?;
        Ok(Line {
            progress: StreamProgress {
                stream: row.stream(0)?,
                is_running: false,
                is_done: false,
                read: number(row, 1)?,
                claimed: row.int_opt(2)?.map(|_| number(row, 2)).transpose()?,
                pass,
                added: number(row, 4)?,
                changed: number(row, 5)?,
                live: number(row, 6)?,
                bad: number(row, 7)?,
                held,
                last_scan_at: row.int_opt(10)?,
            },
            is_open: row.int_opt(11)?.is_some(),
            page_at: row.int_opt(12)?,
            requests: number(row, 13)?,
        })
    }

    fn unread(stream: Stream) -> Line {
        let progress = StreamProgress {
            stream,
            is_running: false,
            is_done: false,
            read: 0,
            claimed: None,
            pass: 0,
            added: 0,
            changed: 0,
            live: 0,
            bad: 0,
            held: None,
            last_scan_at: None,
        };
        Line { progress, is_open: false, page_at: None, requests: 0 }
    }

    /// The line as seen during a run that began then, or while none goes on.
    fn during(self, started_at: Option<i64>) -> StreamProgress {
        let Line { mut progress, is_open, page_at, .. } = self;
        let since = |at: Option<i64>| match started_at {
            Some(started_at) => at.is_some_and(|at| at >= started_at),
            None => at.is_some(),
        };
        progress.is_running = started_at.is_some() && is_open && since(page_at);
        progress.is_done = !is_open && progress.held.is_none() && since(progress.last_scan_at);
        let is_ahead = started_at.is_some() && !is_open && !since(page_at);
        if is_ahead {
            // What the run before this one read would look like this one's.
            let StreamProgress { live, bad, held, last_scan_at, stream, is_done, .. } = progress;
            let unread = Line::unread(stream).progress;
            return StreamProgress { live, bad, held, last_scan_at, is_done, ..unread };
        }
        progress
    }
}

impl TenantStore {
    /// How far a connection's sync is.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.sync_progress", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn sync_progress(
        &self,
        connection: ConnectionId,
        now_ms: i64,
    ) -> Result<SyncProgress, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT stream, scan_read, scan_claimed, scan_pass, scan_added, scan_changed, \
                   live, bad, held_code, held_text, last_scan_at, scan_generation, scan_page_at, \
                   scan_requests, held_number, held_since FROM stream_state \
                   WHERE tenant_id = $1 AND connection_id = $2";
        let rows = tx.rows("stream_state", sql, args![self.id, connection]).await?;
        let mut lines = rows.iter().map(Line::from_row).collect::<Result<Vec<_>, _>>()?;
        let last = self.last_run(&mut tx, connection).await?;
        let is_held = self.is_lease_held(&mut tx, connection, now_ms).await?;
        // One that was ended by force has no end, so its lease must hold too.
        let started = last.filter(|last| is_held && !last.is_over);
        let began_at = last.map_or(i64::MIN, |last| last.started_at);
        // One by schedule that a person's wish brought forward counts too, and one that was taken up
        // and has not begun its run.
        let sql = "SELECT args, created_at FROM job WHERE tenant_id = $1 AND kind IN ($2, $3) \
                   AND priority >= $4 AND (state = 'queued' \
                   OR (state = 'running' AND created_at > $5)) ORDER BY created_at";
        let asked = args![self.id, SYNC_CONNECTION, SYNC_NOW, PRIORITY_PERSON, began_at];
        let mut waiting_since = None;
        for row in tx.rows("job", sql, asked).await? {
            let of: ConnectionArgs =
                serde_json::from_str(&row.text(0)?).map_err(|_| row.corrupt(0))?;
            if of.connection == connection && waiting_since.is_none() {
                waiting_since = Some(row.int(1)?);
            }
        }
        let sql = "SELECT args, run_at FROM job WHERE tenant_id = $1 AND kind IN ($2, $3) \
                   AND state = 'queued' AND attempt > 0 ORDER BY run_at";
        let mut retry_at = None;
        let retries = args![self.id, SYNC_CONNECTION, SYNC_NOW];
        for row in tx.rows("job", sql, retries).await? {
            let of: ConnectionArgs =
                serde_json::from_str(&row.text(0)?).map_err(|_| row.corrupt(0))?;
            if of.connection == connection && retry_at.is_none() {
                retry_at = Some(row.int(1)?);
            }
        }
        let run = started.map(|LastRun { id, started_at, .. }| {
            let is_its = |line: &&Line| line.page_at.is_some_and(|at| at >= started_at);
            let requests = lines.iter().filter(is_its).map(|line| line.requests).max();
            ActiveRun { id, started_at, requests: requests.unwrap_or(0) }
        });
        let streams = Stream::ALL.map(|stream| {
            let at = lines.iter().position(|line| line.progress.stream == stream);
            let line = at.map_or_else(|| Line::unread(stream), |at| lines.swap_remove(at));
            line.during(run.map(|run| run.started_at))
        });
        let last_run = last.map(|last| last.id);
        Ok(SyncProgress { run, last_run, waiting_since, retry_at, streams: streams.to_vec() })
    }

    async fn is_lease_held(
        &self,
        tx: &mut Tx,
        connection: ConnectionId,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let lease = sync_lease_name(connection);
        let sql = "SELECT until FROM lease WHERE tenant_id = $1 AND name = $2 AND owner <> '' \
                   AND until > $3";
        Ok(tx.one("lease", sql, args![self.id, lease, now_ms]).await?.is_some())
    }

    async fn last_run(
        &self,
        tx: &mut Tx,
        connection: ConnectionId,
    ) -> Result<Option<LastRun>, StoreError> {
        let sql = "SELECT id, started_at, ended_at FROM run WHERE tenant_id = $1 AND kind = 'sync' \
                   AND connection_id = $2 ORDER BY id DESC LIMIT 1";
        let row = tx.one("run", sql, args![self.id, connection]).await?;
        let read = |row: Row| -> Result<LastRun, StoreError> {
            let is_over = row.int_opt(2)?.is_some();
            Ok(LastRun { id: RunId(row.uuid(0)?), started_at: row.int(1)?, is_over })
        };
        row.map(read).transpose()
    }
}

fn number(row: &Row, at: usize) -> Result<u64, StoreError> {
    u64::try_from(row.int(at)?).map_err(|_| row.corrupt(at))
}
