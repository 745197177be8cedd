//! The files of the repository, read once, and the crates as cargo sees them.
//!
//! Paths are relative to the root and written with `/`. What git ignores and what cargo makes is
//! never read; a file that is not UTF-8 is skipped, since no check here speaks of such files.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::mask::{self, Masked};

/// Folders that hold nothing of ours: made by git, cargo, npm, the bundler and the browser tests.
const SKIPPED: [&str; 5] = [".git", "target", "node_modules", "dist", "artefacts"];

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Relative to the root.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
    /// The text taken apart, for Rust.
    pub(crate) masked: Masked,
}

impl File {
    /// A file with the given text.
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let masked = if path.ends_with(".rs") { mask::mask(&text) } else { Masked::default() };
        Self { path, text, masked }
    }

    /// Whether it is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether it is built for tests only.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("_tests.rs")
    }
}

/// What a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Part of the program.
    Normal,
    /// Tests, examples and benchmarks.
    Dev,
    /// Build scripts.
    Build,
}

/// One crate of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: String,
    /// What it depends on.
    pub(crate) dependencies: Vec<(String, Purpose)>,
    /// The root file of each of its targets.
    pub(crate) roots: Vec<String>,
}

/// The repository.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Every file, by path.
    pub(crate) files: Vec<File>,
    /// Every crate.
    pub(crate) packages: Vec<Package>,
}

impl Tree {
    /// Reads the repository that this crate lies in.
    pub(crate) fn read() -> Result<Self> {
        let root = root();
        let mut files = Vec::new();
        walk(&root, &root, &mut files)?;
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(Self { files, packages: packages(&root)? })
    }

    /// The file at a path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Every Rust file.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_rust())
    }
}

/// The root of the repository: where cargo says now, since a build folder that checkouts share may
/// hold a program that was built in another of them.
#[expect(clippy::disallowed_methods, reason = "cargo names the package's folder by this variable")]
pub(crate) fn root() -> PathBuf {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo starts xtask and its tests");
    Path::new(&folder).parent().expect("xtask lies in a folder of the root").to_path_buf()
}

/// The cargo that started this program, so that nested calls use the same toolchain.
#[expect(clippy::disallowed_methods, reason = "cargo names itself by this variable")]
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let is_skipped = SKIPPED.iter().any(|name| entry.file_name() == *name);
            if !is_skipped {
                walk(root, &path, files)?;
            }
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(&path)
        {
            files.push(File::new(relative(root, &path), text));
        }
    }
    Ok(())
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

fn packages(root: &Path) -> Result<Vec<Package>> {
    let output = Command::new(cargo())
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .context("starting cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("reading cargo metadata")?;
    list(&metadata, "packages").map(|package| read_package(root, package)).collect()
}

fn read_package(root: &Path, package: &Value) -> Result<Package> {
    let manifest = text(package, "manifest_path")?;
    let folder = Path::new(manifest).parent().context("a manifest without a folder")?;
    let dependencies = list(package, "dependencies")
        .map(|dependency| {
            let purpose = match dependency["kind"].as_str() {
                Some("dev") => Purpose::Dev,
                Some("build") => Purpose::Build,
                _ => Purpose::Normal,
            };
            Ok((text(dependency, "name")?.to_owned(), purpose))
        })
        .collect::<Result<_>>()?;
    let roots = list(package, "targets")
        .map(|target| Ok(relative(root, Path::new(text(target, "src_path")?))))
        .collect::<Result<_>>()?;
    Ok(Package {
        name: text(package, "name")?.to_owned(),
        folder: relative(root, folder),
        dependencies,
        roots,
    })
}

fn list<'value>(value: &'value Value, key: &str) -> impl Iterator<Item = &'value Value> {
    value[key].as_array().into_iter().flatten()
}

fn text<'value>(value: &'value Value, key: &str) -> Result<&'value str> {
    value[key].as_str().with_context(|| format!("cargo metadata without {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_read_as_it_lies() {
        let tree = Tree::read().expect("the repository can be read");
        assert!(tree.file("xtask/src/tree.rs").is_some());
        assert!(tree.files.iter().all(|file| !file.path.starts_with("target/")));
        let xtask = tree
            .packages
            .iter()
            .find(|package| package.name == "xtask")
            .expect("xtask is a member");
        assert_eq!(xtask.folder, "xtask");
        assert_eq!(xtask.roots, ["xtask/src/main.rs"]);
        assert!(xtask.dependencies.contains(&("anyhow".to_owned(), Purpose::Normal)));
    }
}
