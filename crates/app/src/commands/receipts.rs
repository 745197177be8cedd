//! `almanac sync receipts`: what was found, and whether each signature holds.

use std::process::ExitCode;

use almanac_model::stream::Stream;
use almanac_store::{Receipt, ReceiptVerdict};
use serde_json::{Value, json};

use crate::cli::Global;
use crate::clock;
use crate::context::TenantContext;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::table::Table;

/// Lists receipts, the newest first. Fails when one is not as it was written.
pub(super) async fn list(
    global: &Global,
    tenant: &TenantContext,
    stream: Option<Stream>,
    limit: u32,
) -> Result<ExitCode, Failure> {
    let connection = tenant.connection().await?;
    let receipts = tenant.store.receipt_list(connection.id, stream, limit).await?;
    let mut verdicts = tenant.store.receipt_check(connection.id).await?;
    verdicts.retain(|verdict| stream.is_none_or(|stream| verdict.stream == stream));
    let is_intact = verdicts.iter().all(|verdict| verdict.broken_at.is_none());
    if global.json {
        output::json(&json!({
            "tenant": tenant.tenant.slug,
            "intact": is_intact,
            "chains": verdicts.iter().map(chain_json).collect::<Vec<_>>(),
            "receipts": receipts.iter().map(receipt_json).collect::<Vec<_>>(),
        }))?;
    } else {
        print(&receipts, &verdicts)?;
    }
    Ok(if is_intact { ExitCode::SUCCESS } else { ExitCode::from(Exit::Failed.number()) })
}

fn chain_json(verdict: &ReceiptVerdict) -> Value {
    json!({
        "stream": verdict.stream.name(), "count": verdict.count, "broken_at": verdict.broken_at,
    })
}

fn receipt_json(receipt: &Receipt) -> Value {
    let mut json = serde_json::to_value(&receipt.told).expect("a receipt is plain data");
    json["stream"] = json!(receipt.stream.name());
    json["number"] = json!(receipt.seq);
    json["at"] = json!(clock::iso(receipt.at));
    json["kind"] = json!(receipt.kind);
    json["genuine"] = json!(receipt.is_genuine);
    json
}

fn print(receipts: &[Receipt], verdicts: &[ReceiptVerdict]) -> Result<(), Failure> {
    let mut table = Table::new(&[
        "written",
        "stream",
        "of",
        ">in Halo",
        ">here",
        ">compared",
        ">differed",
        ">corrected",
        "held",
    ]);
    for receipt in receipts {
        let told = &receipt.told;
        table.row(vec![
            clock::iso(receipt.at),
            receipt.stream.to_string(),
            format!("{:?}", receipt.kind).to_lowercase(),
            told.theirs.to_string(),
            told.ours.to_string(),
            told.compared.to_string(),
            told.differed.to_string(),
            told.corrected.to_string(),
            told.held.clone().unwrap_or_default(),
        ]);
    }
    output::line(table.render().trim_end())?;
    for receipt in receipts {
        for one in &receipt.told.records {
            output::line(&format!("{} {}: {}", receipt.stream, one.remote_id, one.what))?;
        }
    }
    for verdict in verdicts {
        if let Some(at) = verdict.broken_at {
            output::line(&format!("{}: number {at} is not as it was written", verdict.stream))?;
        }
    }
    let count: u64 = verdicts.iter().map(|verdict| verdict.count).sum();
    output::line(&format!("{count} receipts are kept."))
}
