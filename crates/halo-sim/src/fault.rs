//! Spoiled answers: which request is hit, and how.
//!
//! Whether request number `n` is hit follows from the seed and `n`, so a run that makes the same
//! requests meets the same faults. At most one fault hits a request.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Ending};
use crate::switches::SwitchError;
use crate::world::dice::Dice;

/// One way to spoil an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// 500 with a serialised .NET exception.
    ServerException,
    /// 500 with HTML.
    ServerHtml,
    /// 502 with a gateway's HTML page.
    BadGateway,
    /// 503 with HTML.
    Unavailable,
    /// Nothing for a while, then 504 with HTML.
    Stall,
    /// 200 with an HTML page.
    OkHtml,
    /// 200 with JSON that is not Halo's.
    OkForeignJson,
    /// 401 without a body, whatever the token.
    Unauthorised,
    /// 404 with HTML.
    NotFound,
    /// 200 without a body.
    Empty,
    /// The right answer behind a byte order mark.
    ByteOrderMark,
    /// The connection ends in the middle of the body.
    Cut,
    /// A well-framed answer whose JSON stops half-way.
    Truncated,
    /// The connection is reset instead of an answer; nothing was done.
    Reset,
    /// The request takes effect, then the connection is reset.
    Lost,
}

/// Each kind and its name on the command line.
const FAULT_KINDS: [(FaultKind, &str); 15] = [
    (FaultKind::ServerException, "500"),
    (FaultKind::ServerHtml, "500html"),
    (FaultKind::BadGateway, "502html"),
    (FaultKind::Unavailable, "503html"),
    (FaultKind::Stall, "504stall"),
    (FaultKind::OkHtml, "200html"),
    (FaultKind::OkForeignJson, "200json"),
    (FaultKind::Unauthorised, "401"),
    (FaultKind::NotFound, "404html"),
    (FaultKind::Empty, "empty"),
    (FaultKind::ByteOrderMark, "bom"),
    (FaultKind::Cut, "cut"),
    (FaultKind::Truncated, "truncated"),
    (FaultKind::Reset, "reset"),
    (FaultKind::Lost, "lost"),
];

/// A share of answers to spoil.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fault {
    /// How.
    pub kind: FaultKind,
    /// How many of a hundred answers.
    pub percent: f64,
}

impl FaultKind {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        FAULT_KINDS
            .iter()
            .find_map(|(kind, name)| (*kind == self).then_some(*name))
            .expect("the table names every kind, which a test walks")
    }
}

impl FromStr for Fault {
    type Err = SwitchError;

    fn from_str(text: &str) -> Result<Fault, SwitchError> {
        let names = || FAULT_KINDS.map(|(_, name)| name).join(", ");
        let (name, percent) = text
            .split_once('=')
            .ok_or_else(|| SwitchError(format!("a fault is KIND=PERCENT; kinds: {}", names())))?;
        let kind = FAULT_KINDS
            .iter()
            .find_map(|(kind, known)| (*known == name).then_some(*kind))
            .ok_or_else(|| SwitchError(format!("no fault {name:?}; kinds: {}", names())))?;
        match percent.parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Fault { kind, percent }),
            _ => Err(SwitchError(format!("{percent:?} is not a percentage from 0 to 100"))),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}", self.kind.name(), self.percent)
    }
}

impl TryFrom<String> for Fault {
    type Error = SwitchError;

    fn try_from(text: String) -> Result<Fault, SwitchError> {
        text.parse()
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> String {
        fault.to_string()
    }
}

/// The fault that hits a request, if one does.
pub(crate) fn drawn(faults: &[Fault], seed: u64, number: u64) -> Option<FaultKind> {
    if faults.is_empty() {
        return None;
    }
    let mut left = Dice::new(seed ^ number, 0xfa017, 0).share() * 100.0;
    for fault in faults {
        if left < fault.percent {
            return Some(fault.kind);
        }
        left -= fault.percent;
    }
    None
}

/// The answer that stands in for the real one, for faults that keep the request from taking effect.
pub(crate) fn instead(kind: FaultKind) -> Option<Answer> {
    Some(match kind {
        FaultKind::ServerException => Answer::exception(
            500,
            "Execution Timeout Expired.  The timeout period elapsed prior to completion of the operation.",
        ),
        FaultKind::ServerHtml => Answer::html(500, "Internal Server Error"),
        FaultKind::BadGateway => Answer::html(502, "Bad Gateway"),
        FaultKind::Unavailable => Answer::html(503, "Service Temporarily Unavailable"),
        FaultKind::Stall => Answer::html(504, "Gateway Time-out"),
        FaultKind::OkHtml => Answer::html(200, "Halo is being updated"),
        FaultKind::OkForeignJson => Answer::json(200, r#"{"status":"ok","proxy":"edge-7"}"#),
        FaultKind::Unauthorised => Answer::empty(401),
        FaultKind::NotFound => Answer::html(404, "Not Found"),
        FaultKind::Empty => Answer::empty(200),
        FaultKind::Reset => Answer { ending: Ending::Reset, ..Answer::empty(200) },
        FaultKind::ByteOrderMark | FaultKind::Cut | FaultKind::Truncated | FaultKind::Lost => {
            return None;
        }
    })
}

/// Spoils the real answer, for faults that come after the request took effect.
pub(crate) fn spoil(kind: FaultKind, mut answer: Answer) -> Answer {
    match kind {
        FaultKind::ByteOrderMark => {
            answer.body.splice(0..0, *b"\xef\xbb\xbf");
        }
        FaultKind::Cut => answer.ending = Ending::CutAfter(answer.body.len() / 2),
        FaultKind::Truncated => answer.body.truncate(answer.body.len() / 2),
        FaultKind::Lost => answer.ending = Ending::Reset,
        _ => {}
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_survives_its_text() {
        for (kind, name) in FAULT_KINDS {
            let fault: Fault = format!("{name}=2.5").parse().expect("a known kind");
            assert_eq!(fault, Fault { kind, percent: 2.5 });
            assert_eq!(fault.to_string(), format!("{name}=2.5"));
        }
        assert!("wat=5".parse::<Fault>().is_err() && "500=101".parse::<Fault>().is_err());
    }

    #[test]
    fn about_the_given_share_is_hit_and_the_same_each_time() {
        let faults: Vec<Fault> = ["500=5", "bom=5"].map(|text| text.parse().expect("valid")).into();
        let hits: Vec<_> = (0..10_000).map(|number| drawn(&faults, 1, number)).collect();
        let of = |kind| hits.iter().filter(|hit| **hit == Some(kind)).count();
        assert!((400..600).contains(&of(FaultKind::ServerException)));
        assert!((400..600).contains(&of(FaultKind::ByteOrderMark)));
        assert_eq!(hits[77], drawn(&faults, 1, 77));
        assert_eq!(drawn(&[], 1, 0), None);
    }

    #[test]
    fn every_kind_changes_the_answer() {
        let right = Answer::json(200, r#"{"record_count":1}"#);
        for (kind, name) in FAULT_KINDS {
            let spoiled = instead(kind).unwrap_or_else(|| spoil(kind, right.clone()));
            let is_same = spoiled.status == right.status
                && spoiled.body == right.body
                && spoiled.ending == right.ending;
            assert!(!is_same, "{name}");
        }
    }
}
