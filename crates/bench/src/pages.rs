//! Pages of a large MSP: their time under load, the first one after a start, memory at rest.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::load::load;
use crate::process::measure;
use crate::server::{Server, client};
use crate::world::{Database, OWNER, Program, SECRET, Sim};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct PagesArgs {
    /// The program under test, built for release
    #[arg(long, default_value = "target/release/almanac")]
    almanac: PathBuf,
    #[arg(long, default_value_t = 500)]
    clients: u32,
    #[arg(long, default_value_t = 10_000)]
    contacts: u32,
    #[arg(long, default_value_t = 50_000)]
    assets: u32,
    /// How many of the assets belong to one client
    #[arg(long, default_value_t = 5_000)]
    largest: u32,
    /// A PostgreSQL where databases may be made
    #[arg(long, env = "TEST_POSTGRES_URL", hide_env_values = true)]
    postgres: Option<String>,
    /// Requests a second
    #[arg(long, default_value_t = 100)]
    rate: u32,
    /// How long each page is asked for
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// A command for the shell, run beside each server with its address and sign-in as ALMANAC_URL,
    /// ALMANAC_EMAIL and ALMANAC_PASSWORD
    #[arg(long)]
    then: Option<String>,
    /// Starts of which the middle is told
    #[arg(long, default_value_t = 5)]
    starts: u32,
}

pub(crate) async fn run(args: &PagesArgs) -> Result<()> {
    let sizes = [("clients", args.clients), ("contacts", args.contacts), ("assets", args.assets)];
    let sim = Sim::start(&args.almanac, &sizes)?;
    gather(&sim, args.largest as usize).await?;
    let dir = tempfile::tempdir()?;
    measure_on("SQLite", args, &sim, &dir.path().join("sqlite"), None).await?;
    if let Some(admin) = &args.postgres {
        let database = Database::create(admin).await?;
        let folder = dir.path().join("postgres");
        measure_on("PostgreSQL", args, &sim, &folder, Some(&database)).await?;
        database.remove().await?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
async fn measure_on(
    engine: &str,
    args: &PagesArgs,
    sim: &Sim,
    dir: &Path,
    database: Option<&Database>,
) -> Result<()> {
    std::fs::create_dir_all(dir)?;
    let program = Program { almanac: &args.almanac, dir, database };
    program.set_up(&sim.url)?;
    measure(&mut program.command(&["sync", "run", "--tenant", "bench", "--json"]))?;
    println!(
        "{engine}, {} clients, {} assets, {} of them one client's:",
        args.clients, args.assets, args.largest
    );

    let cookie = Server::start(&program)?.sign_in().await?;
    let first = client(Some(&cookie))?;
    let mut starts = Vec::new();
    for _ in 0..args.starts {
        let server = Server::start(&program)?;
        first.get(format!("{}/account", server.url)).send().await?.error_for_status()?;
        let account = server.age();
        first.get(format!("{}/", server.url)).send().await?.error_for_status()?;
        starts.push((account, server.age()));
    }
    starts.sort();
    let (account, portfolio) = starts[starts.len() / 2];
    println!("  start to the account page  {:6.0} ms", account.as_secs_f64() * 1_000.0);
    println!("  start to the portfolio     {:6.0} ms", portfolio.as_secs_f64() * 1_000.0);

    let server = Server::start(&program)?;
    let asked = client(Some(&cookie))?;
    let pages = addresses(&server.url, &asked).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("  memory at rest             {:6.1} MiB", server.memory()?.0);
    for (name, urls) in &pages {
        let cost = load(&asked, urls, args.rate, args.seconds).await?;
        println!(
            "  {name:<26} server p50 {:6.2} ms  p99 {:6.2} ms; \
             with the asking side p50 {:6.2} ms  p99 {:6.2} ms  most {:6.2} ms  {:6.1} kB",
            cost.server_p50_ms,
            cost.server_p99_ms,
            cost.p50_ms,
            cost.p99_ms,
            cost.most_ms,
            cost.bytes as f64 / 1_000.0
        );
    }
    let (now, most) = server.memory()?;
    println!("  memory after the load      {now:6.1} MiB, at most {most:.1} MiB");
    if let Some(then) = &args.then {
        let mut shell = Command::new("sh");
        shell.args(["-c", then]).env("ALMANAC_URL", &server.url);
        let status = shell.env("ALMANAC_EMAIL", OWNER).env("ALMANAC_PASSWORD", SECRET).status()?;
        ensure!(status.success(), "{then} ended with {status}");
    }
    Ok(())
}

/// Gives the first `many` assets of the simulator to one client.
async fn gather(sim: &Sim, many: usize) -> Result<()> {
    let control = client(None)?;
    let truth = control.get(format!("{}/truth/Asset", sim.control)).send().await?;
    let truth = truth.error_for_status()?.text().await?;
    let rows = truth.lines().take(many).map(serde_json::from_str::<Value>);
    let rows = rows.collect::<Result<Vec<Value>, _>>()?;
    let named = rows.iter().find(|row| row["client_id"].as_i64().is_some_and(|id| id > 1));
    let owner = named.context("no asset has a client")?;
    let values = json!({ "client_id": owner["client_id"], "client_name": owner["client_name"] });
    for row in &rows {
        let body = json!({ "op": "update", "id": row["id"], "values": values }).to_string();
        let url = format!("{}/row/Asset", sim.control);
        let sent = control.post(url).header(CONTENT_TYPE, "application/json").body(body);
        sent.send().await?.error_for_status()?;
    }
    Ok(())
}

/// Each kind of page with the addresses that are asked for in turn.
async fn addresses(url: &str, asked: &reqwest::Client) -> Result<Vec<(&'static str, Vec<String>)>> {
    let largest = format!("{url}/clients?sort=-assets");
    let page = asked.get(largest).header("accept-encoding", "identity").send().await?;
    let page = page.error_for_status()?.text().await?;
    let at = page.find("href=\"/clients/").context("no client on the page")?;
    let client: String = page[at + 15..].chars().take_while(char::is_ascii_alphanumeric).collect();
    let one = |path: &str| vec![format!("{url}{path}")];
    let words = ["PC-0012", "dell", "optiplex", "srv", "10.0", "ltd", "sn"];
    Ok(vec![
        ("portfolio", one("/")),
        ("clients", one("/clients")),
        ("the largest client's assets", one(&format!("/clients/{client}/assets"))),
        ("every client's assets", one("/assets")),
        ("search", words.iter().map(|word| format!("{url}/search?q={word}")).collect()),
    ])
}
