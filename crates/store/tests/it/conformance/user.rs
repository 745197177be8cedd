//! Users: roles, limits, passwords, and that a tenant always has an owner.

use almanac_model::id::RemoteId;
use almanac_model::role::{Permission, Role};
use almanac_store::testing::{Engine, START_MS, fresh, fresh_unmigrated};
use almanac_store::{
    AuditVerdict, NewPassword, NewTenant, NewUser, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, Store,
    StoreError, TenantStore, User,
};
use secrecy::SecretString;
use tokio::task::JoinSet;

use crate::fixture::{BY, PASSWORD, ids, new_user, owner, user};

async fn actions(view: &TenantStore) -> Vec<String> {
    let entries = view.audit_list(None, 99).await.expect("read");
    let mut actions: Vec<_> = entries.into_iter().map(|entry| entry.audit.action).collect();
    actions.reverse();
    actions
}

pub(super) async fn the_owner_signs_in_with_the_password_only(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (tenant, view) = test.tenant_named("Acme").await;
    let owner = owner(&view).await;
    assert_eq!((owner.email.as_str(), owner.name.as_str()), ("owner@acme.example", "owner"));
    assert_eq!((owner.role, owner.is_active, &owner.clients), (Role::Owner, true, &None));
    for (email, password, want) in [
        (" Owner@acme.example", "correct horse", true),
        ("owner@acme.example", "wrong", false),
        ("owner@acme.example", "", false),
        ("nobody@acme.example", "correct horse", false),
    ] {
        let found = view.user_verify(email, &SecretString::from(password)).await.expect("read");
        assert_eq!(found, want.then(|| owner.clone()), "{email} {password}");
        let found = test.sign_in(email, &SecretString::from(password)).await.expect("read");
        let want: Vec<_> = want.then(|| (tenant.id, owner.clone())).into_iter().collect();
        assert_eq!(found, want, "{email} {password}");
    }
}

pub(super) async fn an_address_leads_to_the_tenants_where_it_signs_in(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (acme, acme_view) = test.tenant_named("acme").await;
    let (other, other_view) = test.tenant_named("other").await;
    user(&acme_view, "ada@both.example", Role::Manager).await;
    let there = user(&other_view, "ada@both.example", Role::ReadOnly).await;
    let tenants = test.sign_in_tenants("ADA@both.example ").await.expect("read");
    assert_eq!(tenants, [acme.id, other.id]);
    assert_eq!(test.sign_in_tenants("nobody@both.example").await.expect("read"), []);
    let new = NewPassword {
        user: there.id,
        password: SecretString::from("another password"),
        keep_session: None,
        by: BY,
    };
    other_view.user_set_password(new).await.expect("set").expect("there");
    let found = test.sign_in("ada@both.example", &SecretString::from(PASSWORD)).await;
    let found: Vec<_> = found.expect("read").into_iter().map(|(tenant, _)| tenant).collect();
    assert_eq!(found, [acme.id], "each tenant has its own password");
    other_view.user_set_active(there.id, false, BY).await.expect("works");
    assert_eq!(test.sign_in_tenants("ada@both.example").await.expect("read"), [acme.id]);
}

pub(super) async fn a_user_is_made_once_and_read_as_made(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let new = NewUser {
        name: " Ada Löw ".to_owned(),
        clients: Some(ids(&["9", "10", "9"])),
        ..new_user(" Ada@acme.example", Role::Technician)
    };
    let made = view.user_create(new).await.expect("made");
    assert_eq!((made.email.as_str(), made.name.as_str()), ("ada@acme.example", "Ada Löw"));
    assert_eq!(made.clients, Some(ids(&["10", "9"])));
    assert_eq!((made.created_at, made.password_changed_at), (START_MS, START_MS));
    assert_eq!(view.user_by_id(made.id).await.expect("read").as_ref(), Some(&made));
    assert_eq!(view.user_list().await.expect("read").first(), Some(&made));
    let found = view.user_verify("ada@acme.example", &SecretString::from(PASSWORD)).await;
    assert_eq!(found.expect("read"), Some(made));
    let again = view.user_create(new_user("ADA@acme.example", Role::Owner)).await;
    assert!(matches!(again, Err(StoreError::EmailTaken)), "{again:?}");
    let (_, other) = test.tenant_named("other").await;
    other
        .user_create(new_user("ada@acme.example", Role::Owner))
        .await
        .expect("elsewhere it is free");
}

