//! One asset explained, and another rulebook tried out.

use almanac_fleet::Fleets;
use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::choice::AssetEdit;
use almanac_model::grade::Grade;
use almanac_model::id::RemoteId;
use almanac_model::kind::{Kind, KindChoice};
use almanac_model::stream::Stream;
use almanac_store::testing::START_MS;
use almanac_store::{ChangeAsset, SaveRulebook};
use almanac_testkit::asset_type;

use crate::fixture::{Draft, day, fixture, moment, options};

fn draft(id: i64, year: i16) -> Draft {
    let facts = vec![(Target::PurchaseDate, day(year, 1, 1))];
    Draft { id, asset_type: Some(1), facts, ..Draft::default() }
}

#[tokio::test]
async fn what_is_explained_is_what_the_table_shows() {
    let fixture = fixture().await;
    fixture.plain(vec![asset_type(1, "Laptops")]).await;
    fixture.assets(&[draft(1, 2019), draft(2, 2019), draft(3, 2026)]).await;
    let edit = AssetEdit::Lock {
        target: Target::PurchaseDate,
        value: day(2025, 5, 5),
        reason: "invoice".to_owned(),
    };
    let change = ChangeAsset {
        connection: fixture.connection,
        remote_id: &RemoteId::from(2),
        expected_version: 0,
        edit: &edit,
        by: &Author::user("7", "Ann"),
        at_ms: START_MS,
    };
    fixture
        .store
        .asset_choice_change(&change)
        .await
        .expect("the database works")
        .expect("nothing is in its way");
    let fleets = Fleets::new(options());
    let fleet = fleets.get(&fixture.store, moment(0)).await.expect("the database works");
    for asset in fleet.assets() {
        let id = RemoteId::new(asset.remote_id());
        let why = fleet
            .why(&fixture.store, &id)
            .await
            .expect("the database works")
            .expect("nothing is in its way");
        assert_eq!(why.verdict, fleet.verdict(asset));
        assert_eq!(why.verdict.unwrap().graded.grade, asset.grade);
    }
    let why = fleet
        .why(&fixture.store, &RemoteId::from(2))
        .await
        .expect("the database works")
        .expect("nothing is in its way");
    let provenance = why.facts.provenance(Target::PurchaseDate);
    assert_ne!(provenance.value, provenance.psa.map(|fact| &fact.value));
    assert_eq!(provenance.lock.unwrap().by.name, "Ann");
    assert!(
        fleet.why(&fixture.store, &RemoteId::from(99)).await.expect("the database works").is_none()
    );
    fixture.end_scan(Stream::Assets, &[3], 1).await;
    let gone = fleet
        .why(&fixture.store, &RemoteId::from(3))
        .await
        .expect("the database works")
        .expect("nothing is in its way");
    assert_eq!(gone.deleted_at, Some(START_MS + 1));
}

#[tokio::test]
async fn a_preview_comes_true() {
    let fixture = fixture().await;
    fixture.plain(vec![asset_type(1, "Laptops"), asset_type(2, "Servers")]).await;
    let mut drafts: Vec<Draft> = (2016..2027).map(|year| draft(i64::from(year), year)).collect();
    drafts.push(Draft { asset_type: Some(2), ..draft(1, 2010) });
    fixture.assets(&drafts).await;
    let fleets = Fleets::new(options());
    let before = fleets.get(&fixture.store, moment(0)).await.expect("the database works");
    assert!(before.preview(before.rulebook()).is_empty());

    let mut book = before.rulebook().clone();
    let mut policy = book.policies.kind(Kind::Laptop);
    policy.age_months = Some(36);
    book.policies.set_kind(Kind::Laptop, policy);
    book.kinds.set(RemoteId::from(2), KindChoice::Ignored);
    let preview = before.preview(&book);
    assert_eq!(preview.hidden, 1);
    let save = SaveRulebook {
        expected_version: 0,
        book: &book,
        note: "",
        by: &Author::program("test"),
        at_ms: 1,
    };
    fixture
        .store
        .rulebook_save(&save)
        .await
        .expect("the database works")
        .expect("nothing is in its way");
    let after = fleets.get(&fixture.store, moment(1)).await.expect("the database works");
    assert_eq!(after.rulebook_version(), Some(1));
    assert_eq!(after.assets().len(), before.assets().len() - 1);
    let mut changed = 0;
    for asset in before.assets() {
        let Some(at) = after.find(&RemoteId::new(asset.remote_id())) else { continue };
        changed += usize::from(after.asset(at).grade != asset.grade);
    }
    assert_eq!(preview.changed.len(), changed);
    assert!(preview.pairs[&(Grade::Healthy, Grade::Replace)] > 0);
    assert_eq!(preview.pairs.values().sum::<u32>() as usize, changed);
    assert_eq!(after.tally().money_due - before.tally().money_due, preview.money_due);

    let back = after.preview(before.rulebook());
    assert_eq!((back.shown, back.money_due), (1, -preview.money_due));
}
