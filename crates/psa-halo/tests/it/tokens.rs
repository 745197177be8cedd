//! Tokens: what the token endpoint's answers mean, where it is found, and when a token is renewed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_psa::{Connector, Page, PageRequest, Part, PsaError};
use almanac_psa_halo::{HaloConnector, HaloOptions};
use tokio::time::Instant;

use crate::server::{Reply, Server, halo_like, http, json};
use crate::subject::options;

const TOKEN: &str = r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#;
const NO_CLIENTS: &str = r#"{"record_count":0,"clients":[]}"#;

async fn list(options: HaloOptions) -> Result<Page, PsaError> {
    let connector = HaloConnector::new(options).expect("a connector");
    let part = Part::whole();
    let request = PageRequest { stream: Stream::Clients, part, page_no: 1, whole_count: None };
    connector.list_page(&request).await
}

/// A Halo whose token endpoint answers so.
async fn with_token_answer(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |head| match head.split(' ').nth(1) {
        Some(target) if target.starts_with("/auth/token") => reply(),
        Some(target) if target.starts_with("/api/authinfo") => json("{}"),
        _ => json(NO_CLIENTS),
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn the_token_endpoints_refusals_have_the_code_of_their_cause() {
    let (oauth, page) = ("application/json", "text/html");
    let unknown = r#"{"error":"invalid_request","error_description":"tenant acme is unknown"}"#;
    for (status, media, body, code, words) in [
        ("400 Bad Request", oauth, unknown, Code::CONN_NOT_HALO, "tenant acme is unknown"),
        ("400 Bad Request", oauth, r#"{"Message":"no tenant"}"#, Code::CONN_NOT_HALO, "no tenant"),
        ("400 Bad Request", oauth, "", Code::CONN_NOT_HALO, "400"),
        ("403 Forbidden", page, "<h1>Blocked</h1>", Code::CONN_NOT_HALO, "Blocked"),
        ("401 Unauthorized", page, "<h1>Sign in</h1>", Code::CONN_NOT_HALO, "Sign in"),
        ("401 Unauthorized", oauth, "", Code::CONN_SECRET_REFUSED, ""),
        ("401 Unauthorized", oauth, r#"{"message":"no"}"#, Code::CONN_SECRET_REFUSED, "no"),
        ("400 Bad Request", oauth, r#"{"error":"invalid_client"}"#, Code::CONN_SECRET_REFUSED, ""),
        ("400 Bad Request", oauth, r#"{"error":"invalid_scope"}"#, Code::CONN_SCOPE_REFUSED, ""),
        ("200 OK", oauth, r#"{"access_token":"ab"#, Code::CONN_NOT_HALO, ""),
        ("200 OK", oauth, "", Code::CONN_NOT_HALO, ""),
    ] {
        let server = with_token_answer(move || http(status, media, "", body.as_bytes())).await;
        let error = list(options(&server.base_url())).await.expect_err("no token");
        assert_eq!(error.code(), code, "{status} {body}: {error}");
        assert!(error.to_string().contains(words), "{status} {body}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_answer_that_is_always_cut_off_is_not_halo() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{\"access";
    let server = with_token_answer(move || Reply::Bytes(head.into())).await;
    let error = list(options(&server.base_url())).await.expect_err("no token");
    assert_eq!(error.code(), Code::CONN_NOT_HALO, "{error}");
}

#[tokio::test]
async fn a_bare_401_at_one_token_address_does_not_keep_the_next_from_being_tried() {
    for first in [("401 Unauthorized", "{}"), ("400 Bad Request", r#"{"error":"invalid_grant"}"#)] {
        let server = Server::start(move |head| match head.split(' ').nth(1) {
            Some(target) if target.starts_with("/auth/token") => {
                http(first.0, "application/json", "", first.1.as_bytes())
            }
            Some(target) if target.starts_with("/token") => json(TOKEN),
            _ => json(NO_CLIENTS),
        })
        .await;
        let mut options = options(&server.base_url());
        options.auth_url = Some(server.base_url());
        let page = list(options).await;
        assert!(page.is_ok(), "{first:?}: {page:?}");
    }
}

#[tokio::test]
async fn a_secret_refused_at_the_second_address_outweighs_a_first_that_does_not_exist() {
    let server = Server::start(|head| match head.split(' ').nth(1) {
        Some(target) if target.starts_with("/token") => {
            http("401 Unauthorized", "application/json", "", b"{}")
        }
        _ => http("404 Not Found", "text/html", "", b""),
    })
    .await;
    let mut options = options(&server.base_url());
    options.auth_url = Some(server.base_url());
    let error = list(options).await.expect_err("no token");
    assert_eq!(error.code(), Code::CONN_SECRET_REFUSED, "{error}");
}

/// Tokens of ten seconds, numbered, and lists that answer as `rest` says of the request's number.
async fn with_short_tokens(rest: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Server {
    let (tokens, lists) = (AtomicUsize::new(0), AtomicUsize::new(0));
    Server::start(move |head| match head.split(' ').nth(1) {
        Some(target) if target.starts_with("/auth/token") => {
            let serial = tokens.fetch_add(1, Ordering::Relaxed) + 1;
            json(&format!(r#"{{"access_token":"t{serial}","expires_in":10}}"#))
        }
        Some(target) if target.starts_with("/api/authinfo") => json("{}"),
        _ => rest(lists.fetch_add(1, Ordering::Relaxed) + 1, head),
    })
    .await
}

fn unauthorised() -> Reply {
    http("401 Unauthorized", "text/plain", "", b"")
}

fn throttled() -> Reply {
    http("429 Too Many Requests", "text/plain", "Retry-After: 60\r\n", b"")
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ended_while_its_call_was_held_back_is_no_missing_permission() {
    let server = with_short_tokens(|number, head| match number {
        1 => unauthorised(),
        2 => throttled(),
        3 => unauthorised(),
        _ if head.contains("Bearer t3") || head.contains("bearer t3") => json(NO_CLIENTS),
        _ => http("400 Bad Request", "application/json", "", b"{}"),
    })
    .await;
    let page = list(options(&server.base_url())).await;
    assert!(page.is_ok(), "{page:?}");
}

#[tokio::test(start_paused = true)]
async fn tokens_that_always_end_while_waiting_are_renewed_a_few_times_and_then_throttled() {
    let server =
        with_short_tokens(|number, _| if number % 2 == 1 { throttled() } else { unauthorised() })
            .await;
    let connector = HaloConnector::new(options(&server.base_url())).expect("a connector");
    let part = Part::whole();
    let request = PageRequest { stream: Stream::Clients, part, page_no: 1, whole_count: None };
    let error = connector.list_page(&request).await.expect_err("no page");
    assert_eq!(error.code(), Code::SYNC_THROTTLED, "{error}");
    assert!(connector.call_stats().requests < 20, "{:?}", connector.call_stats());
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_all_reason_is_an_error_and_not_a_panic() {
    let server = halo_like(|_| {
        let header = "Retry-After: 18446744073709551615\r\n";
        http("429 Too Many Requests", "text/plain", header, b"")
    })
    .await;
    let error = list(options(&server.base_url())).await.expect_err("throttled");
    assert_eq!(error.code(), Code::SYNC_THROTTLED, "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_odd_address_from_authinfo_leaves_the_typed_host() {
    for auth_url in [
        "/auth",
        "/auth/token",
        "auth",
        "http://localhost:9/auth",
        "https://169.254.169.254/auth",
        "ftp://x",
    ] {
        let info = format!(r#"{{"auth_url":"{auth_url}"}}"#);
        let server = Server::start(move |head| match head.split(' ').nth(1) {
            Some(target) if target.starts_with("/api/authinfo") => json(&info),
            Some(target) if target.starts_with("/auth/token") => json(TOKEN),
            _ => json(NO_CLIENTS),
        })
        .await;
        let page = list(options(&server.base_url())).await;
        assert!(page.is_ok(), "{auth_url}: {page:?}");
    }
}

#[tokio::test]
async fn a_relative_address_from_authinfo_is_joined_to_the_typed_host() {
    let server = Server::start(|head| match head.split(' ').nth(1) {
        Some(target) if target.starts_with("/api/authinfo") => {
            json(r#"{"auth_url":"/login/connect","tenant_id":"acme"}"#)
        }
        Some(target) if target.starts_with("/login/connect/token?tenant=acme") => json(TOKEN),
        Some(target) if target.starts_with("/api/Client") => json(NO_CLIENTS),
        _ => http("404 Not Found", "text/html", "", b""),
    })
    .await;
    let page = list(options(&server.base_url())).await;
    assert!(page.is_ok(), "{page:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_and_stalls_is_given_up_after_two_time_outs() {
    for (stalls_at, seconds) in [("/api/authinfo", 25), ("/auth/token", 25), ("/api/Client", 130)] {
        let server = Server::start(move |head| {
            let target = head.split(' ').nth(1).unwrap_or_default();
            if target.starts_with(stalls_at) {
                return Reply::Stall(Vec::new());
            }
            if target.starts_with("/auth/token") { json(TOKEN) } else { json("{}") }
        })
        .await;
        let began = Instant::now();
        let error = list(options(&server.base_url())).await.expect_err("no page");
        assert_eq!(error.code(), Code::CONN_UNREACHABLE, "{stalls_at}: {error}");
        let waited = began.elapsed();
        assert!(waited < Duration::from_secs(seconds), "{stalls_at}: {waited:?}");
    }
}
