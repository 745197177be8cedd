//! A fleet that was brought up to date equals one that was loaded anew, whatever happened.

use almanac_fleet::{AssetQuery, Fleets, Moment, Visible};
use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::choice::AssetEdit;
use almanac_model::class::ClassId;
use almanac_model::grade::{Grade, Kept, Manual};
use almanac_model::id::RemoteId;
use almanac_model::kind::{Kind, KindChoice};
use almanac_model::stream::Stream;
use almanac_store::testing::Engine;
use almanac_store::{ChangeAsset, SaveRulebook};
use almanac_testkit::{asset_type, client, site};
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;

use crate::fixture::{Draft, Synced, day, describe, fixture, on, options, text};

/// Something that happens to a tenant.
#[derive(Debug, Clone)]
enum Event {
    Assets(Vec<Draft>),
    Gone(Vec<i64>),
    Client(i64, String),
    ClientGone(i64),
    Site(i64, String),
    Type(i64, String),
    Edit(i64, AssetEdit),
    Ignore(i64, bool),
    PolicyAge(u32),
    Tomorrow,
}

fn draft() -> impl Strategy<Value = Draft> {
    let names = prop_oneof![Just(None), "[a-cA-C]{1,2}".prop_map(Some), Just(Some("Ä1".into()))];
    let bought = proptest::option::of((2015_i16..2028, 1_i8..13));
    let warranty = proptest::option::of(2024_i16..2029);
    let os = proptest::option::of(prop_oneof![
        Just("Windows 10 Pro"),
        Just("Windows 11 Pro 25H2"),
        Just("Windows Server 2012 R2"),
        Just("Plan 9"),
    ]);
    let model = proptest::option::of("[xy]{1,2}");
    let numbers = (0_i64..24, proptest::option::of(0_i64..4), 0_i64..3, 0_i64..4);
    (numbers, names, bought, warranty, os, model, 0_u8..10, 0_u8..10).prop_map(
        |((id, client, site, asset_type), tag, bought, warranty, os, model, inactive, stand_in)| {
            let mut facts = Vec::new();
            facts.extend(bought.map(|(y, m)| (Target::PurchaseDate, day(y, m, 9))));
            facts.extend(warranty.map(|y| (Target::WarrantyEnd, day(y, 6, 30))));
            facts.extend(os.map(|os| (Target::OperatingSystem, text(os))));
            facts.extend(model.map(|model| (Target::Model, text(&model))));
            Draft {
                id,
                tag,
                client,
                site: Some(site),
                asset_type: Some(asset_type),
                is_inactive: inactive == 0,
                is_placeholder: stand_in == 0,
                facts,
            }
        },
    )
}

fn edit() -> impl Strategy<Value = AssetEdit> {
    let reason = || "agreed".to_owned();
    prop_oneof![
        (2012_i16..2027).prop_map(move |year| AssetEdit::Lock {
            target: Target::PurchaseDate,
            value: day(year, 1, 1),
            reason: String::new(),
        }),
        Just(AssetEdit::Unlock { target: Target::PurchaseDate }),
        Just(AssetEdit::Lock {
            target: Target::Model,
            value: text("locked model"),
            reason: String::new(),
        }),
        Just(AssetEdit::Manual(Manual { grade: Grade::Replace, reason: reason() })),
        Just(AssetEdit::ClearManual),
        (0_i64..3).prop_map(move |months| {
            let until = Date::constant(2026, 11, 22).saturating_add(months.months());
            AssetEdit::Keep(Kept { until, reason: reason() })
        }),
        Just(AssetEdit::ClearKeep),
        (1_u32..6).prop_map(|id| AssetEdit::Class(ClassId(id))),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => proptest::collection::vec(draft(), 1..8).prop_map(Event::Assets),
        2 => proptest::collection::vec(0_i64..24, 1..3).prop_map(Event::Gone),
        1 => (0_i64..4, "[a-cA-C]{1,3}").prop_map(|(id, name)| Event::Client(id, name)),
        1 => (0_i64..4).prop_map(Event::ClientGone),
        1 => (0_i64..3, "[a-c]{1,2}").prop_map(|(id, name)| Event::Site(id, name)),
        1 => (0_i64..4, prop_oneof![Just("Laptops"), Just("Servers"), Just("Odd things")])
            .prop_map(|(id, name)| Event::Type(id, name.to_owned())),
        4 => (0_i64..24, edit()).prop_map(|(id, edit)| Event::Edit(id, edit)),
        1 => (0_i64..4, any::<bool>()).prop_map(|(id, is_ignored)| Event::Ignore(id, is_ignored)),
        1 => (1_u32..10).prop_map(Event::PolicyAge),
        1 => Just(Event::Tomorrow),
    ]
}

