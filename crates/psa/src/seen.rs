//! The set of identifiers that one pass over a stream has seen.
//!
//! Halo's identifiers are nearly always small integers, so they go into a bitmap (half a million
//! take some 60 kB) and memory does not grow with the stream; anything else is kept as text.

use std::collections::BTreeSet;

use almanac_model::id::RemoteId;
use roaring::RoaringTreemap;

/// A set of identifiers, small for integers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeenSet {
    numbers: RoaringTreemap,
    texts: BTreeSet<String>,
}

impl SeenSet {
    /// Adds an identifier; whether it was new.
    pub fn insert(&mut self, id: &RemoteId) -> bool {
        match canonical_number(id.as_str()) {
            Some(number) => self.numbers.insert(number),
            None => self.texts.insert(id.as_str().to_owned()),
        }
    }

    /// Whether the identifier is in the set.
    pub fn contains(&self, id: &RemoteId) -> bool {
        match canonical_number(id.as_str()) {
            Some(number) => self.numbers.contains(number),
            None => self.texts.contains(id.as_str()),
        }
    }

    /// How many identifiers there are.
    pub fn len(&self) -> u64 {
        self.numbers.len() + self.texts.len() as u64
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.texts.is_empty()
    }
}

/// The number, when the text is exactly how that number is written.
fn canonical_number(text: &str) -> Option<u64> {
    let is_plain = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_look_alike_stay_apart() {
        let mut seen = SeenSet::default();
        let ids = ["1", "01", "-1", "1.0", "99999999999999999999", "a", ""];
        for id in ids {
            assert!(seen.insert(&RemoteId::new(id)), "{id} is new");
            assert!(!seen.insert(&RemoteId::new(id)), "{id} is known");
            assert!(seen.contains(&RemoteId::new(id)));
        }
        assert_eq!(seen.len(), ids.len() as u64);
    }
}
