//! `almanac sync`.

use std::process::ExitCode;
use std::sync::Arc;

use almanac_jobs::Psa;
use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_store::{Connection, RunCause, StreamState};
use almanac_sync::{Outcome, Plan, Progress, RUN_KIND, ReadMode, RunStatus, SyncJob, VerifyJob};
use serde_json::json;

use super::{progress, receipts, release};
use crate::call_plan::plan_calls;
use crate::cli::{Global, SyncCommand, TenantArg};
use crate::clock;
use crate::context::{Context, TenantContext};
use crate::failure::{Exit, Failure};
use crate::output;
use crate::owner;
use crate::table::Table;
use crate::wiring::Halo;

/// Runs, tells, or verifies.
pub(super) async fn run(global: &Global, command: SyncCommand) -> Result<ExitCode, Failure> {
    let context = Context::open(global).await?;
    let code = match command {
        SyncCommand::Run { tenant, streams, full } => {
            let tenant = context.tenant(&tenant.tenant).await?;
            let mode = mode(&context, full);
            let status = run_now(&context, &tenant, (streams, mode), progress::watcher()).await?;
            print_run(global, &status)?;
            ExitCode::from(exit_of(&status))
        }
        SyncCommand::Status(TenantArg { tenant }) => {
            let tenant = context.tenant(&tenant).await?;
            print_status(global, &context, &tenant).await?
        }
        SyncCommand::Plan(TenantArg { tenant }) => {
            let tenant = context.tenant(&tenant).await?;
            print_plan(global, &context, &tenant).await?;
            ExitCode::SUCCESS
        }
        SyncCommand::Verify { tenant, streams } => {
            let tenant = context.tenant(&tenant.tenant).await?;
            verify(global, &context, &tenant, streams).await?
        }
        SyncCommand::Release { tenant, stream, number } => {
            let tenant = context.tenant(&tenant.tenant).await?;
            release::release(global, &tenant, stream, number).await?
        }
        SyncCommand::Receipts { tenant, stream, limit } => {
            let tenant = context.tenant(&tenant.tenant).await?;
            receipts::list(global, &tenant, stream, limit).await?
        }
    };
    context.close().await;
    Ok(code)
}

/// Reads Halo to the end, in this process.
pub(super) async fn run_now(
    context: &Context,
    tenant: &TenantContext,
    (streams, mode): (Vec<Stream>, ReadMode),
    watcher: Arc<dyn Progress>,
) -> Result<RunStatus, Failure> {
    let connection = tenant.connection().await?;
    let secret = tenant.secret(&connection).await?;
    let halo = Halo::in_foreground(&context.config.halo, &context.store);
    let job = SyncJob {
        store: tenant.store.clone(),
        tenant: tenant.tenant.slug.clone(),
        connection: connection.id,
        connector: Arc::new(halo.connector(&connection, secret)?),
        mapper: Arc::new(halo.mapper()),
        chains: Arc::new(halo.chains()),
        kind: RUN_KIND,
        streams: in_order(&streams),
        mode,
        calls_max: None,
        parents_max: None,
        cause: RunCause::CommandLine,
        owner: owner::this_process(),
        clock: Arc::new(clock::now_ms),
        progress: watcher,
        peak_memory: crate::memory::peak_bytes,
    };
    Ok(almanac_sync::run(&job).await?)
}

/// What changed, unless everything is asked for or the last full read is older than the operator
/// lets it be.
pub(super) fn mode(context: &Context, is_full: bool) -> ReadMode {
    if is_full {
        return ReadMode::Whole;
    }
    ReadMode::Changes { whole_every_ms: context.config.sync.whole_every_ms() }
}

/// The streams asked for, or all, in order of dependency.
fn in_order(asked: &[Stream]) -> Vec<Stream> {
    Stream::ALL.into_iter().filter(|stream| asked.is_empty() || asked.contains(stream)).collect()
}

fn exit_of(status: &RunStatus) -> u8 {
    match status.outcome {
        Outcome::Done => 0,
        Outcome::Partial => Exit::Later.number(),
        Outcome::Held => Exit::Person.number(),
        Outcome::Failed => match status.error.as_ref().map(|error| error.code.as_str()) {
            Some(code) if Code::heals_by_itself(code) => Exit::Later.number(),
            Some("CONN-007" | "CONFIG-050") => Exit::Usage.number(),
            Some(code) if code.starts_with("CONN-") => Exit::Person.number(),
            _ => Exit::Failed.number(),
        },
    }
}

