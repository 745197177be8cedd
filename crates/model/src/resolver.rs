//! Chains made ready for many assets.
//!
//! An asset has some thirty values and the chains have more than a hundred links, so values are
//! looked up among the links instead of each link among the values. What comes out is the same as
//! asking link after link, which a property compares.

use std::collections::HashMap;

use jiff::tz::Offset;

use crate::asset::{RemoteField, RemoteValue};
use crate::chain::{Chains, Link, Target};
use crate::date::parse_date_in;
use crate::fact::{Fact, FactValue, Facts, Problem, ProblemKind};
use crate::name::letters_into;
use crate::serial::serial_number;

/// Which links ask for a field: the target, and the position in its chain.
type Askers = HashMap<String, Vec<(Target, u8)>>;

/// Chains made ready for many assets.
#[derive(Debug, Clone)]
pub struct Resolver {
    zone: Offset,
    standard: Askers,
    typed_id: Askers,
    typed_name: Askers,
    custom_id: Askers,
    custom_name: Askers,
}

/// A value that a link asks for.
struct Candidate<'a> {
    target: Target,
    position: u8,
    value: &'a RemoteValue,
}

impl Resolver {
    /// Makes chains ready.
    pub fn new(chains: &Chains) -> Resolver {
        let mut resolver = Resolver {
            zone: chains.zone(),
            standard: Askers::new(),
            typed_id: Askers::new(),
            typed_name: Askers::new(),
            custom_id: Askers::new(),
            custom_name: Askers::new(),
        };
        for (target, links) in chains.all() {
            for (position, link) in links.iter().enumerate() {
                let position = u8::try_from(position).unwrap_or(u8::MAX);
                let (askers, key) = resolver.place(link);
                if !key.is_empty() {
                    askers.entry(key).or_default().push((target, position));
                }
            }
        }
        resolver
    }

    fn place(&mut self, link: &Link) -> (&mut Askers, String) {
        let letters = |name: &str| {
            let mut letters = String::new();
            letters_into(&mut letters, name);
            letters
        };
        match link {
            Link::Standard(name) => (&mut self.standard, name.clone()),
            Link::TypedId(id) => (&mut self.typed_id, id.clone()),
            Link::TypedName(name) => (&mut self.typed_name, letters(name)),
            Link::CustomId(id) => (&mut self.custom_id, id.clone()),
            Link::CustomName(name) => (&mut self.custom_name, letters(name)),
        }
    }

    /// What the chains make of an asset's values. The order of `values` does not matter.
    pub fn resolve(&self, values: &[RemoteValue]) -> Facts {
        let mut candidates = self.candidates(values);
        candidates.sort_by(|a, b| {
            let place = |candidate: &Candidate<'_>| (candidate.target, candidate.position);
            place(a).cmp(&place(b)).then_with(|| sort_key(a.value).cmp(&sort_key(b.value)))
        });
        let mut facts = Facts::default();
        for candidate in &candidates {
            if facts.values.contains_key(&candidate.target) {
                continue;
            }
            if let Some(fact) = self.read(candidate, &mut facts.problems) {
                facts.values.insert(candidate.target, fact);
            }
        }
        facts
    }

    fn candidates<'a>(&self, values: &'a [RemoteValue]) -> Vec<Candidate<'a>> {
        let mut candidates = Vec::with_capacity(values.len());
        let mut letters = String::new();
        for value in values {
            let mut ask = |askers: &Askers, key: &str| {
                for &(target, position) in askers.get(key).into_iter().flatten() {
                    candidates.push(Candidate { target, position, value });
                }
            };
            let (ids, names, field_id, name) = match &value.field {
                RemoteField::Standard(name) => {
                    ask(&self.standard, name);
                    continue;
                }
                RemoteField::Typed { field_id, name } => {
                    (&self.typed_id, &self.typed_name, field_id, name)
                }
                RemoteField::Custom { field_id, name } => {
                    (&self.custom_id, &self.custom_name, field_id, name)
                }
            };
            ask(ids, field_id);
            letters.clear();
            letters_into(&mut letters, name);
            ask(names, &letters);
        }
        candidates
    }

    fn read(&self, candidate: &Candidate<'_>, problems: &mut Vec<Problem>) -> Option<Fact> {
        let Candidate { target, position, value } = *candidate;
        let text = value.value.trim();
        let usable = if target.is_date() {
            match parse_date_in(text, self.zone) {
                Ok(date) => Ok(date.map(FactValue::Date)),
                Err(_) => Err(ProblemKind::UnreadableDate),
            }
        } else if target == Target::SerialNumber && !text.is_empty() {
            match serial_number(text) {
                Some(serial) => Ok(Some(FactValue::Text(serial.to_owned()))),
                None => Err(ProblemKind::PlaceholderSerial),
            }
        } else {
            Ok((!text.is_empty()).then(|| FactValue::Text(text.to_owned())))
        };
        let (field, text) = (value.field.clone(), value.value.clone());
        match usable {
            Ok(usable) => usable.map(|value| Fact { value, link: position, field, text }),
            Err(kind) => {
                problems.push(Problem { target, link: position, field, text, kind });
                None
            }
        }
    }
}

/// Identifiers are mostly integers: the shorter text is the smaller number.
fn sort_key(value: &RemoteValue) -> (usize, &RemoteField, &str) {
    let length = match &value.field {
        RemoteField::Standard(name) => name.len(),
        RemoteField::Typed { field_id, .. } | RemoteField::Custom { field_id, .. } => {
            field_id.len()
        }
    };
    (length, &value.field, &value.value)
}
