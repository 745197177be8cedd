//! One HTTP exchange: guarded, paced, bounded in time and size, counted.
//!
//! Every byte that this crate sends passes [`Exchange::send`]. It knows nothing of tokens and
//! never retries; it turns what the network says into a [`PsaError`] and leaves the meaning of
//! an answer to `status`. Redirects are not followed: they come back as answers.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use almanac_psa::{CallStats, PsaError};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use crate::address::origin;
use crate::excerpt::{excerpt, printable};
use crate::guard::{Guard, PrivateAnswer};
use crate::pacer::{Admission, Pacer};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Halo's own gateway gives up after about 60 s (HALO-API 2.6).
pub(crate) const TIMEOUT_TOTAL: Duration = Duration::from_secs(60);
/// For calls that Halo answers without reading much: discovery and tokens.
pub(crate) const TIMEOUT_BRIEF: Duration = Duration::from_secs(10);
/// A `Retry-After` beyond this is taken for this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);
/// Told apart from other losses by [`is_time_out`].
const NO_ANSWER_IN_TIME: &str = "no answer in time";
/// Halo's pages of 100 rows are below 2 MB; details about 150 kB.
pub(crate) const BODY_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Sends requests of one connection.
#[derive(Debug)]
pub(crate) struct Exchange {
    http: Client,
    guard: Guard,
    pacer: Pacer,
    requests: AtomicU64,
    throttled: AtomicU64,
    bytes: AtomicU64,
}

/// What to send.
pub(crate) struct Outgoing<'a> {
    /// GET, or POST for a token and a change.
    pub(crate) method: Method,
    /// The whole URL.
    pub(crate) url: Url,
    /// The path for messages; never with a query.
    pub(crate) label: &'a str,
    /// Goes into `Authorization: Bearer`.
    pub(crate) bearer: Option<&'a str>,
    /// Goes into the body, form-encoded.
    pub(crate) form: Option<&'a [(&'a str, &'a str)]>,
    /// Goes into the body as JSON.
    pub(crate) json: Option<&'a [u8]>,
    /// What must never be shown, should the remote echo it.
    pub(crate) hidden: &'a SecretString,
    /// How long the whole answer may take.
    pub(crate) timeout: Duration,
}

impl fmt::Debug for Outgoing<'_> {
    /// Without the token, the form and the query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .field("label", &self.label)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// What came back, whatever the status.
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// When the request left, after all waiting.
    pub(crate) sent_at: Instant,
    /// What must never be shown of it.
    pub(crate) hidden: SecretString,
}

impl Received {
    /// Text of this answer as it may be shown: a server that echoes our token or secret (a debug
    /// page, a hostile one) does not get it into a log.
    pub(crate) fn showable(&self, text: &[u8]) -> Vec<u8> {
        let hidden = self.hidden.expose_secret();
        let text = String::from_utf8_lossy(text);
        if hidden.is_empty() || !text.contains(hidden) {
            return text.into_owned().into_bytes();
        }
        text.replace(hidden, "[hidden]").into_bytes()
    }
}

