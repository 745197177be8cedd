//! Questions to a fleet: filters, counts, sums, orders, groups, pages, search.

use std::collections::BTreeSet;
use std::sync::Arc;

use almanac_fleet::{
    AssetQuery, ClientSort, Filter, Fleet, Fleets, GroupBy, PortfolioQuery, Sort, SortBy, Start,
    Visible,
};
use almanac_model::chain::Target;
use almanac_model::grade::Grade;
use almanac_model::id::RemoteId;
use almanac_model::kind::Kind;
use almanac_testkit::{asset_type, client, site};
use proptest::prelude::*;

use crate::fixture::{Draft, day, fixture, moment, options, text};

/// Three clients with 60 assets of many ages and types, and some without a client.
async fn fleet() -> Arc<Fleet> {
    let fixture = fixture().await;
    let names = ["Beta Ltd", "alpha & co", "Gamma"];
    fixture.plain((1..).zip(names).map(|(id, name)| client(id, name)).collect()).await;
    fixture.plain(vec![site(1, "Main", None), site(2, "Depot", None)]).await;
    let types = ["Laptops", "Servers", "Switches"];
    fixture.plain((1..).zip(types).map(|(id, name)| asset_type(id, name)).collect()).await;
    let drafts: Vec<Draft> = (1_i64..=60).map(draft).collect();
    fixture.assets(&drafts).await;
    let fleets = Fleets::new(options());
    fleets.get(&fixture.store, moment(0)).await.expect("the database works")
}

fn draft(id: i64) -> Draft {
    let year = 2015 + i16::try_from(id % 13).expect("small");
    let mut facts = vec![(Target::Model, text(["OptiPlex 7010", "ThinkPad T14"][id as usize % 2]))];
    if id % 7 != 0 {
        facts.push((Target::PurchaseDate, day(year, 3, 1)));
    }
    if id % 5 == 0 {
        facts.push((Target::SerialNumber, text(&format!("SN{id:04}"))));
        facts.push((Target::LastUser, text("ruth.adeyemi")));
    }
    Draft {
        id,
        tag: Some(format!("PC-{}", id % 20)),
        client: (id % 4 != 0).then_some(id % 4),
        site: Some(1 + id % 2),
        asset_type: Some(1 + id % 3),
        facts,
        ..Draft::default()
    }
}

fn names(fleet: &Fleet, rows: &[u32]) -> Vec<String> {
    rows.iter().map(|&at| fleet.asset(at).name().to_owned()).collect()
}

fn ask(change: impl FnOnce(&mut AssetQuery)) -> AssetQuery {
    let mut query = AssetQuery { limit: 1_000, ..AssetQuery::default() };
    change(&mut query);
    query
}

#[tokio::test]
async fn a_clients_assets_are_its_own_and_due_first() {
    let fleet = fleet().await;
    let page = fleet.asset_page(&ask(|query| query.client = Some(RemoteId::from(1))));
    assert_eq!(page.total(), 15);
    let mut due = Vec::new();
    for &at in &page.rows {
        let asset = fleet.asset(at);
        assert_eq!(fleet.client_of(asset).unwrap().name, "Beta Ltd");
        due.push(asset.due_on);
    }
    let known: Vec<_> = due.iter().flatten().collect();
    assert!(known.is_sorted() && !known.is_empty());
    assert!(due.iter().skip(known.len()).all(Option::is_none), "without a date comes last");
    let none = fleet.asset_page(&ask(|query| query.client = Some(RemoteId::from(99))));
    assert_eq!((none.total(), none.rows.len()), (0, 0));
}

#[tokio::test]
async fn counts_of_grades_leave_the_grades_filter_out() {
    let fleet = fleet().await;
    let all = fleet.asset_page(&ask(|_| {}));
    assert_eq!(all.grades.iter().sum::<u32>(), 60);
    assert_eq!(all.grades, all.tally.grades);
    let laptops = ask(|query| query.kinds = vec![Kind::Laptop]);
    let only =
        |grade: Grade| ask(|query| (query.kinds, query.grades) = (vec![Kind::Laptop], vec![grade]));
    let page = fleet.asset_page(&laptops);
    for grade in Grade::ALL {
        let one = fleet.asset_page(&only(grade));
        assert_eq!(one.grades, page.grades, "the chips stay as they are");
        assert_eq!(one.total(), page.tally.of(grade) as usize);
    }
}

