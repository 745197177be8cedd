//! Clients with their counts and sums, as in the portfolio.

use almanac_fleet::{Fleet, FleetClient, PortfolioQuery, Tally};
use almanac_model::grade::Grade;
use almanac_model::id::RemoteId;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::instant;
use super::names::ClientOrder;
use super::problem::{ListProblems, Problem, ReadProblems};
use super::request::{ApiPath, ApiQuery, Limit};
use crate::error::WebError;
use crate::extract::needs;
use crate::state::WebState;

/// Which clients, in which order.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ClientQuery {
    /// Whose name holds every word of this text.
    #[serde(default)]
    q: String,
    /// Of client types with these names.
    #[serde(default, rename = "type")]
    types: Vec<String>,
    /// Also those that the PSA has deactivated.
    #[serde(default)]
    include_inactive: bool,
    /// By this column; by name where there is none.
    #[serde(default)]
    #[param(value_type = Option<ClientOrder>, inline)]
    sort: ClientOrder,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>, inline)]
    limit: Limit,
}

/// A page of clients.
#[derive(Serialize, ToSchema)]
pub(super) struct ClientList {
    /// The clients, in order.
    items: Vec<ClientItem>,
    /// How many there are in all pages.
    total: usize,
    /// The cursor of the next page; null on the last.
    next_cursor: Option<String>,
    /// When assets were last read whole; null before the first time.
    as_of: Option<Timestamp>,
}

/// A client.
#[derive(Serialize, ToSchema)]
#[schema(as = Client)]
pub(super) struct ClientItem {
    /// The PSA's identifier.
    id: String,
    /// Display name.
    name: String,
    /// The name of its client type.
    #[serde(rename = "type")]
    type_name: Option<String>,
    /// Whether the PSA has deactivated it.
    is_inactive: bool,
    /// Counts and sums over its assets.
    assets: Counts,
}

/// Counts and sums over assets. Sums are minor units (cents) of `currency`.
#[derive(Serialize, ToSchema)]
#[schema(as = AssetCounts)]
pub(super) struct Counts {
    /// How many assets.
    total: u32,
    /// How many are graded Kept.
    kept: u32,
    /// How many are graded Unknown.
    unknown: u32,
    /// How many are graded Replace.
    replace: u32,
    /// How many are graded Plan.
    plan: u32,
    /// How many are graded Healthy.
    healthy: u32,
    /// How many have a counted clock that has ended, those kept left out.
    overdue: u32,
    /// What replacing those graded Replace costs.
    replace_minor: i64,
    /// What replacing those graded Replace or Plan costs.
    due_minor: i64,
    /// What falls into the current financial year.
    this_year_minor: i64,
    /// What falls into the next financial year.
    next_year_minor: i64,
    /// The currency, by its ISO 4217 code.
    currency: String,
    /// How many have an amount in another currency, which no sum holds.
    in_other_currency: u32,
}

impl Counts {
    /// Counts and sums in the fleet's currency.
    pub(super) fn new(fleet: &Fleet, tally: &Tally) -> Counts {
        Counts {
            total: tally.assets,
            kept: tally.of(Grade::Kept),
            unknown: tally.of(Grade::Unknown),
            replace: tally.of(Grade::Replace),
            plan: tally.of(Grade::Plan),
            healthy: tally.of(Grade::Healthy),
            overdue: tally.overdue,
            replace_minor: tally.money_now,
            due_minor: tally.money_due,
            this_year_minor: tally.money_this_year,
            next_year_minor: tally.money_next_year,
            currency: fleet.currency().code().to_owned(),
            in_other_currency: tally.other_currency,
        }
    }
}

impl ClientItem {
    fn new(fleet: &Fleet, client: &FleetClient) -> ClientItem {
        ClientItem {
            id: client.remote_id.to_string(),
            name: client.name.clone(),
            type_name: client.type_name.clone(),
            is_inactive: client.is_inactive,
            assets: Counts::new(fleet, &client.tally),
        }
    }
}

/// Lists clients.
#[utoipa::path(get, path = "/api/v1/clients", tag = "clients", operation_id = "client_list",
    params(ClientQuery),
    responses((status = 200, description = "A page of clients.", body = ClientList), ListProblems))]
pub(super) async fn list(
    caller: Caller<needs::ViewClients>,
    State(web): State<WebState>,
    ApiQuery(query): ApiQuery<ClientQuery>,
) -> Result<Json<ClientList>, Problem> {
    let fleet = caller.fleet(&web).await?;
    let portfolio = fleet.portfolio(&PortfolioQuery {
        visible: caller.visible(),
        text: query.q,
        types: query.types,
        include_inactive: query.include_inactive,
        sort: query.sort.by,
        is_descending: query.sort.is_descending,
    });
    let start = match &query.cursor {
        None => 0,
        Some(cursor) => {
            let last = portfolio.rows.iter().position(|row| row.remote_id.as_str() == cursor);
            last.ok_or_else(Problem::lost_cursor)? + 1
        }
    };
    let page = portfolio.rows[start..].iter().take(query.limit.len());
    let items: Vec<ClientItem> = page.map(|client| ClientItem::new(&fleet, client)).collect();
    let has_more = start + items.len() < portfolio.rows.len();
    let next_cursor = items.last().filter(|_| has_more).map(|last| last.id.clone());
    let total = portfolio.rows.len();
    Ok(Json(ClientList { items, total, next_cursor, as_of: fleet.as_of_ms().map(instant) }))
}

/// Gives one client.
#[utoipa::path(get, path = "/api/v1/clients/{client}", tag = "clients", operation_id = "client",
    params(("client" = String, Path, description = "The PSA's identifier.")),
    responses((status = 200, description = "The client.", body = ClientItem), ReadProblems))]
pub(super) async fn get(
    caller: Caller<needs::ViewClients>,
    State(web): State<WebState>,
    ApiPath(route): ApiPath<super::Client>,
) -> Result<Json<ClientItem>, Problem> {
    let fleet = caller.fleet(&web).await?;
    let client = fleet.client(&RemoteId::new(route.client));
    let client = client.filter(|client| caller.visible().shows(client));
    Ok(Json(ClientItem::new(&fleet, client.ok_or(WebError::NotFound)?)))
}
