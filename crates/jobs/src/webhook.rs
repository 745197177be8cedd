//! Registers a connection's webhook at the PSA, removes it there, and looks how it is doing.
//!
//! Idempotent: a webhook is known by its address and put right rather than made twice; removing what
//! is gone is done. A webhook that is not well changes nothing but how often what changed is polled.

use almanac_psa::{Connector, HookKeeper, HookWanted, PsaError};
use almanac_store::{
    ClaimedJob, ConnectionArgs, NewSchedule, ReadBy, SYNC_CHANGES, StoreError, TenantStore,
    WEBHOOK_CHECK, WEBHOOK_SETUP, Webhook, WebhookProblem,
};
use almanac_sync::{SyncError, note_calls, with_causes};

use crate::job_end::JobEnd;
use crate::psa::Psa;
use crate::runner::Runner;

/// The stable name in the queue of what a person asked for.
pub(crate) const KIND_SETUP: &str = WEBHOOK_SETUP;

/// The stable name in the queue of what is looked at by schedule.
pub(crate) const KIND_CHECK: &str = WEBHOOK_CHECK;

/// A webhook is looked at so often: half of the time within which its failure must be seen.
const CHECK_EVERY_MS: i64 = 5 * 60_000;

/// While a webhook is not well, what changed is polled so often.
const GAP_EVERY_MS: i64 = 60_000;

/// A delivery may come so long after its change; both clocks are taken to be the same.
const LATE_MS: i64 = 2 * 60_000;

/// As rounds of changes.
const PRIORITY: i64 = 10;

pub(crate) async fn perform_setup<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> JobEnd {
    let Ok(args) = serde_json::from_str::<ConnectionArgs>(&job.args) else {
        return JobEnd::unreadable(job);
    };
    set_up(runner, job, args).await.map_or_else(JobEnd::from, |()| JobEnd::Done)
}

pub(crate) async fn perform_check<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> JobEnd {
    let Ok(args) = serde_json::from_str::<ConnectionArgs>(&job.args) else {
        return JobEnd::unreadable(job);
    };
    match check(runner, job, args).await {
        Ok(()) => JobEnd::Done,
        // A PSA that is gone shows everywhere; the next look is the next attempt.
        Err(SyncError::Psa(error)) => {
            tracing::info!(error = %error, "A webhook could not be looked at.");
            JobEnd::Done
        }
        Err(error) => error.into(),
    }
}

/// The webhook that a job is about, with who keeps it.
struct Kept<K> {
    store: TenantStore,
    webhook: Webhook,
    keeper: K,
}

async fn kept<P: Psa>(
    runner: &Runner<P>,
    job: &ClaimedJob,
    args: ConnectionArgs,
) -> Result<Option<Kept<P::Connector>>, SyncError> {
    let Some(source) = runner.source(job, args.connection).await? else { return Ok(None) };
    let Some(webhook) = source.store.webhook(args.connection).await? else { return Ok(None) };
    let Some(secret) = runner.secret(&source, "webhooks").await? else { return Ok(None) };
    let keeper = runner.psa.hook_keeper(&source.connection, secret)?;
    Ok(Some(Kept { store: source.store, webhook, keeper }))
}

async fn set_up<P: Psa>(
    runner: &Runner<P>,
    job: &ClaimedJob,
    args: ConnectionArgs,
) -> Result<(), SyncError> {
    let Some(Kept { store, webhook, keeper }) = kept(runner, job, args).await? else {
        return Ok(());
    };
    let now_ms = runner.options.clock.now_ms();
    let outcome = if webhook.is_wanted {
        register(&store, &webhook, &keeper, now_ms).await
    } else {
        remove(&store, &webhook, &keeper).await
    };
    note_calls(&store, args.connection, keeper.call_stats(), now_ms).await;
    let Err(SyncError::Psa(error)) = outcome else { return outcome };
    let problem = match &error {
        _ if is_no_right(&error) => WebhookProblem::NoRight,
        PsaError::Refused { .. } | PsaError::NoSuchPath { .. } => WebhookProblem::Refused,
        _ => return Err(error.into()),
    };
    store.webhook_note(args.connection, Some((problem, &with_causes(&error))), now_ms).await?;
    if webhook.remote_id.is_some() {
        watch(&store, &webhook, true, now_ms).await?;
    }
    Ok(())
}

fn is_no_right(error: &PsaError) -> bool {
    matches!(error, PsaError::Forbidden { .. } | PsaError::ScopeRefused { .. })
}

