//! A client of a few lines, so that what arrives on the wire is what the tests see.

use std::io;

use almanac_halo_sim::{RunningSim, SimOptions, Sizes, Switches, start};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back, as far as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}: {}", self.status, self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A started simulator and a token for it.
pub(crate) struct Subject {
    pub(crate) sim: RunningSim,
    pub(crate) token: String,
}

pub(crate) fn options(change: impl FnOnce(&mut SimOptions)) -> SimOptions {
    let mut options = SimOptions {
        sizes: Sizes { clients: 20, contacts: 300, assets: 250, ..Sizes::default() },
        ..SimOptions::default()
    };
    change(&mut options);
    options
}

impl Subject {
    pub(crate) async fn start() -> Subject {
        Subject::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Switches)) -> Subject {
        Subject::from(options(|options| change(&mut options.switches))).await
    }

    pub(crate) async fn from(options: SimOptions) -> Subject {
        let sim = start(options).await.expect("a free port on loopback");
        let mut subject = Subject { sim, token: String::new() };
        subject.renew("all").await;
        subject
    }

    /// Gets a new token; empty when the simulator refused.
    pub(crate) async fn renew(&mut self, scope: &str) -> u16 {
        let reply = self.ask_token(scope).await;
        let token = serde_json::from_slice::<Value>(&reply.body).ok();
        let token = token.and_then(|body| body["access_token"].as_str().map(str::to_owned));
        self.token = token.unwrap_or_default();
        reply.status
    }

    pub(crate) async fn ask_token(&self, scope: &str) -> Reply {
        self.post_form("/auth/token", &credentials(scope), &[]).await
    }

    pub(crate) async fn post_form(&self, target: &str, form: &str, headers: &[&str]) -> Reply {
        let mut all = vec!["content-type: application/x-www-form-urlencoded"];
        all.extend(headers);
        let address = self.sim.addr.to_string();
        request(&address, "POST", target, &all, form.as_bytes()).await.expect("an answer")
    }

    pub(crate) async fn try_get(&self, target: &str) -> io::Result<Reply> {
        let token = format!("authorization: Bearer {}", self.token);
        request(&self.sim.addr.to_string(), "GET", target, &[&token], b"").await
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.try_get(target).await.expect("an answer")
    }

    /// Rows of a keyed list.
    pub(crate) async fn rows(&self, target: &str, key: &str) -> Vec<Value> {
        let reply = self.get(target).await;
        assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        let mut body = reply.json();
        serde_json::from_value(body[key].take()).expect("an array under the key")
    }

    /// Rows of a bare array.
    pub(crate) async fn array(&self, target: &str) -> Vec<Value> {
        serde_json::from_value(self.get(target).await.json()).expect("a bare array")
    }

    /// A write of an array.
    pub(crate) async fn post(&self, route: &str, body: &Value) -> Reply {
        self.send("POST", &format!("/api/{route}"), &body.to_string()).await
    }

    /// A request with the token and a JSON body.
    pub(crate) async fn send(&self, method: &str, target: &str, body: &str) -> Reply {
        let token = format!("authorization: Bearer {}", self.token);
        let headers = [token.as_str(), "content-type: application/json"];
        let address = self.sim.addr.to_string();
        request(&address, method, target, &headers, body.as_bytes()).await.expect("an answer")
    }

    pub(crate) async fn control(&self, method: &str, target: &str, body: &str) -> Reply {
        let headers = ["content-type: application/json"];
        let address = self.sim.control_addr.to_string();
        request(&address, method, target, &headers, body.as_bytes()).await.expect("an answer")
    }

    /// Lines of `/truth`.
    pub(crate) async fn truth(&self, entity: &str) -> Vec<Value> {
        let reply = self.control("GET", &format!("/truth/{entity}"), "").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.text().lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
    }
}

pub(crate) fn credentials(scope: &str) -> String {
    let id = almanac_halo_sim::DEMO_OAUTH_CLIENT_ID;
    let secret = almanac_halo_sim::DEMO_CLIENT_SECRET;
    let scope = scope.replace(' ', "+").replace(':', "%3A");
    format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope={scope}")
}

/// One request on its own connection.
pub(crate) async fn request(
    address: &str,
    method: &str,
    target: &str,
    headers: &[&str],
    body: &[u8],
) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(address).await?;
    let mut head =
        format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    read_reply(&bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn read_reply(bytes: &[u8]) -> Option<Reply> {
    let split = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let mut reply = Reply { status, head, body: bytes[split + 4..].to_vec() };
    if reply.header("transfer-encoding").is_some() {
        reply.body = dechunked(&reply.body)?;
    } else if let Some(length) = reply.header("content-length")
        && length.parse() != Ok(reply.body.len())
    {
        return None;
    }
    Some(reply)
}

fn dechunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line]).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}