impl Synced {
    async fn save(&self, change: impl FnOnce(&mut almanac_model::verdict::Rulebook)) {
        let current = self.store.rulebook_current().await.expect("the database works");
        let expected_version = current.as_ref().map_or(0, |saved| saved.head.version);
        let mut book = match current {
            Some(saved) => saved.book,
            None => almanac_fleet::rulebook_of(&self.store, self.connection, &options())
                .await
                .expect("the database works"),
        };
        change(&mut book);
        let by = Author::program("test");
        let save = SaveRulebook { expected_version, book: &book, note: "", by: &by, at_ms: 1 };
        self.store
            .rulebook_save(&save)
            .await
            .expect("the database works")
            .expect("nothing is in its way");
    }

    async fn happen(&self, event: &Event, today: &mut Date) {
        match event {
            Event::Assets(drafts) => self.assets(drafts).await,
            Event::Gone(ids) => self.end_scan(Stream::Assets, ids, 0).await,
            Event::Client(id, name) => self.plain(vec![client(*id, name)]).await,
            Event::ClientGone(id) => self.end_scan(Stream::Clients, &[*id], 0).await,
            Event::Site(id, name) => self.plain(vec![site(*id, name, None)]).await,
            Event::Type(id, name) => self.plain(vec![asset_type(*id, name)]).await,
            Event::Edit(id, edit) => {
                let remote_id = RemoteId::from(*id);
                let change = ChangeAsset {
                    connection: self.connection,
                    remote_id: &remote_id,
                    expected_version: i64::MAX,
                    edit,
                    by: &Author::program("test"),
                    at_ms: 1,
                };
                // An asset that is not there is refused, which is as good an event.
                let _ = self.store.asset_choice_change(&change).await.expect("the database works");
            }
            Event::Ignore(id, is_ignored) => {
                let choice = match is_ignored {
                    true => KindChoice::Ignored,
                    false => KindChoice::Kind(Kind::Laptop),
                };
                self.save(|book| book.kinds.set(RemoteId::from(*id), choice)).await;
            }
            Event::PolicyAge(years) => {
                self.save(|book| {
                    let mut policy = book.policies.kind(Kind::Laptop);
                    policy.age_months = Some(years * 12);
                    book.policies.set_kind(Kind::Laptop, policy);
                })
                .await;
            }
            Event::Tomorrow => *today = today.saturating_add(1.month()),
        }
    }
}

async fn check(fixture: &Synced, events: &[Event]) {
    let kept = Fleets::new(options());
    let mut moment = Moment { on: Date::constant(2026, 11, 21), at_ms: 0 };
    for event in events {
        fixture.happen(event, &mut moment.on).await;
        moment.at_ms += 5_000;
        let refreshed = kept.get(&fixture.store, moment).await.expect("the database works");
        let anew =
            Fleets::new(options()).get(&fixture.store, moment).await.expect("the database works");
        assert_eq!(describe(&refreshed), describe(&anew), "after {event:?}");
        assert_eq!(refreshed.seq(), anew.seq());
        let query = AssetQuery { text: "a 1".to_owned(), limit: 99, ..AssetQuery::default() };
        assert_eq!(refreshed.asset_page(&query), anew.asset_page(&query));
        let found = |fleet: &almanac_fleet::Fleet| fleet.search(&Visible::All, "a").assets;
        assert_eq!(found(&refreshed), found(&anew));
    }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_refreshed_fleet_equals_one_loaded_anew(
        events in proptest::collection::vec(event(), 1..24),
    ) {
        run(async { check(&*fixture().await, &events).await; });
    }
}

#[tokio::test]
async fn a_refreshed_fleet_equals_one_loaded_anew_on_postgres() {
    let Some(fixture) = on(Engine::Postgres).await else { return };
    let draft = |id: i64, tag: &str| Draft {
        id,
        tag: Some(tag.to_owned()),
        client: Some(1),
        asset_type: Some(1),
        facts: vec![(Target::PurchaseDate, day(2020, 1, 1))],
        ..Draft::default()
    };
    let edit = AssetEdit::Lock {
        target: Target::PurchaseDate,
        value: day(2025, 1, 1),
        reason: String::new(),
    };
    let events = [
        Event::Client(1, "One".to_owned()),
        Event::Type(1, "Laptops".to_owned()),
        Event::Assets(vec![draft(1, "b"), draft(2, "a"), draft(3, "Ä")]),
        Event::Edit(2, edit),
        Event::Gone(vec![1]),
        Event::Assets(vec![draft(1, "c")]),
        Event::Ignore(1, true),
        Event::Tomorrow,
        Event::Ignore(1, false),
    ];
    check(&fixture, &events).await;
}
