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
}

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
        SyncQuery { show: show.name().map(str::to_owned).into_iter().collect(), before: Vec::new() }
    }

    pub(super) fn newest(&self) -> SyncQuery {
        self.with(self.show())
    }

    pub(super) fn earlier_than(&self, run: RunId) -> SyncQuery {
        SyncQuery { before: vec![run.to_string()], ..self.newest() }
    }

    pub(super) fn url(&self) -> String {
        let mut url = places::Sync {}.url();
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(self.show().name().map(|name| ("show", name)));
        pairs.extend_pairs(self.before().map(|id| ("before", id.to_string())));
        let pairs = pairs.finish();
        if !pairs.is_empty() {
            url = format!("{url}?{pairs}");
        }
        url + "#runs"
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
        };
        assert_eq!((hostile.show(), hostile.before()), (Show::All, None));
        assert_eq!(hostile.url(), "/sync#runs");
        let run = RunId(Uuid::from_u128(9));
        let query = hostile.with(Show::Problems).earlier_than(run);
        assert_eq!(query.show(), Show::Problems);
        assert!(query.url().starts_with("/sync?show=problems&before=0000"), "{}", query.url());
    }
}
