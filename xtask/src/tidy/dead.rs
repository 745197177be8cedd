//! A Rust file that no `mod` leads to is compiled by nobody and trusted by everybody.

use std::collections::BTreeSet;

use super::Problem;
use crate::tree::{Package, Tree};

/// Files in a crate's folder that none of its targets reaches.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in &tree.packages {
        let reached = reached(tree, package);
        let folder = format!("{}/", package.folder);
        for file in tree.rust().filter(|file| file.path.starts_with(&folder)) {
            if !reached.contains(&file.path) {
                let message =
                    "no `mod` leads to this file. Declare it in its parent, or remove it.";
                problems.push(Problem::new(&file.path, 1, message));
            }
        }
    }
    problems
}

fn reached(tree: &Tree, package: &Package) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<(String, String)> = Vec::new();
    for root in &package.roots {
        waiting.push((root.clone(), parent(root).to_owned()));
    }
    while let Some((path, children)) = waiting.pop() {
        let Some(file) = tree.file(&path) else { continue };
        if !reached.insert(path.clone()) {
            continue;
        }
        for module in declared(&file.masked.code, &file.text) {
            let candidates = match &module.path {
                Some(given) => vec![join(parent(&path), given)],
                None => vec![
                    format!("{children}/{}.rs", module.name),
                    format!("{children}/{}/mod.rs", module.name),
                ],
            };
            for candidate in candidates {
                let own = match candidate.strip_suffix("/mod.rs") {
                    Some(folder) => folder.to_owned(),
                    None => candidate.trim_end_matches(".rs").to_owned(),
                };
                waiting.push((candidate, own));
            }
        }
    }
    reached
}

struct Declared {
    /// With the names of inline modules around it, joined by `/`.
    name: String,
    /// The text of `#[path = "…"]`, if there is one.
    path: Option<String>,
}

/// The `mod name;` of a file, inline modules followed.
fn declared(code: &str, text: &str) -> Vec<Declared> {
    let mut found = Vec::new();
    let mut open: Vec<Option<String>> = Vec::new();
    let mut path = None;
    for (masked, original) in code.lines().zip(text.lines()) {
        let line = masked.trim();
        if line.starts_with("#[path") {
            path = original.split('"').nth(1).map(str::to_owned);
        }
        let name = module_name(line);
        if let Some(name) = &name
            && line.ends_with(';')
        {
            let around: Vec<_> = open.iter().flatten().cloned().collect();
            let name = around.into_iter().chain([name.clone()]).collect::<Vec<_>>().join("/");
            found.push(Declared { name, path: path.take() });
        }
        let mut inline = name;
        for byte in line.bytes() {
            match byte {
                b'{' => open.push(inline.take()),
                b'}' => {
                    open.pop();
                }
                _ => {}
            }
        }
    }
    found
}

fn module_name(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "mod")?;
    let is_item = words[..at]
        .iter()
        .all(|word| word.starts_with("pub") || word.ends_with(')') || word.starts_with("#["));
    let name = words.get(at + 1)?.trim_end_matches([';', '{']);
    is_item.then(|| name.to_owned())
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn join(folder: &str, given: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in given.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::File;

    #[test]
    fn what_no_module_names_is_dead() {
        let files = [
            (
                "x/src/lib.rs",
                "pub mod a;\nmod b {\n    mod c;\n}\npub(crate) mod d;\n#[cfg(test)]\nmod lib_tests;\n#[path = \"odd/place.rs\"]\nmod e;\n// mod dead;\n",
            ),
            ("x/src/a.rs", "mod inner;\n"),
            ("x/src/a/inner.rs", ""),
            ("x/src/b/c.rs", ""),
            ("x/src/d/mod.rs", "mod deep;\n"),
            ("x/src/d/deep.rs", ""),
            ("x/src/lib_tests.rs", ""),
            ("x/src/odd/place.rs", ""),
            ("x/src/dead.rs", ""),
            ("x/tests/it/main.rs", "mod one;\n"),
            ("x/tests/it/one.rs", ""),
            ("x/tests/it/two.rs", ""),
        ];
        let tree = Tree {
            files: files.map(|(path, text)| File::new(path, text)).to_vec(),
            packages: vec![Package {
                name: "x".into(),
                folder: "x".into(),
                dependencies: Vec::new(),
                roots: vec!["x/src/lib.rs".into(), "x/tests/it/main.rs".into()],
            }],
        };
        let dead: Vec<_> = check(&tree).into_iter().map(|problem| problem.path).collect();
        assert_eq!(dead, ["x/src/dead.rs", "x/tests/it/two.rs"]);
    }
}
