//! Text as people and programs type it into Almanac, made fit to keep.
//!
//! One rule for pages and the API, so that the same text becomes the same value wherever it is
//! typed. What Halo sends does not come through here: it is kept as it is.

/// Trimmed, and without control characters, which no one types and of which PostgreSQL refuses
/// some. Lines and tabs stay; a line ends with a line feed alone.
pub fn typed(text: &str) -> String {
    let is_text = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().filter(is_text).collect::<String>().trim().to_owned()
}

/// As [`typed`], on one line.
pub fn typed_line(text: &str) -> String {
    typed(text).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_nobody_types_are_left_out_and_lines_stay() {
        assert_eq!(typed(" a\u{0}b\r\nc\td\u{7f}\u{85} \n"), "ab\nc\td");
        assert_eq!(typed(" \u{1} \u{0}"), "");
        assert_eq!(typed_line("Opti\u{0}Plex\n7090\t"), "OptiPlex 7090");
    }
}
