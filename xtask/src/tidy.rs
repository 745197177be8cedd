//! Tidy: what can be checked about the house is checked here, by machine.
//!
//! Every check takes the whole [`Tree`] and returns problems; one file per check, each with
//! examples that it must catch. [`CHECKS`] is the list; a check that is not in it does not exist.

use std::fmt;

use anyhow::Result;

use crate::tree::Tree;
use crate::{generated, say};

mod changelog;
mod dead;
mod documents;
mod edges;
mod header;
mod length;
mod manifest;
mod words;

/// Something that must be changed, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Relative to the root.
    path: String,
    /// 1-based.
    line: usize,
    /// What is wrong and what to do about it.
    message: String,
}

impl Problem {
    /// A problem at a place.
    pub(crate) fn new(path: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// A check and the rule that it keeps.
type Check = (&'static str, fn(&Tree) -> Vec<Problem>);

const CHECKS: &[Check] = &[
    ("crates name only what their layer may", edges::check),
    ("every manifest takes the shared settings", manifest::check),
    ("every file says what it is for", header::check),
    ("files and functions fit a reader", length::check),
    ("one word, one meaning", words::check),
    ("every file is part of a crate", dead::check),
    ("documents are indexed and their links lead somewhere", documents::check),
    ("changelog fragments have their shape", changelog::check),
    ("generated documents are current", generated::check),
];

/// Runs every check, prints what to change, and returns whether there was nothing.
pub(crate) fn run() -> Result<bool> {
    let tree = Tree::read()?;
    let mut problems = 0;
    for (rule, check) in CHECKS {
        let found = check(&tree);
        if !found.is_empty() {
            say(&format!("{rule}:"));
        }
        for problem in &found {
            say(&format!("  {problem}"));
        }
        problems += found.len();
    }
    for warning in length::warnings(&tree) {
        say(&format!("note: {warning}"));
    }
    say(&format!("tidy: {} checks, {problems} problems", CHECKS.len()));
    Ok(problems == 0)
}

/// The line number of a byte offset.
fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].bytes().filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn keeps(check: fn(&Tree) -> Vec<Problem>) {
        let tree = Tree::read().expect("the repository can be read");
        let problems: Vec<_> = check(&tree).iter().map(Problem::to_string).collect();
        assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    }

    #[test]
    fn crates_name_only_what_their_layer_may() {
        keeps(edges::check);
    }

    #[test]
    fn every_manifest_takes_the_shared_settings() {
        keeps(manifest::check);
    }

    #[test]
    fn every_file_says_what_it_is_for() {
        keeps(header::check);
    }

    #[test]
    fn files_and_functions_fit_a_reader() {
        keeps(length::check);
    }

    #[test]
    fn one_word_has_one_meaning() {
        keeps(words::check);
    }

    #[test]
    fn every_file_is_part_of_a_crate() {
        keeps(dead::check);
    }

    #[test]
    fn documents_are_indexed() {
        keeps(documents::check);
    }

    #[test]
    fn changelog_fragments_have_their_shape() {
        keeps(changelog::check);
    }

    #[test]
    fn generated_documents_are_current() {
        keeps(generated::check);
    }

    #[test]
    fn every_check_in_the_list_has_its_test() {
        let own = include_str!("tidy.rs");
        let tests = own.matches("\n        keeps(").count();
        assert_eq!(tests, CHECKS.len());
    }
}