pub(super) async fn what_cannot_be_a_user_is_refused(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let new = || new_user("ada@acme.example", Role::ReadOnly);
    let password = |count| SecretString::from("ä".repeat(count));
    for (new, why) in [
        (NewUser { email: "ada".to_owned(), ..new() }, "no address"),
        (NewUser { name: "x".repeat(201), ..new() }, "a long name"),
        (NewUser { password: password(PASSWORD_CHARS_MIN - 1), ..new() }, "a short password"),
        (NewUser { password: password(PASSWORD_BYTES_MAX), ..new() }, "a long password"),
        (NewUser { role: Role::Owner, clients: Some(Vec::new()), ..new() }, "a limited owner"),
    ] {
        let refused = view.user_create(new).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{why}: {refused:?}");
    }
    assert_eq!(view.user_list().await.expect("read").len(), 1);
    let made = NewUser { password: password(PASSWORD_CHARS_MIN), ..new() };
    view.user_create(made).await.expect("just long enough");
}

pub(super) async fn the_last_active_owner_stays_one(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let (first, lead) = (owner(&view).await, user(&view, "lead@acme.example", Role::Manager).await);
    let refused = |answer: Result<Option<User>, StoreError>| {
        assert!(matches!(answer, Err(StoreError::LastOwner)), "{answer:?}");
    };
    refused(view.user_set_role(first.id, Role::Administrator, BY).await);
    refused(view.user_set_active(first.id, false, BY).await);
    assert_eq!(view.user_by_id(first.id).await.expect("read"), Some(first.clone()));
    // A second owner who may not sign in is none.
    view.user_set_role(lead.id, Role::Owner, BY).await.expect("works").expect("there");
    view.user_set_active(lead.id, false, BY).await.expect("works").expect("there");
    refused(view.user_set_active(first.id, false, BY).await);
    view.user_set_active(lead.id, true, BY).await.expect("works").expect("there");
    view.user_set_active(first.id, false, BY).await.expect("works").expect("there");
    refused(view.user_set_role(lead.id, Role::Manager, BY).await);
    // Another tenant's owner does not help.
    let (_, other) = test.tenant_named("other").await;
    refused(other.user_set_active(owner(&other).await.id, false, BY).await);
}

pub(super) async fn two_owners_cannot_demote_each_other_at_once(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    for round in 0..5 {
        let (_, view) = test.tenant_named(&format!("acme{round}")).await;
        let second = user(&view, "second@acme.example", Role::Owner).await;
        let demotions: JoinSet<_> = [owner(&view).await.id, second.id]
            .into_iter()
            .map(|id| {
                let view = view.clone();
                async move { view.user_set_role(id, Role::Manager, BY).await }
            })
            .collect();
        let outcomes = demotions.join_all().await;
        let refused = outcomes.iter().filter(|o| matches!(o, Err(StoreError::LastOwner))).count();
        assert_eq!(refused, 1, "{outcomes:?}");
        let users = view.user_list().await.expect("read");
        assert_eq!(users.iter().filter(|user| user.role == Role::Owner).count(), 1);
    }
}

pub(super) async fn a_limit_to_clients_is_kept_and_lifted(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let lead = user(&view, "lead@acme.example", Role::Manager).await;
    let set = async |clients: Option<&[RemoteId]>| {
        view.user_set_clients(lead.id, clients, BY).await.expect("works").expect("there")
    };
    for (clients, sees, edits_rules) in [
        (Some(ids(&["7", "8"])), true, false),
        (Some(Vec::new()), false, false),
        (None, true, true),
    ] {
        let after = set(clients.as_deref()).await;
        assert_eq!(after.clients, clients);
        assert_eq!(after.sees(&RemoteId::new("7")), sees, "{clients:?}");
        assert_eq!(after.allows(Permission::EditRules), edits_rules, "{clients:?}");
        assert_eq!(view.user_by_id(lead.id).await.expect("read"), Some(after.clone()));
        let found = view.user_verify(&lead.email, &SecretString::from(PASSWORD)).await;
        assert_eq!(found.expect("read"), Some(after));
    }
    let many: Vec<_> = (0..1_200).map(|id| RemoteId::new(id.to_string())).collect();
    assert_eq!(set(Some(&many)).await.clients.map(|clients| clients.len()), Some(1_200));
    let refused = view.user_set_clients(owner(&view).await.id, Some(&many), BY).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    let promoted = view.user_set_role(lead.id, Role::Owner, BY).await.expect("works");
    assert_eq!(promoted.expect("there").clients, None);
    assert_eq!(view.user_by_id(lead.id).await.expect("read").expect("there").clients, None);
}

