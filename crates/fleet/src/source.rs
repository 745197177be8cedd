//! One asset as it is held: what the store says of it, in little memory, not judged yet.
//!
//! A source never changes; a changed asset gets a new one. It keeps what grading, tables and
//! search need, and nothing of where it came from: [`crate::why`] reads that from the store. The
//! stored facts are read here by a short reader of its own, since reading them whole would take
//! most of a load; a test holds the two readers together.

use std::collections::HashMap;
use std::sync::Arc;

use almanac_model::age::Age;
use almanac_model::chain::Target;
use almanac_model::choice::AssetChoice;
use almanac_model::fact::{FactValue, ProblemKind};
use almanac_model::os::{OsFact, OsMatcher};
use almanac_model::verdict::AssetChoices;
use almanac_store::AssetBrief;
use jiff::civil::Date;
use serde::Deserialize;

use crate::names::{Names, Symbol};

/// What nobody decided.
static UNDECIDED: AssetChoices = AssetChoices { class: None, kept: None, manual: None };

/// Own texts are cut at this many bytes, so that no asset takes much more memory than others.
const OWN_TEXT_MAX: usize = 512;

/// One asset as it is held.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Name, serial number, host name, last user and remote id, each on a line.
    own: Box<str>,
    pub(crate) client: Option<Symbol>,
    pub(crate) site: Option<Symbol>,
    pub(crate) asset_type: Option<Symbol>,
    pub(crate) type_name: Option<Symbol>,
    pub(crate) status: Option<Symbol>,
    pub(crate) model: Option<Symbol>,
    pub(crate) manufacturer: Option<Symbol>,
    pub(crate) os_text: Option<Symbol>,
    pub(crate) os: Option<&'static OsFact>,
    pub(crate) purchased_on: Option<Date>,
    pub(crate) warranty_ends_on: Option<Date>,
    pub(crate) choice: Option<Arc<AssetChoice>>,
    warnings: u8,
}

/// What is doubtful about an asset's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// The purchase date is later than the day.
    FuturePurchase,
    /// A date of the PSA can be read two ways, or not at all.
    UnreadableDate,
    /// The PSA's serial number only stands in for one.
    PlaceholderSerial,
    /// The stored facts are damaged; nothing of them is used.
    UnreadableFacts,
}

