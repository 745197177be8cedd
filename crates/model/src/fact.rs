//! What is known of an asset, each value with where it came from.
//!
//! Facts are stored beside the projection as JSON, so their form is short and must stay readable
//! by later versions: `v` text value, `d` date value, `l` position of the link in its chain, `f`
//! field, `t` the PSA's text where it differs from the value.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::asset::RemoteField;
use crate::chain::Target;
use crate::lock::Locks;

/// Every fact about one asset, and what could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Facts {
    /// The facts; a target that is not set has none.
    #[serde(flatten)]
    pub values: BTreeMap<Target, Fact>,
    /// Values that a chain reached and could not use, in the order of the chains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// What people set over the facts; never stored with them.
    #[serde(skip)]
    pub(crate) locks: Locks,
}

impl Facts {
    /// A target's fact: what the PSA says, whatever is locked.
    pub fn get(&self, target: Target) -> Option<&Fact> {
        self.values.get(&target)
    }

    /// A target's text, a locked one first; `None` if it is not set or is a date.
    pub fn text(&self, target: Target) -> Option<&str> {
        match self.value(target)? {
            FactValue::Text(text) => Some(text),
            FactValue::Date(_) => None,
        }
    }
}

/// One value with its provenance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredFact", try_from = "StoredFact")]
pub struct Fact {
    /// The value.
    pub value: FactValue,
    /// Position, from 0, of the link that gave it in the target's chain.
    pub link: u8,
    /// The PSA's field that it came from.
    pub field: RemoteField,
    /// The PSA's text, as it was.
    pub text: String,
}

/// The value of a fact; alone it is stored as `{"v":"T14"}` or `{"d":"2024-03-01"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FactValue {
    /// Text, trimmed, never empty.
    #[serde(rename = "v")]
    Text(String),
    /// A calendar date.
    #[serde(rename = "d")]
    Date(Date),
}

impl fmt::Display for FactValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactValue::Text(text) => f.write_str(text),
            FactValue::Date(date) => date.fmt(f),
        }
    }
}

/// A value that a chain reached and could not use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What it would have been a value of.
    #[serde(rename = "for")]
    pub target: Target,
    /// Position of the link in the target's chain.
    #[serde(rename = "l")]
    pub link: u8,
    /// The PSA's field.
    #[serde(rename = "f", with = "short_field")]
    pub field: RemoteField,
    /// The PSA's text, as it is.
    #[serde(rename = "t")]
    pub text: String,
    /// Why it is of no use.
    #[serde(rename = "why")]
    pub kind: ProblemKind,
}

/// Why a value is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// A date was wanted, and the text is none or can be read two ways.
    UnreadableDate,
    /// The text stands in for a serial number.
    PlaceholderSerial,
}

/// The stored form of a fact.
#[derive(Serialize, Deserialize)]
struct StoredFact {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<Date>,
    #[serde(default, skip_serializing_if = "is_zero")]
    l: u8,
    #[serde(with = "short_field")]
    f: RemoteField,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    t: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero(link: &u8) -> bool {
    *link == 0
}

impl From<Fact> for StoredFact {
    fn from(fact: Fact) -> StoredFact {
        let (v, d, is_same) = match fact.value {
            FactValue::Text(text) => {
                let is_same = text == fact.text;
                (Some(text), None, is_same)
            }
            FactValue::Date(date) => (None, Some(date), date.to_string() == fact.text),
        };
        StoredFact { v, d, l: fact.link, f: fact.field, t: (!is_same).then_some(fact.text) }
    }
}

/// A stored fact with neither a text nor a date.
#[derive(Debug, thiserror::Error)]
#[error("a stored fact has no value")]
struct NoValue;

impl TryFrom<StoredFact> for Fact {
    type Error = NoValue;

    fn try_from(stored: StoredFact) -> Result<Fact, NoValue> {
        let value = match (stored.d, stored.v) {
            (Some(date), _) => FactValue::Date(date),
            (None, Some(text)) => FactValue::Text(text),
            (None, None) => return Err(NoValue),
        };
        let text = stored.t.unwrap_or_else(|| value.to_string());
        Ok(Fact { value, link: stored.l, field: stored.f, text })
    }
}

/// A field as `{"s":"notes"}`, `{"t":["101","Name"]}` or `{"c":["7","CFName"]}`.
mod short_field {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::asset::RemoteField;

    #[derive(Serialize)]
    enum Write<'a> {
        #[serde(rename = "s")]
        Standard(&'a str),
        #[serde(rename = "t")]
        Typed(&'a str, &'a str),
        #[serde(rename = "c")]
        Custom(&'a str, &'a str),
    }

    #[derive(Deserialize)]
    enum Read {
        #[serde(rename = "s")]
        Standard(String),
        #[serde(rename = "t")]
        Typed(String, String),
        #[serde(rename = "c")]
        Custom(String, String),
    }

    pub(super) fn serialize<S: Serializer>(field: &RemoteField, to: S) -> Result<S::Ok, S::Error> {
        match field {
            RemoteField::Standard(name) => Write::Standard(name),
            RemoteField::Typed { field_id, name } => Write::Typed(field_id, name),
            RemoteField::Custom { field_id, name } => Write::Custom(field_id, name),
        }
        .serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RemoteField, D::Error> {
        Ok(match Read::deserialize(from)? {
            Read::Standard(name) => RemoteField::Standard(name),
            Read::Typed(field_id, name) => RemoteField::Typed { field_id, name },
            Read::Custom(field_id, name) => RemoteField::Custom { field_id, name },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_keep_their_stored_form() {
        let mut facts = Facts::default();
        let typed = RemoteField::Typed { field_id: "101".into(), name: "Purchase Date".into() };
        facts.values.insert(
            Target::PurchaseDate,
            Fact {
                value: FactValue::Date(Date::constant(2024, 3, 1)),
                link: 1,
                field: typed.clone(),
                text: "2024-03-01T00:00:00".into(),
            },
        );
        facts.values.insert(
            Target::Model,
            Fact {
                value: FactValue::Text("2024-03-01".into()),
                link: 0,
                field: RemoteField::Standard("key_field".into()),
                text: "2024-03-01".into(),
            },
        );
        facts.problems.push(Problem {
            target: Target::SerialNumber,
            link: 0,
            field: typed,
            text: "0".into(),
            kind: ProblemKind::PlaceholderSerial,
        });
        let stored = serde_json::to_string(&facts).unwrap();
        assert_eq!(
            stored,
            concat!(
                r#"{"purchase_date":{"d":"2024-03-01","l":1,"f":{"t":["101","Purchase Date"]},"t":"2024-03-01T00:00:00"},"#,
                r#""model":{"v":"2024-03-01","f":{"s":"key_field"}},"#,
                r#""problems":[{"for":"serial_number","l":0,"f":{"t":["101","Purchase Date"]},"t":"0","why":"placeholder_serial"}]}"#
            )
        );
        assert_eq!(serde_json::from_str::<Facts>(&stored).unwrap(), facts);
    }

    #[test]
    fn a_stored_fact_without_a_value_is_refused() {
        let stored = r#"{"model":{"f":{"s":"key_field"}}}"#;
        assert!(serde_json::from_str::<Facts>(stored).is_err());
    }
}
