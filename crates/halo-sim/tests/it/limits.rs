//! The rolling limit: HALO-API.md 2.8.

use almanac_halo_sim::Toggle;

use crate::http::{Subject, options};

#[tokio::test]
async fn q_18_the_limit_is_text_and_counts_tokens_and_authinfo() {
    let mut subject = Subject::from(options(|options| {
        options.clock_speed = 0.0;
        options.switches.limit = 4;
        options.switches.retry_after = Toggle::Off;
    }))
    .await;
    assert_eq!(subject.get("/api/authinfo").await.status, 200);
    assert_eq!(subject.get("/api/Team").await.status, 200);
    assert_eq!(subject.renew("all").await, 200);
    for target in ["/api/Team", "/api/authinfo"] {
        let reply = subject.get(target).await;
        assert_eq!(reply.status, 429);
        assert_eq!(reply.text(), "Rate Limit Reached - 4 Requests per rolling 5 minute window");
        assert_eq!(reply.header("retry-after"), None);
    }
    assert_eq!(subject.ask_token("all").await.status, 429);
    assert_eq!(subject.sim.counts().throttled, 3);
    subject.sim.advance_clock(301.0);
    assert_eq!(subject.get("/api/Team").await.status, 200);
}

#[tokio::test]
async fn q_18_retry_after_is_a_switch() {
    let subject = Subject::from(options(|options| options.clock_speed = 0.0)).await;
    subject.control("POST", "/limit", r#"{"limit":1,"window_seconds":90}"#).await;
    assert_eq!(subject.get("/api/Team").await.status, 200);
    let reply = subject.get("/api/Team").await;
    assert_eq!(reply.status, 429);
    assert!(reply.header("retry-after").is_some());
    assert!(reply.text().contains("90 second"));
}
