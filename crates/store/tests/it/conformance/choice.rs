//! What people decide about an asset merges by field, and leaves its history.

use almanac_model::asset::{RemoteAsset, RemoteField};
use almanac_model::author::Author;
use almanac_model::chain::Target;
use almanac_model::choice::{AssetEdit, ChoiceField};
use almanac_model::class::ClassId;
use almanac_model::fact::{Fact, FactValue, Facts};
use almanac_model::grade::{Grade, Kept, Manual};
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use almanac_store::testing::{Engine, START_MS, TestStore, fresh};
use almanac_store::{
    AssetChoiceRow, ChangeAsset, ChangeCause, EditConflict, EditRefused, FactChange, NewRun,
    PageCommit, RecordWrite, RunCause, ScanFinish, StoreError,
};

use crate::fixture::{Fixture, LIMITS, fixture, owner, session};

fn ann() -> Author {
    Author::user("1", "Ann")
}

fn bob() -> Author {
    Author::user("2", "Bob")
}

fn day(text: &str) -> FactValue {
    FactValue::of_person(Target::PurchaseDate, text).expect("a date")
}

fn facts(purchased_on: &str) -> Facts {
    let mut facts = Facts::default();
    let fact = Fact {
        value: day(purchased_on),
        link: 0,
        field: RemoteField::Standard("bought".to_owned()),
        text: purchased_on.to_owned(),
    };
    facts.values.insert(Target::PurchaseDate, fact);
    facts
}

fn asset(id: &str, facts: &Facts) -> RecordWrite {
    let body = serde_json::to_vec(facts).expect("plain data");
    let projection = Projection::Asset(RemoteAsset {
        remote_id: RemoteId::new(id),
        tag: None,
        client: None,
        site: None,
        asset_type: None,
        asset_type_name: None,
        status: None,
        is_inactive: false,
        is_placeholder: false,
        values: Vec::new(),
    });
    RecordWrite {
        remote_id: RemoteId::new(id),
        sha256: [u8::try_from(body.len()).unwrap_or(0); 32],
        facts: Some(String::from_utf8(body.clone()).expect("text")),
        body,
        projection: Some(projection),
        ..RecordWrite::default()
    }
}

async fn put(acme: &Fixture, generation: i64, rows: Vec<RecordWrite>) {
    let page = PageCommit {
        generation,
        at_ms: START_MS + generation,
        rows,
        scan_state: "{}".to_owned(),
        mapper_version: 1,
        ..PageCommit::new(&acme.fence, acme.connection, Stream::Assets)
    };
    acme.view.page_commit(&page).await.expect("a page can be committed");
}

/// A tenant with the assets 1 and 2, bought on 1 March 2019.
pub(super) async fn with_assets(test: &TestStore, name: &str) -> Fixture {
    let acme = fixture(test, name).await;
    let rows = ["1", "2"].map(|id| asset(id, &facts("2019-03-01")));
    put(&acme, 1, rows.to_vec()).await;
    acme
}

fn lock(date: &str) -> AssetEdit {
    let (value, reason) = (day(date), "by the invoice".to_owned());
    AssetEdit::Lock { target: Target::PurchaseDate, value, reason }
}

fn manual(grade: Grade) -> AssetEdit {
    AssetEdit::Manual(Manual { grade, reason: "as agreed".to_owned() })
}

async fn edit(
    acme: &Fixture,
    id: &str,
    (expected_version, edit, by): (i64, &AssetEdit, &Author),
    at_ms: i64,
) -> Result<AssetChoiceRow, EditRefused> {
    let change = ChangeAsset {
        connection: acme.connection,
        remote_id: &RemoteId::new(id),
        expected_version,
        edit,
        by,
        at_ms: START_MS + at_ms,
    };
    acme.view.asset_choice_change(&change).await.expect("the database works")
}

async fn history(acme: &Fixture, id: &str) -> Vec<FactChange> {
    let changes = acme.view.fact_changes(acme.connection, &RemoteId::new(id), 100).await;
    changes.expect("read")
}

