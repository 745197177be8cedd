//! One sentence that the next page says: what was just done.

use axum::extract::Request;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;

use crate::extract::{clear_cookie, cookie, is_fragment, set_cookie};
use crate::route::push_part;

/// The cookie that carries the sentence over the redirect.
const FLASH_COOKIE: &str = "__Host-said";

/// Lets the page that follows say what was done.
pub(crate) fn said(mut response: Response, text: &str) -> Response {
    let mut value = String::new();
    push_part(&mut value, text);
    response.headers_mut().append(SET_COOKIE, set_cookie(FLASH_COOKIE, &value, 60));
    response
}

/// What the page is to say, if anything.
pub(crate) fn flash(headers: &HeaderMap) -> Option<String> {
    let value = cookie(headers, FLASH_COOKIE).filter(|value| !value.is_empty())?;
    let text = percent_encoding::percent_decode_str(value).decode_utf8().ok()?;
    Some(text.chars().take(300).collect())
}

/// Forgets the sentence once a page said it: a page, not a fragment that is fetched meanwhile.
pub(crate) async fn forget_said(request: Request, next: Next) -> Response {
    let is_page = request.method() == Method::GET && !is_fragment(request.headers());
    let was_said = is_page && flash(request.headers()).is_some();
    let mut response = next.run(request).await;
    if was_said && !response.status().is_redirection() {
        response.headers_mut().append(SET_COOKIE, clear_cookie(FLASH_COOKIE));
    }
    response
}
