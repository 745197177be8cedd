//! From a change in Halo to what pages show: told by a webhook, and found by polling.
//!
//! A page shows what is committed, so the end of a measurement is the row in the database. The
//! changes come at moments of their own, so that none is in step with what the program does.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Row};

use crate::process::measure;
use crate::server::{Server, client};
use crate::world::{CLIENT_ID, Database, Program, SECRET, Sim};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct HooksArgs {
    /// The program under test, built for release
    #[arg(long, default_value = "target/release/almanac")]
    almanac: PathBuf,
    /// A PostgreSQL where databases may be made
    #[arg(long, env = "TEST_POSTGRES_URL", hide_env_values = true)]
    postgres: Option<String>,
    #[arg(long, default_value_t = 430)]
    assets: u32,
    #[arg(long, default_value_t = 200)]
    tickets: u32,
    /// Changes that a webhook tells, one after the other
    #[arg(long, default_value_t = 100)]
    changes: u32,
    /// Changes that polling finds, spread over the rounds below
    #[arg(long, default_value_t = 100)]
    polled: u32,
    /// Seconds between two rounds of polling
    #[arg(long, default_value_t = 60)]
    poll_seconds: u32,
    /// Rounds of polling that changes are spread over
    #[arg(long, default_value_t = 2)]
    rounds: u32,
}

/// No change takes longer, or something is broken.
const PATIENCE: Duration = Duration::from_secs(120);

const STEP: Duration = Duration::from_millis(4);

pub(crate) async fn run(args: &HooksArgs) -> Result<()> {
    let mut engines = vec![("SQLite", None)];
    if let Some(url) = &args.postgres {
        engines.push(("PostgreSQL", Some(url.as_str())));
    }
    for (name, admin) in engines {
        told(args, (name, admin)).await?;
        polled(args, (name, admin)).await?;
    }
    Ok(())
}

/// A server that has read everything.
struct Running {
    sim: Sim,
    _dir: tempfile::TempDir,
    database: Option<Database>,
    server: Server,
    rows: Rows,
    /// Identifiers of tickets in Halo.
    tickets: Vec<i64>,
}

impl Running {
    async fn start(args: &HooksArgs, admin: Option<&str>, config: &str) -> Result<Running> {
        let sizes = [
            ("clients", 30),
            ("contacts", 100),
            ("assets", args.assets),
            ("tickets", args.tickets),
        ];
        let sim = Sim::start(&args.almanac, &sizes)?;
        let dir = tempfile::tempdir()?;
        let database = match admin {
            Some(admin) => Some(Database::create(admin).await?),
            None => None,
        };
        let program =
            Program { almanac: &args.almanac, dir: dir.path(), database: database.as_ref() };
        program.set_up(&sim.url)?;
        let file = dir.path().join("almanac.toml");
        std::fs::write(&file, config)?;
        let server = Server::start_with(&program, &["--config", &file.display().to_string()])?;
        let status = ["sync", "status", "--tenant", "bench", "--json"];
        wait_for("the first sync", async || {
            let said = measure(&mut program.command(&status));
            // Until the first run has ended there is none to tell of.
            let status: Value = serde_json::from_str(&said?.out).unwrap_or_default();
            Ok(status["last_run"]["outcome"] == "done")
        })
        .await?;
        let rows = Rows::open(dir.path(), database.as_ref()).await?;
        let truth = control(&sim, "/truth/Tickets").await?;
        let ids = truth.lines().map(|line| {
            let row: Value = serde_json::from_str(line)?;
            row["id"].as_f64().map(|id| id as i64).context("a ticket's identifier")
        });
        let tickets = ids.collect::<Result<Vec<i64>>>()?;
        Ok(Running { sim, _dir: dir, database, server, rows, tickets })
    }

    async fn end(self) -> Result<()> {
        let Running { database, server, rows, .. } = self;
        drop(server);
        drop(rows);
        match database {
            Some(database) => database.remove().await,
            None => Ok(()),
        }
    }

