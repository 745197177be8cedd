//! One word, one meaning: synonyms that the glossary bans, and marks that may not be left behind.
//!
//! `docs/glossary.md` is the authority; this file is its list of what not to write. Strings are
//! never looked at: they hold the PSA's own words. Crates that speak Halo's language are excused
//! from the words that are Halo's.

use super::{Problem, line_of};
use crate::tree::{File, Tree};

/// A banned word, what to write, and whether Halo itself uses it.
struct Ban {
    word: &'static str,
    instead: &'static str,
    is_halos: bool,
}

const fn ban(word: &'static str, instead: &'static str) -> Ban {
    Ban { word, instead, is_halos: false }
}

const fn halos(word: &'static str, instead: &'static str) -> Ban {
    Ban { word, instead, is_halos: true }
}

/// Words that no identifier is made of.
const IN_IDENTIFIERS: &[Ban] = &[
    halos("customer", "client (a company the MSP serves) or tenant (an MSP that uses Almanac)"),
    halos("customers", "clients or tenants"),
    halos("technician", "agent"),
    ban("watermark", "cursor"),
    ban("bookmark", "cursor"),
    ban("helpdesk", "psa"),
];

/// A user's role of this name is not an agent: as a variant it is what people read.
const ROLE: &str = "Technician";

/// Words that name nothing, so nothing is named by them: modules, types and functions.
const IN_NAMES: &[Ban] = &[
    ban("util", "what it does"),
    ban("utils", "what it does"),
    ban("helper", "what it does"),
    ban("helpers", "what it does"),
    ban("common", "what its parts have in common"),
    ban("misc", "what it does"),
    ban("manager", "what it holds or decides"),
    ban("handler2", "what makes it another"),
];

/// Whole identifiers.
const IDENTIFIERS: &[Ban] = &[
    ban("halo_id", "remote_id"),
    ban("external_id", "remote_id"),
    ban("psa_id", "remote_id"),
    ban("is_deleted_flag", "is_deleted (a tombstone)"),
];

/// Words of comments and documents.
const IN_PROSE: &[Ban] = &[
    halos("customer", "client (a company the MSP serves) or tenant (an MSP that uses Almanac)"),
    halos("customers", "clients or tenants"),
    halos("end user", "contact"),
    halos("end users", "contacts"),
    ban("watermark", "cursor"),
    ban("high-water mark", "cursor"),
    ban("soft delete", "tombstone"),
    ban("soft-delete", "tombstone"),
    ban("helpdesk", "PSA"),
];

/// Marks in code that may not be merged, with what to do.
const MARKS: &[(&str, &str)] = &[
    ("dbg!", "remove it; log with `tracing` if it is worth keeping"),
    ("todo!", "write it, or leave the function out until it is written"),
    ("unimplemented!", "write it, or leave the function out until it is written"),
    ("#[ignore", "make the test pass or remove it"),
    ("#[should_panic", "test the error that is returned"),
];

/// Where Halo's language is spoken.
const HALO_SPEAKERS: [&str; 2] = ["crates/psa-halo/", "crates/halo-sim/"];
/// The page that names the synonyms in order to ban them, and this file.
const EXCUSED: [&str; 2] = ["docs/glossary.md", "xtask/src/tidy/words.rs"];

/// Banned words and marks.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let files = tree.files.iter().filter(|file| !EXCUSED.contains(&file.path.as_str()));
    files.flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Problem> {
    let mut problems = hosts(file);
    if file.is_rust() {
        problems.extend(marks(file));
        problems.extend(identifiers(file));
        problems.extend(oauth_trap(file));
        problems.extend(prose(file, &file.masked.comments));
    } else if file.path.ends_with(".md") {
        problems.extend(prose(file, &without_fences(&file.text)));
    }
    problems
}