#[tokio::test]
async fn an_empty_table_says_what_each_filter_costs() {
    let fleet = fleet().await;
    let query = ask(|query| {
        query.kinds = vec![Kind::Laptop];
        query.sites = vec!["Depot".to_owned()];
        query.text = "nothing holds this".to_owned();
    });
    let page = fleet.asset_page(&query);
    assert_eq!(page.total(), 0);
    let without = |change: fn(&mut AssetQuery)| {
        let mut query = query.clone();
        change(&mut query);
        u32::try_from(fleet.asset_page(&query).total()).unwrap()
    };
    assert_eq!(
        page.without,
        [
            (Filter::Kind, without(|query| query.kinds.clear())),
            (Filter::Site, without(|query| query.sites.clear())),
            (Filter::Text, without(|query| query.text.clear())),
        ]
    );
    assert!(page.without[2].1 > 0);
}

#[tokio::test]
async fn every_word_must_be_held_by_some_text() {
    let fleet = fleet().await;
    let count = |text: &str| fleet.asset_page(&ask(|query| query.text = text.to_owned())).total();
    assert_eq!(count("optiplex"), 30);
    assert_eq!(count("THINKPAD ruth"), 6);
    assert_eq!(count("sn0055"), 1);
    assert_eq!(count("thinkpad sn0055 t14 adeyemi laptops"), 0);
    assert_eq!(count("  "), 60);
    assert_eq!(count("servers"), 20);
    assert_eq!(count("\n"), 60);
}

#[tokio::test]
async fn groups_come_in_order_with_their_sums() {
    let fleet = fleet().await;
    for by in GroupBy::ALL {
        let page = fleet.asset_page(&ask(|query| query.group = Some(by)));
        let counts: u32 = page.groups.iter().map(|group| group.tally.assets).sum();
        assert_eq!(counts, 60, "{by:?}");
        let mut rows = page.rows.iter();
        for group in &page.groups {
            let mut sum = 0;
            for &at in rows.by_ref().take(group.tally.assets as usize) {
                let asset = fleet.asset(at);
                sum += asset.amount.filter(|_| asset.is_due()).map_or(0, |amount| amount.minor);
                if by == GroupBy::Client {
                    let client = fleet.client_of(asset).map(|client| client.name.clone());
                    assert_eq!(client, group.title);
                }
            }
            assert_eq!(sum, group.tally.money_due, "{by:?} {:?}", group.title);
        }
    }
    let kinds = fleet.asset_page(&ask(|query| query.group = Some(GroupBy::Kind)));
    let titles: Vec<_> = kinds.groups.iter().map(|group| group.title.as_deref()).collect();
    assert_eq!(titles, [Some("Laptop"), Some("Server"), Some("Switch")]);
    let clients = fleet.asset_page(&ask(|query| query.group = Some(GroupBy::Client)));
    let titles: Vec<_> = clients.groups.iter().map(|group| group.title.as_deref()).collect();
    assert_eq!(titles, [Some("alpha & co"), Some("Beta Ltd"), Some("Gamma"), None]);
}

#[tokio::test]
async fn the_portfolio_adds_up() {
    let fleet = fleet().await;
    let whole = fleet.portfolio(&PortfolioQuery::default());
    let names: Vec<&str> = whole.rows.iter().map(|client| client.name.as_str()).collect();
    assert_eq!(names, ["alpha & co", "Beta Ltd", "Gamma"]);
    assert_eq!(whole.tally.assets, 45, "assets without a client are in no row");
    assert_eq!(fleet.tally().assets, 60);
    for client in &whole.rows {
        let id = client.remote_id.clone();
        let page = fleet.asset_page(&ask(|query| query.client = Some(id)));
        assert_eq!(page.tally, client.tally);
    }
    for sort in ClientSort::ALL {
        let query = |is_descending| PortfolioQuery { sort, is_descending, ..Default::default() };
        let up = fleet.portfolio(&query(false));
        let down = fleet.portfolio(&query(true));
        assert_eq!((up.rows.len(), up.tally), (3, down.tally));
    }
    let found = PortfolioQuery { text: "ALPHA".to_owned(), ..Default::default() };
    assert_eq!(fleet.portfolio(&found).rows.len(), 1);
}

