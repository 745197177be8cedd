//! What happens in a world, step by step, as its seed rolls it.

use almanac_model::stream::Stream;
use almanac_model::write::WriteState;
use almanac_store::WriteMode;

use crate::Broken;
use crate::fuse::Fuse;
use crate::program::{Program, Task};
use crate::wire::Weather;
use crate::world::{Template, World};

/// Hours after which the next whole scan is due.
const LONG_MS: i64 = 7 * 3_600_000;

/// After this a lease that nobody gave back is over.
const LEASE_MS: i64 = 31_000;

/// After fewer steps than this a program is killed, every second one.
const STEPS_MAX: u64 = 60;

/// What a story went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Programs that were started.
    pub programs: u64,
    /// Programs that were killed.
    pub killed: u64,
    /// Programs that another took over from while they were held.
    pub taken_over: u64,
    /// Changes of the PSA that were taken.
    pub sent: u64,
    /// Writes that were applied.
    pub applied: u64,
    /// Writes that met a conflict.
    pub conflicts: u64,
    /// Records kept at the end, tombstones included.
    pub records: u64,
    /// Tombstones at the end.
    pub tombstones: u64,
}

impl Tally {
    /// Adds another story's.
    pub fn add(&mut self, other: Tally) {
        self.programs += other.programs;
        self.killed += other.killed;
        self.taken_over += other.taken_over;
        self.sent += other.sent;
        self.applied += other.applied;
        self.conflicts += other.conflicts;
        self.records += other.records;
        self.tombstones += other.tombstones;
    }
}

/// Tells the story of a seed to its end; `told` takes a line for each step.
pub(crate) fn tell(
    template: &Template,
    seed: u64,
    told: &mut Vec<String>,
) -> Result<Tally, Broken> {
    let mut world = World::new(template, seed);
    let mut tally = Tally::default();
    for at in 0..2 {
        world.switch(at, WriteMode::On)?;
        world.program(at, Task::Scan { calls_max: None }, &mut tally, told)?;
    }
    for step in 0..14 + world.dice.below(20) {
        told.push(format!("{step}:"));
        let at = usize::from(world.dice.one_in(2));
        world.step(at, &mut tally, told)?;
    }
    for at in 0..2 {
        told.push(format!("tenant {at} settles"));
        world.settle(at)?;
        if let Some(plan) = world.dice.pick(&world.tenants[at].plans.clone()) {
            told.push(format!("tenant {at} takes {plan} back"));
            world.take_back(at, plan)?;
            world.rest_after_all(at)?;
        }
        let now = world.snapshot(at)?;
        let count = |state| now.entries.iter().filter(|(_, of)| of.state == state).count() as u64;
        tally.sent += world.tenants[at].side.sent().len() as u64;
        tally.applied += count(WriteState::Applied);
        tally.conflicts += count(WriteState::Conflict);
        tally.records += now.records.len() as u64;
        tally.tombstones += (now.records.len() - now.live().count()) as u64;
    }
    tally.programs = world.programs;
    Ok(tally)
}

impl World {
    fn step(&mut self, at: usize, tally: &mut Tally, told: &mut Vec<String>) -> Result<(), Broken> {
        let tell = |told: &mut Vec<String>, what: &str| told.push(format!("tenant {at} {what}"));
        match self.dice.below(100) {
            0..=24 => {
                tell(told, "has its PSA edited");
                self.edits(at);
                if self.dice.one_in(6) {
                    let is_one = !self.dice.one_in(3);
                    self.tenants[at].side.hide(is_one);
                }
            }
            25..=40 => {
                tell(told, "locks or unlocks");
                for _ in 0..=self.dice.below(3) {
                    self.lock_or_unlock(at)?;
                }
            }
            41..=57 => {
                tell(told, "plans, and approves a plan");
                self.plan(at)?;
                if !self.dice.one_in(4) {
                    self.approve(at)?;
                }
            }
            58 | 59 => {
                tell(told, "gives a plan up");
                self.give_up(at)?;
            }
            60 | 61 => {
                tell(told, "takes a plan back");
                if let Some(plan) = self.dice.pick(&self.tenants[at].plans) {
                    self.undo(at, plan)?;
                }
            }
            62 | 63 => {
                let modes = [WriteMode::On, WriteMode::On, WriteMode::Off, WriteMode::Rehearsal];
                let mode = self.dice.pick(&modes).expect("there are some");
                tell(told, &format!("switches to {mode:?}"));
                self.switch(at, mode)?;
            }
            64..=71 => {
                if let Some(stream) = self.tenants[at].hooks.pop_front() {
                    self.program(at, Task::Poke(stream), tally, told)?;
                }
            }
            72..=76 => self.program(at, Task::Changes, tally, told)?,
            77..=80 => {
                let few = 1 + self.dice.below(12);
                let calls_max = self.dice.one_in(3).then_some(few);
                self.program(at, Task::Scan { calls_max }, tally, told)?;
            }
            81..=92 => self.program(at, Task::Push, tally, told)?,
            93..=96 => self.held(at, tally, told)?,
            97 => {
                let ms = i64::try_from(self.dice.below(8 * 60_000)).unwrap_or(0) - 4 * 60_000;
                tell(told, &format!("sees the clock jump by {ms} ms"));
                self.time.jump(ms);
            }
            98 => self.time.forward(LONG_MS),
            _ => self.time.forward(LONG_MS / 30),
        }
        Ok(())
    }

