//! `/Webhook`, `/Notification` and `/WebhookEvent` as a client sees them (HALO-API.md 3.21).
//!
//! Secrets are taken and never shown. What a post does not name stays, a runbook's `steps` too
//! `events[]` is dropped; a notification's `guid` decides which row is written, so
//! sending another row's takes that row over.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::{BY_WEBHOOK, Hook, OUTBOUND, ROWS_MAX, State, Webhooks, number, send};
use crate::access::Area;
use crate::answer::Answer;
use crate::list;
use crate::params::{BadParam, Params};
use crate::row::guid;
use crate::switches::{PostAnswer, Switches};

/// Rows of the log without `count` (as other lists: KG, HCLI).
const ROWS_DEFAULT: i64 = 50;
/// Events that agents of every tenant are notified of; each is a row whose guid can be reposted.
const TEMPLATES: [(i64, &str); 3] =
    [(1, "New Ticket Assigned to Me"), (3, "New Ticket Logged"), (61, "Ticket Updated")];

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Webhook,
    Notification,
    Event,
}

/// One request to one of them.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    /// The path after the route.
    pub(crate) rest: &'a [&'a str],
    pub(crate) params: &'a Params,
    pub(crate) body: &'a [u8],
}

impl Table {
    /// The table behind a route in lower case.
    pub(crate) fn of(route: &str) -> Option<Table> {
        match route {
            "webhook" => Some(Table::Webhook),
            "notification" => Some(Table::Notification),
            "webhookevent" => Some(Table::Event),
            _ => None,
        }
    }

    /// The route as Halo writes it.
    pub(crate) fn route(self) -> &'static str {
        match self {
            Table::Webhook => "Webhook",
            Table::Notification => "Notification",
            Table::Event => "WebhookEvent",
        }
    }

    /// What a token needs; notifications can be read by any (HALO-API.md 5.1).
    pub(crate) fn area(self, is_write: bool) -> Area {
        if self == Table::Notification && !is_write { Area::Open } else { Area::Webhooks }
    }
}

/// Answers a request whose token has been checked.
pub(crate) fn answer(
    webhooks: &Webhooks,
    table: Table,
    call: &Call<'_>,
    switches: &Switches,
) -> Answer {
    let mut state = webhooks.state();
    match (table, call.method, call.rest) {
        (Table::Webhook, &Method::GET, []) => state.hook_list(call.params),
        (Table::Webhook, &Method::GET, [id]) => match state.hook(id) {
            Some(_) if !switches.webhooks.readable.is_on() => Answer::empty(404),
            Some(hook) => json_answer(200, &state.hook_detail(hook, call.params)),
            None => Answer::empty(404),
        },
        (Table::Webhook, &Method::POST, []) => {
            post(call.body, "webhook", switches, |item| state.hook_post(item))
        }
        (Table::Webhook, &Method::DELETE, [id]) => state.hook_delete(id),
        (Table::Notification, &Method::GET, []) => state.notification_list(call.params),
        (Table::Notification, &Method::GET, [id]) => {
            state.notification(id).map_or_else(|| Answer::empty(404), |row| json_answer(200, row))
        }
        (Table::Notification, &Method::POST, []) => {
            post(call.body, "notification", switches, |item| state.notification_post(item))
        }
        (Table::Notification, &Method::DELETE, [id]) => state.notification_delete(id),
        (Table::Event, &Method::GET, []) => state.event_list(call.params, switches),
        (Table::Event, &Method::GET, [id]) => {
            let found = state.log.iter().find(|entry| entry["id"] == **id);
            found.map_or_else(|| Answer::empty(404), |entry| json_answer(200, entry))
        }
        (_, &Method::GET, _) => Answer::html(404, "Not Found"),
        _ => Answer::empty(405),
    }
}

/// The notification rows of a tenant without webhooks.
pub(super) fn templates() -> Vec<Map<String, Value>> {
    let row = |(place, (event, name)): (usize, (i64, &str))| {
        let mut row = blank_notification(place as i64 + 1, &guid(0x7e3a_0000 + event as u64));
        row.extend([
            ("eventno".to_owned(), json!(event)),
            ("name".to_owned(), json!(name)),
            ("type".to_owned(), json!(0)),
            ("delivery_method".to_owned(), json!(0)),
        ]);
        row
    };
    TEMPLATES.into_iter().enumerate().map(row).collect()
}

/// Everything there is, for the control port; secrets left out.
pub(crate) fn overview(webhooks: &Webhooks) -> Value {
    let state = webhooks.state();
    json!({
        "webhooks": state.hooks.iter().map(shown).collect::<Vec<_>>(),
        "notifications": state.notifications,
        "queued": state.queue.len(),
        "counts": state.counts,
    })
}

