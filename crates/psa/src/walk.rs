//! Walking the pages of a list whose claims cannot be trusted.
//!
//! The walk believes the rows received; totals and page sizes are hints. Pure: it decides which
//! page to ask for next and what a pass proved, and does no I/O, so that its state can be stored
//! with each checkpoint and resumed.
//!
//! | what the server does | what the walk does | quirk |
//! |---|---|---|
//! | sends fewer rows than asked | takes that as the page size | Q-01 |
//! | repeats a page past the end | stops, counts nothing twice | Q-03 |
//! | claims 0 on an empty last page | keeps the total it had | Q-04 |
//! | claims rows and sends none | reads again; if it stays so, nothing was proven | Q-14 |
//! | sends page 1 for ever although it claims more | asks for everything in one answer; if that is cut short too, says so | Q-05 |
//! | claims a wrong total | reads until no page brings anything new, then once more to be sure | Q-09 |
//! | moves rows while we read | sees the total change, or a row come twice, and reads again | Q-09 |
//!
//! A pass that saw no sign of movement and as many rows as claimed is *clean*. A pass that is not
//! is repeated; two passes in a row with the same rows are *stable*, whatever the totals claim.
//! Anything else after [`PASSES_MAX`] passes is *incomplete*: its rows are good, but nothing may
//! be concluded from the absence of one.

use almanac_model::id::RemoteId;
use serde::{Deserialize, Serialize};

use crate::page::{Page, Part};
use crate::seen::SeenSet;

/// How often a stream is read before the walk gives up on a list that keeps moving.
pub const PASSES_MAX: u32 = 5;

/// No list that Almanac reads has this many pages; a server that sends more is not sending a list.
const PAGES_MAX: u32 = 200_000;

/// A claim that is off by no more than this (or a tenth) is a wrong count, not a cut list.
const SHORTFALL_IGNORED: u64 = 25;

/// Page caps that servers were seen to use are multiples of this (50, 100); a first page with such
/// a row count may be a full page of a server that does not say its page size.
const CAP_STEP: u64 = 25;

/// Where a scan of one stream stands. Stored with every checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    parts: Vec<Part>,
    part_at: usize,
    pass: u32,
    is_pass_doubtful: bool,
    /// A list that has no pages, or ignores them, gave fewer rows than it claims.
    is_cut_short: bool,
    cursor: PartCursor,
}

/// Where a pass stands within one part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct PartCursor {
    /// The page to ask for next, 1-based; 0 stands for "not started".
    page_no: u32,
    /// Largest page so far, or the size the server says it used.
    size: u64,
    /// The newest total claimed together with rows, or by an empty first page.
    total: Option<u64>,
    /// Distinct rows of this part.
    distinct: u64,
    /// Identifiers of the previous page, to know a repeated one.
    previous: Vec<RemoteId>,
    /// The list ignores paging, so it is asked for in one answer of this many rows.
    whole_count: Option<u64>,
}

/// What to ask for next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Ask for this page.
    Page {
        /// The share of the stream.
        part: Part,
        /// 1-based.
        page_no: u32,
        /// Rows to ask for in one answer without paging.
        whole_count: Option<u64>,
    },
    /// The pass is over: ask [`Walk::judge`].
    PassEnded,
}

/// What a finished pass proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing moved and every claimed row came.
    Clean,
    /// Claims did not match, but two passes in a row saw the same rows.
    Stable,
    /// Read again.
    Again,
    /// The list never held still.
    Incomplete,
}

impl Walk {
    /// Starts the first pass. `parts` must not be empty.
    pub fn new(parts: Vec<Part>) -> Self {
        debug_assert!(!parts.is_empty(), "a stream has at least one part");
        Self {
            parts,
            part_at: 0,
            pass: 1,
            is_pass_doubtful: false,
            is_cut_short: false,
            cursor: PartCursor::default(),
        }
    }

    /// The number of the pass, from 1.
    pub fn pass(&self) -> u32 {
        self.pass
    }

    /// What to ask for next.
    pub fn step(&self) -> Step {
        match self.parts.get(self.part_at) {
            Some(part) => Step::Page {
                part: part.clone(),
                page_no: self.cursor.page_no.max(1),
                whole_count: self.cursor.whole_count,
            },
            None => Step::PassEnded,
        }
    }

    /// How many rows the current part claims to have, if it does.
    pub fn claimed_total(&self) -> Option<u64> {
        self.cursor.total
    }

