//! The process is killed while it brings the oldest schema, with data, up to date: the schema is
//! the old one or the new one, and the data are whole.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use almanac_store::testing::{Engine, TestStore, fresh_unmigrated};
use almanac_store::{Address, Keyring, Store};

use crate::kill::{Dice, kill, points};
use crate::world::{ALMANAC, block_on, on_both_engines, pause, said};

on_both_engines! {
    kill_9_at_random_points_of_a_migration
}

/// Rows of each large table; as many as make the migration the longer part of a run.
const ROWS: u32 = 2_000;

/// A database as the first version of the program left it, and the folder of who opens it.
struct Older {
    folder: tempfile::TempDir,
    /// On PostgreSQL the database itself; an SQLite file lies in the folder.
    database: Option<TestStore>,
}

impl Older {
    /// `template` is one of SQLite that was made before: copying it is quick.
    fn new(engine: Engine, template: &Path) -> Older {
        let folder = tempfile::tempdir().unwrap();
        if engine == Engine::Sqlite {
            for entry in std::fs::read_dir(template).unwrap() {
                let path = entry.unwrap().path();
                std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
            }
            return Older { folder, database: None };
        }
        Older { folder, database: Some(block_on(filled(engine))) }
    }

    fn address(&self) -> Address {
        match &self.database {
            Some(database) => database.address().clone(),
            None => Address::Sqlite(self.folder.path().join("almanac.db")),
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(ALMANAC);
        command.args(args).env_clear().env("ALMANAC_DATA", self.folder.path()).stdin(Stdio::null());
        if let Address::Postgres(url) = self.address() {
            command.env("ALMANAC_DATABASE", url);
        }
        command
    }

    fn start_migration(&self) -> Child {
        let mut command = self.command(&["migrate"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn migrate(&self) {
        said(&self.command(&["migrate"]).output().unwrap()).ok();
    }

    fn version(&self) -> u32 {
        block_on(async {
            let keys = Keyring::load_or_create(self.folder.path().join("other-keys")).unwrap();
            let store = Store::connect(&self.address(), keys).await.unwrap();
            let version = store.schema_version().await.unwrap();
            store.close().await.unwrap();
            version
        })
    }

    /// Every row of every table, by the program's own backup, which checks itself.
    fn rows(&self) -> String {
        let file = self.folder.path().join("copy.almanac");
        said(&self.command(&["backup", file.to_str().unwrap()]).output().unwrap()).ok();
        let gzip = Command::new("gzip").arg("-dc").arg(&file).stdout(Stdio::piped()).spawn();
        let mut text = String::new();
        let mut gzip = gzip.unwrap();
        gzip.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(gzip.wait().unwrap().success());
        text
    }
}

/// The oldest schema with rows in it.
async fn filled(engine: Engine) -> TestStore {
    let store = fresh_unmigrated(engine).await.expect("the engine is at hand");
    store.migrate_to(1).await;
    let uuid = match engine {
        Engine::Sqlite => "unhex(printf('%032x', n))",
        Engine::Postgres => "lpad(to_hex(n), 32, '0')::uuid",
    };
    let bytes = match engine {
        Engine::Sqlite => "x'0a0b0c'",
        Engine::Postgres => "'\\x0a0b0c'::bytea",
    };
    store
        .script(format!(
            "INSERT INTO tenant (tenant_id, slug, name, created_at) \
             VALUES (1, 'acme', 'Acme', 5), (2, 'calder', 'Calder', 6); \
             CREATE TABLE numbers (n BIGINT NOT NULL PRIMARY KEY); \
             INSERT INTO numbers WITH RECURSIVE k (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL \
             SELECT n + 1 FROM k WHERE n < {ROWS}) SELECT n FROM k; \
             INSERT INTO tenant_user (tenant_id, id, email, password_hash, role, created_at) \
             SELECT 1 + n % 2, {uuid}, 'user' || n || '@acme.example', 'hash' || n, 'owner', n \
             FROM numbers; \
             INSERT INTO stream_state (tenant_id, connection_id, stream, generation, live, \
             deleted, bad, mapper_version) VALUES (1, 1, 'clients', 3, {ROWS}, 0, 0, 1); \
             INSERT INTO record (tenant_id, connection_id, stream, remote_id, first_seen_at, \
             changed_at, sha256, body) SELECT 1, 1, 'clients', '' || n, n, n, {bytes}, {bytes} \
             FROM numbers; \
             INSERT INTO client (tenant_id, connection_id, remote_id, mapper_version, name, \
             is_inactive, is_placeholder) \
             SELECT 1, 1, '' || n, 1, 'Client ' || n, FALSE, FALSE FROM numbers; \
             DROP TABLE numbers"
        ))
        .await
        .expect("written as before");
    store
}

/// A folder with the file of such a database, which nobody has open.
fn template(engine: Engine) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    if engine == Engine::Sqlite {
        let store = block_on(filled(engine));
        for entry in std::fs::read_dir(store.folder()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_owned();
            // The log beside the file holds what is not in it yet; the index of that is made anew.
            if name == "almanac.db" || name == "almanac.db-wal" {
                std::fs::copy(&path, folder.path().join(name)).unwrap();
            }
        }
    }
    folder
}

#[expect(
    clippy::disallowed_methods,
    reason = "another process shares no clock that could be moved"
)]
fn kill_9_at_random_points_of_a_migration(engine: Engine) {
    let template = template(engine);
    let whole = Older::new(engine, template.path());
    assert_eq!(whole.version(), 1);
    let began = Instant::now();
    whole.migrate();
    let took = u64::try_from(began.elapsed().as_micros()).unwrap();
    let (newest, rows) = (whole.version(), whole.rows());
    assert!(newest > 1 && rows.matches("@acme.example").count() == ROWS as usize);
    let mut dice = Dice(20_261_123);
    let (mut before, mut after) = (0, 0);
    let ends_whole = |older: &Older| {
        older.migrate();
        assert_eq!(older.version(), newest);
        assert!(older.rows() == rows, "the rows differ from an undisturbed run's");
    };
    let mut older = Older::new(engine, template.path());
    for point in 0..points(6) {
        let migration = older.start_migration();
        pause(Duration::from_micros(dice.roll(took * 11 / 10)));
        kill(migration);
        match older.version() {
            // The next one finds what this one left.
            1 => before += 1,
            found => {
                assert_eq!(found, newest, "point {point}");
                after += 1;
                ends_whole(&older);
                older = Older::new(engine, template.path());
            }
        }
    }
    ends_whole(&older);
    #[expect(clippy::print_stderr, reason = "a person who kills often wants to know what was hit")]
    {
        eprintln!("killed before the commit: {before}, after it: {after}");
    }
}