async fn register<K: HookKeeper>(
    store: &TenantStore,
    webhook: &Webhook,
    keeper: &K,
    now_ms: i64,
) -> Result<(), SyncError> {
    let by = ReadBy { actor: "webhooks", at_ms: now_ms };
    let Some(secret) = store.webhook_secret(webhook.connection, by).await? else { return Ok(()) };
    let wanted = HookWanted { id: webhook.remote_id.clone(), url: webhook.url(), secret };
    let id = keeper.hook_register(&wanted).await?;
    store.webhook_registered(webhook, &id, now_ms).await?;
    Ok(watch(store, webhook, false, now_ms).await?)
}

async fn remove<K: HookKeeper>(
    store: &TenantStore,
    webhook: &Webhook,
    keeper: &K,
) -> Result<(), SyncError> {
    keeper.hook_remove(webhook.remote_id.as_deref(), &webhook.url()).await?;
    store.webhook_forget(webhook.connection).await?;
    store.schedule_remove(&check_name(webhook)).await?;
    Ok(store.schedule_remove(&gap_name(webhook)).await?)
}

async fn check<P: Psa>(
    runner: &Runner<P>,
    job: &ClaimedJob,
    args: ConnectionArgs,
) -> Result<(), SyncError> {
    let Some(Kept { store, webhook, keeper }) = kept(runner, job, args).await? else {
        return Ok(());
    };
    let Some(id) = webhook.remote_id.as_deref().filter(|_| webhook.is_wanted) else {
        return Ok(());
    };
    let now_ms = runner.options.clock.now_ms();
    let found = keeper.hook_find(Some(id), &webhook.url()).await;
    note_calls(&store, args.connection, keeper.call_stats(), now_ms).await;
    let problem = match found {
        Ok(None) => Some((WebhookProblem::Removed, "Halo no longer lists it".to_owned())),
        Ok(Some(found)) if !found.is_active => {
            Some((WebhookProblem::Disabled, "it is inactive in Halo".to_owned()))
        }
        Ok(Some(found)) => match found.differs {
            Some(what) => Some((WebhookProblem::Changed, what)),
            None => silence(&store, &webhook, keeper.clock_offset_ms(), now_ms)
                .await?
                .map(|text| (WebhookProblem::Silent, text)),
        },
        Err(error) if is_no_right(&error) => Some((WebhookProblem::NoRight, with_causes(&error))),
        Err(error) => return Err(error.into()),
    };
    let noted = problem.as_ref().map(|(problem, text)| (*problem, text.as_str()));
    store.webhook_note(args.connection, noted, now_ms).await?;
    Ok(watch(&store, &webhook, problem.is_some(), now_ms).await?)
}

/// Why a webhook that Halo lists as well is silent: a ticket that was read by polling changed after
/// everything that it told.
async fn silence(
    store: &TenantStore,
    webhook: &Webhook,
    offset_ms: i64,
    now_ms: i64,
) -> Result<Option<String>, StoreError> {
    let Some(changed_at) = store.ticket_changed_at(webhook.connection).await? else {
        return Ok(None);
    };
    // By our clock.
    let changed_at = changed_at.saturating_sub(offset_ms);
    let told = webhook.heard_at.max(webhook.registered_at).unwrap_or(webhook.asked_at);
    let is_told = changed_at <= told.saturating_add(LATE_MS);
    let may_come = now_ms < changed_at.saturating_add(LATE_MS);
    Ok((!is_told && !may_come).then(|| "a ticket changed and it told nothing".to_owned()))
}

/// Looks at the webhook from now on, and polls more often while it is not well.
async fn watch(
    store: &TenantStore,
    webhook: &Webhook,
    has_gap: bool,
    now_ms: i64,
) -> Result<(), StoreError> {
    let schedule = |name: String, kind: &str, every_ms: i64| NewSchedule {
        name,
        kind: kind.to_owned(),
        args: ConnectionArgs { connection: webhook.connection }.to_json(),
        every_ms,
        first_at: now_ms.saturating_add(every_ms),
        priority: PRIORITY,
        attempts_max: 1,
    };
    store.schedule_set(&schedule(check_name(webhook), KIND_CHECK, CHECK_EVERY_MS)).await?;
    if has_gap {
        let gap = schedule(gap_name(webhook), SYNC_CHANGES, GAP_EVERY_MS);
        store.schedule_set(&NewSchedule { first_at: now_ms, ..gap }).await
    } else {
        store.schedule_remove(&gap_name(webhook)).await
    }
}

fn check_name(webhook: &Webhook) -> String {
    format!("{KIND_CHECK}:{}", webhook.connection)
}

fn gap_name(webhook: &Webhook) -> String {
    format!("webhook_gap:{}", webhook.connection)
}
