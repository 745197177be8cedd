//! The first sync and the second of the whole program, and the floor, on each database.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use crate::process::{Cost, measure};
use crate::world::{Database, Program, Sim};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct SyncArgs {
    /// The program under test, built for release
    #[arg(long, default_value = "target/release/almanac")]
    almanac: PathBuf,
    #[arg(long, default_value_t = 500)]
    clients: u32,
    #[arg(long, default_value_t = 10_000)]
    contacts: u32,
    #[arg(long, default_value_t = 50_000)]
    assets: u32,
    /// A PostgreSQL where databases may be made
    #[arg(long, env = "TEST_POSTGRES_URL", hide_env_values = true)]
    postgres: Option<String>,
    /// Runs of each; the median is told
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Leave the floor out, for sizes whose pages the simulator does not remember
    #[arg(long)]
    no_floor: bool,
}

/// What one round measured.
struct Round {
    first: Cost,
    second: Cost,
    floor: Option<Cost>,
    status: Value,
    status_second: Value,
}

pub(crate) async fn run(args: &SyncArgs) -> Result<()> {
    let sizes = [("clients", args.clients), ("contacts", args.contacts), ("assets", args.assets)];
    let sim = Sim::start(&args.almanac, &sizes)?;
    let mut engines = vec![("SQLite", None)];
    if let Some(url) = &args.postgres {
        engines.push(("PostgreSQL", Some(url.as_str())));
    }
    for (name, admin) in engines {
        let mut rounds = Vec::new();
        for _ in 0..args.rounds {
            rounds.push(round(args, &sim, admin).await?);
        }
        report(name, args, &mut rounds)?;
    }
    Ok(())
}

async fn round(args: &SyncArgs, sim: &Sim, admin: Option<&str>) -> Result<Round> {
    let dir = tempfile::tempdir()?;
    let database = match admin {
        Some(admin) => Some(Database::create(admin).await?),
        None => None,
    };
    let program = Program { almanac: &args.almanac, dir: dir.path(), database: database.as_ref() };
    program.set_up(&sim.url)?;
    let run = ["sync", "run", "--tenant", "bench", "--json"];
    let before = requests(&sim.control).await?.iter().filter_map(number).max().unwrap_or(0);
    let first = measure(&mut program.command(&run))?;
    let asked = pages(&requests(&sim.control).await?, before);
    let status: Value = serde_json::from_str(&first.out)?;
    let second = measure(&mut program.command(&run))?;
    let status_second: Value = serde_json::from_str(&second.out)?;
    let floor = if args.no_floor { None } else { Some(floor(sim, &program, admin, &asked).await?) };
    if let Some(database) = database {
        database.remove().await?;
    }
    Ok(Round { first, second, floor, status, status_second })
}

/// The same pages, fetched and stored, in a process and a database of its own.
async fn floor(
    sim: &Sim,
    program: &Program<'_>,
    admin: Option<&str>,
    asked: &[String],
) -> Result<Cost> {
    let list = program.dir.join("pages");
    std::fs::write(&list, asked.join("\n"))?;
    let database = match admin {
        Some(admin) => Some(Database::create(admin).await?),
        None => None,
    };
    let target = match &database {
        Some(database) => database.url.clone(),
        None => program.dir.join("floor.db").display().to_string(),
    };
    let cost = measure(
        Command::new(std::env::current_exe()?)
            .args(["floor", "--url", &sim.url, "--database", &target, "--pages"])
            .arg(&list),
    )?;
    if let Some(database) = database {
        database.remove().await?;
    }
    Ok(cost)
}

/// The requests that the simulator remembers, oldest first.
#[expect(clippy::disallowed_methods, reason = "the simulator's own control port")]
async fn requests(control: &str) -> Result<Vec<Value>> {
    let body = reqwest::get(format!("{control}/requests")).await?.bytes().await?;
    Ok(serde_json::from_slice(&body)?)
}

fn number(request: &Value) -> Option<u64> {
    request["number"].as_u64()
}

/// The lists asked for after a request, in order: paths with queries.
fn pages(requests: &[Value], after: u64) -> Vec<String> {
    requests
        .iter()
        .filter(|request| number(request) > Some(after))
        .filter(|request| request["method"] == "GET" && request["status"] == 200)
        .filter_map(|request| request["target"].as_str())
        .filter(|target| target.starts_with("/api/") && !target.contains("authinfo"))
        .map(str::to_owned)
        .collect()
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn report(engine: &str, args: &SyncArgs, rounds: &mut [Round]) -> Result<()> {
    rounds.sort_by(|a, b| a.first.wall_seconds.total_cmp(&b.first.wall_seconds));
    let middle = &rounds[rounds.len() / 2];
    let sum = |status: &Value, field: &str| -> f64 {
        let streams = status["streams"].as_array().into_iter().flatten();
        streams.filter_map(|stream| stream[field].as_f64()).sum()
    };
    let rows = sum(&middle.status, "read");
    let requests = middle.status["requests"].as_f64().unwrap_or(0.0);
    let written = sum(&middle.status_second, "added")
        + sum(&middle.status_second, "changed")
        + sum(&middle.status_second, "removed");
    let memory = middle.status["peak_memory_bytes"].as_f64().unwrap_or(0.0) / 1_048_576.0;
    println!(
        "{engine}, {} clients, {} contacts, {} assets:",
        args.clients, args.contacts, args.assets
    );
    println!(
        "  first sync   {:8.0} rows/s  {:6.2} s  {:6.2} processor s  {memory:5.1} MiB  \
         {requests} requests ({:.2} per 1,000)",
        rows / middle.first.wall_seconds,
        middle.first.wall_seconds,
        middle.first.processor_seconds,
        requests * 1_000.0 / rows,
    );
    println!(
        "  second sync  {:8.0} rows/s  {:6.2} s  {:6.2} processor s  {written} rows written",
        rows / middle.second.wall_seconds,
        middle.second.wall_seconds,
        middle.second.processor_seconds,
    );
    if middle.floor.is_some() {
        let mut ratios: Vec<f64> = rounds
            .iter()
            .filter_map(|round| Some(round.floor.as_ref()?.wall_seconds / round.first.wall_seconds))
            .collect();
        ratios.sort_by(f64::total_cmp);
        if let Some(floor) = &middle.floor {
            println!(
                "  floor        {:8.0} rows/s  {:6.2} s  {:6.2} processor s",
                rows / floor.wall_seconds,
                floor.wall_seconds,
                floor.processor_seconds,
            );
        }
        println!(
            "  of the floor's rows/s: {:.0} % (median of {})",
            ratios[ratios.len() / 2] * 100.0,
            ratios.len()
        );
    }
    Ok(())
}
