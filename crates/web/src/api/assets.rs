//! Assets: a list that is filtered and sorted as on the pages, and one line of it.

use almanac_fleet::{AssetQuery, Fleet, FleetAsset, Start};
use almanac_model::class::ClassId;
use almanac_model::grade::Grade;
use almanac_model::id::RemoteId;
use almanac_model::kind::Kind;
use almanac_model::money::Money;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::clients::Counts;
use super::instant;
use super::names::{AssetSort, ClassNumber, GradeName, KindName};
use super::problem::{ListProblems, Problem};
use super::request::{ApiQuery, Limit};
use crate::extract::needs;
use crate::state::WebState;

/// Which assets, in which order. Of several values of one parameter any will do.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AssetListQuery {
    /// Only this client's, by the PSA's identifier.
    client: Option<String>,
    /// Of these grades.
    #[serde(default)]
    #[param(value_type = Vec<GradeName>)]
    grade: Vec<Grade>,
    /// Of these kinds.
    #[serde(default)]
    #[param(value_type = Vec<KindName>)]
    kind: Vec<Kind>,
    /// Of types with these names in the PSA.
    #[serde(default, rename = "type")]
    types: Vec<String>,
    /// At sites with these names.
    #[serde(default)]
    site: Vec<String>,
    /// Of these classes.
    #[serde(default)]
    class: Vec<ClassNumber>,
    /// With statuses of these names.
    #[serde(default)]
    status: Vec<String>,
    /// Holding every word of this text.
    #[serde(default)]
    q: String,
    /// By these columns; by when a decision is due where there are none.
    #[serde(default)]
    #[param(value_type = Vec<AssetSort>)]
    sort: Vec<AssetSort>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>, inline)]
    limit: Limit,
}

/// A page of assets.
#[derive(Serialize, ToSchema)]
pub(super) struct AssetList {
    /// The assets, in order.
    items: Vec<AssetItem>,
    /// How many there are in all pages.
    total: usize,
    /// Counts and sums over all pages.
    counts: Counts,
    /// The cursor of the next page; null on the last.
    next_cursor: Option<String>,
    /// When assets were last read whole; null before the first time.
    as_of: Option<Timestamp>,
}

/// An asset.
#[derive(Serialize, ToSchema)]
#[schema(as = Asset)]
pub(super) struct AssetItem {
    /// The PSA's identifier.
    id: String,
    /// What people call it: tag, else host name, else serial number, else identifier.
    name: String,
    /// Its client; null where the PSA names none.
    client: Option<ClientRef>,
    /// The name of its site.
    site: Option<String>,
    /// The name of its type in the PSA.
    #[serde(rename = "type")]
    type_name: Option<String>,
    /// What it is.
    #[schema(value_type = KindName)]
    kind: &'static str,
    /// Its class; null where its kind has none.
    class: Option<ClassRef>,
    /// The name of its status in the PSA.
    status: Option<String>,
    /// Maker.
    manufacturer: Option<String>,
    /// The maker's model.
    model: Option<String>,
    /// The maker's serial number.
    serial_number: Option<String>,
    /// Operating system.
    operating_system: Option<String>,
    /// Who signed in last.
    last_user: Option<String>,
    /// When it was bought.
    purchased_on: Option<Date>,
    /// Whole months since then; null without a purchase date.
    age_months: Option<u32>,
    /// The last day of its warranty.
    warranty_ends_on: Option<Date>,
    /// What should become of it.
    #[schema(value_type = GradeName)]
    grade: &'static str,
    /// Why, in a few words.
    reason: String,
    /// Whether a person gave the grade.
    is_manual: bool,
    /// Whether a counted clock has ended and nobody accepted the risk.
    is_overdue: bool,
    /// Whether a person set a value over the PSA's.
    is_locked: bool,
    /// The last day that a person accepted the risk for.
    kept_until: Option<Date>,
    /// The day a decision is due by.
    due_on: Option<Date>,
    /// The quarter it is due in, such as `2027 Q1`.
    #[schema(pattern = "^-?[0-9]+ Q[1-4]$")]
    quarter: Option<String>,
    /// What replacing it costs.
    amount: Option<Amount>,
    /// What is doubtful about its values.
    warnings: Vec<&'static str>,
}

