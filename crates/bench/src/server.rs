//! The program under test as a server, and a person who is signed in to it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use reqwest::header::{ACCEPT_ENCODING, COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use reqwest::redirect::Policy;

use crate::world::{OWNER, Program, SECRET};

/// A server in a process of its own.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    began: Instant,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts one and waits until it says its address.
    pub(crate) fn start(program: &Program<'_>) -> Result<Server> {
        Server::start_with(program, &[])
    }

    /// As [`Server::start`], with these arguments more.
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    pub(crate) fn start_with(program: &Program<'_>, args: &[&str]) -> Result<Server> {
        let began = Instant::now();
        let mut child = program
            .command(&["serve", "--listen", "127.0.0.1:0", "--server-timing"])
            .args(args)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let err = child.stderr.take().ok_or_else(|| anyhow!("no output"))?;
        let mut lines = BufReader::new(err).lines();
        let url = loop {
            let line = lines.next().ok_or_else(|| anyhow!("the server ended"))??;
            if let Some((_, url)) = line.split_once("Almanac is at ") {
                break url.trim().to_owned();
            }
        };
        // What it says later is read to its end, so that the pipe never fills.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Server { child, url, began })
    }

    /// Time since the process was started.
    pub(crate) fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// Memory of its own that the process holds now and has held at most, in MiB.
    pub(crate) fn memory(&self) -> Result<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let of = |name: &str| -> Result<f64> {
            let line = status.lines().find(|line| line.starts_with(name));
            let kib = line.and_then(|line| line.split_whitespace().nth(1));
            Ok(kib.with_context(|| format!("no {name}"))?.parse::<f64>()? / 1_024.0)
        };
        Ok((of("VmRSS:")?, of("VmHWM:")?))
    }

    /// Signs the owner in: the cookie of the session.
    pub(crate) async fn sign_in(&self) -> Result<String> {
        let answer = client(None)?
            .post(format!("{}/sign-in", self.url))
            .form(&[("email", OWNER), ("password", SECRET)])
            .send()
            .await?;
        let cookies = answer.headers().get_all(SET_COOKIE).iter();
        let mut cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        match cookies.find(|cookie| cookie.contains("almanac")) {
            Some(cookie) => Ok(cookie.to_owned()),
            None => bail!("signing in was answered with {}", answer.status()),
        }
    }
}

/// A browser as the server sees one: compressed pages, kept connections, a session.
pub(crate) fn client(cookie: Option<&str>) -> Result<reqwest::Client> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br, zstd"));
    if let Some(cookie) = cookie {
        headers.insert(COOKIE, HeaderValue::from_str(cookie)?);
    }
    Ok(reqwest::Client::builder()
        .default_headers(headers)
        .redirect(Policy::none())
        .no_gzip()
        .no_proxy()
        .build()?)
}
