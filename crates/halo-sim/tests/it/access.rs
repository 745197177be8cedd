//! Rights: two layers, and refusals that look like something else (HALO-API.md 5).

use crate::http::Subject;

#[tokio::test]
async fn q_13_401_can_mean_no_permission() {
    let deny = |text: &str| vec![text.parse().expect("a denial")];
    let mut subject = Subject::with(|switches| switches.deny = deny("Asset/id=401")).await;
    let id = subject.truth("Asset").await[0]["id"].clone();
    for _ in 0..2 {
        assert_eq!(subject.get("/api/Asset").await.status, 200);
        let one = subject.get(&format!("/api/Asset/{id}")).await;
        assert_eq!((one.status, one.body.len()), (401, 0));
        subject.renew("all").await;
    }
    subject.sim.change(|switches| switches.deny = deny("assets=403"));
    assert_eq!(subject.get("/api/AssetType").await.status, 403);
    assert_eq!(subject.get("/api/Client").await.status, 200);
}

#[tokio::test]
async fn q_14_rows_the_agent_may_not_see_are_simply_missing() {
    let subject = Subject::start().await;
    let all = subject.truth("Asset").await.len();
    subject.sim.change(|switches| switches.hide_assets = 50);
    let page =
        subject.get("/api/Asset?pageinate=true&page_no=1&page_size=100&includeinactive=true").await;
    let seen = page.json()["record_count"].as_u64().expect("a count") as usize;
    assert!(seen > all / 3 && seen < all * 2 / 3, "{seen} of {all}");
    assert_eq!(subject.truth("Asset").await.len(), seen);
    let agents = subject.array("/api/Agent").await;
    assert!(agents.iter().all(|agent| agent.get("costprice").is_none()));
    let one = subject.get("/api/Agent/5?includedetails=true").await.json();
    assert!(one["costprice"].is_f64());
}

#[tokio::test]
async fn scopes_open_their_areas_and_editing_includes_reading() {
    let mut subject = Subject::start().await;
    for (scope, clients, assets) in [
        ("read:customers", 200, 403),
        ("edit:assets", 403, 200),
        ("read:customers read:assets", 200, 200),
        ("read:tickets", 403, 403),
    ] {
        subject.renew(scope).await;
        assert_eq!(subject.get("/api/Client").await.status, clients, "{scope}");
        assert_eq!(subject.get("/api/AssetType").await.status, assets, "{scope}");
        assert_eq!(subject.get("/api/Lookup?lookupid=61").await.status, 200, "{scope}");
        assert_eq!(subject.get("/api/Agent").await.status, 200, "{scope}");
    }
}

#[tokio::test]
async fn q_62_a_disabled_agent_breaks_every_call() {
    let subject = Subject::start().await;
    subject.control("POST", "/agent", r#"{"disabled":true,"status":403}"#).await;
    for route in ["Client", "Agent/me", "Lookup", "Asset"] {
        assert_eq!(subject.get(&format!("/api/{route}")).await.status, 403);
    }
    assert_eq!(subject.ask_token("all").await.status, 200);
    subject.control("POST", "/agent", r#"{"disabled":false}"#).await;
    assert_eq!(
        subject.get("/api/Agent/me").await.json()["claims"].as_array().map(Vec::len),
        Some(108)
    );
}

#[tokio::test]
async fn without_a_token_nothing_is_told() {
    let mut subject = Subject::start().await;
    subject.token = "made-up".into();
    for route in ["Client", "Client/1", "Asset", "Agent/me"] {
        let reply = subject.get(&format!("/api/{route}")).await;
        assert_eq!((reply.status, reply.body.len()), (401, 0), "{route}");
    }
}
