//! A server that answers whatever a test says, byte for byte.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What to do with one request.
pub(crate) enum Reply {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes, then nothing for ever.
    Stall(Vec<u8>),
}

/// A server on loopback; it ends when dropped.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Starts it. `reply` gets the request's head, such as `GET /api/Client?x=1 HTTP/1.1…`.
    pub(crate) async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let reply = Arc::new(reply);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(answer(stream, Arc::clone(&reply)));
            }
        });
        Self { addr, _tasks: tasks }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

async fn answer(mut stream: TcpStream, reply: Arc<impl Fn(&str) -> Reply>) {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    // A TLS greeting (0x16) is answered at once, in the clear.
    while !head.windows(4).any(|w| w == b"\r\n\r\n") && head.first() != Some(&0x16) {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => head.extend_from_slice(&buffer[..count]),
        }
    }
    let reply = reply(&String::from_utf8_lossy(&head));
    let (bytes, stalls) = match reply {
        Reply::Bytes(bytes) => (bytes, false),
        Reply::Stall(bytes) => (bytes, true),
    };
    // The client may have given up; that is its right.
    let _ = stream.write_all(&bytes).await;
    if stalls {
        std::future::pending::<()>().await;
    }
    let _ = stream.shutdown().await;
}

/// A whole answer with a JSON body.
pub(crate) fn json(body: &str) -> Reply {
    http("200 OK", "application/json", "", body.as_bytes())
}

/// A whole answer.
pub(crate) fn http(status: &str, media: &str, headers: &str, body: &[u8]) -> Reply {
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    Reply::Bytes(bytes)
}

/// Answers token and discovery requests as Halo does; anything else as `rest` says.
pub(crate) async fn halo_like(rest: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |head| {
        let target = head.split(' ').nth(1).unwrap_or_default();
        if target.starts_with("/auth/token") {
            json(r#"{"access_token":"t0ken-of-the-test","token_type":"Bearer","expires_in":3600,"scope":"read:customers"}"#)
        } else if target.starts_with("/api/authinfo") {
            json("{}")
        } else {
            rest(head)
        }
    })
    .await
}
