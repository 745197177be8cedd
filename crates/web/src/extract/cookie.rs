//! Cookies, as the contract says: `__Host-`, `Secure`, `HttpOnly`, `SameSite=Lax`.
//!
//! The prefix makes a browser refuse them from anywhere but this host over HTTPS; browsers count
//! `http://localhost` and loopback addresses as secure, which the demo relies on.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// A cookie's value, if the browser sent one.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// The header that sets a cookie; `value` is made of characters that need no quoting.
pub(crate) fn set_cookie(name: &str, value: &str, age_seconds: i64) -> HeaderValue {
    let text =
        format!("{name}={value}; Path=/; Max-Age={age_seconds}; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&text).expect("names and values are visible ASCII")
}

/// The header that removes a cookie.
pub(crate) fn clear_cookie(name: &str) -> HeaderValue {
    set_cookie(name, "", 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("a=1; __Host-b=2;c=3"));
        assert_eq!(cookie(&headers, "__Host-b"), Some("2"));
        assert_eq!(cookie(&headers, "c"), Some("3"));
        assert_eq!(cookie(&headers, "b"), None);
    }
}
