//! How much of a stream a run reads.

use almanac_store::{Held, StreamState};

/// How much a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadMode {
    /// Every stream whole, and the children of every parent.
    Whole,
    /// What changed, where the PSA was seen to tell it, and the children of parents that changed.
    /// Where it cannot tell, or the last whole scan is older than this, the stream is read whole.
    Changes {
        /// In milliseconds.
        whole_every_ms: i64,
    },
}

impl ReadMode {
    /// Up to which instant of the PSA's clock changes were read before, when the stream may be
    /// read by its changes now; `None` when it must be read whole.
    pub(crate) fn changes_since(self, state: &StreamState, now_ms: i64) -> Option<i64> {
        let ReadMode::Changes { whole_every_ms } = self else { return None };
        let is_recent = |at: i64| now_ms - at < whole_every_ms;
        let may = state.filter.is_some_and(|filter| filter.works)
            && state.held.as_ref().is_none_or(Held::ends_with_an_answer)
            && state.scan.is_none()
            && state.last_scan_at.is_some_and(is_recent);
        state.read_up_to.filter(|_| may)
    }
}

#[cfg(test)]
mod tests {
    use almanac_model::stream::Stream;
    use almanac_store::{FilterFinding, OpenScan};

    use super::*;

    fn known() -> StreamState {
        StreamState {
            generation: 1,
            last_scan_at: Some(1_000),
            read_up_to: Some(900),
            filter: Some(FilterFinding { works: true, tried_at: 1_000 }),
            ..StreamState::unread(Stream::Tickets)
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut StreamState), now_ms: i64, want: Option<i64>) {
        let mut state = known();
        change(&mut state);
        let mode = ReadMode::Changes { whole_every_ms: 500 };
        assert_eq!(mode.changes_since(&state, now_ms), want, "{state:?}");
    }

    #[test]
    fn a_stream_is_read_by_its_changes_only_where_nothing_speaks_against_it() {
        check(|_| {}, 1_100, Some(900));
        check(|_| {}, 1_500, None);
        check(|state| state.filter = None, 1_100, None);
        let ignored = FilterFinding { works: false, tried_at: 1 };
        check(|state| state.filter = Some(ignored), 1_100, None);
        check(|state| state.read_up_to = None, 1_100, None);
        check(|state| state.last_scan_at = None, 1_100, None);
        let scan = OpenScan { generation: 2, state: String::new() };
        check(|state| state.scan = Some(scan), 1_100, None);
        let held = |code: &str| {
            let text = String::new();
            Some(Held { code: code.to_owned(), text, number: None, since: 0 })
        };
        check(|state| state.held = held("SYNC-010"), 1_100, None);
        check(|state| state.held = held("SYNC-013"), 1_100, None);
        // Its next answer ends that; the cursor stands where it stood.
        check(|state| state.held = held("CONN-001"), 1_100, Some(900));
        assert_eq!(ReadMode::Whole.changes_since(&known(), 1_100), None);
    }
}
