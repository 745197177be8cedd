//! Webhooks: rows of `/Webhook` and `/Notification`, what they make of an event, and the queue of
//! deliveries (HALO-API.md 3.21).
//!
//! A webhook alone never fires: a `/Notification` row names the event and the webhook (Q-55). What
//! is fired is queued and sent by one task, once, never again (Q-59). Queue and log are bounded;
//! what does not fit is counted and lost.

mod deliver;
mod routes;
mod send;
mod switches;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use deliver::run;
pub(crate) use routes::{Call, Table, answer, overview};
pub use switches::WebhookSwitches;

use crate::date;
use crate::row::{guid, push_text};
use crate::world::dice::Dice;

/// Rows of `/Webhook`, and of `/Notification`, that are kept.
const ROWS_MAX: usize = 1_000;
/// Occurrences that wait to be sent.
const QUEUE_MAX: usize = 1_000;
/// Their payloads together; one ticket in ten has 146 kB (Q-39).
const QUEUE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Entries of the delivery log.
const LOG_MAX: usize = 500;
/// Halo's outbound webhooks; 1 is a runbook (HCLI).
const OUTBOUND: i64 = 0;
/// Halo's `delivery_method` of a webhook (TL, HCLI).
const BY_WEBHOOK: i64 = 6;

/// Everything about webhooks that one simulator holds.
#[derive(Debug)]
pub(crate) struct Webhooks {
    state: Mutex<State>,
    /// The queue has something new, or something became due.
    wake: Notify,
    /// A delivery has ended.
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    hooks: Vec<Hook>,
    notifications: Vec<Map<String, Value>>,
    queue: VecDeque<Occurrence>,
    queue_bytes: usize,
    is_sending: bool,
    log: VecDeque<Value>,
    /// Counts everything that gets a GUID.
    made: u64,
    counts: WebhookCounts,
}

/// One row of `/Webhook`.
#[derive(Debug, Clone)]
struct Hook {
    /// As posted, its secret too; [`routes`] leaves that out.
    row: Map<String, Value>,
    /// Failures since the last success.
    failures: u32,
}

/// One event for one webhook, on its way.
#[derive(Debug, Clone)]
struct Occurrence {
    hook: String,
    notification: i64,
    entity: i64,
    payload: Vec<u8>,
    due: Instant,
    /// Waits for the next one to be sent.
    is_held: bool,
}

/// What became of events since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct WebhookCounts {
    /// Occurrences: events that a webhook was to hear of.
    pub(crate) occurred: u64,
    /// Deliveries that were answered with 2xx.
    pub(crate) delivered: u64,
    /// Deliveries that were not.
    pub(crate) failed: u64,
    /// Occurrences lost on purpose.
    pub(crate) dropped: u64,
    /// Occurrences sent twice on purpose.
    pub(crate) doubled: u64,
    /// Occurrences lost because the queue was full.
    pub(crate) overflowed: u64,
}

/// Something that happened to a ticket.
pub(crate) struct Event<'a> {
    /// Halo's number of the event, of Lookup 64.
    pub(crate) number: i64,
    pub(crate) ticket_id: i64,
    /// The ticket's detail, as JSON.
    pub(crate) ticket: &'a [u8],
    /// The action's detail, as JSON.
    pub(crate) action: Option<&'a [u8]>,
    /// Properties that changed.
    pub(crate) changed: &'a [String],
    /// Simulated milliseconds since 1970.
    pub(crate) at_millis: i64,
}

