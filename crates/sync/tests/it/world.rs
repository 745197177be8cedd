//! A world for a test: a fresh database with a tenant, a PSA in memory, a clock that is moved.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use almanac_model::asset::{RemoteField, RemoteValue};
use almanac_model::author::Author;
use almanac_model::chain::{Chains, Link, Target};
use almanac_model::choice::AssetEdit;
use almanac_model::fact::{FactValue, Facts};
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_psa::fake::{FakeConnector, FakeMapper};
use almanac_psa::{
    AccessReport, BadRow, CallStats, Capabilities, Connector, Mapper, Page, PageRequest, Part,
    PsaError, RawRow,
};
use almanac_store::testing::{Engine, START_MS, TestStore, fresh};
use almanac_store::{
    ChangeAsset, FactChange, Fence, LeaseTake, NewConnection, ProjectionRow, RecordProblem,
    RecordRow, RunCause, StoreError, StreamState, SyncProgress, TenantStore,
};
use almanac_sync::{
    Owner, Quiet, RunStatus, StreamVerification, SyncError, SyncJob, VerifyJob, run, verify,
};
use secrecy::SecretString;

/// The world of one test.
pub(crate) struct World {
    _database: TestStore,
    pub(crate) store: TenantStore,
    pub(crate) connection: ConnectionId,
    pub(crate) psa: Arc<Flaky>,
    now_ms: Arc<AtomicI64>,
}

/// The fake, which can also be lost after some calls, or hide a record from its lists.
pub(crate) struct Flaky {
    fake: FakeConnector,
    calls_left: AtomicU32,
    hidden: Mutex<Option<RemoteId>>,
}

impl std::ops::Deref for Flaky {
    type Target = FakeConnector;

    fn deref(&self) -> &FakeConnector {
        &self.fake
    }
}

impl Connector for Flaky {
    fn capabilities(&self, stream: Stream) -> Capabilities {
        Capabilities { can_list_ids: false, ..self.fake.capabilities(stream) }
    }

    async fn parts(&self, stream: Stream) -> Result<Vec<Part>, PsaError> {
        self.fake.parts(stream).await
    }

    async fn list_page(&self, request: &PageRequest) -> Result<Page, PsaError> {
        if self.calls_left.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.calls_left.store(u32::MAX, Ordering::SeqCst);
            return Err(PsaError::Unreachable { address: "fake".into(), detail: "lost".into() });
        }
        let mut page = self.fake.list_page(request).await?;
        if let Some(hidden) = &*self.hidden.lock().unwrap() {
            page.rows.retain(|row| row.remote_id != *hidden);
            page.claimed_total = page.claimed_total.map(|total| total - 1);
        }
        Ok(page)
    }

    async fn fetch_one(&self, stream: Stream, id: &RemoteId) -> Result<Option<RawRow>, PsaError> {
        self.fake.fetch_one(stream, id).await
    }

    async fn list_ids(&self, stream: Stream) -> Result<Option<Vec<RemoteId>>, PsaError> {
        self.fake.list_ids(stream).await
    }

    async fn check_access(&self) -> Result<AccessReport, PsaError> {
        self.fake.check_access().await
    }

    fn call_stats(&self) -> CallStats {
        self.fake.call_stats()
    }
}

/// Maps as the fake does, in capitals.
struct ShoutingMapper;

impl Mapper for ShoutingMapper {
    fn version(&self) -> u32 {
        2
    }

    fn project(
        &self,
        stream: Stream,
        body: &[u8],
        before: Option<&Projection>,
    ) -> Result<Projection, BadRow> {
        let mut projection = FakeMapper.project(stream, body, before)?;
        if let Projection::Client(client) = &mut projection {
            client.name = client.name.to_uppercase();
        }
        Ok(projection)
    }
}

/// Maps websites too, and keeps one that the row does not mention.
struct KeepingMapper(u32);

impl Mapper for KeepingMapper {
    fn version(&self) -> u32 {
        self.0
    }

    fn project(
        &self,
        stream: Stream,
        body: &[u8],
        before: Option<&Projection>,
    ) -> Result<Projection, BadRow> {
        let mut projection = FakeMapper.project(stream, body, before)?;
        let row: serde_json::Value = serde_json::from_slice(body).unwrap();
        if let Projection::Client(client) = &mut projection {
            client.website = match (row.get("website"), before) {
                (Some(website), _) => website.as_str().map(str::to_owned),
                (None, Some(Projection::Client(before))) => before.website.clone(),
                _ => None,
            };
        }
        Ok(projection)
    }
}

