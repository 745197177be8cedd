//! A tenant whose connection was read once.

use almanac_model::asset::{RemoteAsset, RemoteField, RemoteValue};
use almanac_model::asset_type::AssetType;
use almanac_model::chain::{Chains, Link, Target, resolve};
use almanac_model::client::Client;
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::projection::Projection;
use almanac_model::site::Site;
use almanac_model::stream::Stream;
use almanac_store::testing::{START_MS, TestStore};
use almanac_store::{
    Fence, LeaseTake, NewConnection, PageCommit, RecordWrite, ScanFinish, Tenant, TenantStore,
};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// The password of every tenant's first owner, whose address is `owner@<name>.example`.
pub const OWNER_PASSWORD: &str = "correct-horse-battery-staple";

/// A tenant with a connection that this world reads.
pub struct SeededTenant {
    /// The tenant.
    pub tenant: Tenant,
    /// Its data.
    pub store: TenantStore,
    /// Its connection.
    pub connection: ConnectionId,
    fence: Fence,
    generation: i64,
}

/// An asset of a world.
#[derive(Debug, Clone)]
pub struct AssetSeed {
    /// The PSA's identifier.
    pub id: String,
    /// What people call it.
    pub tag: String,
    /// Its client.
    pub client: String,
    /// Its type, by name.
    pub type_name: String,
    /// What is known of it.
    pub facts: Vec<(Target, String)>,
}

impl AssetSeed {
    /// An asset of which nothing is known but its type.
    pub fn new(id: &str, tag: &str, client: &str, type_name: &str) -> AssetSeed {
        let [id, tag, client, type_name] = [id, tag, client, type_name].map(str::to_owned);
        AssetSeed { id, tag, client, type_name, facts: Vec::new() }
    }

    /// Adds what is known, as the PSA would write it.
    #[must_use]
    pub fn with(mut self, target: Target, value: &str) -> AssetSeed {
        self.facts.push((target, value.to_owned()));
        self
    }

    fn projection(&self) -> RemoteAsset {
        let value = |(target, value): &(Target, String)| RemoteValue {
            field: RemoteField::Standard(target.name().to_owned()),
            value: value.clone(),
        };
        RemoteAsset {
            remote_id: RemoteId::new(self.id.as_str()),
            tag: Some(self.tag.clone()),
            client: Some(RemoteId::new(self.client.as_str())),
            site: None,
            asset_type: Some(RemoteId::new(format!("type-{}", self.type_name))),
            asset_type_name: Some(self.type_name.clone()),
            status: None,
            is_inactive: false,
            is_placeholder: false,
            values: self.facts.iter().map(value).collect(),
        }
    }
}

/// A client of a world.
pub fn client(id: &str, name: &str) -> Projection {
    Projection::Client(Client {
        remote_id: RemoteId::new(id),
        name: name.to_owned(),
        client_type: None,
        website: None,
        is_inactive: false,
        is_placeholder: false,
    })
}

/// A site of a world.
pub fn site(id: &str, name: &str, client: &str) -> Projection {
    Projection::Site(Site {
        remote_id: RemoteId::new(id),
        name: name.to_owned(),
        client: Some(RemoteId::new(client)),
        is_inactive: false,
        is_placeholder: false,
    })
}

impl SeededTenant {
    /// A tenant that is connected and was never read.
    pub async fn new(test: &TestStore, name: &str) -> SeededTenant {
        let new = almanac_store::NewTenant {
            name: name.to_owned(),
            owner_email: format!("owner@{}.example", name.to_lowercase()),
            owner_name: String::new(),
            owner_password: SecretString::from(OWNER_PASSWORD),
            at_ms: START_MS,
        };
        let tenant = test.tenant_create(new).await.expect("a tenant can be made");
        let store = test.tenant(tenant.id);
        let connection = store
            .connection_set(NewConnection {
                base_url: "https://halo.example".to_owned(),
                auth_url: None,
                psa_tenant: None,
                oauth_client_id: "id-1".to_owned(),
                client_secret: SecretString::from("plain-client-secret-7f3a"),
                at_ms: START_MS,
                actor: "owner".to_owned(),
            })
            .await
            .expect("a connection can be set");
        let take =
            LeaseTake { name: "world", owner: "one", ttl_ms: i64::MAX / 4, now_ms: START_MS };
        let fence = store.lease_take(take, |_| false).await.expect("the database works");
        let fence = fence.expect("nobody holds it");
        SeededTenant { tenant, store, connection: connection.id, fence, generation: 0 }
    }

    /// Reads clients and assets as a complete scan would; what is not given is gone.
    pub async fn scan(&mut self, clients: Vec<Projection>, assets: &[AssetSeed]) {
        let mut names: Vec<&str> = assets.iter().map(|asset| asset.type_name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let types = names.into_iter().map(|name| {
            Projection::AssetType(AssetType {
                remote_id: RemoteId::new(format!("type-{name}")),
                name: name.to_owned(),
                group_name: None,
                fields: Vec::new(),
                is_inactive: false,
                is_placeholder: false,
            })
        });
        let assets = assets.iter().map(|asset| Projection::Asset(asset.projection()));
        self.generation += 1;
        self.scan_stream(Stream::Clients, clients).await;
        self.scan_stream(Stream::AssetTypes, types.collect()).await;
        self.scan_stream(Stream::Assets, assets.collect()).await;
    }

    /// One complete scan of a stream.
    pub async fn scan_stream(&self, stream: Stream, rows: Vec<Projection>) {
        let at_ms = START_MS + self.generation;
        let ids: Vec<RemoteId> = rows.iter().map(|row| row.remote_id().clone()).collect();
        let heads = self.store.record_heads(self.connection, stream, &ids).await;
        let heads = heads.expect("heads can be read");
        let writes = rows.into_iter().map(|projection| {
            let body = serde_json::to_vec(&projection).expect("projections are plain data");
            let facts = match &projection {
                Projection::Asset(asset) => {
                    let facts = resolve(&chains(), &asset.values);
                    Some(serde_json::to_string(&facts).expect("facts are plain data"))
                }
                _ => None,
            };
            let remote_id = projection.remote_id().clone();
            RecordWrite {
                known: heads.get(&remote_id).copied(),
                remote_id,
                sha256: Sha256::digest(&body).into(),
                body,
                problem: None,
                projection: Some(projection),
                facts,
                ..RecordWrite::default()
            }
        });
        let commit = PageCommit {
            fence: &self.fence,
            connection: self.connection,
            stream,
            generation: self.generation,
            at_ms,
            rows: writes.collect(),
            scan_state: "{}".to_owned(),
            mapper_version: 1,
            ..PageCommit::new(&self.fence, self.connection, stream)
        };
        self.store.page_commit(&commit).await.expect("a page can be committed");
        let live = self.store.live_ids(self.connection, stream, None, 1_000_000).await;
        let mut gone = live.expect("ids can be read");
        gone.retain(|id| !ids.contains(id));
        let finish = ScanFinish {
            fence: &self.fence,
            connection: self.connection,
            stream,
            generation: self.generation,
            at_ms,
            remove: &gone,
            held: None,
        };
        self.store.scan_finish(&finish).await.expect("a scan can be finished");
    }
}

/// Each fact is kept in a property of its own name.
fn chains() -> Chains {
    Target::ALL.into_iter().fold(Chains::new(), |chains, target| {
        chains.with(target, [Link::Standard(target.name().to_owned())])
    })
}
