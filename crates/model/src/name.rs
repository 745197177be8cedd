//! Names compared as people mean them: case, spaces and punctuation do not count.
//!
//! Comparison walks both texts without a copy, because chains are resolved for every asset.

/// Whether two names are the same but for case, spaces and punctuation. Two names without any
/// letter or digit are never the same.
pub(crate) fn is_same(a: &str, b: &str) -> bool {
    let mut left = letters(a).peekable();
    left.peek().is_some() && left.eq(letters(b))
}

/// Appends what counts of a name. Two names are the same when that is equal and not empty.
pub(crate) fn letters_into(letters_of: &mut String, name: &str) {
    letters_of.extend(letters(name));
}

/// The words of a name: lower case, split at everything that is not a letter or digit.
pub(crate) fn words(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spaces_and_punctuation_do_not_count() {
        assert!(is_same("Purchase Date", "purchase_date"));
        assert!(is_same("Serial No.", "SerialNo"));
        assert!(!is_same("Serial", "Serial No"));
        assert!(!is_same("--", "  "));
        assert_eq!(words("Wi-Fi (AP)"), ["wi", "fi", "ap"]);
    }
}
