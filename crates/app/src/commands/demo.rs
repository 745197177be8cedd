//! `almanac demo`: simulator, server and a demo MSP in one process.
//!
//! The demo keeps its own folder beside the data folder, so that it can never touch real data.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use almanac_halo_sim::{DEMO_CLIENT_SECRET, DEMO_OAUTH_CLIENT_ID, RunningSim, SimOptions};
use almanac_model::author::Author;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_store::{NewConnection, NewTenant};
use almanac_sync::RunStatus;
use secrecy::{ExposeSecret, SecretString};

use super::grading::Judge;
use super::serve::{Look, Server};
use super::{progress, sync};
use crate::cli::{DemoArgs, Global};
use crate::clock;
use crate::config::Config;
use crate::context::{Context, TenantContext};
use crate::failure::Failure;
use crate::output;
use crate::stop::StopSignal;
use crate::table::Table;

const TENANT: &str = "Calder Ridge IT";
const SLUG: &str = "calder-ridge-it";
const OWNER: &str = "owner@calder-ridge.example";

/// Rows of the table on the terminal.
const TABLE_ROWS: usize = 16;

/// Runs the demo.
pub(super) async fn run(global: &Global, args: DemoArgs) -> Result<ExitCode, Failure> {
    let began_ms = clock::now_ms();
    let mut config = Config::load(global)?;
    config.data = config.data.join("demo");
    config.key_file = config.data.join("keyring");
    config.database = None;
    if args.fresh {
        forget(&config.data)?;
    }
    std::fs::create_dir_all(&config.data)?;
    let sim = simulator(clock::today()).await?;
    config.halo.allow_private_hosts.push(sim.addr.ip().to_string());
    let context = Context::with_config(config).await?;
    let (tenant, password) = demo_tenant(&context, &sim.base_url()).await?;
    output::note(&format!(
        "A simulated HaloPSA is at {} (its data are made up). Reading it:",
        sim.base_url()
    ));
    let status = sync::run_now(
        &context,
        &tenant,
        (Vec::new(), sync::mode(&context, false)),
        progress::watcher(),
    )
    .await?;
    // Its job runs as soon as the server does, so that the page of the connection has an answer.
    let by = Author::program("demo");
    tenant.store.probe_ask(tenant.connection().await?.id, &by, clock::now_ms()).await?;
    print_assets(&context, &tenant).await?;
    print_end(&status, began_ms)?;
    if args.once {
        sim.stop().await;
        context.close().await;
        return Ok(ExitCode::SUCCESS);
    }
    serve(context, sim, args.listen, &password).await
}

