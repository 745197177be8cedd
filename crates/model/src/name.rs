//! Names compared as people mean them: case, spaces and punctuation do not count.
//!
//! Comparison walks both texts without a copy, because chains are resolved for every asset.

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

    fn letters_of(name: &str) -> String {
        letters(name).collect()
    }

    #[test]
    fn case_spaces_and_punctuation_do_not_count() {
        assert_eq!(letters_of("Purchase Date"), letters_of("purchase_date"));
        assert_eq!(letters_of("Serial No."), letters_of("SerialNo"));
        assert_ne!(letters_of("Serial"), letters_of("Serial No"));
        assert_eq!(letters_of("--"), "");
        assert_eq!(words("Wi-Fi (AP)"), ["wi", "fi", "ap"]);
    }
}
