//! Tests a connection because a person asked: reach, token, clock, each right.
//!
//! Idempotent: it reads only, and a test that ended keeps its result. That the PSA refuses is a
//! result like any other; the job fails only when the result cannot be stored.

use almanac_model::id::ConnectionId;
use almanac_model::probe::{ProbeFinding, ProbeReport, ProbeResult, ProbeWriting, RightState};
use almanac_psa::{Connector, PsaError};
use almanac_store::{
    CONNECTION_TEST, ClaimedJob, Connection, ConnectionArgs, Probe, StoreError, TenantStore,
    WriteMode,
};
use almanac_sync::{note_calls, with_causes};
use secrecy::SecretString;

use crate::job_end::JobEnd;
use crate::psa::Psa;
use crate::runner::Runner;

/// The stable name in the queue.
pub(crate) const KIND: &str = CONNECTION_TEST;

/// Asks the PSA behind a connection what may be read: a page's test and the command line's. Its
/// calls are counted.
///
/// # Errors
/// When nothing could be found out.
pub async fn test_connection<P: Psa>(
    psa: &P,
    connection: &Connection,
    client_secret: SecretString,
    store: &TenantStore,
    now_ms: i64,
) -> Result<ProbeReport, PsaError> {
    let writing = writing(store, connection.id).await;
    let connector = match writing {
        Some(_) => psa.writer(connection, client_secret)?,
        None => psa.connector_for_person(connection, client_secret)?,
    };
    let found = connector.check_access().await;
    note_calls(store, connection.id, connector.call_stats(), now_ms).await;
    Ok(ProbeReport { writing, ..ProbeReport::from(&found?) })
}

/// What is known of the right to write; `None` while nothing is switched on to be written. What
/// the database does not tell now is left out of the test.
async fn writing(store: &TenantStore, connection: ConnectionId) -> Option<ProbeWriting> {
    let switches = store.write_switch_list(connection).await.unwrap_or_default();
    if switches.iter().all(|switch| switch.mode == WriteMode::Off) {
        return None;
    }
    let last = store.write_last_allowed(connection).await.unwrap_or_default();
    Some(ProbeWriting {
        last: match last {
            None => RightState::Unknown,
            Some((true, _)) => RightState::Granted,
            Some((false, _)) => RightState::Missing,
        },
        last_at_ms: last.map(|(_, at_ms)| at_ms),
    })
}

pub(crate) async fn perform<P: Psa>(runner: &Runner<P>, job: &ClaimedJob) -> JobEnd {
    let Ok(args) = serde_json::from_str::<ConnectionArgs>(&job.args) else {
        return JobEnd::unreadable(job);
    };
    match test(runner, job, args).await {
        Ok(()) => JobEnd::Done,
        Err(error) => JobEnd::Later(with_causes(&error)),
    }
}

async fn test<P: Psa>(
    runner: &Runner<P>,
    job: &ClaimedJob,
    args: ConnectionArgs,
) -> Result<(), StoreError> {
    let store = runner.store.tenant(job.tenant);
    let clock = &runner.options.clock;
    let Some(probe) = store.probe_start(args.connection, clock.now_ms()).await? else {
        return Ok(());
    };
    let result = find_out(runner, job, args, &probe).await?;
    store.probe_finish(args.connection, probe.id, &result, clock.now_ms()).await
}

async fn find_out<P: Psa>(
    runner: &Runner<P>,
    job: &ClaimedJob,
    args: ConnectionArgs,
    probe: &Probe,
) -> Result<ProbeResult, StoreError> {
    let Some(source) = runner.source(job, args.connection).await? else {
        return Ok(replaced());
    };
    let actor = format!("connection test for {}", probe.by.name);
    let Some(secret) = runner.secret(&source, &actor).await? else {
        return Ok(replaced());
    };
    let (store, connection) = (&source.store, &source.connection);
    let now_ms = runner.options.clock.now_ms();
    Ok(match test_connection(&*runner.psa, connection, secret, store, now_ms).await {
        Ok(report) => ProbeResult::Report(report),
        Err(error) => ProbeResult::Failed(ProbeFinding::of(error.code(), with_causes(&error))),
    })
}

fn replaced() -> ProbeResult {
    ProbeResult::Failed(ProbeFinding {
        code: String::new(),
        title: "The connection is no longer there".to_owned(),
        text: "it was replaced or removed after the test was asked for".to_owned(),
        remedy: "Test the connection that is there now.".to_owned(),
    })
}
