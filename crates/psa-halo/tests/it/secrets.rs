//! Secrets and tokens show up nowhere: not in `Debug`, errors or logs.

use std::cell::RefCell;
use std::io;

use almanac_halo_sim::DEMO_CLIENT_SECRET;
use almanac_model::stream::Stream;
use almanac_psa::{Connector, PageRequest, Part};
use almanac_psa_halo::HaloConnector;

use crate::server::{Server, halo_like, http, json};
use crate::subject::{SimSubject, options};

thread_local! {
    /// The log of this thread while a test listens to it.
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Writes to the log of the thread that logs.
///
/// A subscriber of one thread alone would miss lines that another thread hit first, because
/// whether anybody listens is remembered for each line; so one is installed for all.
struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        HEARD.with_borrow_mut(|heard| {
            if let Some(lines) = heard {
                lines.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn request() -> PageRequest {
    PageRequest { stream: Stream::Clients, part: Part::whole(), page_no: 1, whole_count: None }
}

#[tokio::test]
async fn nothing_is_logged_or_shown_of_a_secret_or_a_token() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(|| ThreadLog)
        .init();
    HEARD.set(Some(Vec::new()));
    let server = halo_like(|_| json(r#"{"record_count":0,"clients":[]}"#)).await;
    let options = options(&server.base_url());
    let shown = format!("{options:?}");
    let connector = HaloConnector::new(options).expect("a connector");
    connector.list_page(&request()).await.expect("a page");
    let shown = format!("{shown} {connector:?}");
    let log = String::from_utf8(HEARD.take().expect("set above")).expect("text");
    assert!(log.contains("halo"), "nothing was logged, so nothing was tested");
    for hidden in [DEMO_CLIENT_SECRET, "t0ken-of-the-test"] {
        assert!(!log.contains(hidden), "{log}");
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_echoes_the_secret_or_the_token_does_not_get_it_into_an_error() {
    let echo = format!("<h1>{DEMO_CLIENT_SECRET} t0ken-of-the-test</h1>");
    for status in ["200 OK", "400 Bad Request", "401 Unauthorized", "500 Oops"] {
        let body = echo.clone();
        let server = Server::start(move |_| http(status, "text/html", "", body.as_bytes())).await;
        let connector = HaloConnector::new(options(&server.base_url())).expect("a connector");
        let error = connector.list_page(&request()).await.expect_err("no page");
        assert!(!format!("{error} {error:?}").contains(DEMO_CLIENT_SECRET), "{error:?}");
        let body = echo.clone();
        let server = halo_like(move |_| http(status, "text/html", "", body.as_bytes())).await;
        let connector = HaloConnector::new(options(&server.base_url())).expect("a connector");
        let error = connector.list_page(&request()).await.expect_err("no page");
        assert!(!format!("{error} {error:?}").contains("t0ken-of"), "{error:?}");
    }
}

#[tokio::test]
async fn a_refused_secret_is_not_in_the_refusal() {
    let wrong = "11111111-2222-3333-4444-555555555555-wrong";
    let subject =
        SimSubject::start_with(|_| {}, |o| o.client_secret = wrong.to_owned().into()).await;
    let error = subject.connector.list_page(&request()).await.expect_err("refused");
    assert!(!format!("{error} {error:?}").contains(wrong), "{error:?}");
}
