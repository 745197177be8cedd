//! The stories that are told with every change of the code.

use almanac_worlds::{DayTally, Template, try_day, try_seeds};

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

/// Each is of another way of polling.
const DAYS: u64 = 3;

/// Changes of a day, so that three of them take seconds; `cargo xtask simulate --day` makes more.
const EDITS: u64 = 450;

#[test]
fn after_a_day_of_lost_webhooks_one_reconcile_corrects_all_and_its_receipts_list_it() {
    let template = Template::make();
    let days: Vec<DayTally> = std::thread::scope(|scope| {
        let day = |seed| {
            let template = &template;
            scope.spawn(move || match try_day(template, seed, EDITS) {
                Ok(tally) => tally,
                Err(failure) => panic!(
                    "{:#?}\nday {seed}: {}\nreplay: cargo xtask simulate --day --seed {seed}",
                    failure.story, failure.what
                ),
            })
        };
        let days: Vec<_> = (0..DAYS).map(day).collect();
        days.into_iter().map(|day| day.join().expect("all holds")).collect()
    });
    for day in &days {
        assert!(day.edits > EDITS / 2 && day.delivered > EDITS / 2, "{day:?}");
        assert!(day.doubled > 5 && day.known_again > 5 && day.overtaken > 5, "{day:?}");
        assert!(day.failed > 2 && day.read_after_poke > EDITS / 2, "{day:?}");
        // A job looks again after half a minute, then a minute, where a call failed.
        assert!(day.poke_lag_p50_ms < 1_000 && day.poke_lag_p95_ms < 10_000, "{day:?}");
        assert!(day.poke_lag_max_ms < 10 * 60_000, "{day:?}");
    }
    let all = |of: fn(&DayTally) -> u64| days.iter().map(of).sum::<u64>();
    assert!(all(|day| day.dropped) > 3 && all(|day| day.corrected) > 0, "{days:?}");
}
