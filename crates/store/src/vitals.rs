//! What an operator watches of all tenants at once: numbers and ages, nothing that a tenant keeps.

use crate::db::{Scope, args};
use crate::error::StoreError;
use crate::psa_call::CALL_SPAN_MS;
use crate::store::Store;

/// Calls are told of the last five minutes, as HaloPSA's limit counts them (HALO-API 2.8).
const CALLS_MS: i64 = 5 * 60_000;

/// All tenants in one look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Every stream of every active connection that was ever read, by tenant and name.
    pub streams: Vec<StreamVitals>,
    /// Background work that waits or runs, by kind.
    pub jobs: Vec<JobVitals>,
    /// Approved writes that are not carried out, by tenant.
    pub writes: Vec<WriteVitals>,
    /// Calls of the last five minutes, by tenant.
    pub calls: Vec<CallVitals>,
    /// Webhooks that a person asked for, by tenant.
    pub webhooks: Vec<WebhookVitals>,
}

/// A stream of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamVitals {
    /// The tenant's slug.
    pub tenant: String,
    /// The stream's public name.
    pub stream: String,
    /// Records that the PSA has, as far as we know.
    pub live: i64,
    /// Those that are not understood.
    pub bad: i64,
    /// When a scan last finished and was believed, in milliseconds UTC.
    pub last_scan_at: Option<i64>,
    /// The code of why the last scan was not believed.
    pub held_code: Option<String>,
}

/// Jobs of a kind, of all tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobVitals {
    /// The stable name in the queue.
    pub kind: String,
    /// Those that could run now.
    pub due: i64,
    /// Those that wait for their time.
    pub later: i64,
    /// Those that run.
    pub running: i64,
    /// Since when the first of those that could run waits, in milliseconds UTC.
    pub due_since: Option<i64>,
}

/// A tenant's approved writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteVitals {
    /// The tenant's slug.
    pub tenant: String,
    /// Those that wait, or whose outcome is being looked at.
    pub waiting: i64,
    /// Since when the first of them waits, in milliseconds UTC.
    pub since: Option<i64>,
}

/// A tenant's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallVitals {
    /// The tenant's slug.
    pub tenant: String,
    /// Requests sent, refused ones included.
    pub calls: i64,
    /// Those that were answered by "too many".
    pub refused: i64,
}

/// A tenant's webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookVitals {
    /// The tenant's slug.
    pub tenant: String,
    /// The stable name of why it is not well.
    pub problem: Option<String>,
}

const STREAMS: &str = "\
SELECT t.slug, s.stream, s.live, s.bad, s.last_scan_at, s.held_code FROM tenant t \
JOIN connection n ON n.tenant_id = t.tenant_id AND n.is_active \
JOIN stream_state s ON s.tenant_id = n.tenant_id AND s.connection_id = n.id \
ORDER BY t.slug, s.stream";

const JOBS: &str = "\
SELECT kind, \
CAST(sum(CASE WHEN state = 'queued' AND run_at <= $1 THEN 1 ELSE 0 END) AS BIGINT), \
CAST(sum(CASE WHEN state = 'queued' AND run_at > $1 THEN 1 ELSE 0 END) AS BIGINT), \
CAST(sum(CASE WHEN state = 'running' THEN 1 ELSE 0 END) AS BIGINT), \
min(CASE WHEN state = 'queued' AND run_at <= $1 THEN run_at END) \
FROM job WHERE state IN ('queued', 'running') GROUP BY kind ORDER BY kind";

const WRITES: &str = "\
SELECT t.slug, count(*), min(o.queued_at) FROM outbox o \
JOIN tenant t ON t.tenant_id = o.tenant_id \
WHERE o.state IN ('queued', 'sending') GROUP BY t.slug ORDER BY t.slug";

const CALLS: &str = "\
SELECT t.slug, CAST(sum(p.calls) AS BIGINT), CAST(sum(p.refused) AS BIGINT) FROM psa_call p \
JOIN tenant t ON t.tenant_id = p.tenant_id WHERE p.at > $1 GROUP BY t.slug ORDER BY t.slug";

const WEBHOOKS: &str = "\
SELECT t.slug, w.problem FROM webhook w JOIN tenant t ON t.tenant_id = w.tenant_id \
WHERE w.is_wanted ORDER BY t.slug, w.connection_id";

impl Store {
    /// All tenants in one look.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[tracing::instrument(name = "store.vitals", level = "debug", skip_all)]
    pub async fn vitals(&self, now_ms: i64) -> Result<Vitals, StoreError> {
        let mut tx = self.db().read(Scope::Root).await?;
        let mut vitals = Vitals::default();
        for row in tx.rows("stream_state", STREAMS, args![]).await? {
            vitals.streams.push(StreamVitals {
                tenant: row.text(0)?,
                stream: row.text(1)?,
                live: row.int(2)?,
                bad: row.int(3)?,
                last_scan_at: row.int_opt(4)?,
                held_code: row.text_opt(5)?,
            });
        }
        for row in tx.rows("job", JOBS, args![now_ms]).await? {
            vitals.jobs.push(JobVitals {
                kind: row.text(0)?,
                due: row.int(1)?,
                later: row.int(2)?,
                running: row.int(3)?,
                due_since: row.int_opt(4)?,
            });
        }
        for row in tx.rows("outbox", WRITES, args![]).await? {
            let (tenant, waiting) = (row.text(0)?, row.int(1)?);
            vitals.writes.push(WriteVitals { tenant, waiting, since: row.int_opt(2)? });
        }
        let since = now_ms.saturating_sub(CALLS_MS + CALL_SPAN_MS);
        for row in tx.rows("psa_call", CALLS, args![since]).await? {
            let (tenant, calls) = (row.text(0)?, row.int(1)?);
            vitals.calls.push(CallVitals { tenant, calls, refused: row.int(2)? });
        }
        for row in tx.rows("webhook", WEBHOOKS, args![]).await? {
            vitals.webhooks.push(WebhookVitals { tenant: row.text(0)?, problem: row.text_opt(1)? });
        }
        Ok(vitals)
    }
}
