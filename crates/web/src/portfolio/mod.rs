//! The portfolio: which client next, and what would slip.

mod columns;
mod decide;
mod view;

use almanac_fleet::{ClientSort, FleetClient, PortfolioQuery, Tally};
use almanac_model::grade::Grade;
use almanac_model::money::Money;
use almanac_model::role::Permission;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use self::columns::{PortfolioCell, PortfolioColumn, YearWords};
use self::view::{FirstUse, Head, Line, PortfolioView};
use crate::asset_table::{address, named};
use crate::components::format;
use crate::components::table::{ColumnKind, Direction, ROWS};
use crate::error::WebError;
use crate::extract::{Allowed, Visitor, is_fragment, needs};
use crate::page::Chrome;
use crate::places;
use crate::route::{Access, Route, Routes};
use crate::shown::Shown;
use crate::state::WebState;

#[cfg(test)]
pub(crate) use self::view::samples;

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get::<places::Portfolio, _, _>(Access::Needs(Permission::ViewClients), get)
}

/// What the address says. Reading it never fails.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PortfolioParams {
    text: String,
    sort: ClientSort,
    is_descending: bool,
    /// The client that the page begins after.
    after: Option<String>,
}

impl Default for PortfolioParams {
    /// By what is due now, since that is what there is to decide.
    fn default() -> PortfolioParams {
        PortfolioParams {
            text: String::new(),
            sort: ClientSort::DueNow,
            is_descending: true,
            after: None,
        }
    }
}

impl PortfolioParams {
    fn parse(query: &str) -> PortfolioParams {
        let mut params = PortfolioParams::default();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()).take(50) {
            let name = value.strip_prefix('-').unwrap_or(&value);
            match &*key {
                "after" if !value.is_empty() => {
                    params.after = Some(value.chars().take(200).collect());
                }
                "q" => params.text = value.trim().chars().take(200).collect(),
                "sort" => {
                    if let Some(sort) = named(&ClientSort::ALL, ClientSort::name, name) {
                        params.sort = sort;
                        params.is_descending = value.starts_with('-');
                    }
                }
                _ => {}
            }
        }
        params
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.text.is_empty() {
            pairs.push(("q", self.text.clone()));
        }
        let own = PortfolioParams::default();
        if (self.sort, self.is_descending) != (own.sort, own.is_descending) {
            let sign = if self.is_descending { "-" } else { "" };
            pairs.push(("sort", format!("{sign}{}", self.sort.name())));
        }
        pairs
    }

    fn href(&self) -> String {
        address(&places::Portfolio {}.url(), &self.pairs())
    }

    fn href_after(&self, client: &FleetClient) -> String {
        let mut pairs = self.pairs();
        pairs.push(("after", client.remote_id.as_str().to_owned()));
        address(&places::Portfolio {}.url(), &pairs)
    }

    fn sorted_by(&self, sort: ClientSort, begins_down: bool) -> String {
        let is_descending = if sort == self.sort { !self.is_descending } else { begins_down };
        let text = self.text.clone();
        PortfolioParams { text, sort, is_descending, after: None }.href()
    }
}

async fn get(
    visitor: Allowed<needs::ViewClients>,
    chrome: Chrome,
    State(web): State<WebState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let shown = Shown::of(&web, &visitor).await?;
    let params = PortfolioParams::parse(&query.unwrap_or_default());
    let year = YearWords::new(shown.fleet.on(), web.fleets.options().year_starts_in);
    if is_fragment(&headers) {
        return Ok(build(&shown, &params, &chrome, &year).rows().into_response());
    }
    let first_use = first_use(&visitor, &web, &chrome, &shown).await?;
    let streams = match visitor.may(Permission::ViewSync) {
        true => chrome.pulse.streams.as_slice(),
        false => &[],
    };
    let groups = decide::groups(&shown, streams);
    let mut view = build(&shown, &params, &chrome, &year);
    view.decide = groups;
    view.first_use = first_use;
    Ok(view.page(&chrome).into_response())
}

