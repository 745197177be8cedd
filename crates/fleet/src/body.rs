//! What a fleet holds, and how it is made: of everything, or of an earlier one and what changed.
//!
//! Assets are sorted by client and name, so that a client's assets are one range. Both ways of
//! making a body end in the same: a test makes random changes and compares them. A body never
//! changes; what it shares with the one before is shared by reference.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use almanac_model::choice::AssetChoice;
use almanac_model::id::RemoteId;
use almanac_model::verdict::Rulebook;
use jiff::civil::Date;

use crate::asset::{FleetAsset, NO_CLIENT};
use crate::choice_bytes::choice_bytes;
use crate::judge::Judge;
use crate::names::Names;
use crate::place::{Part, Placed};
use crate::reference::Reference;
use crate::source::Source;
use crate::tally::{Calendar, Tally};

/// About what an allocation takes beyond what is asked for.
pub(crate) const ALLOCATION_BYTES: usize = 16;

/// A source with its counts of references and its two allocations, without its own text.
const SOURCE_BYTES: usize = size_of::<Source>() + 2 * size_of::<usize>() + 2 * ALLOCATION_BYTES;

/// The rulebook that grades.
#[derive(Debug)]
pub(crate) struct Book {
    /// `None` for the defaults.
    pub(crate) version: Option<i64>,
    pub(crate) rules: Rulebook,
}

/// What every asset of a body is judged and shown with.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) on: Date,
    pub(crate) calendar: Calendar,
    pub(crate) book: Arc<Book>,
    pub(crate) names: Arc<Names>,
    pub(crate) reference: Arc<Reference>,
    pub(crate) choices: Arc<HashMap<RemoteId, Arc<AssetChoice>>>,
}

/// What a fleet holds.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) frame: Frame,
    pub(crate) assets: Vec<FleetAsset>,
    /// Of ignored types, sorted by remote id.
    hidden: Vec<Arc<Source>>,
    /// Places in `assets`, sorted by remote id.
    by_id: Vec<u32>,
    pub(crate) clients: Vec<FleetClient>,
    /// The own texts of all assets in lower case, in the order of `assets`, each ended by a line
    /// end more.
    folded: String,
    /// Where each asset's part of `folded` begins, and the end.
    starts: Vec<u32>,
    pub(crate) tally: Tally,
}

/// One client of a fleet.
#[derive(Debug, Clone)]
pub struct FleetClient {
    /// The PSA's identifier.
    pub remote_id: RemoteId,
    /// Display name.
    pub name: String,
    /// The name of its client type.
    pub type_name: Option<String>,
    /// Whether the PSA has deactivated it.
    pub is_inactive: bool,
    /// Counts and sums over its assets.
    pub tally: Tally,
    pub(crate) range: Range<u32>,
}

impl Body {
    /// Makes a body of every source, sorted by remote id.
    pub(crate) fn new(frame: Frame, sources: &[Arc<Source>]) -> Body {
        let parts = frame.place_all(sources);
        Body::of(frame, parts)
    }

