//! Builders with defaults, so that a rule names only what matters.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

use almanac_model::client::Client;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::projection::Projection;
use almanac_model::role::Role;
use almanac_model::stream::Stream;
use almanac_store::testing::{START_MS, TestStore};
use almanac_store::{
    ApiKey, ApiScope, ChangedBy, Connection, Fence, LeaseTake, NewApiKey, NewConnection,
    NewSession, NewUser, PageCommit, PageOutcome, RecordRow, RecordWrite, ScanFinish, ScanProgress,
    SeenChunk, Session, SessionLimits, StoreError, Tenant, TenantStore, User,
};
use secrecy::SecretString;

pub(crate) const SECRET: &str = "plain-client-secret-7f3a";

/// What users of [`new_user`] sign in with.
pub(crate) const PASSWORD: &str = "battery staple";

pub(crate) const BY: ChangedBy<'static> = ChangedBy { actor: "owner", at_ms: START_MS };

pub(crate) const LIMITS: SessionLimits =
    SessionLimits { idle_ms_max: 2 * 3_600_000, age_ms_max: 12 * 3_600_000 };

/// A tenant with a connection and the lease of its sync.
pub(crate) struct Fixture {
    pub(crate) tenant: Tenant,
    pub(crate) view: TenantStore,
    pub(crate) connection: ConnectionId,
    pub(crate) fence: Fence,
}

pub(crate) async fn fixture(test: &TestStore, name: &str) -> Fixture {
    let (tenant, view) = test.tenant_named(name).await;
    let connection = connect(&view, SECRET).await.id;
    let fence = take(&view, "one", START_MS).await;
    Fixture { tenant, view, connection, fence }
}

pub(crate) fn connection_of(secret: &str) -> NewConnection {
    NewConnection {
        base_url: "https://acme.example".to_owned(),
        auth_url: None,
        psa_tenant: Some("acme".to_owned()),
        oauth_client_id: "id-1".to_owned(),
        client_secret: SecretString::from(secret),
        at_ms: START_MS,
        actor: "owner".to_owned(),
    }
}

pub(crate) async fn connect(view: &TenantStore, secret: &str) -> Connection {
    view.connection_set(connection_of(secret)).await.expect("a connection can be set")
}

pub(crate) async fn take(view: &TenantStore, owner: &str, now_ms: i64) -> Fence {
    let take = LeaseTake { name: "sync", owner, ttl_ms: 30_000, now_ms };
    view.lease_take(take, |_| false).await.expect("the database works").expect("nobody holds it")
}

pub(crate) fn new_user(email: &str, role: Role) -> NewUser {
    NewUser {
        email: email.to_owned(),
        name: String::new(),
        role,
        clients: None,
        password: SecretString::from(PASSWORD),
        actor: "owner".to_owned(),
        at_ms: START_MS,
    }
}

pub(crate) async fn user(view: &TenantStore, email: &str, role: Role) -> User {
    view.user_create(new_user(email, role)).await.expect("a user can be made")
}

/// The user who came with the tenant.
pub(crate) async fn owner(view: &TenantStore) -> User {
    let users = view.user_list().await.expect("users can be read");
    users.into_iter().find(|user| user.role == Role::Owner).expect("a tenant has an owner")
}

/// A session whose token's hash is one byte repeated.
pub(crate) async fn session(view: &TenantStore, user: &User, token: u8) -> Session {
    let new = NewSession {
        user,
        token_sha256: [token; 32],
        address: "192.0.2.1",
        user_agent: "a browser",
        limits: LIMITS,
        at_ms: START_MS,
    };
    view.session_create(new).await.expect("the database works").expect("the user is as verified")
}

/// A key whose secret's hash is one byte repeated.
pub(crate) async fn api_key(view: &TenantStore, user: &User, secret: u8) -> ApiKey {
    let new = NewApiKey {
        user: user.id,
        name: "script",
        scopes: &[ApiScope::Write, ApiScope::Read],
        secret_sha256: [secret; 32],
        by: BY,
    };
    view.api_key_create(new).await.expect("the database works").expect("the user is there")
}

