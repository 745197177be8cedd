//! What a table of assets can be filtered by: each value that any of its assets has.

use almanac_model::class::ClassId;
use almanac_model::kind::Kind;

use crate::body::FleetClient;
use crate::fleet::Fleet;
use crate::names::Noted;
use crate::visible::Visible;

/// The values that assets have, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets<'a> {
    /// Kinds, in the order of lists.
    pub kinds: Vec<Kind>,
    /// Classes, by number.
    pub classes: Vec<ClassId>,
    /// Names of statuses, as people sort them.
    pub statuses: Vec<&'a str>,
    /// Names of types in the PSA, as people sort them; of one client's assets only.
    pub types: Vec<&'a str>,
    /// Names of sites, as people sort them; of one client's assets only.
    pub sites: Vec<&'a str>,
}

impl Fleet {
    /// The values that a client's assets have; without one, those of every asset that the user may
    /// see, where types and sites are too many to choose from.
    pub fn facets(&self, visible: &Visible, client: Option<&FleetClient>) -> Facets<'_> {
        let names = &self.body.frame.names;
        let sight = visible.sight(self);
        let mut facets = Facets::default();
        let [mut statuses, mut types, mut sites] = [names.noted(), names.noted(), names.noted()];
        let assets = client.map_or(self.assets(), |client| self.assets_of(client));
        for asset in assets.iter().filter(|asset| sight.shows(asset)) {
            note(&mut facets.kinds, asset.kind);
            if let Some(class) = asset.class {
                note(&mut facets.classes, class);
            }
            statuses.note(asset.status);
            if client.is_some() {
                types.note(asset.type_name);
                sites.note(asset.site);
            }
        }
        facets.kinds.sort_unstable();
        facets.classes.sort_unstable();
        facets.statuses = self.sorted(statuses);
        facets.types = self.sorted(types);
        facets.sites = self.sorted(sites);
        facets
    }

    fn sorted(&self, noted: Noted) -> Vec<&str> {
        let names = &self.body.frame.names;
        let mut symbols = noted.symbols;
        symbols.sort_unstable_by_key(|symbol| names.rank(*symbol));
        symbols.into_iter().map(|symbol| names.text(symbol)).collect()
    }
}

/// Kinds and classes are so few that looking through them is the quickest.
fn note<T: PartialEq>(known: &mut Vec<T>, value: T) {
    if !known.contains(&value) {
        known.push(value);
    }
}
