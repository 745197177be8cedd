//! The list of all clients.

use almanac_fleet::{ClientSort, FleetClient, Portfolio, PortfolioQuery};
use almanac_model::grade::Grade;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::list_view::{ClientLine, ListHead, ListView};
use crate::asset_table::{address, named};
use crate::components::format;
use crate::components::table::{ColumnKind, Direction, ROWS};
use crate::error::WebError;
use crate::extract::{Allowed, is_fragment, needs};
use crate::page::Chrome;
use crate::places;
use crate::route::Route;
use crate::shown::Shown;
use crate::state::WebState;

/// What the address of the list says. Reading it never fails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ListParams {
    pub(super) text: String,
    pub(super) types: Vec<String>,
    pub(super) include_inactive: bool,
    pub(super) sort: ClientSort,
    pub(super) is_descending: bool,
    pub(super) after: Option<String>,
}

impl ListParams {
    pub(super) fn parse(query: &str) -> ListParams {
        let mut params = ListParams::default();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()).take(100) {
            let value: String = value.trim().chars().take(200).collect();
            match &*key {
                "q" => params.text = value,
                "type" if !value.is_empty() && !params.types.contains(&value) => {
                    params.types.push(value);
                }
                "inactive" => params.include_inactive = value == "1",
                "sort" => params.read_sort(&value),
                "after" => params.after = Some(value).filter(|value| !value.is_empty()),
                _ => {}
            }
        }
        params
    }

    fn read_sort(&mut self, value: &str) {
        let name = value.strip_prefix('-').unwrap_or(value);
        if let Some(sort) = named(&ClientSort::ALL, ClientSort::name, name) {
            self.sort = sort;
            self.is_descending = value.starts_with('-');
        }
    }

    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.text.is_empty() {
            pairs.push(("q", self.text.clone()));
        }
        pairs.extend(self.types.iter().map(|name| ("type", name.clone())));
        if self.include_inactive {
            pairs.push(("inactive", "1".to_owned()));
        }
        if (self.sort, self.is_descending) != (ClientSort::Name, false) {
            let sign = if self.is_descending { "-" } else { "" };
            pairs.push(("sort", format!("{sign}{}", self.sort.name())));
        }
        pairs
    }

    pub(super) fn href_with(&self, change: impl FnOnce(&mut ListParams)) -> String {
        let mut other = self.clone();
        change(&mut other);
        address(&places::Clients {}.url(), &other.pairs())
    }
}

pub(super) async fn get(
    visitor: Allowed<needs::ViewClients>,
    chrome: Chrome,
    State(web): State<WebState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let shown = Shown::of(&web, &visitor).await?;
    let params = ListParams::parse(&query.unwrap_or_default());
    let view = build(&shown, &params);
    if is_fragment(&headers) {
        return Ok(view.rows().into_response());
    }
    Ok(view.page(&chrome).into_response())
}

fn build(shown: &Shown, params: &ListParams) -> ListView {
    let found = shown.fleet.portfolio(&PortfolioQuery {
        visible: shown.visible.clone(),
        text: params.text.clone(),
        types: params.types.clone(),
        include_inactive: params.include_inactive,
        sort: params.sort,
        is_descending: params.is_descending,
    });
    let total = found.rows.len();
    let is_after =
        |client: &&&FleetClient| Some(client.remote_id.as_str()) == params.after.as_deref();
    let start = found.rows.iter().position(|client| is_after(&client)).map_or(0, |at| at + 1);
    let here: Vec<&FleetClient> = found.rows.iter().copied().skip(start).take(ROWS).collect();
    let end = start + here.len();
    let next = here.last().filter(|_| end < total).map(|last| {
        let mut pairs = params.pairs();
        pairs.push(("after", last.remote_id.as_str().to_owned()));
        address(&places::Clients {}.url(), &pairs)
    });
    let shown_clients =
        || shown.fleet.clients().iter().filter(|client| shown.visible.shows(client));
    let mut types: Vec<String> =
        shown_clients().filter_map(|client| client.type_name.clone()).collect();
    types.sort_unstable();
    types.dedup();
    ListView {
        sentence: sentence(&found, params),
        heads: heads(params),
        lines: (start + 1..).zip(here).map(|(index, client)| line(index, client)).collect(),
        totals: numbers(&found.tally),
        total,
        status: match total {
            0 => "No rows".to_owned(),
            _ => format!("Rows {} to {} of {}", start + 1, end, format::number(total as i64)),
        },
        next_href: next,
        hidden: found.with_inactive - total,
        types: types
            .into_iter()
            .map(|name| {
                let is_on = params.types.contains(&name);
                let href = params.href_with(|other| match is_on {
                    true => other.types.retain(|known| *known != name),
                    false => other.types.push(name.clone()),
                });
                (name, href, is_on)
            })
            .collect(),
        inactive_href: params.href_with(|other| other.include_inactive = !other.include_inactive),
        clear_href: places::Clients {}.url(),
        has_any: shown_clients().next().is_some(),
        params: params.clone(),
    }
}

