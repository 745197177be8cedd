//! What the last comparison with Halo, record by record, found.
//!
//! The comparison is a command of the operator's (`almanac sync verify`), so it may be long ago,
//! of some streams only, or never: nothing is said of what was not compared.

use almanac_store::Run;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::runs::number;
use crate::components::format;

/// The kind under which comparisons are stored among the runs.
pub(super) const COMPARED_KIND: &str = "verify";

/// So far back a comparison is looked for that found something out.
pub(super) const COMPARED_MAX: u32 = 50;

/// A comparison that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compared {
    ended_at: i64,
    streams: Vec<StreamCompared>,
    /// When a later one ended that found nothing out.
    failed_at: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct StreamCompared {
    read: u64,
    differ: u64,
    missing: u64,
    extra: u64,
    is_complete: bool,
}

#[derive(Deserialize)]
struct Told {
    streams: Vec<StreamCompared>,
}

impl StreamCompared {
    fn differing(&self) -> u64 {
        self.differ + self.missing + self.extra
    }
}

impl Compared {
    /// The newest of these, the newest first, that found something out: a later one that failed
    /// takes nothing away from it, and is told beside it.
    pub(super) fn newest(runs: &[Run]) -> Option<Compared> {
        let mut ended = runs.iter().filter(|run| run.ended_at.is_some());
        let newest = ended.next()?;
        match Compared::of(newest) {
            Some(compared) => Some(compared),
            None => {
                let compared = ended.find_map(Compared::of)?;
                Some(Compared { failed_at: newest.ended_at, ..compared })
            }
        }
    }

    /// `None` for one that has not ended, or ended before anything was known.
    fn of(run: &Run) -> Option<Compared> {
        let told: Told = serde_json::from_str(run.status.as_deref()?).ok()?;
        let (ended_at, streams) = (run.ended_at?, told.streams);
        (!streams.is_empty()).then_some(Compared { ended_at, streams, failed_at: None })
    }

    /// The result in one sentence.
    pub(super) fn sentence(&self, now_ms: i64) -> String {
        let at = ago(self.ended_at, now_ms);
        let failed = self.failed_at.map_or_else(String::new, |failed_at| {
            format!(" The one that ended {} found nothing out.", ago(failed_at, now_ms))
        });
        let read: u64 = self.streams.iter().map(|line| line.read).sum();
        let differing: u64 = self.streams.iter().map(StreamCompared::differing).sum();
        let moving = if self.streams.iter().all(|line| line.is_complete) {
            ""
        } else {
            ", though Halo kept changing meanwhile"
        };
        format!(
            "Compared with Halo {at}: {} of {} records differ{moving}.{failed}",
            number(differing),
            number(read)
        )
    }
}

fn ago(at_ms: i64, now_ms: i64) -> String {
    format::ago(at_ms, now_ms, &TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: Option<&str>, ended_at: Option<i64>) -> Run {
        Run {
            id: almanac_store::RunId(uuid::Uuid::nil()),
            kind: COMPARED_KIND.to_owned(),
            connection: None,
            started_at: 0,
            ended_at,
            outcome: None,
            status: status.map(str::to_owned),
            cause: None,
        }
    }

    #[test]
    fn a_comparison_tells_what_differed() {
        let text = r#"{"streams": [
            {"stream": "assets", "read": 3412, "same": 3409, "differ": 1, "missing": 2, "extra": 0,
             "is_complete": true, "examples": []},
            {"stream": "sites", "read": 9, "same": 9, "differ": 0, "missing": 0, "extra": 0,
             "is_complete": false, "examples": []}]}"#;
        let compared = Compared::of(&run(Some(text), Some(60_000))).expect("it ended");
        let said = compared.sentence(180_000);
        assert_eq!(
            said,
            "Compared with Halo 2 min ago: 3 of 3,421 records differ, though Halo kept changing \
             meanwhile."
        );
    }

    #[test]
    fn a_failed_comparison_stands_beside_the_good_one_before_it() {
        let text = r#"{"streams": [{"stream": "sites", "read": 9, "same": 9, "differ": 0,
            "missing": 0, "extra": 0, "is_complete": true, "examples": []}]}"#;
        let good = |at| run(Some(text), Some(at));
        let failed = |at| run(Some(r#"{"streams": []}"#), Some(at));
        let running = run(None, None);
        let runs = [running.clone(), failed(120_000), failed(90_000), good(60_000), good(1)];
        let said = Compared::newest(&runs).expect("one found something out").sentence(180_000);
        assert_eq!(
            said,
            "Compared with Halo 2 min ago: 0 of 9 records differ. The one that ended 1 min ago found \
             nothing out."
        );
        let later = [good(120_000), failed(90_000)];
        assert_eq!(Compared::newest(&later), Compared::of(&later[0]), "a good one is enough");
        assert_eq!(Compared::newest(&[running, failed(1)]), None);
        assert_eq!(Compared::newest(&[]), None);
    }

    #[test]
    fn a_comparison_that_ended_early_is_none() {
        assert_eq!(Compared::of(&run(Some(r#"{"streams": []}"#), Some(1))), None);
        assert_eq!(Compared::of(&run(None, None)), None);
        assert_eq!(Compared::of(&run(Some("not json"), Some(1))), None);
    }
}