pub(super) async fn an_edit_is_kept_with_its_history_and_audit(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    let id = RemoteId::new("1");
    let none = acme.view.asset_choice(acme.connection, &id).await.expect("read");
    assert_eq!(none, None);
    let locked = edit(&acme, "1", (0, &lock("2024-03-01"), &ann()), 10).await.expect("no conflict");
    let keep = AssetEdit::Keep(Kept {
        until: "2027-03-31".parse().expect("a date"),
        reason: "the client accepts it".to_owned(),
    });
    let kept = edit(&acme, "1", (1, &keep, &bob()), 11).await.expect("no conflict");
    let kept = edit(&acme, "1", (2, &AssetEdit::Class(ClassId(3)), &bob()), 12)
        .await
        .map(|row| (kept.change_seq < row.change_seq).then_some(row).expect("numbers grow"))
        .expect("no conflict");
    let stored = acme.view.asset_choice(acme.connection, &id).await.expect("read");
    assert_eq!(stored.as_ref(), Some(&kept), "what was told is what is kept");
    let choice = kept.choice;
    assert_eq!(choice.version, 3);
    let lock_kept = choice.locks.get(Target::PurchaseDate).expect("locked");
    assert_eq!((&lock_kept.by, &lock_kept.before), (&ann(), &Some(day("2019-03-01"))));
    assert_eq!(choice.locks, locked.choice.locks);
    assert_eq!(choice.choices.class, Some(ClassId(3)));
    assert_eq!(
        choice.choices.kept.map(|kept| kept.until.to_string()).as_deref(),
        Some("2027-03-31")
    );

    let unlock = AssetEdit::Unlock { target: Target::PurchaseDate };
    edit(&acme, "1", (3, &unlock, &bob()), 13).await.expect("no conflict");
    let changes = history(&acme, "1").await;
    let shown: Vec<_> = changes
        .iter()
        .map(|change| {
            let (old, new) = (change.old_value.as_deref(), change.new_value.as_deref());
            (change.field.name(), old, new, change.at - START_MS)
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("purchase_date", Some("2024-03-01"), Some("2019-03-01"), 13),
            ("class", None, Some("3"), 12),
            ("kept", None, Some("2027-03-31"), 11),
            ("purchase_date", Some("2019-03-01"), Some("2024-03-01"), 10),
        ]
    );
    assert_eq!(changes[0].cause, ChangeCause::Unlocked { by: bob() });
    let reason = "by the invoice".to_owned();
    assert_eq!(changes[3].cause, ChangeCause::Locked { by: ann(), reason });
    let audit = acme.view.audit_list(None, 4).await.expect("read");
    let told: Vec<_> =
        audit.iter().map(|e| (e.audit.action.as_str(), e.audit.actor.as_str())).collect();
    assert_eq!(
        told,
        [
            ("asset.unlock", "Bob"),
            ("asset.class", "Bob"),
            ("asset.keep", "Bob"),
            ("asset.lock", "Ann"),
        ]
    );
    assert_eq!(audit[0].audit.subject, "asset 1");
}

pub(super) async fn edits_of_two_fields_merge_and_of_one_conflict(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    edit(&acme, "1", (0, &lock("2024-03-01"), &ann()), 10).await.expect("the first");
    let merged =
        edit(&acme, "1", (0, &manual(Grade::Plan), &bob()), 11).await.expect("another field");
    assert_eq!(merged.choice.version, 2);
    assert!(merged.choice.locks.get(Target::PurchaseDate).is_some());
    let refused = edit(&acme, "1", (1, &manual(Grade::Replace), &ann()), 12)
        .await
        .expect_err("the same field");
    let EditRefused::Conflict(conflict) = refused else { panic!("a conflict") };
    let EditConflict { field, present, touch, choice } = *conflict;
    assert_eq!((field, present.as_deref()), (ChoiceField::Manual, Some("plan")));
    assert_eq!((touch.by, touch.at_ms), (bob(), START_MS + 11));
    assert_eq!(choice, merged.choice);
    // Sent twice, it is no conflict and no change.
    let again = edit(&acme, "1", (0, &manual(Grade::Plan), &bob()), 13).await.expect("it applies");
    assert_eq!(again, merged);
    assert_eq!(history(&acme, "1").await.len(), 2);
    let seen = edit(&acme, "1", (2, &manual(Grade::Replace), &ann()), 14).await;
    assert_eq!(seen.expect("who saw it may change it").choice.version, 3);
}

pub(super) async fn only_an_asset_that_is_there_can_be_edited(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    let other = fixture(&test, "other").await;
    let no_such = Err(EditRefused::NoSuchAsset);
    let lock = lock("2024-03-01");
    assert_eq!(edit(&acme, "3", (0, &lock, &ann()), 10).await, no_such);
    assert_eq!(edit(&other, "1", (0, &lock, &ann()), 10).await, no_such, "it is another tenant's");
    let finish = ScanFinish {
        fence: &acme.fence,
        connection: acme.connection,
        stream: Stream::Assets,
        generation: 1,
        at_ms: START_MS + 5,
        remove: &[RemoteId::new("2")],
        held: None,
        receipt: None,
    };
    acme.view.scan_finish(&finish).await.expect("a scan can be finished");
    assert_eq!(edit(&acme, "2", (0, &lock, &ann()), 10).await, no_such, "the PSA no longer has it");
    let change = ChangeAsset {
        connection: acme.connection,
        remote_id: &RemoteId::new("1"),
        expected_version: 0,
        edit: &manual(Grade::Kept),
        by: &ann(),
        at_ms: START_MS,
    };
    let refused = acme.view.asset_choice_change(&change).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    assert!(acme.view.asset_choices_after(acme.connection, 0, 10).await.expect("read").is_empty());
}

