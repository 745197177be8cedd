//! Requests at an even rate, whether or not the server keeps up.
//!
//! A request's time counts from the moment it was due, so that a slow answer is paid for by those
//! that had to wait behind it.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// What requests of one kind cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) most_ms: f64,
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
    let mut times = Vec::new();
    let mut bytes = 0;
    while let Some(answer) = asked.join_next().await {
        let (time, size) = answer??;
        times.push(time);
        bytes = size;
    }
    times.sort();
    let at = |share: usize| -> f64 {
        let time = times.get(times.len() * share / 100).or(times.last());
        time.copied().unwrap_or_default().as_secs_f64() * 1_000.0
    };
    Ok(Load { p50_ms: at(50), p99_ms: at(99), most_ms: at(100), bytes })
}

/// One request: how long after `due` it was answered to the last byte, and its size.
async fn ask(client: reqwest::Client, url: String, due: Instant) -> Result<(Duration, usize)> {
    let answer = client.get(&url).send().await?;
    let status = answer.status();
    let body = answer.bytes().await?;
    if status != 200 {
        bail!("{url} was answered with {status}");
    }
    Ok((due.elapsed(), body.len()))
}
