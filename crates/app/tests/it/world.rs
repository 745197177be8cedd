//! A world for a test: a simulator as a process, a database, and the program.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use almanac_model::id::ConnectionId;
use almanac_store::testing::{Engine, TestStore, fresh_unmigrated, pretend_newer};
use almanac_store::{Address, Keyring, Store, TenantStore};
use almanac_testkit::Approved;
use serde_json::Value;

use crate::approved;

/// The program under test.
pub(crate) const ALMANAC: &str = env!("CARGO_BIN_EXE_almanac");

/// The streams with the simulator's name for each.
pub(crate) const STREAMS: [(&str, &str); 20] = [
    ("client_types", "Lookup33"),
    ("clients", "Client"),
    ("sites", "Site"),
    ("contacts", "Users"),
    ("agents", "Agent"),
    ("teams", "Team"),
    ("asset_types", "AssetType"),
    ("asset_statuses", "Lookup61"),
    ("assets", "Asset"),
    ("ticket_statuses", "Status"),
    ("ticket_types", "TicketType"),
    ("priorities", "Priority"),
    ("categories", "Category"),
    ("workflows", "Workflow"),
    ("tickets", "Tickets"),
    ("ticket_actions", "Actions"),
    ("opportunities", "Opportunities"),
    ("projects", "Projects"),
    ("contracts", "ClientContract"),
    ("invoices", "Invoice"),
];

/// A simulator in a process of its own.
pub(crate) struct Sim {
    child: Child,
    pub(crate) url: String,
    control: String,
}

impl Sim {
    /// Starts one of a size that a test can afford.
    pub(crate) fn start(flags: &[&str]) -> Sim {
        let sizes =
            [("--clients", "30"), ("--contacts", "260"), ("--assets", "430"), ("--tickets", "40")];
        let sizes = sizes.into_iter().filter(|(size, _)| !flags.contains(size));
        let mut child = Command::new(ALMANAC)
            .arg("halo-sim")
            .args(sizes.flat_map(|(size, count)| [size, count]))
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = || {
            let line = lines.next().expect("the simulator says where it is").unwrap();
            line.split_whitespace().last().unwrap().to_owned()
        };
        let (url, control) = (address(), address());
        approved::begin(&url, &control);
        Sim { child, url, control }
    }

    /// What the simulator would send for each row, by id.
    pub(crate) fn truth(&self, entity: &str) -> BTreeMap<String, Value> {
        let (name, query) = match entity.strip_prefix("Lookup") {
            Some(id) => ("Lookup", format!("?lookupid={id}")),
            None if entity == "Asset" => ("Asset", "?assetfields=1".to_owned()),
            None => (entity, String::new()),
        };
        let mut text = self.control("GET", &format!("/truth/{name}{query}"), "");
        if entity == "Invoice" {
            // One stream, two lists; the ids of the second are negative.
            text.push_str(&self.control("GET", "/truth/RecurringInvoice", ""));
        }
        text.lines()
            .map(|line| {
                let row: Value = serde_json::from_str(line).unwrap();
                let id = id_text(&row["id"]);
                match entity {
                    "Actions" => (format!("{}:{id}", id_text(&row["ticket_id"])), row),
                    _ => (id, row),
                }
            })
            .collect()
    }

    /// Speaks to the control port; the body of the answer.
    pub(crate) fn control(&self, method: &str, path: &str, body: &str) -> String {
        let (status, answer) = http(&self.control, method, path, body);
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    /// One request with the product's own rights, past the product; status and body.
    pub(crate) fn as_the_product(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope=all",
            almanac_halo_sim::DEMO_OAUTH_CLIENT_ID,
            almanac_halo_sim::DEMO_CLIENT_SECRET
        );
        let kind = "content-type: application/x-www-form-urlencoded\r\n";
        let (status, token) = http_with(&self.url, ("POST", "/auth/token"), kind, &form);
        assert_eq!(status, 200, "{token}");
        let token: Value = serde_json::from_str(&token).unwrap();
        let token = token["access_token"].as_str().unwrap();
        let head = format!("authorization: Bearer {token}\r\n");
        http_with(&self.url, (method, path), &head, body)
    }

