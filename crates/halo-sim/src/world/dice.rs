//! Chance that repeats: every made-up value follows from the seed, the kind and the row's index.
//!
//! There is no stored state, so row 900,000 costs as much as row 1. Draws of one stream depend on
//! their order; separate questions therefore use separate salts.

/// A stream of draws.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream for one question (`salt`) about one row.
    pub(crate) fn new(seed: u64, salt: u64, index: u32) -> Dice {
        let mut dice = Dice(seed ^ salt.wrapping_mul(0xd6e8_feb8_6659_fd93));
        let mixed = dice.next();
        Dice(mixed ^ u64::from(index).wrapping_mul(0xa076_1d64_78bd_642f))
    }

    /// The next 64 bits (SplitMix64).
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number from 0 to `bound - 1`; 0 when there is no choice.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        (((self.next() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// From 0.0 up to 1.0.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(u32::try_from(from.len()).unwrap_or(u32::MAX)) as usize]
    }

    /// One of a list, each with a weight.
    pub(crate) fn weighted<'a, T>(&mut self, from: &'a [T], weight: impl Fn(&T) -> u32) -> &'a T {
        let mut left = self.below(from.iter().map(&weight).sum());
        for item in from {
            let own = weight(item);
            if left < own {
                return item;
            }
            left -= own;
        }
        &from[0]
    }

    /// Text of so many characters out of an alphabet, appended.
    pub(crate) fn letters(&mut self, out: &mut String, alphabet: &[u8], count: usize) {
        for _ in 0..count {
            out.push(char::from(self.pick(alphabet)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_has_the_same_answer() {
        let draw = |seed, salt, index| {
            let mut dice = Dice::new(seed, salt, index);
            (dice.next(), dice.below(10), dice.next())
        };
        assert_eq!(draw(1, 2, 3), draw(1, 2, 3));
        assert_ne!(draw(1, 2, 3), draw(2, 2, 3));
        assert_ne!(draw(1, 2, 3), draw(1, 3, 3));
        assert_ne!(draw(1, 2, 3), draw(1, 2, 4));
    }

    #[test]
    fn shares_are_about_right() {
        let hits = (0..10_000).filter(|index| Dice::new(7, 1, *index).percent(40)).count();
        assert!((3_700..4_300).contains(&hits), "{hits}");
        let items = [("a", 1_u32), ("b", 3)];
        let b = (0..10_000)
            .filter(|index| Dice::new(7, 2, *index).weighted(&items, |item| item.1).0 == "b")
            .count();
        assert!((7_200..7_800).contains(&b), "{b}");
    }
}
