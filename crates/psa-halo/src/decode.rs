//! An answer's bytes cut into rows, each kept byte for byte.
//!
//! Envelopes are inconsistent (Q-06): rows are under a key that differs by endpoint, or the answer
//! is a bare array. A row is never parsed here beyond its identifier, so an odd row cannot spoil
//! its page; a row without an identifier gets one made from its bytes and says so.

use std::fmt::Write;

use almanac_model::id::RemoteId;
use almanac_psa::RawRow;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// The rows of one answer and what it claims about itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) rows: Vec<RawRow>,
    /// `record_count`.
    pub(crate) claimed_total: Option<u64>,
    /// `page_size`: the effective one (HALO-API 2.2).
    pub(crate) claimed_size: Option<u32>,
}

/// Why an answer could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Not JSON, or cut off.
    Damaged(String),
    /// JSON, but no list that Halo would give.
    Foreign,
}

/// Reads a list: the array under `key`, else a bare array, else the first array of rows.
pub(crate) fn listing(body: &[u8], key: Option<&str>) -> Result<Listing, Unreadable> {
    let starts_array = body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[');
    if starts_array {
        let rows = raw_rows(parse::<Vec<&RawValue>>(body)?);
        // A keyed endpoint that suddenly sends a bare array is believed only with identifiers.
        let is_foreign = key.is_some() && !rows.is_empty() && rows.iter().all(has_no_id);
        return if is_foreign { Err(Unreadable::Foreign) } else { Ok(unclaimed(rows)) };
    }
    let members = parse::<Members>(body)?.0;
    let find = |name: &str| {
        let found = members.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    };
    let claimed_total = find("record_count").and_then(|value| lenient_count(value.get()));
    let claimed_size = find("page_size")
        .and_then(|value| lenient_count(value.get()))
        .and_then(|size| u32::try_from(size).ok());
    let rows = match key.and_then(find) {
        Some(value) if value.get() == "null" => Vec::new(),
        Some(value) => match array(value) {
            Some(elements) => raw_rows(elements),
            None => return Err(Unreadable::Foreign),
        },
        None => fallback_rows(&members, claimed_total).ok_or(Unreadable::Foreign)?,
    };
    Ok(Listing { rows, claimed_total, claimed_size })
}

/// Reads one record; `None` when the answer is empty, `null` or an object without members.
pub(crate) fn one(body: &[u8]) -> Result<Option<RawRow>, Unreadable> {
    if is_empty(body) {
        return Ok(None);
    }
    let value = parse::<&RawValue>(body)?;
    if value.get() == "null" {
        return Ok(None);
    }
    if !value.get().starts_with('{') {
        return Err(Unreadable::Foreign);
    }
    if parse::<Members>(value.get().as_bytes())?.0.is_empty() {
        return Ok(None);
    }
    let row = raw_row(value);
    if has_no_id(&row) { Err(Unreadable::Foreign) } else { Ok(Some(row)) }
}

/// An identifier as text: integers without a decimal point whatever way Halo spelled them
/// (Q-21: `42`, `42.0`, `"42"`), GUIDs as they are.
pub(crate) fn lenient_id(json: &str) -> Option<RemoteId> {
    let text = match json.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(json).ok()?,
        b'-' | b'0'..=b'9' => json.to_owned(),
        _ => return None,
    };
    let text = text.trim();
    if text.is_empty() || text.len() > 64 || text.chars().any(char::is_control) {
        return None;
    }
    match text.split_once('.') {
        Some((whole, zeros)) if is_integer(whole) && zeros.bytes().all(|b| b == b'0') => {
            Some(RemoteId::new(whole))
        }
        _ if is_integer(text) => Some(RemoteId::new(text)),
        // A number of any other form identifies nothing; a text may.
        _ if json.starts_with('"') && text.parse::<f64>().is_err() => Some(RemoteId::new(text)),
        _ => None,
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_empty(body: &[u8]) -> bool {
    body.iter().all(u8::is_ascii_whitespace)
}

fn parse<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Unreadable> {
    if is_empty(body) {
        return Err(Unreadable::Damaged("it is empty".to_owned()));
    }
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Unreadable::Foreign,
        _ => Unreadable::Damaged(error.to_string()),
    })
}

