//! A fresh database of either engine, for the tests of this and other crates.
//!
//! SQLite lives in a temporary folder. PostgreSQL is used when `TEST_POSTGRES_URL` names a
//! cluster where the user may create databases and roles; each test gets a database of its own,
//! which is dropped with it.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use almanac_model::id::TenantId;
use secrecy::SecretString;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};

use crate::db::{Db, Scope, tables};
use crate::error::StoreError;
use crate::{Address, Keyring, NewTenant, ReadBy, Store, Tenant, TenantStore};

mod gate;

pub(crate) use gate::pass_gate;
pub use gate::{CommitGate, CommitMoment, set_commit_gate};

/// Any instant; tests count from it.
pub const START_MS: i64 = 1_780_000_000_000;

/// Who reads secrets in tests.
pub const READER: ReadBy<'static> = ReadBy { actor: "a test", at_ms: START_MS };

const VARIABLE: &str = "TEST_POSTGRES_URL";

/// An engine to test on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The embedded engine.
    Sqlite,
    /// PostgreSQL, when `TEST_POSTGRES_URL` is set.
    Postgres,
}

impl Engine {
    /// Whether tests can use it here.
    pub fn is_at_hand(self) -> bool {
        self == Engine::Sqlite || postgres_url().is_some()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration but this variable")]
fn postgres_url() -> Option<String> {
    std::env::var(VARIABLE).ok()
}

/// Leaves a database as if a later version of the program had migrated it.
pub async fn pretend_newer(address: &Address) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let keyring = Keyring::load_or_create(folder.path().join("keys")).expect("a key file");
    let store = Store::connect(address, keyring).await.expect("the database can be opened");
    let mut tx = store.db().write(Scope::Root).await.expect("a transaction");
    let sql =
        "INSERT INTO _migration (version, name, checksum, at) VALUES (999999, 'later', '', 0)";
    tx.script(sql.to_owned()).await.expect("the list of migrations is there");
    tx.commit().await.expect("a commit");
    store.close().await.expect("an orderly end");
}

/// A table of the schema as the engine describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableShape {
    /// Its name.
    pub name: String,
    /// Its columns, sorted.
    pub columns: Vec<String>,
    /// The columns of its primary key, in order.
    pub key: Vec<String>,
}

/// A database that goes away with this value.
#[derive(Debug)]
pub struct TestStore {
    store: Store,
    address: Address,
    folder: tempfile::TempDir,
    _database: Option<Database>,
}

/// A migrated, empty database; `None`, with a line saying so, when the engine is not at hand.
pub async fn fresh(engine: Engine) -> Option<TestStore> {
    let test = fresh_unmigrated(engine).await?;
    test.migrate(START_MS).await.expect("a fresh database can be migrated");
    Some(test)
}

