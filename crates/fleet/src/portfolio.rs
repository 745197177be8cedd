//! The portfolio: one row for each client, with totals over the rows; and search over everything.

use std::cmp::Ordering;

use memchr::memchr_iter;
use memchr::memmem::Finder;

use crate::body::FleetClient;
use crate::fleet::Fleet;
use crate::names::folded_cmp;
use crate::tally::Tally;
use crate::visible::Visible;
use crate::words::{holding_all, words};

/// How many of each a search over everything gives.
const FOUND_MAX: usize = 10;

/// Up to so many assets found are looked at closely to tell which are nearest.
const RANKED_MAX: usize = 10_000;

/// A column that clients can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientSort {
    /// Their name.
    #[default]
    Name,
    /// The name of their client type.
    Type,
    /// How many assets they have.
    Assets,
    /// How many assets are graded Replace.
    DueNow,
    /// How many assets are graded Plan.
    DueSoon,
    /// What the current financial year costs.
    ThisYear,
    /// What the next financial year costs.
    NextYear,
}

impl ClientSort {
    /// Every column.
    pub const ALL: [ClientSort; 7] = [
        ClientSort::Name,
        ClientSort::Type,
        ClientSort::Assets,
        ClientSort::DueNow,
        ClientSort::DueSoon,
        ClientSort::ThisYear,
        ClientSort::NextYear,
    ];

    /// The public name, such as `due_now`, as it stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            ClientSort::Name => "name",
            ClientSort::Type => "type",
            ClientSort::Assets => "assets",
            ClientSort::DueNow => "due_now",
            ClientSort::DueSoon => "due_soon",
            ClientSort::ThisYear => "this_year",
            ClientSort::NextYear => "next_year",
        }
    }

    fn number(self, tally: &Tally) -> i64 {
        use almanac_model::grade::Grade::{Plan, Replace};
        match self {
            ClientSort::Name | ClientSort::Type => 0,
            ClientSort::Assets => i64::from(tally.assets),
            ClientSort::DueNow => i64::from(tally.of(Replace)),
            ClientSort::DueSoon => i64::from(tally.of(Plan)),
            ClientSort::ThisYear => tally.money_this_year,
            ClientSort::NextYear => tally.money_next_year,
        }
    }
}

/// Which clients, in which order.
#[derive(Debug, Clone, Default)]
pub struct PortfolioQuery {
    /// Whom the user may see.
    pub visible: Visible,
    /// Whose name holds every word of this text.
    pub text: String,
    /// Of client types with these names; any where there are none.
    pub types: Vec<String>,
    /// Also those that the PSA has deactivated.
    pub include_inactive: bool,
    /// The column.
    pub sort: ClientSort,
    /// Whether the last comes first.
    pub is_descending: bool,
}

/// The portfolio's rows with their totals.
#[derive(Debug, Clone)]
pub struct Portfolio<'a> {
    /// The clients, in order.
    pub rows: Vec<&'a FleetClient>,
    /// Counts and sums over the rows.
    pub tally: Tally,
    /// How many clients there would be if those deactivated were shown too.
    pub with_inactive: usize,
}

/// What a search over everything found, the best first.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    /// Clients by name.
    pub clients: Vec<&'a FleetClient>,
    /// Places of assets by serial number, name and the other texts.
    pub assets: Vec<u32>,
    /// How many clients there are in all.
    pub clients_total: usize,
    /// How many assets there are in all.
    pub assets_total: usize,
}

