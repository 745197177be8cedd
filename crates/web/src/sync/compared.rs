//! What the last comparison with Halo, record by record, found.
//!
//! The comparison is a command of the operator's (`almanac sync verify`), so it may be long ago,
//! of some streams only, or never: nothing is said of what was not compared.

use almanac_model::stream::Stream;
use almanac_store::Run;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::runs::number;
use crate::components::format;

/// The kind under which comparisons are stored among the runs.
pub(super) const COMPARED_KIND: &str = "verify";

/// A comparison that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compared {
    ended_at: i64,
    streams: Vec<StreamCompared>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct StreamCompared {
    stream: String,
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
    /// `None` for one that has not ended, or ended before anything was known.
    pub(super) fn of(run: &Run) -> Option<Compared> {
        let told: Told = serde_json::from_str(run.status.as_deref()?).ok()?;
        let ended_at = run.ended_at?;
        (!told.streams.is_empty()).then_some(Compared { ended_at, streams: told.streams })
    }

    /// How many records of a stream differed; `None` when it was not compared.
    pub(super) fn differing(&self, stream: Stream) -> Option<u64> {
        let line = self.streams.iter().find(|line| line.stream == stream.name())?;
        Some(line.differing())
    }

    /// The result in one sentence.
    pub(super) fn sentence(&self, now_ms: i64) -> String {
        let at = format::age(self.ended_at, now_ms, &TimeZone::UTC);
        let ago = if at.ends_with(" s") || at.ends_with(" min") { " ago" } else { "" };
        let read: u64 = self.streams.iter().map(|line| line.read).sum();
        let differing: u64 = self.streams.iter().map(StreamCompared::differing).sum();
        let moving = if self.streams.iter().all(|line| line.is_complete) {
            ""
        } else {
            ", though Halo kept changing meanwhile"
        };
        format!(
            "Compared with Halo {at}{ago}: {} of {} records differ{moving}.",
            number(differing),
            number(read)
        )
    }
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
    fn a_comparison_tells_what_differed_and_nothing_of_other_streams() {
        let text = r#"{"streams": [
            {"stream": "assets", "read": 3412, "same": 3409, "differ": 1, "missing": 2, "extra": 0,
             "is_complete": true, "examples": []},
            {"stream": "sites", "read": 9, "same": 9, "differ": 0, "missing": 0, "extra": 0,
             "is_complete": false, "examples": []}]}"#;
        let compared = Compared::of(&run(Some(text), Some(60_000))).expect("it ended");
        assert_eq!(compared.differing(Stream::Assets), Some(3));
        assert_eq!(compared.differing(Stream::Sites), Some(0));
        assert_eq!(compared.differing(Stream::Contacts), None);
        let said = compared.sentence(180_000);
        assert_eq!(
            said,
            "Compared with Halo 2 min ago: 3 of 3,421 records differ, though Halo kept changing \
             meanwhile."
        );
    }

    #[test]
    fn a_comparison_that_ended_early_is_none() {
        assert_eq!(Compared::of(&run(Some(r#"{"streams": []}"#), Some(1))), None);
        assert_eq!(Compared::of(&run(None, None)), None);
        assert_eq!(Compared::of(&run(Some("not json"), Some(1))), None);
    }
}