    /// Makes a body of what was judged in parts, which follow each other by remote id.
    pub(crate) fn of(frame: Frame, parts: Vec<Part>) -> Body {
        let (mut placed, mut hidden, mut order) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            let before = place_of(placed.len());
            order.extend(part.order.into_iter().map(|at| before + at));
            placed.extend(part.placed);
            hidden.extend(part.hidden);
        }
        // Each part is in order, which the stable sort makes use of.
        order.sort_by(|&a: &u32, &b| {
            let [a, b] = [a, b].map(|at| &placed[at as usize]);
            Placed::cmp(a, b)
        });
        let mut by_id = vec![0; order.len()];
        for (place, &at) in (0_u32..).zip(&order) {
            by_id[at as usize] = place;
        }
        let mut folded = Folded::with_capacity(
            placed.iter().map(|one| one.folded.len() + 1).sum(),
            placed.len(),
        );
        let mut assets = Vec::with_capacity(order.len());
        for at in order {
            let one = &placed[at as usize];
            folded.push(&one.folded);
            assets.push(one.asset.clone());
        }
        Body::finish(frame, assets, hidden, by_id, folded)
    }

    /// Every source, sorted by remote id, with these records as `sources` says, which is sorted
    /// too.
    pub(crate) fn sources_with(
        &self,
        changed: &[RemoteId],
        sources: &[Arc<Source>],
    ) -> Vec<Arc<Source>> {
        let changed: HashSet<&str> = changed.iter().map(RemoteId::as_str).collect();
        let held = self.by_id.iter().map(|&at| &self.assets[at as usize].source);
        let mut all: Vec<Arc<Source>> = held
            .chain(&self.hidden)
            .filter(|source| changed.is_empty() || !changed.contains(source.remote_id()))
            .chain(sources)
            .cloned()
            .collect();
        // Nearly sorted already, which the stable sort makes use of.
        all.sort_by(|a, b| a.remote_id().cmp(b.remote_id()));
        all
    }

    /// A body in which these records are as `sources` says; those that it lacks are gone. The
    /// frame may have more names and choices than this body's, and nothing else.
    pub(crate) fn refreshed(
        &self,
        frame: Frame,
        changed: &[RemoteId],
        sources: &[Arc<Source>],
    ) -> Body {
        let mut gone: Vec<u32> = changed.iter().filter_map(|id| self.find(id.as_str())).collect();
        gone.sort_unstable();
        let changed: HashSet<&str> = changed.iter().map(RemoteId::as_str).collect();
        let mut hidden: Vec<Arc<Source>> = self
            .hidden
            .iter()
            .filter(|source| !changed.contains(source.remote_id()))
            .cloned()
            .collect();
        let mut judge = Judge::new(&frame.book.rules, &frame.names, frame.on);
        let mut added = Vec::new();
        for source in sources {
            match frame.place(&mut judge, source) {
                Some(asset) => added.push(asset),
                None => hidden.push(Arc::clone(source)),
            }
        }
        hidden.sort_by(|a, b| a.remote_id().cmp(b.remote_id()));
        added.sort_by(Placed::cmp);
        let merged = self.merge(&gone, &added);
        Body::finish(frame, merged.assets, hidden, merged.by_id, merged.folded)
    }

    /// This body's assets without those at `gone`, with those added; both are sorted. What lies
    /// between is taken over in runs.
    fn merge(&self, gone: &[u32], added: &[Placed]) -> Merged {
        let size = self.assets.len() + added.len();
        let mut merged = Merged {
            assets: Vec::with_capacity(size),
            by_id: Vec::new(),
            folded: Folded::with_capacity(self.folded.len() + added.len() * 64, size),
        };
        // Where each old asset stands now.
        let mut moved = vec![u32::MAX; self.assets.len()];
        let mut places = Vec::with_capacity(added.len());
        let (mut next, mut gone) = (0, gone.iter().map(|&at| at as usize).peekable());
        let mut keep = |end: usize, next: &mut usize, merged: &mut Merged| {
            while *next < end {
                let stop = gone.peek().map_or(end, |&at| at.min(end));
                for (place, at) in (merged.assets.len()..).zip(*next..stop) {
                    moved[at] = place_of(place);
                }
                merged.assets.extend_from_slice(&self.assets[*next..stop]);
                let (text, starts) = self.folded_range(*next..stop);
                merged.folded.extend(text, starts);
                // The asset at a stop before the end is one that is gone.
                *next = if stop < end { stop + 1 } else { stop };
                gone.next_if(|&at| at < *next);
            }
        };
        for one in added {
            keep(next + self.count_before(one, next), &mut next, &mut merged);
            places.push(place_of(merged.assets.len()));
            merged.assets.push(one.asset.clone());
            merged.folded.push(&one.folded);
        }
        keep(self.assets.len(), &mut next, &mut merged);
        let kept = self.by_id.iter().map(|&at| moved[at as usize]).filter(|&at| at != u32::MAX);
        merged.by_id = insert_by_id(&kept.collect::<Vec<_>>(), places, &merged.assets);
        merged
    }

    /// How many assets from `from` on stand before this one.
    fn count_before(&self, one: &Placed, from: usize) -> usize {
        let (mut low, mut high) = (from, self.assets.len());
        while low < high {
            let middle = low.midpoint(high);
            let asset = &self.assets[middle];
            let order = asset
                .client
                .cmp(&one.asset.client)
                .then_with(|| self.folded_line(middle).cmp(&one.folded))
                .then_with(|| asset.remote_id().cmp(one.asset.remote_id()));
            if order == Ordering::Less { low = middle + 1 } else { high = middle }
        }
        low - from
    }

    fn finish(
        frame: Frame,
        assets: Vec<FleetAsset>,
        hidden: Vec<Arc<Source>>,
        by_id: Vec<u32>,
        folded: Folded,
    ) -> Body {
        let mut clients: Vec<FleetClient> = frame
            .reference
            .clients
            .iter()
            .map(|client| FleetClient {
                remote_id: client.remote_id.clone(),
                name: client.name.clone(),
                type_name: client.type_name.clone(),
                is_inactive: client.is_inactive,
                tally: Tally::default(),
                range: 0..0,
            })
            .collect();
        let mut without = Tally::default();
        for (at, asset) in (0_u32..).zip(&assets) {
            let client = clients.get_mut(asset.client as usize);
            let Some(client) = client.filter(|_| asset.client != NO_CLIENT) else {
                without.add(asset, &frame.calendar);
                continue;
            };
            if client.range.is_empty() {
                client.range = at..at;
            }
            client.range.end = at + 1;
            client.tally.add(asset, &frame.calendar);
        }
        let mut tally = without;
        for client in &clients {
            tally.add_all(&client.tally);
        }
        let Folded { text, starts } = folded;
        Body { frame, assets, hidden, by_id, clients, folded: text, starts, tally }
    }

    /// Assets of ignored types, sorted by remote id.
    pub(crate) fn hidden(&self) -> &[Arc<Source>] {
        &self.hidden
    }

    /// The place of the asset with this remote id.
    pub(crate) fn find(&self, remote_id: &str) -> Option<u32> {
        let id_at = |at: &u32| self.assets[*at as usize].remote_id();
        self.by_id.binary_search_by(|at| id_at(at).cmp(remote_id)).ok().map(|at| self.by_id[at])
    }

    /// The asset's own texts in lower case, each on a line, the name first.
    pub(crate) fn folded_line(&self, at: usize) -> &str {
        // Without the line end that parts it from the next.
        &self.folded[self.starts[at] as usize..self.starts[at + 1] as usize - 1]
    }

    /// The own texts of the assets in a range, in lower case, and where each of them begins.
    pub(crate) fn folded_range(&self, range: Range<usize>) -> (&str, &[u32]) {
        let starts = &self.starts[range.start..=range.end];
        let text = &self.folded[starts[0] as usize..starts[starts.len() - 1] as usize];
        (text, starts)
    }

    fn choices_bytes(&self) -> usize {
        let choices = self.frame.choices.iter();
        choices.map(|(id, choice)| choice_bytes(id, choice)).sum()
    }

    /// About how much memory it takes, in bytes, counted as if nothing were shared.
    pub(crate) fn bytes(&self) -> usize {
        let sources = self.assets.len() + self.hidden.len();
        let clients: usize = self.clients.iter().map(|client| 2 * (160 + client.name.len())).sum();
        // A source's own text is as long as it is in lower case.
        sources * SOURCE_BYTES
            + 2 * self.folded.len()
            + clients
            + self.assets.len() * size_of::<FleetAsset>()
            + (self.by_id.len() + self.starts.len()) * size_of::<u32>()
            + self.frame.names.bytes()
            + self.choices_bytes()
    }
}

