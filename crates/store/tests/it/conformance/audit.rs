//! The audit shows tampering.

use almanac_store::testing::{Engine, START_MS, TestStore, fresh};
use almanac_store::{Audit, AuditVerdict, TenantStore};
use tokio::task::JoinSet;

async fn entries(view: &TenantStore, count: i64) {
    for number in 0..count {
        let entry = Audit {
            at: START_MS + number,
            actor: "owner\0".to_owned(),
            action: "export".to_owned(),
            subject: format!("stream {number}"),
            detail: "{}".to_owned(),
        };
        view.audit_append(&entry).await.expect("an entry can be appended");
    }
}

async fn verdict_after(engine: Engine, sql: &str) -> Option<AuditVerdict> {
    let test: TestStore = fresh(engine).await?;
    let (_, view) = test.tenant_named("acme").await;
    entries(&view, 4).await;
    assert_eq!(view.audit_verify().await.expect("read"), AuditVerdict::Intact { count: 5 });
    test.script(sql).await.expect("an owner of the database can do anything");
    Some(view.audit_verify().await.expect("read"))
}

pub(super) async fn a_chain_of_entries_is_intact(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    entries(&view, 3).await;
    // The first entry tells that the tenant was made.
    assert_eq!(view.audit_verify().await.expect("read"), AuditVerdict::Intact { count: 4 });
    let listed = view.audit_list(Some(4), 2).await.expect("read");
    assert_eq!(listed.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(listed[0].audit.subject, "stream 1");
    assert_eq!(listed[0].audit.at, START_MS + 1);
}

pub(super) async fn a_changed_entry_is_noticed(engine: Engine) {
    let sql = "UPDATE audit SET actor = 'nobody' WHERE seq = 3";
    let Some(verdict) = verdict_after(engine, sql).await else { return };
    assert_eq!(verdict, AuditVerdict::Broken { seq: 3 });
}

pub(super) async fn a_removed_entry_is_noticed(engine: Engine) {
    let sql = "DELETE FROM audit WHERE seq = 2; UPDATE audit SET seq = seq - 1 WHERE seq = 3;";
    let Some(verdict) = verdict_after(engine, sql).await else { return };
    assert_eq!(verdict, AuditVerdict::Broken { seq: 2 });
}

pub(super) async fn cut_entries_are_noticed(engine: Engine) {
    let sql = "DELETE FROM audit WHERE seq > 3; UPDATE audit_head SET seq = 3";
    let Some(verdict) = verdict_after(engine, sql).await else { return };
    assert_eq!(verdict, AuditVerdict::Broken { seq: 4 });
    let sql = "DELETE FROM audit; DELETE FROM audit_head";
    let verdict = verdict_after(engine, sql).await.expect("it was at hand before");
    // Nothing at all is a tenant without entries; every tenant has one from its making.
    assert_eq!(verdict, AuditVerdict::Broken { seq: 1 });
}

pub(super) async fn entries_written_at_once_form_one_chain(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let writers: JoinSet<_> = (0..4)
        .map(|_| {
            let view = view.clone();
            async move { entries(&view, 5).await }
        })
        .collect();
    writers.join_all().await;
    assert_eq!(view.audit_verify().await.expect("read"), AuditVerdict::Intact { count: 21 });
}

pub(super) async fn a_tenants_work_cannot_change_an_entry(engine: Engine) {
    // SQLite has no roles; there the type has no method that would.
    if engine == Engine::Sqlite {
        return;
    }
    let Some(test) = fresh(engine).await else { return };
    let (tenant, view) = test.tenant_named("acme").await;
    for sql in ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"] {
        assert!(test.script_as(tenant.id, sql).await.is_err(), "{sql}");
    }
    assert_eq!(view.audit_verify().await.expect("read"), AuditVerdict::Intact { count: 1 });
}