async fn serve(
    context: Context,
    sim: RunningSim,
    listen: SocketAddr,
    password: &SecretString,
) -> Result<ExitCode, Failure> {
    let look = Look {
        demo_hint: Some(format!("Demo: {OWNER}, password {}", password.expose_secret())),
        has_styleguide: true,
        ..Look::default()
    };
    let stop = StopSignal::listen()?;
    let server = Server::start(&context, listen, look).await?;
    output::line(&format!(
        "\nAlmanac is at http://{}\nSign-in: {OWNER}, password {}\nSimulated Halo: {}, control \
         port {}\nCommands on this data: --data {}\nCtrl-C ends the demo.",
        server.address,
        password.expose_secret(),
        sim.base_url(),
        sim.control_addr,
        context.config.data.display(),
    ))?;
    stop.asked().await;
    server.stop().await;
    sim.stop().await;
    context.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Removes what an earlier demo left: the folder is the demo's own, by its name.
fn forget(data: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(data) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

async fn simulator(today: jiff::civil::Date) -> Result<RunningSim, Failure> {
    let options = SimOptions { world_date: today, ..SimOptions::default() };
    almanac_halo_sim::start(options).await.map_err(|error| Failure::failed(error.to_string()))
}

/// The demo's tenant, connected to this run's simulator, and its owner's password.
async fn demo_tenant(
    context: &Context,
    url: &str,
) -> Result<(TenantContext, SecretString), Failure> {
    let file = context.config.data.join("owner-password");
    let password = match std::fs::read_to_string(&file) {
        Ok(password) => SecretString::from(password.trim().to_owned()),
        Err(_) => {
            let password = uuid::Uuid::new_v4().simple().to_string();
            write_private(&file, &password)?;
            SecretString::from(password)
        }
    };
    if context.store.tenant_by_slug(SLUG).await?.is_none() {
        let new = NewTenant {
            name: TENANT.to_owned(),
            owner_email: OWNER.to_owned(),
            owner_name: String::new(),
            owner_password: password.clone(),
            at_ms: clock::now_ms(),
        };
        context.store.tenant_create(new).await?;
    }
    let tenant = context.tenant(SLUG).await?;
    tenant
        .store
        .connection_set(NewConnection {
            base_url: url.to_owned(),
            auth_url: None,
            psa_tenant: None,
            oauth_client_id: DEMO_OAUTH_CLIENT_ID.to_owned(),
            client_secret: SecretString::from(DEMO_CLIENT_SECRET),
            at_ms: clock::now_ms(),
            actor: "demo".to_owned(),
        })
        .await?;
    Ok((tenant, password))
}

fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    Ok(writeln!(file, "{text}")?)
}

/// The assets that are due first, graded and budgeted.
async fn print_assets(context: &Context, tenant: &TenantContext) -> Result<(), Failure> {
    let connection = tenant.connection().await?;
    let currency = context.config.grading.currency;
    let judge = Judge::load(&tenant.store, connection.id, currency, clock::today()).await?;
    let rows = AssetLines::read(&tenant.store, connection.id, &judge).await?;
    let mut table = Table::new(&["asset", "client", "kind", "grade", "why", "quarter", ">budget"]);
    for line in rows.lines.iter().take(TABLE_ROWS) {
        table.row(line.cells.to_vec());
    }
    output::line("")?;
    output::line(table.render().trim_end())?;
    let counts: Vec<String> =
        rows.grades.iter().map(|(grade, count)| format!("{count} {grade}")).collect();
    output::line(&format!(
        "{} of {} active assets are shown, the first due first: {}.",
        rows.lines.len().min(TABLE_ROWS),
        rows.lines.len(),
        counts.join(", ")
    ))
}

/// Every active asset as a line of the table, the first due first.
struct AssetLines {
    lines: Vec<AssetLine>,
    grades: std::collections::BTreeMap<&'static str, usize>,
}

struct AssetLine {
    sort: (bool, Option<almanac_model::budget::Quarter>, String),
    cells: [String; 7],
}

impl AssetLines {
    async fn read(
        store: &almanac_store::TenantStore,
        connection: almanac_model::id::ConnectionId,
        judge: &Judge,
    ) -> Result<Self, Failure> {
        let mut names = std::collections::HashMap::new();
        let mut all = Self { lines: Vec::new(), grades: std::collections::BTreeMap::new() };
        for stream in [Stream::Clients, Stream::Assets] {
            let mut after = None;
            loop {
                let page = store.projection_page(connection, stream, after.as_ref(), 500).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.projection.remote_id().clone());
                for row in page.into_iter().filter(|row| row.deleted_at.is_none()) {
                    match row.projection {
                        Projection::Client(client) if !client.is_placeholder => {
                            names.insert(client.remote_id, client.name);
                        }
                        Projection::Asset(asset) if !asset.is_inactive && !asset.is_placeholder => {
                            let facts = judge.read_facts(&asset, row.facts.as_deref())?;
                            let client = asset.client.as_ref().and_then(|id| names.get(id));
                            let client = client.map_or("none", String::as_str);
                            all.add(judge, &asset, &facts, client);
                        }
                        _ => {}
                    }
                }
            }
        }
        all.lines.sort_by(|a, b| a.sort.cmp(&b.sort));
        Ok(all)
    }

    fn add(
        &mut self,
        judge: &Judge,
        asset: &almanac_model::asset::RemoteAsset,
        facts: &almanac_model::fact::Facts,
        client: &str,
    ) {
        let Some(verdict) = judge.judge(asset, facts) else { return };
        *self.grades.entry(verdict.graded.grade.title()).or_default() += 1;
        let tag = asset.tag.clone().unwrap_or_else(|| asset.remote_id.to_string());
        let due = verdict.replacement.map(|due| due.quarter);
        let budget = verdict.budget.map_or_else(
            || "none".to_owned(),
            |line| format!("{} {}", line.amount.currency.code(), line.amount.minor / 100),
        );
        self.lines.push(AssetLine {
            sort: (due.is_none(), due, tag.clone()),
            cells: [
                tag,
                client.to_owned(),
                verdict.kind.title().to_owned(),
                verdict.graded.grade.title().to_owned(),
                verdict.graded.reason.text(),
                due.map_or_else(|| "never".to_owned(), |quarter| quarter.to_string()),
                budget,
            ],
        });
    }
}

fn print_end(status: &RunStatus, began_ms: i64) -> Result<(), Failure> {
    let read: u64 = status.streams.iter().map(|stream| stream.read).sum();
    output::line(&format!(
        "{read} records in {} calls to Halo; ready after {} s.",
        status.requests,
        (clock::now_ms() - began_ms) / 1_000
    ))
}
