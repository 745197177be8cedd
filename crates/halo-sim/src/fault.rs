//! Spoiled answers: which request is hit, and how.
//!
//! Whether request number `n` is hit follows from the seed and `n`, so a run that makes the same
//! requests meets the same faults. At most one fault hits a request.

use crate::answer::{Answer, Ending};
use crate::switches::{Fault, FaultKind};
use crate::world::dice::Dice;

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
    use crate::switches::FAULT_KINDS;

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
