//! When the maker of an operating system stops supporting it.
//!
//! The facts are data (`data/os_end_of_support.json`), each with its source and the day it was
//! recorded; adding a release is one line there. What is here reads a free text ("Win 11 Pro
//! 23H2", "10.0.19045") and finds the most specific fact; a text that could mean two systems with
//! different dates is not guessed at.
//!
//! | the text | the fact |
//! |---|---|
//! | version, feature version and edition | that one |
//! | no edition | Home and Pro, which end first |
//! | no feature version, or one that is not recorded | the whole product's, if it has a fact |
//! | a build number | the feature version with that build |
//! | only a build that a client and a server share | none |

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::os_text::{Edition, Family, OsText};

const DATA: &str = include_str!("../data/os_end_of_support.json");

static FACTS: LazyLock<Vec<OsFact>> = LazyLock::new(|| {
    let file: File = serde_json::from_str(DATA).expect("a test reads the same text");
    file.facts
});

static MATCHER: LazyLock<OsMatcher> = LazyLock::new(|| OsMatcher { facts: &FACTS });

#[derive(Deserialize)]
struct File {
    facts: Vec<OsFact>,
}

/// What is recorded about one operating system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OsFact {
    /// What a person reads, such as `Windows 10 22H2`.
    pub name: String,
    family: Family,
    version: String,
    #[serde(default)]
    feature: Option<String>,
    #[serde(default)]
    edition: Option<Edition>,
    #[serde(default)]
    builds: Vec<u32>,
    #[serde(default)]
    aliases: Vec<String>,
    /// The last day that is covered; `None` where the maker names none.
    #[serde(default)]
    pub ends_on: Option<Date>,
    /// How the date is known.
    pub basis: OsBasis,
    /// The maker's page.
    pub source: String,
    /// When it was recorded here.
    pub recorded_on: Date,
    /// What to know about the date.
    #[serde(default)]
    pub note: Option<String>,
}

/// How an end of support is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OsBasis {
    /// The maker published the date.
    Vendor,
    /// Worked out from the maker's habit.
    Inferred,
    /// The maker names no date.
    NonePublished,
}

/// The end of support that a text led to: cheap to copy and keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OsSupport {
    /// What a person reads, such as `Windows 10 22H2`.
    pub name: &'static str,
    /// The last day that is covered; `None` where the maker names none.
    pub ends_on: Option<Date>,
    /// How the date is known.
    pub basis: OsBasis,
}

impl From<&'static OsFact> for OsSupport {
    fn from(fact: &'static OsFact) -> OsSupport {
        OsSupport { name: &fact.name, ends_on: fact.ends_on, basis: fact.basis }
    }
}

/// Finds the fact that a text means. It keeps nothing between calls; see [`OsMemo`].
#[derive(Debug)]
pub struct OsMatcher {
    facts: &'static [OsFact],
}