pub(super) async fn choices_are_listed_by_their_change(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (acme, other) = (with_assets(&test, "acme").await, with_assets(&test, "other").await);
    let head = acme.view.change_head().await.expect("read");
    edit(&acme, "2", (0, &lock("2024-03-01"), &ann()), 10).await.expect("no conflict");
    edit(&acme, "1", (0, &lock("2024-03-01"), &ann()), 11).await.expect("no conflict");
    edit(&other, "1", (0, &lock("2024-03-01"), &ann()), 12).await.expect("no conflict");
    let after = async |after| {
        let rows = acme.view.asset_choices_after(acme.connection, after, 10).await.expect("read");
        rows.into_iter()
            .map(|row| (row.remote_id.into_string(), row.change_seq))
            .collect::<Vec<_>>()
    };
    let all = after(head.seq).await;
    assert_eq!(all.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["2", "1"]);
    assert_eq!(after(all[0].1).await, all[1..]);
    let now = acme.view.change_head().await.expect("read");
    assert_eq!(now.seq, all[1].1, "whoever holds the assets sees that something changed");
    session(&acme.view, &owner(&acme.view).await, 1).await;
    let visit = acme.view.visit(&[1; 32], START_MS, LIMITS).await.expect("read");
    let visit = visit.expect("signed in");
    assert_eq!(visit.head, now, "a visit tells the same");
    assert_eq!(Some(visit.pulse), acme.view.pulse().await.expect("read"));
    edit(&acme, "2", (1, &AssetEdit::Class(ClassId(1)), &ann()), 13).await.expect("no conflict");
    assert_eq!(after(now.seq).await[0].0, "2");
}

pub(super) async fn two_editors_at_once_lose_nothing(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    let (ann, bob) = (ann(), bob());
    let (lock, manual) = (lock("2024-03-01"), manual(Grade::Plan));
    let (one, two) = tokio::join!(
        edit(&acme, "1", (0, &lock, &ann), 10),
        edit(&acme, "1", (0, &manual, &bob), 10),
    );
    let newest =
        one.expect("its field is free").choice.version.max(two.expect("so is its").choice.version);
    assert_eq!(newest, 2);
    let (class_one, class_two) = (AssetEdit::Class(ClassId(1)), AssetEdit::Class(ClassId(2)));
    let (one, two) = tokio::join!(
        edit(&acme, "1", (2, &class_one, &ann), 11),
        edit(&acme, "1", (2, &class_two, &bob), 11),
    );
    assert_ne!(one.is_ok(), two.is_ok(), "one of them sees the other's");
    assert_eq!(history(&acme, "1").await.len(), 3);
}

pub(super) async fn a_changed_fact_leaves_its_earlier_value(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = with_assets(&test, "acme").await;
    assert!(history(&acme, "1").await.is_empty(), "there was nothing before");
    let run = NewRun {
        kind: "sync",
        cause: &RunCause::CommandLine,
        connection: Some(acme.connection),
        at_ms: START_MS,
    };
    let run = acme.view.run_start(run).await.expect("a run can be started");
    let (before, after) = (facts("2019-03-01"), facts("2020-04-02"));
    let changes = after.changes_since(&before);
    let page = PageCommit {
        generation: 2,
        at_ms: START_MS + 20,
        rows: vec![RecordWrite { changes, ..asset("1", &after) }, asset("2", &before)],
        scan_state: "{}".to_owned(),
        run: Some(run),
        mapper_version: 1,
        ..PageCommit::new(&acme.fence, acme.connection, Stream::Assets)
    };
    acme.view.page_commit(&page).await.expect("a page can be committed");
    let want = FactChange {
        field: ChoiceField::Fact(Target::PurchaseDate),
        at: START_MS + 20,
        cause: ChangeCause::Psa { run: Some(run) },
        old_value: Some("2019-03-01".to_owned()),
        old_source: Some(RemoteField::Standard("bought".to_owned())),
        new_value: Some("2020-04-02".to_owned()),
    };
    assert_eq!(history(&acme, "1").await, [want]);
    assert!(history(&acme, "2").await.is_empty());
    let other = with_assets(&test, "other").await;
    assert!(history(&other, "1").await.is_empty(), "tenants are apart");
}
