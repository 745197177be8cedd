//! Sessions hold for as long as they should, and end when they must.

use almanac_model::role::Role;
use almanac_store::testing::{Engine, START_MS, TestStore, fresh, fresh_unmigrated};
use almanac_store::{NewPassword, NewSession, Session, TenantStore, User};
use secrecy::SecretString;

use crate::fixture::{BY, LIMITS, ids, owner, session, user};

async fn is_signed_in(view: &TenantStore, token: u8, now_ms: i64) -> bool {
    view.visit(&[token; 32], now_ms, LIMITS).await.expect("read").is_some()
}

/// A tenant, a second user of it, and the sessions 1 and 2 of that user.
async fn two_sessions(test: &TestStore) -> (TenantStore, User, [Session; 2]) {
    let (_, view) = test.tenant_named("acme").await;
    let ada = user(&view, "ada@acme.example", Role::Manager).await;
    let sessions = [session(&view, &ada, 1).await, session(&view, &ada, 2).await];
    (view, ada, sessions)
}

pub(super) async fn a_token_leads_to_its_user_in_its_tenant(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (view, ada, [first, _]) = two_sessions(&test).await;
    let found = view.visit(&[1; 32], START_MS + 1, LIMITS).await.expect("read");
    let found = found.expect("signed in").signed_in;
    assert_eq!((&found.session, &found.user, found.is_touch_due), (&first, &ada, false));
    assert!(!is_signed_in(&view, 9, START_MS).await, "an unknown token");
    let (_, other) = test.tenant_named("other").await;
    assert!(!is_signed_in(&other, 1, START_MS).await, "another tenant's token");
    assert_eq!(other.session_list(ada.id, START_MS, LIMITS).await.expect("read"), []);
    assert!(!other.session_end(ada.id, first.id, BY).await.expect("works"));
    assert_eq!(other.session_end_all(ada.id, None, BY).await.expect("works"), 0);
    assert!(is_signed_in(&view, 1, START_MS).await);
}

pub(super) async fn a_session_sees_its_user_as_of_now(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (view, ada, _) = two_sessions(&test).await;
    view.user_set_role(ada.id, Role::ReadOnly, BY).await.expect("works");
    view.user_set_clients(ada.id, Some(&ids(&["7"])), BY).await.expect("works");
    let found = view.visit(&[1; 32], START_MS, LIMITS).await.expect("read");
    let user = found.expect("signed in").signed_in.user;
    assert_eq!((user.role, user.clients), (Role::ReadOnly, Some(ids(&["7"]))));
    view.user_set_active(ada.id, false, BY).await.expect("works");
    assert!(!is_signed_in(&view, 1, START_MS).await);
    view.user_set_active(ada.id, true, BY).await.expect("works");
    assert!(!is_signed_in(&view, 1, START_MS).await, "what ended does not come back");
}

pub(super) async fn an_idle_or_old_session_ends_by_itself(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (view, ada, [first, second]) = two_sessions(&test).await;
    let idle = LIMITS.idle_ms_max;
    assert!(is_signed_in(&view, 1, START_MS + idle).await);
    assert!(!is_signed_in(&view, 1, START_MS + idle + 1).await);
    // Seen now and then it goes on, until it is too old.
    let mut now_ms = START_MS;
    while now_ms + idle <= START_MS + LIMITS.age_ms_max {
        now_ms += idle;
        assert!(is_signed_in(&view, 1, now_ms).await, "{now_ms}");
        view.session_touch(first.id, now_ms).await.expect("works");
    }
    assert!(!is_signed_in(&view, 1, START_MS + LIMITS.age_ms_max + 1).await);
    let listed = view.session_list(ada.id, now_ms, LIMITS).await.expect("read");
    assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [first.id]);
    // The next sign-in removes what lapsed.
    assert_eq!(test.number("SELECT count(*) FROM session").await.expect("read"), 2);
    let new = NewSession {
        user: &ada,
        token_sha256: [3; 32],
        address: "192.0.2.1",
        user_agent: "x",
        limits: LIMITS,
        at_ms: now_ms,
    };
    view.session_create(new).await.expect("works").expect("as verified");
    assert_eq!(test.number("SELECT count(*) FROM session").await.expect("read"), 2);
    assert!(!is_signed_in(&view, 2, START_MS).await, "{second:?} is gone");
}

pub(super) async fn that_it_was_seen_is_written_once_a_minute(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (view, _, [first, _]) = two_sessions(&test).await;
    let seen_at = async |now_ms: i64| {
        view.session_touch(first.id, now_ms).await.expect("works");
        let found = view.visit(&[1; 32], now_ms, LIMITS).await.expect("read");
        let found = found.expect("signed in").signed_in;
        (found.session.seen_at - START_MS, found.is_touch_due)
    };
    assert_eq!(seen_at(START_MS + 59_999).await, (0, false));
    assert_eq!(seen_at(START_MS + 60_000).await, (60_000, false));
    assert_eq!(seen_at(START_MS + 60_001).await, (60_000, false));
    let found = view.visit(&[1; 32], START_MS + 120_000, LIMITS).await.expect("read");
    assert!(found.expect("signed in").signed_in.is_touch_due);
}

