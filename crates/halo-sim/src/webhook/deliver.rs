//! Sends what is queued: one task, one delivery at a time, each tried once.
//!
//! The signature of authentication type 3 is base64(HMAC-SHA256(secret, raw body)) in a header of
//! the webhook's choice (Q-57: TL). The log shows neither secret nor token.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::time::{Instant, sleep_until, timeout};

use super::send::{self, Outgoing, Reply};
use super::{Hook, Occurrence, State, WebhookSwitches, Webhooks, number};
use crate::date;
use crate::server::Sim;

/// Bytes of each body that the log keeps; Halo calls its own log lightweight (WHG).
const LOGGED_BYTES_MAX: usize = 16 * 1024;

/// What to do next.
enum Next {
    Send(Hook, Vec<Occurrence>),
    WaitUntil(Instant),
    Wait,
}

/// Delivers until the simulator ends.
pub(crate) async fn run(sim: Arc<Sim>) {
    let mut stopping = sim.stopping.clone();
    let work = async {
        loop {
            let switches = sim.switches();
            match sim.webhooks.next(&switches.webhooks) {
                Next::Send(hook, batch) => deliver(&sim, &hook, &batch, &switches.webhooks).await,
                Next::WaitUntil(due) => {
                    tokio::select! {
                        () = sim.webhooks.wake.notified() => {}
                        () = sleep_until(due) => {}
                    }
                }
                Next::Wait => sim.webhooks.wake.notified().await,
            }
        }
    };
    tokio::select! {
        () = work => {}
        // An error means that the sender is gone, which ends us as well.
        _ = stopping.wait_for(|is_stopping| *is_stopping) => {}
    }
}

impl Webhooks {
    fn next(&self, switches: &WebhookSwitches) -> Next {
        let mut state = self.state();
        let now = Instant::now();
        loop {
            let Some(place) = state.queue.iter().position(|waiting| waiting.due <= now) else {
                return state
                    .queue
                    .iter()
                    .map(|waiting| waiting.due)
                    .min()
                    .map_or_else(|| Next::Wait, Next::WaitUntil);
            };
            let Some(first) = state.take(place) else { return Next::Wait };
            let Some(hook) = state.hook(&first.hook).cloned() else {
                // Deleted since: its occurrences go with it.
                self.ended.notify_waiters();
                continue;
            };
            let mut batch = vec![first];
            while batch.len() < switches.batch as usize {
                let is_next = |waiting: &Occurrence| waiting.due <= now && hook.is(&waiting.hook);
                let Some(place) = state.queue.iter().position(is_next) else { break };
                batch.extend(state.take(place));
            }
            state.is_sending = true;
            return Next::Send(hook, batch);
        }
    }
}

impl State {
    /// Takes one out of the queue; what waited to be overtaken by it is due.
    fn take(&mut self, place: usize) -> Option<Occurrence> {
        let taken = self.queue.remove(place)?;
        self.queue_bytes -= taken.payload.len();
        for earlier in self.queue.iter_mut().take(place).filter(|waiting| waiting.is_held) {
            earlier.is_held = false;
            earlier.due = taken.due;
        }
        Some(taken)
    }
}

async fn deliver(sim: &Sim, hook: &Hook, batch: &[Occurrence], switches: &WebhookSwitches) {
    let body = body(batch, switches);
    let headers = headers(hook, &body);
    let outgoing =
        Outgoing { method: method(hook), url: hook.text("url").to_owned(), headers, body };
    let began = Instant::now();
    let patience = Duration::from_millis(u64::from(switches.timeout_ms));
    let got = timeout(patience, send::send(&outgoing, switches.any_target)).await;
    let got = got.unwrap_or_else(|_| Err(format!("no answer within {} ms", switches.timeout_ms)));
    let is_success = got.as_ref().is_ok_and(|reply| (200..300).contains(&reply.status));
    let took = began.elapsed();
    let mut at = Vec::new();
    date::push_naive_millis(&mut at, sim.clock.now_millis());
    let mut state = sim.webhooks.state();
    let id = state.guid();
    let at = String::from_utf8_lossy(&at).into_owned();
    state.log(entry(&Attempt { id, at, took, hook, batch, outgoing: &outgoing, got: &got }));
    let counts = &mut state.counts;
    let count = if is_success { &mut counts.delivered } else { &mut counts.failed };
    *count += 1;
    if let Some(own) = state.hook_mut(hook.id()) {
        own.note(is_success, got.as_ref().map_or(0, |reply| reply.status), switches);
    }
    state.is_sending = false;
    drop(state);
    sim.webhooks.ended.notify_waiters();
}

