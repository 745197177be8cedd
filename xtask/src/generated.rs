//! Documents that are written by the program from what the code already says.
//!
//! Each is a pure function from the code to the page; `cargo xtask docs` writes them and tidy
//! refuses a page that is not current.

use std::fmt::Write as _;
use std::fs;

use almanac_model::code::Code;
use anyhow::{Context, Result};

use crate::say;
use crate::tidy::Problem;
use crate::tree::{self, Tree};

/// A generated page: where it lies and what makes it.
type Page = (&'static str, fn() -> String);

const PAGES: [Page; 1] = [("docs/errors.md", errors)];

/// Writes every generated page.
pub(crate) fn write() -> Result<bool> {
    for (path, make) in PAGES {
        fs::write(tree::root().join(path), make()).with_context(|| format!("writing {path}"))?;
        say(&format!("wrote {path}"));
    }
    Ok(true)
}

/// Pages that are not what the code says now.
pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let stale =
        PAGES.iter().filter(|(path, make)| tree.file(path).is_none_or(|file| file.text != make()));
    stale
        .map(|(path, _)| {
            Problem::new(*path, 1, "is generated and not current. Run `cargo xtask docs`.")
        })
        .collect()
}

/// What a group of codes is about, by the letters before the number.
fn group_title(prefix: &str) -> &str {
    match prefix {
        "CONN" => "Connections",
        "SYNC" => "Syncing",
        "WRITE" => "Changes sent to the PSA",
        "STORE" => "The database",
        "KEY" => "Keys",
        "CONFIG" => "Configuration",
        "BACKUP" => "Backups",
        other => other,
    }
}

fn errors() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Generated from the catalogue in `crates/model/src/code.rs` by `cargo xtask docs`.\n\n\
         Every error that reaches a person carries one of these codes. A code keeps its meaning for \
         ever; new ones are added.\n",
    );
    let mut prefixes: Vec<&str> = Vec::new();
    for code in Code::ALL {
        let prefix = prefix(code);
        if !prefixes.contains(&prefix) {
            prefixes.push(prefix);
        }
    }
    for group in prefixes {
        let _ = write!(page, "\n## {}\n", group_title(group));
        for code in Code::ALL.iter().filter(|code| prefix(code) == group) {
            let _ = write!(
                page,
                "\n### {}\n\n**{}.** {}\n\nWhat to do: {}\n",
                code.code, code.title, code.cause, code.remedy
            );
        }
    }
    page
}

fn prefix(code: &Code) -> &'static str {
    code.code.split('-').next().unwrap_or(code.code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::File;

    #[test]
    fn every_code_has_its_section() {
        let page = errors();
        for code in Code::ALL {
            assert!(page.contains(&format!("\n### {}\n", code.code)), "{}", code.code);
        }
        assert!(page.contains("\n## Connections\n"));
        let groups: Vec<_> = Code::ALL.iter().map(prefix).collect();
        for group in groups {
            assert_ne!(group_title(group), group, "give {group} a title in generated.rs");
        }
    }

    #[test]
    fn an_edited_page_is_not_current() {
        let tree = |text: String| Tree {
            files: vec![File::new("docs/errors.md", text)],
            packages: Vec::new(),
        };
        assert!(check(&tree(errors())).is_empty());
        assert_eq!(check(&tree(errors() + "more")).len(), 1);
    }
}