pub(super) async fn sessions_are_listed_and_ended(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (view, ada, [first, second]) = two_sessions(&test).await;
    session(&view, &owner(&view).await, 7).await;
    view.session_touch(first.id, START_MS + 60_000).await.expect("works");
    let listed = view.session_list(ada.id, START_MS + 60_000, LIMITS).await.expect("read");
    assert_eq!(listed.iter().map(|s| s.id).collect::<Vec<_>>(), [first.id, second.id]);
    assert_eq!((listed[1].address.as_str(), &listed[1]), ("192.0.2.1", &second));
    let of_owner = view.session_end(owner(&view).await.id, first.id, BY).await;
    assert!(!of_owner.expect("works"), "only one's own");
    assert!(view.session_end(ada.id, first.id, BY).await.expect("works"));
    assert!(!view.session_end(ada.id, first.id, BY).await.expect("works"), "it is over");
    assert!(!is_signed_in(&view, 1, START_MS).await);
    session(&view, &ada, 3).await;
    assert_eq!(view.session_end_all(ada.id, Some(second.id), BY).await.expect("works"), 1);
    assert!(is_signed_in(&view, 2, START_MS).await && !is_signed_in(&view, 3, START_MS).await);
    assert_eq!(view.session_end_all(ada.id, None, BY).await.expect("works"), 1);
    assert!(!is_signed_in(&view, 2, START_MS).await);
    assert!(is_signed_in(&view, 7, START_MS).await, "others stay signed in");
}

pub(super) async fn a_new_password_ends_the_other_sessions(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (view, ada, [first, _]) = two_sessions(&test).await;
    session(&view, &owner(&view).await, 7).await;
    let old = SecretString::from(crate::fixture::PASSWORD);
    assert!(view.user_password_matches(ada.id, &old).await.expect("read"));
    let set = async |keep_session| {
        let password = SecretString::from("another password");
        let mut by = BY;
        by.at_ms += 5;
        let new = NewPassword { user: ada.id, password, keep_session, by };
        view.user_set_password(new).await.expect("set").expect("there")
    };
    assert_eq!(set(Some(first.id)).await.password_changed_at, START_MS + 5);
    assert!(!view.user_password_matches(ada.id, &old).await.expect("read"));
    assert!(is_signed_in(&view, 1, START_MS).await && !is_signed_in(&view, 2, START_MS).await);
    // Who was verified by the old password just before does not get in any more.
    let late = NewSession {
        user: &ada,
        token_sha256: [4; 32],
        address: "",
        user_agent: "",
        limits: LIMITS,
        at_ms: START_MS,
    };
    assert_eq!(view.session_create(late).await.expect("works"), None);
    set(None).await;
    assert!(!is_signed_in(&view, 1, START_MS).await);
    assert!(is_signed_in(&view, 7, START_MS).await, "others stay signed in");
}

pub(super) async fn a_backup_signs_nobody_in(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let (view, ada, _) = two_sessions(&test).await;
    view.request_key_take(ada.id, "k", START_MS).await.expect("works");
    let key = almanac_store::ThrottleKey::Account("x".to_owned());
    test.throttle_begin(std::slice::from_ref(&key), START_MS).await.expect("works");
    let file = crate::fixture::backup(&test).await;
    let target = fresh_unmigrated(engine).await.expect("at hand");
    target.restore(std::io::Cursor::new(file), START_MS).await.expect("restored");
    let counts = crate::fixture::row_counts(&target).await;
    for table in ["session", "throttle", "request_key"] {
        assert_eq!(counts[table], 0, "{table}");
        assert!(crate::fixture::row_counts(&test).await[table] > 0, "{table} held something");
    }
    let restored = target.tenant(view.id());
    assert_eq!(restored.user_by_id(ada.id).await.expect("read"), Some(ada));
    assert!(!is_signed_in(&restored, 1, START_MS).await);
}

pub(super) async fn a_proof_names_the_accounts_that_took_a_password(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let mut found = Vec::new();
    for name in ["acme", "other"] {
        let (tenant, view) = test.tenant_named(name).await;
        found.push((tenant.id, user(&view, "ada@both.example", Role::Manager).await));
    }
    let proof = test.sign_in_proof(&found, START_MS).expect("random bytes");
    let proven =
        async |proof: &str, now_ms: i64| test.sign_in_proven(proof, now_ms).await.expect("read");
    assert_eq!(proven(&proof, START_MS).await, found);
    assert_eq!(proven(&proof, START_MS + 300_000).await, found);
    for now_ms in [START_MS + 300_001, START_MS - 1] {
        assert_eq!(proven(&proof, now_ms).await, [], "{now_ms}");
    }
    let mut forged = proof.clone().into_bytes();
    let last = forged.last_mut().expect("it is not empty");
    *last = if *last == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).expect("letters");
    for broken in ["", "AAAA", "not base64 \u{202e}", &proof[..40], &forged] {
        assert_eq!(proven(broken, START_MS).await, [], "{broken}");
    }
    let Some(elsewhere) = fresh(engine).await else { return };
    assert_eq!(elsewhere.sign_in_proven(&proof, START_MS).await.expect("read"), []);
    test.tenant(found[0].0).user_set_active(found[0].1.id, false, BY).await.expect("works");
    assert_eq!(proven(&proof, START_MS).await, found[1..]);
}