/// Hosts of package registries: which one is used is the machine's matter.
fn hosts(file: &File) -> Vec<Problem> {
    if file.path == "Cargo.lock" {
        return Vec::new();
    }
    // Put together here so that this file does not hold them.
    let hosts = [["crates", "io"], ["npmjs", "org"], ["pypi", "org"], ["deb.debian", "org"]];
    let mut problems = Vec::new();
    for host in hosts.map(|parts| parts.join(".")) {
        for (at, _) in file.text.match_indices(&host) {
            let message = format!(
                "names the registry {host}. Leave the choice of registry to the machine's own settings."
            );
            problems.push(Problem::new(&file.path, line_of(&file.text, at), message));
        }
    }
    problems
}

fn marks(file: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (mark, remedy) in MARKS {
        for (at, _) in file.masked.code.match_indices(mark) {
            let message = format!("`{mark}` may not stay: {remedy}.");
            problems.push(Problem::new(&file.path, line_of(&file.masked.code, at), message));
        }
    }
    for (at, line) in file.masked.comments.lines().enumerate() {
        if line.contains("FIXME") {
            problems.push(Problem::new(
                &file.path,
                at + 1,
                "FIXME may not be merged: mend it now.",
            ));
        }
        if line.contains("TODO") && !line.contains("TODO(#") {
            let message = "a TODO carries the number of its issue: `TODO(#12): …`.";
            problems.push(Problem::new(&file.path, at + 1, message));
        }
    }
    problems
}

fn speaks_halo(file: &File) -> bool {
    HALO_SPEAKERS.iter().any(|folder| file.path.starts_with(folder))
}

fn identifiers(file: &File) -> Vec<Problem> {
    let is_halo = speaks_halo(file);
    let mut problems = Vec::new();
    let mut before = "";
    for (at, word) in words(&file.masked.code) {
        let is_definition = ["fn", "mod", "struct", "enum", "trait", "type"].contains(&before);
        before = word;
        let parts = parts(word);
        let mut found = IDENTIFIERS.iter().find(|ban| ban.word == word);
        found = found.or_else(|| {
            if word == ROLE && !is_definition {
                return None;
            }
            let bans = IN_IDENTIFIERS.iter().filter(|ban| !(ban.is_halos && is_halo));
            bans.into_iter().find(|ban| parts.iter().any(|part| part == ban.word))
        });
        if is_definition {
            found = found
                .or_else(|| IN_NAMES.iter().find(|ban| parts.iter().any(|part| part == ban.word)));
        }
        if let Some(ban) = found {
            let message = format!("`{word}`: our word is {} (docs/glossary.md).", ban.instead);
            let line = line_of(&file.masked.code, at);
            problems.push(Problem::new(&file.path, line, message));
        }
    }
    problems
}

/// OAuth's `client_id` beside our clients would be two meanings of one word.
fn oauth_trap(file: &File) -> Vec<Problem> {
    if speaks_halo(file) {
        return Vec::new();
    }
    let code = &file.masked.code;
    let names: Vec<_> = words(code).filter(|(_, word)| *word == "client_id").collect();
    let is_oauth = words(code).any(|(_, word)| word == "client_secret");
    let found = names.into_iter().filter(|_| is_oauth).map(|(at, _)| {
        let message = "beside a client_secret this is OAuth's: write `oauth_client_id`.";
        Problem::new(&file.path, line_of(code, at), message)
    });
    found.collect()
}

fn prose(file: &File, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let plain = without_quotations(line).to_lowercase();
        for ban in IN_PROSE.iter().filter(|ban| !(ban.is_halos && speaks_halo(file))) {
            if contains_word(&plain, ban.word) {
                let message = format!(
                    "\"{}\": our word is {} (docs/glossary.md); quote it if it is another's.",
                    ban.word, ban.instead
                );
                problems.push(Problem::new(&file.path, at + 1, message));
            }
        }
    }
    problems
}