    /// People of the PSA change a few things; webhooks are lost, doubled, late and out of order.
    fn edits(&mut self, at: usize) {
        for _ in 0..=self.dice.below(4) {
            self.time.forward(1 + i64::try_from(self.dice.below(5_000)).unwrap_or(0));
            let locked: Vec<_> = self.tenants[at].locks.keys().map(|(id, _)| id.clone()).collect();
            let stream = match self.dice.pick(&locked) {
                // Where both sides care, they meet.
                Some(asset) if self.dice.one_in(4) => {
                    self.tenants[at].side.edit_asset(&asset);
                    Stream::Assets
                }
                _ => self.tenants[at].side.edit(),
            };
            let fate = self.dice.below(12);
            let hooks = &mut self.tenants[at].hooks;
            match fate {
                0 | 1 => {}
                2 => hooks.extend([stream, stream]),
                3 | 4 => hooks.push_front(stream),
                _ => hooks.push_back(stream),
            }
        }
    }

    /// Runs a program under a roll of weather, perhaps killed on the way, and checks what it left.
    fn program(
        &mut self,
        at: usize,
        task: Task,
        tally: &mut Tally,
        told: &mut Vec<String>,
    ) -> Result<(), Broken> {
        let weather = match self.dice.below(6) {
            0 => Weather::Calm,
            1 => Weather::Busy,
            _ => Weather::Foul,
        };
        let steps = self.dice.one_in(2).then(|| self.dice.below(STEPS_MAX));
        let fuse = steps.map_or_else(Fuse::none, Fuse::killing_after);
        told.push(format!("tenant {at} runs {task:?}, {weather:?}, killed after {steps:?}"));
        let program = Program { tenant: at, task, fuse, weather };
        let before = self.begin(at)?;
        let ended = self.start(&program)?;
        told.push(format!("  {}", shown(ended.as_ref())));
        self.check(at, &before, (&program.task, ended.as_ref()))?;
        if ended.is_none() {
            tally.killed += 1;
            if !self.dice.one_in(4) {
                self.time.forward(LEASE_MS);
            }
        }
        Ok(())
    }

    /// A program is frozen on its way, another takes over, and the first wakes up.
    fn held(&mut self, at: usize, tally: &mut Tally, told: &mut Vec<String>) -> Result<(), Broken> {
        let tasks = [Task::Push, Task::Changes, Task::Scan { calls_max: None }];
        let task = self.dice.pick(&tasks).expect("there are some");
        let steps = self.dice.below(STEPS_MAX / 3);
        told.push(format!("tenant {at} runs {task:?}, held after {steps}"));
        let fuse = Fuse::holding_after(steps);
        let before = self.begin(at)?;
        let program = Program { tenant: at, task, fuse, weather: Weather::Calm };
        if self.start_held(&program)? {
            tally.taken_over += 1;
        }
        self.check(at, &before, (&program.task, None))
    }
}

fn shown(ended: Option<&crate::program::Ended>) -> String {
    use crate::program::Ended;
    match ended {
        None => "killed".to_owned(),
        Some(Ended::Refused) => "another one holds the lease".to_owned(),
        Some(Ended::Pushed(status)) => format!("{status:?}"),
        Some(Ended::Read(status)) => {
            let streams = status.streams.iter().map(|of| {
                let held = of.held.as_ref().map_or("", |held| held.code.as_str());
                format!(
                    "{} {} +{} ~{} -{} {held}",
                    of.stream, of.mode, of.added, of.changed, of.removed
                )
            });
            format!("{:?}: {}", status.outcome, streams.collect::<Vec<_>>().join(", "))
        }
    }
}
