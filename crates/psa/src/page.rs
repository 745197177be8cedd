//! One page of raw rows, and how it is asked for.
//!
//! A row is kept byte for byte. Whatever an answer says about itself (totals, page sizes) is a
//! claim, carried as such: the walk believes the rows.

use almanac_model::id::RemoteId;
use almanac_model::stream::Stream;
use serde::{Deserialize, Serialize};

/// A share of a stream that is listed on its own.
///
/// Most streams have one part, [`Part::whole`]. Halo fills an asset's fields only when its list
/// is asked for one asset type at a time, so its assets have a part for each type. Parts are
/// stored in checkpoints: a resumed scan reads the same parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What a person calls it; empty for the whole stream.
    pub label: String,
    /// The connector's own words for the restriction; empty for the whole stream.
    pub filter: Vec<(String, String)>,
}

impl Part {
    /// The stream without restriction.
    pub fn whole() -> Self {
        Self { label: String::new(), filter: Vec::new() }
    }
}

/// Which rows to list.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The stream.
    pub stream: Stream,
    /// The share of the stream.
    pub part: Part,
    /// 1-based page number.
    pub page_no: u32,
    /// Rows asked for in one answer without paging, for a list that ignores paging; `None` pages.
    pub whole_count: Option<u64>,
}

/// One answer of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The rows, in the order received.
    pub rows: Vec<RawRow>,
    /// How many rows the PSA says there are, if it says so.
    pub claimed_total: Option<u64>,
    /// The page size the PSA says it used, if it says so.
    pub claimed_size: Option<u32>,
    /// How many rows we asked for.
    pub asked_size: u32,
    /// The list has no pages: these are all rows.
    pub is_whole: bool,
}

/// One record as the PSA sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRow {
    /// The PSA's identifier; for a row without one, `unreadable:` and the start of its hash.
    pub remote_id: RemoteId,
    /// The bytes between (and with) its braces.
    pub body: Vec<u8>,
    /// Why the row has no identifier, if it has none.
    pub problem: Option<String>,
}
