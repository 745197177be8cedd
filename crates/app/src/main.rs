//! The `almanac` program.
//!
//! Everything is wired here and nowhere else: this is the only crate that names a particular PSA
//! or opens a database by its address. Exit codes are public: 0 done, 1 failed, 2 usage or
//! configuration, 3 a person must decide, 75 try again later.

mod alone;
mod call_plan;
mod cli;
mod clock;
mod commands;
mod config;
mod context;
mod failure;
mod logging;
mod memory;
mod output;
mod owner;
mod stop;
mod table;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::failure::Failure;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let wants_json = cli.global.json;
    match start(cli) {
        Ok(code) => code,
        Err(failure) => failure.report(wants_json),
    }
}

fn start(cli: Cli) -> Result<ExitCode, Failure> {
    // The provider is process-wide; a second call in one process would only say so.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the runtime could not start: {error}")))?;
    let result = runtime.block_on(commands::run(cli));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}