impl Fleet {
    /// The portfolio.
    pub fn portfolio(&self, query: &PortfolioQuery) -> Portfolio<'_> {
        let words = words(&query.text);
        let is_of_type = |client: &FleetClient| {
            query.types.is_empty()
                || client.type_name.as_ref().is_some_and(|name| query.types.contains(name))
        };
        let mut rows: Vec<&FleetClient> = self
            .clients()
            .iter()
            .filter(|client| query.visible.shows(client) && is_of_type(client))
            .filter(|client| holds_all(&client.name, &words))
            .collect();
        let with_inactive = rows.len();
        rows.retain(|client| query.include_inactive || !client.is_inactive);
        // Clients are held by name, and the sort is stable: names settle what is equal.
        rows.sort_by(|a, b| {
            let order = match query.sort {
                ClientSort::Name => Ordering::Equal,
                ClientSort::Type => cmp_types(a, b),
                sort => sort.number(&a.tally).cmp(&sort.number(&b.tally)),
            };
            if query.is_descending { order.reverse() } else { order }
        });
        if query.sort == ClientSort::Name && query.is_descending {
            rows.reverse();
        }
        let mut tally = Tally::default();
        for client in &rows {
            tally.add_all(&client.tally);
        }
        Portfolio { rows, tally, with_inactive }
    }

    /// Searches clients and assets for every word of a text; nothing where it has no word.
    pub fn search(&self, visible: &Visible, text: &str) -> Found<'_> {
        let words = words(text);
        if words.is_empty() {
            return Found { clients: vec![], assets: vec![], clients_total: 0, assets_total: 0 };
        }
        let shown = self.clients().iter().filter(|client| visible.shows(client));
        let mut clients: Vec<&FleetClient> =
            shown.filter(|client| holds_all(&client.name, &words)).collect();
        let whole = words.join(" ");
        let finder = Finder::new(&whole);
        clients.sort_by_cached_key(|client| {
            (client.is_inactive, nearness(&client.name.to_lowercase(), &finder))
        });
        let clients_total = clients.len();
        clients.truncate(FOUND_MAX);

        let sight = visible.sight(self);
        let all = 0..self.body.assets.len();
        let holds = holding_all(&self.body, all, &words).unwrap_or_default();
        let held = (0_u32..).zip(&holds).filter(|(_, holds)| **holds).map(|(at, _)| at);
        let held: Vec<u32> = held.filter(|&at| sight.shows(self.asset(at))).collect();
        let assets_total = held.len();
        let assets = self.nearest(&held, &whole);
        Found { clients, assets, clients_total, assets_total }
    }

    /// The assets whose names or serial numbers are nearest to a text, the nearest first.
    fn nearest(&self, held: &[u32], whole: &str) -> Vec<u32> {
        let finder = Finder::new(whole);
        let near = |at: u32| {
            let folded = self.body.folded_line(at as usize);
            if held.len() > RANKED_MAX {
                // Whoever typed so little finds nothing by words; names that begin so are enough.
                return if folded.starts_with(whole) { 1 } else { 3 };
            }
            // Name and serial number are the first two lines.
            let end = memchr_iter(b'\n', folded.as_bytes()).nth(1).unwrap_or(folded.len());
            nearness(&folded[..end], &finder)
        };
        let mut found: Vec<(u8, u32)> = held.iter().map(|&at| (near(at), at)).collect();
        if found.len() > FOUND_MAX {
            found.select_nth_unstable(FOUND_MAX);
            found.truncate(FOUND_MAX);
        }
        found.sort_unstable();
        found.into_iter().map(|(_, at)| at).collect()
    }
}

/// How near the lines of a text come to what is looked for: 0 for a line that is the same, 1 for
/// one that begins so, 2 for one with a word that does, 3 for others.
fn nearness(lines: &str, finder: &Finder<'_>) -> u8 {
    let of_place = |at: usize| {
        let before = lines[..at].chars().next_back();
        let after = lines[at + finder.needle().len()..].chars().next();
        match (before, after) {
            (None | Some('\n'), None | Some('\n')) => 0,
            (None | Some('\n'), Some(_)) => 1,
            (Some(letter), _) if !letter.is_alphanumeric() => 2,
            _ => 3,
        }
    };
    finder.find_iter(lines.as_bytes()).map(of_place).min().unwrap_or(3)
}

/// By the name of the client type; those without one last.
fn cmp_types(a: &FleetClient, b: &FleetClient) -> Ordering {
    match (&a.type_name, &b.type_name) {
        (Some(a), Some(b)) => folded_cmp(a, b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

fn holds_all(name: &str, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let name = name.to_lowercase();
    words.iter().all(|word| name.contains(word.as_str()))
}