impl Webhooks {
    /// No webhooks, and the notification rows that every tenant has.
    pub(crate) fn new() -> Webhooks {
        let state = State { notifications: routes::templates(), ..State::default() };
        Webhooks { state: Mutex::new(state), wake: Notify::new(), ended: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any webhook would hear of one of these events.
    pub(crate) fn hears(&self, events: &[i64]) -> bool {
        let state = self.state();
        let is_asked = |row: &Map<String, Value>| events.contains(&number(row, "eventno"));
        state.notifications.iter().any(|row| is_asked(row) && state.hook_of(row).is_some())
    }

    /// Queues an event for every webhook that asked for it.
    pub(crate) fn fire(&self, event: &Event<'_>, switches: &WebhookSwitches, seed: u64) {
        let mut state = self.state();
        let rows: Vec<Map<String, Value>> = state
            .notifications
            .iter()
            .filter(|row| number(row, "eventno") == event.number && holds(row, event))
            .cloned()
            .collect();
        for row in rows {
            if let Some(hook) = state.hook_of(&row) {
                let occurrence = state.occurrence(&hook, &row, event, switches);
                state.queue(occurrence, switches, seed);
            }
        }
        drop(state);
        self.wake.notify_one();
    }

    /// What became of events so far.
    pub(crate) fn counts(&self) -> WebhookCounts {
        self.state().counts.clone()
    }

    /// Sends now whatever waits, and returns when all of it has been tried.
    pub(crate) async fn settle(&self) {
        loop {
            let ended = self.ended.notified();
            {
                let mut state = self.state();
                if state.queue.is_empty() && !state.is_sending {
                    return;
                }
                let now = Instant::now();
                for occurrence in &mut state.queue {
                    occurrence.due = now;
                    occurrence.is_held = false;
                }
            }
            self.wake.notify_one();
            ended.await;
        }
    }
}

impl State {
    /// The id of the webhook that a notification row fires, if that would be sent.
    fn hook_of(&self, row: &Map<String, Value>) -> Option<String> {
        if number(row, "delivery_method") != BY_WEBHOOK {
            return None;
        }
        let id = row.get("webhook_id").and_then(Value::as_str)?;
        let hook = self.hook(id)?;
        let is_active = hook.row.get("active").and_then(Value::as_bool) != Some(false);
        (is_active && number(&hook.row, "type") == OUTBOUND).then(|| id.to_owned())
    }

    fn hook(&self, id: &str) -> Option<&Hook> {
        self.hooks.iter().find(|hook| hook.is(id))
    }

    fn hook_mut(&mut self, id: &str) -> Option<&mut Hook> {
        self.hooks.iter_mut().find(|hook| hook.is(id))
    }

    /// A GUID that nothing else has.
    fn guid(&mut self) -> String {
        self.made += 1;
        guid(0x3eb4_0000_0000 + self.made)
    }

    fn occurrence(
        &mut self,
        hook: &str,
        row: &Map<String, Value>,
        event: &Event<'_>,
        switches: &WebhookSwitches,
    ) -> Occurrence {
        let mut payload = b"{".to_vec();
        if switches.envelope.is_on() {
            let mut at = Vec::new();
            date::push_naive_millis(&mut at, event.at_millis);
            let name = row.get("name").and_then(Value::as_str).unwrap_or("");
            let id = self.guid();
            for (key, value) in [
                ("id", id.as_str()),
                ("webhook_id", hook),
                ("event", name),
                ("timestamp", &String::from_utf8_lossy(&at)),
            ] {
                push_text(&mut payload, key);
                payload.push(b':');
                push_text(&mut payload, value);
                payload.push(b',');
            }
        }
        // One key for each entity (TL, WHG), under the names of the detail (HALO-API.md 3.9).
        payload.extend_from_slice(br#""ticket":"#);
        payload.extend_from_slice(event.ticket);
        if let Some(action) = event.action {
            payload.extend_from_slice(br#","action":"#);
            payload.extend_from_slice(action);
        }
        payload.push(b'}');
        let wait = if switches.batch > 0 { switches.batch_ms } else { 0 };
        Occurrence {
            hook: hook.to_owned(),
            notification: number(row, "id"),
            entity: event.ticket_id,
            payload,
            due: Instant::now() + Duration::from_millis(u64::from(wait)),
            is_held: false,
        }
    }

    fn queue(&mut self, mut occurrence: Occurrence, switches: &WebhookSwitches, seed: u64) {
        self.counts.occurred += 1;
        let mut dice = Dice::new(seed ^ self.counts.occurred, 0x3eb4, 0);
        let [drops, doubles, delays, reorders] =
            [switches.drop, switches.double, switches.delay, switches.reorder]
                .map(|percent| dice.percent(u32::from(percent)));
        if drops {
            self.counts.dropped += 1;
            return;
        }
        if delays || reorders {
            occurrence.due += Duration::from_millis(u64::from(switches.delay_ms));
            occurrence.is_held = reorders;
        }
        self.counts.doubled += u64::from(doubles);
        for _ in 0..=u8::from(doubles) {
            let bytes = occurrence.payload.len();
            if self.queue.len() >= QUEUE_MAX || self.queue_bytes + bytes > QUEUE_BYTES_MAX {
                self.counts.overflowed += 1;
                continue;
            }
            self.queue_bytes += bytes;
            self.queue.push_back(occurrence.clone());
        }
    }

    fn log(&mut self, entry: Value) {
        if self.log.len() == LOG_MAX {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }
}

impl Hook {
    fn is(&self, id: &str) -> bool {
        self.id().eq_ignore_ascii_case(id)
    }

    fn id(&self) -> &str {
        self.text("id")
    }

    fn text(&self, name: &str) -> &str {
        self.row.get(name).and_then(Value::as_str).unwrap_or("")
    }
}

/// An integer, also as text (TL posts `"3"`); 0 when there is none.
fn number(row: &Map<String, Value>, name: &str) -> i64 {
    let value = row.get(name);
    let number = value.and_then(Value::as_i64);
    number.or_else(|| value?.as_str()?.trim().parse().ok()).unwrap_or(0)
}

/// Whether all conditions of a notification row hold (Q-64). `type` 0 compares with the value
/// (HCLI); which number means "has changed" (TL) was never recorded, so every other one does.
fn holds(row: &Map<String, Value>, event: &Event<'_>) -> bool {
    let conditions = row.get("conditions").and_then(Value::as_array);
    let conditions = conditions.map(Vec::as_slice).unwrap_or_default();
    if conditions.is_empty() {
        return true;
    }
    let ticket: Value = serde_json::from_slice(event.ticket).unwrap_or_default();
    conditions.iter().filter_map(Value::as_object).all(|condition| {
        let names = properties(condition.get("fieldname").and_then(Value::as_str).unwrap_or(""));
        if number(condition, "type") != 0 {
            return names.iter().any(|name| event.changed.iter().any(|changed| changed == name));
        }
        let wanted = match condition.get("value_string").and_then(Value::as_str) {
            Some(text) if !text.is_empty() => json!(text),
            _ => json!(number(condition, "value_int")),
        };
        names.iter().any(|name| ticket[name] == wanted)
    })
}

/// Properties behind the name of a database field: conditions name those (TL, HCLI).
fn properties(field: &str) -> Vec<String> {
    let known: &[&str] = match field.to_ascii_lowercase().as_str() {
        "symptom" => &["summary"],
        "symptom2" => &["details", "details_html"],
        "status" => &["status_id"],
        "assignedtoint" => &["agent_id"],
        "sectio_" => &["team"],
        "seriousness" => &["priority_id"],
        "category2" => &["category1", "category_1"],
        _ => &[],
    };
    let own = field.to_ascii_lowercase();
    known.iter().map(|name| (*name).to_owned()).chain([own]).collect()
}
