//! A receipt is as it was written, or the check says where the chain breaks.

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_store::testing::{Engine, START_MS, TestStore, fresh};
use almanac_store::{Corrected, NewReceipt, RECEIPTS_MAX, ReceiptKind, ReceiptTold};

use crate::fixture::{Fixture, fixture};

fn receipt(theirs: u64) -> NewReceipt {
    let record = Corrected { remote_id: RemoteId::new("7"), what: "name\0".to_owned() };
    let told = ReceiptTold { theirs, records: vec![record], ..ReceiptTold::default() };
    NewReceipt { kind: ReceiptKind::Scan, told }
}

async fn with_three(test: &TestStore) -> Fixture {
    let acme = fixture(test, "acme").await;
    for at in 0..3 {
        let (connection, stream) = (acme.connection, Stream::Assets);
        let added = acme.view.receipt_add(connection, stream, &receipt(7), START_MS + at).await;
        assert_eq!(added.expect("written"), at + 1);
    }
    let other = acme.view.receipt_add(acme.connection, Stream::Sites, &receipt(1), START_MS).await;
    assert_eq!(other.expect("written"), 1, "each stream has a chain of its own");
    acme
}

async fn broken_at(acme: &Fixture) -> Option<i64> {
    let verdicts = acme.view.receipt_check(acme.connection).await.expect("checked");
    assert_eq!(verdicts.len(), 2);
    assert!(verdicts.iter().all(|one| one.stream != Stream::Sites || one.broken_at.is_none()));
    verdicts.iter().find(|one| one.stream == Stream::Assets).expect("one of each").broken_at
}

pub(super) async fn a_chain_of_receipts_is_intact(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_three(&test).await;
    assert_eq!(broken_at(&acme).await, None);
    let listed = acme.view.receipt_list(acme.connection, Some(Stream::Assets), 2).await;
    let listed = listed.expect("read");
    let numbers: Vec<_> = listed.iter().map(|one| (one.seq, one.is_genuine)).collect();
    assert_eq!(numbers, [(3, true), (2, true)]);
    let latest = acme.view.receipt_latest(acme.connection).await.expect("read");
    assert_eq!(latest.len(), 2);
    assert!(latest.iter().all(|one| one.is_genuine));
}

pub(super) async fn a_changed_receipt_is_noticed(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_three(&test).await;
    let change = "UPDATE receipt SET told = replace(told, '\"theirs\":7', '\"theirs\":8') \
                  WHERE stream = 'assets' AND seq = 2";
    test.script(change).await.expect("an intruder can");
    assert_eq!(broken_at(&acme).await, Some(2));
    let listed = acme.view.receipt_list(acme.connection, Some(Stream::Assets), 9).await;
    let genuine: Vec<bool> = listed.expect("read").iter().map(|one| one.is_genuine).collect();
    assert_eq!(genuine, [true, false, true]);
}

pub(super) async fn a_removed_receipt_is_noticed_at_either_end(engine: Engine) {
    for (seq, want) in [(1, 1), (2, 2), (3, 3)] {
        let Some(test) = fresh(engine).await else { return };
        let acme = with_three(&test).await;
        let cut = format!("DELETE FROM receipt WHERE stream = 'assets' AND seq = {seq}");
        test.script(cut).await.expect("an intruder can");
        assert_eq!(broken_at(&acme).await, Some(want), "{seq}");
    }
}

pub(super) async fn old_receipts_are_forgotten_and_the_chain_holds(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_three(&test).await;
    for at in 3..RECEIPTS_MAX + 2 {
        let (connection, stream) = (acme.connection, Stream::Assets);
        acme.view.receipt_add(connection, stream, &receipt(7), START_MS + at).await.expect("kept");
    }
    assert_eq!(broken_at(&acme).await, None);
    let listed = acme.view.receipt_list(acme.connection, Some(Stream::Assets), 1_000).await;
    let listed = listed.expect("read");
    assert_eq!(i64::try_from(listed.len()), Ok(RECEIPTS_MAX));
    assert_eq!(listed.last().expect("many").seq, 3);
}
