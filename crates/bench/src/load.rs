//! Requests at an even rate, whether or not the server keeps up.
//!
//! A request's time counts from the moment it was due, so that a slow answer is paid for by those
//! that had to wait behind it.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// What requests of one kind cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) most_ms: f64,
    /// What the server says of itself: from the headers read to the last byte made.
    pub(crate) server_p50_ms: f64,
    pub(crate) server_p99_ms: f64,
    /// Bytes of the last answer's body, as they were sent.
    pub(crate) bytes: usize,
}

/// Asks for `urls` in turn, `rate` a second for `seconds`; no answer may be anything but 200.
pub(crate) async fn load(
    client: &reqwest::Client,
    urls: &[String],
    rate: u32,
    seconds: u32,
) -> Result<Load> {
    // Connections, and what is computed once, are ready before the clock runs.
    for url in urls {
        ask(client.clone(), url.clone(), Instant::now()).await?;
    }
    let began = Instant::now();
    let mut asked = JoinSet::new();
    for (number, url) in (0..rate * seconds).zip(urls.iter().cycle()) {
        let due = began + Duration::from_secs(1) * number / rate;
        sleep_until(due).await;
        asked.spawn(ask(client.clone(), url.clone(), due));
    }
    let (mut times, mut of_server) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    while let Some(answer) = asked.join_next().await {
        let answer = answer??;
        times.push(answer.ms);
        of_server.push(answer.server_ms);
        bytes = answer.bytes;
    }
    times.sort_by(f64::total_cmp);
    of_server.sort_by(f64::total_cmp);
    Ok(Load {
        p50_ms: at(&times, 50),
        p99_ms: at(&times, 99),
        most_ms: at(&times, 100),
        server_p50_ms: at(&of_server, 50),
        server_p99_ms: at(&of_server, 99),
        bytes,
    })
}

/// The time that so many percent of sorted times are below.
fn at(times: &[f64], share: usize) -> f64 {
    times.get(times.len() * share / 100).or(times.last()).copied().unwrap_or_default()
}

/// One answer.
struct Answer {
    /// From when it was due to its last byte.
    ms: f64,
    /// What the server says it took.
    server_ms: f64,
    bytes: usize,
}

/// One request.
async fn ask(client: reqwest::Client, url: String, due: Instant) -> Result<Answer> {
    let answer = client.get(&url).send().await?;
    let status = answer.status();
    let timing = answer.headers().get("server-timing").and_then(|value| value.to_str().ok());
    let server_ms = timing.and_then(|value| value.strip_prefix("total;dur=")?.parse().ok());
    let server_ms = server_ms.context("the server does not say how long it took")?;
    let body = answer.bytes().await?;
    if status != 200 {
        bail!("{url} was answered with {status}");
    }
    let ms = due.elapsed().as_secs_f64() * 1_000.0;
    Ok(Answer { ms, server_ms, bytes: body.len() })
}
