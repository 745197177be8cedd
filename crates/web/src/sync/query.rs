//! The state of the page in its address. What is not understood is ignored.

use almanac_store::RunId;
use serde::Deserialize;
use uuid::Uuid;

use crate::places;
use crate::route::Route;

/// Which runs are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Show {
    #[default]
    All,
    Changed,
    Problems,
}

impl Show {
    pub(super) const ALL: [Show; 3] = [Show::All, Show::Changed, Show::Problems];

    pub(super) fn title(self) -> &'static str {
        match self {
            Show::All => "All",
            Show::Changed => "Changed",
            Show::Problems => "Problems",
        }
    }

    fn name(self) -> Option<&'static str> {
        match self {
            Show::All => None,
            Show::Changed => Some("changed"),
            Show::Problems => Some("problems"),
        }
    }
}

/// As asked, each perhaps several times; the first counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct SyncQuery {
    show: Vec<String>,
    before: Vec<String>,
    streams: Vec<String>,
}

/// What the address says when each list has a row of its own.
const EACH: &str = "each";

impl SyncQuery {
    pub(super) fn show(&self) -> Show {
        let asked = self.show.first().map(String::as_str);
        Show::ALL.into_iter().find(|show| show.name() == asked).unwrap_or_default()
    }

    pub(super) fn before(&self) -> Option<RunId> {
        self.before.first().and_then(|id| id.parse::<Uuid>().ok()).map(RunId)
    }

    /// The newest runs of another kind.
    pub(super) fn with(&self, show: Show) -> SyncQuery {
        let show = show.name().map(str::to_owned).into_iter().collect();
        SyncQuery { show, before: Vec::new(), streams: self.streams.clone() }
    }

    /// Whether each list has a row of its own.
    pub(super) fn is_each_stream(&self) -> bool {
        self.streams.first().is_some_and(|asked| asked == EACH)
    }

    pub(super) fn with_each_stream(&self, is_each: bool) -> SyncQuery {
        let streams = is_each.then(|| EACH.to_owned()).into_iter().collect();
        SyncQuery { streams, ..self.clone() }
    }

    pub(super) fn newest(&self) -> SyncQuery {
        self.with(self.show())
    }

    pub(super) fn earlier_than(&self, run: RunId) -> SyncQuery {
        SyncQuery { before: vec![run.to_string()], ..self.newest() }
    }

    /// The page at its runs.
    pub(super) fn url(&self) -> String {
        self.address() + "#runs"
    }

    /// The page at its streams.
    pub(super) fn streams_url(&self) -> String {
        self.address() + "#streams"
    }

    fn address(&self) -> String {
        let mut url = places::Sync {}.url();
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(self.show().name().map(|name| ("show", name)));
        pairs.extend_pairs(self.before().map(|id| ("before", id.to_string())));
        pairs.extend_pairs(self.is_each_stream().then_some(("streams", EACH)));
        let pairs = pairs.finish();
        if !pairs.is_empty() {
            url = format!("{url}?{pairs}");
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_ignored() {
        let hostile = SyncQuery {
            show: vec!["<script>".to_owned(), "changed".to_owned()],
            before: vec!["' or 1=1".to_owned()],
            streams: vec!["<script>".to_owned()],
        };
        assert_eq!((hostile.show(), hostile.before()), (Show::All, None));
        assert_eq!(hostile.url(), "/sync#runs");
        let run = RunId(Uuid::from_u128(9));
        let query = hostile.with(Show::Problems).earlier_than(run);
        assert_eq!(query.show(), Show::Problems);
        assert!(query.url().starts_with("/sync?show=problems&before=0000"), "{}", query.url());
        let each = hostile.with_each_stream(true);
        assert_eq!(each.streams_url(), "/sync?streams=each#streams");
        assert_eq!(each.with(Show::Changed).url(), "/sync?show=changed&streams=each#runs");
        assert_eq!(each.with_each_stream(false).streams_url(), "/sync#streams");
    }
}
