//! Logs: on standard error, as text for a terminal and as JSON lines for a collector.
//!
//! Never in a log: tokens, secrets, bodies, mail addresses, names (`docs/logging.md`).

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What a process is, which decides how much it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// A command that a person runs: warnings only.
    Command,
    /// A server: what happens.
    Server,
}

/// Starts logging; a second call changes nothing.
pub(crate) fn start(voice: Voice, verbose: u8) {
    let level = match (voice, verbose) {
        (Voice::Command, 0) => "warn",
        (Voice::Command, 1) | (Voice::Server, 0) => "info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env("ALMANAC_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("warn,almanac={level}")));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let is_terminal = std::io::stderr().is_terminal();
    let result = if voice == Voice::Server && !is_terminal {
        builder.json().try_init()
    } else {
        builder.with_ansi(is_terminal).with_target(false).try_init()
    };
    // In one process (the demo) the first voice stays.
    drop(result);
}
