//! A client in one look: what to decide, and the evidence for it.

use std::collections::BTreeMap;

use almanac_fleet::{Fleet, FleetAsset, FleetClient, Note, Tally};
use almanac_model::age::Age;
use almanac_model::grade::Grade;
use almanac_model::kind::Kind;
use almanac_model::money::Money;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::overview_view::{KindLine, Lack, OldestLine, OverviewView};
use super::quarters::Quarters;
use super::why::ClientValues;
use super::{ClientHead, ClientTab};
use crate::asset_table::AssetParams;
use crate::components::format;
use crate::error::WebError;
use crate::extract::{Allowed, needs};
use crate::page::Chrome;
use crate::places;
use crate::route::Route;
use crate::shown::Shown;
use crate::state::WebState;

/// How many of the oldest assets are named.
const OLDEST: usize = 8;

pub(super) async fn get(
    visitor: Allowed<needs::ViewClients>,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(place): Path<places::Client>,
) -> Result<Response, WebError> {
    let shown = Shown::of(&web, &visitor).await?;
    let client = shown.client(&place.client)?;
    let values = ClientValues::read(&visitor, client).await?;
    let view = build(&shown.fleet, client, values);
    let head = ClientHead::new(client);
    Ok(head.page(&chrome, ClientTab::Overview, (&[], None), &view.content()).into_response())
}

fn build(fleet: &Fleet, client: &FleetClient, values: ClientValues) -> OverviewView {
    let assets = fleet.assets_of(client);
    let path = places::ClientAssets { client: client.remote_id.as_str().to_owned() }.url();
    let tally = &client.tally;
    let undated = assets.iter().filter(|asset| asset.purchased_on().is_none()).count();
    OverviewView {
        sentence: sentence(fleet, tally, undated),
        assets: i64::from(tally.assets),
        grades: grades(tally, &path),
        quarters: Quarters::new(fleet, assets),
        kinds: kinds(fleet, assets, &path),
        oldest: oldest(fleet, assets),
        oldest_href: AssetParams::parse("sort=-age&group=none").href(&path),
        lacks: lacks(assets, undated, &path),
        sites: sites(fleet, assets) as i64,
        values,
    }
}

/// What there is to decide, in words, with numbers.
fn sentence(fleet: &Fleet, tally: &Tally, undated: usize) -> String {
    let money = |minor| format::money(Money { minor, currency: fleet.currency() });
    let (now, soon) = (tally.of(Grade::Replace), tally.of(Grade::Plan));
    let many = |count: u32| format::count(count.into(), "asset is", "assets are");
    let due = match (now, soon) {
        _ if tally.assets == 0 => return "Halo has no assets of this client.".to_owned(),
        (0, 0) => "Nothing is due within 12 months.".to_owned(),
        (0, soon) => format!("{} due within 12 months, {}.", many(soon), money(tally.money_due)),
        (now, 0) => format!("{} due now, {}.", many(now), money(tally.money_due)),
        (now, soon) => format!(
            "{} due now and {} more within 12 months, {} in all.",
            many(now),
            format::number(soon.into()),
            money(tally.money_due)
        ),
    };
    match undated {
        0 => due,
        1 => format!("{due} 1 needs a purchase date."),
        many => format!("{due} {} need a purchase date.", format::number(many as i64)),
    }
}

/// Each grade with its count and its assets, the most urgent first.
fn grades(tally: &Tally, path: &str) -> Vec<(Grade, i64, String)> {
    [Grade::Replace, Grade::Plan, Grade::Healthy, Grade::Kept, Grade::Unknown]
        .into_iter()
        .map(|grade| {
            let href = AssetParams { grades: vec![grade], ..AssetParams::default() }.href(path);
            (grade, i64::from(tally.of(grade)), href)
        })
        .collect()
}

fn kinds(fleet: &Fleet, assets: &[FleetAsset], path: &str) -> Vec<KindLine> {
    #[derive(Default)]
    struct Sum {
        assets: i64,
        replace: i64,
        plan: i64,
        money_due: i64,
    }
    let mut sums: BTreeMap<Kind, Sum> = BTreeMap::new();
    for asset in assets {
        let sum = sums.entry(asset.kind).or_default();
        sum.assets += 1;
        sum.replace += i64::from(asset.grade == Grade::Replace);
        sum.plan += i64::from(asset.grade == Grade::Plan);
        let counted = asset.amount.filter(|amount| amount.currency == fleet.currency());
        sum.money_due += counted.filter(|_| asset.is_due()).map_or(0, |amount| amount.minor);
    }
    let line = |(kind, sum): (Kind, Sum)| KindLine {
        title: kind.title(),
        href: AssetParams { kinds: vec![kind], ..AssetParams::default() }.href(path),
        assets: format::number(sum.assets),
        replace: format::number(sum.replace),
        plan: format::number(sum.plan),
        money_due: format::money(Money { minor: sum.money_due, currency: fleet.currency() }),
    };
    sums.into_iter().map(line).collect()
}

fn oldest(fleet: &Fleet, assets: &[FleetAsset]) -> Vec<OldestLine> {
    let mut dated: Vec<(u32, &FleetAsset)> = assets
        .iter()
        .filter_map(|asset| match asset.age {
            Age::Months(months) => Some((months, asset)),
            Age::Future | Age::Unknown => None,
        })
        .collect();
    dated.sort_by(|(a, _), (b, _)| b.cmp(a));
    dated
        .into_iter()
        .take(OLDEST)
        .map(|(_, asset)| OldestLine {
            name: asset.name().to_owned(),
            href: places::Asset { asset: asset.remote_id().to_owned() }.url(),
            model: fleet.model_of(asset).map(str::to_owned),
            age: asset.age.years().map(|years| format!("{years}\u{a0}y")).unwrap_or_default(),
            grade: asset.grade,
            reason: fleet.reason_of(asset),
            why_href: places::AssetWhy { asset: asset.remote_id().to_owned() }.url(),
            is_manual: asset.is_manual,
        })
        .collect()
}

/// What keeps assets from being judged, each a link to them.
fn lacks(assets: &[FleetAsset], undated: usize, path: &str) -> Vec<Lack> {
    let warned = assets.iter().filter(|asset| asset.has_warnings()).count();
    let lack = |count: usize, one: &str, many: &str, params: AssetParams| Lack {
        text: format::count(count as i64, one, many),
        href: params.href(path),
        count,
    };
    let noted = |note| AssetParams { notes: vec![note], ..AssetParams::default() };
    let unknown = assets.iter().filter(|asset| asset.grade == Grade::Unknown).count();
    let graded = AssetParams { grades: vec![Grade::Unknown], ..AssetParams::default() };
    let lacks = [
        lack(
            undated,
            "asset needs a purchase date",
            "assets need a purchase date",
            noted(Note::NeedsDate),
        ),
        lack(unknown, "asset cannot be graded", "assets cannot be graded", graded),
        lack(
            warned,
            "asset has a doubtful value",
            "assets have a doubtful value",
            noted(Note::Warning),
        ),
    ];
    lacks.into_iter().filter(|lack| lack.count > 0).collect()
}

fn sites(fleet: &Fleet, assets: &[FleetAsset]) -> usize {
    let mut names: Vec<&str> = assets.iter().filter_map(|asset| fleet.site_of(asset)).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}
