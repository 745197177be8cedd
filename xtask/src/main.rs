//! The house's own checks, its generated documents, and the steps that CI runs.
//!
//! `tidy` is a list of pure checks over one [`tree::Tree`] that was read once; each is also a
//! test, so `cargo test` cannot pass while the house is untidy. A check without a message that
//! says what to do is not finished.

use std::io::{self, Write};
use std::process::ExitCode;

mod ci;
mod generated;
mod mask;
mod tidy;
mod tree;

const HELP: &str = "\
cargo xtask tidy    the checks of the house: edges, headers, lengths, words, dead files, documents
cargo xtask docs    writes the generated documents
cargo xtask ci      runs exactly what CI runs (needs TEST_POSTGRES_URL; ./run test sets it)
cargo xtask simulate [--seeds N] [--seed S] [--threads T] [--day]
                    tells the stories of N seeds from S on to the sync engine, in an optimised build;
                    with --day, 24 hours of the product's own jobs beside webhooks that get lost
cargo xtask help    this text";

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    let outcome = match command.as_deref() {
        Some("tidy") => tidy::run(),
        Some("docs") => generated::write(),
        Some("ci") => ci::run(),
        Some("simulate") => ci::simulate(std::env::args().skip(2)),
        Some("help" | "-h" | "--help") | None => {
            say(HELP);
            return ExitCode::SUCCESS;
        }
        Some(other) => {
            say(&format!("there is no command {other:?}\n\n{HELP}"));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints a line for the person; a closed pipe is not worth a panic.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
