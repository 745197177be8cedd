//! What CI runs, step by step, with the time that each takes.
//!
//! The one list of checks: `./run test` sets the machine up and starts a database, then comes
//! here. A step that cannot run because its tool is not installed says so; it never passes
//! silently.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{say, tidy, tree};

/// What carries a step out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tool {
    /// The cargo that started this program, at the root.
    Cargo,
    /// npm, in a folder whose packages `./run test` has brought.
    Npm(&'static str),
}

/// One command of the list.
struct Step {
    name: &'static str,
    tool: Tool,
    /// A tool that is worth having but is not asked of every machine; its step is left out, with
    /// a line that says so, when this command fails.
    needs: Option<&'static [&'static str]>,
    args: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        tool: Tool::Cargo,
        needs: None,
        args: &["fmt", "--all", "--check"],
        env: &[],
    },
    Step {
        name: "lints",
        tool: Tool::Cargo,
        needs: None,
        args: &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
        env: &[],
    },
    Step {
        name: "documentation",
        tool: Tool::Cargo,
        needs: None,
        args: &["doc", "--workspace", "--no-deps", "--locked"],
        env: &[("RUSTDOCFLAGS", "-D warnings")],
    },
    Step {
        name: "licences, bans, sources",
        tool: Tool::Cargo,
        needs: Some(&["deny", "--version"]),
        args: &["deny", "--offline", "check", "licenses", "bans", "sources"],
        env: &[],
    },
    Step {
        name: "islands: types",
        tool: Tool::Npm("crates/web/ui"),
        needs: None,
        args: &["run", "-s", "check"],
        env: &[],
    },
    Step {
        name: "icons are current",
        tool: Tool::Npm("crates/web/ui"),
        needs: None,
        args: &["run", "-s", "icons", "--", "--check"],
        env: &[],
    },
    Step {
        name: "browser tests: types",
        tool: Tool::Npm("e2e"),
        needs: None,
        args: &["run", "-s", "check"],
        env: &[],
    },
];

/// The program, which the tests from outside start, and then they. Built with everything, as the
/// tests before built it: alone, its libraries would be built again with fewer features.
const FROM_OUTSIDE: [Step; 3] = [
    Step {
        name: "the program",
        tool: Tool::Cargo,
        needs: None,
        args: &["build", "--workspace", "--all-targets", "--locked"],
        env: &[],
    },
    Step {
        name: "API against its description",
        tool: Tool::Npm("e2e"),
        needs: None,
        args: &["run", "-s", "api"],
        env: &[],
    },
    Step { name: "browser tests", tool: Tool::Npm("e2e"), needs: None, args: &["test"], env: &[] },
];

const NEXTEST: Step = Step {
    name: "tests on both databases (nextest)",
    tool: Tool::Cargo,
    needs: None,
    args: &["nextest", "run", "--workspace", "--locked", "--no-fail-fast"],
    env: &[],
};

/// The fallback: the runner that every toolchain has.
const CARGO_TEST: Step = Step {
    name: "tests on both databases (cargo test)",
    tool: Tool::Cargo,
    needs: None,
    args: &["test", "--workspace", "--all-targets", "--locked", "--no-fail-fast", "-q"],
    env: &[],
};

const DOC_TESTS: Step = Step {
    name: "examples in documentation",
    tool: Tool::Cargo,
    needs: None,
    args: &["test", "--workspace", "--doc", "--locked", "-q"],
    env: &[],
};

/// Runs every step to the end and returns whether all passed; later steps still run after one
/// failed, so that one run tells everything.
pub(crate) fn run() -> Result<bool> {
    if !has_postgres() {
        bail!("TEST_POSTGRES_URL is not set; ./run test starts a private PostgreSQL and sets it");
    }
    let started = stopwatch();
    let mut lines = vec![timed("tidy", tidy::run)?];
    let tests = if answers(&["nextest", "--version"]) { &NEXTEST } else { &CARGO_TEST };
    // The tests come last, so that a log ends with what they say.
    for step in STEPS.iter().chain([&DOC_TESTS, tests]).chain(&FROM_OUTSIDE) {
        lines.push(match step.needs {
            Some(probe) if !answers(probe) => {
                Line { name: step.name, took: Duration::ZERO, verdict: Verdict::Skipped(probe[0]) }
            }
            _ => timed(step.name, || command(step))?,
        });
    }
    say("");
    for line in &lines {
        say(&line.show());
    }
    let total = started.elapsed().as_secs();
    say(&format!("{total:6} s  total of the checks"));
    Ok(lines.iter().all(|line| !matches!(line.verdict, Verdict::Failed)))
}

