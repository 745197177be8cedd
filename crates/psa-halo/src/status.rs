//! What an answer means: one table from status, media type and body to data or error.
//!
//! Halo answers with JSON, with empty bodies, with text (429), and proxies before it answer with
//! pages. The media type alone proves nothing, so the first byte of the body is read too.

use almanac_psa::PsaError;
use reqwest::header::{CONTENT_TYPE, LOCATION};

use crate::excerpt::{excerpt, printable, refusal_words, without_mark};
use crate::exchange::Received;

/// The body of a good answer, or what the answer means instead.
///
/// | status | body | meaning |
/// |---|---|---|
/// | 2xx | JSON | data |
/// | 2xx | empty | empty data: only its reader knows whether nothing is an answer |
/// | 2xx | page or text | not the PSA |
/// | 3xx | any | not the PSA: it points elsewhere, and redirects are not followed |
/// | 400, 4xx unlisted | JSON, empty or text | the PSA refuses the request |
/// | 400, 4xx unlisted | page | not the PSA |
/// | 401 | any | the token is refused (Q-13: perhaps a permission) |
/// | 403 | any | no permission |
/// | 404, 410 | any | no such path |
/// | 407 | any | not the PSA: a proxy |
/// | 408, 5xx | any | server fault |
///
/// 429 never comes here: the exchange waits for the pacer.
pub(crate) fn good_json<'r>(received: &'r Received, path: &str) -> Result<&'r [u8], PsaError> {
    let body = without_mark(&received.body);
    let status = received.status.as_u16();
    let path = path.to_owned();
    let is_page = is_page(received, body);
    match status {
        200..=299 if is_page => Err(not_the_psa(received, path)),
        200..=299 => Ok(body),
        401 => Err(PsaError::TokenRefused),
        403 => Err(PsaError::Forbidden { path, status }),
        404 | 410 => Err(PsaError::NoSuchPath { path }),
        408 | 500.. => Err(PsaError::ServerFault {
            path,
            status,
            excerpt: refusal_words(&received.showable(&received.body)),
        }),
        400..=499 if status != 407 && !is_page => Err(PsaError::Refused {
            path,
            message: format!("{status} {}", refusal_words(&received.showable(&received.body)))
                .trim_end()
                .to_owned(),
        }),
        _ => Err(not_the_psa(received, path)),
    }
}

/// An error for an answer that Halo would not give.
pub(crate) fn not_the_psa(received: &Received, path: String) -> PsaError {
    let header = |name| {
        let value = received.headers.get(name)?;
        let text = received.showable(value.as_bytes());
        Some(printable(&String::from_utf8_lossy(&text)))
    };
    let found = if received.status.is_redirection() {
        match header(LOCATION) {
            Some(target) => format!("a redirect to {}", without_query(&target)),
            None => "a redirect to nowhere".to_owned(),
        }
    } else {
        header(CONTENT_TYPE).unwrap_or_else(|| "an unnamed media type".to_owned())
    };
    PsaError::NotThePsa {
        path,
        status: received.status.as_u16(),
        found,
        excerpt: excerpt(&received.showable(without_mark(&received.body))),
    }
}

/// A page or plain text, by its first byte or, when that could be JSON, by its media type.
fn is_page(received: &Received, body: &[u8]) -> bool {
    let is_named_json = received
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().contains("json"));
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'<') => true,
        Some(b'{' | b'[' | b'"') | None => false,
        Some(_) => !is_named_json,
    }
}

/// A sign-in page's address may carry tokens in its query.
fn without_query(target: &str) -> &str {
    target.split(['?', '#']).next().unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    use super::*;

    fn received(status: u16, media: &str, body: &str) -> Received {
        let mut headers = HeaderMap::new();
        if !media.is_empty() {
            headers.insert(CONTENT_TYPE, media.parse().expect("a header"));
        }
        Received {
            status: StatusCode::from_u16(status).expect("a status"),
            headers,
            body: body.as_bytes().to_vec(),
            sent_at: tokio::time::Instant::now(),
            hidden: "s3cret".into(),
        }
    }

    #[test]
    fn q_20_the_table_of_answers() {
        let json = "application/json; charset=utf-8";
        for (status, media, body, meaning) in [
            (200, json, "[]", "data"),
            (201, json, "\u{feff}{}", "data"),
            (200, "text/plain", "[]", "data"),
            (200, "text/html", "<html>hi</html>", "NotThePsa"),
            (200, json, " <html>", "NotThePsa"),
            (200, "text/plain", "hello", "NotThePsa"),
            (200, json, "", "data"),
            (204, "", "", "data"),
            (302, "", "", "NotThePsa"),
            (400, json, r#"{"Message":"no"}"#, "Refused"),
            (400, "text/html", "<h1>Bad request</h1>", "NotThePsa"),
            (401, "", "", "TokenRefused"),
            (401, "text/html", "<h1>", "TokenRefused"),
            (403, "", "", "Forbidden"),
            (404, "text/html", "<h1>", "NoSuchPath"),
            (407, "text/html", "<h1>", "NotThePsa"),
            (408, "", "", "ServerFault"),
            (415, "", "", "Refused"),
            (500, json, r#"{"Message":"no"}"#, "ServerFault"),
            (502, "text/html", "<h1>", "ServerFault"),
            (504, "text/html", "<h1>", "ServerFault"),
        ] {
            let answer = received(status, media, body);
            let got = match good_json(&answer, "/Client") {
                Ok(_) => "data".to_owned(),
                Err(error) => format!("{error:?}"),
            };
            assert!(got.starts_with(meaning), "{status} {body}: {got}");
        }
    }

    #[test]
    fn an_echoed_secret_is_not_shown() {
        for (status, body) in [(200, "<p>s3cret</p>"), (400, "\"s3cret\""), (500, "s3cret")] {
            let answer = received(status, "text/html", body);
            let error = good_json(&answer, "/Client").expect_err("no data");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn a_redirect_says_where_it_points_without_its_query() {
        let mut answer = received(302, "", "");
        answer
            .headers
            .insert(LOCATION, "https://login.example/?token=abc".parse().expect("a header"));
        let text = good_json(&answer, "/Client").expect_err("a redirect").to_string();
        assert!(text.contains("a redirect to https://login.example/ "), "{text}");
        assert!(!text.contains("abc"), "{text}");
    }
}
