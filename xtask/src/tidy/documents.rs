//! Documents: each can be found from an index, each link leads somewhere, and decisions are
//! numbered without a gap.

use std::collections::BTreeSet;

use super::Problem;
use crate::tree::{File, Tree};

/// Where a reader starts.
const INDEXES: [&str; 2] = ["docs/README.md", "ARCHITECTURE.md"];
const DECISIONS: &str = "docs/decisions/";
/// What a decision record tells, in this order.
const DECISION_PARTS: [&str; 3] = ["## Context", "## Choice", "## What we give up"];

/// Documents that cannot be found, links that lead nowhere, decisions out of order.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut indexed = BTreeSet::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(file) {
            if !exists(tree, &target) {
                let message = format!(
                    "links to {target}, which is not there. Mend the link or write the page."
                );
                problems.push(Problem::new(&file.path, line, message));
            }
            if INDEXES.contains(&file.path.as_str()) {
                indexed.insert(target);
            }
        }
    }
    for file in tree.files.iter().filter(|file| file.path.starts_with("docs/")) {
        let is_index = INDEXES.contains(&file.path.as_str());
        if !is_index && !indexed.contains(&file.path) {
            let message = format!("is in no index. Link to it from {}.", INDEXES.join(" or "));
            problems.push(Problem::new(&file.path, 1, message));
        }
    }
    problems.extend(check_decisions(tree));
    problems
}

fn exists(tree: &Tree, target: &str) -> bool {
    let folder = format!("{}/", target.trim_end_matches('/'));
    tree.files.iter().any(|file| file.path == target || file.path.starts_with(&folder))
}

/// Links to files of the repository, with their line, as paths from the root.
fn links(file: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_fenced = false;
    for (at, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        }
        if is_fenced {
            continue;
        }
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', '#', ' ']).next().unwrap_or_default();
            let is_outside = target.contains("://") || target.starts_with("mailto:");
            if !target.is_empty() && !is_outside {
                found.push((at + 1, resolve(&file.path, target)));
            }
        }
    }
    found
}

fn resolve(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn check_decisions(tree: &Tree) -> Vec<Problem> {
    let records = tree.files.iter().filter(|file| file.path.starts_with(DECISIONS));
    let mut problems = Vec::new();
    for (at, file) in records.enumerate() {
        let number = format!("{:04}", at + 1);
        let name = file.path.trim_start_matches(DECISIONS);
        if !name.starts_with(&format!("{number}-")) {
            let message =
                format!("decisions are numbered without a gap: this one is `{number}-<title>.md`.");
            problems.push(Problem::new(&file.path, 1, message));
        }
        if !file.text.starts_with(&format!("# {number} ")) {
            let message = format!("open it with `# {number} <title>`.");
            problems.push(Problem::new(&file.path, 1, message));
        }
        let mut from = 0;
        for part in DECISION_PARTS {
            match file.text[from..].find(part) {
                Some(found) => from += found,
                None => {
                    let message = format!(
                        "a decision has the parts {}, in this order.",
                        DECISION_PARTS.join(", ")
                    );
                    problems.push(Problem::new(&file.path, 1, message));
                    break;
                }
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = "# 0001 One\n## Context\n## Choice\n## What we give up\n";

    #[track_caller]
    fn check_files(files: &[(&str, &str)], want: &[&str]) {
        let tree = Tree {
            files: files.iter().map(|(path, text)| File::new(*path, *text)).collect(),
            packages: Vec::new(),
        };
        let problems = check(&tree);
        assert_eq!(problems.len(), want.len(), "{problems:?}");
        for (problem, part) in problems.iter().zip(want) {
            assert!(problem.message.contains(part), "{problem}");
        }
    }

    #[test]
    fn every_document_is_linked_and_every_link_leads_somewhere() {
        let index = ("docs/README.md", "[a](a.md#part) [x](https://x.example) [up](../run)");
        check_files(&[index, ("docs/a.md", ""), ("run", "")], &[]);
        check_files(&[index, ("docs/a.md", ""), ("docs/b.md", ""), ("run", "")], &["in no index"]);
        check_files(&[index, ("run", "")], &["not there"]);
        check_files(&[("README.md", "```\n[a](nowhere.md)\n```\n")], &[]);
    }

    #[test]
    fn decisions_are_numbered_and_complete() {
        let index = ("docs/README.md", "[1](decisions/0001-one.md)");
        check_files(&[index, ("docs/decisions/0001-one.md", RECORD)], &[]);
        check_files(
            &[index, ("docs/decisions/0001-one.md", "# 0001 One\n## Choice\n")],
            &["has the parts"],
        );
        let index = ("docs/README.md", "[2](decisions/0002-one.md)");
        check_files(&[index, ("docs/decisions/0002-one.md", RECORD)], &["without a gap"]);
    }
}