/// Maps what an asset says of its purchase.
struct BoughtMapper;

impl Mapper for BoughtMapper {
    fn version(&self) -> u32 {
        1
    }

    fn project(
        &self,
        stream: Stream,
        body: &[u8],
        before: Option<&Projection>,
    ) -> Result<Projection, BadRow> {
        let mut projection = FakeMapper.project(stream, body, before)?;
        let row: serde_json::Value = serde_json::from_slice(body).unwrap();
        if let (Projection::Asset(asset), Some(bought)) = (&mut projection, row["bought"].as_str())
        {
            let field = RemoteField::Standard("bought".to_owned());
            asset.values.push(RemoteValue { field, value: bought.to_owned() });
        }
        Ok(projection)
    }
}

impl World {
    /// A tenant whose PSA has so many clients; `None` when the engine is not at hand.
    pub(crate) async fn with_clients(engine: Engine, count: u32) -> Option<World> {
        let database = fresh(engine).await?;
        let (_, store) = database.tenant_named("acme").await;
        let connection = store
            .connection_set(NewConnection {
                base_url: "https://halo.example".into(),
                auth_url: None,
                psa_tenant: None,
                oauth_client_id: "id".into(),
                client_secret: SecretString::from("secret"),
                at_ms: START_MS,
                actor: "test".into(),
            })
            .await
            .unwrap();
        let fake = FakeConnector::new();
        for number in 0..count {
            fake.add(Stream::Clients, &format!("client {number}"));
        }
        Some(World {
            _database: database,
            store,
            connection: connection.id,
            psa: Arc::new(Flaky {
                fake,
                calls_left: AtomicU32::new(u32::MAX),
                hidden: Mutex::new(None),
            }),
            now_ms: Arc::new(AtomicI64::new(START_MS)),
        })
    }

    pub(crate) async fn run(&self) -> Result<RunStatus, SyncError> {
        self.run_streams(&[Stream::Clients]).await
    }

    pub(crate) async fn run_streams(&self, streams: &[Stream]) -> Result<RunStatus, SyncError> {
        run(&self.job(streams, FakeMapper)).await
    }

    pub(crate) async fn run_with_shouting_mapper(&self) -> RunStatus {
        run(&self.job(&[Stream::Clients], ShoutingMapper)).await.unwrap()
    }

    pub(crate) async fn run_with_keeping_mapper(&self, version: u32) {
        run(&self.job(&[Stream::Clients], KeepingMapper(version))).await.unwrap();
    }

    /// Reads assets, with a chain for when they were bought.
    pub(crate) async fn run_assets(&self) -> RunStatus {
        let mut job = self.job(&[Stream::Assets], BoughtMapper);
        let chain = [Link::Standard("bought".to_owned())];
        job.chains = Arc::new(Chains::new().with(Target::PurchaseDate, chain));
        run(&job).await.unwrap()
    }

