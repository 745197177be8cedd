//! How many calls a connection's PSA got, counted by the minute.
//!
//! Whoever calls adds what was called since it last did, so a span may hold calls that were made
//! seconds before it began. The counts are for people who look at the load; what keeps us under a
//! PSA's limit is the connector's own pacing, which never reads them.

use almanac_model::id::ConnectionId;

use crate::db::{Row, args, write_tx};
use crate::error::StoreError;
use crate::tenant::TenantStore;

/// The length of a span in milliseconds. HaloPSA's limit is of the calls in any five minutes
/// (HALO-API 2.8): what was made in the last five is told to a fifth of them.
pub const CALL_SPAN_MS: i64 = 60_000;

/// Spans older than this are removed when calls are added.
const KEPT_MS: i64 = 2 * 86_400_000;

/// The calls of one span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallSpan {
    /// Where it begins, in milliseconds UTC.
    pub at: i64,
    /// Requests sent, refused ones included.
    pub calls: u64,
    /// Those that were answered by "too many".
    pub refused: u64,
}

impl CallSpan {
    fn from_row(row: &Row) -> Result<CallSpan, StoreError> {
        let count = |at| u64::try_from(row.int(at)?).map_err(|_| row.corrupt(at));
        Ok(CallSpan { at: row.int(0)?, calls: count(1)?, refused: count(2)? })
    }
}

impl TenantStore {
    /// Adds calls that were made just before `made.at` to the span of that instant, and removes
    /// spans of days ago.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "store.psa_call_add", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn psa_call_add(
        &self,
        connection: ConnectionId,
        made: CallSpan,
    ) -> Result<(), StoreError> {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let span = made.at.div_euclid(CALL_SPAN_MS) * CALL_SPAN_MS;
        write_tx!(self.db(), self.scope(), |tx| {
            tx.exec(
                "INSERT INTO psa_call (tenant_id, connection_id, at, calls, refused) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, connection_id, at) \
                 DO UPDATE SET calls = psa_call.calls + excluded.calls, \
                 refused = psa_call.refused + excluded.refused",
                args![self.id, connection, span, count(made.calls), count(made.refused)],
            )
            .await?;
            tx.exec(
                "DELETE FROM psa_call WHERE tenant_id = $1 AND connection_id = $2 AND at < $3",
                args![self.id, connection, made.at.saturating_sub(KEPT_MS)],
            )
            .await?;
        })
    }

    /// The spans with calls that begin at `since_ms` or later, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.psa_call_list", level = "debug", skip_all, fields(tenant.id = %self.id))]
    pub async fn psa_call_list(
        &self,
        connection: ConnectionId,
        since_ms: i64,
    ) -> Result<Vec<CallSpan>, StoreError> {
        let mut tx = self.read().await?;
        let sql = "SELECT at, calls, refused FROM psa_call \
                   WHERE tenant_id = $1 AND connection_id = $2 AND at >= $3 ORDER BY at";
        let rows = tx.rows("psa_call", sql, args![self.id, connection, since_ms]).await?;
        rows.iter().map(CallSpan::from_row).collect()
    }
}