fn json_answer(status: u16, value: &impl serde::Serialize) -> Answer {
    Answer::json(status, serde_json::to_vec(value).expect("maps with text keys become JSON"))
}

/// `POST` of an array; the first refusal ends it.
fn post(
    body: &[u8],
    key: &str,
    switches: &Switches,
    mut one: impl FnMut(Map<String, Value>) -> Result<Map<String, Value>, Answer>,
) -> Answer {
    let items = match crate::write::items(body) {
        Ok(items) => items,
        Err(refused) => return refused,
    };
    let mut rows = Vec::new();
    for item in items {
        match one(item) {
            Ok(row) => rows.push(Value::Object(row)),
            Err(refused) => return refused,
        }
    }
    let answer = match switches.post_answer {
        PostAnswer::Object => rows.pop().unwrap_or_default(),
        PostAnswer::Array => Value::Array(rows),
        PostAnswer::Wrapped => json!({ key: rows }),
    };
    json_answer(switches.post_status, &answer)
}

/// A webhook as lists show it: no secret, no events, no steps.
fn shown(hook: &Hook) -> Map<String, Value> {
    let mut row = hook.row.clone();
    row.retain(|name, _| !["basic_password", "steps", "flow_chart_json"].contains(&name.as_str()));
    row
}

fn blank_notification(id: i64, guid: &str) -> Map<String, Value> {
    let blank = json!({"id": id, "guid": guid, "name": "", "type": -2, "eventno": 0,
        "delivery_method": BY_WEBHOOK, "agent_id": 0, "webhook_id": null, "conditions": [],
        "condition_count": 0, "filter_type": 0, "subscriber_count": 0});
    blank.as_object().cloned().unwrap_or_default()
}

/// A filter by integer; 0 is a value, unlike in other lists: `type=0` means outbound (HCLI).
fn wanted(params: &Params, name: &str) -> Result<Option<i64>, Answer> {
    params.int(name).map_err(|bad: BadParam| list::bad_param(&bad))
}

impl State {
    fn hook_list(&self, params: &Params) -> Answer {
        match wanted(params, "type") {
            Ok(kind) => {
                let fits = |hook: &&Hook| kind.is_none_or(|kind| number(&hook.row, "type") == kind);
                let rows: Vec<_> = self.hooks.iter().filter(fits).map(shown).collect();
                json_answer(200, &rows)
            }
            Err(refused) => refused,
        }
    }

    /// The detail, with the rows that fire it when they are asked for (HCLI).
    fn hook_detail(&self, hook: &Hook, params: &Params) -> Map<String, Value> {
        let mut row = hook.row.clone();
        row.remove("basic_password");
        if params.is_true("includedetails") {
            let own = self.notifications.iter().filter(|row| belongs(row, hook.id()));
            row.insert("events".to_owned(), json!(own.collect::<Vec<_>>()));
        }
        row
    }

    fn hook_post(&mut self, mut item: Map<String, Value>) -> Result<Map<String, Value>, Answer> {
        item.remove("events");
        item.retain(|name, _| !name.starts_with('_'));
        let id = item.remove("id");
        let id = id.as_ref().and_then(Value::as_str).filter(|id| !id.is_empty());
        let known = match id {
            Some(id) => Some(self.hook(id).cloned().ok_or_else(|| Answer::empty(404))?),
            None => None,
        };
        // An empty secret keeps the old one, because reading never shows it (inferred).
        if item.get("basic_password").and_then(Value::as_str) == Some("") {
            item.remove("basic_password");
        }
        let is_new = known.is_none();
        let mut hook = known.unwrap_or_else(|| Hook { row: Map::new(), failures: 0 });
        if is_new {
            let blank = json!({"id": self.guid(), "name": "", "type": OUTBOUND, "url": "",
                "active": true, "method": 0, "content_type": "application/json",
                "authentication_type": 0, "last_status": 0, "steps": [], "note": ""});
            hook.row = blank.as_object().cloned().unwrap_or_default();
        }
        if item.get("active") == Some(&json!(true)) {
            hook.failures = 0;
        }
        hook.row.extend(item);
        if hook.text("name").is_empty() {
            return Err(Answer::exception(400, "A Name must be entered"));
        }
        // HCLI.
        if number(&hook.row, "type") == OUTBOUND && !send::is_url(hook.text("url")) {
            return Err(Answer::exception(400, "Please enter a valid URL"));
        }
        if is_new && self.hooks.len() >= ROWS_MAX {
            return Err(Answer::exception(400, "There are too many webhooks in this simulator"));
        }
        let detail = self.hook_detail(&hook, &Params::default());
        match self.hook_mut(hook.id()) {
            Some(own) => *own = hook,
            None => self.hooks.push(hook),
        }
        Ok(detail)
    }

