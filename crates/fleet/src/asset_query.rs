//! A table of assets: filtered, sorted, grouped, counted, one page of it.
//!
//! One pass works out which filters each asset fails. What fails none is in the table; what fails
//! only one says what that filter costs, so counts on chips and the advice for an empty table
//! come from the same pass and can never disagree with the rows.

use std::cmp::Ordering;
use std::ops::Range;

use almanac_model::class::ClassId;
use almanac_model::grade::Grade;
use almanac_model::id::RemoteId;
use almanac_model::kind::Kind;

use crate::asset::FleetAsset;
use crate::fleet::Fleet;
use crate::group::{Group, GroupBy, GroupKey, Groups};
use crate::names::Symbol;
use crate::order::{Order, Sort};
use crate::tally::{Tally, place};
use crate::visible::Visible;
use crate::words::{holding_all, words};

/// Which assets, in which order. Of several values in one filter any will do; an empty filter
/// asks nothing.
#[derive(Debug, Clone, Default)]
pub struct AssetQuery {
    /// Whose assets the user may see.
    pub visible: Visible,
    /// Only this client's.
    pub client: Option<RemoteId>,
    /// Of these grades.
    pub grades: Vec<Grade>,
    /// Of these kinds.
    pub kinds: Vec<Kind>,
    /// Of types with these names.
    pub types: Vec<String>,
    /// At sites with these names.
    pub sites: Vec<String>,
    /// Of these classes.
    pub classes: Vec<ClassId>,
    /// With statuses of these names.
    pub statuses: Vec<String>,
    /// With something of these to look at.
    pub notes: Vec<Note>,
    /// Holding every word of this text, in whatever case.
    pub text: String,
    /// By these columns; by when a decision is due where there are none.
    pub sort: Vec<Sort>,
    /// In these groups.
    pub group: Option<GroupBy>,
    /// Where the page begins.
    pub start: Start,
    /// At most so many rows.
    pub limit: usize,
}

/// Something about an asset that a person may want to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// It has no purchase date.
    NeedsDate,
    /// A value of it is doubtful.
    Warning,
    /// A person set a value over the PSA's.
    Locked,
}

impl Note {
    /// Every note.
    pub const ALL: [Note; 3] = [Note::NeedsDate, Note::Warning, Note::Locked];

    /// The public name, such as `needs_date`, as it stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Note::NeedsDate => "needs_date",
            Note::Warning => "warning",
            Note::Locked => "locked",
        }
    }

    fn is_on(self, asset: &FleetAsset) -> bool {
        match self {
            Note::NeedsDate => asset.purchased_on().is_none(),
            Note::Warning => asset.has_warnings(),
            Note::Locked => asset.is_locked(),
        }
    }
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// After so many rows.
    At(usize),
    /// After this asset, even when it is no longer in the table; from the first row when it is
    /// gone.
    After(RemoteId),
}

impl Default for Start {
    fn default() -> Start {
        Start::At(0)
    }
}

/// A filter that a user can drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// By grade.
    Grade,
    /// By kind.
    Kind,
    /// By type.
    Type,
    /// By site.
    Site,
    /// By class.
    Class,
    /// By status.
    Status,
    /// By what there is to look at.
    Note,
    /// By words.
    Text,
}

impl Filter {
    /// Every filter.
    pub const ALL: [Filter; 8] = [
        Filter::Grade,
        Filter::Kind,
        Filter::Type,
        Filter::Site,
        Filter::Class,
        Filter::Status,
        Filter::Note,
        Filter::Text,
    ];

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// One page of a table of assets, with what is true of the whole table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetPage {
    /// The places of the page's assets in the fleet, in order.
    pub rows: Vec<u32>,
    /// How many rows stand before the page.
    pub start: usize,
    /// Counts and sums over the table.
    pub tally: Tally,
    /// How many of each grade there would be without the filter by grade, in the order of
    /// [`Grade::ALL`].
    pub grades: [u32; Grade::ALL.len()],
    /// For each filter that asks something, how many rows there would be without it.
    pub without: Vec<(Filter, u32)>,
    /// The groups of the table, in order; empty where it is not grouped.
    pub groups: Vec<Group>,
}

