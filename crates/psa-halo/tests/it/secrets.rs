//! Secrets and tokens show up nowhere: not in `Debug`, errors or logs.

use std::io;
use std::sync::{Arc, Mutex};

use almanac_halo_sim::DEMO_CLIENT_SECRET;
use almanac_model::stream::Stream;
use almanac_psa::{Connector, PageRequest, Part};
use almanac_psa_halo::HaloConnector;
use tracing_subscriber::fmt::MakeWriter;

use crate::server::{Server, halo_like, http, json};
use crate::subject::{SimSubject, options};

/// Log lines in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic under it").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

fn request() -> PageRequest {
    PageRequest { stream: Stream::Clients, part: Part::whole(), page_no: 1, whole_count: None }
}

#[tokio::test]
async fn nothing_is_logged_or_shown_of_a_secret_or_a_token() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(lines.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let server = halo_like(|_| json(r#"{"record_count":0,"clients":[]}"#)).await;
    let options = options(&server.base_url());
    let shown = format!("{options:?}");
    let connector = HaloConnector::new(options).expect("a connector");
    connector.list_page(&request()).await.expect("a page");
    let shown = format!("{shown} {connector:?}");
    drop(guard);
    let log = String::from_utf8(lines.0.lock().expect("no panic under it").clone());
    let log = log.expect("text");
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
