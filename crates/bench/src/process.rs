//! Child processes with what they cost: wall time, processor time, peak memory.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, bail};

/// What a finished process cost.
#[derive(Debug, Clone)]
pub(crate) struct Cost {
    pub(crate) wall_seconds: f64,
    pub(crate) processor_seconds: f64,
    pub(crate) out: String,
}

/// Runs a command to its end.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
pub(crate) fn measure(command: &mut Command) -> Result<Cost> {
    let before = children_seconds()?;
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    let wall_seconds = began.elapsed().as_secs_f64();
    let out = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        bail!("{command:?} ended with {}: {out}", output.status);
    }
    Ok(Cost { wall_seconds, processor_seconds: children_seconds()? - before, out })
}

/// Ticks per second of the kernel's process figures, fixed on Linux.
const TICKS: f64 = 100.0;

/// Processor time of ended children, in seconds.
fn children_seconds() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let Some((_, fields)) = stat.rsplit_once(')') else { bail!("/proc/self/stat is unreadable") };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok());
    match (ticks(13), ticks(14)) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS),
        _ => bail!("/proc/self/stat has too few fields"),
    }
}