impl AssetPage {
    /// How many rows the table has.
    pub fn total(&self) -> usize {
        self.tally.assets as usize
    }

    /// Where the next page begins; `None` on the last.
    pub fn next(&self, fleet: &Fleet) -> Option<Start> {
        let has_more = self.start + self.rows.len() < self.total();
        let last = self.rows.last().filter(|_| has_more)?;
        Some(Start::After(RemoteId::new(fleet.asset(*last).remote_id())))
    }
}

/// The filters of a query against one fleet: names became symbols.
struct Filters<'a> {
    query: &'a AssetQuery,
    types: Vec<Symbol>,
    sites: Vec<Symbol>,
    statuses: Vec<Symbol>,
    holds: Option<Vec<bool>>,
    range: Range<usize>,
    /// Whether any filter asks something.
    asks: bool,
}

impl<'a> Filters<'a> {
    fn new(fleet: &Fleet, query: &'a AssetQuery, range: Range<usize>) -> Filters<'a> {
        let names = &fleet.body.frame.names;
        let symbols = |texts: &[String]| texts.iter().filter_map(|text| names.find(text)).collect();
        let mut filters = Filters {
            query,
            types: symbols(&query.types),
            sites: symbols(&query.sites),
            statuses: symbols(&query.statuses),
            holds: holding_all(&fleet.body, range.clone(), &words(&query.text)),
            range,
            asks: false,
        };
        let asks = filters.asked().next().is_some();
        filters.asks = asks;
        filters
    }

    /// Which filters ask something.
    fn asked(&self) -> impl Iterator<Item = Filter> {
        let query = self.query;
        let asks = |filter: &Filter| match filter {
            Filter::Grade => !query.grades.is_empty(),
            Filter::Kind => !query.kinds.is_empty(),
            Filter::Type => !query.types.is_empty(),
            Filter::Site => !query.sites.is_empty(),
            Filter::Class => !query.classes.is_empty(),
            Filter::Status => !query.statuses.is_empty(),
            Filter::Note => !query.notes.is_empty(),
            Filter::Text => self.holds.is_some(),
        };
        Filter::ALL.into_iter().filter(asks)
    }

    /// The bits of the filters that an asset fails, but for the words.
    fn failed(&self, asset: &FleetAsset) -> u8 {
        let query = self.query;
        let among = |symbols: &[Symbol], one: Option<Symbol>| {
            one.is_some_and(|symbol| symbols.contains(&symbol))
        };
        let mut failed = 0;
        let mut ask = |filter: Filter, is_asked: bool, is_met: bool| {
            if is_asked && !is_met {
                failed |= filter.bit();
            }
        };
        ask(Filter::Grade, !query.grades.is_empty(), query.grades.contains(&asset.grade));
        ask(Filter::Kind, !query.kinds.is_empty(), query.kinds.contains(&asset.kind));
        ask(Filter::Type, !query.types.is_empty(), among(&self.types, asset.type_name));
        ask(Filter::Site, !query.sites.is_empty(), among(&self.sites, asset.site));
        let of_class = asset.class.is_some_and(|class| query.classes.contains(&class));
        ask(Filter::Class, !query.classes.is_empty(), of_class);
        ask(Filter::Status, !query.statuses.is_empty(), among(&self.statuses, asset.status));
        let is_noted = || query.notes.iter().any(|note| note.is_on(asset));
        ask(Filter::Note, !query.notes.is_empty(), query.notes.is_empty() || is_noted());
        failed
    }

    fn failed_at(&self, at: usize, asset: &FleetAsset) -> u8 {
        if !self.asks {
            return 0;
        }
        let holds = self.holds.as_ref().is_none_or(|holds| holds[at - self.range.start]);
        self.failed(asset) | if holds { 0 } else { Filter::Text.bit() }
    }
}

impl Fleet {
    /// A page of the table of assets.
    pub fn asset_page(&self, query: &AssetQuery) -> AssetPage {
        let range = self.range_of(query);
        let filters = Filters::new(self, query, range.clone());
        let sight = query.visible.sight(self);
        let mut grades = [0; Grade::ALL.len()];
        let mut without = [0_u32; Filter::ALL.len()];
        let mut found: Vec<u32> = Vec::with_capacity(range.len());
        for at in range {
            let asset = &self.body.assets[at];
            if !sight.shows(asset) {
                continue;
            }
            let failed = filters.failed_at(at, asset);
            if failed & !Filter::Grade.bit() == 0 {
                grades[place(asset.grade)] += 1;
            }
            if failed == 0 {
                found.push(u32::try_from(at).expect("places are 32 bits wide"));
            } else if failed.is_power_of_two() {
                without[failed.trailing_zeros() as usize] += 1;
            }
        }
        let groups = query.group.map(|by| Groups::new(self, by, &found));
        let tally = groups.as_ref().map_or_else(|| self.tally_of(&found), Groups::tally);
        let without = filters
            .asked()
            .map(|filter| (filter, tally.assets + without[filter as usize]))
            .collect();
        let (start, rows) = self.cut(query, &found, groups.as_ref());
        let groups = groups.map(Groups::into_groups).unwrap_or_default();
        AssetPage { rows, start, tally, grades, without, groups }
    }

