//! Words from an answer that a person may see: short, printable, without what identifies Halo's
//! insides.
//!
//! An answer may come from anyone, so nothing of it is shown raw: control characters (a forged
//! log line, a terminal escape) become spaces, and only the start is kept.

use serde_json::Value;

/// How much of a foreign answer is kept (Q-20).
const EXCERPT_BYTES_MAX: usize = 300;

/// The start of a body as printable text on one line.
pub(crate) fn excerpt(body: &[u8]) -> String {
    // A character cut in half at the limit becomes a replacement character, which is dropped.
    let start = &body[..body.len().min(EXCERPT_BYTES_MAX)];
    printable(String::from_utf8_lossy(start).trim_end_matches('\u{fffd}'))
}

/// Text on one line, without control and direction characters, runs of spaces made one.
pub(crate) fn printable(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(EXCERPT_BYTES_MAX));
    for c in text.chars() {
        let is_direction = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        let c = if c.is_control() || is_direction { ' ' } else { c };
        if c == ' ' && line.ends_with(' ') {
            continue;
        }
        if line.len() + c.len_utf8() > EXCERPT_BYTES_MAX {
            break;
        }
        line.push(c);
    }
    line.trim().to_owned()
}

/// Halo's own words in a refusal (Q-45: an exception, property to messages, a bare string, or
/// `{error}`), without names of its tables.
pub(crate) fn refusal_words(body: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<Value>(without_mark(body)) else {
        return excerpt(body);
    };
    let words = match &value {
        Value::String(text) => text.clone(),
        Value::Object(members) => {
            let named = ["Message", "message", "error_description", "errorMessage", "error"]
                .iter()
                .find_map(|key| members.get(*key).and_then(Value::as_str))
                .filter(|text| !text.is_empty());
            match named {
                Some(text) => text.to_owned(),
                None => members
                    .iter()
                    .filter_map(|(field, messages)| {
                        let first = messages.as_array()?.first()?.as_str()?;
                        Some(format!("{field}: {first}"))
                    })
                    .collect::<Vec<_>>()
                    .join("; "),
            }
        }
        _ => String::new(),
    };
    if words.is_empty() {
        return excerpt(body);
    }
    printable(&without_tables(&words))
}

/// `table 'D_tenant.dbo.Y'` becomes `a table`: database names are Halo's business.
fn without_tables(words: &str) -> String {
    match words.find("table '").or_else(|| words.find("table \"")) {
        Some(at) => {
            let quote = &words[at + 6..at + 7];
            let rest = &words[at + 7..];
            let end = rest.find(quote).map_or(rest.len(), |end| end + 1);
            format!("{}a table{}", &words[..at], &rest[end..])
        }
        None => words.to_owned(),
    }
}

/// A body without the byte order mark that some servers put before JSON.
pub(crate) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_printable_and_on_one_line() {
        let hostile = "<h1>\r\nX-Evil: 1\x1b[31m\u{202e}ab\u{0}</h1>".repeat(100);
        let text = excerpt(hostile.as_bytes());
        assert!(text.len() <= 300, "{}", text.len());
        assert!(!text.chars().any(char::is_control));
        assert!(text.starts_with("<h1> X-Evil: 1 [31m ab </h1>"), "{text}");
        let cut = format!("{}é", "a".repeat(299));
        assert_eq!(excerpt(cut.as_bytes()), "a".repeat(299));
        assert_eq!(excerpt(b"\xff\xfe"), "");
    }

    #[test]
    fn q_45_each_of_the_four_refusals_gives_its_words() {
        for (body, words) in [
            (
                r#"{"ClassName":"System.Exception","Message":"Password is mandatory","Data":null}"#,
                "Password is mandatory",
            ),
            (
                r#"{"[0].outcome_id":["Could not convert string to integer: abc."]}"#,
                "[0].outcome_id: Could not convert string to integer: abc.",
            ),
            (r#""No matching custom table""#, "No matching custom table"),
            (r#"{"error":"no"}"#, "no"),
            (
                r#"{"Message":"A database error occurred (515) - Cannot insert the value NULL into column 'X', table 'D_tenant.dbo.Y'; column does not allow nulls."}"#,
                "A database error occurred (515) - Cannot insert the value NULL into column 'X', a table; column does not allow nulls.",
            ),
            ("<html>", "<html>"),
            ("{}", "{}"),
            ("", ""),
        ] {
            assert_eq!(refusal_words(body.as_bytes()), words);
        }
    }

    /// An error body of any form is told in one short printable line.
    #[test]
    fn fuzz_an_error_body() {
        bolero::check!().for_each(|body: &[u8]| {
            assert!(!refusal_words(body).chars().any(char::is_control));
            assert!(excerpt(body).len() <= 300);
        });
    }

    proptest::proptest! {
        /// Whatever stands where Halo's words should, what is shown is one printable line that names
        /// no table.
        #[test]
        fn q_45_no_refusal_breaks_the_line_or_names_a_table(
            words in "(\\PC|[\r\n\t\x00-\x1f]|table '[a-z.]{1,9}'|table \"){0,30}",
            form in 0..4,
        ) {
            let body = match form {
                0 => serde_json::json!({"ClassName": "X", "Message": words}),
                1 => serde_json::json!({"[0].id": [words]}),
                2 => serde_json::json!(words),
                _ => serde_json::json!({"error": words}),
            };
            let shown = refusal_words(body.to_string().as_bytes());
            proptest::prop_assert!(!shown.chars().any(char::is_control), "{:?}", shown);
        }
    }
}
