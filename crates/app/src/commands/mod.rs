//! One file per command.

mod backup;
mod completions;
mod config;
mod connection;
mod demo;
mod doctor;
mod grading;
mod halo_sim;
mod keys;
mod metrics;
mod migrate;
mod progress;
mod receipts;
mod records;
mod release;
mod serve;
mod sync;
mod tenant;

use std::process::ExitCode;

pub(crate) use self::serve::SCHEDULES_EVERY;

use crate::cli::{Cli, Command};
use crate::failure::Failure;
use crate::logging::{self, Voice};

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let Cli { global, command } = cli;
    let voice = match command {
        Command::Serve(_) | Command::Worker => Voice::Server,
        _ => Voice::Command,
    };
    logging::start(voice, global.verbose);
    match command {
        Command::Demo(args) => demo::run(&global, args).await,
        Command::Serve(args) => serve::serve(&global, &args).await,
        Command::Worker => serve::worker(&global).await,
        Command::Migrate => migrate::run(&global).await,
        Command::Config(command) => config::run(&global, &command),
        Command::Doctor => doctor::run(&global).await,
        Command::Tenant(command) => tenant::run(&global, command).await,
        Command::Connection(command) => connection::run(&global, command).await,
        Command::Sync(command) => sync::run(&global, command).await,
        Command::Records(command) => records::run(&global, command).await,
        Command::Keys(command) => keys::run(&global, &command).await,
        Command::Backup { file } => backup::backup(&global, &file).await,
        Command::Restore { file } => backup::restore(&global, &file).await,
        Command::HaloSim(options) => halo_sim::run(*options).await,
        Command::Completions { shell } => Ok(completions::run(shell)),
    }
}
