//! The simulator of both worlds: the sync engine and the database as they are, between a PSA and
//! people that do whatever a seed rolls.
//!
//! A seed drives edits on both sides, webhooks that are lost, doubled, late and out of order,
//! calls that fail, time out after a write took effect or bring half a page, programs killed or
//! frozen between any two steps, and clocks that jump. What must hold is checked after each
//! program; in the end everything settles, and both sides are compared in full. Time, chance and
//! the network are parameters, so a seed tells the same story again.
//!
//! Absent on purpose: Halo's form (the simulator of Halo is a server of its own) and PostgreSQL
//! (the conformance suite of the store proves that both engines do the same).

mod check;
mod day;
mod dice;
mod fuse;
mod people;
mod program;
mod settle;
mod side;
mod snapshot;
mod story;
mod time;
mod wire;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use day::DayTally;
pub use story::Tally;
pub use world::Template;

/// Something that must hold did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken(pub(crate) String);

impl Broken {
    fn new(text: &str) -> Broken {
        Broken(text.to_owned())
    }

    /// An error that no story may meet: of the database, or of a test's own making.
    fn of<E: std::error::Error>(error: E) -> Broken {
        Broken(almanac_sync::with_causes(&error))
    }
}

/// A story that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// What did not hold.
    pub what: String,
    /// What happened until then, a line for each step.
    pub story: Vec<String>,
}

/// Tells the story of a seed, and what it went through.
///
/// # Errors
/// With the first thing that must hold and did not. A panic is one too.
pub fn try_seed(template: &Template, seed: u64) -> Result<Tally, Box<Failure>> {
    told(seed, |lines| story::tell(template, seed, lines))
}

/// Tells the day of a seed: twenty-four hours of the product's own work beside a PSA whose webhooks
/// are lost, doubled and overtaken and whose calls fail, then one reconcile. People change about so
/// many records in the day.
///
/// # Errors
/// As [`try_seed`].
pub fn try_day(template: &Template, seed: u64, edits: u64) -> Result<DayTally, Box<Failure>> {
    told(seed, |lines| day::tell(template, seed, edits, lines))
}

fn told<T>(
    seed: u64,
    tell: impl FnOnce(&mut Vec<String>) -> Result<T, Broken>,
) -> Result<T, Box<Failure>> {
    let mut story = Vec::new();
    let told = catch_unwind(AssertUnwindSafe(|| tell(&mut story)));
    let what = match told {
        Ok(Ok(tally)) => return Ok(tally),
        Ok(Err(Broken(what))) => what,
        Err(panic) => match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
            (Some(text), _) => format!("panicked: {text}"),
            (None, Some(text)) => format!("panicked: {text}"),
            (None, None) => "panicked".to_owned(),
        },
    };
    Err(Box::new(Failure { seed, what, story }))
}

/// Tells the stories of these seeds, on so many threads, and adds up what they went through. After
/// the first that goes wrong no other is begun; of several the smallest seed is told.
///
/// # Errors
/// With the story that went wrong.
pub fn try_seeds(seeds: std::ops::Range<u64>, threads: u64) -> Result<Tally, Box<Failure>> {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
    let template = Template::make();
    let (next, is_over) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let work = || {
        let mut sum = Tally::default();
        while !is_over.load(SeqCst) {
            let seed = next.fetch_add(1, SeqCst);
            if seed >= seeds.end {
                break;
            }
            match try_seed(&template, seed) {
                Ok(tally) => sum.add(tally),
                Err(failure) => {
                    is_over.store(true, SeqCst);
                    return Err(failure);
                }
            }
        }
        Ok(sum)
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|result| result.expect("a panic of a story is caught in it")).collect()
    });
    let mut sum = Tally::default();
    let mut failures = Vec::new();
    for result in results {
        match result {
            Ok(tally) => sum.add(tally),
            Err(failure) => failures.push(failure),
        }
    }
    match failures.into_iter().min_by_key(|failure| failure.seed) {
        Some(failure) => Err(failure),
        None => Ok(sum),
    }
}
