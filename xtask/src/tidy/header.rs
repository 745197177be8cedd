//! Every Rust file opens by saying what it is for.

use super::Problem;
use crate::tree::{File, Tree};

/// Files without a header, or with one that says nothing.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.rust().filter_map(check_file).collect()
}

fn check_file(file: &File) -> Option<Problem> {
    let header: Vec<&str> = file.text.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let words = header.join(" ");
    let is_telling = words.split_whitespace().count() >= 2 || words.contains('`');
    let message = if header.is_empty() {
        "open the file with `//!`: what it is for and the one thing to know before changing it."
    } else if words.trim() == "Placeholder." {
        "the header is a placeholder. Say what the file is for, or remove it until something lives in it."
    } else if !is_telling {
        "the header says too little. Say what the file is for and the one thing to know before changing it."
    } else {
        return None;
    };
    Some(Problem::new(&file.path, 1, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_words() {
        assert!(check_file(&File::new("a.rs", "//! How far a stream was read.\n")).is_none());
        assert!(check_file(&File::new("a.rs", "//! `[halo]`.\n")).is_none());
        for text in [
            "",
            "use std::fmt;\n",
            "//!\n",
            "//! Placeholder.\n",
            "// A comment of another kind.\n",
        ] {
            assert!(check_file(&File::new("a.rs", text)).is_some(), "{text:?}");
        }
    }
}
