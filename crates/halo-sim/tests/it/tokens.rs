//! Discovery and tokens: HALO-API.md 1.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::http::{Subject, credentials, options, request};

#[tokio::test]
async fn authinfo_is_anonymous_and_leads_to_the_token() {
    let subject = Subject::start().await;
    let address = subject.sim.addr.to_string();
    let info = request(&address, "GET", "/api/authinfo", &[], b"").await.expect("an answer").json();
    assert_eq!(info["auth_url"], format!("http://{address}/auth"));
    assert_eq!(info["tenant_id"], "almanac-demo");
    let instance =
        request(&address, "GET", "/api/InstanceInfo", &[], b"").await.expect("an answer");
    assert_eq!(instance.json()["version"], "2.250.32");
    let spec = request(&address, "GET", "/api/swagger/v2/swagger.json", &[], b"").await;
    let spec = spec.expect("an answer").json();
    assert!(spec["paths"]["/Asset"]["get"].is_object() && spec["paths"]["/Asset/{id}"].is_object());
}

#[tokio::test]
async fn a_token_has_the_documented_form() {
    let subject = Subject::start().await;
    let token = subject.ask_token("read:assets read:customers").await;
    assert_eq!(token.status, 200);
    let token = token.json();
    assert_eq!(token["token_type"], "Bearer");
    assert_eq!(token["expires_in"], 3600);
    assert_eq!(token["scope"], "read:assets read:customers");
}

#[tokio::test]
async fn credentials_may_come_as_basic() {
    let subject = Subject::start().await;
    let id = almanac_halo_sim::DEMO_OAUTH_CLIENT_ID;
    let secret = almanac_halo_sim::DEMO_CLIENT_SECRET;
    let basic =
        format!("authorization: Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")));
    let form = "grant_type=client_credentials&scope=all";
    assert_eq!(subject.post_form("/auth/token", form, &[&basic]).await.status, 200);
    let wrong = format!("authorization: Basic {}", BASE64_STANDARD.encode(format!("{id}:x")));
    assert_eq!(subject.post_form("/auth/token", form, &[&wrong]).await.status, 401);
}

#[tokio::test]
async fn q_15_a_scope_that_does_not_exist_kills_the_token() {
    let subject = Subject::start().await;
    for scope in ["read:users", "read:assets read:agents"] {
        let reply = subject.ask_token(scope).await;
        assert_eq!((reply.status, &reply.json()["error"]), (400, &"invalid_scope".into()));
    }
}

#[tokio::test]
async fn q_15_a_scope_that_was_not_granted_kills_the_token() {
    let subject = Subject::with(|switches| switches.scopes = vec!["read:customers".into()]).await;
    assert_eq!(subject.ask_token("read:customers").await.status, 200);
    assert_eq!(
        subject.ask_token("read:customers read:assets").await.json()["error"],
        "invalid_scope"
    );
}

#[tokio::test]
async fn q_16_a_wrong_id_or_secret_is_invalid_client() {
    let subject = Subject::start().await;
    for (from, to) in
        [("client_secret=1b2c", "client_secret=ffff"), ("client_id=6f1c", "client_id=ffff")]
    {
        let reply =
            subject.post_form("/auth/token", &credentials("all").replace(from, to), &[]).await;
        assert_eq!((reply.status, &reply.json()["error"]), (401, &"invalid_client".into()));
    }
}

#[tokio::test]
async fn other_grants_are_refused_by_name() {
    let subject = Subject::start().await;
    for (grant, error) in [
        ("grant_type=password", "unauthorized_client"),
        ("grant_type=device", "unsupported_grant_type"),
        ("", "invalid_request"),
    ] {
        let reply = subject.post_form("/auth/token", grant, &[]).await;
        assert_eq!((reply.status, &reply.json()["error"]), (400, &error.into()));
    }
}

