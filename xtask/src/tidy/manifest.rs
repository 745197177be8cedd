//! Shared settings stand once, in the root manifest; each crate takes them from there.

use super::Problem;
use crate::tree::Tree;

/// Lines that every crate's manifest has, and why.
const TAKEN: &[(&str, &str)] = &[
    ("[lints]\nworkspace = true", "so that the workspace's lints hold for it"),
    ("edition.workspace = true", "so that all crates are of one edition"),
    ("rust-version.workspace = true", "so that the least compiler is named once"),
    ("version.workspace = true", "so that all crates have one version"),
    ("publish.workspace = true", "so that nothing is published by accident"),
    ("\ndescription = ", "a sentence that says what it is for"),
];

/// Manifests that set for themselves what is shared.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in &tree.packages {
        let path = format!("{}/Cargo.toml", package.folder);
        let Some(file) = tree.file(&path) else { continue };
        for (line, reason) in TAKEN {
            if !file.text.contains(line) {
                let line = line.trim().replace('\n', " ");
                problems.push(Problem::new(&path, 1, format!("add `{line}`, {reason}.")));
            }
        }
        problems.extend(own_versions(&path, &file.text));
    }
    problems
}

/// Versions of dependencies stand in the root manifest only.
fn own_versions(path: &str, text: &str) -> Vec<Problem> {
    let mut is_dependencies = false;
    let mut problems = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            is_dependencies = line.contains("dependencies");
        // A crate may name itself in its tests, to switch a feature of its own on.
        } else if is_dependencies
            && line.contains('=')
            && !line.contains("workspace")
            && !line.contains("path = \".\"")
        {
            let message = "write the version in [workspace.dependencies] of the root and take it with `.workspace = true`.";
            problems.push(Problem::new(path, at + 1, message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{File, Package};

    #[test]
    fn what_is_not_taken_is_named() {
        let tree = Tree {
            files: vec![File::new("crates/x/Cargo.toml", "[package]\nname = \"x\"\n")],
            packages: vec![Package {
                name: "x".into(),
                folder: "crates/x".into(),
                dependencies: Vec::new(),
                roots: Vec::new(),
            }],
        };
        assert_eq!(check(&tree).len(), TAKEN.len());
    }

    #[test]
    fn a_version_of_its_own_is_refused() {
        let text = "[dependencies]\nserde.workspace = true\ntokio = \"1\"\n[[bin]]\nname = \"x\"\n";
        let problems = own_versions("x", text);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].line, 3);
    }
}