    /// An asset with everything that Halo tells of it.
    pub(crate) fn asset(&self, id: &str) -> Value {
        let path = format!("/api/Asset/{id}?includedetails=true");
        let (status, body) = self.as_the_product("GET", &path, "");
        assert_eq!(status, 200, "{id}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Changes switches while it runs.
    pub(crate) fn set(&self, switches: &str) {
        self.control("POST", "/settings", switches);
    }
}

impl Drop for Sim {
    /// No test ends with a write at Halo that nobody approved.
    fn drop(&mut self) {
        let is_looked_at = !std::thread::panicking();
        let outside = is_looked_at.then(|| approved::end(&self.url, &self.control));
        let _ = self.child.kill();
        let _ = self.child.wait();
        let outside = outside.unwrap_or_default();
        assert!(outside.is_empty(), "written outside an approved plan: {outside:#?}");
    }
}

/// Halo's identifiers as the product writes them: integers without a decimal point.
fn id_text(id: &Value) -> String {
    match id {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.as_i64().is_none() => format!("{float:.0}"),
            _ => number.to_string(),
        },
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// One request over a plain connection.
pub(crate) fn http(base: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    http_with(base, (method, path), "content-type: application/json\r\n", body)
}

/// As [`http`], with these lines in the head.
pub(crate) fn http_with(
    base: &str,
    (method, path): (&str, &str),
    head: &str,
    body: &str,
) -> (u16, String) {
    let host = base.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nhost: {host}\r\n{head}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    (status, body)
}

/// An Almanac with an empty database and a tenant.
pub(crate) struct Almanac {
    pub(crate) dir: tempfile::TempDir,
    database: Option<TestStore>,
    file_size_max_kib: Option<u32>,
    /// Addresses that it was connected to.
    connected: RefCell<Vec<String>>,
}

impl Drop for Almanac {
    /// Leaves what was approved for the simulator, which looks at it when it ends.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for url in approved::written_to(&self.connected.borrow()) {
            approved::leave(&url, &self.approved());
        }
    }
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Said {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\nout: {}\nerr: {}", self.code, self.out, self.err)
    }
}

/// The password of the tenant's owner; must never be seen again.
pub(crate) const OWNER_PASSWORD: &str = "correct-horse-battery-staple-7741";

impl Almanac {
    /// An empty database of the engine, and no tenant.
    pub(crate) fn empty(engine: Engine) -> Almanac {
        let dir = tempfile::tempdir().unwrap();
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(block_on(fresh_unmigrated(engine)).unwrap()),
        };
        Almanac { dir, database, file_size_max_kib: None, connected: RefCell::default() }
    }

    /// A tenant `calder-ridge` with a connection to the simulator.
    pub(crate) fn connected(engine: Engine, sim: &Sim) -> Almanac {
        let almanac = Almanac::empty(engine);
        almanac.create_tenant();
        almanac.connect(&sim.url, almanac_halo_sim::DEMO_CLIENT_SECRET).ok();
        almanac
    }

    pub(crate) fn create_tenant(&self) {
        let password = self.file("password", OWNER_PASSWORD);
        let slug = self
            .run(&[
                "tenant",
                "create",
                "Calder Ridge",
                "--owner-email",
                "owner@calder.example",
                "--owner-password-file",
                password.to_str().unwrap(),
            ])
            .ok();
        assert_eq!(slug.out.trim(), "calder-ridge");
    }

