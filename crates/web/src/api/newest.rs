//! Lists from the newest back, page by page; the cursor is the last one's id.

use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::request::{Limit, given};

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Newest {
    /// `next_cursor` of the page before.
    #[serde(default, deserialize_with = "given")]
    pub(super) cursor: Option<Uuid>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>, inline)]
    limit: Limit,
}

impl Newest {
    /// How many to read: one more than the page has, which tells whether there is another page.
    pub(super) fn rows(&self) -> u32 {
        self.limit.rows() + 1
    }

    /// Cuts what was read to the page; the cursor of the next one, if there is one.
    pub(super) fn cut<T>(&self, found: &mut Vec<T>, id: impl Fn(&T) -> Uuid) -> Option<Uuid> {
        let has_more = found.len() > self.limit.len();
        found.truncate(self.limit.len());
        found.last().filter(|_| has_more).map(id)
    }
}
