//! One HTTP request, by hand: plain http, one connection, no redirects.
//!
//! The simulator speaks to addresses that whoever can write to it chooses, so only loopback is
//! spoken to unless a switch says otherwise, and what comes back is read up to a limit.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};

/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// What to send.
pub(super) struct Outgoing {
    pub(super) method: &'static str,
    pub(super) url: String,
    /// Name and value, beside those that HTTP itself needs.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: String,
    pub(super) body: String,
}

/// A plain http address, in parts.
#[derive(Debug, PartialEq, Eq)]
struct Target<'a> {
    host: &'a str,
    port: u16,
    path: &'a str,
}

/// Whether a text is an address that Halo would take as a webhook's.
pub(super) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#', ':']).next().unwrap_or(""));
    host.is_some_and(|host| !host.is_empty()) && !text.contains(char::is_whitespace)
}

/// Sends, and reads the answer.
///
/// # Errors
///
/// A text that says why there is no answer.
pub(super) async fn send(outgoing: &Outgoing, is_anywhere: bool) -> Result<Reply, String> {
    let target = target(&outgoing.url)?;
    let head = head(outgoing, &target)?;
    let address = resolve(&target, is_anywhere).await?;
    let failed = |error: std::io::Error| format!("{}: {error}", outgoing.url);
    let mut stream = TcpStream::connect(address).await.map_err(failed)?;
    stream.write_all(head.as_bytes()).await.map_err(failed)?;
    stream.write_all(&outgoing.body).await.map_err(failed)?;
    let mut bytes = Vec::new();
    let mut answer = stream.take(ANSWER_BYTES_MAX);
    loop {
        // A server may keep the connection open in spite of `connection: close`.
        if is_whole(&bytes) || answer.read_buf(&mut bytes).await.map_err(failed)? == 0 {
            break;
        }
    }
    read_reply(&bytes).ok_or_else(|| format!("{}: the answer is not HTTP", outgoing.url))
}

fn target(url: &str) -> Result<Target<'_>, String> {
    let rest = url.strip_prefix("http://").ok_or("only plain http is spoken here")?;
    let (authority, path) = match rest.find(['/', '?', '#']) {
        Some(place) => rest.split_at(place),
        None => (rest, "/"),
    };
    let path = path.split('#').next().unwrap_or("/");
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            (host, port.parse().map_err(|_| format!("{port:?} is no port"))?)
        }
        _ => (authority, 80),
    };
    if host.is_empty() || host.contains('@') {
        return Err(format!("{url:?} names no host"));
    }
    Ok(Target { host, port, path })
}

async fn resolve(target: &Target<'_>, is_anywhere: bool) -> Result<SocketAddr, String> {
    let host = target.host.trim_start_matches('[').trim_end_matches(']');
    let found = lookup_host((host, target.port)).await;
    let mut found = found.map_err(|error| format!("{host}: {error}"))?;
    found.find(|address| is_anywhere || address.ip().is_loopback()).ok_or_else(|| {
        format!("{host} is not on loopback; --webhook-any-target allows other addresses")
    })
}

fn head(outgoing: &Outgoing, target: &Target<'_>) -> Result<String, String> {
    let path = if target.path.starts_with('/') {
        target.path.to_owned()
    } else {
        format!("/{}", target.path)
    };
    if path.contains(|char: char| char.is_ascii_control() || char == ' ') {
        return Err("the path has characters that no path has".to_owned());
    }
    let mut head = format!(
        "{} {path} HTTP/1.1\r\nhost: {}:{}\r\nconnection: close\r\n",
        outgoing.method, target.host, target.port
    );
    for (name, value) in &outgoing.headers {
        let is_token = |char: char| char.is_ascii_alphanumeric() || char == '-' || char == '_';
        if name.is_empty() || !name.chars().all(is_token) || value.contains(char::is_control) {
            return Err(format!("{name:?} is no header"));
        }
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", outgoing.body.len()));
    Ok(head)
}

/// Where the body begins.
fn body_place(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|place| place + 4)
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(place) = body_place(bytes) else { return false };
    let head = String::from_utf8_lossy(&bytes[..place]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|text| text.trim().parse::<usize>().ok());
    length.is_some_and(|length| bytes.len() - place >= length)
}

fn read_reply(bytes: &[u8]) -> Option<Reply> {
    let place = body_place(bytes)?;
    let head = String::from_utf8_lossy(&bytes[..place]).into_owned();
    let (line, headers) = head.split_once("\r\n")?;
    let status = line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let body = String::from_utf8_lossy(&bytes[place..]).into_owned();
    Some(Reply { status, headers: headers.trim_end().to_owned(), body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let got = target("http://127.0.0.1:8080/hook?x=1#y").expect("valid");
        assert_eq!(got, Target { host: "127.0.0.1", port: 8_080, path: "/hook?x=1" });
        let got = target("http://[::1]").expect("valid");
        assert_eq!(got, Target { host: "[::1]", port: 80, path: "/" });
        for wrong in ["https://127.0.0.1/", "http:///x", "http://user@host/", "http://h:port/"] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
        assert!(is_url("https://example.test/x") && !is_url("example.test") && !is_url("http://"));
    }

    #[test]
    fn a_header_cannot_end_its_line() {
        let outgoing = |name: &str, value: &str| Outgoing {
            method: "POST",
            url: String::new(),
            headers: vec![(name.to_owned(), value.to_owned())],
            body: Vec::new(),
        };
        let target = target("http://localhost/").expect("valid");
        assert!(head(&outgoing("Token", "abc="), &target).is_ok());
        assert!(head(&outgoing("Token", "a\r\nb: c"), &target).is_err());
        assert!(head(&outgoing("To ken:", "a"), &target).is_err());
    }
}