/// A line without what stands in backticks or quotation marks: other people's words.
fn without_quotations(line: &str) -> String {
    let mut kept = line.to_owned();
    for mark in ['`', '"'] {
        kept = kept.split(mark).step_by(2).collect::<Vec<_>>().join(" ");
    }
    kept
}

fn without_fences(text: &str) -> String {
    let mut is_fenced = false;
    let lines = text.lines().map(|line| {
        let is_mark = line.trim_start().starts_with("```");
        is_fenced ^= is_mark;
        if is_fenced || is_mark { "" } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// The words of code with their offsets.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + code[rest..].find(is_word)?;
        let length = code[start..].find(|c| !is_word(c)).unwrap_or(code.len() - start);
        rest = start + length;
        Some((start, &code[start..rest]))
    })
}

/// The parts of a name: `page_cursor` and `PageCursor` are both page and cursor.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_lower = false;
    for character in name.chars() {
        if character == '_' || (character.is_uppercase() && was_lower) {
            parts.push(String::new());
        }
        was_lower = character.is_lowercase() || character.is_numeric();
        if character != '_' {
            let last = parts.last_mut().expect("there is always a part");
            last.extend(character.to_lowercase());
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(path: &str, text: &str, want: usize) {
        let found = check_file(&File::new(path, text));
        assert_eq!(found.len(), want, "{text:?}: {found:?}");
    }

    #[test]
    fn synonyms_are_refused_in_code_but_not_in_strings() {
        check_text("crates/x/src/a.rs", "fn customer_list() {}", 1);
        check_text("crates/x/src/a.rs", "struct CustomerName;", 1);
        check_text("crates/x/src/a.rs", "let scope = \"read:customers\";", 0);
        check_text("crates/psa-halo/src/a.rs", "let customertype = row.customers;", 0);
        check_text("crates/x/src/a.rs", "let watermark = 1; let halo_id = 2;", 2);
        check_text("crates/x/src/a.rs", "if role == Role::Technician {}", 0);
        check_text("crates/x/src/a.rs", "struct Technician; fn technician_list() {}", 2);
    }

    #[test]
    fn names_say_something() {
        check_text("crates/x/src/a.rs", "mod utils;", 1);
        check_text("crates/x/src/a.rs", "struct SyncManager;", 1);
        check_text("crates/x/src/a.rs", "let manager = tower::manager();", 0);
    }

    #[test]
    fn oauth_has_its_own_name_for_a_client() {
        check_text("crates/x/src/a.rs", "struct A { client_id: u8, client_secret: u8 }", 1);
        check_text("crates/x/src/a.rs", "struct A { oauth_client_id: u8, client_secret: u8 }", 0);
        check_text("crates/x/src/a.rs", "struct A { client_id: u8 }", 0);
    }

    #[test]
    fn nothing_is_left_behind() {
        check_text("crates/x/src/a.rs", "fn f() { dbg!(1); todo!() }", 2);
        check_text("crates/x/src/a.rs", "#[ignore = \"slow\"]\nfn f() {}", 1);
        check_text("crates/x/src/a.rs", "// FIXME later\n// TODO: x\n// TODO(#7): y\n", 2);
        check_text("crates/x/src/a.rs", "let text = \"dbg! FIXME\";", 0);
    }

    #[test]
    fn prose_uses_our_words_unless_it_quotes() {
        check_text("docs/a.md", "A customer has assets.", 1);
        check_text("docs/a.md", "Halo says `customer`, or \"Customers\".", 0);
        check_text("docs/a.md", "```\ncustomer\n```\n", 0);
        check_text("crates/x/src/a.rs", "//! Every customer is read.\n", 1);
        check_text("docs/a.md", "customerless", 0);
        check_text("crates/halo-sim/src/a.rs", "//! Halo's customers.\n", 0);
    }

    #[test]
    fn registries_are_not_named() {
        let host = ["crates", "io"].join(".");
        check_text("deny.toml", &format!("allow = [\"https://{host}\"]"), 1);
        check_text("Cargo.lock", &host, 0);
    }
}