enum Verdict {
    Passed,
    Failed,
    Skipped(&'static str),
}

struct Line {
    name: &'static str,
    took: Duration,
    verdict: Verdict,
}

impl Line {
    fn show(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Passed => "ok".to_owned(),
            Verdict::Failed => "FAILED".to_owned(),
            Verdict::Skipped(tool) => format!("left out: cargo-{tool} is not installed"),
        };
        format!("{:6} s  {}: {verdict}", self.took.as_secs(), self.name)
    }
}

fn timed(name: &'static str, check: impl FnOnce() -> Result<bool>) -> Result<Line> {
    say(&format!("\n== {name}"));
    let began = stopwatch();
    let verdict = if check()? { Verdict::Passed } else { Verdict::Failed };
    let line = Line { name, took: began.elapsed(), verdict };
    say(&line.show());
    Ok(line)
}

#[expect(
    clippy::disallowed_methods,
    reason = "times of steps for the person; nothing is decided by them"
)]
fn stopwatch() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the address goes on to the tests by inheritance; here only its absence matters"
)]
fn has_postgres() -> bool {
    std::env::var_os("TEST_POSTGRES_URL").is_some()
}

/// Cargo at the root of the workspace, as if a person had started it.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(tree::cargo());
    command.args(args).current_dir(tree::root());
    // Set by the cargo that started this program; a nested cargo would take them for its own.
    for inherited in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME"] {
        command.env_remove(inherited);
    }
    command
}

/// Builds the simulator of both worlds with optimisation and starts it with these arguments.
pub(crate) fn simulate(args: impl Iterator<Item = String>) -> Result<bool> {
    let run = ["run", "-q", "--locked", "--profile", "simulate", "-p", "almanac-worlds", "--"];
    let status = cargo(&run).args(args).status().context("starting cargo run")?;
    Ok(status.success())
}

fn npm(folder: &str, args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(args).current_dir(tree::root().join(folder));
    command
}

fn command(step: &Step) -> Result<bool> {
    let (mut command, tool) = match step.tool {
        Tool::Cargo => (cargo(step.args), "cargo"),
        Tool::Npm(folder) => (npm(folder, step.args), "npm"),
    };
    let status = command
        .envs(step.env.iter().copied())
        .status()
        .with_context(|| format!("starting {tool} {}", step.args.join(" ")))?;
    Ok(status.success())
}

fn answers(args: &[&str]) -> bool {
    let probe = cargo(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn the_build_machine_runs_what_everyone_runs() {
        let tree = Tree::read().expect("the repository can be read");
        let ci = &tree.file(".ci/run").expect(".ci/run is there").text;
        assert!(ci.contains("exec ./run test"));
        let run = &tree.file("run").expect("./run is there").text;
        assert!(run.contains("-p xtask -- ci"));
    }

    #[test]
    fn every_npm_step_is_a_script_of_its_folder() {
        let tree = Tree::read().expect("the repository can be read");
        for step in STEPS.iter().chain(&FROM_OUTSIDE) {
            let Tool::Npm(folder) = step.tool else { continue };
            let package = &tree.file(&format!("{folder}/package.json")).expect("a package").text;
            let script = step.args.iter().find(|arg| !["run", "-s"].contains(arg));
            let script = script.expect("npm runs a script");
            assert!(package.contains(&format!("\"{script}\": ")), "{}", step.name);
        }
    }

    #[test]
    fn warnings_are_denied_and_the_lock_file_is_kept() {
        let steps = STEPS.iter().chain([&NEXTEST, &CARGO_TEST, &DOC_TESTS]).chain(&FROM_OUTSIDE);
        for step in steps.filter(|step| step.tool == Tool::Cargo) {
            let builds = !matches!(step.args[0], "fmt" | "deny");
            assert_eq!(step.args.contains(&"--locked"), builds, "{}", step.name);
        }
        assert!(STEPS.iter().any(|step| step.args.ends_with(&["-D", "warnings"])));
        assert!(STEPS.iter().any(|step| step.env == [("RUSTDOCFLAGS", "-D warnings")]));
    }
}
