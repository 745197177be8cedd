//! Servers that mean harm, or are not Halo at all.

use std::io::Write;

use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_psa::{Connector, Page, PageRequest, Part, PsaError};
use almanac_psa_halo::HaloConnector;

use crate::server::{Reply, Server, halo_like, http, json};
use crate::subject::options;

async fn list(base_url: &str) -> Result<Page, PsaError> {
    let connector = HaloConnector::new(options(base_url)).expect("a connector");
    let part = Part::whole();
    let request = PageRequest { stream: Stream::Clients, part, page_no: 1, whole_count: None };
    connector.list_page(&request).await
}

async fn error_of(rest: impl Fn(&str) -> Reply + Send + Sync + 'static) -> PsaError {
    let server = halo_like(rest).await;
    list(&server.base_url()).await.expect_err("no page")
}

#[tokio::test]
async fn a_huge_body_is_cut_off_at_the_limit() {
    let error = error_of(|_| {
        let head =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[";
        let mut bytes = head.to_vec();
        bytes.resize(40 * 1024 * 1024, b' ');
        Reply::Bytes(bytes)
    })
    .await;
    assert!(matches!(error, PsaError::TooLarge { limit_bytes, .. } if limit_bytes == 32 << 20));
}

#[tokio::test]
async fn a_small_body_that_unpacks_to_a_huge_one_is_cut_off_too() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..40 {
        packed.write_all(&spaces).expect("memory");
    }
    let packed = packed.finish().expect("memory");
    assert!(packed.len() < 1 << 20);
    let error = error_of(move |_| {
        http("200 OK", "application/json", "Content-Encoding: gzip\r\n", &packed)
    })
    .await;
    assert!(matches!(error, PsaError::TooLarge { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let error = error_of(|_| {
        Reply::Stall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"clients\":".to_vec())
    })
    .await;
    assert!(matches!(error, PsaError::Unreachable { .. }), "{error}");
    assert_eq!(error.code(), Code::CONN_UNREACHABLE);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_says_where_it_points() {
    let error = error_of(|_| {
        http("302 Found", "text/html", "Location: http://127.0.0.1:1/steal?t=1\r\n", b"")
    })
    .await;
    let text = error.to_string();
    assert!(text.contains("a redirect to http://127.0.0.1:1/steal "), "{text}");
    assert_eq!(error.code(), Code::CONN_NOT_HALO);
}

#[tokio::test(start_paused = true)]
async fn q_20_a_page_instead_of_json_is_not_halo_and_its_excerpt_is_harmless() {
    let page = "<html>\r\n\x1b[2J<h1>Sign in\u{202e}</h1>".to_owned() + &"x".repeat(1_000);
    let error = error_of(move |_| http("200 OK", "text/html", "", page.as_bytes())).await;
    let PsaError::NotThePsa { status, found, excerpt, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((*status, found.as_str()), (200, "text/html"));
    assert!(
        excerpt.starts_with("<html> [2J<h1>Sign in </h1>") && excerpt.len() <= 300,
        "{excerpt}"
    );
}

#[tokio::test(start_paused = true)]
async fn json_of_another_shape_is_not_halo() {
    for body in [r#"{"status":"ok"}"#, r#"{"items":[]}"#, r#"[{"a":1}]"#, "17"] {
        let error = error_of(move |_| json(body)).await;
        assert_eq!(error.code(), Code::CONN_NOT_HALO, "{body}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn q_20_damaged_json_is_asked_for_again_and_then_reported() {
    let error = error_of(|_| json(r#"{"record_count":2,"clients":[{"id":1},{"#)).await;
    assert!(matches!(error, PsaError::Damaged { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn q_20_a_wrong_host_is_not_halo_even_without_a_token() {
    let server = Server::start(|_| http("404 Not Found", "text/html", "", b"<h1>nginx</h1>")).await;
    let error = list(&server.base_url()).await.expect_err("no page");
    assert_eq!(error.code(), Code::CONN_NOT_HALO, "{error}");
    let server = Server::start(|_| http("200 OK", "text/html", "", b"<h1>Welcome</h1>")).await;
    let error = list(&server.base_url()).await.expect_err("no page");
    assert_eq!(error.code(), Code::CONN_NOT_HALO, "{error}");
}

#[tokio::test]
async fn private_hosts_are_refused_unless_named() {
    for address in ["https://127.0.0.1", "https://localhost", "https://[::1]", "https://10.1.2.3"] {
        let mut options = options(address);
        options.allow_private_hosts.clear();
        let error = HaloConnector::new(options).expect_err("refused");
        assert_eq!(error.code(), Code::CONN_PRIVATE_ADDRESS, "{address}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_port_without_a_server_is_not_reachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    drop(listener);
    let error = list(&format!("http://{addr}")).await.expect_err("no page");
    assert_eq!(error.code(), Code::CONN_UNREACHABLE, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_speaks_no_tls_is_a_tls_error() {
    let server = Server::start(|_| json("{}")).await;
    let error = list(&format!("https://{}", server.addr)).await.expect_err("no page");
    assert_eq!(error.code(), Code::CONN_TLS, "{error}");
}