fn print_run(global: &Global, status: &RunStatus) -> Result<(), Failure> {
    if global.json {
        return output::json(status);
    }
    let mut table = Table::new(&[
        "stream",
        ">read",
        ">new",
        ">changed",
        ">as before",
        ">gone",
        ">not understood",
        ">calls",
    ]);
    for stream in &status.streams {
        table.row(vec![
            stream.stream.clone(),
            stream.read.to_string(),
            stream.added.to_string(),
            stream.changed.to_string(),
            stream.unchanged.to_string(),
            stream.removed.to_string(),
            stream.bad.to_string(),
            stream.requests.to_string(),
        ]);
    }
    output::line(table.render().trim_end())?;
    for stream in status.streams.iter().filter(|stream| stream.held.is_some()) {
        if let Some(held) = &stream.held {
            output::line(&format!("{}: {} {}", stream.stream, held.code, held.text))?;
        }
    }
    if let Some(error) = &status.error {
        output::line(&format!("ended early: {} {}", error.code, error.text))?;
    }
    output::line(&format!(
        "{:?} after {} calls, {} MiB of memory at most.",
        status.outcome,
        status.requests,
        status.peak_memory_bytes / 1_048_576
    ))
}

async fn print_status(
    global: &Global,
    context: &Context,
    tenant: &TenantContext,
) -> Result<ExitCode, Failure> {
    let connection = tenant.connection().await?;
    let states = tenant.store.stream_state_list(connection.id).await?;
    let streams: Vec<serde_json::Value> = Stream::ALL
        .into_iter()
        .map(|stream| {
            let state = states.iter().find(|state| state.stream == stream);
            stream_json(stream, state)
        })
        .collect();
    let is_held = states.iter().any(|state| state.held.is_some());
    if global.json {
        let mut status = status_json(tenant, &connection, &streams).await?;
        status["plan"] = plan_json(&plan_now(context, tenant).await?);
        output::json(&status)?;
    } else {
        print_states(&states)?;
    }
    Ok(ExitCode::from(if is_held { Exit::Person.number() } else { 0 }))
}

async fn status_json(
    tenant: &TenantContext,
    connection: &Connection,
    streams: &[serde_json::Value],
) -> Result<serde_json::Value, Failure> {
    let last = tenant.store.run_latest(RUN_KIND).await?;
    let last_run: Option<serde_json::Value> =
        last.and_then(|run| run.status).and_then(|status| serde_json::from_str(&status).ok());
    Ok(json!({
        "tenant": tenant.tenant.slug,
        "connection": connection.id,
        "url": connection.base_url,
        "streams": streams,
        "last_run": last_run,
    }))
}

/// The calls of the next five minutes, as background work would make them.
async fn plan_now(context: &Context, tenant: &TenantContext) -> Result<Plan, Failure> {
    let connection = tenant.connection().await?;
    let config = (&context.config.halo, &context.config.sync);
    Ok(plan_calls(config, &tenant.store, &connection, clock::now_ms()).await?)
}

fn plan_json(plan: &Plan) -> serde_json::Value {
    let reads: Vec<_> = plan
        .reads
        .iter()
        .map(|read| {
            json!({
                "stream": read.stream, "mode": read.mode, "calls": read.calls,
                "due_at": clock::iso(read.due_at), "reason": read.reason,
            })
        })
        .collect();
    json!({
        "from": clock::iso(plan.from), "until": clock::iso(plan.until), "share": plan.share,
        "made": plan.made, "calls": plan.calls, "left": plan.left, "reads": reads,
    })
}

async fn print_plan(
    global: &Global,
    context: &Context,
    tenant: &TenantContext,
) -> Result<(), Failure> {
    let plan = plan_now(context, tenant).await?;
    if global.json {
        return output::json(&plan_json(&plan));
    }
    let mut table = Table::new(&["stream", "how", ">calls", "from", "why"]);
    for read in &plan.reads {
        let how = format!("{:?}", read.mode).to_lowercase();
        let due = clock::iso(read.due_at);
        let calls = read.calls.to_string();
        table.row(vec![read.stream.clone(), how, calls, due, read.reason.clone()]);
    }
    output::line(table.render().trim_end())?;
    let share = plan.share.map_or("no limit is known".to_owned(), |share| {
        format!("our share is {share}, of which {} are made", plan.made)
    });
    output::line(&format!("{} calls in the next five minutes; {share}.", plan.calls))
}