/// One payload, or an array of them when batching is on.
fn body(batch: &[Occurrence], switches: &WebhookSwitches) -> Vec<u8> {
    let payloads: Vec<&[u8]> = batch.iter().map(|one| one.payload.as_slice()).collect();
    let joined = payloads.join(&b',');
    if switches.batch == 0 { joined } else { [b"[".as_slice(), &joined, b"]"].concat() }
}

/// Numbers by RXN.
fn method(hook: &Hook) -> &'static str {
    match number(&hook.row, "method") {
        1 => "GET",
        2 => "PUT",
        3 => "DELETE",
        4 => "PATCH",
        _ => "POST",
    }
}

/// Content type and proof. Numbers: 0 none, 1 basic, 2 bearer (RXN), 3 HMAC (TL).
fn headers(hook: &Hook, body: &[u8]) -> Vec<(String, String)> {
    let content_type = match hook.text("content_type") {
        "" => "application/json",
        named => named,
    };
    let mut headers = vec![("content-type".to_owned(), content_type.to_owned())];
    let secret = hook.text("basic_password");
    match number(&hook.row, "authentication_type") {
        1 => {
            let pair = format!("{}:{secret}", hook.text("basic_username"));
            headers.push(("authorization".to_owned(), format!("Basic {}", base64(pair))));
        }
        2 => headers.push(("authorization".to_owned(), format!("Bearer {secret}"))),
        3 => {
            let value = format!("{}{}", hook.text("signature_prefix"), signature(secret, body));
            headers.push((hook.text("authentication_header").to_owned(), value));
        }
        _ => {}
    }
    headers
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// base64(HMAC-SHA256(secret, raw body)).
fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    base64(mac.finalize().into_bytes())
}

impl Hook {
    /// What an attempt means for the webhook: too many failures make it inactive.
    fn note(&mut self, is_success: bool, status: u16, switches: &WebhookSwitches) {
        self.row.insert("last_status".to_owned(), json!(status));
        self.failures = if is_success { 0 } else { self.failures.saturating_add(1) };
        let own = u32::try_from(number(&self.row, "auto_disable_attempts")).unwrap_or(0);
        let attempts_max = if own > 0 { own } else { switches.auto_disable };
        if attempts_max > 0 && self.failures >= attempts_max {
            self.row.insert("active".to_owned(), json!(false));
        }
    }
}

struct Attempt<'a> {
    id: String,
    at: String,
    took: Duration,
    hook: &'a Hook,
    batch: &'a [Occurrence],
    outgoing: &'a Outgoing,
    got: &'a Result<Reply, String>,
}

/// A row of `/WebhookEvent` (HALO-API.md 3.21). The meaning of `status` was never recorded: here 1
/// is delivered and 2 failed, and `duration` counts seconds.
fn entry(attempt: &Attempt<'_>) -> Value {
    let first = attempt.batch.first();
    let lines = attempt.outgoing.headers.iter().map(|(name, value)| {
        let shown = if name == "authorization" { "***" } else { value };
        format!("{name}: {shown}")
    });
    let (status, headers, body, is_delivered) = match attempt.got {
        Ok(reply) => {
            let is_success = (200..300).contains(&reply.status);
            (reply.status, reply.headers.as_str(), reply.body.as_str(), is_success)
        }
        Err(problem) => (0, "", problem.as_str(), false),
    };
    json!({
        "id": attempt.id,
        "webhook_id": attempt.hook.id(),
        "notification_id": first.map_or(0, |one| one.notification),
        "entity_id": first.map_or(0, |one| one.entity),
        "timestamp": attempt.at,
        "status": if is_delivered { 1 } else { 2 },
        "duration": attempt.took.as_secs_f64(),
        "requestheaders": lines.collect::<Vec<_>>().join("\r\n"),
        "requestbody": start(&String::from_utf8_lossy(&attempt.outgoing.body)),
        "responsestatus": status,
        "responseheaders": headers,
        "responsebody": start(body),
        "error": !is_delivered,
    })
}

/// As much of a text as the log keeps.
fn start(text: &str) -> &str {
    &text[..text.floor_char_boundary(LOGGED_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_a_published_example() {
        // RFC 4231, test case 2.
        let wanted = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";
        assert_eq!(signature("Jefe", b"what do ya want for nothing?"), wanted);
    }
}
