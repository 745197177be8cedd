//! A tenant's fleet: an unchanging snapshot of its assets, graded on a day.
//!
//! Everything here is in memory and pure. Cloning is cheap. Two fleets of one tenant share what
//! did not change between them.

use std::sync::Arc;

use almanac_model::author::Author;
use almanac_model::choice::AssetEdit;
use almanac_model::class::{Class, ClassId};
use almanac_model::id::{ConnectionId, RemoteId, TenantId};
use almanac_model::money::Currency;
use almanac_model::verdict::{AssetVerdict, Rulebook};
use almanac_store::ChangeHead;
use jiff::civil::Date;

use crate::asset::FleetAsset;
use crate::body::{Body, FleetClient};
use crate::judge::Judge;
use crate::names::Symbol;
use crate::source::Source;
use crate::tally::Tally;

/// A tenant's assets, graded on a day.
#[derive(Debug, Clone)]
pub struct Fleet {
    pub(crate) tenant: TenantId,
    pub(crate) head: ChangeHead,
    /// How many names there were when it was last loaded whole.
    pub(crate) names_loaded: usize,
    pub(crate) body: Arc<Body>,
}

impl Fleet {
    /// Whose it is.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The connection it was read from; `None` before the first.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.head.connection
    }

    /// The number of the newest change it holds.
    pub fn seq(&self) -> i64 {
        self.head.seq
    }

    /// The day it is graded on.
    pub fn on(&self) -> Date {
        self.body.frame.on
    }

    /// When the PSA's assets were last read whole and believed, in milliseconds UTC; `None`
    /// before the first time.
    pub fn as_of_ms(&self) -> Option<i64> {
        self.head.assets_scanned_at
    }

    /// The version of the rulebook that graded; `None` for the defaults.
    pub fn rulebook_version(&self) -> Option<i64> {
        self.body.frame.book.version
    }

    /// The rulebook that graded.
    pub fn rulebook(&self) -> &Rulebook {
        &self.body.frame.book.rules
    }

    /// The currency of every sum.
    pub fn currency(&self) -> Currency {
        self.body.frame.calendar.currency
    }

    /// Counts and sums over every asset.
    pub fn tally(&self) -> &Tally {
        &self.body.tally
    }

    /// Every client, by name.
    pub fn clients(&self) -> &[FleetClient] {
        &self.body.clients
    }

    /// The client with this remote id.
    pub fn client(&self, remote_id: &RemoteId) -> Option<&FleetClient> {
        self.body.clients.iter().find(|client| client.remote_id == *remote_id)
    }

    /// Every asset, by client and name; those without a client last.
    pub fn assets(&self) -> &[FleetAsset] {
        &self.body.assets
    }

    /// A client's assets, by name.
    ///
    /// # Panics
    /// When the client is another fleet's and its assets lie beyond this one's.
    pub fn assets_of(&self, client: &FleetClient) -> &[FleetAsset] {
        &self.body.assets[client.range.start as usize..client.range.end as usize]
    }

    /// The asset at a place that a query of this fleet gave.
    ///
    /// # Panics
    /// When the place is another fleet's and beyond this one's.
    pub fn asset(&self, at: u32) -> &FleetAsset {
        &self.body.assets[at as usize]
    }

    /// The place of the asset with this remote id.
    pub fn find(&self, remote_id: &RemoteId) -> Option<u32> {
        self.body.find(remote_id.as_str())
    }

    /// An asset's client.
    pub fn client_of(&self, asset: &FleetAsset) -> Option<&FleetClient> {
        self.body.clients.get(asset.client as usize)
    }

    /// The name of an asset's site.
    pub fn site_of(&self, asset: &FleetAsset) -> Option<&str> {
        self.text(asset.site)
    }

    /// The name of an asset's type in the PSA.
    pub fn type_of(&self, asset: &FleetAsset) -> Option<&str> {
        self.text(asset.type_name)
    }

    /// The name of an asset's status.
    pub fn status_of(&self, asset: &FleetAsset) -> Option<&str> {
        self.text(asset.status)
    }

    /// An asset's model.
    pub fn model_of(&self, asset: &FleetAsset) -> Option<&str> {
        self.text(asset.model)
    }

    /// An asset's maker.
    pub fn manufacturer_of(&self, asset: &FleetAsset) -> Option<&str> {
        self.text(asset.manufacturer)
    }

    /// An asset's operating system: as it is recorded, else as the PSA writes it.
    pub fn os_of(&self, asset: &FleetAsset) -> Option<&str> {
        match asset.source.os {
            Some(fact) => Some(&fact.name),
            None => self.text(asset.os_text),
        }
    }

    /// An asset's class.
    pub fn class_of(&self, asset: &FleetAsset) -> Option<&Class> {
        self.class(asset.class?)
    }

    /// The class with this id.
    pub fn class(&self, id: ClassId) -> Option<&Class> {
        self.rulebook().classes.all().iter().find(|class| class.id == id)
    }

    /// What the rulebook says of an asset, with the reason: judged again, nothing read.
    pub fn verdict(&self, asset: &FleetAsset) -> Option<AssetVerdict> {
        let frame = &self.body.frame;
        let mut judge = Judge::new(&frame.book.rules, &frame.names, frame.on);
        judge.judge(&asset.source).map(|(verdict, _)| verdict)
    }

    /// Why an asset has its grade, in a few words.
    pub fn reason_of(&self, asset: &FleetAsset) -> String {
        self.verdict(asset).map(|verdict| verdict.graded.reason.text()).unwrap_or_default()
    }

    /// The same as it stands beside the word of the grade in a list.
    pub fn brief_of(&self, asset: &FleetAsset) -> String {
        self.verdict(asset).map(|verdict| verdict.graded.reason.brief()).unwrap_or_default()
    }

    /// The asset as it would be after a decision about its grade, acceptance or class; locks are
    /// not followed, since what they change is read with the facts. `None` is one of an ignored
    /// type.
    pub fn after_edit(&self, asset: &FleetAsset, edit: &AssetEdit) -> Option<FleetAsset> {
        let mut choice = asset.choice().cloned().unwrap_or_default();
        choice.apply(edit, &Author::program("a preview"), 0, None);
        let mut source = Source::clone(&asset.source);
        source.choice = Some(Arc::new(choice));
        let frame = &self.body.frame;
        let mut judge = Judge::new(&frame.book.rules, &frame.names, frame.on);
        let (verdict, class) = judge.judge(&source)?;
        Some(FleetAsset::new(Arc::new(source), asset.references(), class, &verdict))
    }

    /// About how much memory it takes, in bytes, counted as if nothing were shared.
    pub fn bytes(&self) -> usize {
        self.body.bytes()
    }

    pub(crate) fn text(&self, symbol: Option<Symbol>) -> Option<&str> {
        symbol.map(|symbol| self.body.frame.names.text(symbol))
    }
}
