//! A tenant's rulebook has versions that are only added.

use almanac_model::author::Author;
use almanac_model::class::Classes;
use almanac_model::kind::Kind;
use almanac_model::money::Currency;
use almanac_model::rulebook_edit::RulebookEdit;
use almanac_model::verdict::Rulebook;
use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{RulebookHead, RulebookMoved, SaveRulebook, StoreError, TenantStore};

fn book(years: u32) -> Rulebook {
    let currency = Currency::new("EUR").expect("a currency");
    let book = Rulebook { classes: Classes::placeholders(currency), ..Rulebook::default() };
    let edit = RulebookEdit::SetKindAge { kind: Kind::Laptop, months: Some(years * 12) };
    book.edited(&edit).expect("a sound edit")
}

async fn save(
    view: &TenantStore,
    expected_version: i64,
    book: &Rulebook,
    at_ms: i64,
) -> Result<RulebookHead, RulebookMoved> {
    let by = Author::user("1", "Ann");
    let note = format!("at {at_ms}");
    let save = SaveRulebook { expected_version, book, note: &note, by: &by, at_ms };
    view.rulebook_save(&save).await.expect("the database works")
}

pub(super) async fn versions_are_added_and_never_changed(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (tenant, view) = test.tenant_named("acme").await;
    let (_, other) = test.tenant_named("other").await;
    assert_eq!(view.rulebook_current().await.expect("read"), None);
    let head = view.change_head().await.expect("read");
    let first = save(&view, 0, &book(5), START_MS).await.expect("the first");
    let second = save(&view, 1, &book(6), START_MS + 1).await.expect("the second");
    assert!(head.seq < first.change_seq && first.change_seq < second.change_seq);
    let current = view.rulebook_current().await.expect("read").expect("there is one");
    assert_eq!((&current.head, &current.book), (&second, &book(6)));
    // Undo is saving an earlier body again.
    let earlier = view.rulebook_version(1).await.expect("read").expect("it is kept");
    assert_eq!((&earlier.head, &earlier.book), (&first, &book(5)));
    let third = save(&view, 2, &earlier.book, START_MS + 2).await.expect("the third");
    let list = view.rulebook_list(None, 10).await.expect("read");
    assert_eq!(list, [third.clone(), second, first.clone()]);
    assert_eq!(view.rulebook_list(Some(2), 10).await.expect("read"), [first]);
    assert_eq!(view.rulebook_version(4).await.expect("read"), None);
    assert_eq!(other.rulebook_current().await.expect("read"), None, "tenants are apart");
    assert!(other.rulebook_list(None, 10).await.expect("read").is_empty());
    let audit = view.audit_list(None, 1).await.expect("read").remove(0).audit;
    assert_eq!((audit.action.as_str(), audit.subject.as_str()), ("rulebook.save", "rulebook 3"));
    if engine == Engine::Postgres {
        for sql in
            ["UPDATE rulebook SET note = ''", "DELETE FROM rulebook", "DELETE FROM fact_change"]
        {
            assert!(test.script_as(tenant.id, sql).await.is_err(), "{sql}");
        }
    }
}

pub(super) async fn a_version_saved_meanwhile_is_told(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let nothing = save(&view, 1, &book(5), START_MS).await.expect_err("there is none");
    assert_eq!(nothing, RulebookMoved { newest: None });
    let (five, six) = (book(5), book(6));
    let (one, two) =
        tokio::join!(save(&view, 0, &five, START_MS), save(&view, 0, &six, START_MS + 1));
    let (saved, refused) = match (one, two) {
        (Ok(saved), Err(refused)) | (Err(refused), Ok(saved)) => (saved, refused),
        both => panic!("exactly one is saved: {both:?}"),
    };
    assert_eq!(refused, RulebookMoved { newest: Some(saved) });
    assert_eq!(view.rulebook_list(None, 10).await.expect("read").len(), 1);
}

pub(super) async fn a_rulebook_that_is_not_sound_is_refused(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let mut book = book(5);
    let mut policy = book.policies.kind(Kind::Server);
    policy.age_months = Some(400);
    book.policies.set_kind(Kind::Server, policy);
    let by = Author::program("command line");
    let save =
        SaveRulebook { expected_version: 0, book: &book, note: "", by: &by, at_ms: START_MS };
    let refused = view.rulebook_save(&save).await;
    let Err(StoreError::Invalid(text)) = refused else { panic!("refused: {refused:?}") };
    assert!(text.contains("policies.server.age"), "{text}");
    assert_eq!(view.rulebook_current().await.expect("read"), None);
}

pub(super) async fn one_old_fault_is_mended_beside_another(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (tenant, view) = test.tenant_named("acme").await;
    save(&view, 0, &book(5), START_MS).await.expect("the first");
    // As a version with other limits may have saved it.
    let aged = |months: [u32; 2]| {
        let mut aged = book(5);
        for (kind, months) in [Kind::Server, Kind::Printer].into_iter().zip(months) {
            let mut policy = aged.policies.kind(kind);
            policy.age_months = Some(months);
            aged.policies.set_kind(kind, policy);
        }
        aged
    };
    let body = serde_json::to_string(&aged([400, 400])).expect("plain data");
    let sql = format!("UPDATE rulebook SET body = '{body}' WHERE tenant_id = {}", tenant.id);
    test.script(sql).await.expect("works");
    let mended = save(&view, 1, &aged([84, 400]), START_MS + 1).await.expect("one at a time");
    assert_eq!(mended.version, 2);
    let by = Author::program("command line");
    let worse = aged([400, 400]);
    let again =
        SaveRulebook { expected_version: 2, book: &worse, note: "", by: &by, at_ms: START_MS };
    let refused = view.rulebook_save(&again).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "it is brought in again: {refused:?}");
    save(&view, 2, &aged([84, 60]), START_MS + 2).await.expect("the other");
}
