//! `almanac keys`.

use std::process::ExitCode;

use almanac_store::Keyring;
use serde_json::json;

use crate::cli::{Global, KeysCommand};
use crate::config::Config;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;

/// Rotates the key that seals the tenants' data keys. The old key stays in the file, so that
/// older backups can still be restored.
pub(super) async fn run(global: &Global, command: &KeysCommand) -> Result<ExitCode, Failure> {
    let KeysCommand::Rotate = command;
    let config = Config::load(global)?;
    Keyring::rotate(&config.key_file)?;
    let context = Context::with_config(config).await?;
    let sealed = context.store.rotate_keys().await?;
    context.close().await;
    if global.json {
        output::json(&json!({ "tenants": sealed }))?;
    } else {
        output::line(&format!(
            "A new key is in use; the data keys of {sealed} tenants were sealed with it. \
             Copy the key file to where you keep it apart from the backups."
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
