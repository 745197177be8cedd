//! `almanac records`.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use almanac_model::money::Currency;
use almanac_model::stream::Stream;
use almanac_store::{Connection, RecordRow};
use serde_json::json;

use super::grading::Judge;
use crate::cli::{Global, RecordsCommand};
use crate::clock;
use crate::context::{Context, TenantContext};
use crate::failure::Failure;
use crate::output;
use crate::table::Table;

/// Records read at a time.
const BATCH: u32 = 500;

/// Exports records, or lists those that were not understood.
pub(super) async fn run(global: &Global, command: RecordsCommand) -> Result<ExitCode, Failure> {
    let context = Context::open(global).await?;
    match command {
        RecordsCommand::Export { tenant, mut streams, raw, deleted } => {
            if streams.is_empty() {
                streams.extend(Stream::ALL);
            }
            let tenant = context.tenant(&tenant.tenant).await?;
            let connection = tenant.connection().await?;
            let currency = context.config.grading.currency;
            for stream in streams {
                let export =
                    Export { tenant: &tenant, connection: &connection, stream, deleted, currency };
                let written = if raw { export.raw().await } else { export.mapped().await };
                match written {
                    Err(Stop::Reader) => break,
                    Err(Stop::Failure(failure)) => return Err(failure),
                    Ok(()) => {}
                }
            }
        }
        RecordsCommand::Problems { tenant } => {
            let tenant = context.tenant(&tenant.tenant).await?;
            problems(global, &tenant).await?;
        }
    }
    context.close().await;
    Ok(ExitCode::SUCCESS)
}

/// What to export.
struct Export<'a> {
    tenant: &'a TenantContext,
    connection: &'a Connection,
    stream: Stream,
    deleted: bool,
    currency: Currency,
}

/// Why an export ends early.
enum Stop {
    /// The reader has gone (`| head`).
    Reader,
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failure(error.into())
    }
}

impl Export<'_> {
    async fn raw(&self) -> Result<(), Stop> {
        let mut out = BufWriter::new(io::stdout().lock());
        let mut after = None;
        loop {
            let page = self.page(after.as_ref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.remote_id.clone());
            for record in &page {
                let mut line = self.head(record).to_string().into_bytes();
                // The body goes in as it is, so that it keeps its bytes.
                line.pop();
                line.extend_from_slice(b",\"body\":");
                line.extend(one_line(&record.body));
                line.extend_from_slice(b"}\n");
                write(&mut out, &line)?;
            }
        }
        flush(&mut out)
    }

    async fn mapped(&self) -> Result<(), Stop> {
        let store = &self.tenant.store;
        let judge = Judge::load(store, self.connection.id, self.currency, clock::today()).await?;
        let mut out = BufWriter::new(io::stdout().lock());
        let mut after = None;
        loop {
            let page = self.page(after.as_ref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.remote_id.clone());
            let ids: Vec<_> = page.iter().map(|record| record.remote_id.clone()).collect();
            let rows = store.projection_load(self.connection.id, self.stream, &ids).await?;
            for record in &page {
                let mut line = self.head(record);
                let row = rows.iter().find(|row| *row.projection.remote_id() == record.remote_id);
                let (mapped, why) = match row {
                    Some(row) => judge.explain(&row.projection, row.facts.as_deref())?,
                    None => (serde_json::Value::Null, json!({})),
                };
                line["record"] = mapped;
                line["why"] = why;
                if let Some(problem) = &record.problem {
                    line["problem"] = json!({ "code": "SYNC-014", "text": problem });
                }
                write(&mut out, format!("{line}\n").as_bytes())?;
            }
        }
        flush(&mut out)
    }

    async fn page(
        &self,
        after: Option<&almanac_model::id::RemoteId>,
    ) -> Result<Vec<RecordRow>, Stop> {
        let store = &self.tenant.store;
        Ok(store.record_page(self.connection.id, self.stream, after, BATCH, self.deleted).await?)
    }

    fn head(&self, record: &RecordRow) -> serde_json::Value {
        let sha256: String = record.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "stream": self.stream.name(),
            "remote_id": record.remote_id,
            "generation": record.generation,
            "first_seen_at": clock::iso(record.first_seen_at),
            "changed_at": clock::iso(record.changed_at),
            "deleted_at": record.deleted_at.map(clock::iso),
            "sha256": sha256,
        })
    }
}

/// A row may have been sent over several lines; between tokens a line end is only a space, and
/// inside a string JSON has none.
fn one_line(body: &[u8]) -> impl Iterator<Item = u8> {
    body.iter().map(|&byte| if byte == b'\n' || byte == b'\r' { b' ' } else { byte })
}

fn write(out: &mut impl Write, line: &[u8]) -> Result<(), Stop> {
    out.write_all(line).map_err(stop)
}

fn flush(out: &mut impl Write) -> Result<(), Stop> {
    out.flush().map_err(stop)
}

fn stop(error: io::Error) -> Stop {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Stop::Reader
    } else {
        Stop::Failure(error.into())
    }
}

async fn problems(global: &Global, tenant: &TenantContext) -> Result<(), Failure> {
    let connection = tenant.connection().await?;
    let mut found = Vec::new();
    for stream in Stream::ALL {
        for problem in tenant.store.record_problem_list(connection.id, stream, BATCH).await? {
            found.push((stream, problem));
        }
    }
    if global.json {
        let found: Vec<_> = found
            .iter()
            .map(|(stream, problem)| {
                json!({
                    "stream": stream.name(), "remote_id": problem.remote_id,
                    "code": "SYNC-014", "text": problem.problem,
                })
            })
            .collect();
        return output::json(&found);
    }
    if found.is_empty() {
        return output::line("Every row was understood.");
    }
    let mut table = Table::new(&["stream", "remote id", "what is wrong"]);
    for (stream, problem) in found {
        table.row(vec![stream.to_string(), problem.remote_id.to_string(), problem.problem]);
    }
    output::line(table.render().trim_end())
}
