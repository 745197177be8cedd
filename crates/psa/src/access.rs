//! What a check of our access found.

use almanac_model::code::Code;
use almanac_model::probe::{ProbeFinding, ProbeReport, ProbeRight, RightState};
use almanac_model::stream::Stream;

/// How an area answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessState {
    /// Readable; the PSA says there are this many records.
    Granted(Option<u64>),
    /// Refused.
    Missing,
    /// The check itself failed, so nothing is known.
    Unknown,
}

/// One area of the PSA.
#[derive(Debug, Clone)]
pub struct AccessCheck {
    /// The stream it feeds.
    pub stream: Stream,
    /// How it answered.
    pub state: AccessState,
    /// What to tick where, in the PSA's own words, when it is missing.
    pub remedy: Option<String>,
    /// What the PSA answered, in few words.
    pub detail: Option<String>,
}

/// What a check of our access found.
#[derive(Debug, Clone)]
pub struct AccessReport {
    /// The address as it was understood.
    pub base_url: String,
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
    pub checks: Vec<AccessCheck>,
    /// Findings that need a person, such as a clock far off.
    pub findings: Vec<(Code, String)>,
}

impl From<&AccessReport> for ProbeReport {
    fn from(report: &AccessReport) -> ProbeReport {
        let finding = |(code, text): &(Code, String)| ProbeFinding::of(*code, text.as_str());
        ProbeReport {
            url: report.base_url.clone(),
            token_url: report.token_url.clone(),
            version: report.version.clone(),
            clock_offset_seconds: report.clock_offset_seconds,
            scopes: report.scopes.clone(),
            excess_scopes: report.excess_scopes.clone(),
            checks: report.checks.iter().map(ProbeRight::from).collect(),
            findings: report.findings.iter().map(finding).collect(),
            writing: None,
        }
    }
}

impl From<&AccessCheck> for ProbeRight {
    fn from(check: &AccessCheck) -> ProbeRight {
        let (state, records) = match check.state {
            AccessState::Granted(count) => (RightState::Granted, count),
            AccessState::Missing => (RightState::Missing, None),
            AccessState::Unknown => (RightState::Unknown, None),
        };
        ProbeRight {
            stream: check.stream,
            state,
            records,
            remedy: check.remedy.clone(),
            detail: check.detail.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use almanac_model::stream::Stream;

    use super::*;

    #[test]
    fn a_report_is_told_with_the_words_of_its_codes() {
        let check = |stream, state| AccessCheck { stream, state, remedy: None, detail: None };
        let report = AccessReport {
            base_url: "https://acme.example".to_owned(),
            token_url: String::new(),
            version: None,
            clock_offset_seconds: Some(301),
            scopes: Vec::new(),
            excess_scopes: vec!["edit:tickets".to_owned()],
            checks: vec![
                check(Stream::Clients, AccessState::Granted(Some(7))),
                check(Stream::Sites, AccessState::Granted(None)),
                check(Stream::Assets, AccessState::Missing),
                check(Stream::Teams, AccessState::Unknown),
            ],
            findings: vec![(Code::CONN_CLOCK, "301 seconds ahead".to_owned())],
        };
        let told = ProbeReport::from(&report);
        let states: Vec<_> = told.checks.iter().map(|right| (right.state, right.records)).collect();
        assert_eq!(
            states,
            [
                (RightState::Granted, Some(7)),
                (RightState::Granted, None),
                (RightState::Missing, None),
                (RightState::Unknown, None),
            ]
        );
        assert_eq!(told.findings[0].title, Code::CONN_CLOCK.title);
        assert_eq!(told.excess_scopes, ["edit:tickets"]);
        assert!(!told.is_well());
    }
}