fn sentence(found: &Portfolio<'_>, params: &ListParams) -> String {
    let clients = format::count(found.rows.len() as i64, "client", "clients");
    let hidden = found.with_inactive - found.rows.len();
    let inactive = match hidden {
        0 => String::new(),
        many => format!(" {} deactivated in Halo not shown.", format::number(many as i64)),
    };
    let fits = if params.text.is_empty() && params.types.is_empty() { "" } else { " that fit" };
    format!(
        "{clients}{fits}, {}.{inactive}",
        format::count(found.tally.assets.into(), "asset", "assets")
    )
}

fn line(index: usize, client: &FleetClient) -> ClientLine {
    ClientLine {
        index: index as u64,
        id: client.remote_id.as_str().to_owned(),
        name: client.name.clone(),
        type_name: client.type_name.clone(),
        is_inactive: client.is_inactive,
        numbers: numbers(&client.tally),
    }
}

/// The assets, then how many of each grade, the most urgent first.
fn numbers(tally: &almanac_fleet::Tally) -> [String; 6] {
    use Grade::{Healthy, Kept, Plan, Replace, Unknown};
    let of = |grade| format::number(tally.of(grade).into());
    [format::number(tally.assets.into()), of(Replace), of(Plan), of(Healthy), of(Kept), of(Unknown)]
}

fn heads(params: &ListParams) -> Vec<ListHead> {
    use ColumnKind::{Name, Number, Text};
    let sorted = |label, kind, sort: Option<ClientSort>, drop| {
        let is_current = sort == Some(params.sort);
        let direction = if params.is_descending { Direction::Down } else { Direction::Up };
        let href = sort.map(|sort| {
            params.href_with(|other| {
                // Numbers begin with the most, names with the first; a second click turns.
                let begins_down = kind == Number;
                other.is_descending = if is_current { !params.is_descending } else { begins_down };
                other.sort = sort;
            })
        });
        ListHead { label, kind, sort_href: href, sorted: is_current.then_some(direction), drop }
    };
    vec![
        sorted("Client", Name, Some(ClientSort::Name), None),
        sorted("Type", Text, Some(ClientSort::Type), Some(1)),
        sorted("State in Halo", Text, None, Some(1)),
        sorted("Assets", Number, Some(ClientSort::Assets), None),
        sorted("Replace", Number, Some(ClientSort::DueNow), None),
        sorted("Plan", Number, Some(ClientSort::DueSoon), None),
        sorted("Healthy", Number, None, Some(1)),
        sorted("Kept", Number, None, Some(1)),
        sorted("Unknown", Number, None, Some(3)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_list_says_the_same_when_read_again() {
        let query = "q=a+%26+b&type=Solicitors&type=Schools&inactive=1&sort=-due_now";
        let params = ListParams::parse(query);
        assert_eq!((params.sort, params.is_descending), (ClientSort::DueNow, true));
        assert_eq!(params.href_with(|_| {}), format!("/clients?{query}"));
        for hostile in ["sort=x", "inactive=2", "type=", "after=", "q=%20", "sort=-", "=%ff"] {
            assert_eq!(ListParams::parse(hostile), ListParams::default(), "{hostile}");
        }
    }
}
