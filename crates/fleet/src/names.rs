//! Texts that many assets share, each kept once: models, makers, sites, types, remote ids.
//!
//! A [`Symbol`] means something only together with the [`Names`] that gave it. Names are never
//! taken out; a fleet that is loaded anew begins with new ones.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::iter;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use memchr::memmem::Finder;

/// A text of a [`Names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Symbol(NonZeroU32);

/// Texts, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    texts: Vec<Arc<str>>,
    /// The texts in lower case, where that is something else.
    folded: Vec<Option<Box<str>>>,
    known: HashMap<Arc<str>, Symbol>,
    ranks: OnceLock<Vec<u32>>,
    bytes: usize,
}

impl Symbol {
    fn at(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl Names {
    /// The symbol of a text, which is kept if it is new.
    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        if let Some(&known) = self.known.get(text) {
            return known;
        }
        let number = u32::try_from(self.texts.len() + 1).expect("fewer texts than assets' fields");
        let symbol = Symbol(NonZeroU32::new(number).expect("one was added"));
        let kept: Arc<str> = text.into();
        let folded = text.to_lowercase();
        let folded = (folded != text).then(|| folded.into_boxed_str());
        self.bytes += text.len() + folded.as_ref().map_or(0, |folded| folded.len()) + 80;
        self.texts.push(Arc::clone(&kept));
        self.folded.push(folded);
        self.known.insert(kept, symbol);
        self.ranks = OnceLock::new();
        symbol
    }

    /// The symbol of a text that is there.
    pub(crate) fn find(&self, text: &str) -> Option<Symbol> {
        self.known.get(text).copied()
    }

    /// The text of a symbol.
    pub(crate) fn text(&self, symbol: Symbol) -> &str {
        &self.texts[symbol.at()]
    }

    /// How many texts there are.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// About how much memory the texts take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The place of a symbol's text when all are sorted as people expect.
    pub(crate) fn rank(&self, symbol: Symbol) -> u32 {
        self.ranks.get_or_init(|| self.sorted())[symbol.at()]
    }

    /// Which symbols' texts hold this word, which is in lower case; `None` where none does.
    pub(crate) fn holding(&self, word: &str) -> Option<Holding> {
        let finder = Finder::new(word);
        let texts = self.texts.iter().zip(&self.folded);
        let texts = texts.map(|(text, folded)| folded.as_deref().unwrap_or(text));
        let holds = texts.map(|text| finder.find(text.as_bytes()).is_some());
        // No symbol is 0, so that is where none stands.
        let holds: Vec<bool> = iter::once(false).chain(holds).collect();
        holds.contains(&true).then_some(Holding(holds))
    }

    /// Symbols to note, each once.
    pub(crate) fn noted(&self) -> Noted {
        Noted { is_noted: vec![false; self.texts.len()], symbols: Vec::new() }
    }

    fn sorted(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..).take(self.texts.len()).collect();
        order.sort_unstable_by(|&a, &b| {
            folded_cmp(&self.texts[a as usize], &self.texts[b as usize])
        });
        let mut ranks = vec![0; order.len()];
        for (rank, at) in (0_u32..).zip(order) {
            ranks[at as usize] = rank;
        }
        ranks
    }
}

/// Symbols, each once.
pub(crate) struct Noted {
    is_noted: Vec<bool>,
    pub(crate) symbols: Vec<Symbol>,
}

impl Noted {
    pub(crate) fn note(&mut self, symbol: Option<Symbol>) {
        let Some(symbol) = symbol else { return };
        let is_noted = &mut self.is_noted[symbol.at()];
        if !*is_noted {
            *is_noted = true;
            self.symbols.push(symbol);
        }
    }
}

/// Which symbols' texts hold a word, by their number.
#[derive(Debug)]
pub(crate) struct Holding(Vec<bool>);

impl Holding {
    /// Whether the symbol's text does.
    pub(crate) fn has(&self, symbol: Option<Symbol>) -> bool {
        self.0[symbol.map_or(0, |symbol| symbol.0.get() as usize)]
    }
}

/// Compares as people expect, without regard to case; equal only for equal texts.
pub(crate) fn folded_cmp(a: &str, b: &str) -> Ordering {
    let order = if a.is_ascii() && b.is_ascii() {
        // Most names are, and this is what sorting spends its time on.
        a.bytes().map(|c| c.to_ascii_lowercase()).cmp(b.bytes().map(|c| c.to_ascii_lowercase()))
    } else {
        a.chars().flat_map(char::to_lowercase).cmp(b.chars().flat_map(char::to_lowercase))
    };
    order.then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once_and_sorts_without_regard_to_case() {
        let mut names = Names::default();
        let symbols: Vec<Symbol> =
            ["beta", "Alpha", "beta", "Öl", "gamma"].map(|text| names.intern(text)).into();
        assert_eq!(names.len(), 4);
        assert_eq!(symbols[0], symbols[2]);
        let ranks: Vec<u32> = symbols.iter().map(|&symbol| names.rank(symbol)).collect();
        assert_eq!(ranks, [1, 0, 1, 3, 2]);
        let later = names.intern("aa");
        assert_eq!(names.rank(later), 0, "ranks follow what is added");
        let holding = names.holding("lph").unwrap();
        assert!(holding.has(Some(symbols[1])));
        assert!(!holding.has(Some(symbols[0])) && !holding.has(None));
        assert!(names.holding("lphx").is_none());
        assert_eq!(names.find("Alpha"), Some(symbols[1]));
        assert_eq!(names.find("alpha"), None);
    }

    #[test]
    fn the_order_is_total() {
        let texts = ["a", "A", "b", "", "Ä", "ä", "z", "Z9", "z10"];
        for a in texts {
            for b in texts {
                assert_eq!(folded_cmp(a, b), folded_cmp(b, a).reverse(), "{a} {b}");
                assert_eq!(folded_cmp(a, b) == Ordering::Equal, a == b);
                for c in texts {
                    if folded_cmp(a, b).is_le() && folded_cmp(b, c).is_le() {
                        assert!(folded_cmp(a, c).is_le(), "{a} {b} {c}");
                    }
                }
            }
        }
    }
}