/// A client by name.
#[derive(Serialize, ToSchema)]
pub(super) struct ClientRef {
    id: String,
    name: String,
}

/// A class by name.
#[derive(Serialize, ToSchema)]
pub(super) struct ClassRef {
    id: u32,
    name: String,
}

/// An amount of money.
#[derive(Serialize, ToSchema)]
pub(super) struct Amount {
    /// Minor units (cents).
    minor: i64,
    /// The currency, by its ISO 4217 code.
    currency: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Amount {
        Amount { minor: money.minor, currency: money.currency.code().to_owned() }
    }
}

impl AssetItem {
    /// One asset of a fleet.
    pub(super) fn new(fleet: &Fleet, asset: &FleetAsset) -> AssetItem {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let client = fleet.client_of(asset);
        let class = fleet.class_of(asset);
        AssetItem {
            id: asset.remote_id().to_owned(),
            name: asset.name().to_owned(),
            client: client
                .map(|one| ClientRef { id: one.remote_id.to_string(), name: one.name.clone() }),
            site: owned(fleet.site_of(asset)),
            type_name: owned(fleet.type_of(asset)),
            kind: asset.kind.name(),
            class: class.map(|class| ClassRef { id: class.id.0, name: class.name.clone() }),
            status: owned(fleet.status_of(asset)),
            manufacturer: owned(fleet.manufacturer_of(asset)),
            model: owned(fleet.model_of(asset)),
            serial_number: owned(asset.serial()),
            operating_system: owned(fleet.os_of(asset)),
            last_user: owned(asset.last_user()),
            purchased_on: asset.purchased_on(),
            age_months: asset.age.months(),
            warranty_ends_on: asset.warranty_ends_on(),
            grade: asset.grade.name(),
            reason: fleet.reason_of(asset),
            is_manual: asset.is_manual,
            is_overdue: asset.is_overdue,
            is_locked: asset.is_locked(),
            kept_until: asset.kept_until(),
            due_on: asset.due_on,
            quarter: asset.quarter.map(|quarter| quarter.to_string()),
            amount: asset.amount.map(Amount::from),
            warnings: asset.warnings().into_iter().map(|warning| warning.text()).collect(),
        }
    }
}

/// Lists assets.
#[utoipa::path(get, path = "/api/v1/assets", tag = "assets", operation_id = "asset_list",
    params(AssetListQuery),
    responses((status = 200, description = "A page of assets.", body = AssetList), ListProblems))]
pub(super) async fn list(
    caller: Caller<needs::ViewClients>,
    State(web): State<WebState>,
    ApiQuery(query): ApiQuery<AssetListQuery>,
) -> Result<Json<AssetList>, Problem> {
    let fleet = caller.fleet(&web).await?;
    let start = match query.cursor {
        None => Start::default(),
        Some(cursor) => {
            let last = RemoteId::new(cursor);
            caller.asset(&fleet, &last).map_err(|_| Problem::lost_cursor())?;
            Start::After(last)
        }
    };
    let page = fleet.asset_page(&AssetQuery {
        visible: caller.visible(),
        client: query.client.map(RemoteId::new),
        grades: query.grade,
        kinds: query.kind,
        types: query.types,
        sites: query.site,
        classes: query.class.into_iter().map(|class| ClassId(class.0)).collect(),
        statuses: query.status,
        text: query.q,
        sort: query.sort.into_iter().map(|sort| sort.0).collect(),
        notes: Vec::new(),
        group: None,
        start,
        limit: query.limit.len(),
    });
    let next_cursor = match page.next(&fleet) {
        Some(Start::After(last)) => Some(last.into_string()),
        _ => None,
    };
    Ok(Json(AssetList {
        items: page.rows.iter().map(|at| AssetItem::new(&fleet, fleet.asset(*at))).collect(),
        total: page.total(),
        counts: Counts::new(&fleet, &page.tally),
        next_cursor,
        as_of: fleet.as_of_ms().map(instant),
    }))
}