    /// Takes the answer to [`Walk::step`]. Returns the indexes of rows that this pass sees for
    /// the first time; `seen` is the set of the pass.
    pub fn accept(&mut self, page: &Page, seen: &mut SeenSet) -> Vec<usize> {
        let page_no = self.cursor.page_no.max(1);
        let ids: Vec<RemoteId> = page.rows.iter().map(|row| row.remote_id.clone()).collect();
        let is_repeat = !ids.is_empty() && page_no > 1 && ids == self.cursor.previous;
        if ids.is_empty() || is_repeat {
            // What an empty page claims past the end is not believed. Claimed by the first,
            // the rows are missing.
            if page_no == 1 {
                self.take_total(page.claimed_total);
            }
            self.end_of_list(page_no, is_repeat);
            return Vec::new();
        }
        let fresh: Vec<usize> = (0..ids.len()).filter(|&at| seen.insert(&ids[at])).collect();
        self.cursor.distinct += fresh.len() as u64;
        if fresh.len() < ids.len() && self.cursor.whole_count.is_none() {
            self.is_pass_doubtful = true;
        }
        if page.is_whole || self.cursor.whole_count.is_some() {
            self.take_total(page.claimed_total);
            // Nothing more can be asked for: what is missing here stays missing.
            let short = self.cursor.total.unwrap_or(0).saturating_sub(self.cursor.distinct);
            self.is_cut_short |= short > SHORTFALL_IGNORED.max(self.cursor.distinct / 10);
            self.next_part();
            return fresh;
        }
        self.take_total(page.claimed_total);
        self.take_size(page, page_no);
        let received = ids.len() as u64;
        let is_full = received >= self.cursor.size;
        let is_short_of_claim = self.cursor.total.is_some_and(|total| self.cursor.distinct < total);
        let may_have_more = is_full || is_short_of_claim;
        if fresh.is_empty() || !may_have_more || page_no >= PAGES_MAX {
            self.is_pass_doubtful |= page_no >= PAGES_MAX;
            self.next_part();
        } else {
            self.cursor.previous = ids;
            self.cursor.page_no = page_no + 1;
        }
        fresh
    }

    /// Judges a pass that has ended. `seen` is its set, `before` that of the pass before it. On
    /// [`Verdict::Again`] the next pass has been started.
    pub fn judge(&mut self, seen: &SeenSet, before: Option<&SeenSet>) -> Verdict {
        if !self.is_pass_doubtful {
            return Verdict::Clean;
        }
        if before == Some(seen) {
            // Rows are claimed, or the pass would not be doubtful; that none came proves nothing.
            let is_short = self.is_cut_short || seen.is_empty();
            return if is_short { Verdict::Incomplete } else { Verdict::Stable };
        }
        if self.pass >= PASSES_MAX {
            return Verdict::Incomplete;
        }
        self.start_again();
        Verdict::Again
    }

    /// Starts one more pass, for a caller that has learned of rows the pass did not see.
    pub fn start_again(&mut self) {
        self.pass += 1;
        self.part_at = 0;
        self.is_pass_doubtful = false;
        self.is_cut_short = false;
        self.cursor = PartCursor::default();
    }

    /// An empty or repeated page: the end, unless the list turns out to ignore paging.
    fn end_of_list(&mut self, page_no: u32, is_repeat: bool) {
        let is_short = self.cursor.total.is_some_and(|total| self.cursor.distinct < total);
        if is_repeat && page_no == 2 && is_short && self.cursor.whole_count.is_none() {
            self.cursor.whole_count = self.cursor.total;
            self.cursor.page_no = 1;
            return;
        }
        self.next_part();
    }

    /// Remembers a claimed total; one that changes while we read means that rows moved.
    fn take_total(&mut self, claimed: Option<u64>) {
        let Some(claimed) = claimed.filter(|&total| total > 0) else {
            return;
        };
        if self.cursor.total.is_some_and(|total| total != claimed) {
            self.is_pass_doubtful = true;
        }
        self.cursor.total = Some(claimed);
    }

    fn take_size(&mut self, page: &Page, page_no: u32) {
        let received = page.rows.len() as u64;
        if page_no == 1 {
            let claimed = page.claimed_size.filter(|&size| size > 0 && size <= page.asked_size);
            self.cursor.size = u64::from(claimed.unwrap_or(page.asked_size));
        }
        self.cursor.size = self.cursor.size.max(received);
        // A short first page may be a full one of a smaller cap, whatever size the server says:
        // some echo the size that was asked for. Then one more page is asked for.
        let may_be_cap = received.is_multiple_of(CAP_STEP) || self.cursor.total.is_none();
        if page_no == 1 && may_be_cap {
            self.cursor.size = received;
        }
    }

    fn next_part(&mut self) {
        if self.cursor.total.is_some_and(|total| total != self.cursor.distinct) {
            self.is_pass_doubtful = true;
        }
        self.part_at += 1;
        self.cursor = PartCursor::default();
    }
}
