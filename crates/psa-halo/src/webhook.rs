//! Our webhook in Halo: `/Webhook` and the `/Notification` rows that make it fire (HALO-API 3.21).
//!
//! Events on the webhook itself are dropped, so each is a row of its own (Q-55); a row is never sent
//! with a `guid`, which would take over the row that has it (Q-56). What was made is looked at again
//! by listing, since a row may not be what was asked for (Q-64). The identifier is that of the answer
//! to the post: reading one webhook is refused by some builds (Q-63).

use almanac_model::id::RemoteId;
use almanac_model::webhook::SIGNATURE_HEADER;
use almanac_psa::{HookFound, HookWanted, PsaError};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::decode::{self, Listing, lenient_id};
use crate::endpoint::{Query, push};
use crate::transport::Transport;

const WEBHOOK: &str = "/Webhook";
const NOTIFICATION: &str = "/Notification";

/// Authentication by HMAC signature in a header (HALO-API 3.21: TL).
const BY_SIGNATURE: i64 = 3;

/// Halo's numbers of what we ask to be told: a new ticket (HCLI) and a changed one (TL).
const EVENTS: [(i64, &str); 2] = [(3, "Almanac: new ticket"), (61, "Almanac: ticket updated")];

/// Makes the webhook with its events, or puts right what is there.
pub(crate) async fn register(
    transport: &Transport,
    wanted: &HookWanted,
) -> Result<String, PsaError> {
    let secret = wanted.secret.expose_secret();
    let made = make(transport, wanted).await;
    made.map_err(|error| without(error, secret))
}

async fn make(transport: &Transport, wanted: &HookWanted) -> Result<String, PsaError> {
    let known = find(transport, wanted.id.as_deref(), &wanted.url).await?;
    let body = body(wanted, known.as_ref().map(|known| known.id.as_str()));
    let answer = transport.post_answered(WEBHOOK, &body).await;
    let id = match (known, answer) {
        (Some(known), Ok(_)) => known.id,
        (None, Ok(answer)) => made_id(&answer)?,
        // Looked for before it is made again.
        (_, Err(error @ PsaError::OutcomeUnknown { .. })) => {
            let found = find(transport, wanted.id.as_deref(), &wanted.url).await?;
            found.filter(|found| found.is_active && found.differs.is_none()).ok_or(error)?.id
        }
        (_, Err(error)) => return Err(error),
    };
    for (number, name) in lacking(transport, &id).await? {
        let row = json!([{"webhook_id": id, "type": -2, "delivery_method": 6, "eventno": number,
            "name": name, "conditions": [], "filter_type": 2, "agent_id": 0}]);
        transport.post(NOTIFICATION, row.to_string().as_bytes()).await?;
    }
    match lacking(transport, &id).await?.first() {
        None => Ok(id),
        Some((number, _)) => Err(PsaError::Refused {
            path: NOTIFICATION.to_owned(),
            message: format!("event {number} was taken and is not there"),
        }),
    }
}

/// The webhook as production clients post it (HALO-API 3.21: TL).
fn body(wanted: &HookWanted, id: Option<&str>) -> Vec<u8> {
    let mut row = json!({
        "name": "Almanac", "url": wanted.url, "active": true, "type": 0, "method": 0,
        "note": "Tells Almanac that a ticket changed; made and looked after by Almanac.",
        "content_type": "application/json", "authentication_type": BY_SIGNATURE.to_string(),
        "authentication_header": SIGNATURE_HEADER, "basic_password": wanted.secret.expose_secret(),
        "algorithm": 0, "certificate_id": 0, "inbound_authentication_type": 0,
        "runbook_start_type": 0, "systemuse": "", "version_number": "0.0.1",
        "major_version_number": 0, "minor_version_number": 0, "patch_version_number": 1,
    });
    if let Some(id) = id {
        row["id"] = json!(id);
    }
    json!([row]).to_string().into_bytes()
}

/// One object, an array of one, or one in an envelope: all are seen (HALO-API 2.5).
fn made_id(answer: &[u8]) -> Result<String, PsaError> {
    let alone = decode::one(answer).ok().flatten();
    let listed =
        || decode::listing(answer, None).ok().and_then(|listing| listing.rows.into_iter().next());
    let row = alone.or_else(listed).filter(|row| row.problem.is_none());
    row.map(|row| row.remote_id.to_string()).ok_or_else(|| PsaError::OutcomeUnknown {
        path: WEBHOOK.to_owned(),
        detail: "the answer names no webhook".to_owned(),
    })
}

/// The events that the webhook is not told of.
async fn lacking(transport: &Transport, id: &str) -> Result<Vec<(i64, &'static str)>, PsaError> {
    let mut query = Query::new();
    push(&mut query, "webhook_id", id);
    let rows = list(transport, NOTIFICATION, &query).await?;
    // The filter may be ignored (Q-07), so each row is asked whose it is.
    let told: Vec<i64> = rows
        .iter()
        .filter(|row| text(row, "webhook_id").is_some_and(|of| of.eq_ignore_ascii_case(id)))
        .filter(|row| number(row, "delivery_method").is_none_or(|method| method == 6))
        .filter_map(|row| number(row, "eventno"))
        .collect();
    Ok(EVENTS.into_iter().filter(|(number, _)| !told.contains(number)).collect())
}

