//! "To decide": what waits for a person, each a link to where it is done.

use std::collections::HashMap;

use almanac_fleet::Note;
use almanac_model::grade::Grade;
use almanac_store::StreamState;

use crate::asset_table::AssetParams;
use crate::components::format;
use crate::places;
use crate::route::Route;
use crate::shown::Shown;

/// How many clients are named for one reason.
const CLIENTS: usize = 6;

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToDecide {
    /// What.
    pub(super) title: String,
    /// For whom, or where.
    pub(super) of: String,
    /// Where it is done.
    pub(super) href: String,
}

/// Things that wait for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DecideGroup {
    /// The reason.
    pub(super) title: &'static str,
    /// The first of them.
    pub(super) items: Vec<ToDecide>,
    /// How many there are in all.
    pub(super) total: usize,
}

/// Everything that waits, the most harmful first.
pub(super) fn groups(shown: &Shown, streams: &[StreamState]) -> Vec<DecideGroup> {
    let groups = [data(streams), due(shown), undated(shown)];
    groups.into_iter().filter(|group| !group.items.is_empty()).collect()
}

/// What keeps the data from being right.
fn data(streams: &[StreamState]) -> DecideGroup {
    let sync = places::Sync {}.url();
    let held = streams.iter().filter(|stream| stream.held.is_some()).map(|stream| ToDecide {
        title: format!("Release {} from hold", stream.stream.name().replace('_', " ")),
        of: "The last scan was not believed; the data before it stay".to_owned(),
        href: sync.clone(),
    });
    let bad = streams.iter().filter(|stream| stream.bad > 0).map(|stream| ToDecide {
        title: format::count(stream.bad, "row is not understood", "rows are not understood"),
        of: stream.stream.name().replace('_', " "),
        href: sync.clone(),
    });
    let items: Vec<ToDecide> = held.chain(bad).collect();
    DecideGroup { title: "Data from Halo", total: items.len(), items }
}

/// Clients with assets past their end, the most first.
fn due(shown: &Shown) -> DecideGroup {
    let clients = shown.fleet.clients().iter();
    let mut due: Vec<_> = clients
        .filter(|client| shown.visible.shows(client) && !client.is_inactive)
        .filter(|client| client.tally.of(Grade::Replace) > 0)
        .collect();
    due.sort_by_key(|client| std::cmp::Reverse(client.tally.of(Grade::Replace)));
    let params = AssetParams { grades: vec![Grade::Replace], ..AssetParams::default() };
    let item = |client: &&almanac_fleet::FleetClient| {
        let now = client.tally.of(Grade::Replace);
        let path = places::ClientAssets { client: client.remote_id.as_str().to_owned() }.url();
        ToDecide {
            title: format!("Replace or keep {}", format::count(now.into(), "asset", "assets")),
            of: client.name.clone(),
            href: params.href(&path),
        }
    };
    DecideGroup {
        title: "Past a clock",
        items: due.iter().take(CLIENTS).map(item).collect(),
        total: due.len(),
    }
}

/// Clients with assets that have no purchase date, the most first.
fn undated(shown: &Shown) -> DecideGroup {
    let fleet = &shown.fleet;
    let mut counts: HashMap<&str, (usize, &str)> = HashMap::new();
    for client in fleet.clients() {
        if !shown.visible.shows(client) || client.is_inactive {
            continue;
        }
        let assets = fleet.assets_of(client).iter();
        let count = assets.filter(|asset| asset.purchased_on().is_none()).count();
        if count > 0 {
            counts.insert(client.remote_id.as_str(), (count, &client.name));
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(_, (a, a_name)), (_, (b, b_name))| b.cmp(a).then_with(|| a_name.cmp(b_name)));
    let params = AssetParams { notes: vec![Note::NeedsDate], ..AssetParams::default() };
    let item = |(id, (count, name)): &(&str, (usize, &str))| ToDecide {
        title: format!(
            "Find {}",
            format::count(*count as i64, "missing purchase date", "missing purchase dates")
        ),
        of: (*name).to_owned(),
        href: params.href(&places::ClientAssets { client: (*id).to_owned() }.url()),
    };
    DecideGroup {
        title: "When you can",
        items: counts.iter().take(CLIENTS).map(item).collect(),
        total: counts.len(),
    }
}