fn stream_json(stream: Stream, state: Option<&StreamState>) -> serde_json::Value {
    let held = state.and_then(|state| state.held.as_ref()).map(|held| {
        let since = (held.since > 0).then(|| clock::iso(held.since));
        json!({ "code": held.code, "text": held.text, "number": held.number, "since": since })
    });
    let release = state.and_then(|state| state.release.as_ref()).map(|release| {
        json!({ "number": release.number, "by": release.by.name, "at": clock::iso(release.at) })
    });
    json!({
        "stream": stream.name(),
        "state": words(state),
        "cursor": state.and_then(|state| state.read_up_to).map(clock::iso),
        "generation": state.map_or(0, |state| state.generation),
        "last_scan_at": state.and_then(|state| state.last_scan_at).map(clock::iso),
        "live": state.map_or(0, |state| state.live),
        "deleted": state.map_or(0, |state| state.deleted),
        "bad": state.map_or(0, |state| state.bad),
        "held": held,
        "release": release,
    })
}

fn words(state: Option<&StreamState>) -> &'static str {
    match state {
        None => "never read",
        Some(state) if state.held.is_some() => "held",
        Some(state) if state.scan.is_some() => "being read",
        Some(state) if state.generation == 0 => "never read",
        Some(_) => "read",
    }
}

fn print_states(states: &[StreamState]) -> Result<(), Failure> {
    let mut table =
        Table::new(&["stream", "state", "last full read", ">live", ">gone", ">not understood"]);
    for stream in Stream::ALL {
        let state = states.iter().find(|state| state.stream == stream);
        let last = state.and_then(|state| state.last_scan_at);
        table.row(vec![
            stream.to_string(),
            words(state).to_owned(),
            last.map_or_else(|| "never".to_owned(), clock::iso),
            state.map_or(0, |state| state.live).to_string(),
            state.map_or(0, |state| state.deleted).to_string(),
            state.map_or(0, |state| state.bad).to_string(),
        ]);
    }
    output::line(table.render().trim_end())?;
    for state in states {
        if let Some(held) = &state.held {
            output::line(&format!("{}: {} {}", state.stream, held.code, held.text))?;
        }
        if let (Some(held), None) = (&state.held, &state.release)
            && let Some(number) = held.number
        {
            output::line(&format!(
                "  if that is right: almanac sync release {} --number {number} --tenant …",
                state.stream
            ))?;
        }
    }
    Ok(())
}

async fn verify(
    global: &Global,
    context: &Context,
    tenant: &TenantContext,
    streams: Vec<Stream>,
) -> Result<ExitCode, Failure> {
    let connection = tenant.connection().await?;
    let secret = tenant.secret(&connection).await?;
    let halo = Halo::in_foreground(&context.config.halo, &context.store);
    let results = almanac_sync::verify(&VerifyJob {
        store: tenant.store.clone(),
        connection: connection.id,
        connector: Arc::new(halo.connector(&connection, secret)?),
        streams: in_order(&streams),
        cause: RunCause::CommandLine,
        clock: Arc::new(clock::now_ms),
    })
    .await?;
    let is_proven = results.iter().all(almanac_sync::StreamVerification::is_proven);
    if global.json {
        output::json(&json!({
            "tenant": tenant.tenant.slug, "proven": is_proven, "streams": results,
        }))?;
    } else {
        for result in &results {
            output::line(&format!(
                "{}: {} in Halo, {} the same, {} differ, {} missing here, {} gone in Halo{}",
                result.stream,
                result.read,
                result.same,
                result.differ,
                result.missing,
                result.extra,
                if result.is_complete { "" } else { " (Halo kept changing while it was read)" }
            ))?;
            for example in &result.examples {
                output::line(&format!("  {}: {}", example.remote_id, example.what))?;
            }
        }
    }
    Ok(if is_proven { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed.number()) })
}
