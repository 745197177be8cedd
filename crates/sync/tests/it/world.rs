//! A world for a test: a fresh database with a tenant, a PSA in memory, a clock that is moved.

use std::cell::Cell;
use std::sync::Arc;

use almanac_model::asset::RemoteField;
use almanac_model::author::Author;
use almanac_model::chain::{Chains, Link, Target};
use almanac_model::choice::AssetEdit;
use almanac_model::fact::{FactValue, Facts};
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_psa::fake::{FakeConnector, FakeMapper, FakeWritten};
use almanac_psa::{BadRow, Connector, FieldChange, Mapper};
use almanac_store::testing::{Engine, TestStore, fresh};
use almanac_store::{
    ChangeAsset, FactChange, Fence, LeaseTake, ProjectionRow, RecordProblem, RecordRow, RunCause,
    StoreError, StreamState, SyncProgress, TenantStore,
};
use almanac_sync::{
    Owner, PushJob, Quiet, ReadMode, RunStatus, StreamVerification, SyncError, SyncJob, VerifyJob,
    run, verify,
};
use almanac_testkit::{ArrivedWrite, ManualClock, expect_approved, field_name, new_connection};
use serde_json::Value;

/// The world of one test.
pub(crate) struct World {
    database: TestStore,
    pub(crate) store: TenantStore,
    pub(crate) connection: ConnectionId,
    pub(crate) psa: Arc<FakeConnector>,
    clock: ManualClock,
    mode: Cell<ReadMode>,
}

impl Drop for World {
    /// No test ends with a write at the PSA that nobody approved.
    fn drop(&mut self) {
        expect_approved(&self.database, &arrived(&self.psa.written()));
    }
}

/// What arrived at the PSA, value by value.
fn arrived(written: &[FakeWritten]) -> Vec<ArrivedWrite> {
    let one = |(id, change): (&RemoteId, &FieldChange)| ArrivedWrite {
        remote_id: id.clone(),
        field: field_name(&change.field),
        value: change.value.as_ref().map(ToString::to_string),
    };
    let all = written.iter().flat_map(|of| of.fields.iter().map(|field| (&of.remote_id, field)));
    all.map(one).collect()
}

/// Maps as the fake does, and then changes what came out by the row and the projection before.
struct ChangedMapper {
    version: u32,
    change: fn(&mut Projection, &Value, Option<&Projection>),
}

impl Mapper for ChangedMapper {
    fn version(&self) -> u32 {
        self.version
    }

    fn project(
        &self,
        stream: Stream,
        body: &[u8],
        before: Option<&Projection>,
    ) -> Result<Projection, BadRow> {
        let mut projection = FakeMapper.project(stream, body, before)?;
        let row: Value = serde_json::from_slice(body).unwrap();
        (self.change)(&mut projection, &row, before);
        Ok(projection)
    }
}

/// In capitals.
fn shout(projection: &mut Projection, _: &Value, _: Option<&Projection>) {
    if let Projection::Client(client) = projection {
        client.name = client.name.to_uppercase();
    }
}

/// Takes every record for the first.
fn confuse(projection: &mut Projection, _: &Value, _: Option<&Projection>) {
    if let Projection::Client(client) = projection {
        client.remote_id = RemoteId::new("1");
    }
}

/// With the website, also one from before that the row does not mention.
fn keep_website(projection: &mut Projection, row: &Value, before: Option<&Projection>) {
    if let Projection::Client(client) = projection {
        client.website = match (row.get("website"), before) {
            (Some(website), _) => website.as_str().map(str::to_owned),
            (None, Some(Projection::Client(before))) => before.website.clone(),
            _ => None,
        };
    }
}

/// Where the fake keeps when an asset was bought.
pub(crate) fn bought() -> RemoteField {
    RemoteField::Standard("bought".to_owned())
}

fn chains() -> Arc<Chains> {
    let chain = [Link::Standard("bought".to_owned())];
    Arc::new(Chains::new().with(Target::PurchaseDate, chain))
}

