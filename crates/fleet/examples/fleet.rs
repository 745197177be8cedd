//! How long a fleet of 500 clients and 50,000 assets takes: to load, to refresh, to be asked.
//!
//! `cargo run --release -p almanac-fleet --example fleet`. Made-up records go into a fresh SQLite
//! database the way a sync commits them; one client has 5,000 assets. Each question is asked many
//! times; the median, the slowest of a hundred, and the slowest are printed.

#![expect(clippy::print_stdout, reason = "the figures are for a person")]

use std::hint::black_box;
use std::time::Duration;

use almanac_fleet::{
    AssetQuery, FleetOptions, Fleets, GroupBy, Moment, PortfolioQuery, Sort, SortBy, Visible,
};
use almanac_model::asset::{RemoteAsset, RemoteField, RemoteValue};
use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::choice::AssetEdit;
use almanac_model::fact::{Fact, FactValue, Facts};
use almanac_model::grade::{Grade, Manual};
use almanac_model::id::{ConnectionId, RemoteId};
use almanac_model::kind::Kind;
use almanac_model::money::Currency;
use almanac_model::projection::Projection;
use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{ChangeAsset, TenantStore};
use almanac_testkit::{Synced, asset_type, client, site};
use jiff::civil::Date;
use tokio::time::Instant;

const CLIENTS: i64 = 500;
const ASSETS: i64 = 50_000;
/// The first client has so many of them.
const LARGE: i64 = 5_000;
const TYPES: [&str; 6] =
    ["Laptops", "Workstations", "Servers", "Switches", "Printers", "Access points"];
const MODELS: [&str; 8] = [
    "ThinkPad T14 Gen 2",
    "OptiPlex 7010 Micro",
    "PowerEdge R350",
    "Aruba 2930F 48G",
    "LaserJet M404dn",
    "UniFi AC Pro",
    "Surface Laptop 5",
    "MacBook Air M3",
];
const SYSTEMS: [&str; 4] =
    ["Windows 10 Pro 22H2", "Windows 11 Pro 24H2", "Windows Server 2019", "macOS 15"];

#[tokio::main]
async fn main() {
    let test = fresh(Engine::Sqlite).await.expect("SQLite is always at hand");
    let (_, view) = test.tenant_named("acme").await;
    let filled = fill(&view).await;
    println!("{CLIENTS} clients and {ASSETS} assets were written in {filled:.1?}");

    let options = FleetOptions::new(Currency::new("GBP").expect("a code"));
    let on = Date::constant(2026, 11, 21);
    let mut moment = Moment { on, at_ms: START_MS };
    let mut times = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        black_box(Fleets::new(options).get(&view, moment).await.expect("loaded"));
        times.push(began.elapsed());
    }
    show("first load", times);

    let fleets = Fleets::new(options);
    let fleet = fleets.get(&view, moment).await.expect("loaded");
    let bytes = fleet.bytes() / fleet.assets().len();
    println!("{:28} {bytes} bytes an asset, {} kB in all", "memory", fleet.bytes() / 1024);

    let mut times = Vec::new();
    for _ in 0..500 {
        let began = Instant::now();
        black_box(fleets.get(&view, moment).await.expect("loaded"));
        times.push(began.elapsed());
    }
    show("get, nothing changed", times);

    let connection = fleet.connection().expect("one");
    let mut times = Vec::new();
    for at in 0..40 {
        decide(&view, connection, 7 * at + 1).await;
        let began = Instant::now();
        black_box(fleets.get(&view, moment).await.expect("refreshed"));
        times.push(began.elapsed());
    }
    show("get, one asset changed", times);

    let mut times = Vec::new();
    for day in 1..8 {
        moment.on = on.saturating_add(jiff::Span::new().days(day));
        let began = Instant::now();
        black_box(fleets.get(&view, moment).await.expect("refreshed"));
        times.push(began.elapsed());
    }
    show("get, another day", times);

    ask(&fleets.get(&view, moment).await.expect("held"));
}

fn ask(fleet: &almanac_fleet::Fleet) {
    let repeat = |name: &str, mut question: Box<dyn FnMut() + '_>| {
        let mut times = Vec::new();
        for _ in 0..200 {
            let began = Instant::now();
            question();
            times.push(began.elapsed());
        }
        show(name, times);
    };
    let table = |query: AssetQuery| -> Box<dyn FnMut() + '_> {
        Box::new(move || {
            let page = fleet.asset_page(&query);
            let reasons = page.rows.iter().map(|&at| fleet.reason_of(fleet.asset(at)));
            black_box(reasons.collect::<Vec<_>>());
        })
    };
    let all = AssetQuery { limit: 100, ..AssetQuery::default() };
    let large = AssetQuery { client: Some(RemoteId::from(1)), ..all.clone() };
    let filtered = AssetQuery {
        kinds: vec![Kind::Laptop, Kind::Server],
        grades: vec![Grade::Replace],
        text: "thinkpad pc".to_owned(),
        sort: vec![Sort::up(SortBy::Model), Sort::down(SortBy::Age)],
        group: Some(GroupBy::Site),
        ..all.clone()
    };
    repeat(
        "portfolio",
        Box::new(|| {
            black_box(fleet.portfolio(&PortfolioQuery::default()));
        }),
    );
    repeat("client of 5,000, by due", table(large.clone()));
    let of_large = AssetQuery { client: large.client.clone(), ..filtered.clone() };
    repeat("client of 5,000, all at once", table(of_large));
    let by_name = AssetQuery { sort: vec![Sort::up(SortBy::Serial)], ..large };
    repeat("client of 5,000, by serial", table(by_name));
    repeat("all 50,000, by due", table(all.clone()));
    let by_name = AssetQuery { sort: vec![Sort::up(SortBy::Name)], ..all.clone() };
    repeat("all 50,000, by name", table(by_name));
    repeat("all 50,000, all at once", table(filtered));
    let text = "optiplex windows".to_owned();
    repeat("all 50,000, two words", table(AssetQuery { text, ..all }));
    for text in ["sn004217", "pc", "thinkpad ruth"] {
        repeat(
            &format!("search {text:?}"),
            Box::new(|| {
                black_box(fleet.search(&Visible::All, text));
            }),
        );
    }
    let mut book = fleet.rulebook().clone();
    let mut policy = book.policies.kind(Kind::Laptop);
    policy.age_months = Some(48);
    book.policies.set_kind(Kind::Laptop, policy);
    repeat(
        "preview of a rulebook",
        Box::new(|| {
            black_box(fleet.preview(&book));
        }),
    );
}

