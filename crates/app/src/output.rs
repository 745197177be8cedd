//! What goes to standard output and standard error.
//!
//! Standard output carries the answer and nothing else; with `--json` it is one JSON document.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Prints one JSON document.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string(value)
        .map_err(|error| Failure::failed(format!("the answer could not be written: {error}")))?;
    line(&text)
}

/// Prints a line of the answer. A reader that has gone (`| head`) is not an error.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Tells the person something that is not the answer.
#[expect(clippy::print_stderr, reason = "this is the program's voice")]
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}
