//! Takes Rust text apart into code, comments and the contents of strings.
//!
//! Not a parser: enough of a lexer that a brace in a string, or a banned word in a comment, is
//! not taken for code. Both masked texts keep every line break, so line numbers stay true.

/// A Rust file taken apart; both texts have the lines of the original.
#[derive(Debug, Clone, Default)]
pub(crate) struct Masked {
    /// The code: comments and the contents of literals are blank.
    pub(crate) code: String,
    /// The comments: everything else is blank.
    pub(crate) comments: String,
}

/// Takes a text apart.
pub(crate) fn mask(text: &str) -> Masked {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut comments = blank(bytes);
    let mut at = 0;
    while at < bytes.len() {
        let end = if bytes[at..].starts_with(b"//") {
            let end = line_end(bytes, at);
            comments[at..end].copy_from_slice(&bytes[at..end]);
            end
        } else if bytes[at..].starts_with(b"/*") {
            let end = block_comment_end(bytes, at);
            comments[at..end].copy_from_slice(&bytes[at..end]);
            end
        } else if let Some(end) = literal_end(bytes, at) {
            end
        } else {
            at += 1;
            continue;
        };
        let hidden = blank(&bytes[at..end]);
        code[at..end].copy_from_slice(&hidden);
        at = end;
    }
    Masked {
        code: String::from_utf8(code).expect("only whole literals and comments are blanked"),
        comments: String::from_utf8(comments).expect("only whole comments are kept"),
    }
}

/// The code with everything under `#[cfg(test)]` blanked.
pub(crate) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut bytes = code.as_bytes().to_vec();
    let mut from = 0;
    while let Some(found) = code[from..].find(MARK) {
        let start = from + found;
        let end = item_end(code.as_bytes(), start + MARK.len());
        let hidden = blank(&bytes[start..end]);
        bytes[start..end].copy_from_slice(&hidden);
        from = end;
    }
    String::from_utf8(bytes).expect("items end at ASCII characters")
}

/// Where the item that starts here ends: after its `;` or its matching `}`.
pub(crate) fn item_end(code: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(start) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && *byte == b'}' {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn blank(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }).collect()
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes[at..].iter().position(|byte| *byte == b'\n');
    rest.map_or(bytes.len(), |length| at + length)
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0;
    let mut at = start;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// Where the string or character literal that starts here ends, if one does.
fn literal_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes[at] {
        b'"' => Some(quoted_end(bytes, at + 1, b'"')),
        b'\'' => char_end(bytes, at),
        b'r' if !continues_word(bytes, at) => raw_end(bytes, at + 1),
        _ => None,
    }
}

/// A raw string; the `b` or `c` of `br"…"` is not part of it, so it may precede the `r`.
fn raw_end(bytes: &[u8], after_r: usize) -> Option<usize> {
    let hashes = bytes[after_r..].iter().take_while(|byte| **byte == b'#').count();
    let open = after_r + hashes;
    if bytes.get(open) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'"'];
    close.resize(hashes + 1, b'#');
    let length = bytes[open + 1..].windows(close.len()).position(|window| window == close);
    Some(length.map_or(bytes.len(), |length| open + 1 + length + close.len()))
}

fn continues_word(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| bytes[before]);
    match before {
        Some(b'b' | b'c') => at >= 2 && is_word(bytes[at - 2]),
        Some(byte) => is_word(byte),
        None => false,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn quoted_end(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A character literal, as against a lifetime: a quote follows one character or an escape.
fn char_end(bytes: &[u8], at: usize) -> Option<usize> {
    let first = *bytes.get(at + 1)?;
    if first == b'\\' {
        return Some(quoted_end(bytes, at + 1, b'\''));
    }
    let width = match first {
        0..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    (bytes.get(at + 1 + width) == Some(&b'\'')).then_some(at + width + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, code: &str, comments: &str) {
        let masked = mask(text);
        assert_eq!(masked.code.split_whitespace().collect::<Vec<_>>().join(" "), code);
        assert_eq!(masked.comments.trim(), comments);
        assert_eq!(masked.code.lines().count(), text.lines().count());
    }

    #[test]
    fn strings_and_comments_are_not_code() {
        check("let a = \"} // no\"; // yes {", "let a = ;", "// yes {");
        check("let a = r#\"a\"b }\"#; x()", "let a = ; x()", "");
        check("let a = br##\"x\"#\"##; y", "let a = b ; y", "");
        check("let c = '\"'; let d = '\\''; e", "let c = ; let d = ; e", "");
        check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}", "");
        check("a /* b /* c */ d */ e", "a e", "/* b /* c */ d */");
        check("let s = \"é\\\\\"; let t = 'é'; z", "let s = ; let t = ; z", "");
        check("let s = \"a\nb\"; z", "let s = ; z", "");
        check("let for_r = bar\"x\"; z", "let for_r = bar ; z", "");
    }

    #[test]
    fn tests_are_left_out() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}\n";
        let rest = without_tests(code);
        assert!(rest.contains("fn a") && rest.contains("fn c") && !rest.contains("fn b"));
        assert_eq!(rest.lines().count(), code.lines().count());
        assert_eq!(without_tests("#[cfg(test)]\nmod walk_tests;\nmod z;").trim(), "mod z;");
    }
}
