//! Secrets are sealed wherever they lie, and open only with the key file and in their place.

use std::io::Read;

use almanac_store::testing::{Engine, READER, fresh};
use almanac_store::{Keyring, Store, StoreError};
use secrecy::ExposeSecret;

use crate::fixture::{SECRET, backup, connect, fixture};

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

pub(super) async fn a_secret_comes_back_and_is_shown_nowhere(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let secret =
        acme.view.connection_secret(acme.connection, READER).await.expect("read").expect("set");
    assert_eq!(secret.expose_secret(), SECRET);
    let connection = acme.view.connection_active().await.expect("read").expect("set");
    let shown = format!("{test:?} {:?} {connection:?} {secret:?}", acme.view);
    assert!(!shown.contains(SECRET));
    let unknown = acme.view.connection_secret(almanac_model::id::ConnectionId(99), READER).await;
    assert!(unknown.expect("read").is_none());
    // On PostgreSQL the folder holds the key file only; its tables are searched by the backup.
    let mut files = 0;
    for file in std::fs::read_dir(test.folder()).expect("the folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
        assert!(!holds(&bytes, SECRET));
        assert!(!holds(&bytes, "correct horse"));
        files += 1;
    }
    assert!(files > 0);
}

pub(super) async fn a_backup_holds_no_secret(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    acme.commit(1, vec![crate::fixture::client("1", "Findable")]).await;
    let mut plain = Vec::new();
    let zipped = backup(&test).await;
    flate2::read::GzDecoder::new(&*zipped).read_to_end(&mut plain).expect("unzipped");
    assert!(holds(&plain, "Findable"), "the search finds what is there");
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(SECRET);
    for secret in [SECRET, &encoded[..20], "correct horse"] {
        assert!(!holds(&plain, secret), "{secret}");
    }
    let keys = std::fs::read_to_string(test.key_path()).expect("the key file");
    let key = keys.split('"').find(|part| part.len() == 44).expect("a key");
    assert!(!holds(&plain, key));
}

pub(super) async fn rotation_keeps_secrets_and_retires_the_old_key(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let other = fixture(&test, "other").await;
    let keyring = Keyring::rotate(test.key_path()).expect("rotated");
    assert_eq!(keyring.ids(), [1, 2]);
    let store = Store::connect(test.address(), keyring).await.expect("opened");
    assert_eq!(store.rotate_keys().await.expect("wrapped anew"), 2);
    assert_eq!(store.rotate_keys().await.expect("nothing left"), 0);

    // A key file with the new key alone opens everything.
    let text = std::fs::read_to_string(test.key_path()).expect("the key file");
    let start = text.find("{\"id\":1").expect("the old key");
    let end = text.find("{\"id\":2").expect("the new key");
    let path = test.folder().join("new-keys");
    std::fs::write(&path, format!("{}{}", &text[..start], &text[end..])).expect("written");
    let keyring = Keyring::load(&path).expect("a key file");
    assert_eq!(keyring.ids(), [2]);
    let store = Store::connect(test.address(), keyring).await.expect("opened");
    for fixture in [&acme, &other] {
        let view = store.tenant(fixture.tenant.id);
        let secret =
            view.connection_secret(fixture.connection, READER).await.expect("read").expect("set");
        assert_eq!(secret.expose_secret(), SECRET);
        view.audit_verify().await.expect("its key opens too");
    }
}

pub(super) async fn an_open_store_follows_a_rotation_by_another_program(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let keyring = Keyring::rotate(test.key_path()).expect("rotated");
    let other = Store::connect(test.address(), keyring).await.expect("opened");
    assert_eq!(other.rotate_keys().await.expect("wrapped"), 1);
    let secret = acme.view.connection_secret(acme.connection, READER).await.expect("the new key");
    assert_eq!(secret.expect("set").expose_secret(), SECRET);
    assert_eq!(test.rotate_keys().await.expect("nothing to do"), 0);
}

pub(super) async fn a_lost_key_is_said_and_a_new_secret_helps(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let keyring = Keyring::load_or_create(test.folder().join("other-keys")).expect("made");
    let store = Store::connect(test.address(), keyring).await.expect("opened");
    let view = store.tenant(acme.tenant.id);
    let lost = view.connection_secret(acme.connection, READER).await;
    let Err(error @ StoreError::Key(_)) = lost else { panic!("{lost:?}") };
    assert_eq!(error.code().map(|code| code.code), Some("KEY-040"));
    assert!(matches!(store.rotate_keys().await, Ok(0) | Err(StoreError::Key(_))));
    let connection = connect(&view, "entered again").await;
    assert_eq!(connection.id, acme.connection);
    let secret = view.connection_secret(connection.id, READER).await.expect("read").expect("set");
    assert_eq!(secret.expose_secret(), "entered again");
}

pub(super) async fn a_sealed_value_does_not_open_elsewhere(engine: Engine) {
    let Some(test) = fresh(engine).await else { return };
    let acme = fixture(&test, "acme").await;
    let other = fixture(&test, "other").await;
    let (from, to) = (acme.tenant.id, other.tenant.id);
    test.script(format!(
        "UPDATE connection SET client_secret = (SELECT client_secret FROM connection \
         WHERE tenant_id = {from}) WHERE tenant_id = {to}"
    ))
    .await
    .expect("written");
    let moved = other.view.connection_secret(other.connection, READER).await;
    assert!(matches!(moved, Err(StoreError::Corrupt { .. })), "{moved:?}");
    test.script(format!(
        "UPDATE tenant_key SET wrapped = (SELECT wrapped FROM tenant_key WHERE tenant_id = {from}) \
         WHERE tenant_id = {to}"
    ))
    .await
    .expect("written");
    let moved = other.view.connection_secret(other.connection, READER).await;
    assert!(matches!(moved, Err(StoreError::Key(_))), "{moved:?}");
    assert!(acme.view.connection_secret(acme.connection, READER).await.is_ok());
}
