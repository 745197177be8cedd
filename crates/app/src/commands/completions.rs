//! `almanac completions`.

use std::io;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::cli::Cli;

/// Prints the completion script of a shell.
pub(super) fn run(shell: clap_complete::Shell) -> ExitCode {
    clap_complete::generate(shell, &mut Cli::command(), "almanac", &mut io::stdout());
    ExitCode::SUCCESS
}
