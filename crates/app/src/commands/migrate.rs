//! `almanac migrate`.

use std::process::ExitCode;

use serde_json::json;

use crate::cli::Global;
use crate::clock;
use crate::config::Config;
use crate::context;
use crate::failure::Failure;
use crate::output;

/// Brings the database's schema to this version.
pub(super) async fn run(global: &Global) -> Result<ExitCode, Failure> {
    let config = Config::load(global)?;
    let store = context::connect(&config).await?;
    let migrated = store.migrate(clock::now_ms()).await?;
    store.check_ready().await?;
    store.close().await?;
    if global.json {
        output::json(&json!({ "from": migrated.from, "to": migrated.to }))?;
    } else if migrated.from == migrated.to {
        output::line(&format!("The database is at version {} already.", migrated.to))?;
    } else {
        output::line(&format!(
            "The database went from version {} to {}.",
            migrated.from, migrated.to
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
