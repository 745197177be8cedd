//! Prints how long regrading 50,000 assets takes; `docs/performance.md` says how it is run.
//!
//! `cargo run --release -p almanac-model --example regrade [ASSETS]`. The assets are synthetic;
//! facts and operating systems are resolved before the clock starts, as they are stored.

use std::hint::black_box;
use std::time::Instant;

use almanac_model::asset::{RemoteAsset, RemoteField, RemoteValue};
use almanac_model::asset_type::AssetType;
use almanac_model::chain::{Chains, Link, Target, resolve};
use almanac_model::class::Classes;
use almanac_model::date::add_months;
use almanac_model::fact::Facts;
use almanac_model::id::RemoteId;
use almanac_model::kind::KindMap;
use almanac_model::money::Currency;
use almanac_model::os::{OsMemo, OsSupport};
use almanac_model::verdict::{AssetCase, AssetChoices, Rulebook, os_support};
use jiff::civil::Date;

const ROUNDS: usize = 5;
const TODAY: Date = Date::constant(2026, 11, 21);

const TYPES: [&str; 8] = [
    "Laptop",
    "Workstation",
    "Server",
    "Firewall",
    "Switch",
    "Printer",
    "Wireless Access Point",
    "UPS",
];

const SYSTEMS: [&str; 6] = [
    "Microsoft Windows 11 Pro 24H2",
    "Microsoft Windows 10 Pro 22H2",
    "Windows Server 2019 Standard",
    "macOS 14.5",
    "Ubuntu 22.04.3 LTS",
    "unknown",
];

fn asset(index: u32) -> RemoteAsset {
    let bought = add_months(Date::constant(2015, 1, 1), index % 140);
    let ends = add_months(bought, 36);
    let (kind, system) = (index as usize % TYPES.len(), index as usize % SYSTEMS.len());
    let value = |name: &str, value: String| RemoteValue {
        field: RemoteField::Standard(name.to_owned()),
        value,
    };
    RemoteAsset {
        remote_id: RemoteId::from(i64::from(index)),
        tag: Some(format!("A-{index}")),
        client: Some(RemoteId::from(i64::from(index % 500))),
        site: None,
        asset_type: None,
        asset_type_name: Some(TYPES[kind].to_owned()),
        status: None,
        is_inactive: false,
        is_placeholder: false,
        values: vec![
            value("supplier_purchasedate", format!("{bought}T00:00:00")),
            value("warranty_end", format!("{ends}T00:00:00")),
            value("os", SYSTEMS[system].to_owned()),
        ],
    }
}

#[expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "measuring time and printing it is what this is for"
)]
fn main() {
    let count = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(50_000);
    let chains = Chains::new()
        .with(Target::PurchaseDate, [Link::Standard("supplier_purchasedate".into())])
        .with(Target::WarrantyEnd, [Link::Standard("warranty_end".into())])
        .with(Target::OperatingSystem, [Link::Standard("os".into())]);
    let mut book = Rulebook {
        classes: Classes::placeholders(Currency::new("EUR").expect("it is a code")),
        ..Rulebook::default()
    };
    let types = (1..).zip(TYPES).map(|(id, name)| AssetType {
        remote_id: RemoteId::from(id),
        name: name.to_owned(),
        group_name: None,
        fields: Vec::new(),
        is_inactive: false,
        is_placeholder: false,
    });
    let types: Vec<_> = types.collect();
    book.kinds = KindMap::quick(&types);

    let started = Instant::now();
    let mut memo = OsMemo::default();
    let cases: Vec<(RemoteAsset, Facts, Option<OsSupport>)> = (0..count)
        .map(|index| {
            let mut asset = asset(index);
            asset.asset_type = Some(RemoteId::from(i64::from(index % 8) + 1));
            let facts = resolve(&chains, &asset.values);
            let os = os_support(&facts, &mut memo);
            (asset, facts, os)
        })
        .collect();
    println!("{count} assets made and resolved in {:.1?}", started.elapsed());

    let choices = AssetChoices::default();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for (asset, facts, os) in &cases {
            let case = AssetCase { asset, facts, os: *os, choices: &choices };
            black_box(book.judge(&case, TODAY));
        }
        println!("{count} assets regraded in {:.1?}", started.elapsed());
    }
}