    /// As an agent would change it in Halo.
    async fn change(&self, ticket: i64, summary: &str) -> Result<()> {
        let body = json!({"op": "update", "id": ticket, "values": {"summary": summary}});
        post(&format!("{}/row/Tickets", self.sim.control), &body).await
    }

    /// Registers the webhook as a person does, and waits until Halo has it.
    async fn register(&self) -> Result<()> {
        let cookie = self.server.sign_in().await?;
        let url = format!("{}/connection/webhook", self.server.url);
        let form = [("base_url", self.server.url.as_str())];
        let answer = client(Some(&cookie))?.post(url).form(&form).send().await?;
        ensure!(answer.status().is_redirection(), "the form was answered with {}", answer.status());
        wait_for("the webhook in Halo", async || {
            let found: Value = serde_json::from_str(&control(&self.sim, "/webhooks").await?)?;
            let own = found["notifications"].as_array().into_iter().flatten();
            let own = own.filter(|row| row["webhook_id"].is_string()).count();
            Ok(found["webhooks"][0]["active"] == true && own >= 2)
        })
        .await
    }

    /// How long each delivery waited for its answer, by Halo's own log.
    async fn answers(&self) -> Result<Vec<Duration>> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("client_secret", SECRET),
            ("scope", "all:standard admin:webhooks"),
        ];
        let http = client(None)?;
        let token = http.post(format!("{}/auth/token", self.sim.url)).form(&form).send().await?;
        let token: Value = serde_json::from_slice(&token.bytes().await?)?;
        let token = token["access_token"].as_str().context("a token")?;
        let url = format!("{}/api/WebhookEvent?count=1000", self.sim.url);
        let log = http.get(url).bearer_auth(token).send().await?;
        let log: Value = serde_json::from_slice(&log.bytes().await?)?;
        let log = log.as_object().context("the log of deliveries")?.values();
        let rows = log.filter_map(Value::as_array).flatten();
        let mut answers = Vec::new();
        for row in rows {
            ensure!(row["responsestatus"] == 204, "a delivery was answered: {row}");
            answers.push(Duration::from_secs_f64(row["duration"].as_f64().context("a duration")?));
        }
        Ok(answers)
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
async fn told(args: &HooksArgs, (name, admin): (&str, Option<&str>)) -> Result<()> {
    let mut running = Running::start(args, admin, "").await?;
    running.register().await?;
    let mut took = Vec::new();
    for number in 0..args.changes {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(300..1_500))).await;
        let ticket = running.tickets[fastrand::usize(..running.tickets.len())];
        let summary = format!("told {number}");
        let began = Instant::now();
        running.change(ticket, &summary).await?;
        while running.rows.summary(ticket).await?.as_deref() != Some(summary.as_str()) {
            if began.elapsed() > PATIENCE {
                bail!("ticket {ticket} was changed and is not here");
            }
            tokio::time::sleep(STEP).await;
        }
        took.push(began.elapsed());
    }
    println!("{name}, told by a webhook: {}", spread(&mut took)?);
    println!("{name}, a delivery answered: {}", spread(&mut running.answers().await?)?);
    running.end().await
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
async fn polled(args: &HooksArgs, (name, admin): (&str, Option<&str>)) -> Result<()> {
    let config = format!("[sync]\nchanges_every_seconds = {}\n", args.poll_seconds);
    let mut running = Running::start(args, admin, &config).await?;
    let every = Duration::from_secs(u64::from(args.poll_seconds * args.rounds)) / args.polled;
    let mut open: BTreeMap<i64, (String, Instant)> = BTreeMap::new();
    let (mut took, mut number) = (Vec::new(), 0);
    let mut next = Instant::now();
    while number < args.polled || !open.is_empty() {
        if number < args.polled && Instant::now() >= next {
            let ticket = running.tickets[number as usize % running.tickets.len()];
            ensure!(!open.contains_key(&ticket), "there are too few tickets for so many changes");
            let summary = format!("polled {number}");
            open.insert(ticket, (summary.clone(), Instant::now()));
            running.change(ticket, &summary).await?;
            number += 1;
            next += every;
        }
        let tickets: Vec<i64> = open.keys().copied().collect();
        for ticket in tickets {
            let (summary, began) = &open[&ticket];
            if running.rows.summary(ticket).await?.as_ref() == Some(summary) {
                took.push(began.elapsed());
                open.remove(&ticket);
            } else if began.elapsed() > PATIENCE {
                bail!("ticket {ticket} was changed and is not here");
            }
        }
        tokio::time::sleep(5 * STEP).await;
    }
    println!("{name}, polled every {} s: {}", args.poll_seconds, spread(&mut took)?);
    running.end().await
}