impl World {
    /// A tenant whose PSA has so many clients; `None` when the engine is not at hand.
    pub(crate) async fn with_clients(engine: Engine, count: u32) -> Option<World> {
        let database = fresh(engine).await?;
        let (_, store) = database.tenant_named("acme").await;
        let connection = store.connection_set(new_connection()).await.unwrap();
        let psa = FakeConnector::new();
        psa.change(|switches| switches.can_list_ids = false);
        for number in 0..count {
            psa.add(Stream::Clients, &format!("client {number}"));
        }
        Some(World {
            database,
            store,
            connection: connection.id,
            psa: Arc::new(psa),
            clock: ManualClock::default(),
            mode: Cell::new(ReadMode::Whole),
        })
    }

    pub(crate) async fn run(&self) -> Result<RunStatus, SyncError> {
        self.run_streams(&[Stream::Clients]).await
    }

    pub(crate) async fn run_streams(&self, streams: &[Stream]) -> Result<RunStatus, SyncError> {
        run(&self.job(streams, FakeMapper)).await
    }

    pub(crate) async fn run_with_shouting_mapper(&self) -> RunStatus {
        let mapper = ChangedMapper { version: 2, change: shout };
        run(&self.job(&[Stream::Clients], mapper)).await.unwrap()
    }

    pub(crate) async fn run_with_keeping_mapper(&self, version: u32) {
        let mapper = ChangedMapper { version, change: keep_website };
        run(&self.job(&[Stream::Clients], mapper)).await.unwrap();
    }

    pub(crate) async fn run_with_confusing_mapper(&self) -> RunStatus {
        let mapper = ChangedMapper { version: 2, change: confuse };
        run(&self.job(&[Stream::Clients], mapper)).await.unwrap()
    }

    /// Reads assets, with a chain for when they were bought.
    pub(crate) async fn run_assets(&self) -> RunStatus {
        self.run_assets_by(&["bought"]).await
    }

    /// Reads assets, with these as the chain for when they were bought.
    pub(crate) async fn run_assets_by(&self, chain: &[&str]) -> RunStatus {
        let mut job = self.job(&[Stream::Assets], FakeMapper);
        let chain = chain.iter().map(|name| Link::Standard((*name).to_owned()));
        job.chains = Arc::new(Chains::new().with(Target::PurchaseDate, chain));
        run(&job).await.unwrap()
    }

    /// Carries out approved writes, as a worker of its own.
    pub(crate) fn push_job(&self) -> PushJob<FakeConnector, FakeMapper> {
        PushJob {
            store: self.store.clone(),
            connection: self.connection,
            writer: Arc::clone(&self.psa),
            mapper: Arc::new(FakeMapper),
            chains: chains(),
            owner: Owner { name: "this test".into(), is_dead: |_| false },
            clock: self.clock.reader(),
        }
    }

    /// What the PSA says of when an asset was bought.
    pub(crate) fn remote_asset(&self, id: &RemoteId) -> String {
        let body = self.psa.body(Stream::Assets, id).unwrap();
        let row: Value = serde_json::from_slice(&body).unwrap();
        row["values"]["bought"].as_str().unwrap_or("-").to_owned()
    }

    /// An asset of the PSA that was bought then; the same again replaces it.
    pub(crate) fn put_asset(&self, id: &RemoteId, bought: &str) {
        let body = format!(r#"{{"id":{id},"name":"PC","values":{{"bought":"{bought}"}}}}"#);
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
            at_ms: self.clock.now_ms(),
        };
        self.store.asset_choice_change(&change).await.unwrap().unwrap();
    }

    pub(crate) async fn progress(&self) -> SyncProgress {
        let now_ms = self.clock.now_ms();
        self.store.sync_progress(self.connection, now_ms).await.unwrap()
    }

    fn job<M>(&self, streams: &[Stream], mapper: M) -> SyncJob<FakeConnector, M> {
        SyncJob {
            store: self.store.clone(),
            tenant: "acme".into(),
            connection: self.connection,
            connector: Arc::clone(&self.psa),
            mapper: Arc::new(mapper),
            chains: Arc::new(Chains::default()),
            kind: almanac_sync::RUN_KIND,
            streams: streams.to_vec(),
            mode: self.mode.get(),
            calls_max: None,
            parents_max: None,
            cause: RunCause::CommandLine,
            owner: Owner { name: "this test".into(), is_dead: |_| false },
            clock: self.clock.reader(),
            progress: Arc::new(Quiet),
            peak_memory: || 0,
        }
    }

