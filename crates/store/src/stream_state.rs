//! How far a connection's stream is: last finished scan, open scan, counts, held and why.
//!
//! The counts move in the transactions that add, change and remove records; nothing counts rows.

use almanac_model::author::Author;
use almanac_model::code::Code;
use almanac_model::id::{ConnectionId, TenantId};
use almanac_model::stream::Stream;

use crate::db::{Row, Tx, args};
use crate::error::StoreError;
use crate::tenant::TenantStore;

const COLUMNS: &str = "stream, generation, scan_generation, scan_state, last_scan_at, live, deleted, \
                       bad, held_code, held_text, mapper_version, read_up_to, filter_works, filter_tried_at, \
                       held_number, held_since, release_code, release_number, release_by, release_at";

/// How far a connection's stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamState {
    /// Which stream.
    pub stream: Stream,
    /// The number of the last finished scan; 0 before the first.
    pub generation: i64,
    /// The scan that was begun and is not finished.
    pub scan: Option<OpenScan>,
    /// When a scan last finished and was believed, in milliseconds UTC.
    pub last_scan_at: Option<i64>,
    /// Records that the PSA has, as far as we know.
    pub live: i64,
    /// Tombstones.
    pub deleted: i64,
    /// Live records with a problem.
    pub bad: i64,
    /// Why the last scan was not believed.
    pub held: Option<Held>,
    /// What a person let the next scan conclude.
    pub release: Option<Release>,
    /// The oldest mapper that a projection of this stream may come from; 0 before the first page.
    pub mapper_version: i64,
    /// Up to which instant of the PSA's clock every change was read, in milliseconds UTC.
    pub read_up_to: Option<i64>,
    /// Whether the PSA can tell what changed, as far as it was tried.
    pub filter: Option<FilterFinding>,
}

/// Whether a stream can be read by its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterFinding {
    /// Whether the PSA honoured the filter when it was tried.
    pub works: bool,
    /// When it was tried, in milliseconds UTC.
    pub tried_at: i64,
}

/// A scan that was begun and is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenScan {
    /// Its number.
    pub generation: i64,
    /// Where to go on; JSON that only sync reads.
    pub state: String,
}

/// How far a scan is, as of one of its pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScanProgress {
    /// Records read in this pass.
    pub read: u64,
    /// Records that the PSA says there are, as far as it was asked.
    pub claimed: Option<u64>,
    /// The pass over the stream, from 1.
    pub pass: u32,
    /// Records that were new, in all passes.
    pub added: u64,
    /// Records that differed, in all passes.
    pub changed: u64,
    /// Calls to the PSA since the run began.
    pub requests: u64,
}

/// Why a scan was not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The error code, such as `SYNC-010`.
    pub code: String,
    /// What was found, for a person.
    pub text: String,
    /// How many records would have been taken away or lost a value; `None` where no number that a
    /// person releases would help.
    pub number: Option<u64>,
    /// Since when, in milliseconds UTC. A stream that is held again for the same reason stays held
    /// since the first time.
    pub since: i64,
}

impl Held {
    /// Whether the PSA only did not answer: its next answer ends that, and nobody need release it.
    pub fn ends_with_an_answer(&self) -> bool {
        Code::ends_with_an_answer(&self.code)
    }
}

/// What a person let the next scan conclude, and no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The code of the hold that is released.
    pub code: String,
    /// How many records may be taken away or lose a value.
    pub number: u64,
    /// Who released it.
    pub by: Author,
    /// When, in milliseconds UTC.
    pub at: i64,
}

impl Release {
    /// Whether it covers so much of this.
    pub fn covers(&self, code: &str, number: u64) -> bool {
        self.code == code && number <= self.number
    }
}

impl StreamState {
    /// The state of a stream that was never read.
    pub fn unread(stream: Stream) -> StreamState {
        StreamState {
            stream,
            generation: 0,
            scan: None,
            last_scan_at: None,
            live: 0,
            deleted: 0,
            bad: 0,
            held: None,
            release: None,
            mapper_version: 0,
            read_up_to: None,
            filter: None,
        }
    }