/// The result of a merge.
struct Merged {
    assets: Vec<FleetAsset>,
    by_id: Vec<u32>,
    folded: Folded,
}

/// Texts one after the other.
struct Folded {
    text: String,
    starts: Vec<u32>,
}

impl Folded {
    fn with_capacity(bytes: usize, count: usize) -> Folded {
        let mut starts = Vec::with_capacity(count + 1);
        starts.push(0);
        Folded { text: String::with_capacity(bytes), starts }
    }

    /// Appends texts that lie one after the other; `starts` is where each of them begins and where
    /// the last ends, counted from anywhere.
    fn extend(&mut self, text: &str, starts: &[u32]) {
        let from = u32::try_from(self.text.len()).expect("a tenant's texts are below 4 GB");
        self.text.push_str(text);
        self.starts.extend(starts[1..].iter().map(|start| start - starts[0] + from));
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
        self.starts.push(u32::try_from(self.text.len()).expect("a tenant's texts are below 4 GB"));
    }
}

fn place_of(len: usize) -> u32 {
    u32::try_from(len).expect("places are 32 bits wide")
}

/// Inserts places into places that are sorted by remote id.
fn insert_by_id(kept: &[u32], mut added: Vec<u32>, assets: &[FleetAsset]) -> Vec<u32> {
    let id = |at: u32| assets[at as usize].remote_id();
    added.sort_by(|&a, &b| id(a).cmp(id(b)));
    let mut out = Vec::with_capacity(kept.len() + added.len());
    let mut rest = kept;
    for place in added {
        let before = rest.partition_point(|&other| id(other) < id(place));
        out.extend_from_slice(&rest[..before]);
        out.push(place);
        rest = &rest[before..];
    }
    out.extend_from_slice(rest);
    out
}
