//! Files and functions stay as long as a reader can hold.
//!
//! The limits are brakes, not aims: most files should be near 150 lines.

use super::{Problem, line_of};
use crate::mask;
use crate::tree::{File, Tree};

const FILE_LINES_MAX: usize = 600;
/// Above this, without tests, a file is mentioned but not refused.
const FILE_LINES_NOTED: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

/// Files and functions that are too long.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.rust().flat_map(check_file).collect()
}

/// Files that grow towards the limit.
pub(super) fn warnings(tree: &Tree) -> Vec<Problem> {
    let files = tree.rust().filter(|file| !file.is_test());
    let long = files.filter_map(|file| {
        let code = mask::without_tests(&file.masked.code);
        let lines = file.text.lines().count() - (blank_lines(&code) - blank_lines(&file.masked.code));
        (lines > FILE_LINES_NOTED).then(|| {
            let message = format!("{lines} lines without tests; {FILE_LINES_NOTED} is the aim. Which of its concepts wants a file of its own?");
            Problem::new(&file.path, 1, message)
        })
    });
    long.collect()
}

fn blank_lines(code: &str) -> usize {
    code.lines().filter(|line| line.trim().is_empty()).count()
}

fn check_file(file: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    let lines = file.text.lines().count();
    if lines > FILE_LINES_MAX {
        let message = format!(
            "{lines} lines; the limit is {FILE_LINES_MAX}. Give one of its concepts a file of its own, or move its \
             tests to a file beside it (`#[cfg(test)] mod x_tests;`)."
        );
        problems.push(Problem::new(&file.path, 1, message));
    }
    if !file.is_test() {
        problems.extend(long_functions(file));
    }
    problems
}

fn long_functions(file: &File) -> Vec<Problem> {
    let code = mask::without_tests(&file.masked.code);
    let bytes = code.as_bytes();
    let mut problems = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let is_keyword =
            at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        if !is_keyword {
            continue;
        }
        let end = mask::item_end(bytes, at);
        let lines = code[at..end].lines().count();
        if lines > FUNCTION_LINES_MAX {
            let name: String =
                code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let message = format!(
                "{name} has {lines} lines; the limit is {FUNCTION_LINES_MAX}. Name its steps and make them functions."
            );
            problems.push(Problem::new(&file.path, line_of(&code, at), message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(text: &str, problems: usize) {
        let found = check_file(&File::new("crates/x/src/a.rs", text));
        assert_eq!(found.len(), problems, "{found:?}");
    }

    #[test]
    fn a_function_fits_a_screen() {
        let body = |lines: usize| "    step();\n".repeat(lines);
        check_text(&format!("fn short() {{\n{}}}\n", body(68)), 0);
        check_text(&format!("fn long() {{\n{}}}\n", body(69)), 1);
        check_text(&format!("#[cfg(test)]\nmod tests {{\n fn long() {{\n{}}}\n}}\n", body(100)), 0);
        check_text(&format!("fn tricky() {{\n let a = \"}}\";\n{}}}\n", body(90)), 1);
        check_text(&format!("trait A {{\n fn none(&self);\n{}}}\n", body(90)), 0);
    }

    #[test]
    fn a_file_has_a_limit() {
        check_text(&"// line\n".repeat(600), 0);
        check_text(&"// line\n".repeat(601), 1);
    }

    #[test]
    fn growth_is_noted_without_counting_tests() {
        let noted = |code: usize, tests: usize| {
            let text = format!(
                "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
                "const A: u8 = 1;\n".repeat(code),
                "const B: u8 = 1;\n".repeat(tests)
            );
            let tree =
                Tree { files: vec![File::new("crates/x/src/a.rs", text)], packages: Vec::new() };
            warnings(&tree).len()
        };
        assert_eq!(noted(400, 150), 0);
        assert_eq!(noted(401, 0), 1);
    }
}
