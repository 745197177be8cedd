//! What the pages of rules are made of: the rulebook that applies, Halo's types, the fleet's counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use almanac_fleet::{Fleet, Moment, Visible};
use almanac_model::asset_type::AssetType;
use almanac_model::id::RemoteId;
use almanac_model::kind::Kind;
use almanac_model::projection::Projection;
use almanac_model::role::Permission;
use almanac_model::stream::Stream;
use almanac_model::verdict::Rulebook;
use almanac_store::{RulebookHead, StoreError};

use crate::error::WebError;
use crate::extract::Visitor;
use crate::state::WebState;

/// Types are read so many at a time.
const BATCH: u32 = 500;

/// So many versions are listed.
const VERSIONS_MAX: u32 = 100;

/// The rules as a visitor may see them.
pub(super) struct Ruled {
    /// The graded assets.
    pub(super) fleet: Arc<Fleet>,
    /// The rulebook that applies, or the one that an editor began from.
    pub(super) book: Rulebook,
    /// The version that applies; 0 is the default.
    pub(super) version: i64,
    /// Halo's asset types, by name.
    pub(super) types: Vec<AssetType>,
    /// How many assets each type has among those that the visitor sees, by the type's name.
    pub(super) by_type: BTreeMap<String, u32>,
    /// How many assets each kind has.
    pub(super) by_kind: BTreeMap<Kind, u32>,
    /// How many assets each class has.
    pub(super) by_class: BTreeMap<u32, u32>,
    /// Clients that the visitor sees, by name.
    pub(super) clients: Vec<(RemoteId, String)>,
    /// The newest versions.
    pub(super) versions: Vec<RulebookHead>,
    /// Whether the visitor may change the rules.
    pub(super) may_edit: bool,
}

impl Ruled {
    /// Reads everything.
    pub(super) async fn load(visitor: &Visitor, web: &WebState) -> Result<Ruled, WebError> {
        let moment = Moment { on: web.today(), at_ms: web.now_ms() };
        let fleet = web.fleets.get(&visitor.store, moment).await?;
        let types = types(visitor, &fleet).await?;
        let versions = visitor.store.rulebook_list(None, VERSIONS_MAX).await?;
        let visible = match &visitor.signed_in.user.clients {
            Some(clients) => Visible::Clients(clients.iter().cloned().collect()),
            None => Visible::All,
        };
        let (mut by_type, mut by_kind, mut by_class) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for asset in fleet.assets().iter().filter(|asset| visible.shows_asset(&fleet, asset)) {
            if let Some(name) = fleet.type_of(asset) {
                *by_type.entry(name.to_owned()).or_default() += 1;
            }
            *by_kind.entry(asset.kind).or_default() += 1;
            if let Some(class) = asset.class {
                *by_class.entry(class.0).or_default() += 1;
            }
        }
        let clients = fleet.clients().iter().filter(|client| visible.shows(client));
        let clients =
            clients.map(|client| (client.remote_id.clone(), client.name.clone())).collect();
        Ok(Ruled {
            book: fleet.rulebook().clone(),
            version: fleet.rulebook_version().unwrap_or(0),
            types,
            by_type,
            by_kind,
            by_class,
            clients,
            versions,
            may_edit: visitor.may(Permission::EditRules),
            fleet,
        })
    }

    /// The rulebook that applies.
    pub(super) fn book(&self) -> &Rulebook {
        &self.book
    }

    /// "Rules v7" or that nobody saved any.
    pub(super) fn version_title(&self) -> String {
        match self.version {
            0 => "Default rules; nobody has changed them".to_owned(),
            version => format!("Rules v{version}"),
        }
    }

    /// A client's name; `None` for one that is gone or not the visitor's to see.
    pub(super) fn client_name(&self, id: &RemoteId) -> Option<&str> {
        let found = self.clients.iter().find(|(client, _)| client == id);
        found.map(|(_, name)| name.as_str())
    }

    /// A type's name.
    pub(super) fn type_name(&self, id: &RemoteId) -> Option<&str> {
        let found = self.types.iter().find(|found| found.remote_id == *id);
        found.map(|found| found.name.as_str())
    }
}

/// The asset types that Halo has.
async fn types(visitor: &Visitor, fleet: &Fleet) -> Result<Vec<AssetType>, StoreError> {
    let (mut types, mut after): (Vec<AssetType>, Option<RemoteId>) = (Vec::new(), None);
    let Some(connection) = fleet.connection() else { return Ok(types) };
    loop {
        let store = &visitor.store;
        let stream = Stream::AssetTypes;
        let page = store.projection_page(connection, stream, after.as_ref(), BATCH).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.projection.remote_id().clone());
        types.extend(page.into_iter().filter(|row| row.deleted_at.is_none()).filter_map(|row| {
            match row.projection {
                Projection::AssetType(found) if !found.is_placeholder => Some(found),
                _ => None,
            }
        }));
    }
    types.sort_by_cached_key(|found| (found.name.to_lowercase(), found.remote_id.clone()));
    Ok(types)
}
