//! A tenant whose connection was read once.

use std::ops::Deref;

use almanac_model::asset::{RemoteAsset, RemoteField, RemoteValue};
use almanac_model::chain::{Chains, Link, Target, resolve};
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_store::Tenant;
use almanac_store::testing::{START_MS, TestStore};
use secrecy::SecretString;

use crate::projection::asset_type;
use crate::synced::Synced;

/// The password of every tenant's first owner, whose address is `owner@<name>.example`.
pub const OWNER_PASSWORD: &str = "correct-horse-battery-staple";

/// A tenant with a connection that this world reads.
pub struct SeededTenant {
    /// The tenant.
    pub tenant: Tenant,
    synced: Synced,
    generation: i64,
}

impl Deref for SeededTenant {
    type Target = Synced;

    fn deref(&self) -> &Synced {
        &self.synced
    }
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
            asset_type: Some(RemoteId::new(type_id(&self.type_name))),
            asset_type_name: Some(self.type_name.clone()),
            status: None,
            is_inactive: false,
            is_placeholder: false,
            values: self.facts.iter().map(value).collect(),
        }
    }
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
        let synced = Synced::new(test.tenant(tenant.id)).await;
        SeededTenant { tenant, synced, generation: 0 }
    }

    /// Reads clients and assets as a complete scan would; what is not given is gone.
    pub async fn scan(&mut self, clients: Vec<Projection>, assets: &[AssetSeed]) {
        let mut names: Vec<&str> = assets.iter().map(|asset| asset.type_name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let types = names.into_iter().map(|name| asset_type(&*type_id(name), name));
        let assets = assets.iter().map(|asset| Projection::Asset(asset.projection()));
        self.generation += 1;
        self.scan_stream(Stream::Clients, clients).await;
        self.scan_stream(Stream::AssetTypes, types.collect()).await;
        self.scan_stream(Stream::Assets, assets.collect()).await;
    }

    /// One complete scan of a stream.
    pub async fn scan_stream(&self, stream: Stream, rows: Vec<Projection>) {
        let ids: Vec<RemoteId> = rows.iter().map(|row| row.remote_id().clone()).collect();
        let rows = rows.into_iter().map(|row| {
            let facts = facts_of(&row);
            (row, facts)
        });
        self.commit(self.generation, rows.collect()).await;
        let live = self.store.live_ids(self.connection, stream, None, 1_000_000).await;
        let mut gone = live.expect("ids can be read");
        gone.retain(|id| !ids.contains(id));
        self.finish(self.generation, stream, &gone, START_MS + self.generation).await;
    }
}

/// What a sync would have worked out of an asset; `None` for other records.
fn facts_of(projection: &Projection) -> Option<String> {
    let Projection::Asset(asset) = projection else { return None };
    let facts = resolve(&chains(), &asset.values);
    Some(serde_json::to_string(&facts).expect("facts are plain data"))
}

fn type_id(name: &str) -> String {
    format!("type-{name}")
}

/// The chains of every world: each fact is kept in a property of its own name.
pub fn chains() -> Chains {
    Target::ALL.into_iter().fold(Chains::new(), |chains, target| {
        chains.with(target, [Link::Standard(target.name().to_owned())])
    })
}