    /// The rows that fired it go too (inferred).
    fn hook_delete(&mut self, id: &str) -> Answer {
        let before = self.hooks.len();
        self.hooks.retain(|hook| !hook.is(id));
        if self.hooks.len() == before {
            return Answer::empty(404);
        }
        self.notifications.retain(|row| !belongs(row, id));
        Answer::json(200, "{}")
    }

    fn notification(&self, id: &str) -> Option<&Map<String, Value>> {
        let id: i64 = id.parse().ok()?;
        self.notifications.iter().find(|row| number(row, "id") == id)
    }

    fn notification_list(&self, params: &Params) -> Answer {
        let kind = match wanted(params, "type") {
            Ok(kind) => kind,
            Err(refused) => return refused,
        };
        let fits = |row: &&Map<String, Value>| {
            params.get("webhook_id").is_none_or(|id| belongs(row, id))
                && kind.is_none_or(|kind| number(row, "type") == kind)
        };
        json_answer(200, &self.notifications.iter().filter(fits).collect::<Vec<_>>())
    }

    fn notification_post(
        &mut self,
        mut item: Map<String, Value>,
    ) -> Result<Map<String, Value>, Answer> {
        let guid = item.remove("guid");
        let guid = guid.as_ref().and_then(Value::as_str).filter(|guid| !guid.is_empty());
        let id = number(&item, "id");
        item.remove("id");
        item.retain(|name, _| !name.starts_with('_'));
        let is_own = |row: &Map<String, Value>| match guid {
            // The guid comes before the id: this is how a template is taken over (Q-56: HCLI).
            Some(guid) => row["guid"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(guid)),
            None => id != 0 && number(row, "id") == id,
        };
        let place = self.notifications.iter().position(is_own);
        if place.is_none() && guid.is_none() && id != 0 {
            return Err(Answer::empty(404));
        }
        let mut row = match place {
            Some(place) => self.notifications[place].clone(),
            None => {
                let next = self.notifications.iter().map(|row| number(row, "id")).max();
                let guid = guid.map_or_else(|| self.guid(), str::to_owned);
                blank_notification(next.unwrap_or(0) + 1, &guid)
            }
        };
        if item.get("conditions").is_some_and(Value::is_array) {
            let count = item["conditions"].as_array().map_or(0, Vec::len);
            item.insert("condition_count".to_owned(), json!(count));
        }
        row.extend(item);
        // Words made up. Halo knows some 205 events (HCLI), so any number is taken.
        if number(&row, "eventno") <= 0 {
            return Err(Answer::exception(400, "An Event must be selected"));
        }
        match place {
            Some(place) => self.notifications[place].clone_from(&row),
            None if self.notifications.len() >= ROWS_MAX => {
                let text = "There are too many notifications in this simulator";
                return Err(Answer::exception(400, text));
            }
            None => self.notifications.push(row.clone()),
        }
        Ok(row)
    }

    fn notification_delete(&mut self, id: &str) -> Answer {
        let Some(id) = self.notification(id).map(|row| number(row, "id")) else {
            return Answer::empty(404);
        };
        self.notifications.retain(|row| number(row, "id") != id);
        Answer::json(200, "{}")
    }

    /// The deliveries of one webhook, or of all, newest first; pages by `count` only when asked to.
    fn event_list(&self, params: &Params, switches: &Switches) -> Answer {
        let numbers = ["count", "page_no", "page_size"].map(|name| wanted(params, name));
        let [Ok(count), Ok(page_no), Ok(page_size)] = numbers else {
            return numbers.into_iter().find_map(Result::err).expect("one of them was refused");
        };
        let of = params.get("webhook_id").map(str::to_lowercase);
        let fits = |entry: &&Value| of.as_ref().is_none_or(|id| entry["webhook_id"] == **id);
        let rows: Vec<&Value> = self.log.iter().rev().filter(fits).collect();
        let total = rows.len();
        let positive = |number: i64| usize::try_from(number.max(1)).unwrap_or(usize::MAX);
        let page = page_no.filter(|_| params.is_true("pageinate"));
        let size = if page.is_some() { page_size } else { count }.filter(|rows| *rows > 0);
        let size = positive(size.unwrap_or(ROWS_DEFAULT)).min(switches.page_cap as usize);
        let skipped = page.map_or(0, |page| positive(page).saturating_sub(1).saturating_mul(size));
        let rows: Vec<&Value> = rows.into_iter().skip(skipped).take(size).collect();
        let mut body = json!({"record_count": total, &switches.webhooks.event_key: rows});
        if let Some(page) = page {
            body["page_no"] = json!(page);
            body["page_size"] = json!(size);
        }
        json_answer(200, &body)
    }
}

fn belongs(row: &Map<String, Value>, hook: &str) -> bool {
    let own = row.get("webhook_id").and_then(Value::as_str);
    own.is_some_and(|own| own.eq_ignore_ascii_case(hook))
}