fn array(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// Without the expected key, an object is a list only if it says `record_count` or holds rows
/// with identifiers: any JSON service may answer `{"items":[]}`.
fn fallback_rows(members: &[(String, &RawValue)], total: Option<u64>) -> Option<Vec<RawRow>> {
    let lists = || {
        let arrays = members.iter().filter_map(|(_, value)| array(value));
        arrays.filter(|elements| elements.iter().all(|e| e.get().starts_with('{')))
    };
    let with_ids = lists().map(raw_rows).find(|rows| rows.iter().any(|row| !has_no_id(row)));
    with_ids.or_else(|| total.and_then(|_| lists().next().map(raw_rows)))
}

fn unclaimed(rows: Vec<RawRow>) -> Listing {
    Listing { rows, claimed_total: None, claimed_size: None }
}

fn has_no_id(row: &RawRow) -> bool {
    row.problem.is_some()
}

fn raw_rows(elements: Vec<&RawValue>) -> Vec<RawRow> {
    elements.into_iter().map(raw_row).collect()
}

fn raw_row(element: &RawValue) -> RawRow {
    let body = element.get().as_bytes();
    let (remote_id, problem) = match member(body, "id") {
        Ok(Some(id)) => match lenient_id(id.get()) {
            Some(remote_id) => (Some(remote_id), None),
            None => (None, Some("its id is neither a whole number nor a text")),
        },
        Ok(None) => (None, Some("it has no id")),
        Err(_) => (None, Some("it is not an object")),
    };
    RawRow {
        remote_id: remote_id.unwrap_or_else(|| id_from_bytes(body)),
        body: body.to_vec(),
        problem: problem.map(str::to_owned),
    }
}

fn id_from_bytes(body: &[u8]) -> RemoteId {
    let mut id = "unreadable:".to_owned();
    for byte in &Sha256::digest(body)[..8] {
        write!(id, "{byte:02x}").expect("a string can be written to");
    }
    RemoteId::new(id)
}

/// Counts come as `717`, `717.0` or `"717"`; anything else is no claim.
fn lenient_count(json: &str) -> Option<u64> {
    lenient_id(json)?.as_str().parse().ok()
}

/// The members of an object, duplicates included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;
        impl<'de> Visitor<'de> for Walk {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    members.push((key, map.next_value::<&RawValue>()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Walk)
    }
}

/// One member of an object as it is written; the first one when there are several. An error when
/// the bytes are not an object.
///
/// Reading ends at the member, because most rows are asked only for their `id`, which comes first:
/// what follows was checked when the answer was cut into rows.
pub(crate) fn member<'a>(
    body: &'a [u8],
    name: &str,
) -> Result<Option<&'a RawValue>, serde_json::Error> {
    let mut found = None;
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let outcome = deserializer.deserialize_map(FindMember { name, found: &mut found });
    match outcome {
        // Ending early is an error to the deserializer, but not here.
        Err(error) if found.is_none() => Err(error),
        _ => Ok(found),
    }
}

