//! `almanac connection`.

use std::process::ExitCode;

use almanac_jobs::test_connection;
use almanac_model::author::Author;
use almanac_model::probe::{ProbeFinding, ProbeReport, ProbeRight, RightState};
use almanac_store::{NewConnection, StoreError};
use serde_json::json;

use super::serve::set_schedule;
use crate::cli::{ConnectionCommand, ConnectionSetArgs, Global, TenantArg};
use crate::clock;
use crate::config::read_secret;
use crate::context::{Context, TenantContext};
use crate::failure::{Exit, Failure};
use crate::output;
use crate::table::Table;
use crate::wiring::Halo;

/// Stores credentials, or tests them.
pub(super) async fn run(global: &Global, command: ConnectionCommand) -> Result<ExitCode, Failure> {
    let context = Context::open(global).await?;
    let code = match command {
        ConnectionCommand::Set(args) => set(global, &context, args).await?,
        ConnectionCommand::Test(TenantArg { tenant }) => {
            let tenant = context.tenant(&tenant).await?;
            let report = test(&context, &tenant).await?;
            print_report(global, &report)?;
            exit_of(&report)
        }
    };
    context.close().await;
    Ok(code)
}

async fn set(
    global: &Global,
    context: &Context,
    args: ConnectionSetArgs,
) -> Result<ExitCode, Failure> {
    let tenant = context.tenant(&args.tenant.tenant).await?;
    let hosts = &context.config.halo.allow_private_hosts;
    let understood = almanac_psa_halo::understand(&args.url, args.auth_url.as_deref(), hosts)?;
    let new = NewConnection {
        base_url: understood.base_url,
        auth_url: understood.auth_url,
        psa_tenant: args.halo_tenant,
        oauth_client_id: args.oauth_client_id,
        client_secret: read_secret(&args.client_secret_file)?,
        actor: "command line".to_owned(),
        at_ms: clock::now_ms(),
    };
    let set = if args.is_moved {
        tenant.store.connection_set(new).await
    } else {
        tenant.store.connection_set_same(new).await
    };
    let connection = set.map_err(|error| match error {
        StoreError::OtherPsa { kept } => Failure::usage(format!(
            "the records of this tenant were read from {kept}; if that Halo has a new address or \
             tenant, say so with --move; for a different Halo, make another tenant with \
             `almanac tenant create`. Nothing was changed"
        )),
        error => error.into(),
    })?;
    set_schedule(&tenant.store, connection.id, &context.config.sync).await?;
    // A server or worker that runs tests it at once; the page of the connection shows the result.
    let by = Author::program("command line");
    tenant.store.probe_ask(connection.id, &by, clock::now_ms()).await?;
    if global.json {
        output::json(&json!({
            "tenant": tenant.tenant.slug,
            "connection": connection.id,
            "url": connection.base_url,
            "auth_url": connection.auth_url,
        }))?;
    } else {
        output::line(&format!(
            "Stored. Halo is at {}; check it with `almanac connection test --tenant {}`.",
            connection.base_url, tenant.tenant.slug
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks Halo what we may do.
pub(super) async fn test(
    context: &Context,
    tenant: &TenantContext,
) -> Result<ProbeReport, Failure> {
    let connection = tenant.connection().await?;
    let secret = tenant.secret(&connection).await?;
    let halo = Halo::in_foreground(&context.config.halo, &context.store);
    Ok(test_connection(&halo, &connection, secret, &tenant.store, clock::now_ms()).await?)
}

/// 0 when everything that is needed is granted and nothing was found; 3 otherwise.
pub(super) fn exit_of(report: &ProbeReport) -> ExitCode {
    let is_missing = report.checks.iter().any(|check| {
        // Almanac works without what assets do not stand on.
        check.state == RightState::Missing && check.stream.is_of_assets()
    });
    if is_missing || !report.findings.is_empty() {
        ExitCode::from(Exit::Person.number())
    } else if report.checks.iter().any(|check| check.state == RightState::Unknown) {
        ExitCode::from(Exit::Later.number())
    } else {
        ExitCode::SUCCESS
    }
}

fn print_report(global: &Global, report: &ProbeReport) -> Result<(), Failure> {
    if global.json {
        return output::json(report);
    }
    output::line(&format!("Halo     {}", report.url))?;
    output::line(&format!("tokens   {}", report.token_url))?;
    if let Some(version) = &report.version {
        output::line(&format!("version  {version}"))?;
    }
    if let Some(offset) = report.clock_offset_seconds {
        output::line(&format!("clock    {offset:+} seconds from ours"))?;
    }
    let mut table = Table::new(&["stream", "right", ">records"]);
    for check in &report.checks {
        let (right, count) = words(check);
        table.row(vec![check.stream.to_string(), right.to_owned(), count]);
    }
    output::line(table.render().trim_end())?;
    for check in report.checks.iter().filter(|check| check.remedy.is_some()) {
        let remedy = check.remedy.as_deref().unwrap_or_default();
        output::line(&format!("{}: {remedy}", check.stream))?;
    }
    if let Some(writing) = report.writing {
        let words = match writing.last {
            RightState::Granted => "the last write was taken",
            RightState::Missing => "the last write was not allowed (WRITE-023)",
            RightState::Unknown => "only the first write will tell; a test never writes",
        };
        output::line(&format!("writing  {words}"))?;
    }
    for scope in &report.excess_scopes {
        output::line(&format!("not needed: scope {scope}; you can take it away in Halo"))?;
    }
    for finding in &report.findings {
        let ProbeFinding { code, title, text, remedy } = finding;
        output::line(&format!("{code} {title}: {text}. {remedy}"))?;
    }
    Ok(())
}

fn words(check: &ProbeRight) -> (&'static str, String) {
    match (check.state, check.records) {
        (RightState::Granted, Some(count)) => ("granted", count.to_string()),
        (RightState::Granted, None) => ("granted", "not told".to_owned()),
        (RightState::Missing, _) => ("missing", String::new()),
        (RightState::Unknown, _) => ("could not check", String::new()),
    }
}
