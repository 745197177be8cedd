//! Which clients a user may see: what a query leaves out before it counts anything.

use std::collections::BTreeSet;

use almanac_model::id::RemoteId;

use crate::asset::FleetAsset;
use crate::body::FleetClient;
use crate::fleet::Fleet;

/// Which clients a user may see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Visible {
    /// Every client, and assets without one.
    #[default]
    All,
    /// These clients and their assets; nothing else exists for the user.
    Clients(BTreeSet<RemoteId>),
}

impl Visible {
    /// Whether the user may see a client.
    pub fn shows(&self, client: &FleetClient) -> bool {
        match self {
            Visible::All => true,
            Visible::Clients(clients) => clients.contains(&client.remote_id),
        }
    }

    /// Whether the user may see an asset of `fleet`.
    pub fn shows_asset(&self, fleet: &Fleet, asset: &FleetAsset) -> bool {
        match self {
            Visible::All => true,
            Visible::Clients(_) => fleet.client_of(asset).is_some_and(|client| self.shows(client)),
        }
    }

    /// The same for many assets of `fleet`: each client is looked up once.
    pub(crate) fn sight(&self, fleet: &Fleet) -> Sight {
        Sight(match self {
            Visible::All => None,
            Visible::Clients(_) => {
                Some(fleet.clients().iter().map(|client| self.shows(client)).collect())
            }
        })
    }
}

/// Which clients' assets of one fleet a user may see, by the client's place; `None` is all.
pub(crate) struct Sight(Option<Vec<bool>>);

impl Sight {
    pub(crate) fn shows(&self, asset: &FleetAsset) -> bool {
        let is_shown = |clients: &Vec<bool>| clients.get(asset.client as usize) == Some(&true);
        self.0.as_ref().is_none_or(is_shown)
    }
}