    pub(crate) fn connect(&self, url: &str, secret: &str) -> Said {
        let secret = self.file("client-secret", secret);
        self.connected.borrow_mut().push(url.to_owned());
        self.run(&[
            "connection",
            "set",
            "--tenant",
            "calder-ridge",
            "--url",
            url,
            "--client-id",
            almanac_halo_sim::DEMO_OAUTH_CLIENT_ID,
            "--client-secret-file",
            secret.to_str().unwrap(),
        ])
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Files of the program's later runs cannot grow beyond this, as on a full disk.
    pub(crate) fn limit_file_size_kib(&mut self, kib: Option<u32>) {
        self.file_size_max_kib = kib;
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = match self.file_size_max_kib {
            None => Command::new(ALMANAC),
            Some(kib) => {
                let mut shell = Command::new("/bin/bash");
                // The signal is ignored, so that writing fails instead of ending the process.
                let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
                shell.args(["-c", &script, ALMANAC]);
                shell
            }
        };
        command
            .args(args)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("ALMANAC_DATA", self.dir.path().join("data"))
            .env("ALMANAC_HALO_ALLOW_PRIVATE_HOSTS", "127.0.0.1")
            .stdin(Stdio::null());
        if let Some(database) = &self.database {
            let Address::Postgres(url) = database.address() else { unreachable!() };
            command.env("ALMANAC_DATABASE", url);
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        said(&self.command(args).output().unwrap())
    }

    /// As if a later version of the program had migrated the database.
    pub(crate) fn pretend_newer_schema(&self) {
        block_on(pretend_newer(&self.address()));
    }

    fn address(&self) -> Address {
        match &self.database {
            Some(database) => database.address().clone(),
            None => Address::Sqlite(self.dir.path().join("data/almanac.db")),
        }
    }

    /// Works in the database as another program would, beside whatever runs.
    fn in_store<T>(&self, work: impl AsyncFnOnce(&Store) -> T) -> T {
        block_on(async {
            let keyring = Keyring::load(self.dir.path().join("data/keyring")).unwrap();
            let store = Store::connect(&self.address(), keyring).await.unwrap();
            let done = work(&store).await;
            store.close().await.unwrap();
            done
        })
    }

    /// As another program would, in the tenant's data.
    pub(crate) fn in_tenant<T>(
        &self,
        work: impl AsyncFnOnce(&TenantStore, ConnectionId) -> T,
    ) -> T {
        self.in_store(async |store| {
            let tenant = store.tenant_by_slug("calder-ridge").await.unwrap().unwrap();
            let view = store.tenant(tenant.id);
            let connection = view.connection_active().await.unwrap().unwrap();
            work(&view, connection.id).await
        })
    }

    /// What people approved of writing to Halo.
    pub(crate) fn approved(&self) -> Approved {
        self.in_store(almanac_testkit::approved)
    }

    pub(crate) fn sync(&self) -> Said {
        self.run(&["sync", "run", "--tenant", "calder-ridge", "--json"])
    }

    /// Live records of a stream as the product keeps them, by remote id.
    pub(crate) fn records(&self, stream: &str) -> BTreeMap<String, Value> {
        self.export(&["--stream", stream]).remove(stream).unwrap_or_default()
    }

    /// Live records by stream and remote id.
    fn export(&self, args: &[&str]) -> BTreeMap<String, BTreeMap<String, Value>> {
        let export = ["records", "export", "--tenant", "calder-ridge", "--raw"];
        let said = self.run(&[&export[..], args].concat()).ok();
        let mut streams: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        for line in said.out.lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let id = record["remote_id"].as_str().unwrap();
            let records = streams.entry(record["stream"].as_str().unwrap().to_owned()).or_default();
            let last = records.keys().next_back().map_or("", String::as_str);
            assert!(last < id, "sorted by remote id, once each: {last} {id}");
            records.insert(id.to_owned(), record["body"].clone());
        }
        streams
    }

    /// Every stream holds what the simulator holds, field by field.
    #[track_caller]
    pub(crate) fn equals_truth(&self, sim: &Sim, except: &[&str]) {
        let mut streams = self.export(&[]);
        for (stream, entity) in STREAMS {
            if except.contains(&stream) {
                continue;
            }
            let truth = sim.truth(entity);
            let ours = streams.remove(stream).unwrap_or_default();
            assert!(!truth.is_empty(), "{stream} has rows");
            let missing: Vec<_> = truth.keys().filter(|id| !ours.contains_key(*id)).collect();
            let extra: Vec<_> = ours.keys().filter(|id| !truth.contains_key(*id)).collect();
            assert!(missing.is_empty() && extra.is_empty(), "{stream}: -{missing:?} +{extra:?}");
            for (id, row) in &truth {
                assert_eq!(&ours[id], row, "{stream} {id}");
            }
        }
    }
}

/// Lets other processes run for a while.
#[expect(clippy::disallowed_methods, reason = "processes share no clock that could be moved")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Waits until another process has brought something about; fails after a minute.
#[track_caller]
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    wait_until_for(Duration::from_secs(60), what, is_so);
}

/// As [`wait_until`], with a limit of its own.
#[track_caller]
pub(crate) fn wait_until_for(limit: Duration, what: &str, is_so: impl Fn() -> bool) {
    let step = Duration::from_millis(50);
    for _ in 0..limit.as_millis() / step.as_millis() {
        if is_so() {
            return;
        }
        pause(step);
    }
    panic!("within {limit:?}: {what}");
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(crate) fn said(output: &Output) -> Said {
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Makes one test per engine from a function that takes the engine.
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* $name:ident)*) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(almanac_store::testing::Engine::Sqlite); })*
        }
        mod postgres {
            $(#[test] fn $name() {
                if almanac_store::testing::Engine::Postgres.is_at_hand() {
                    super::$name(almanac_store::testing::Engine::Postgres);
                }
            })*
        }
    };
}
pub(crate) use on_both_engines;