#[tokio::test]
async fn who_is_limited_to_a_client_sees_nothing_else() {
    let fleet = fleet().await;
    let visible = Visible::Clients(BTreeSet::from([RemoteId::from(2)]));
    let page = fleet.asset_page(&ask(|query| query.visible = visible.clone()));
    assert_eq!(page.total(), 15);
    assert_eq!(page.grades.iter().sum::<u32>(), 15);
    let other =
        ask(|query| (query.visible, query.client) = (visible.clone(), Some(RemoteId::from(1))));
    assert_eq!(fleet.asset_page(&other).total(), 0);
    let found = fleet.search(&visible, "pc");
    assert_eq!(found.assets_total, 15);
    let query = PortfolioQuery { visible: visible.clone(), ..Default::default() };
    assert_eq!(fleet.portfolio(&query).rows.len(), 1);
    assert_eq!(fleet.search(&visible, "beta").clients_total, 0);
}

#[tokio::test]
async fn a_search_gives_the_nearest_first() {
    let fleet = fleet().await;
    let found = fleet.search(&Visible::All, "pc-1");
    assert_eq!((found.assets.len(), found.assets_total), (10, 33));
    assert_eq!(names(&fleet, &found.assets[..3]), ["PC-1", "PC-1", "PC-1"]);
    let found = fleet.search(&Visible::All, "sn0055");
    assert_eq!(fleet.asset(found.assets[0]).serial(), Some("SN0055"));
    assert_eq!(fleet.search(&Visible::All, "CO").clients[0].name, "alpha & co");
    assert_eq!(fleet.search(&Visible::All, " ").assets_total, 0);
}

fn sorts() -> impl Strategy<Value = Vec<Sort>> {
    let sort = (proptest::sample::select(SortBy::ALL.to_vec()), any::<bool>());
    let sort = sort.prop_map(|(by, is_descending)| Sort { by, is_descending });
    proptest::collection::vec(sort, 0..3)
}

#[test]
fn pages_of_any_order_are_the_whole_table_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fleet = runtime.block_on(fleet());
    let groups = proptest::option::of(proptest::sample::select(GroupBy::ALL.to_vec()));
    let mut runner = proptest::test_runner::TestRunner::default();
    let cases = (sorts(), groups, 1_usize..20);
    let outcome = runner.run(&cases, |(sort, group, limit)| {
        let whole =
            fleet.asset_page(&ask(|query| (query.sort, query.group) = (sort.clone(), group)));
        let all: BTreeSet<u32> = whole.rows.iter().copied().collect();
        prop_assert_eq!((all.len(), whole.rows.len()), (60, 60));
        let mut paged: Vec<u32> = Vec::new();
        let mut start = Start::default();
        loop {
            let query =
                AssetQuery { sort: sort.clone(), group, start, limit, ..Default::default() };
            let page = fleet.asset_page(&query);
            prop_assert_eq!(page.start, paged.len());
            prop_assert_eq!(page.tally, whole.tally);
            let by_number = AssetQuery { start: Start::At(paged.len()), ..query };
            prop_assert_eq!(&fleet.asset_page(&by_number).rows, &page.rows);
            paged.extend(&page.rows);
            match page.next(&fleet) {
                Some(next) => start = next,
                None => break,
            }
        }
        prop_assert_eq!(&paged, &whole.rows);
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn facets_are_the_values_of_what_the_user_may_see() {
    let fleet = fleet().await;
    let of_all = fleet.facets(&Visible::All, None);
    assert_eq!(of_all.kinds, [Kind::Laptop, Kind::Server, Kind::Switch]);
    assert!(of_all.sites.is_empty() && of_all.types.is_empty(), "too many to choose from");
    let beta = fleet.client(&RemoteId::from(1)).unwrap();
    let of_beta = fleet.facets(&Visible::All, Some(beta));
    assert_eq!(of_beta.sites, ["Depot"], "its assets have odd ids");
    assert_eq!(of_beta.types, ["Laptops", "Servers", "Switches"]);
    let nobody = Visible::Clients(BTreeSet::new());
    assert_eq!(fleet.facets(&nobody, None), almanac_fleet::Facets::default());
}

#[tokio::test]
async fn a_tally_counts_what_has_no_purchase_date() {
    let fleet = fleet().await;
    let undated = |client: &str| {
        let assets = fleet.assets().iter();
        let of_client = assets.filter(|asset| {
            fleet.client_of(asset).is_some_and(|known| known.remote_id.as_str() == client)
        });
        of_client.filter(|asset| asset.purchased_on().is_none()).count()
    };
    for client in fleet.clients() {
        assert_eq!(client.tally.undated as usize, undated(client.remote_id.as_str()));
    }
    // Every seventh of 60.
    assert_eq!(fleet.tally().undated, 8);
    let page = fleet.asset_page(&ask(|query| query.group = Some(GroupBy::Site)));
    assert_eq!(page.tally, *fleet.tally(), "groups add up to the whole");
}
