//! What a plan follows from, read from the database. Nothing is asked of the PSA.

use almanac_model::id::ConnectionId;
use almanac_model::stream::Stream;
use almanac_psa::Capabilities;
use almanac_store::{CALL_SPAN_MS, ChildrenDue, StoreError, StreamState, TenantStore};

use crate::plan::{PLAN_MS, Plan, PlanInput, PlanStream, plan};

/// What to plan for.
pub struct Planning<'a> {
    /// The tenant's data.
    pub store: &'a TenantStore,
    /// The connection that is read.
    pub connection: ConnectionId,
    /// What the PSA can do with each stream.
    pub capabilities: &'a (dyn Fn(Stream) -> Capabilities + Sync),
    /// Calls that are ours in five minutes; none where there is no limit.
    pub share: Option<u64>,
    /// A stream that cannot tell what changed is read whole so often.
    pub scan_every_ms: i64,
    /// One that can is read whole so often, for what is gone.
    pub whole_every_ms: i64,
    /// Milliseconds UTC.
    pub now_ms: i64,
}

/// The plan of calls for the next five minutes.
///
/// # Errors
/// When the database cannot be read.
pub async fn plan_of(planning: &Planning<'_>) -> Result<Plan, StoreError> {
    let Planning { store, connection, capabilities, share, scan_every_ms, whole_every_ms, now_ms } =
        *planning;
    let states = store.stream_state_list(connection).await?;
    let mut streams = Vec::with_capacity(Stream::ALL.len());
    for stream in Stream::ALL {
        let known = states.iter().find(|state| state.stream == stream);
        let capabilities = capabilities(stream);
        let parents_due = match capabilities.parent {
            Some(parents) => {
                let due = ChildrenDue { connection, stream, parents, read_before: 0 };
                store.children_due_count(&due).await?
            }
            None => 0,
        };
        let state = known.cloned().unwrap_or_else(|| StreamState::unread(stream));
        streams.push(PlanStream { state, capabilities, parents_due });
    }
    // Spans are told from their beginning: one that began before may hold calls of these minutes.
    let since = now_ms - PLAN_MS - CALL_SPAN_MS;
    let spans = store.psa_call_list(connection, since).await?;
    let made = spans.iter().filter(|span| span.at + CALL_SPAN_MS > now_ms - PLAN_MS);
    let made = made.map(|span| span.calls).sum();
    Ok(plan(&PlanInput { now_ms, share, made, scan_every_ms, whole_every_ms, streams }))
}