    fn from_row(row: &Row) -> Result<StreamState, StoreError> {
        let scan = match (row.int_opt(2)?, row.text_opt(3)?) {
            (Some(generation), Some(state)) => Some(OpenScan { generation, state }),
            _ => None,
        };
        let held = match (row.text_opt(8)?, row.text_opt(9)?) {
            (Some(code), Some(text)) => Some(Held {
                code,
                text,
                number: row.int_opt(14)?.map(|number| number.try_into().unwrap_or(0)),
                since: row.int_opt(15)?.unwrap_or_default(),
            }),
            _ => None,
        };
        let release = match (row.text_opt(16)?, row.int_opt(17)?, row.text_opt(18)?) {
            (Some(code), Some(number), Some(by)) => Some(Release {
                code,
                number: u64::try_from(number).map_err(|_| row.corrupt(17))?,
                by: serde_json::from_str(&by).map_err(|_| row.corrupt(18))?,
                at: row.int_opt(19)?.unwrap_or_default(),
            }),
            _ => None,
        };
        let filter = match (row.bool_opt(12)?, row.int_opt(13)?) {
            (Some(works), Some(tried_at)) => Some(FilterFinding { works, tried_at }),
            _ => None,
        };
        Ok(StreamState {
            stream: row.stream(0)?,
            generation: row.int(1)?,
            scan,
            last_scan_at: row.int_opt(4)?,
            live: row.int(5)?,
            deleted: row.int(6)?,
            bad: row.int(7)?,
            held,
            release,
            mapper_version: row.int(10)?,
            read_up_to: row.int_opt(11)?,
            filter,
        })
    }
}

impl TenantStore {
    /// How far a stream is.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.stream_state", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn stream_state(
        &self,
        connection: ConnectionId,
        stream: Stream,
    ) -> Result<StreamState, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM stream_state WHERE tenant_id = $1 AND connection_id = $2 AND stream = $3"
        );
        match tx.one("stream_state", sql, args![self.id, connection, stream]).await? {
            Some(row) => StreamState::from_row(&row),
            None => Ok(StreamState::unread(stream)),
        }
    }

    /// How far each stream is that was ever read, in the order of [`Stream::ALL`].
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.stream_state_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn stream_state_list(
        &self,
        connection: ConnectionId,
    ) -> Result<Vec<StreamState>, StoreError> {
        let mut tx = self.read().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM stream_state WHERE tenant_id = $1 AND connection_id = $2"
        );
        let rows = tx.rows("stream_state", sql, args![self.id, connection]).await?;
        let mut states = rows.iter().map(StreamState::from_row).collect::<Result<Vec<_>, _>>()?;
        states.sort_by_key(|state| state.stream);
        Ok(states)
    }
}

/// How a transaction changes the counts of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CountChange {
    pub(crate) live: i64,
    pub(crate) deleted: i64,
    pub(crate) bad: i64,
}

/// An open scan to note, with the change of counts of the page that it covers.
pub(crate) struct Progress<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) connection: ConnectionId,
    pub(crate) stream: Stream,
    pub(crate) generation: i64,
    pub(crate) scan_state: &'a str,
    pub(crate) mapper_version: i64,
    pub(crate) change: CountChange,
    pub(crate) scan: ScanProgress,
    pub(crate) at_ms: i64,
}

/// Notes how far the open scan is. The mapper's version is only set with the first page, also when
/// the stream was held before it: records read by an older mapper may be there later.
pub(crate) async fn advance(tx: &mut Tx, progress: &Progress<'_>) -> Result<(), StoreError> {
    let Progress { generation, scan_state, mapper_version, change, scan, .. } = *progress;
    tx.exec(
        "INSERT INTO stream_state (tenant_id, connection_id, stream, generation, scan_generation, \
         scan_state, live, deleted, bad, mapper_version, scan_read, scan_claimed, scan_pass, \
         scan_added, scan_changed, scan_requests, scan_page_at) \
         VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
         ON CONFLICT (tenant_id, connection_id, stream) DO UPDATE SET \
         scan_read = excluded.scan_read, scan_claimed = excluded.scan_claimed, \
         scan_pass = excluded.scan_pass, scan_added = excluded.scan_added, \
         scan_changed = excluded.scan_changed, scan_requests = excluded.scan_requests, \
         scan_page_at = excluded.scan_page_at, \
         scan_generation = excluded.scan_generation, scan_state = excluded.scan_state, \
         live = stream_state.live + excluded.live, deleted = stream_state.deleted + excluded.deleted, \
         bad = stream_state.bad + excluded.bad, mapper_version = CASE \
         WHEN stream_state.mapper_version = 0 THEN excluded.mapper_version \
         ELSE stream_state.mapper_version END",
        args![
            progress.tenant, progress.connection, progress.stream, generation, scan_state,
            change.live, change.deleted, change.bad, mapper_version, count(scan.read),
            scan.claimed.map(count), scan.pass, count(scan.added), count(scan.changed),
            count(scan.requests), progress.at_ms
        ],
    )
    .await
    .map(drop)
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
