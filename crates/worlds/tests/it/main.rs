//! The stories that are told with every change of the code.

use almanac_worlds::try_seeds;

/// Fewer stories would not meet every turn that a story can take.
const SEEDS: u64 = 500;

#[test]
fn both_sides_agree_after_every_story() {
    let tally = match try_seeds(0..SEEDS, 2) {
        Ok(tally) => tally,
        Err(failure) => panic!(
            "{:#?}\nseed {}: {}\nreplay: cargo xtask simulate --seed {}",
            failure.story, failure.seed, failure.what, failure.seed
        ),
    };
    // Stories in which nothing happens prove nothing.
    assert!(tally.killed > SEEDS && tally.taken_over > SEEDS / 10, "{tally:?}");
    assert!(tally.applied > SEEDS / 2 && tally.conflicts > SEEDS / 50, "{tally:?}");
    assert!(tally.tombstones > SEEDS / 4, "{tally:?}");
}
