//! What a test of a connection found, as it is stored and shown.
//!
//! Its JSON is also what `connection test --json` prints, which is public: keys are added, never
//! renamed.

use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::stream::Stream;

/// How a test of a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeResult {
    /// The PSA answered.
    Report(ProbeReport),
    /// Nothing could be found out.
    Failed(ProbeFinding),
}

/// What the PSA answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// The address as it was understood.
    pub url: String,
    /// Where tokens come from.
    pub token_url: String,
    /// The PSA's version, if it says so.
    pub version: Option<String>,
    /// The PSA's clock minus ours.
    pub clock_offset_seconds: Option<i64>,
    /// Scopes that the token carries, if it says so.
    pub scopes: Vec<String>,
    /// Scopes granted that no feature needs.
    pub excess_scopes: Vec<String>,
    /// One entry for each stream.
    pub checks: Vec<ProbeRight>,
    /// What needs a person, such as a clock far off.
    pub findings: Vec<ProbeFinding>,
    /// The right to write, where something is switched on to be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writing: Option<ProbeWriting>,
}

/// Whether the PSA takes what is written. Nothing is written to find that out: the scope to write
/// is among those asked for, and the rest is known by what became of the last write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeWriting {
    /// Whether the last write was allowed; unknown before the first.
    pub last: RightState,
    /// When that was, in milliseconds UTC.
    pub last_at_ms: Option<i64>,
}

/// How one area of the PSA answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeRight {
    /// The stream it feeds.
    pub stream: Stream,
    /// How it answered.
    pub state: RightState,
    /// How many records there are, where it is granted and the PSA says so.
    pub records: Option<u64>,
    /// What to tick where, in the PSA's own words, when it is missing.
    pub remedy: Option<String>,
    /// What the PSA answered, in few words.
    pub detail: Option<String>,
}

/// Whether an area may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RightState {
    /// It was read.
    Granted,
    /// It was refused.
    Missing,
    /// It could not be checked, so nothing is known.
    Unknown,
}

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeFinding {
    /// The public code, such as `CONN-008`; empty where there is none.
    pub code: String,
    /// What the code means, in a few words; empty where there is none.
    #[serde(default)]
    pub title: String,
    /// What was found.
    pub text: String,
    /// What to change, and where.
    pub remedy: String,
}

impl ProbeFinding {
    /// A finding with the words that its code has for people.
    pub fn of(code: Code, text: impl Into<String>) -> ProbeFinding {
        ProbeFinding {
            code: code.code.to_owned(),
            title: code.title.to_owned(),
            text: text.into(),
            remedy: code.remedy.to_owned(),
        }
    }
}

impl ProbeReport {
    /// Whether everything that is needed is granted, checked and without a finding. What only the
    /// first write will tell is not needed.
    pub fn is_well(&self) -> bool {
        self.findings.is_empty()
            && self.writing.is_none_or(|writing| writing.last != RightState::Missing)
            && self
                .checks
                .iter()
                .all(|check| check.state == RightState::Granted || !check.stream.is_of_assets())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_keeps_its_public_form() {
        let mut report = ProbeReport {
            url: "https://acme.example".to_owned(),
            token_url: "https://acme.example/auth/token".to_owned(),
            version: None,
            clock_offset_seconds: Some(-2),
            scopes: vec!["all".to_owned()],
            excess_scopes: Vec::new(),
            checks: vec![ProbeRight {
                stream: Stream::Assets,
                state: RightState::Granted,
                records: Some(4_812),
                remedy: None,
                detail: None,
            }],
            findings: Vec::new(),
            writing: None,
        };
        assert!(report.is_well());
        let stored = serde_json::to_value(ProbeResult::Report(report.clone())).unwrap();
        assert_eq!(
            stored["report"],
            serde_json::json!({
                "url": "https://acme.example",
                "token_url": "https://acme.example/auth/token",
                "version": null,
                "clock_offset_seconds": -2,
                "scopes": ["all"],
                "excess_scopes": [],
                "checks": [{
                    "stream": "assets", "state": "granted", "records": 4_812, "remedy": null,
                    "detail": null,
                }],
                "findings": [],
            })
        );
        report.checks[0].state = RightState::Unknown;
        assert!(!report.is_well(), "what could not be checked is not well");
    }
}
