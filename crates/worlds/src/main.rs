//! Tells the stories of many seeds; `cargo xtask simulate` starts it.

use std::io::{self, Write};
use std::process::ExitCode;

use almanac_worlds::{Failure, try_seeds};

const HELP: &str = "\
--seeds N   tells the stories of N seeds (500)
--seed S    begins with this seed (0); alone, tells only this one
--threads T so many at a time (one for each processor)";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (mut seeds, mut first, mut threads) = (None, None, None);
    while let Some(name) = args.next() {
        let value = args.next().and_then(|value| value.parse::<u64>().ok());
        match (name.as_str(), value) {
            ("--seeds", Some(value)) => seeds = Some(value),
            ("--seed", Some(value)) => first = Some(value),
            ("--threads", Some(value)) => threads = Some(value),
            _ => {
                say(HELP);
                return ExitCode::from(2);
            }
        }
    }
    let seeds = seeds.unwrap_or(if first.is_some() { 1 } else { 500 });
    let first = first.unwrap_or(0);
    let machine = || std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    match try_seeds(first..first.saturating_add(seeds), threads.unwrap_or_else(machine)) {
        Ok(tally) => {
            say(&format!("{seeds} seeds from {first} on: all holds. {tally:#?}"));
            ExitCode::SUCCESS
        }
        Err(failure) => {
            tell(&failure);
            ExitCode::FAILURE
        }
    }
}

fn tell(Failure { seed, what, story }: &Failure) {
    for line in story {
        say(line);
    }
    say(&format!("seed {seed}: {what}\nreplay: cargo xtask simulate --seed {seed}"));
}

/// Prints a line for the person; a closed pipe is not worth a panic.
fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}
