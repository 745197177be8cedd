//! Which records a delivery names. Nothing else of it is read.
//!
//! Halo sends an object with a key for each kind of record, or several in an array (Q-58: WHG, TL);
//! only `ticket` and `action` were ever seen, the other keys follow Halo's names of the records.
//! Whatever is not understood names nothing.

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use almanac_store::Delivery;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Payloads of one delivery that are read; polling finds what the rest names.
const PAYLOADS_MAX: usize = 1_000;

/// The key of a record, the member that identifies what is to be read, and where that is listed. An
/// action is read with its ticket.
const RECORDS: [(&str, &str, Stream); 11] = [
    ("ticket", "id", Stream::Tickets),
    ("action", "ticket_id", Stream::Tickets),
    ("asset", "id", Stream::Assets),
    ("client", "id", Stream::Clients),
    ("site", "id", Stream::Sites),
    ("user", "id", Stream::Contacts),
    ("agent", "id", Stream::Agents),
    ("opportunity", "id", Stream::Opportunities),
    ("project", "id", Stream::Projects),
    ("contract", "id", Stream::Contracts),
    ("invoice", "id", Stream::Invoices),
];

/// When a ticket was changed, in its detail and in lists (Q-28).
const CHANGED: [&str; 2] = ["lastupdate", "last_update"];

/// What a delivery names.
pub(super) fn read(body: &[u8]) -> Delivery {
    let payloads = match serde_json::from_slice(body) {
        Ok(Value::Array(payloads)) => payloads,
        Ok(payload @ Value::Object(_)) => vec![payload],
        _ => Vec::new(),
    };
    let payloads: Vec<&Map<String, Value>> =
        payloads.iter().filter_map(Value::as_object).take(PAYLOADS_MAX).collect();
    let mut records: Vec<(Stream, RemoteId)> =
        payloads.iter().flat_map(|payload| named(payload)).collect();
    records.sort_unstable();
    records.dedup();
    Delivery { sha256: identity(&payloads, body), records }
}

fn named(payload: &Map<String, Value>) -> impl Iterator<Item = (Stream, RemoteId)> {
    RECORDS.into_iter().filter_map(|(key, member, stream)| {
        let id = integer(payload.get(key)?.as_object()?.get(member)?)?;
        Some((stream, RemoteId::new(id.to_string())))
    })
}

/// An identifier, also as text or with a point (Q-21); 0 identifies nothing.
fn integer(value: &Value) -> Option<i64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => &text,
    };
    whole.parse().ok().filter(|id| *id != 0)
}

