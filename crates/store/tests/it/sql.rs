//! No statement uses what would tie the code to one engine or keep the schema from being
//! distributed by tenant.

use std::fs;
use std::path::{Path, PathBuf};

/// A construct, the one file that may use it, and why others may not.
const FORBIDDEN: &[(&str, &str, &str)] = &[
    ("SERIAL", "", "ids are made in Rust; sequences are hot spots"),
    ("AUTOINCREMENT", "", "ids are made in Rust; sequences are hot spots"),
    ("nextval", "", "ids are made in Rust; sequences are hot spots"),
    ("CREATE TRIGGER", "", "what a write does must be readable where it is written"),
    ("LISTEN ", "", "absent on distributed engines and behind poolers"),
    ("NOTIFY ", "", "absent on distributed engines and behind poolers"),
    ("TEMP TABLE", "", "one multi-row statement does it"),
    ("TEMPORARY", "", "one multi-row statement does it"),
    ("pg_advisory", "migrate.rs", "a row locks as well and on both engines"),
    ("xmin", "", "only PostgreSQL has it"),
    ("ctid", "", "only PostgreSQL has it"),
    ("rowid", "", "only SQLite has it"),
    ("JSONB", "", "raw is kept as received"),
    ("REFERENCES ", "", "keys are by tenant; a scan may see a child before its parent"),
    ("OFFSET ", "", "page by key"),
    ("SELECT *", "", "rows are read by position"),
    ("CURRENT_TIMESTAMP", "", "instants are given by the caller"),
    ("now()", "", "instants are given by the caller"),
    ("strftime", "", "instants are given by the caller"),
    ("FOR UPDATE", "tx.rs", "SQLite does not know it"),
    ("SKIP LOCKED", "tx.rs", "SQLite does not know it"),
    ("ON DELETE CASCADE", "", "removal walks the schema"),
    ("::text", "dump.rs role.rs", "only PostgreSQL knows this cast"),
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "sql") {
            found.push(path);
        }
    }
}

#[test]
fn no_statement_uses_a_forbidden_construct() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("src"), &mut found);
    files(&root.join("migrations"), &mut found);
    assert!(found.len() > 20, "the sources were found");
    let mut wrong = Vec::new();
    for path in found {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        for (number, line) in (1..).zip(fs::read_to_string(&path).expect("readable").lines()) {
            let code = line.trim_start();
            if code.starts_with("//") || code.starts_with("--") {
                continue;
            }
            for (construct, allowed, why) in FORBIDDEN {
                if code.contains(construct) && !allowed.split(' ').any(|file| file == name) {
                    wrong.push(format!("{name}:{number}: {construct:?}: {why}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_bigint_text_boolean_uuid_json_and_bytes_are_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut found = Vec::new();
    files(&folder, &mut found);
    let mut columns = 0;
    for path in found {
        for line in fs::read_to_string(&path).expect("readable").lines() {
            let Some(column) = line
                .strip_prefix("    ")
                .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
            else {
                continue;
            };
            let Some(kind) = column.split([' ', ',']).nth(1) else { continue };
            if column.starts_with("name text;") {
                continue;
            }
            let known = ["BIGINT", "BOOLEAN", "{text}", "{json}", "{uuid}", "{bytes}"];
            assert!(known.contains(&kind), "{column}");
            columns += 1;
        }
    }
    assert!(columns > 100, "the columns were found");
}
