//! "To decide": what waits for a person, each a link to where it is done.

use std::cmp::Reverse;

use almanac_fleet::{FleetClient, Note};
use almanac_model::grade::Grade;
use almanac_store::StreamPulse;

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
pub(super) fn groups(shown: &Shown, streams: &[StreamPulse]) -> Vec<DecideGroup> {
    let groups = [data(streams), due(shown), undated(shown)];
    groups.into_iter().filter(|group| !group.items.is_empty()).collect()
}

/// What keeps the data from being right.
fn data(streams: &[StreamPulse]) -> DecideGroup {
    let sync = places::Sync {}.url();
    let held = streams.iter().filter(|stream| stream.held_code.is_some()).map(|stream| ToDecide {
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
    let params = AssetParams { grades: vec![Grade::Replace], ..AssetParams::default() };
    by_client(
        shown,
        "Past a clock",
        &params,
        |client| client.tally.of(Grade::Replace),
        |count| format!("Replace or keep {}", format::count(count, "asset", "assets")),
    )
}

/// Clients with assets that have no purchase date, the most first.
fn undated(shown: &Shown) -> DecideGroup {
    let params = AssetParams { notes: vec![Note::NeedsDate], ..AssetParams::default() };
    by_client(
        shown,
        "When you can",
        &params,
        |client| client.tally.undated,
        |count| {
            format!(
                "Find {}",
                format::count(count, "missing purchase date", "missing purchase dates")
            )
        },
    )
}

/// The clients with the most of something, each a link to those of its assets.
fn by_client(
    shown: &Shown,
    title: &'static str,
    params: &AssetParams,
    count: impl Fn(&FleetClient) -> u32,
    words: impl Fn(i64) -> String,
) -> DecideGroup {
    let clients = shown.fleet.clients().iter();
    // Clients are held by name, so of those with the same count the first by name comes first.
    let mut counted: Vec<(Reverse<u32>, usize, &FleetClient)> = clients
        .enumerate()
        .filter(|(_, client)| shown.visible.shows(client) && !client.is_inactive)
        .map(|(at, client)| (Reverse(count(client)), at, client))
        .filter(|(Reverse(count), _, _)| *count > 0)
        .collect();
    let total = counted.len();
    if total > CLIENTS {
        counted.select_nth_unstable_by_key(CLIENTS, |(count, at, _)| (*count, *at));
        counted.truncate(CLIENTS);
    }
    counted.sort_unstable_by_key(|(count, at, _)| (*count, *at));
    let item = |(Reverse(count), _, client): (Reverse<u32>, usize, &FleetClient)| {
        let path = places::ClientAssets { client: client.remote_id.as_str().to_owned() }.url();
        ToDecide { title: words(count.into()), of: client.name.clone(), href: params.href(&path) }
    };
    DecideGroup { title, items: counted.into_iter().map(item).collect(), total }
}
