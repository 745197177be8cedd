//! Chance from a seed: the same seed rolls the same.

/// A source of chance that can be repeated.
#[derive(Debug, Clone)]
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    /// A source of its own for each purpose, so that one more roll here moves nothing there.
    pub(crate) fn of(seed: u64, purpose: u64) -> Dice {
        let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose.wrapping_mul(0xbf58_476d);
        Dice(fastrand::Rng::with_seed(mixed))
    }

    /// 0 up to, and not including, `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.u64(0..end.max(1))
    }

    /// Whether a chance of one in so many came.
    pub(crate) fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    /// One of these, if there is one.
    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let at = usize::try_from(self.below(of.len() as u64)).expect("an index of a slice");
        of.get(at).cloned()
    }

    /// An identifier.
    pub(crate) fn id(&mut self) -> u128 {
        self.0.u128(..)
    }
}
