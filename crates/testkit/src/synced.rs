//! A tenant's connection and who reads it: pages and scans as a sync commits them.

use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_store::testing::START_MS;
use almanac_store::{
    Fence, Held, LeaseTake, NewConnection, PageCommit, RecordWrite, ScanFinish, TenantStore,
};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// A connection to an address where nothing answers.
pub fn new_connection() -> NewConnection {
    NewConnection {
        base_url: "https://halo.example".to_owned(),
        auth_url: None,
        psa_tenant: None,
        oauth_client_id: "id-1".to_owned(),
        client_secret: SecretString::from("plain-client-secret-7f3a"),
        at_ms: START_MS,
        actor: "owner".to_owned(),
    }
}

/// A tenant's connection, and the lease of what reads it.
#[derive(Debug)]
pub struct Synced {
    /// The tenant's data.
    pub store: TenantStore,
    /// Its connection.
    pub connection: ConnectionId,
    fence: Fence,
}

impl Synced {
    /// Connects a tenant and takes the lease, for as long as any test runs.
    pub async fn new(store: TenantStore) -> Synced {
        let connection = store.connection_set(new_connection()).await;
        let connection = connection.expect("a connection can be set").id;
        let take =
            LeaseTake { name: "world", owner: "one", ttl_ms: i64::MAX / 4, now_ms: START_MS };
        let fence = store.lease_take(take, |_| false).await.expect("the database works");
        Synced { store, connection, fence: fence.expect("nobody holds it") }
    }

    /// Commits records of one stream with their facts, as a page of the scan of this number.
    pub async fn commit(&self, generation: i64, rows: Vec<(Projection, Option<String>)>) {
        let Some((first, _)) = rows.first() else { return };
        let stream = first.stream();
        let ids: Vec<RemoteId> = rows.iter().map(|(row, _)| row.remote_id().clone()).collect();
        let heads = self.store.record_heads(self.connection, stream, &ids).await;
        let heads = heads.expect("heads can be read");
        let writes = rows.into_iter().map(|(projection, facts)| {
            let body = serde_json::to_vec(&projection).expect("projections are plain data");
            let remote_id = projection.remote_id().clone();
            RecordWrite {
                known: heads.get(&remote_id).copied(),
                remote_id,
                sha256: Sha256::digest(&body).into(),
                body,
                projection: Some(projection),
                facts,
                ..RecordWrite::default()
            }
        });
        let page = PageCommit {
            generation,
            at_ms: START_MS + generation,
            rows: writes.collect(),
            scan_state: "{}".to_owned(),
            mapper_version: 1,
            ..PageCommit::new(&self.fence, self.connection, stream)
        };
        self.store.page_commit(&page).await.expect("a page can be committed");
    }

    /// Commits a record that was not understood, as received.
    pub async fn commit_bad(&self, stream: Stream, id: &RemoteId, body: &str, problem: &str) {
        let write = RecordWrite {
            remote_id: id.clone(),
            sha256: Sha256::digest(body).into(),
            body: body.as_bytes().to_vec(),
            problem: Some(problem.to_owned()),
            ..RecordWrite::default()
        };
        let page = PageCommit {
            generation: 1,
            at_ms: START_MS,
            rows: vec![write],
            scan_state: "{}".to_owned(),
            mapper_version: 1,
            ..PageCommit::new(&self.fence, self.connection, stream)
        };
        self.store.page_commit(&page).await.expect("a page can be committed");
    }

    /// Says why a stream waits.
    pub async fn hold(&self, stream: Stream, held: &Held) {
        let done = self.store.stream_hold(&self.fence, self.connection, stream, held).await;
        done.expect("a stream can be held");
    }

    /// Ends the scan of this number, which did not see these.
    pub async fn finish(&self, generation: i64, stream: Stream, remove: &[RemoteId], at_ms: i64) {
        let finish = ScanFinish {
            fence: &self.fence,
            connection: self.connection,
            stream,
            generation,
            at_ms,
            remove,
            held: None,
            receipt: None,
        };
        self.store.scan_finish(&finish).await.expect("a scan can be finished");
    }
}
