//! Several tenants' first syncs by one worker and by two, and what a worker's memory is meanwhile.
//!
//! The simulator answers late, so that waiting is the bound and not the processor: what two
//! workers gain over one is then what they share well.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use sqlx::{Connection, Row};

use crate::world::{Database, Program, Sim};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct WorkersArgs {
    /// The program under test, built for release
    #[arg(long, default_value = "target/release/almanac")]
    almanac: PathBuf,
    /// A PostgreSQL where databases may be made
    #[arg(long, env = "TEST_POSTGRES_URL", hide_env_values = true)]
    postgres: String,
    #[arg(long, default_value_t = 8)]
    tenants: u32,
    /// Of each tenant
    #[arg(long, default_value_t = 1_500)]
    assets: u32,
    /// Of each tenant
    #[arg(long, default_value_t = 200)]
    tickets: u32,
    /// How late the simulator answers
    #[arg(long, default_value_t = 150)]
    latency_ms: u32,
    /// Measure this number of workers only
    #[arg(long)]
    only: Option<u32>,
    /// Longest wait for the first syncs, in minutes
    #[arg(long, default_value_t = 60)]
    minutes_max: u64,
}

/// A worker that ends with its measurement.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Worker {
    /// Memory in MiB by the kernel's name for it: `VmRSS` now, `VmHWM` at most so far.
    fn memory_mib(&self, name: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find(|line| line.starts_with(name));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
        Ok(kib.ok_or_else(|| anyhow!("no {name} of a worker"))? / 1_024.0)
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub(crate) async fn run(args: &WorkersArgs) -> Result<()> {
    let sizes = [
        ("clients", 30),
        ("contacts", 100),
        ("assets", args.assets),
        ("tickets", args.tickets),
        ("latency-ms", args.latency_ms),
    ];
    let sim = Sim::start(&args.almanac, &sizes)?;
    let counts = args.only.map_or(vec![1, 2], |only| vec![only]);
    let mut seconds = Vec::new();
    for workers in counts {
        let took = round(args, &sim, workers).await?;
        println!("{} tenants, {workers} worker(s): {took:.1} s", args.tenants);
        seconds.push(took);
    }
    if let [one, two] = seconds[..] {
        println!("two workers do {:.2} times the work of one", one / two);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
async fn round(args: &WorkersArgs, sim: &Sim, workers: u32) -> Result<f64> {
    let dir = tempfile::tempdir()?;
    let database = Database::create(&args.postgres).await?;
    let program = Program { almanac: &args.almanac, dir: dir.path(), database: Some(&database) };
    for number in 1..=args.tenants {
        program.set_up_tenant(&format!("bench-{number}"), &sim.url)?;
    }
    let began = Instant::now();
    let start = || -> Result<Worker> {
        let mut command = program.command(&["worker"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Worker(command.spawn().context("starting a worker")?))
    };
    let running: Vec<Worker> = (0..workers).map(|_| start()).collect::<Result<_>>()?;
    let limit = Duration::from_secs(args.minutes_max * 60);
    while done(&database.url).await? < i64::from(args.tenants) {
        if began.elapsed() > limit {
            bail!("the first syncs did not end within {} minutes", args.minutes_max);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let took = began.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_secs(3)).await;
    for worker in &running {
        let (peak, idle) = (worker.memory_mib("VmHWM")?, worker.memory_mib("VmRSS")?);
        println!("  a worker's memory: {peak:.1} MiB at most, {idle:.1} MiB idle");
    }
    drop(running);
    database.remove().await?;
    Ok(took)
}

/// Tenants whose first sync has ended well.
async fn done(url: &str) -> Result<i64> {
    let mut connection = sqlx::PgConnection::connect(url).await?;
    let sql = "SELECT count(DISTINCT tenant_id) FROM run WHERE kind = 'sync' AND outcome = 'done'";
    let row = sqlx::query(sql).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(row.try_get(0)?)
}
