//! The programs of a world: rounds of changes, whole scans and pushes, as the product runs them.

use std::sync::{Arc, Mutex};

use almanac_model::stream::Stream;
use almanac_psa::fake::FakeMapper;
use almanac_store::{RunCause, Store};
use almanac_sync::{
    CHANGES_KIND, Outcome, Owner, PushJob, PushStatus, Quiet, RUN_KIND, ReadMode, RunStatus,
    SyncError, SyncJob, push, run, with_causes,
};

use crate::Broken;
use crate::dice::Dice;
use crate::fuse::Fuse;
use crate::side::STREAMS;
use crate::snapshot::Snapshot;
use crate::wire::{Weather, Wire};
use crate::world::{World, chains};

/// A whole scan is due so often.
pub(crate) const WHOLE_EVERY_MS: i64 = 6 * 3_600_000;

/// What one program does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    /// What a webhook asks for: the changes of a stream.
    Poke(Stream),
    /// What changed, of everything.
    Changes,
    /// Everything; perhaps with so few calls that it stays open.
    Scan { calls_max: Option<u64> },
    /// Approved writes.
    Push,
}

/// A program that is about to start.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) tenant: usize,
    pub(crate) task: Task,
    pub(crate) fuse: Fuse,
    pub(crate) weather: Weather,
}

/// How a program ended by itself.
#[derive(Debug)]
pub(crate) enum Ended {
    Read(RunStatus),
    Pushed(PushStatus),
    /// Another one holds the lease, or took it over.
    Refused,
}

impl Ended {
    /// Whether everything that was asked for was read and believed.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Ended::Read(status) => {
                status.outcome == Outcome::Done
                    && status.streams.iter().all(|of| of.held.is_none() && !of.is_open)
            }
            Ended::Pushed(status) => status.stopped.is_none(),
            Ended::Refused => false,
        }
    }
}

impl World {
    /// Runs a program until it ends or is killed; `None` for a killed one.
    pub(crate) fn start(&mut self, program: &Program) -> Result<Option<Ended>, Broken> {
        self.programs += 1;
        let started = Started::new(self, program);
        self.live(&program.fuse, async |store| started.run(store).await)
    }

    /// A program is held until its lease is over and another of its kind has taken over from it;
    /// then it goes on, and must change nothing. `false` where it ended before, or nothing was
    /// taken over.
    pub(crate) fn start_held(&mut self, program: &Program) -> Result<bool, Broken> {
        self.programs += 2;
        let held = Started::new(self, program);
        let calm = Program { fuse: Fuse::none(), weather: Weather::Calm, ..program.clone() };
        let other = Started { name: format!("{} again", held.name), ..Started::new(self, &calm) };
        let fuse = program.fuse.clone();
        let plans = self.tenants[program.tenant].plans.clone();
        self.look(async |store| {
            let mut first = Box::pin(held.run(store));
            tokio::select! {
                biased;
                () = fuse.blew() => {}
                done = &mut first => return done.map(|_| false),
            }
            held.time_passes();
            held.wire.side.edit();
            let is_taken_over = !matches!(other.run(store).await?, Ended::Refused);
            let view = store.tenant(held.tenant);
            let before = Snapshot::take(&view, held.connection, &plans).await?;
            fuse.release();
            first.await?;
            if is_taken_over {
                let after = Snapshot::take(&view, held.connection, &plans).await?;
                before.is_as(&after)?;
            }
            Ok(is_taken_over)
        })
    }
}

/// A program with all that it needs.
struct Started {
    name: String,
    tenant: almanac_model::id::TenantId,
    slug: &'static str,
    connection: almanac_model::id::ConnectionId,
    task: Task,
    wire: WireSeed,
}

/// A wire, but for the view of the database that its program opens.
struct WireSeed {
    side: Arc<crate::side::Side>,
    time: crate::time::Time,
    fuse: Fuse,
    weather: Weather,
    dice: Dice,
}

impl Started {
    fn new(world: &mut World, program: &Program) -> Started {
        let tenant = &world.tenants[program.tenant];
        let roll = u64::try_from(world.dice.id() >> 64).unwrap_or(0);
        Started {
            name: format!("program {}", world.programs),
            tenant: tenant.id,
            slug: tenant.side.mark,
            connection: tenant.connection,
            task: program.task.clone(),
            wire: WireSeed {
                side: Arc::clone(&tenant.side),
                time: world.time.clone(),
                fuse: program.fuse.clone(),
                weather: program.weather,
                dice: Dice::of(roll, 2),
            },
        }
    }

    /// So long that a lease expires.
    fn time_passes(&self) {
        self.wire.time.forward(10 * 60_000);
    }

    async fn run(&self, store: &Store) -> Result<Ended, Broken> {
        let ended = match &self.task {
            Task::Push => push(&self.push_job(store)).await.map(Ended::Pushed),
            Task::Poke(stream) => {
                let mode = ReadMode::Changes { whole_every_ms: i64::MAX };
                run(&self.sync_job(store, &[*stream], mode, None)).await.map(Ended::Read)
            }
            Task::Changes => {
                let mode = ReadMode::Changes { whole_every_ms: WHOLE_EVERY_MS };
                run(&self.sync_job(store, &STREAMS, mode, None)).await.map(Ended::Read)
            }
            Task::Scan { calls_max } => {
                let job = self.sync_job(store, &STREAMS, ReadMode::Whole, *calls_max);
                run(&job).await.map(Ended::Read)
            }
        };
        match ended {
            Ok(ended) => Ok(ended),
            Err(SyncError::Busy { .. } | SyncError::TakenOver) => Ok(Ended::Refused),
            Err(error) => Err(Broken(format!("{:?} failed: {}", self.task, with_causes(&error)))),
        }
    }

    fn owner(&self) -> Owner {
        Owner { name: self.name.clone(), is_dead: |_| false }
    }

    fn wire(&self, store: &Store) -> Arc<Wire> {
        let WireSeed { side, time, fuse, weather, dice } = &self.wire;
        Arc::new(Wire {
            side: Arc::clone(side),
            time: time.clone(),
            fuse: fuse.clone(),
            weather: *weather,
            people: Some((store.tenant(self.tenant), self.connection)),
            dice: Mutex::new(dice.clone()),
            cut: Mutex::default(),
        })
    }

    fn push_job(&self, store: &Store) -> PushJob<Wire, FakeMapper> {
        PushJob {
            store: store.tenant(self.tenant),
            connection: self.connection,
            writer: self.wire(store),
            mapper: Arc::new(FakeMapper),
            chains: Arc::new(chains()),
            owner: self.owner(),
            clock: self.wire.time.clock(),
        }
    }

    fn sync_job(
        &self,
        store: &Store,
        streams: &[Stream],
        mode: ReadMode,
        calls_max: Option<u64>,
    ) -> SyncJob<Wire, FakeMapper> {
        let connector = self.wire(store);
        let made = almanac_psa::Connector::call_stats(&*connector).requests;
        SyncJob {
            store: store.tenant(self.tenant),
            tenant: self.slug.to_owned(),
            connection: self.connection,
            connector,
            mapper: Arc::new(FakeMapper),
            chains: Arc::new(chains()),
            kind: if mode == ReadMode::Whole { RUN_KIND } else { CHANGES_KIND },
            streams: streams.to_vec(),
            mode,
            calls_max: calls_max.map(|more| made + more),
            parents_max: None,
            cause: RunCause::CommandLine,
            owner: self.owner(),
            clock: self.wire.time.clock(),
            progress: Arc::new(Quiet),
            peak_memory: || 0,
        }
    }
}
