//! Keys of programs: no more than their user, and no longer.

use almanac_model::role::Role;
use almanac_store::testing::{Engine, START_MS, fresh};
use almanac_store::{ApiKey, ApiScope, NewApiKey, StoreError, TenantStore};
use uuid::Uuid;

use crate::fixture::{BY, api_key, ids, owner, user};

async fn is_usable(view: &TenantStore, secret: u8) -> bool {
    view.api_key_find(&[secret; 32]).await.expect("read").is_some()
}

pub(super) async fn a_secret_leads_to_its_key_and_user(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let ada = user(&view, "ada@acme.example", Role::Manager).await;
    let key = api_key(&view, &ada, 1).await;
    assert_eq!(key.scopes, [ApiScope::Read, ApiScope::Write]);
    let found = view.api_key_find(&[1; 32]).await.expect("read");
    assert_eq!(found, Some((key.clone(), ada.clone())));
    assert!(!is_usable(&view, 2).await);
    let (_, other) = test.tenant_named("other").await;
    assert!(!is_usable(&other, 1).await);
    assert_eq!(other.api_key_list(None).await.expect("read"), []);
    assert!(!other.api_key_revoke(ada.id, key.id, BY).await.expect("works"));
    other.api_key_touch(key.id, START_MS).await.expect("changes nothing");
    let used = async |now_ms: i64| {
        view.api_key_touch(key.id, now_ms).await.expect("works");
        let (key, _) = view.api_key_find(&[1; 32]).await.expect("read").expect("usable");
        (key.last_used_at, key.is_touch_due(now_ms))
    };
    assert!(key.is_touch_due(START_MS) && key.last_used_at.is_none());
    assert_eq!(used(START_MS).await, (Some(START_MS), false));
    assert_eq!(used(START_MS + 59_999).await, (Some(START_MS), false));
    assert_eq!(used(START_MS + 60_000).await, (Some(START_MS + 60_000), false));
}

pub(super) async fn a_key_is_of_no_use_when_its_user_may_not(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let ada = user(&view, "ada@acme.example", Role::Manager).await;
    api_key(&view, &ada, 1).await;
    view.user_set_role(ada.id, Role::ReadOnly, BY).await.expect("works");
    assert!(!is_usable(&view, 1).await);
    view.user_set_role(ada.id, Role::Manager, BY).await.expect("works");
    view.user_set_clients(ada.id, Some(&ids(&["7"])), BY).await.expect("works");
    let (_, seen) = view.api_key_find(&[1; 32]).await.expect("read").expect("usable");
    assert_eq!(seen.clients, Some(ids(&["7"])));
    view.user_set_active(ada.id, false, BY).await.expect("works");
    assert!(!is_usable(&view, 1).await);
}

pub(super) async fn a_revoked_key_is_of_no_use_and_stays_listed(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let ada = user(&view, "ada@acme.example", Role::Manager).await;
    let (first, second) = (api_key(&view, &ada, 1).await, api_key(&view, &ada, 2).await);
    let of_owner = api_key(&view, &owner(&view).await, 3).await;
    assert!(!view.api_key_revoke(ada.id, of_owner.id, BY).await.expect("works"), "only one's own");
    assert!(view.api_key_revoke(ada.id, first.id, BY).await.expect("works"));
    assert!(!view.api_key_revoke(ada.id, first.id, BY).await.expect("works"), "it is already");
    assert!(!is_usable(&view, 1).await && is_usable(&view, 2).await);
    let listed = view.api_key_list(Some(ada.id)).await.expect("read");
    assert_eq!(listed.len(), 2);
    let revoked = ApiKey { revoked_at: Some(BY.at_ms), ..first };
    assert!(listed.contains(&second) && listed.contains(&revoked));
    assert_eq!(view.api_key_list(None).await.expect("read").len(), 3);
}

pub(super) async fn a_key_needs_a_user_a_name_and_a_scope(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (_, view) = test.tenant_named("acme").await;
    let new = NewApiKey {
        user: owner(&view).await.id,
        name: "script",
        scopes: &[ApiScope::Read],
        secret_sha256: [1; 32],
        by: BY,
    };
    for wrong in [NewApiKey { name: " ", ..new }, NewApiKey { scopes: &[], ..new }] {
        let refused = view.api_key_create(wrong).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
    let nobody = NewApiKey { user: Uuid::nil(), ..new };
    assert_eq!(view.api_key_create(nobody).await.expect("works"), None);
    let made = view.api_key_create(new).await.expect("works").expect("there");
    assert_eq!(made.scopes, [ApiScope::Read]);
    let entries = view.audit_list(None, 1).await.expect("read");
    assert_eq!(entries[0].audit.action, "api_key.create");
    assert_eq!(entries[0].audit.subject, format!("api_key {}", made.id));
}