impl OsMatcher {
    /// The matcher over the facts that the program carries.
    pub fn standard() -> &'static OsMatcher {
        &MATCHER
    }

    /// Every fact, in the order of the file.
    pub fn facts(&self) -> &'static [OsFact] {
        self.facts
    }

    /// The end of support of the system that `text` names, `None` where it names none that is
    /// recorded or could mean several.
    pub fn lookup(&self, text: &str) -> Option<OsSupport> {
        self.fact(text).map(OsSupport::from)
    }

    /// The whole fact that `text` leads to.
    pub fn fact(&self, text: &str) -> Option<&'static OsFact> {
        let text = OsText::read(text);
        match text.family {
            Some(family) => self.of_family(family, &text),
            None => self.of_build_alone(&text),
        }
    }

    fn of_family(&self, family: Family, text: &OsText) -> Option<&'static OsFact> {
        let is_ltsc = matches!(text.edition, Edition::Ltsc | Edition::IotLtsc);
        let of_version = |fact: &&'static OsFact| {
            fact.family == family
                && match text.version.as_deref() {
                    Some(version) => fact.version == version,
                    None => false,
                }
        };
        let with_feature = |fact: &&'static OsFact| {
            fact.feature.is_some()
                && (fact.feature == text.feature
                    || text.build.is_some_and(|build| fact.builds.contains(&build)))
        };
        let candidates = || self.facts.iter().filter(of_version);
        if is_ltsc {
            return self.of_channel(family, text);
        }
        if let Some(fact) = candidates()
            .filter(with_feature)
            .find(|fact| fact.edition.is_none_or(|edition| edition == text.edition))
        {
            return Some(fact);
        }
        candidates()
            .find(|fact| fact.feature.is_none())
            .or_else(|| self.of_family_build(family, text))
            .or_else(|| self.of_alias(family, text))
    }

    /// A release of the long-term channel: by its year, feature version or build, or the only
    /// one of its product.
    fn of_channel(&self, family: Family, text: &OsText) -> Option<&'static OsFact> {
        let of = |edition: Edition| {
            let mut found = self.facts.iter().filter(move |fact| {
                fact.family == family
                    && fact.edition == Some(edition)
                    && text.version.as_ref().is_none_or(|version| fact.version == *version)
                    && text.names_release(&fact.aliases, fact.feature.as_deref(), &fact.builds)
            });
            match (found.next(), found.next()) {
                (Some(only), None) => Some(only),
                _ => None,
            }
        };
        // Only some releases have a longer date for IoT.
        of(text.edition).or_else(|| of(Edition::Ltsc))
    }

    fn of_family_build(&self, family: Family, text: &OsText) -> Option<&'static OsFact> {
        let build = text.build?;
        self.facts.iter().find(|fact| {
            fact.family == family
                && fact.builds.contains(&build)
                && fact.edition.is_none_or(|edition| edition == text.edition)
        })
    }

    fn of_alias(&self, family: Family, text: &OsText) -> Option<&'static OsFact> {
        if text.version.is_some() {
            return None;
        }
        // The longest alias: "high sierra" holds "sierra".
        let named = |fact: &'static OsFact| {
            let found = fact.aliases.iter().filter(|alias| text.has_words(alias));
            Some((found.map(String::len).max()?, fact))
        };
        let of_family = self.facts.iter().filter(|fact| fact.family == family);
        of_family.filter_map(named).max_by_key(|(length, _)| *length).map(|(_, fact)| fact)
    }

    fn of_build_alone(&self, text: &OsText) -> Option<&'static OsFact> {
        let build = text.build?;
        let mut found = self.facts.iter().filter(|fact| {
            fact.builds.contains(&build)
                && fact.edition.is_none_or(|edition| edition == Edition::HomePro)
        });
        match (found.next(), found.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }
}

/// A matcher that remembers: an MSP's thousands of assets share a few dozen texts.
#[derive(Debug, Default)]
pub struct OsMemo {
    known: HashMap<String, Option<OsSupport>>,
}

impl OsMemo {
    /// As [`OsMatcher::lookup`] on the standard facts.
    pub fn lookup(&mut self, text: &str) -> Option<OsSupport> {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let found = OsMatcher::standard().lookup(text);
        self.known.insert(text.to_owned(), found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_leads_to_its_most_specific_fact() {
        let cases = include_str!("../tests/os_texts.txt");
        let mut memo = OsMemo::default();
        let mut count = 0;
        for line in cases.lines().filter(|line| line.contains(" => ")) {
            let (text, want) = line.split_once(" => ").unwrap();
            let shown = |found: Option<OsSupport>| match found {
                None => "none".to_owned(),
                Some(OsSupport { name, ends_on, .. }) => {
                    let ends = ends_on.map_or("no date".to_owned(), |date| date.to_string());
                    format!("{name}, {ends}")
                }
            };
            let text = text.trim();
            assert_eq!(shown(OsMatcher::standard().lookup(text)), want.trim(), "{text}");
            assert_eq!(shown(memo.lookup(text)), want.trim(), "{text}");
            count += 1;
        }
        assert!(count > 80, "the table of texts was not read");
    }

    #[test]
    fn every_fact_has_a_source_and_a_date_or_says_that_there_is_none() {
        let mut names = std::collections::BTreeSet::new();
        for fact in OsMatcher::standard().facts() {
            assert!(names.insert(&fact.name), "{} is there twice", fact.name);
            assert!(fact.source.starts_with("https://"), "{}", fact.name);
            assert_eq!(fact.ends_on.is_none(), fact.basis == OsBasis::NonePublished);
            assert!(fact.recorded_on > Date::constant(2026, 1, 1));
            assert!(fact.basis == OsBasis::Vendor || fact.note.is_some(), "{}", fact.name);
        }
    }

    #[test]
    fn microsoft_ends_support_on_tuesdays() {
        // A slip of a day or a digit in the table of dates nearly always breaks this.
        for fact in OsMatcher::standard().facts() {
            let is_microsoft = fact.source.contains("microsoft.com");
            if let (true, Some(date)) = (is_microsoft, fact.ends_on) {
                assert_eq!(date.weekday(), jiff::civil::Weekday::Tuesday, "{}", fact.name);
            }
        }
    }
}