fn show(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!("{name:28} {:>10.2?} {:>10.2?} {:>10.2?}", at(50), at(99), at(100));
}

/// Grades an asset by hand.
async fn decide(view: &TenantStore, connection: ConnectionId, id: i64) {
    let manual = Manual { grade: Grade::Plan, reason: "agreed".to_owned() };
    let change = ChangeAsset {
        connection,
        remote_id: &RemoteId::from(id),
        expected_version: 0,
        edit: &AssetEdit::Manual(manual),
        by: &Author::program("example"),
        at_ms: START_MS,
    };
    view.asset_choice_change(&change).await.expect("written").expect("the asset is there");
}

/// Writes the made-up records in pages of 100.
async fn fill(view: &TenantStore) -> Duration {
    let synced = Synced::new(view.clone()).await;
    let began = Instant::now();
    let streams: [Vec<(Projection, Option<String>)>; 4] = [
        (1..=CLIENTS).map(|id| (client(id, &client_name(id)), None)).collect(),
        (1..=2 * CLIENTS).map(|id| (made_up_site(id), None)).collect(),
        (1..).zip(TYPES).map(|(id, name)| (asset_type(id, name), None)).collect(),
        (1..=ASSETS).map(|id| (asset(id), Some(facts(id)))).collect(),
    ];
    for rows in streams {
        for rows in rows.chunks(100) {
            synced.commit(1, rows.to_vec()).await;
        }
    }
    began.elapsed()
}

fn client_name(id: i64) -> String {
    format!("Client {:03} & Partners", id * 37 % 500)
}

fn made_up_site(id: i64) -> Projection {
    let name = format!("{} {}", if id % 2 == 0 { "Depot" } else { "Head office" }, id / 2);
    site(id, &name, Some(RemoteId::from(1 + id / 2)))
}

fn asset(id: i64) -> Projection {
    let client = if id <= LARGE { 1 } else { 2 + id % (CLIENTS - 1) };
    Projection::Asset(RemoteAsset {
        remote_id: RemoteId::from(id),
        tag: Some(format!("C{client:03}-PC-{id:05}")),
        client: Some(RemoteId::from(client)),
        site: Some(RemoteId::from(2 * client - id % 2)),
        asset_type: Some(RemoteId::from(1 + id % 6)),
        asset_type_name: None,
        status: None,
        is_inactive: false,
        is_placeholder: false,
        values: (0..16).map(|at| value(at, id)).collect(),
    })
}

fn value(at: i64, id: i64) -> RemoteValue {
    let field = RemoteField::Typed { field_id: at.to_string(), name: "A field of Halo".into() };
    RemoteValue { field, value: format!("what Halo says {at} of {id}") }
}

fn facts(id: i64) -> String {
    let pick = |from: &[&str], at: i64| {
        from[usize::try_from(at).expect("positive") % from.len()].to_owned()
    };
    let small = |value: i64| i16::try_from(value).expect("small");
    let mut facts = Facts::default();
    let mut set = |target, value: FactValue| {
        let field = RemoteField::Typed { field_id: "101".into(), name: "A field of Halo".into() };
        let text = value.to_string();
        facts.values.insert(target, Fact { value, link: 0, field, text });
    };
    set(Target::SerialNumber, FactValue::Text(format!("SN{:06}", id * 7919 % 1_000_000)));
    set(Target::Model, FactValue::Text(pick(&MODELS, id * 13 / 7)));
    set(Target::Manufacturer, FactValue::Text(pick(&["Dell", "Lenovo", "HP"], id / 5)));
    set(Target::OperatingSystem, FactValue::Text(pick(&SYSTEMS, id / 3)));
    set(Target::LastUser, FactValue::Text(format!("ruth.adeyemi{}", id % 900)));
    set(Target::Ram, FactValue::Text("16 GB".to_owned()));
    if id % 9 != 0 {
        let year = 2016 + small(id * 31 % 11);
        let month = 1 + i8::try_from(id % 12).expect("small");
        set(Target::PurchaseDate, FactValue::Date(Date::constant(year, month, 5)));
    }
    if id % 4 == 0 {
        let year = 2024 + small(id % 5);
        set(Target::WarrantyEnd, FactValue::Date(Date::constant(year, 6, 30)));
    }
    serde_json::to_string(&facts).expect("plain JSON")
}