#[tokio::test]
async fn q_17_all_three_token_addresses_answer() {
    let subject = Subject::start().await;
    let form = credentials("all");
    let with_tenant = format!("{form}&tenant=almanac-demo");
    for (target, form) in [
        ("/auth/token", &form),
        ("/auth/token?tenant=almanac-demo", &form),
        ("/auth/token", &with_tenant),
        ("/token?tenant=almanac-demo", &form),
        ("/Auth/Token", &form),
    ] {
        assert_eq!(subject.post_form(target, form, &[]).await.status, 200, "{target}");
    }
    let wrong = subject.post_form("/auth/token?tenant=other", &form, &[]).await;
    assert_eq!((wrong.status, wrong.header("content-type")), (404, Some("text/html")));
}

#[tokio::test]
async fn q_17_a_shared_host_wants_a_tenant_and_has_one_path() {
    let subject = Subject::with(|switches| {
        switches.tenant_required = true;
        switches.token_paths = almanac_halo_sim::TokenPaths::Plain;
    })
    .await;
    let form = credentials("all");
    assert_eq!(subject.post_form("/token", &form, &[]).await.status, 404);
    assert_eq!(subject.post_form("/token?tenant=almanac-demo", &form, &[]).await.status, 200);
    assert_eq!(subject.post_form("/auth/token?tenant=almanac-demo", &form, &[]).await.status, 404);
}

#[tokio::test]
async fn q_19_scopes_are_frozen_in_the_token() {
    let mut subject =
        Subject::with(|switches| switches.scopes = vec!["read:customers".into()]).await;
    assert_eq!(subject.get("/api/Asset").await.status, 403);
    subject.control("POST", "/scopes", r#"["read:customers","read:assets"]"#).await;
    assert_eq!(subject.get("/api/Asset").await.status, 403);
    subject.renew("all").await;
    assert_eq!(subject.get("/api/Asset").await.status, 200);
}

#[tokio::test]
async fn a_token_ends_by_the_simulated_clock() {
    let mut subject = Subject::start().await;
    assert_eq!(subject.get("/api/Team").await.status, 200);
    subject.sim.advance_clock(3_601.0);
    let reply = subject.get("/api/Team").await;
    assert_eq!((reply.status, reply.body.len()), (401, 0));
    subject.renew("all").await;
    assert_eq!(subject.get("/api/Team").await.status, 200);
}

#[tokio::test]
async fn a_token_may_end_after_some_calls() {
    let mut subject = Subject::with(|switches| switches.token_calls = 2).await;
    for status in [200, 200, 401, 401] {
        assert_eq!(subject.get("/api/Team").await.status, status);
    }
    subject.renew("all").await;
    assert_eq!(subject.get("/api/Team").await.status, 200);
}

#[tokio::test]
async fn a_new_token_may_end_the_old_one() {
    let subject = Subject::with(|switches| switches.new_token_revokes = true).await;
    assert_eq!(subject.ask_token("all").await.status, 200);
    assert_eq!(subject.get("/api/Team").await.status, 401);
}

#[tokio::test]
async fn secret_and_api_key_come_from_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let (secret, key) = (folder.path().join("secret"), folder.path().join("key"));
    std::fs::write(&secret, "other-secret\n").expect("written");
    std::fs::write(&key, "the-key\n").expect("written");
    let subject = Subject::from(options(|options| {
        options.client_secret_file = Some(secret);
        options.api_key_file = Some(key);
    }))
    .await;
    assert_eq!(subject.ask_token("all").await.status, 401);
    let form = credentials("all").replace(almanac_halo_sim::DEMO_CLIENT_SECRET, "other-secret");
    assert_eq!(subject.post_form("/auth/token", &form, &[]).await.status, 200);
    let address = subject.sim.addr.to_string();
    for (key, status) in [("the-key", 200), ("another", 401)] {
        let header = format!("x-halo-api-key: {key}");
        let reply = request(&address, "GET", "/api/Team", &[&header], b"").await;
        assert_eq!(reply.expect("an answer").status, status);
    }
}