/// What tells a delivery from every other: its own identifier, else all of it where each payload
/// says when its record changed. Without either, two that look alike may be two changes.
fn identity(payloads: &[&Map<String, Value>], body: &[u8]) -> Option<[u8; 32]> {
    let text = |payload: &Map<String, Value>, name: &str| {
        payload.get(name).and_then(Value::as_str).map(str::to_owned)
    };
    if let [payload] = payloads
        && let (Some(id), Some(webhook)) = (text(payload, "id"), text(payload, "webhook_id"))
    {
        return Some(Sha256::digest(format!("id {webhook} {id}")).into());
    }
    let says_when = |payload: &&Map<String, Value>| {
        payload.values().filter_map(Value::as_object).any(|record| {
            CHANGED.iter().any(|name| record.get(*name).is_some_and(Value::is_string))
        })
    };
    let is_known = !payloads.is_empty() && payloads.iter().all(says_when);
    is_known.then(|| Sha256::digest([b"body ", body].concat()).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, Strategy, any, prop};
    use serde_json::json;

    use super::*;

    /// JSON of any form, a few levels deep, with the names that payloads have.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = proptest::prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
        ];
        let key = "id|ticket|action|ticket_id|asset|webhook_id|lastupdate|\\PC{0,4}";
        leaf.prop_recursive(3, 24, 4, move |inner| {
            proptest::prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Of any delivery nothing but whole numbers of known records is taken.
    #[test]
    fn fuzz_a_delivery() {
        bolero::check!().for_each(|body: &[u8]| {
            for (stream, id) in read(body).records {
                assert!(id.as_str().parse::<i64>().is_ok_and(|id| id != 0));
                assert!(RECORDS.iter().any(|(_, _, known)| *known == stream));
            }
        });
    }

    proptest::proptest! {
        /// Whatever comes, only whole numbers of known records are named, each once.
        #[test]
        fn arbitrary_json_names_nothing_but_numbers(body in any_json()) {
            let records = read(body.to_string().as_bytes()).records;
            for (stream, id) in &records {
                proptest::prop_assert!(id.as_str().parse::<i64>().is_ok_and(|id| id != 0));
                proptest::prop_assert!(RECORDS.iter().any(|(_, _, known)| known == stream));
            }
            let mut once = records.clone();
            once.dedup();
            proptest::prop_assert_eq!(once, records);
        }

        /// A record that is named is read, whatever stands beside it.
        #[test]
        fn no_named_record_is_lost(
            id in 1_i64..,
            (key, member, stream) in prop::sample::select(RECORDS.to_vec()),
            beside in prop::collection::vec(any_json(), 0..4),
            is_text: bool,
        ) {
            let id_sent = if is_text { json!(id.to_string()) } else { json!(id) };
            let mut payloads = beside;
            payloads.push(json!({ key: { member: id_sent } }));
            let records = read(Value::from(payloads).to_string().as_bytes()).records;
            proptest::prop_assert!(records.contains(&(stream, RemoteId::new(id.to_string()))));
        }
    }

    fn names(body: &str) -> Vec<String> {
        let named = read(body.as_bytes()).records.into_iter();
        named.map(|(stream, id)| format!("{stream} {id}")).collect()
    }

    #[test]
    fn q_58_only_identifiers_are_taken_from_one_payload_or_several() {
        assert_eq!(names(r#"{"ticket":{"id":7,"summary":"x"},"other":1}"#), ["tickets 7"]);
        assert_eq!(
            names(r#"[{"ticket":{"id":7}},{"ticket":{"id":"8"}},5,null]"#),
            ["tickets 7", "tickets 8"]
        );
        assert_eq!(
            names(r#"{"action":{"id":3,"ticket_id":7.0},"ticket":{"id":7}}"#),
            ["tickets 7"]
        );
        assert_eq!(names(r#"{"asset":{"id":"95"}}"#), ["assets 95"]);
    }

    #[test]
    fn what_is_not_understood_names_nothing() {
        let deep = "[".repeat(200_000);
        let wide = format!("[{}]", vec![r#"{"x":1}"#; 20_000].join(","));
        for body in [
            "",
            "{",
            "null",
            "\"x\"",
            "7",
            "[]",
            "{}",
            "\u{feff}{}",
            &deep,
            &wide,
            r#"{"ticket":7}"#,
            r#"{"ticket":{"id":null}}"#,
            r#"{"ticket":{"id":0}}"#,
            r#"{"ticket":{"id":1.5}}"#,
            r#"{"ticket":{"id":"../7"}}"#,
            r#"{"ticket":{"id":1e400}}"#,
            r#"{"ticket":{"id":99999999999999999999999}}"#,
            r#"{"webhook":{"id":7}}"#,
        ] {
            assert!(names(body).is_empty(), "{}", &body[..body.len().min(60)]);
        }
        assert!(read(&[0xff, 0xfe, 0]).records.is_empty());
    }

    #[test]
    fn two_deliveries_are_the_same_only_where_they_say_so() {
        let same = |a: &str, b: &str| {
            let (a, b) = (read(a.as_bytes()).sha256, read(b.as_bytes()).sha256);
            a.is_some() && a == b
        };
        let at = r#"{"ticket":{"id":7,"lastupdate":"2026-11-22T09:00:00"}}"#;
        assert!(same(at, at));
        // Without a time it may be the second change that looks like the first.
        assert!(!same(r#"{"ticket":{"id":7}}"#, r#"{"ticket":{"id":7}}"#));
        let own = |id: &str, text: &str| {
            format!(r#"{{"id":"{id}","webhook_id":"w","ticket":{{"id":7,"x":"{text}"}}}}"#)
        };
        assert!(same(&own("a", "1"), &own("a", "2")) && !same(&own("a", "1"), &own("b", "1")));
    }
}