pub(super) async fn changes_of_a_user_are_in_the_audit(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let ada = user(&view, "ada@acme.example", Role::Manager).await;
    view.user_set_role(ada.id, Role::ReadOnly, BY).await.expect("works");
    view.user_set_role(ada.id, Role::ReadOnly, BY).await.expect("nothing to change");
    view.user_set_name(ada.id, " Ada ", BY).await.expect("works");
    view.user_set_clients(ada.id, Some(&ids(&["7"])), BY).await.expect("works");
    view.user_set_active(ada.id, false, BY).await.expect("works");
    view.user_set_active(ada.id, true, BY).await.expect("works");
    let password = SecretString::from("another password");
    let new = NewPassword { user: ada.id, password, keep_session: None, by: BY };
    view.user_set_password(new).await.expect("works");
    assert!(view.user_set_preferences(ada.id, "{\"a\":1}").await.expect("works"));
    assert_eq!(
        actions(&view).await,
        [
            "tenant.create",
            "user.create",
            "user.role",
            "user.name",
            "user.clients",
            "user.deactivate",
            "user.activate",
            "user.password"
        ]
    );
    assert!(matches!(view.audit_verify().await.expect("read"), AuditVerdict::Intact { count: 8 }));
    for entry in view.audit_list(None, 99).await.expect("read") {
        assert!(!entry.audit.detail.contains("password"), "{entry:?}");
    }
    let after = view.user_by_id(ada.id).await.expect("read").expect("there");
    assert_eq!((after.name.as_str(), after.role), ("Ada", Role::ReadOnly));
    assert_eq!(after.preferences, "{\"a\":1}");
    assert!(view.user_set_name(ada.id, " ", BY).await.is_err());
    assert!(view.user_set_preferences(ada.id, &"x".repeat(20_000)).await.is_err());
}

pub(super) async fn nobody_is_none_and_not_an_error(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let (_, other) = test.tenant_named("other").await;
    // Another tenant's user is as absent as one who never was.
    for id in [owner(&other).await.id, uuid::Uuid::nil()] {
        assert_eq!(view.user_by_id(id).await.expect("read"), None);
        assert_eq!(view.user_set_role(id, Role::ReadOnly, BY).await.expect("works"), None);
        assert_eq!(view.user_set_active(id, false, BY).await.expect("works"), None);
        assert_eq!(view.user_set_clients(id, None, BY).await.expect("works"), None);
        assert_eq!(view.user_set_name(id, "x", BY).await.expect("works"), None);
        assert!(!view.user_set_preferences(id, "{}").await.expect("works"));
        let right = view.user_password_matches(id, &SecretString::from("correct horse")).await;
        assert!(!right.expect("works"));
        let password = SecretString::from("another password");
        let new = NewPassword { user: id, password, keep_session: None, by: BY };
        assert_eq!(view.user_set_password(new).await.expect("works"), None);
    }
    assert!(owner(&other).await.is_active);
    assert_eq!(actions(&view).await, ["tenant.create"]);
}

pub(super) async fn a_set_up_is_done_once(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    assert!(test.is_empty().await.expect("read"));
    let new = || NewTenant {
        name: "Acme".to_owned(),
        owner_email: "ada@acme.example".to_owned(),
        owner_name: "Ada".to_owned(),
        owner_password: SecretString::from(PASSWORD),
        at_ms: START_MS,
    };
    let makers: JoinSet<_> = (0..3)
        .map(|_| {
            let store = Store::clone(&test);
            async move { store.tenant_create_first(new()).await.expect("works") }
        })
        .collect();
    let made: Vec<_> = makers.join_all().await.into_iter().flatten().collect();
    assert_eq!(made.len(), 1);
    assert!(!test.is_empty().await.expect("read"));
    assert_eq!(test.tenant_list().await.expect("read"), made);
    assert_eq!(owner(&test.tenant(made[0].id)).await.name, "Ada");
    assert_eq!(test.tenant_create_first(new()).await.expect("works"), None);
}

pub(super) async fn users_of_the_first_schema_are_kept(engine: Engine) {
    let Some(test) = fresh_unmigrated(engine).await else { return };
    test.migrate_to(1).await;
    let uuid = match engine {
        Engine::Sqlite => "x'0000000000000000000000000000000a'",
        Engine::Postgres => "'00000000-0000-0000-0000-00000000000a'",
    };
    test.script(format!(
        "INSERT INTO tenant (tenant_id, slug, name, created_at) VALUES (1, 'acme', 'Acme', 5); \
         INSERT INTO tenant_user (tenant_id, id, email, password_hash, role, created_at) \
         VALUES (1, {uuid}, 'ada@acme.example', 'x', 'owner', 5)"
    ))
    .await
    .expect("written as before");
    test.migrate(START_MS).await.expect("migrated");
    let ada = owner(&test.tenant(almanac_model::id::TenantId(1))).await;
    assert_eq!((ada.name.as_str(), ada.role, ada.is_active), ("ada", Role::Owner, true));
    assert_eq!((ada.clients, ada.preferences.as_str()), (None, "{}"));
    assert_eq!((ada.created_at, ada.password_changed_at), (5, 5));
    test.check_ready().await.expect("ready");
}