struct FindMember<'n, 'f, 'a> {
    name: &'n str,
    found: &'f mut Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Visitor<'de> for FindMember<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(is_it) = map.next_key_seed(IsKey(self.name))? {
            if is_it {
                *self.found = Some(map.next_value::<&RawValue>()?);
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Whether a key is the wanted one, without keeping it.
struct IsKey<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for IsKey<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for IsKey<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn ids(body: &str, key: Option<&str>) -> Result<String, Unreadable> {
        let rows = listing(body.as_bytes(), key)?.rows;
        let ids: Vec<&str> = rows.iter().map(|row| row.remote_id.as_str()).collect();
        Ok(ids.join(" "))
    }

    #[test]
    fn q_06_envelopes_of_every_kind_give_their_rows() {
        for (body, key, want) in [
            (r#"{"record_count":2,"clients":[{"id":1},{"id":2}]}"#, Some("clients"), "1 2"),
            (r#"[{"id":1},{"id":2}]"#, None, "1 2"),
            (r#"[{"id":1}]"#, Some("clients"), "1"),
            (r#"{"results":[{"id":7}]}"#, None, "7"),
            (r#"{"columns":[{"name":"x"}],"data":[{"id":7}]}"#, Some("clients"), "7"),
            (r#"{"user_ids":[1,2],"record_count":1,"users":[{"id":3}]}"#, Some("users"), "3"),
            (r#"{"record_count":0,"assets":[]}"#, Some("clients"), ""),
            (r#"{"record_count":0,"clients":null}"#, Some("clients"), ""),
            (r#"{"Clients":[{"id":4}]}"#, Some("clients"), "4"),
            (r#"{"clients":[{"id":1}],"clients":[{"id":2}]}"#, Some("clients"), "2"),
            ("[]", Some("clients"), ""),
        ] {
            assert_eq!(ids(body, key).as_deref(), Ok(want), "{body}");
        }
    }

    #[test]
    fn foreign_json_and_damaged_json_are_told_apart() {
        for (body, is_foreign) in [
            (r#"{"error":"no"}"#, true),
            (r#"{"items":[]}"#, true),
            (r#"{"clients":{"id":1}}"#, true),
            (r#"[{"a":1}]"#, true),
            (r#""text""#, true),
            ("17", true),
            (r#"{"clients":[{"id":1},{"id"#, false),
            (r#"[{"id":1}"#, false),
            ("[{\"id\":\"\u{0}\"}]", false),
        ] {
            let got = ids(body, Some("clients"));
            assert_eq!(got == Err(Unreadable::Foreign), is_foreign, "{body}: {got:?}");
            assert!(got.is_err());
        }
    }

    #[test]
    fn q_21_identifiers_are_written_as_whole_numbers() {
        for (json, want) in [
            ("42", Some("42")),
            ("42.0", Some("42")),
            ("42.000", Some("42")),
            (r#""42""#, Some("42")),
            (r#"" 57.0 ""#, Some("57")),
            ("-3", Some("-3")),
            (
                r#""0b0e8f6c-9d5e-4c61-8b58-000000000001""#,
                Some("0b0e8f6c-9d5e-4c61-8b58-000000000001"),
            ),
            ("99999999999999999999", Some("99999999999999999999")),
            ("42.5", None),
            ("1e5", None),
            (r#""1e5""#, None),
            (r#""""#, None),
            ("null", None),
            ("true", None),
            ("[1]", None),
        ] {
            assert_eq!(lenient_id(json).as_ref().map(RemoteId::as_str), want, "{json}");
        }
    }

    #[test]
    fn a_row_keeps_its_bytes_and_an_odd_one_does_not_spoil_its_page() {
        let odd = [r#"{ "id" : 1.0 , "x":"é\u0000" }"#, "{}", "7", r#"{"id":{}}"#, "null"];
        let body = format!(r#"{{"record_count":5,"clients":[{}]}}"#, odd.join(", "));
        let rows = listing(body.as_bytes(), Some("clients")).expect("a page").rows;
        let kept: Vec<&[u8]> = rows.iter().map(|row| row.body.as_slice()).collect();
        assert_eq!(kept, odd.map(str::as_bytes));
        assert_eq!(rows[0].remote_id.as_str(), "1");
        assert!(rows[0].problem.is_none());
        for row in &rows[1..] {
            assert!(row.problem.is_some());
            assert_eq!(row.remote_id.as_str().len(), "unreadable:".len() + 16);
        }
    }

    #[test]
    fn a_member_is_found_without_reading_the_rest_of_its_row() {
        let text = |body: &str, name: &str| {
            let found = member(body.as_bytes(), name).ok()?;
            Some(found.map(|value| value.get().to_owned()))
        };
        let row = r#"{"id":7,"assettype_id": 3 ,"rest":["#;
        assert_eq!(text(row, "id"), Some(Some("7".to_owned())));
        assert_eq!(text(row, "assettype_id"), Some(Some("3".to_owned())));
        assert_eq!(text(r#"{"id":1,"id":2}"#, "id"), Some(Some("1".to_owned())));
        assert_eq!(text(r#"{"x":{"id":2},"y":"id"}"#, "id"), Some(None));
        assert_eq!(text("{}", "id"), Some(None));
        for other in ["[]", "7", "null", "\"id\""] {
            assert_eq!(text(other, "id"), None, "{other}");
        }
    }

    #[test]
    fn claims_are_read_leniently() {
        for (count, want) in [
            ("717", Some(717)),
            ("717.0", Some(717)),
            ("\"717\"", Some(717)),
            ("-1", None),
            ("null", None),
        ] {
            let body = format!(r#"{{"record_count":{count},"page_size":100,"clients":[]}}"#);
            let listing = listing(body.as_bytes(), Some("clients")).expect("a page");
            assert_eq!((listing.claimed_total, listing.claimed_size), (want, Some(100)));
        }
    }

    #[test]
    fn one_record_is_bare_and_its_absence_is_not_an_error() {
        assert_eq!(one(b"null"), Ok(None));
        assert_eq!(one(b"{}"), Ok(None));
        assert_eq!(one(b""), Ok(None));
        assert_eq!(one(b" \r\n"), Ok(None));
        assert_eq!(one(b"[]"), Err(Unreadable::Foreign));
        assert_eq!(one(br#"{"message":"x"}"#), Err(Unreadable::Foreign));
        let row = one(br#" {"id":5.0} "#).expect("good").expect("there");
        assert_eq!((row.remote_id.as_str(), row.body.as_slice()), ("5", &br#"{"id":5.0}"#[..]));
    }

    #[test]
    fn deep_nesting_does_not_overflow() {
        let deep = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert!(listing(deep.as_bytes(), None).is_ok() || listing(deep.as_bytes(), None).is_err());
        let inside = format!(r#"[{{"id":1,"x":{}{}}}]"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(ids(&inside, None).as_deref(), Ok("1"));
    }

    /// Any JSON at all, as Halo would never send it.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let key = prop_oneof![
                Just("id".to_owned()),
                Just("clients".to_owned()),
                Just("record_count".to_owned()),
                "\\PC{0,6}"
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(key, inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Each row of an answer is a part of it, whatever the answer.
    #[test]
    fn fuzz_an_answer() {
        bolero::check!().for_each(|body: &[u8]| {
            let _ = one(body);
            for key in [Some("clients"), None] {
                let Ok(found) = listing(body, key) else { continue };
                for row in found.rows {
                    let len = row.body.len();
                    assert!(body.windows(len.max(1)).any(|part| part == row.body.as_slice()));
                }
            }
        });
    }

    proptest::proptest! {
        /// Whatever the elements are, each comes out once, in order and byte for byte.
        #[test]
        fn no_row_of_a_list_is_lost(
            elements in prop::collection::vec(any_json(), 0..6),
            known in 1_u32..9,
            total in any_json(),
        ) {
            let mut elements: Vec<String> = elements.iter().map(Value::to_string).collect();
            // One row with an identifier makes it Halo's answer.
            elements.push(format!("{{\"id\":{known}.0}}"));
            let rows = elements.join(" ,\n");
            let enveloped = format!("{{\"record_count\":{total},\"Clients\":[{rows}]}}");
            for (body, key) in [(enveloped, Some("clients")), (format!(" [{rows}]"), Some("clients")), (format!("[{rows}]"), None)] {
                let found = listing(body.as_bytes(), key).expect("a list");
                let bodies: Vec<&[u8]> = found.rows.iter().map(|row| row.body.as_slice()).collect();
                let wanted: Vec<&[u8]> = elements.iter().map(|element| element.as_bytes()).collect();
                prop_assert_eq!(bodies, wanted);
                for row in &found.rows {
                    let is_made = row.remote_id.as_str().starts_with("unreadable:");
                    prop_assert_eq!(is_made, row.problem.is_some());
                }
            }
        }

        #[test]
        fn any_json_in_place_of_an_answer_never_panics(answer in any_json()) {
            let text = answer.to_string();
            for key in [Some("clients"), None] {
                let _ = listing(text.as_bytes(), key);
            }
            let _ = one(text.as_bytes());
        }

        /// A list that was cut off anywhere is damaged: it never passes for a shorter one.
        #[test]
        fn a_list_cut_off_anywhere_is_never_a_shorter_list(count in 1_usize..6, at in 0.0..1.0_f64) {
            let rows: Vec<String> = (0..count).map(|id| format!("{{\"id\":{id}}}")).collect();
            let whole = format!("{{\"record_count\":{count},\"clients\":[{}]}}", rows.join(","));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short text")]
            let cut = &whole[..(whole.len() as f64 * at) as usize];
            prop_assert!(listing(cut.as_bytes(), Some("clients")).is_err());
        }

        #[test]
        fn arbitrary_text_in_an_envelope_never_panics(text in ".{0,80}") {
            let _ = listing(format!("{{\"record_count\":{text},\"clients\":[{text}]}}").as_bytes(), Some("clients"));
            let _ = lenient_id(&text);
        }
    }
}
