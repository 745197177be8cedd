//! Documents that are written by the program from what the code already says.
//!
//! Each is a pure function from the code to the page; `cargo xtask docs` writes them and tidy
//! refuses a page that is not current. The description of the JSON API comes from the crate that
//! answers it, which this program is not built on: a program of that crate prints it, and a test
//! there refuses one that is not current.

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use almanac_model::code::Code;
use almanac_model::role::permission_table;
use anyhow::{Context, Result, ensure};

use crate::tidy::Problem;
use crate::tree::{self, Tree};
use crate::{ci, say};

/// A generated page: where it lies and what makes it.
type Page = (&'static str, fn() -> String);

const PAGES: [Page; 2] = [("docs/errors.md", errors), ("docs/permissions.md", permissions)];

/// Writes every generated page.
pub(crate) fn write() -> Result<bool> {
    for (path, make) in PAGES {
        fs::write(tree::root().join(path), make()).with_context(|| format!("writing {path}"))?;
        say(&format!("wrote {path}"));
    }
    write_openapi()?;
    Ok(true)
}

/// Writes the description of the JSON API.
fn write_openapi() -> Result<()> {
    let path = "docs/openapi.json";
    let args = ["run", "--quiet", "--package", "almanac-web", "--example", "openapi"];
    let output = ci::cargo(&args).stderr(Stdio::inherit()).output().context("starting cargo")?;
    ensure!(output.status.success(), "the description of the API could not be made");
    fs::write(tree::root().join(path), output.stdout).with_context(|| format!("writing {path}"))?;
    say(&format!("wrote {path}"));
    Ok(())
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
        "API" => "The JSON API",
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

fn permissions() -> String {
    format!(
        "# Roles and permissions\n\n\
         Generated from the table in `crates/model/src/role.rs` by `cargo xtask docs`.\n\n\
         Each user has one role. A user can also be limited to some clients: the rest is then as if it \
         were not there, and what reaches beyond one client is not allowed whatever the role. Owners \
         cannot be limited; only owners make, change or deactivate owners, and the last active owner \
         stays one.\n\n{}",
        permission_table()
    )
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
            files: vec![
                File::new("docs/errors.md", text),
                File::new("docs/permissions.md", permissions()),
            ],
            packages: Vec::new(),
        };
        assert!(check(&tree(errors())).is_empty());
        assert_eq!(check(&tree(errors() + "more")).len(), 1);
    }
}