impl Fixture {
    pub(crate) fn page(&self, generation: i64, rows: Vec<RecordWrite>) -> PageCommit<'_> {
        PageCommit {
            fence: &self.fence,
            connection: self.connection,
            stream: Stream::Clients,
            generation,
            at_ms: START_MS + generation,
            rows,
            withheld: Vec::new(),
            seen: Some(SeenChunk { seq: 1, ids: format!("seen {generation}") }),
            scan_state: format!("{{\"page\":{generation}}}"),
            progress: ScanProgress::default(),
            run: None,
            mapper_version: 1,
        }
    }

    /// Commits rows the way a sync does: compared with what is known first.
    pub(crate) async fn commit(&self, generation: i64, mut rows: Vec<RecordWrite>) -> PageOutcome {
        let ids: Vec<RemoteId> = rows.iter().map(|row| row.remote_id.clone()).collect();
        let heads = self.view.record_heads(self.connection, Stream::Clients, &ids).await;
        let heads = heads.expect("heads can be read");
        for row in &mut rows {
            row.known = heads.get(&row.remote_id).copied();
        }
        self.view.page_commit(&self.page(generation, rows)).await.expect("a page can be committed")
    }

    pub(crate) async fn finish(&self, generation: i64, remove: &[RemoteId]) -> u64 {
        self.try_finish(generation, remove).await.expect("a scan can be finished")
    }

    /// As [`Fixture::finish`], under another lease.
    pub(crate) async fn finish_with(&self, fence: &Fence, generation: i64, at_ms: i64) {
        let finish = ScanFinish {
            fence,
            connection: self.connection,
            stream: Stream::Clients,
            generation,
            at_ms,
            remove: &[],
            held: None,
            receipt: None,
        };
        self.view.scan_finish(&finish).await.expect("a scan can be finished");
    }

    pub(crate) async fn try_finish(
        &self,
        generation: i64,
        remove: &[RemoteId],
    ) -> Result<u64, StoreError> {
        let finish = ScanFinish {
            fence: &self.fence,
            connection: self.connection,
            stream: Stream::Clients,
            generation,
            at_ms: START_MS + generation,
            remove,
            held: None,
            receipt: None,
        };
        self.view.scan_finish(&finish).await
    }

    pub(crate) async fn records(&self) -> Vec<RecordRow> {
        self.view
            .record_page(self.connection, Stream::Clients, None, 10_000, true)
            .await
            .expect("records can be read")
    }

    pub(crate) async fn ids(&self) -> Vec<String> {
        self.records().await.into_iter().map(|row| row.remote_id.into_string()).collect()
    }
}

/// A client's record whose body follows from its name.
pub(crate) fn client(id: &str, name: &str) -> RecordWrite {
    let body = format!("{{\"id\":\"{id}\",\"name\":\"{name}\"}}").into_bytes();
    let projection = Projection::Client(Client {
        remote_id: RemoteId::new(id),
        name: name.to_owned(),
        client_type: None,
        website: None,
        is_inactive: false,
        is_placeholder: false,
    });
    RecordWrite {
        remote_id: RemoteId::new(id),
        sha256: sum(&body),
        body,
        problem: None,
        projection: Some(projection),
        facts: None,
        changes: Vec::new(),
        known: None,
    }
}

/// A record that no mapper understands.
pub(crate) fn bad(id: &str) -> RecordWrite {
    let problem = Some("it has no name".to_owned());
    RecordWrite { problem, projection: None, ..client(id, "bad") }
}

pub(crate) fn ids(names: &[&str]) -> Vec<RemoteId> {
    names.iter().map(|name| RemoteId::new(*name)).collect()
}

/// Stands in for SHA-256: the store keeps 32 bytes and does not work them out.
fn sum(body: &[u8]) -> [u8; 32] {
    let mut sum = [0_u8; 32];
    for (at, byte) in body.iter().enumerate() {
        sum[at % 32] = sum[at % 32].wrapping_mul(31).wrapping_add(*byte);
    }
    sum
}

/// A file in memory that can be read after the store took it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no writer panicked").clone()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no writer panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) async fn backup(test: &TestStore) -> Vec<u8> {
    let memory = Memory::default();
    test.backup(memory.clone()).await.expect("a backup can be written");
    memory.bytes()
}

/// How many rows each table holds.
pub(crate) async fn row_counts(test: &TestStore) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for table in test.shape().await {
        let count = test.number(format!("SELECT count(*) FROM {}", table.name)).await;
        counts.insert(table.name, count.expect("a table can be counted"));
    }
    counts
}