    /// An asset of the PSA that was bought then; the same again replaces it.
    pub(crate) fn put_asset(&self, id: &RemoteId, bought: &str) {
        let body = format!(r#"{{"id":{id},"name":"PC","bought":"{bought}"}}"#);
        self.psa.put(Stream::Assets, id, body.as_bytes());
    }

    pub(crate) async fn history(&self, id: &RemoteId) -> Vec<FactChange> {
        self.store.fact_changes(self.connection, id, 100).await.unwrap()
    }

    /// The asset's purchase date as rules see it, with what people locked.
    pub(crate) async fn purchase_date(&self, id: &RemoteId) -> String {
        let ids = [id.clone()];
        let row = self.store.projection_load(self.connection, Stream::Assets, &ids).await.unwrap();
        let facts: Facts = serde_json::from_str(row[0].facts.as_deref().unwrap()).unwrap();
        let choice = self.store.asset_choice(self.connection, id).await.unwrap();
        let locks = choice.map(|row| row.choice.locks).unwrap_or_default();
        facts.with_locks(&locks).date(Target::PurchaseDate).unwrap().to_string()
    }

    pub(crate) async fn lock_purchase_date(&self, id: &RemoteId, date: &str) {
        let target = Target::PurchaseDate;
        let value = FactValue::of_person(target, date).unwrap();
        let change = ChangeAsset {
            connection: self.connection,
            remote_id: id,
            expected_version: 0,
            edit: &AssetEdit::Lock { target, value, reason: "by the invoice".to_owned() },
            by: &Author::user("1", "Ann"),
            at_ms: self.now_ms.load(Ordering::SeqCst),
        };
        self.store.asset_choice_change(&change).await.unwrap().unwrap();
    }

    pub(crate) async fn progress(&self) -> SyncProgress {
        let now_ms = self.now_ms.load(Ordering::SeqCst);
        self.store.sync_progress(self.connection, now_ms).await.unwrap()
    }

    fn job<M>(&self, streams: &[Stream], mapper: M) -> SyncJob<Flaky, M> {
        let now_ms = Arc::clone(&self.now_ms);
        SyncJob {
            store: self.store.clone(),
            tenant: "acme".into(),
            connection: self.connection,
            connector: Arc::clone(&self.psa),
            mapper: Arc::new(mapper),
            chains: Arc::new(Chains::default()),
            streams: streams.to_vec(),
            cause: RunCause::CommandLine,
            owner: Owner { name: "this test".into(), is_dead: |_| false },
            clock: Arc::new(move || now_ms.load(Ordering::SeqCst)),
            progress: Arc::new(Quiet),
            peak_memory: || 0,
        }
    }

    pub(crate) async fn verify(&self) -> StreamVerification {
        let now_ms = Arc::clone(&self.now_ms);
        let job = VerifyJob {
            store: self.store.clone(),
            connection: self.connection,
            connector: Arc::clone(&self.psa),
            streams: vec![Stream::Clients],
            cause: RunCause::CommandLine,
            clock: Arc::new(move || now_ms.load(Ordering::SeqCst)),
        };
        verify(&job).await.unwrap().remove(0)
    }

    pub(crate) fn clock_forward(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// The PSA answers so many lists, fails once, and is there again.
    pub(crate) fn lose_the_psa_after(&self, lists: u32) {
        self.psa.calls_left.store(lists, Ordering::SeqCst);
    }

    pub(crate) fn hide_from_lists(&self, id: &RemoteId) {
        *self.psa.hidden.lock().unwrap() = Some(id.clone());
    }

    pub(crate) async fn take_lease_as(&self, owner: &str) -> Fence {
        let name = format!("sync:{}", self.connection);
        let now_ms = self.now_ms.load(Ordering::SeqCst);
        let take = LeaseTake { name: &name, owner, ttl_ms: 30_000, now_ms };
        self.store.lease_take(take, |_| false).await.unwrap().unwrap()
    }

    pub(crate) async fn renew(&self, fence: &Fence) -> Result<(), StoreError> {
        self.store.lease_renew(fence, 30_000, self.now_ms.load(Ordering::SeqCst)).await
    }

    pub(crate) async fn records(&self) -> Vec<RecordRow> {
        let mut records = self
            .store
            .record_page(self.connection, Stream::Clients, None, 10_000, true)
            .await
            .unwrap();
        // The number of the last scan is the stream's, not the row's.
        for record in records.iter_mut().filter(|record| record.deleted_at.is_none()) {
            record.generation = 0;
        }
        records
    }

    pub(crate) async fn live(&self) -> Vec<RemoteId> {
        self.store.live_ids(self.connection, Stream::Clients, None, 10_000).await.unwrap()
    }

    pub(crate) async fn body(&self, id: &RemoteId) -> Option<Vec<u8>> {
        self.store.record_body(self.connection, Stream::Clients, id).await.unwrap()
    }

    pub(crate) async fn problems(&self) -> Vec<RecordProblem> {
        self.store.record_problem_list(self.connection, Stream::Clients, 100).await.unwrap()
    }

    pub(crate) async fn state(&self) -> StreamState {
        self.store.stream_state(self.connection, Stream::Clients).await.unwrap()
    }

    pub(crate) async fn projections(&self) -> Vec<ProjectionRow> {
        self.store.projection_page(self.connection, Stream::Clients, None, 10_000).await.unwrap()
    }
}

/// Makes one test per engine from a function that takes the engine.
macro_rules! on_both_engines {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() {
                super::$name(almanac_store::testing::Engine::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test] async fn $name() {
                super::$name(almanac_store::testing::Engine::Postgres).await;
            })*
        }
    };
}
pub(crate) use on_both_engines;
