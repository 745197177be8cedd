//! What a visitor is shown: the tenant's graded assets of today, and whose of them they may see.

use std::sync::Arc;

use almanac_fleet::{Fleet, FleetClient, Moment, Visible};
use almanac_model::id::RemoteId;

use crate::error::WebError;
use crate::extract::Visitor;
use crate::state::WebState;

/// The tenant's graded assets, with whose of them the visitor may see.
pub(crate) struct Shown {
    /// Every asset, also those that the visitor may not see.
    pub(crate) fleet: Arc<Fleet>,
    /// Whose the visitor may see.
    pub(crate) visible: Visible,
}

impl Shown {
    /// As of now.
    pub(crate) async fn of(web: &WebState, visitor: &Visitor) -> Result<Shown, WebError> {
        let fleet = fleet_now(visitor, web).await?;
        let clients = visitor.signed_in.user.clients.as_ref();
        let limited = |clients: &Vec<RemoteId>| Visible::Clients(clients.iter().cloned().collect());
        Ok(Shown { fleet, visible: clients.map_or(Visible::All, limited) })
    }

    /// A client that the visitor may see; any other is not found.
    pub(crate) fn client(&self, id: &str) -> Result<&FleetClient, WebError> {
        let found = self.fleet.client(&RemoteId::new(id));
        found.filter(|client| self.visible.shows(client)).ok_or(WebError::NotFound)
    }
}

/// The tenant's graded assets as of now, also those that the visitor may not see.
pub(crate) async fn fleet_now(visitor: &Visitor, web: &WebState) -> Result<Arc<Fleet>, WebError> {
    let moment = Moment { on: web.today(), at_ms: web.now_ms() };
    Ok(match visitor.head {
        Some(head) => web.fleets.get_at(&visitor.store, head, moment).await?,
        None => web.fleets.get(&visitor.store, moment).await?,
    })
}
