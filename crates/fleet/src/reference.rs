//! What assets refer to: clients, sites, types and states, with their names.
//!
//! Small and read whole whenever one of them changed. The PSA's stand-ins and tombstones are left
//! out, so whoever refers to one refers to nothing.

use std::collections::HashMap;

use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::kind::KindMap;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_store::{StoreError, TenantStore};

use crate::names::{Names, Symbol, folded_cmp};

/// Rows read at a time.
const BATCH: u32 = 500;

/// The streams that assets refer to.
pub(crate) const STREAMS: [Stream; 5] = [
    Stream::ClientTypes,
    Stream::Clients,
    Stream::Sites,
    Stream::AssetTypes,
    Stream::AssetStatuses,
];

/// A client as it is held.
#[derive(Debug)]
pub(crate) struct ReferenceClient {
    pub(crate) remote_id: RemoteId,
    pub(crate) name: String,
    pub(crate) type_name: Option<String>,
    pub(crate) is_inactive: bool,
}

/// What assets refer to.
#[derive(Debug, Default)]
pub(crate) struct Reference {
    /// Sorted by name, then remote id.
    pub(crate) clients: Vec<ReferenceClient>,
    client_places: HashMap<Symbol, u32>,
    /// From remote id to name.
    sites: HashMap<Symbol, Symbol>,
    types: HashMap<Symbol, Symbol>,
    statuses: HashMap<Symbol, Symbol>,
    /// The kinds that the types' names lead to.
    pub(crate) kinds: KindMap,
}

impl Reference {
    /// Reads everything.
    pub(crate) async fn load(
        store: &TenantStore,
        connection: ConnectionId,
        names: &mut Names,
    ) -> Result<Reference, StoreError> {
        let mut reference = Reference::default();
        let (mut client_types, mut asset_types) = (HashMap::new(), Vec::new());
        for stream in STREAMS {
            for projection in load_stream(store, connection, stream).await? {
                match projection {
                    Projection::ClientType(found) if !found.is_placeholder => {
                        client_types.insert(found.remote_id, found.name);
                    }
                    Projection::Client(found) if !found.is_placeholder => {
                        let type_name =
                            found.client_type.and_then(|id| client_types.get(&id).cloned());
                        reference.clients.push(ReferenceClient {
                            remote_id: found.remote_id,
                            name: found.name,
                            type_name,
                            is_inactive: found.is_inactive,
                        });
                    }
                    Projection::Site(found) if !found.is_placeholder => {
                        let id = names.intern(found.remote_id.as_str());
                        reference.sites.insert(id, names.intern(&found.name));
                    }
                    Projection::AssetType(found) => {
                        if !found.is_placeholder {
                            let id = names.intern(found.remote_id.as_str());
                            reference.types.insert(id, names.intern(&found.name));
                        }
                        asset_types.push(found);
                    }
                    Projection::AssetStatus(found) if !found.is_placeholder => {
                        let id = names.intern(found.remote_id.as_str());
                        reference.statuses.insert(id, names.intern(&found.name));
                    }
                    _ => {}
                }
            }
        }
        reference.kinds = KindMap::quick(&asset_types);
        reference.place_clients(names);
        Ok(reference)
    }

    fn place_clients(&mut self, names: &mut Names) {
        self.clients.sort_by(|a, b| {
            folded_cmp(&a.name, &b.name).then_with(|| a.remote_id.cmp(&b.remote_id))
        });
        for (place, client) in (0..).zip(&self.clients) {
            self.client_places.insert(names.intern(client.remote_id.as_str()), place);
        }
    }

    /// The place of the client with this remote id.
    pub(crate) fn client(&self, id: Option<Symbol>) -> Option<u32> {
        self.client_places.get(&id?).copied()
    }

    /// The name of the site with this remote id.
    pub(crate) fn site(&self, id: Option<Symbol>) -> Option<Symbol> {
        self.sites.get(&id?).copied()
    }

    /// The name of the asset type with this remote id.
    pub(crate) fn asset_type(&self, id: Option<Symbol>) -> Option<Symbol> {
        self.types.get(&id?).copied()
    }

    /// The name of the state with this remote id.
    pub(crate) fn status(&self, id: Option<Symbol>) -> Option<Symbol> {
        self.statuses.get(&id?).copied()
    }
}

/// The live records of a stream.
async fn load_stream(
    store: &TenantStore,
    connection: ConnectionId,
    stream: Stream,
) -> Result<Vec<Projection>, StoreError> {
    let mut found = Vec::new();
    let mut after: Option<RemoteId> = None;
    loop {
        let page = store.projection_page(connection, stream, after.as_ref(), BATCH).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.projection.remote_id().clone());
        let live = page.into_iter().filter(|row| row.deleted_at.is_none());
        found.extend(live.map(|row| row.projection));
    }
}
