//! Spoiled answers: each kind, as a client meets it.

use crate::http::Subject;

async fn with_fault(kind: &str) -> Subject {
    let subject = Subject::start().await;
    let fault = format!("{kind}=100").parse().expect("a fault");
    subject.sim.change(|switches| {
        switches.faults = vec![fault];
        switches.stall_seconds = 0;
    });
    subject
}

#[tokio::test]
async fn q_20_html_comes_where_json_belongs() {
    for (kind, status) in [
        ("500html", 500),
        ("502html", 502),
        ("503html", 503),
        ("504stall", 504),
        ("200html", 200),
        ("404html", 404),
    ] {
        let reply = with_fault(kind).await.get("/api/Client").await;
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (status, Some("text/html")),
            "{kind}"
        );
        assert!(reply.text().contains("<html>"));
    }
}

#[tokio::test]
async fn a_server_fault_is_a_serialised_exception() {
    let reply = with_fault("500").await.get("/api/Client").await;
    assert_eq!(reply.status, 500);
    assert_eq!(reply.json()["ClassName"], "System.Exception");
}

#[tokio::test]
async fn bodies_can_be_empty_foreign_marked_or_truncated() {
    assert_eq!(with_fault("empty").await.get("/api/Client").await.body, b"");
    assert!(with_fault("200json").await.get("/api/Client").await.json().get("clients").is_none());
    assert!(with_fault("bom").await.get("/api/Client").await.body.starts_with(b"\xef\xbb\xbf{"));
    let truncated = with_fault("truncated").await.get("/api/Client").await;
    assert!(serde_json::from_slice::<serde_json::Value>(&truncated.body).is_err());
    assert_eq!(with_fault("401").await.get("/api/Client").await.status, 401);
}

#[tokio::test]
async fn connections_can_be_cut_and_reset() {
    for (kind, reset) in [("cut", false), ("reset", true), ("lost", true)] {
        let error = with_fault(kind).await.try_get("/api/Client").await.expect_err(kind);
        if reset {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{kind}");
        }
    }
}

#[tokio::test]
async fn a_share_of_answers_is_hit_and_recorded() {
    let subject = Subject::start().await;
    subject.control("POST", "/faults", r#"["500=30","bom=30"]"#).await;
    let mut hits = 0;
    for _ in 0..60 {
        let reply = subject.get("/api/Team").await;
        hits += usize::from(reply.status == 500 || reply.body.starts_with(b"\xef\xbb\xbf"));
    }
    assert!((15..58).contains(&hits), "{hits}");
    assert_eq!(subject.sim.counts().faults as usize, hits);
    assert!(subject.sim.requests().iter().any(|line| line.fault == Some("bom")));
}

#[tokio::test]
async fn a_stalled_request_does_not_keep_the_simulator_from_ending() {
    let subject = Subject::start().await;
    subject.sim.change(|switches| switches.faults = vec!["504stall=100".parse().expect("a fault")]);
    let address = subject.sim.addr.to_string();
    let mut open = tokio::task::JoinSet::new();
    open.spawn(async move { crate::http::request(&address, "GET", "/api/Team", &[], b"").await });
    while subject.sim.counts().requests < 2 {
        tokio::task::yield_now().await;
    }
    subject.sim.stop().await;
    let answered = open.join_next().await.expect("one task").expect("it does not panic");
    assert!(answered.is_err() || answered.is_ok_and(|reply| reply.status == 504));
}