/// What is said while there is no client to show.
async fn first_use(
    visitor: &Visitor,
    web: &WebState,
    chrome: &Chrome,
    shown: &Shown,
) -> Result<Option<FirstUse>, WebError> {
    let Some(connection) = chrome.pulse.connection else {
        let may_connect = visitor.may(Permission::ManageConnection);
        return Ok(Some(FirstUse::Connect { may_connect }));
    };
    if chrome.pulse.assets_as_of().is_some() {
        return Ok(None);
    }
    let progress = visitor.store.sync_progress(connection, web.now_ms()).await?;
    let read = progress.streams.iter().map(|stream| stream.read).sum::<u64>();
    let is_under_way = progress.run.is_some() || progress.waiting_since.is_some();
    Ok(Some(FirstUse::Sync {
        read: format::count(i64::try_from(read).unwrap_or(i64::MAX), "record", "records"),
        is_under_way,
        has_clients: !shown.fleet.clients().is_empty(),
    }))
}

fn build(
    shown: &Shown,
    params: &PortfolioParams,
    chrome: &Chrome,
    year: &YearWords,
) -> PortfolioView {
    let fleet = &shown.fleet;
    let found = fleet.portfolio(&PortfolioQuery {
        visible: shown.visible.clone(),
        text: params.text.clone(),
        types: Vec::new(),
        include_inactive: false,
        sort: params.sort,
        is_descending: params.is_descending,
    });
    let columns = columns::chosen(&chrome.preferences);
    let as_of = chrome.pulse.assets_as_of().zip(chrome.freshness());
    let as_of = as_of.map(|(at_ms, freshness)| (freshness, format::iso(at_ms), chrome.age(at_ms)));
    let money = |minor| format::money(Money { minor, currency: fleet.currency() });
    let total = found.rows.len();
    let after = params.after.as_deref();
    let start = after
        .and_then(|after| found.rows.iter().position(|one| one.remote_id.as_str() == after))
        .map_or(0, |at| at + 1);
    let here: Vec<&FleetClient> = found.rows.iter().copied().skip(start).take(ROWS).collect();
    let is_more = start + here.len() < total;
    let line = |(index, client): (u64, &&FleetClient)| Line {
        index,
        id: client.remote_id.as_str().to_owned(),
        name: client.name.clone(),
        cells: columns.iter().map(|column| column.cell(client, &money, as_of.is_some())).collect(),
    };
    let heads = columns.iter().map(|column| {
        let is_current = column.sort() == Some(params.sort);
        let direction = if params.is_descending { Direction::Down } else { Direction::Up };
        let begins_down = column.kind() == ColumnKind::Number;
        Head {
            column: *column,
            label: column.label(year),
            sort_href: column.sort().map(|sort| params.sorted_by(sort, begins_down)),
            sorted: is_current.then_some(direction),
        }
    });
    PortfolioView {
        sentence: sentence(total, &found.tally, &money, !params.text.is_empty()),
        heads: heads.collect(),
        lines: (start as u64 + 1..).zip(&here).map(line).collect(),
        rows_total: total as u64,
        next_href: here.last().filter(|_| is_more).map(|last| params.href_after(last)),
        totals: columns.iter().map(|column| column.total(total, &found.tally, &money)).collect(),
        columns,
        as_of,
        year: year.months.clone(),
        other_currency: found.tally.other_currency.into(),
        text: params.text.clone(),
        kept: params.pairs().into_iter().filter(|(key, _)| *key != "q").collect(),
        here: params.href(),
        decide: Vec::new(),
        first_use: None,
    }
}