    fn tally_of(&self, found: &[u32]) -> Tally {
        let mut tally = Tally::default();
        for &at in found {
            tally.add(self.asset(at), &self.body.frame.calendar);
        }
        tally
    }

    /// The places a query can find anything at.
    fn range_of(&self, query: &AssetQuery) -> Range<usize> {
        match &query.client {
            None => 0..self.body.assets.len(),
            Some(id) => self
                .client(id)
                .map_or(0..0, |client| client.range.start as usize..client.range.end as usize),
        }
    }

    /// Sorts as far as the page needs and cuts it out.
    fn cut(&self, query: &AssetQuery, found: &[u32], groups: Option<&Groups>) -> (usize, Vec<u32>) {
        let order = Order::new(&self.body, &query.sort);
        let keyed = |group: Option<GroupKey>, at: u32| Keyed { group, rough: order.rough(at), at };
        let compare = |a: &Keyed, b: &Keyed| {
            let keys = |keyed: &Keyed| (keyed.group, keyed.rough);
            keys(a).cmp(&keys(b)).then_with(|| order.cmp(a.at, b.at))
        };
        let mut found: Vec<Keyed> = match groups {
            None => found.iter().map(|&at| keyed(None, at)).collect(),
            Some(groups) => {
                let keys = groups.keys.iter().zip(found);
                keys.map(|(&key, &at)| keyed(Some(key), at)).collect()
            }
        };
        let start = match &query.start {
            Start::At(at) => (*at).min(found.len()),
            Start::After(id) => {
                // What the user may not see is as what does not exist: its place would tell of it.
                let sight = query.visible.sight(self);
                let after = self.find(id).filter(|at| sight.shows(self.asset(*at)));
                after.map_or(0, |after| {
                    let after = keyed(groups.map(|groups| groups.key(self, after)), after);
                    found.iter().filter(|one| compare(one, &after) != Ordering::Greater).count()
                })
            }
        };
        let end = start.saturating_add(query.limit).min(found.len());
        if end < found.len() {
            found.select_nth_unstable_by(end, compare);
            found.truncate(end);
        }
        if start > 0 && start < found.len() {
            found.select_nth_unstable_by(start, compare);
        }
        let mut rows = found.split_off(start.min(found.len()));
        rows.sort_unstable_by(compare);
        (start, rows.into_iter().map(|keyed| keyed.at).collect())
    }
}

/// An asset with what settles its place among most others.
struct Keyed {
    group: Option<GroupKey>,
    rough: u64,
    at: u32,
}