    pub(crate) async fn verify(&self) -> StreamVerification {
        let job = VerifyJob {
            store: self.store.clone(),
            connection: self.connection,
            connector: Arc::clone(&self.psa),
            streams: vec![Stream::Clients],
            cause: RunCause::CommandLine,
            clock: self.clock.reader(),
        };
        verify(&job).await.unwrap().remove(0)
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// The clocks of both go on.
    pub(crate) fn clock_forward(&self, ms: i64) {
        self.clock.forward(ms);
        self.psa.change(|switches| switches.now_ms += ms);
    }

    /// From now on runs read what changed, and everything every six hours.
    pub(crate) fn read_changes_only(&self) {
        self.psa.change(|switches| switches.now_ms = self.clock.now_ms());
        self.mode.set(ReadMode::Changes { whole_every_ms: 6 * 3_600_000 });
    }

    /// From now on runs read everything.
    pub(crate) fn read_all(&self) {
        self.mode.set(ReadMode::Whole);
    }

    pub(crate) async fn run_with_calls(&self, more: u64) -> RunStatus {
        let mut job = self.job(&[Stream::Clients], FakeMapper);
        job.calls_max = Some(self.psa.call_stats().requests + more);
        run(&job).await.unwrap()
    }

    /// Puts tickets into the PSA, each with so many actions.
    pub(crate) fn put_tickets(&self, count: u32, actions: u32) -> Vec<RemoteId> {
        self.psa.change(|switches| switches.has_children = true);
        let tickets: Vec<RemoteId> =
            (0..count).map(|at| self.psa.add(Stream::Tickets, &format!("ticket {at}"))).collect();
        for ticket in &tickets {
            for at in 0..actions {
                self.put_action(ticket, &format!("action {at}"));
            }
        }
        tickets
    }

    pub(crate) fn put_action(&self, ticket: &RemoteId, name: &str) {
        let id = self.psa.add(Stream::TicketActions, name);
        let body = format!("{{\"id\":{id},\"ticket\":\"{ticket}\",\"name\":\"{name}\"}}");
        self.psa.put(Stream::TicketActions, &id, body.as_bytes());
    }

    /// The numbers of a ticket's actions at the PSA.
    pub(crate) fn actions_of(&self, ticket: &RemoteId) -> Vec<RemoteId> {
        self.psa.child_numbers(Stream::TicketActions, ticket)
    }

    /// The PSA changes a ticket.
    pub(crate) fn touch_ticket(&self, ticket: &RemoteId) {
        self.clock_forward(1_000);
        let at = self.clock.now_ms();
        let body = format!("{{\"id\":{ticket},\"name\":\"ticket\",\"at\":{at}}}");
        self.psa.put(Stream::Tickets, ticket, body.as_bytes());
    }

    pub(crate) async fn state_of(&self, stream: Stream) -> StreamState {
        self.store.stream_state(self.connection, stream).await.unwrap()
    }

    pub(crate) async fn live_of(&self, stream: Stream) -> Vec<RemoteId> {
        self.store.live_ids(self.connection, stream, None, 10_000).await.unwrap()
    }

    /// The PSA answers so many lists, fails once, and is there again.
    pub(crate) fn lose_the_psa_after(&self, lists: u32) {
        self.psa.change(|switches| switches.lists_left = Some(lists));
    }

    pub(crate) fn hide_from_lists(&self, id: &RemoteId) {
        self.psa.change(|switches| switches.hidden = Some(id.clone()));
    }

    pub(crate) async fn take_lease_as(&self, owner: &str) -> Fence {
        let name = format!("sync:{}", self.connection);
        let now_ms = self.clock.now_ms();
        let take = LeaseTake { name: &name, owner, ttl_ms: 30_000, now_ms };
        self.store.lease_take(take, |_| false).await.unwrap().unwrap()
    }

    pub(crate) async fn renew(&self, fence: &Fence) -> Result<(), StoreError> {
        self.store.lease_renew(fence, 30_000, self.clock.now_ms()).await
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