impl Exchange {
    /// A client with the limits above. `is_plain` says that no TLS will be spoken, so that a
    /// machine without any root certificate can still use it.
    pub(crate) fn new(guard: Guard, pacer: Pacer, is_plain: bool) -> Result<Self, PsaError> {
        let no_tls = |detail: String| PsaError::Tls { address: "this machine".to_owned(), detail };
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(no_tls("no cryptography provider is installed".to_owned()));
        }
        let builder = || {
            Client::builder()
                .user_agent(concat!("Almanac/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_idle_timeout(Duration::from_secs(30))
                // A proxy would resolve names out of the guard's sight.
                .no_proxy()
                .dns_resolver(guard.clone())
        };
        let http = match builder().build() {
            Err(_) if is_plain => builder().tls_certs_only([]).build(),
            built => built,
        };
        Ok(Self {
            http: http.map_err(|error| no_tls(chain(&error)))?,
            guard,
            pacer,
            requests: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    /// Sends one request when the pacer lets it, and reads the whole answer.
    ///
    /// A 429 comes back as [`PsaError::RateLimited`] only when the pacer's patience has ended;
    /// until then it is sent again, paced.
    pub(crate) async fn send(&self, outgoing: &Outgoing<'_>) -> Result<Received, PsaError> {
        self.guard.check_url(&outgoing.url)?;
        loop {
            let admission = self.pacer.admit().await;
            let received = self.send_once(outgoing).await?;
            if received.status != StatusCode::TOO_MANY_REQUESTS {
                admission.answered().await;
                return Ok(received);
            }
            self.refused(admission, &received).await?;
        }
    }

    async fn refused(&self, admission: Admission<'_>, received: &Received) -> Result<(), PsaError> {
        self.throttled.fetch_add(1, Ordering::Relaxed);
        let retry_after = retry_after(&received.headers);
        if admission.refused(retry_after).await {
            return Ok(());
        }
        Err(PsaError::RateLimited {
            retry_after,
            detail: excerpt(&received.showable(&received.body)),
        })
    }

    async fn send_once(&self, outgoing: &Outgoing<'_>) -> Result<Received, PsaError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut request = self
            .http
            .request(outgoing.method.clone(), outgoing.url.clone())
            .header(reqwest::header::ACCEPT, "application/json")
            .timeout(outgoing.timeout);
        if let Some(token) = outgoing.bearer {
            request = request.bearer_auth(token);
        }
        if let Some(form) = outgoing.form {
            request = request.form(form);
        }
        if let Some(json) = outgoing.json {
            request = request
                .header(reqwest::header::CONTENT_TYPE, "application/json")
                .body(json.to_vec());
        }
        let sent_at = Instant::now();
        let lost = |error: &reqwest::Error| network_error(error, &outgoing.url);
        let mut response = request.send().await.map_err(|error| lost(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(None) => break,
                Ok(Some(chunk)) => {
                    self.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                    if (body.len() + chunk.len()) as u64 > BODY_BYTES_MAX {
                        return Err(PsaError::TooLarge {
                            path: outgoing.label.to_owned(),
                            limit_bytes: BODY_BYTES_MAX,
                        });
                    }
                    body.extend_from_slice(&chunk);
                }
                Err(error) if error.is_timeout() => return Err(lost(&error)),
                Err(error) => {
                    return Err(PsaError::Damaged {
                        path: outgoing.label.to_owned(),
                        detail: chain(&error),
                    });
                }
            }
        }
        Ok(Received { status, headers, body, sent_at, hidden: outgoing.hidden.clone() })
    }

    /// Requests sent, refusals and bytes so far.
    pub(crate) fn call_stats(&self) -> CallStats {
        CallStats {
            requests: self.requests.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

/// `Retry-After` in seconds or as a date; a date is compared with the answer's own `Date`, so
/// that a clock that is off does not matter. Never more than [`RETRY_AFTER_MAX`].
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let now = date(headers)?;
    let pause = Duration::try_from(until.duration_since(now)).ok()?;
    Some(pause.min(RETRY_AFTER_MAX))
}

/// The remote's clock in the `Date` header.
pub(crate) fn date(headers: &HeaderMap) -> Option<jiff::Timestamp> {
    let text = headers.get(reqwest::header::DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp())
}

/// What a failed send means. The message of the library is kept without its URL.
fn network_error(error: &reqwest::Error, url: &Url) -> PsaError {
    let mut source: Option<&(dyn Error + 'static)> = error.source();
    while let Some(inner) = source {
        if let Some(answer) = inner.downcast_ref::<PrivateAnswer>() {
            return answer.into();
        }
        if let Some(tls) = tls_cause(inner) {
            return PsaError::Tls { address: origin(url), detail: printable(&tls.to_string()) };
        }
        source = inner.source();
    }
    // Not being let in at all passes sooner than a server that lets in and stalls.
    let has_stalled = error.is_timeout() && !error.is_connect();
    if has_stalled {
        return time_out(origin(url));
    }
    PsaError::Unreachable { address: origin(url), detail: chain(error) }
}

/// A server took the request and did not answer in time.
pub(crate) fn time_out(address: String) -> PsaError {
    PsaError::Unreachable { address, detail: NO_ANSWER_IN_TIME.to_owned() }
}

/// Whether it is a [`time_out`].
pub(crate) fn is_time_out(error: &PsaError) -> bool {
    matches!(error, PsaError::Unreachable { detail, .. } if detail == NO_ANSWER_IN_TIME)
}

/// A TLS error, however deep in errors of the system it is wrapped: those hide it from `source`.
fn tls_cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls);
    }
    tls_cause(error.downcast_ref::<std::io::Error>()?.get_ref()?)
}

/// The causes of an error, without the outermost: that one repeats the URL with its query.
fn chain(error: &reqwest::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(inner) = source {
        let text = inner.to_string();
        if words.last() != Some(&text) {
            words.push(text);
        }
        source = inner.source();
    }
    printable(&words.join(": "))
}

#[cfg(test)]
mod tests {
    use almanac_model::call_budget::{CallCeiling, CallClass};

    use super::*;

    #[tokio::test]
    async fn a_name_that_resolves_to_a_private_address_is_refused_before_it_is_connected_to() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        listener.set_nonblocking(true).expect("a setting");
        // The first to come installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ceiling = CallCeiling { limit: None, share_percent: 100 };
        let pacer = Pacer::alone(ceiling, CallClass::Person);
        let exchange = Exchange::new(Guard::new(&[]), pacer, true);
        let outgoing = Outgoing {
            method: Method::GET,
            url: Url::parse(&format!("http://localhost:{port}/")).expect("a URL"),
            label: "/",
            bearer: None,
            form: None,
            json: None,
            hidden: &SecretString::default(),
            timeout: TIMEOUT_BRIEF,
        };
        let outcome = exchange.expect("a client").send(&outgoing).await;
        assert!(matches!(outcome, Err(PsaError::PrivateAddress { .. })));
        assert!(listener.accept().is_err(), "it was connected to");
    }

    #[test]
    fn a_request_shows_neither_its_token_nor_its_form_nor_its_query() {
        let outgoing = Outgoing {
            method: Method::POST,
            url: Url::parse("https://h.example/token?tenant=s3cret").expect("a URL"),
            label: "/token",
            bearer: Some("s3cret"),
            form: Some(&[("client_secret", "s3cret")]),
            json: None,
            hidden: &"s3cret".into(),
            timeout: TIMEOUT_BRIEF,
        };
        let shown = format!("{outgoing:?}");
        assert!(shown.contains("/token") && !shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date_by_the_remote_clock() {
        for (value, date, seconds) in [
            ("17", None, Some(17)),
            (" 0 ", None, Some(0)),
            ("18446744073709551615", None, Some(3_600)),
            ("Sat, 21 Nov 2099 10:01:00 GMT", Some("Sat, 21 Nov 2026 10:00:15 GMT"), Some(3_600)),
            ("Sat, 21 Nov 2026 10:01:00 GMT", Some("Sat, 21 Nov 2026 10:00:15 GMT"), Some(45)),
            ("Sat, 21 Nov 2026 10:00:00 GMT", Some("Sat, 21 Nov 2026 10:00:15 GMT"), None),
            ("Sat, 21 Nov 2026 10:00:00 GMT", None, None),
            ("soon", None, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", value.parse().expect("a header"));
            if let Some(date) = date {
                headers.insert("date", date.parse().expect("a header"));
            }
            assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs), "{value}");
        }
    }
}
