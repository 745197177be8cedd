//! A property as it was seen in a row: absent, null, a value, or something of another type.
//!
//! Absence is not emptiness (Q-27): a key that a thin row does not have keeps what is known. And
//! a value of another type is a bad row, never silently nothing.

use std::fmt;
use std::marker::PhantomData;

use almanac_model::id::RemoteId;
use almanac_psa::BadRow;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::decode::lenient_id;

/// A property as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Seen<T> {
    /// The row does not have the key.
    #[default]
    Absent,
    /// The key is there and holds nothing: null, or text without a character.
    Nothing,
    /// The key holds a value.
    Value(T),
    /// The key holds what it never should.
    Wrong(&'static str),
}

impl<T> Seen<T> {
    /// The value to keep: the row's own, or for an absent key what was known before.
    pub(crate) fn or_before(self, field: &str, before: Option<T>) -> Result<Option<T>, BadRow> {
        match self {
            Seen::Absent => Ok(before),
            Seen::Nothing => Ok(None),
            Seen::Value(value) => Ok(Some(value)),
            Seen::Wrong(found) => {
                Err(BadRow { field: field.to_owned(), problem: format!("is {found}") })
            }
        }
    }

    /// The first of two spellings of one property that the row has (Q-28).
    pub(crate) fn or(self, other: Seen<T>) -> Seen<T> {
        if matches!(self, Seen::Absent) { other } else { self }
    }

    /// The value, if there is one.
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Seen::Value(value) => Some(value),
            _ => None,
        }
    }
}

/// What a scalar becomes, or why it cannot.
pub(crate) trait FromScalar: Sized {
    fn from_text(text: &str) -> Seen<Self>;
    /// `text` is the number as JSON would write it.
    fn from_number(text: &str) -> Seen<Self>;
    fn from_flag(flag: bool) -> Seen<Self>;
}

impl FromScalar for String {
    fn from_text(text: &str) -> Seen<Self> {
        // NUL cannot be stored as text by PostgreSQL and means nothing in a name.
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0').replace('\0', "");
        if text.is_empty() { Seen::Nothing } else { Seen::Value(text) }
    }

    fn from_number(text: &str) -> Seen<Self> {
        Seen::Value(lenient_id(text).map_or_else(|| text.to_owned(), RemoteId::into_string))
    }

    fn from_flag(flag: bool) -> Seen<Self> {
        Seen::Value(flag.to_string())
    }
}

/// Identifiers: whole numbers however they are written (Q-21), or text.
impl FromScalar for RemoteId {
    fn from_text(text: &str) -> Seen<Self> {
        if text.trim().is_empty() {
            return Seen::Nothing;
        }
        let quoted = serde_json::Value::from(text).to_string();
        lenient_id(&quoted).map_or(Seen::Wrong("not an identifier"), Seen::Value)
    }

    fn from_number(text: &str) -> Seen<Self> {
        lenient_id(text).map_or(Seen::Wrong("not a whole number"), Seen::Value)
    }

    fn from_flag(_: bool) -> Seen<Self> {
        Seen::Wrong("a flag")
    }
}

impl FromScalar for bool {
    fn from_text(text: &str) -> Seen<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" => Seen::Nothing,
            "true" | "1" => Seen::Value(true),
            "false" | "0" => Seen::Value(false),
            _ => Seen::Wrong("neither true nor false"),
        }
    }

    fn from_number(text: &str) -> Seen<Self> {
        match text.parse::<f64>() {
            Ok(number) => Seen::Value(number != 0.0),
            Err(_) => Seen::Wrong("not a number"),
        }
    }

    fn from_flag(flag: bool) -> Seen<Self> {
        Seen::Value(flag)
    }
}

struct ScalarVisitor<T>(PhantomData<T>);

impl<'de, T: FromScalar> Visitor<'de> for ScalarVisitor<T> {
    type Value = Seen<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Seen<T>, E> {
        Ok(T::from_flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Seen<T>, E> {
        Ok(T::from_number(&number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Seen<T>, E> {
        Ok(T::from_number(&number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Seen<T>, E> {
        Ok(T::from_number(&number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Seen<T>, E> {
        Ok(T::from_text(text))
    }

    fn visit_unit<E>(self) -> Result<Seen<T>, E> {
        Ok(Seen::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Seen<T>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Seen::Wrong("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Seen<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Seen::Wrong("an object"))
    }
}

impl<'de, T: FromScalar> Deserialize<'de> for Seen<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor(PhantomData))
    }
}

/// A list of objects; null and anything that is no list count as absent, because a thin row and
/// a row without the feature both look so.
#[derive(Debug, Clone)]
pub(crate) struct SeenList<T>(pub(crate) Vec<T>);

impl<T> Default for SeenList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for SeenList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Row {
        #[serde(default)]
        text: Seen<String>,
        #[serde(default)]
        id: Seen<RemoteId>,
        #[serde(default)]
        flag: Seen<bool>,
    }

    #[test]
    fn q_27_each_state_of_a_property_is_told_apart() {
        for (json, text, id, flag) in [
            ("{}", "Absent", "Absent", "Absent"),
            (r#"{"text":null,"id":null,"flag":null}"#, "Nothing", "Nothing", "Nothing"),
            (r#"{"text":" ","id":"","flag":""}"#, "Nothing", "Nothing", "Nothing"),
            (
                r#"{"text":" a\u0000b ","id":42.0,"flag":1}"#,
                r#"Value("ab")"#,
                r#"Value(RemoteId("42"))"#,
                "Value(true)",
            ),
            (
                r#"{"text":7.0,"id":"57.0","flag":"False"}"#,
                r#"Value("7")"#,
                r#"Value(RemoteId("57"))"#,
                "Value(false)",
            ),
            (
                r#"{"text":7.5,"id":-1,"flag":0}"#,
                r#"Value("7.5")"#,
                r#"Value(RemoteId("-1"))"#,
                "Value(false)",
            ),
            (
                r#"{"text":{"a":[1]},"id":[1],"flag":"maybe"}"#,
                r#"Wrong("an object")"#,
                r#"Wrong("a list")"#,
                r#"Wrong("neither true nor false")"#,
            ),
            (
                r#"{"text":true,"id":true,"flag":true}"#,
                r#"Value("true")"#,
                r#"Wrong("a flag")"#,
                "Value(true)",
            ),
            (r#"{"id":4.5}"#, "Absent", r#"Wrong("not a whole number")"#, "Absent"),
        ] {
            let row: Row = serde_json::from_str(json).expect(json);
            assert_eq!(format!("{:?}", row.text), text, "{json}");
            assert_eq!(format!("{:?}", row.id), id, "{json}");
            assert_eq!(format!("{:?}", row.flag), flag, "{json}");
        }
    }
}