/// A database without a schema; `None`, with a line saying so, when the engine is not at hand.
#[expect(clippy::print_stderr, reason = "the person who runs the tests must see what was left out")]
pub async fn fresh_unmigrated(engine: Engine) -> Option<TestStore> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (address, database) = match engine {
        Engine::Sqlite => (Address::Sqlite(folder.path().join("almanac.db")), None),
        Engine::Postgres => match postgres_url() {
            Some(url) => {
                let database = Database::create(url).await;
                (Address::Postgres(database.url.clone()), Some(database))
            }
            None => {
                eprintln!("{VARIABLE} is not set: left out on PostgreSQL");
                return None;
            }
        },
    };
    let keyring = Keyring::load_or_create(folder.path().join("keys")).expect("a key file");
    let store = Store::connect(&address, keyring).await.expect("a fresh database can be opened");
    Some(TestStore { store, address, folder, _database: database })
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl TestStore {
    /// Where the database is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The key file.
    pub fn key_path(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// A folder that goes away with the database, which lies in it on SQLite.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A second view of the same database, as another program would open it.
    pub async fn reopen(&self) -> Store {
        let keyring = Keyring::load(self.key_path()).expect("the key file is there");
        Store::connect(&self.address, keyring).await.expect("the database can be opened again")
    }

    /// Brings the schema to a version of the past, as an older program left it.
    pub async fn migrate_to(&self, version: u32) {
        crate::db::ensure_role(self.store.db()).await.expect("the role can be made");
        let mut tx = self.store.db().write(Scope::Root).await.expect("a transaction");
        crate::db::apply(&mut tx, version, START_MS).await.expect("a fresh database");
        tx.commit().await.expect("a commit");
    }

    /// Makes a tenant and gives its view.
    pub async fn tenant_named(&self, name: &str) -> (Tenant, TenantStore) {
        let new = NewTenant {
            name: name.to_owned(),
            owner_email: format!("owner@{}.example", name.replace(' ', "-")),
            owner_name: String::new(),
            owner_password: SecretString::from("correct horse"),
            at_ms: START_MS,
        };
        let tenant = self.store.tenant_create(new).await.expect("a tenant can be made");
        let view = self.store.tenant(tenant.id);
        (tenant, view)
    }

    /// Runs SQL text past every rule of the store, as the connecting user.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn script(&self, sql: impl Into<String>) -> Result<(), StoreError> {
        self.script_in(Scope::Root, sql.into()).await
    }

    /// Runs SQL text past every rule of the store, as a tenant's work runs.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn script_as(
        &self,
        tenant: TenantId,
        sql: impl Into<String>,
    ) -> Result<(), StoreError> {
        self.script_in(Scope::Tenant(tenant), sql.into()).await
    }

    /// The first column, a number, of the first row of a query, as the connecting user.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn number(&self, sql: impl Into<String>) -> Result<i64, StoreError> {
        self.number_in(Scope::Root, sql.into()).await
    }

    /// As [`TestStore::number`], as a tenant's work runs.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn number_as(
        &self,
        tenant: TenantId,
        sql: impl Into<String>,
    ) -> Result<i64, StoreError> {
        self.number_in(Scope::Tenant(tenant), sql.into()).await
    }

    /// Every table but the list of migrations, sorted by name.
    pub async fn shape(&self) -> Vec<TableShape> {
        let mut tx = self.store.db().read(Scope::Root).await.expect("a transaction");
        let tables = tables(&mut tx).await.expect("the schema can be read");
        let shape = tables.into_iter().map(|table| TableShape {
            name: table.name,
            columns: table.columns.into_iter().map(|column| column.name).collect(),
            key: table.key,
        });
        shape.collect()
    }

    /// Lets the SQLite file grow by no more than this many pages. Does nothing on PostgreSQL.
    pub async fn leave_pages(&self, pages: i64) {
        if let Db::Lite { writer, .. } = self.store.db() {
            let used: i64 = sqlx::query_scalar("PRAGMA page_count")
                .fetch_one(writer)
                .await
                .expect("the page count");
            let sql = format!("PRAGMA max_page_count = {}", used + pages);
            sqlx::query(AssertSqlSafe(sql)).execute(writer).await.expect("the limit");
        }
    }

    async fn script_in(&self, scope: Scope, sql: String) -> Result<(), StoreError> {
        let mut tx = self.store.db().write(scope).await?;
        tx.script(sql).await?;
        tx.commit().await
    }

    async fn number_in(&self, scope: Scope, sql: String) -> Result<i64, StoreError> {
        let mut tx = self.store.db().read(scope).await?;
        tx.one("test", sql, Vec::new()).await?.expect("a row").int(0)
    }
}

/// A database of the cluster that `TEST_POSTGRES_URL` names; dropped with this value.
#[derive(Debug)]
struct Database {
    admin: PgConnectOptions,
    name: String,
    url: String,
}

impl Database {
    async fn create(admin_url: String) -> Database {
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).expect("randomness");
        let name = format!("almanac_test_{:016x}", u64::from_be_bytes(random));
        let admin: PgConnectOptions = admin_url.parse().expect("TEST_POSTGRES_URL is an address");
        let pool = connect(admin.clone()).await;
        let sql = format!("CREATE DATABASE {name}");
        sqlx::query(AssertSqlSafe(sql))
            .execute(&pool)
            .await
            .expect("the user may create databases");
        pool.close().await;
        let (server, query) = admin_url.split_once('?').unwrap_or((&admin_url, ""));
        let server_end = server.rfind('/').filter(|&at| !server[..at].ends_with('/'));
        let server = server_end.map_or(server, |at| &server[..at]);
        let url = format!("{server}/{name}?{query}");
        Database { admin, name, url }
    }
}

async fn connect(options: PgConnectOptions) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await;
    pool.expect("the cluster of TEST_POSTGRES_URL answers")
}

impl Drop for Database {
    fn drop(&mut self) {
        let (admin, name) = (self.admin.clone(), self.name.clone());
        // A destructor cannot wait for a future of the test's own runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let pool = connect(admin).await;
                let sql = format!("DROP DATABASE {name} WITH (FORCE)");
                if sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.is_err() {
                    // Only a superuser may end a vacuum by force; without force it is waited for.
                    let sql = format!("DROP DATABASE {name}");
                    let dropped = sqlx::query(AssertSqlSafe(sql)).execute(&pool).await;
                    dropped.expect("the database goes");
                }
                pool.close().await;
            });
        });
        if dropping.join().is_err() {
            tracing::warn!(database = self.name, "a test database was not dropped");
        }
    }
}