impl Warning {
    /// What a person reads.
    pub fn text(self) -> &'static str {
        match self {
            Warning::FuturePurchase => "The purchase date is in the future.",
            Warning::UnreadableDate => "A date in the PSA cannot be read.",
            Warning::PlaceholderSerial => "The serial number in the PSA is a placeholder.",
            Warning::UnreadableFacts => "What was stored of this asset cannot be read.",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Makes sources; remembers what texts of operating systems mean.
#[derive(Debug, Default)]
pub(crate) struct SourceReader {
    systems: HashMap<Symbol, Option<&'static OsFact>>,
}

/// The part of stored facts that is held.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ShortFacts {
    serial_number: ShortFact,
    purchase_date: ShortFact,
    warranty_end: ShortFact,
    operating_system: ShortFact,
    manufacturer: ShortFact,
    model: ShortFact,
    hostname: ShortFact,
    last_user: ShortFact,
    problems: Vec<ShortProblem>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ShortFact {
    v: Option<String>,
    d: Option<Date>,
}

#[derive(Debug, Deserialize)]
struct ShortProblem {
    why: ProblemKind,
}

impl ShortFacts {
    fn of_mut(&mut self, target: Target) -> Option<&mut ShortFact> {
        Some(match target {
            Target::SerialNumber => &mut self.serial_number,
            Target::PurchaseDate => &mut self.purchase_date,
            Target::WarrantyEnd => &mut self.warranty_end,
            Target::OperatingSystem => &mut self.operating_system,
            Target::Manufacturer => &mut self.manufacturer,
            Target::Model => &mut self.model,
            Target::Hostname => &mut self.hostname,
            Target::LastUser => &mut self.last_user,
            Target::Notes
            | Target::WarrantyStart
            | Target::Ram
            | Target::IpAddress
            | Target::MacAddress
            | Target::InstallDate
            | Target::Cpu
            | Target::Disk => return None,
        })
    }

    fn lay_over(&mut self, choice: &AssetChoice) {
        for (target, lock) in choice.locks.iter() {
            let Some(fact) = self.of_mut(target) else { continue };
            *fact = match &lock.value {
                FactValue::Text(text) => ShortFact { v: Some(text.clone()), d: None },
                FactValue::Date(date) => ShortFact { v: None, d: Some(*date) },
            };
        }
    }
}

impl ShortFact {
    /// As the model's facts: what has a date is no text.
    fn text(&self) -> Option<&str> {
        if self.d.is_some() { None } else { self.v.as_deref() }
    }
}

impl SourceReader {
    /// Makes the source of an asset, with what people decided about it.
    pub(crate) fn read(
        &mut self,
        names: &mut Names,
        brief: &AssetBrief<'_>,
        choice: Option<Arc<AssetChoice>>,
    ) -> Source {
        let mut warnings = 0;
        let mut facts = match brief.facts.map(serde_json::from_str::<ShortFacts>) {
            None => ShortFacts::default(),
            Some(Ok(facts)) => facts,
            Some(Err(error)) => {
                tracing::error!(asset.remote_id = brief.remote_id, %error, "stored facts are not readable");
                warnings |= Warning::UnreadableFacts.bit();
                ShortFacts::default()
            }
        };
        for problem in &facts.problems {
            warnings |= match problem.why {
                ProblemKind::UnreadableDate => Warning::UnreadableDate.bit(),
                ProblemKind::PlaceholderSerial => Warning::PlaceholderSerial.bit(),
            };
        }
        if let Some(choice) = &choice {
            facts.lay_over(choice);
        }
        let mut shared = |text: Option<&str>| text.map(|text| names.intern(text));
        let os_text = shared(facts.operating_system.text());
        let os = os_text.and_then(|symbol| {
            let text = facts.operating_system.text()?;
            let lookup = || OsMatcher::standard().fact(text);
            *self.systems.entry(symbol).or_insert_with(lookup)
        });
        Source {
            own: own_text(brief, &facts),
            client: shared(brief.client),
            site: shared(brief.site),
            asset_type: shared(brief.asset_type),
            type_name: shared(brief.asset_type_name),
            status: shared(brief.status),
            model: shared(facts.model.text()),
            manufacturer: shared(facts.manufacturer.text()),
            os_text,
            os,
            purchased_on: facts.purchase_date.d,
            warranty_ends_on: facts.warranty_end.d,
            choice,
            warnings,
        }
    }
}

/// The asset's own texts, each on a line; the host name is left out where it is the name.
fn own_text(brief: &AssetBrief<'_>, facts: &ShortFacts) -> Box<str> {
    let host = facts.hostname.text();
    let serial = facts.serial_number.text();
    let name = brief.tag.or(host).or(serial).unwrap_or(brief.remote_id);
    let host = host.filter(|host| *host != name);
    let parts = [Some(name), serial, host, facts.last_user.text()];
    let mut own = String::new();
    for part in parts {
        let part = part.unwrap_or("");
        let mut end = part.len().min(OWN_TEXT_MAX);
        while !part.is_char_boundary(end) {
            end -= 1;
        }
        own.extend(part[..end].chars().map(|c| if c.is_control() { ' ' } else { c }));
        own.push('\n');
    }
    // The remote id comes last and whole: it leads back to the record.
    own.push_str(brief.remote_id);
    own.into()
}

impl Source {
    /// Every text of its own, each on a line.
    pub(crate) fn own(&self) -> &str {
        &self.own
    }

    fn line(&self, at: usize) -> Option<&str> {
        self.own.splitn(5, '\n').nth(at).filter(|text| !text.is_empty())
    }

    /// What people call it.
    pub(crate) fn name(&self) -> &str {
        self.line(0).unwrap_or("")
    }

    pub(crate) fn serial(&self) -> Option<&str> {
        self.line(1)
    }

    pub(crate) fn hostname(&self) -> Option<&str> {
        self.line(2)
    }

    pub(crate) fn last_user(&self) -> Option<&str> {
        self.line(3)
    }

    pub(crate) fn remote_id(&self) -> &str {
        self.own.splitn(5, '\n').nth(4).unwrap_or("")
    }

    /// What people decided about it.
    pub(crate) fn choices(&self) -> &AssetChoices {
        self.choice.as_ref().map_or(&UNDECIDED, |choice| &choice.choices)
    }

    /// Whether any of its values is doubtful.
    pub(crate) fn has_warnings(&self, age: Age) -> bool {
        self.warnings != 0 || age == Age::Future
    }

    /// What is doubtful about it, judged with this age.
    pub(crate) fn warnings(&self, age: Age) -> Vec<Warning> {
        let mut found = Vec::new();
        if age == Age::Future {
            found.push(Warning::FuturePurchase);
        }
        let kept = [Warning::UnreadableDate, Warning::PlaceholderSerial, Warning::UnreadableFacts];
        found.extend(kept.into_iter().filter(|warning| self.warnings & warning.bit() != 0));
        found
    }
}

#[cfg(test)]
mod tests {
    use almanac_model::asset::RemoteField;
    use almanac_model::author::Author;
    use almanac_model::fact::{Fact, Facts, Problem};
    use almanac_model::lock::Lock;
    use proptest::prelude::*;

    use super::*;

    fn brief(facts: Option<&str>) -> AssetBrief<'_> {
        AssetBrief {
            remote_id: "9",
            client: Some("4"),
            site: None,
            asset_type: None,
            status: None,
            tag: None,
            asset_type_name: Some("Laptops"),
            facts,
        }
    }

    fn any_value(target: Target) -> BoxedStrategy<FactValue> {
        if target.is_date() {
            (2000_i16..2030).prop_map(|y| FactValue::Date(Date::constant(y, 2, 3))).boxed()
        } else {
            // Control characters are left out: they become spaces in what is held.
            "[^\\p{C}]{1,20}".prop_map(FactValue::Text).boxed()
        }
    }

    fn any_facts() -> impl Strategy<Value = Facts> {
        let each = Target::ALL.map(|target| proptest::option::of(any_value(target)));
        (each.to_vec(), any::<bool>()).prop_map(|(values, has_problem)| {
            let mut facts = Facts::default();
            let field = RemoteField::Custom { field_id: "7".into(), name: "CF \"x\"".into() };
            for (target, value) in Target::ALL.into_iter().zip(values) {
                let Some(value) = value else { continue };
                let text = format!("{value}!");
                facts.values.insert(target, Fact { value, link: 1, field: field.clone(), text });
            }
            if has_problem {
                let kind = ProblemKind::PlaceholderSerial;
                let target = Target::SerialNumber;
                facts.problems.push(Problem { target, link: 0, field, text: "0".into(), kind });
            }
            facts
        })
    }

    #[track_caller]
    fn check(source: &Source, names: &Names, facts: &Facts) {
        let text = |symbol: Option<Symbol>| symbol.map(|symbol| names.text(symbol));
        assert_eq!(source.purchased_on, facts.date(Target::PurchaseDate));
        assert_eq!(source.warranty_ends_on, facts.date(Target::WarrantyEnd));
        assert_eq!(text(source.os_text), facts.text(Target::OperatingSystem));
        assert_eq!(text(source.manufacturer), facts.text(Target::Manufacturer));
        assert_eq!(text(source.model), facts.text(Target::Model));
        assert_eq!(source.serial(), facts.text(Target::SerialNumber));
        assert_eq!(source.last_user(), facts.text(Target::LastUser));
        assert_eq!(source.remote_id(), "9");
        let name = facts.text(Target::Hostname).or(facts.text(Target::SerialNumber));
        assert_eq!(source.name(), name.unwrap_or("9"));
    }

    proptest! {
        #[test]
        fn the_short_reader_reads_what_the_model_reads(facts in any_facts(), locked in any_value(Target::Model), day in any_value(Target::PurchaseDate)) {
            let mut names = Names::default();
            let mut reader = SourceReader::default();
            let stored = serde_json::to_string(&facts).unwrap();
            let stored = brief(Some(&stored));
            let source = reader.read(&mut names, &stored, None);
            check(&source, &names, &facts);
            let kinds: Vec<Warning> = source.warnings(Age::Unknown);
            prop_assert_eq!(kinds.contains(&Warning::PlaceholderSerial), !facts.problems.is_empty());
            let mut choice = AssetChoice::default();
            for (target, value) in [(Target::Model, locked), (Target::PurchaseDate, day)] {
                let by = Author::user("1", "Ann");
                choice.locks.set(target, Lock { value, reason: String::new(), by, at_ms: 0, before: None });
            }
            let facts = facts.with_locks(&choice.locks);
            let source = reader.read(&mut names, &stored, Some(Arc::new(choice)));
            check(&source, &names, &facts);
        }
    }

    #[test]
    fn damaged_facts_are_a_warning_and_not_the_end() {
        let mut names = Names::default();
        let source = SourceReader::default().read(&mut names, &brief(Some("{")), None);
        assert_eq!(
            source.warnings(Age::Future),
            [Warning::FuturePurchase, Warning::UnreadableFacts]
        );
        assert_eq!(source.name(), "9");
    }

    #[test]
    fn a_hostile_name_stays_on_its_line_and_is_cut() {
        let tag = format!("a\nb\u{0}c{}", "é".repeat(900));
        let stored = AssetBrief { tag: Some(&tag), ..brief(None) };
        let source = SourceReader::default().read(&mut Names::default(), &stored, None);
        assert!(source.name().starts_with("a b c"));
        assert!(source.name().len() <= OWN_TEXT_MAX);
        assert_eq!(source.remote_id(), "9");
    }
}