/// The webhook of this identifier or address, by one call.
pub(crate) async fn find(
    transport: &Transport,
    id: Option<&str>,
    url: &str,
) -> Result<Option<HookFound>, PsaError> {
    let mut query = Query::new();
    push(&mut query, "type", 0);
    let rows = list(transport, WEBHOOK, &query).await?;
    let has = |row: &&Value, name: &str, value: &str| {
        text(row, name).is_some_and(|own| own.eq_ignore_ascii_case(value))
    };
    let by_id = rows.iter().find(|row| id.is_some_and(|id| has(row, "id", id)));
    let found = by_id.or_else(|| rows.iter().find(|row| has(row, "url", url)));
    Ok(found.and_then(|row| {
        Some(HookFound {
            id: text(row, "id")?.to_owned(),
            is_active: row.get("active").and_then(Value::as_bool).unwrap_or(true),
            differs: differs(row, url),
        })
    }))
}

/// What somebody changed; what the list does not tell is taken to be as it was made.
fn differs(row: &Value, url: &str) -> Option<String> {
    let has = text(row, "url").unwrap_or_default();
    if has != url {
        return Some(format!("its address is {has}"));
    }
    let header = text(row, "authentication_header");
    if header.is_some_and(|header| !header.eq_ignore_ascii_case(SIGNATURE_HEADER)) {
        return Some("its signature goes into another header".to_owned());
    }
    for (name, made, what) in [
        ("authentication_type", BY_SIGNATURE, "its deliveries are not signed"),
        ("method", 0, "it does not send by POST"),
    ] {
        if number(row, name).is_some_and(|has| has != made) {
            return Some(what.to_owned());
        }
    }
    None
}

/// Removes our webhook, with the rows that fire it; one that is not there is removed.
pub(crate) async fn remove(
    transport: &Transport,
    id: Option<&str>,
    url: &str,
) -> Result<(), PsaError> {
    let Some(found) = find(transport, id, url).await? else { return Ok(()) };
    let mut query = Query::new();
    push(&mut query, "webhook_id", &found.id);
    for row in list(transport, NOTIFICATION, &query).await? {
        let is_own = text(&row, "webhook_id").is_some_and(|of| of.eq_ignore_ascii_case(&found.id));
        if let (true, Some(id)) = (is_own, number(&row, "id")) {
            gone(transport.delete(&format!("{NOTIFICATION}/{id}")).await)?;
        }
    }
    gone(transport.delete(&format!("{WEBHOOK}/{}", found.id)).await)
}

/// What somebody removed already is removed.
fn gone(outcome: Result<(), PsaError>) -> Result<(), PsaError> {
    match outcome {
        Err(PsaError::NoSuchPath { .. }) => Ok(()),
        outcome => outcome,
    }
}

async fn list(transport: &Transport, path: &str, query: &Query) -> Result<Vec<Value>, PsaError> {
    let listing: Listing = transport.get(path, query, |body| decode::listing(body, None)).await?;
    let rows = listing.rows.iter().filter_map(|row| serde_json::from_slice(&row.body).ok());
    Ok(rows.collect())
}

fn text<'r>(row: &'r Value, name: &str) -> Option<&'r str> {
    row.get(name).and_then(Value::as_str)
}

/// A number, also as text or with a point (Q-21).
fn number(row: &Value, name: &str) -> Option<i64> {
    let id: RemoteId = lenient_id(&row.get(name)?.to_string())?;
    id.as_str().parse().ok()
}

/// An error without the secret, should Halo echo what was posted.
fn without(error: PsaError, secret: &str) -> PsaError {
    let clean = |text: String| text.replace(secret, "***");
    match error {
        PsaError::Refused { path, message } => PsaError::Refused { path, message: clean(message) },
        PsaError::OutcomeUnknown { path, detail } => {
            PsaError::OutcomeUnknown { path, detail: clean(detail) }
        }
        PsaError::NotThePsa { path, status, found, excerpt } => {
            PsaError::NotThePsa { path, status, found, excerpt: clean(excerpt) }
        }
        PsaError::ServerFault { path, status, excerpt } => {
            PsaError::ServerFault { path, status, excerpt: clean(excerpt) }
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_56_nothing_that_is_posted_has_a_guid() {
        let wanted =
            HookWanted { id: None, url: "https://a.example/x".to_owned(), secret: "s".into() };
        let text = String::from_utf8(body(&wanted, Some("id-1"))).expect("JSON is text");
        assert!(!text.contains("guid") && text.contains(r#""id":"id-1""#), "{text}");
    }

    #[test]
    fn what_somebody_changed_is_named_and_what_a_list_leaves_out_is_not() {
        let url = "https://a.example/x";
        let differs = |row: Value| differs(&row, url);
        assert_eq!(differs(json!({"url": url})), None);
        let made = json!({"url": url, "authentication_type": "3", "method": 0.0,
            "authentication_header": "x-almanac-signature"});
        assert_eq!(differs(made), None);
        assert!(differs(json!({"url": "https://b.example"})).is_some());
        assert!(differs(json!({"url": url, "authentication_type": 0})).is_some());
        assert!(differs(json!({"url": url, "authentication_header": "Token"})).is_some());
        assert!(differs(json!({"url": url, "method": 1})).is_some());
    }

    #[test]
    fn a_secret_that_is_echoed_is_not_told() {
        let refused =
            PsaError::Refused { path: WEBHOOK.to_owned(), message: "no s3cret".to_owned() };
        assert!(!without(refused, "s3cret").to_string().contains("s3cret"));
    }
}
