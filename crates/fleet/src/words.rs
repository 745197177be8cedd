//! Search by words: which assets hold every word a person typed.
//!
//! A word is looked for in all own texts at once (name, serial number, host name, last user,
//! remote id) and in each shared text once (model, maker, operating system, type). No index is
//! kept: reading through the texts of 50,000 assets takes about a millisecond.

use std::ops::Range;

use memchr::memmem::Finder;

use crate::body::Body;

/// Words beyond these are not looked for.
const WORDS_MAX: usize = 12;

/// Letters of a word beyond these are not looked for.
const WORD_MAX: usize = 64;

/// The words of what a person typed, in lower case.
pub(crate) fn words(typed: &str) -> Vec<String> {
    let cut = |word: &str| word.chars().take(WORD_MAX).collect::<String>().to_lowercase();
    typed.split_whitespace().take(WORDS_MAX).map(cut).collect()
}

/// For each asset of a range whether it holds every word; `None` where there are no words.
pub(crate) fn holding_all(body: &Body, range: Range<usize>, words: &[String]) -> Option<Vec<bool>> {
    let (first, rest) = words.split_first()?;
    let mut holds = holding(body, range.clone(), first);
    for word in rest {
        for (all, one) in holds.iter_mut().zip(holding(body, range.clone(), word)) {
            *all &= one;
        }
    }
    Some(holds)
}

fn holding(body: &Body, range: Range<usize>, word: &str) -> Vec<bool> {
    let assets = &body.assets[range.clone()];
    let mut holds: Vec<bool> = match body.frame.names.holding(word) {
        None => vec![false; assets.len()],
        Some(shared) => assets
            .iter()
            .map(|asset| {
                shared.has(asset.model)
                    || shared.has(asset.manufacturer)
                    || shared.has(asset.os_text)
                    || shared.has(asset.type_name)
            })
            .collect(),
    };
    let (text, starts) = body.folded_range(range);
    let (finder, bytes) = (Finder::new(word), text.as_bytes());
    let (mut from, mut next) = (0, 0);
    while let Some(found) = finder.find(&bytes[from..]) {
        // The first text that begins after the place found is the next asset's.
        let offset = starts[0] as usize + from + found;
        while starts[next] as usize <= offset {
            next += 1;
        }
        holds[next - 1] = true;
        from = starts[next] as usize - starts[0] as usize;
    }
    holds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_becomes_a_few_short_words() {
        assert_eq!(words("  Dell \t OptiPlex\n7010 "), ["dell", "optiplex", "7010"]);
        assert!(words(" ").is_empty());
        assert_eq!(words(&"a ".repeat(99)).len(), WORDS_MAX);
        assert_eq!(words(&"ä".repeat(99))[0].chars().count(), WORD_MAX);
    }
}