/// What there is to decide, in words, with numbers.
fn sentence(
    clients: usize,
    tally: &Tally,
    money: &impl Fn(i64) -> String,
    is_filtered: bool,
) -> String {
    let fits = if is_filtered { " that fit" } else { "" };
    let who = format!("{}{fits}.", format::count(clients as i64, "client", "clients"));
    let (now, soon) = (tally.of(Grade::Replace), tally.of(Grade::Plan));
    let many = |count: u32| format::count(count.into(), "asset is", "assets are");
    match (now, soon) {
        _ if clients == 0 => who,
        (0, 0) => format!("{who} Nothing is due within 12 months."),
        (0, soon) => {
            format!("{who} {} due within 12 months, {}.", many(soon), money(tally.money_due))
        }
        (now, 0) => format!("{who} {} due now, {}.", many(now), money(tally.money_due)),
        (now, soon) => format!(
            "{who} {} due now and {} more within 12 months, {} in all.",
            many(now),
            format::number(soon.into()),
            money(tally.money_due),
        ),
    }
}

impl PortfolioColumn {
    fn cell(
        self,
        client: &FleetClient,
        money: &impl Fn(i64) -> String,
        has_age: bool,
    ) -> PortfolioCell {
        let tally = &client.tally;
        let (now, soon) = (tally.of(Grade::Replace), tally.of(Grade::Plan));
        match self {
            PortfolioColumn::Name => PortfolioCell::Name,
            PortfolioColumn::Type => match &client.type_name {
                Some(name) => PortfolioCell::Text(name.clone()),
                None => PortfolioCell::Void("no type"),
            },
            // Red above 10 % of assets.
            PortfolioColumn::DueNow if u64::from(now) * 10 > u64::from(tally.assets) => {
                PortfolioCell::Over(format::number(now.into()))
            }
            PortfolioColumn::DueNow => PortfolioCell::Value(format::number(now.into())),
            PortfolioColumn::DueSoon => PortfolioCell::Value(format::number(soon.into())),
            PortfolioColumn::Assets => PortfolioCell::Text(format::number(tally.assets.into())),
            PortfolioColumn::ThisYear => PortfolioCell::Value(money(tally.money_this_year)),
            PortfolioColumn::NextYear => PortfolioCell::Value(money(tally.money_next_year)),
            PortfolioColumn::AsOf if has_age => PortfolioCell::AsOf,
            PortfolioColumn::AsOf => PortfolioCell::Void("being read"),
        }
    }

    fn total(self, clients: usize, tally: &Tally, money: &impl Fn(i64) -> String) -> PortfolioCell {
        let count = |grade| PortfolioCell::Value(format::number(tally.of(grade).into()));
        match self {
            PortfolioColumn::Name => {
                PortfolioCell::Value(format!("Total of {}", format::number(clients as i64)))
            }
            PortfolioColumn::DueNow => count(Grade::Replace),
            PortfolioColumn::DueSoon => count(Grade::Plan),
            PortfolioColumn::Assets => PortfolioCell::Value(format::number(tally.assets.into())),
            PortfolioColumn::ThisYear => PortfolioCell::Value(money(tally.money_this_year)),
            PortfolioColumn::NextYear => PortfolioCell::Value(money(tally.money_next_year)),
            PortfolioColumn::Type | PortfolioColumn::AsOf => {
                PortfolioCell::Text("\u{a0}".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_due_come_first_unless_the_address_says_otherwise() {
        let own = PortfolioParams::default();
        assert_eq!(own.href(), "/");
        assert_eq!(own.sorted_by(ClientSort::DueNow, true), "/?sort=due_now");
        assert_eq!(own.sorted_by(ClientSort::Name, false), "/?sort=name");
        let params = PortfolioParams::parse("q=+a+&sort=-assets&sort=evil&x=%ff");
        assert_eq!(params.href(), "/?q=a&sort=-assets");
        for hostile in ["sort=", "sort=-", "sort=<script>", "q=%20"] {
            assert_eq!(PortfolioParams::parse(hostile), own, "{hostile}");
        }
    }
}
