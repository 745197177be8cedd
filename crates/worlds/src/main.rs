//! Tells the stories of many seeds; `cargo xtask simulate` starts it.

use std::io::{self, Write};
use std::process::ExitCode;

use almanac_worlds::{Failure, Template, try_day, try_seeds};

/// Changes of a day: one in about a minute.
const DAY_EDITS: u64 = 1_300;

const HELP: &str = "\
--seeds N   tells the stories of N seeds (500)
--seed S    begins with this seed (0); alone, tells only this one
--threads T so many at a time (one for each processor)
--day       a day of 24 hours for each seed, in place of a story (3)";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (mut seeds, mut first, mut threads, mut is_day) = (None, None, None, false);
    while let Some(name) = args.next() {
        if name == "--day" {
            is_day = true;
            continue;
        }
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
    let many = if is_day { 3 } else { 500 };
    let seeds = seeds.unwrap_or(if first.is_some() { 1 } else { many });
    let first = first.unwrap_or(0);
    if is_day {
        return tell_days(first..first.saturating_add(seeds));
    }
    let machine = || std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    match try_seeds(first..first.saturating_add(seeds), threads.unwrap_or_else(machine)) {
        Ok(tally) => {
            say(&format!("{seeds} seeds from {first} on: all holds. {tally:#?}"));
            ExitCode::SUCCESS
        }
        Err(failure) => {
            tell(&failure, "");
            ExitCode::FAILURE
        }
    }
}

fn tell_days(seeds: std::ops::Range<u64>) -> ExitCode {
    let template = Template::make();
    for seed in seeds {
        match try_day(&template, seed, DAY_EDITS) {
            Ok(tally) => say(&format!("day {seed}: all holds. {tally:#?}")),
            Err(failure) => {
                tell(&failure, "--day ");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn tell(Failure { seed, what, story }: &Failure, how: &str) {
    for line in story {
        say(line);
    }
    say(&format!("seed {seed}: {what}\nreplay: cargo xtask simulate {how}--seed {seed}"));
}

/// Prints a line for the person; a closed pipe is not worth a panic.
fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}
