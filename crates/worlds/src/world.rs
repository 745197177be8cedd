//! A world: two tenants in one database, a PSA for each, and the clocks.
//!
//! Programs of a world run one after the other on this thread, in a process: a runtime with
//! connections of its own. When one is killed its process is dropped where it stands, and nothing of
//! it runs on; the next program begins another.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use almanac_model::chain::{Chains, Link, Target};
use almanac_model::fact::FactValue;
use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use almanac_model::stream::Stream;
use almanac_model::write::WriteState;
use almanac_store::testing::{Engine, fresh, set_commit_gate};
use almanac_store::{Address, Keyring, Store};
use almanac_testkit::new_connection;
use tempfile::TempDir;
use uuid::Uuid;

use crate::Broken;
use crate::dice::Dice;
use crate::fuse::Fuse;
use crate::side::Side;
use crate::snapshot::Snapshot;
use crate::time::Time;

/// A database with two tenants that were never read, to be copied for each seed.
pub struct Template {
    database: Vec<u8>,
    keys: Vec<u8>,
    tenants: [(TenantId, ConnectionId); 2],
}

/// A tenant with its PSA, and what is expected of it.
pub(crate) struct TenantWorld {
    pub(crate) id: TenantId,
    pub(crate) connection: ConnectionId,
    pub(crate) side: Arc<Side>,
    /// What people have locked.
    pub(crate) locks: BTreeMap<(RemoteId, Target), FactValue>,
    /// Plans, in the order that they were made in.
    pub(crate) plans: Vec<Uuid>,
    /// Writes that came to an end, and to which.
    pub(crate) ended: BTreeMap<(Uuid, i64), WriteState>,
    /// Changes already looked at.
    pub(crate) sent_checked: usize,
    /// What was kept after the last program, where nothing was held since.
    pub(crate) last: Option<Snapshot>,
    /// Webhooks on their way.
    pub(crate) hooks: VecDeque<Stream>,
}

/// Everything of one seed.
pub(crate) struct World {
    /// What people of ours and the checks work with; closed before the folder goes.
    view: Option<Store>,
    view_runtime: tokio::runtime::Runtime,
    /// Where the last program ran, if it was not killed there.
    process: RefCell<Option<Process>>,
    _folder: TempDir,
    database: PathBuf,
    keys: PathBuf,
    pub(crate) time: Time,
    pub(crate) tenants: [TenantWorld; 2],
    pub(crate) dice: Dice,
    /// Programs started so far.
    pub(crate) programs: u64,
    /// Values people of ours gave so far.
    pub(crate) values: u32,
}

/// What goes when a program is killed.
struct Process {
    store: Store,
    runtime: tokio::runtime::Runtime,
}

impl Template {
    /// Makes the database once, for all seeds.
    ///
    /// # Panics
    /// When the machine has no place for a temporary file.
    pub fn make() -> Template {
        runtime().block_on(async {
            let test = fresh(Engine::Sqlite).await.expect("SQLite is always at hand");
            let mut tenants = Vec::new();
            for name in ["ash", "birch"] {
                let (tenant, store) = test.tenant_named(name).await;
                let connection = store.connection_set(new_connection()).await;
                tenants.push((tenant.id, connection.expect("a connection can be set").id));
            }
            // Closing the last view folds the log into the file.
            test.reopen().await.close().await.expect("an orderly end");
            let Address::Sqlite(path) = test.address() else { unreachable!("it is SQLite") };
            Template {
                database: std::fs::read(path).expect("the database can be read"),
                keys: std::fs::read(test.key_path()).expect("the key file can be read"),
                tenants: [tenants[0], tenants[1]],
            }
        })
    }
}

impl World {
    /// The world of a seed, before anything was read.
    pub(crate) fn new(template: &Template, seed: u64) -> World {
        // In memory where the system offers that: what is tried here is no disk.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.expect("a temporary folder");
        let (database, keys) = (folder.path().join("almanac.db"), folder.path().join("keys"));
        std::fs::write(&database, &template.database).expect("the database can be copied");
        std::fs::write(&keys, &template.keys).expect("the key file can be copied");
        let view_runtime = runtime();
        let view = view_runtime.block_on(async {
            let keyring = Keyring::load(keys.clone()).expect("the key file is there");
            let store = Store::connect(&Address::Sqlite(database.clone()), keyring).await;
            store.expect("the copy can be opened")
        });
        let tenant = |at: usize, mark| {
            let (id, connection) = template.tenants[at];
            TenantWorld {
                id,
                connection,
                side: Arc::new(Side::new(mark, seed, 10 + at as u64)),
                locks: BTreeMap::new(),
                plans: Vec::new(),
                ended: BTreeMap::new(),
                sent_checked: 0,
                last: None,
                hooks: VecDeque::new(),
            }
        };
        let tenants = [tenant(0, "ash"), tenant(1, "birch")];
        let time = Time::new(tenants.iter().map(|tenant| tenant.side.psa.clone()).collect());
        let dice = Dice::of(seed, 1);
        World {
            view: Some(view),
            view_runtime,
            process: RefCell::new(None),
            _folder: folder,
            database,
            keys,
            time,
            tenants,
            dice,
            programs: 0,
            values: 0,
        }
    }

    /// Runs one program until it ends, or its fuse ends it: then `None`.
    pub(crate) fn live<T>(
        &self,
        fuse: &Fuse,
        work: impl AsyncFnOnce(&Store) -> Result<T, Broken>,
    ) -> Result<Option<T>, Broken> {
        let Process { store, runtime } = self.process()?;
        let ended = runtime.block_on(async {
            set_commit_gate(Some(Arc::new(fuse.clone())));
            tokio::select! {
                biased;
                () = fuse.blew() => Ok(None),
                done = work(&store) => done.map(Some),
            }
        });
        // Also after an error: no later program may meet this gate.
        set_commit_gate(None);
        if matches!(ended, Ok(Some(_))) {
            *self.process.borrow_mut() = Some(Process { store, runtime });
        }
        ended
    }

    /// The process of the last program, or a new one.
    fn process(&self) -> Result<Process, Broken> {
        if let Some(process) = self.process.borrow_mut().take() {
            return Ok(process);
        }
        let runtime = runtime();
        let keyring = Keyring::load(self.keys.clone()).map_err(Broken::of)?;
        let address = Address::Sqlite(self.database.clone());
        let store = runtime.block_on(Store::connect(&address, keyring)).map_err(Broken::of)?;
        Ok(Process { store, runtime })
    }

    /// What people of ours do, and what checks look at: nothing can end it.
    pub(crate) fn look<T>(
        &self,
        work: impl AsyncFnOnce(&Store) -> Result<T, Broken>,
    ) -> Result<T, Broken> {
        let view = self.view.as_ref().expect("it is closed with the world");
        self.view_runtime.block_on(work(view))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(view) = self.view.take() {
            // A file in a folder that is about to go: whatever becomes of it hurts nobody.
            let _ = self.view_runtime.block_on(view.close());
        }
    }
}

/// How the fake's assets are read.
pub(crate) fn chains() -> Chains {
    let standard = |name: &str| [Link::Standard(name.to_owned())];
    Chains::new()
        .with(Target::PurchaseDate, standard("bought"))
        .with(Target::SerialNumber, standard("serial"))
}

fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime needs little")
}
