//! Which rows one answer holds: paging with its cap, its past-the-end modes and its traps.
//!
//! HALO-API.md 2.3; each mode that was seen somewhere is a switch, because endpoints differ.

use crate::params::{BadParam, Params};
use crate::switches::{IdOnly, PastEnd, RecordCount, Switches};
use crate::world::kind::{Kind, KindId};

/// Rows in an answer that does not page, and of one that pages without `page_no` (Q-02: KG, HCLI).
const ROWS_DEFAULT: u32 = 50;

/// Which rows an answer holds, and what it says about paging.
pub(crate) struct Window {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Number and effective size, when paging.
    pub(crate) page: Option<(i64, u32)>,
    /// Said instead of what the switch would say.
    fixed_count: Option<usize>,
}

impl Window {
    /// The window of one request on a list of `total` rows.
    ///
    /// # Errors
    ///
    /// When a paging parameter is no integer.
    pub(crate) fn of(
        kind: &dyn Kind,
        params: &Params,
        switches: &Switches,
        total: usize,
        ids_only: bool,
    ) -> Result<Window, BadParam> {
        let is_paging = params.is_true("pageinate");
        let page_no = params.int("page_no")?;
        let page_size = params.int("page_size")?;
        let count = params.int("count")?;
        let first = |rows: u32| Window {
            start: 0,
            end: total.min(rows as usize),
            page: None,
            fixed_count: None,
        };
        if ids_only && switches.idonly == IdOnly::On {
            return Ok(Window { end: total, ..first(0) });
        }
        let Some(page_no) = page_no.filter(|_| is_paging) else {
            if is_paging {
                // page_size is ignored and the count is that of the batch (KG).
                let window = first(ROWS_DEFAULT);
                return Ok(Window { fixed_count: Some(window.end), ..window });
            }
            let wanted = count.filter(|count| *count > 0).unwrap_or(i64::from(ROWS_DEFAULT));
            let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
            return Ok(first(wanted.min(switches.count_cap)));
        };
        let cap = match (kind.id(), switches.asset_page_cap) {
            (KindId::Asset, cap) if cap > 0 => cap,
            _ => switches.page_cap,
        };
        let wanted = page_size.filter(|size| *size > 0).unwrap_or(i64::from(ROWS_DEFAULT));
        let size = u32::try_from(wanted).unwrap_or(u32::MAX).min(cap).max(1);
        let mut place = usize::try_from(page_no.max(1) - 1).unwrap_or(usize::MAX);
        let last = total.div_ceil(size as usize).saturating_sub(1);
        let mut fixed_count = None;
        if place > last {
            match switches.past_end {
                PastEnd::Repeat => place = last,
                PastEnd::Empty => fixed_count = Some(0),
            }
        }
        let start = place.saturating_mul(size as usize).min(total);
        let end = start.saturating_add(size as usize).min(total);
        Ok(Window { start, end, page: Some((page_no, size)), fixed_count })
    }

    /// What `record_count` says.
    pub(crate) fn counted(&self, mode: RecordCount, total: usize, rows: usize) -> usize {
        match (self.fixed_count, mode) {
            (Some(count), _) => count,
            (None, RecordCount::True) => total,
            (None, RecordCount::WrongHigh) => total + 7,
            (None, RecordCount::WrongLow) => total.saturating_sub(7),
            (None, RecordCount::Page) => rows,
            (None, RecordCount::Zero) => 0,
        }
    }
}
