//! Answers, and how they become HTTP; faults spoil them before that.
//!
//! Body forms and headers: HALO-API.md 2.6 and 2.7.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::connection::CutBody;
use crate::date;
use crate::recording::WriteChange;
use crate::row::push_text;

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Vec<u8>,
    /// Seconds for `Retry-After`.
    pub(crate) retry_after: Option<u64>,
    /// How the connection ends.
    pub(crate) ending: Ending,
    /// What the request changed before it was answered.
    pub(crate) changes: Vec<WriteChange>,
}

/// How the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As HTTP has it.
    Whole,
    /// After so many bytes of the body, though more were promised.
    CutAfter(usize),
    /// With a reset, before anything is sent.
    Reset,
    /// Only after the gateway's patience is over.
    Stalled,
}

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html";

impl Answer {
    fn new(status: u16, content_type: Option<&'static str>, body: Vec<u8>) -> Answer {
        Answer {
            status,
            content_type,
            body,
            retry_after: None,
            ending: Ending::Whole,
            changes: Vec::new(),
        }
    }

    /// JSON.
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer::new(status, Some(JSON), body.into())
    }

    /// A page, as gateways and IIS send.
    pub(crate) fn html(status: u16, title: &str) -> Answer {
        let page = format!(
            "<!DOCTYPE html>\r\n<html>\r\n<head><title>{status} {title}</title></head>\r\n\
             <body>\r\n<center><h1>{status} {title}</h1></center>\r\n</body>\r\n</html>\r\n"
        );
        Answer::new(status, Some(HTML), page.into_bytes())
    }

    /// No body.
    pub(crate) fn empty(status: u16) -> Answer {
        Answer::new(status, None, Vec::new())
    }

    /// Plain text.
    pub(crate) fn text(status: u16, body: String) -> Answer {
        Answer::new(status, Some("text/plain; charset=utf-8"), body.into_bytes())
    }

    /// A serialised .NET exception (HCLI dev_write_results.json).
    pub(crate) fn exception(status: u16, message: &str) -> Answer {
        let mut body = br#"{"ClassName":"System.Exception","Message":"#.to_vec();
        push_text(&mut body, message);
        body.extend_from_slice(
            concat!(
                r#","Data":null,"InnerException":null,"HelpURL":null,"StackTraceString":null,"#,
                r#""RemoteStackTraceString":null,"RemoteStackIndex":0,"ExceptionMethod":null,"#,
                r#""HResult":-2146233088,"Source":null,"WatsonBuckets":null}"#
            )
            .as_bytes(),
        );
        Answer::json(status, body)
    }

    /// What model binding says of a value of the wrong type (HALO-API.md 2.6 form b).
    pub(crate) fn bad_binding(path: &str, message: &str) -> Answer {
        let mut body = b"{".to_vec();
        push_text(&mut body, path);
        body.extend_from_slice(b":[");
        push_text(&mut body, message);
        body.extend_from_slice(b"]}");
        Answer::json(400, body)
    }

    /// A bare JSON string (form c).
    pub(crate) fn bare_string(message: &str) -> Answer {
        let mut body = Vec::new();
        push_text(&mut body, message);
        Answer::json(400, body)
    }

    /// `{"error": ..}` (form d), with OpenIddict's description where there is one.
    pub(crate) fn error(status: u16, error: &str, description: &str) -> Answer {
        let mut body = br#"{"error":"#.to_vec();
        push_text(&mut body, error);
        if !description.is_empty() {
            body.extend_from_slice(br#","error_description":"#);
            push_text(&mut body, description);
            body.extend_from_slice(
                br#","error_uri":"https://documentation.openiddict.com/errors/""#,
            );
        }
        body.push(b'}');
        Answer::json(status, body)
    }

    /// Headers as recorded by mralston/HaloApi (HALO-API.md 2.7); `Date` is the simulated clock's.
    pub(crate) fn into_response(self, now: i64) -> Response {
        let body = match self.ending {
            Ending::CutAfter(after) => Body::new(CutBody::new(self.body, after)),
            Ending::Whole | Ending::Reset | Ending::Stalled => Body::from(self.body),
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Some(content_type) = self.content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Ok(date) = HeaderValue::from_str(&date::http(now)) {
            headers.insert(header::DATE, date);
        }
        let cache = HeaderValue::from_static("no-cache, no-store, must-revalidate");
        headers.insert(header::CACHE_CONTROL, cache);
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        let transport = HeaderValue::from_static("max-age=31536000; IncludeSubDomains; preload");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, transport);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_json_form_is_json() {
        let forms = [
            Answer::exception(400, "A \"Site\" must be selected"),
            Answer::bad_binding("[0].outcome_id", "Could not convert string to integer: abc."),
            Answer::bare_string("No matching \"custom\" table"),
            Answer::error(400, "invalid_scope", "no \"such\" scope"),
            Answer::error(400, "plain", ""),
        ];
        for form in forms {
            let read: Result<serde_json::Value, _> = serde_json::from_slice(&form.body);
            assert!(read.is_ok(), "{}", String::from_utf8_lossy(&form.body));
        }
    }
}
