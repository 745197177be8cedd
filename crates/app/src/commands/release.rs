//! `almanac sync release`: what a page does with a typed number, for who has a shell.

use std::process::ExitCode;

use almanac_model::author::Author;
use almanac_model::stream::Stream;
use almanac_store::{ReleaseRefused, ReleaseStream};
use serde_json::json;

use crate::cli::Global;
use crate::clock;
use crate::context::TenantContext;
use crate::failure::Failure;
use crate::output;

/// Lets the next read of a held stream conclude as much as it was held for.
pub(super) async fn release(
    global: &Global,
    tenant: &TenantContext,
    stream: Stream,
    number: u64,
) -> Result<ExitCode, Failure> {
    let connection = tenant.connection().await?;
    let release = ReleaseStream {
        connection: connection.id,
        stream,
        number,
        by: &Author::program("the command line"),
        at_ms: clock::now_ms(),
    };
    match tenant.store.stream_release(&release).await? {
        Ok(()) if global.json => {
            output::json(&json!({ "stream": stream.name(), "released": number }))?;
            Ok(ExitCode::SUCCESS)
        }
        Ok(()) => {
            output::line(&format!(
                "{stream} is released for {number}; the next read concludes that much and no more."
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(ReleaseRefused::NotHeld) => {
            Err(Failure::failed(format!("{stream} is not held; nothing was released")))
        }
        Err(ReleaseRefused::NoNumber) => Err(Failure::failed(format!(
            "no number releases {stream}: do what its code says, then read again"
        ))),
        Err(ReleaseRefused::OtherNumber { held }) => Err(Failure::usage(format!(
            "{stream} is held for {held}, not for {number}; nothing was released"
        ))),
    }
}
