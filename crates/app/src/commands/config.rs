//! `almanac config`.

use std::process::ExitCode;

use serde_json::json;

use crate::cli::{ConfigCommand, Global};
use crate::config::{Config, SAMPLE};
use crate::context;
use crate::failure::Failure;
use crate::output;

/// Checks the configuration, or prints the sample.
pub(super) fn run(global: &Global, command: &ConfigCommand) -> Result<ExitCode, Failure> {
    match command {
        ConfigCommand::Sample => output::line(SAMPLE.trim_end())?,
        ConfigCommand::Check => check(global)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn check(global: &Global) -> Result<(), Failure> {
    let config = Config::load(global)?;
    // The address prints without its password.
    let database = context::address(&config)?.to_string();
    if global.json {
        return output::json(&json!({
            "data": config.data,
            "key_file": config.key_file,
            "database": database,
            "server": config.server,
            "halo": config.halo,
            "sync": config.sync,
        }));
    }
    output::line(&format!("data      {}", config.data.display()))?;
    output::line(&format!("key file  {}", config.key_file.display()))?;
    output::line(&format!("database  {database}"))?;
    output::line(&format!("listen    {}", config.server.listen))?;
    output::line(&format!(
        "halo      limit {} calls per 5 minutes, share {} %, private hosts allowed: {}",
        config.halo.call_limit,
        config.halo.share,
        if config.halo.allow_private_hosts.is_empty() {
            "none".to_owned()
        } else {
            config.halo.allow_private_hosts.join(", ")
        }
    ))?;
    output::line(&format!("sync      full read every {} hours", config.sync.full_every_hours))
}