/// The rows that pages are made from.
enum Rows {
    Lite(sqlx::SqliteConnection),
    Pg(sqlx::PgConnection),
}

impl Rows {
    async fn open(dir: &std::path::Path, database: Option<&Database>) -> Result<Rows> {
        use sqlx::Connection as _;
        Ok(match database {
            Some(database) => Rows::Pg(sqlx::PgConnection::connect(&database.url).await?),
            None => {
                let file = dir.join("data/almanac.db");
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
                Rows::Lite(options.read_only(true).connect().await?)
            }
        })
    }

    /// A ticket's summary as it is kept now.
    async fn summary(&mut self, ticket: i64) -> Result<Option<String>> {
        let sql = "SELECT body FROM record WHERE stream = 'tickets' AND remote_id = $1 \
                   AND deleted_at IS NULL";
        let id = ticket.to_string();
        let body: Option<Vec<u8>> = match self {
            Rows::Lite(at) => {
                let row = sqlx::query(sql).bind(id).fetch_optional(at).await?;
                row.map(|row| row.try_get(0)).transpose()?
            }
            Rows::Pg(at) => {
                let row = sqlx::query(sql).bind(id).fetch_optional(at).await?;
                row.map(|row| row.try_get(0)).transpose()?
            }
        };
        let Some(body) = body else { return Ok(None) };
        let body: Value = serde_json::from_slice(&body)?;
        Ok(body["summary"].as_str().map(str::to_owned))
    }
}

/// Middle, tail and worst.
fn spread(took: &mut [Duration]) -> Result<String> {
    took.sort_unstable();
    let at = |percent: usize| took.get((took.len() * percent).div_ceil(100).saturating_sub(1));
    let (Some(middle), Some(tail), Some(worst)) = (at(50), at(95), took.last()) else {
        bail!("nothing was measured");
    };
    let ms = |time: &Duration| time.as_secs_f64() * 1_000.0;
    Ok(format!(
        "{} times, p50 {:.1} ms, p95 {:.1} ms, at most {:.1} ms",
        took.len(),
        ms(middle),
        ms(tail),
        ms(worst)
    ))
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
async fn wait_for(what: &str, mut is_so: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_so().await? {
        if began.elapsed() > PATIENCE {
            bail!("waited too long for {what}");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn control(sim: &Sim, path: &str) -> Result<String> {
    let answer = client(None)?.get(format!("{}{path}", sim.control)).send().await?;
    ensure!(answer.status().is_success(), "{path}: {}", answer.status());
    Ok(answer.text().await?)
}

async fn post(url: &str, body: &Value) -> Result<()> {
    let head = ("content-type", "application/json");
    let answer = client(None)?.post(url).header(head.0, head.1).body(body.to_string());
    let answer = answer.send().await?;
    ensure!(answer.status().is_success(), "{url}: {}", answer.status());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_tells_middle_tail_and_worst() {
        let mut took: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        let words = spread(&mut took).expect("measured");
        assert_eq!(words, "100 times, p50 50.0 ms, p95 95.0 ms, at most 100.0 ms");
        assert!(spread(&mut []).is_err(), "no figure without a measurement");
    }
}
