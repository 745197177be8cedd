//! What the receipts say in one line: when the assets were last compared whole, and how it ended.

use almanac_store::{Receipt, ReceiptKind};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::SyncReceipts;
use super::runs::number;
use crate::components::format;
use crate::route::Route;

/// So many receipts are looked back at.
pub(super) const BACK_MAX: u32 = 30;

/// The line.
pub(super) struct Reconciled {
    pub(super) ago: String,
    /// The day of the receipt.
    pub(super) day: String,
    pub(super) href: String,
    /// "30 of 30 whole reads ended at 0".
    pub(super) ended: String,
}

impl Reconciled {
    /// Of a stream's receipts, the newest first; `None` before the first whole read.
    pub(super) fn of(receipts: &[Receipt], now_ms: i64) -> Option<Reconciled> {
        let mut scans = receipts.iter().filter(|receipt| receipt.kind == ReceiptKind::Scan);
        // One that held its stream concluded nothing.
        let newest = scans.clone().find(|receipt| receipt.told.held.is_none())?;
        let all = scans.clone().count() as u64;
        let clean = scans.by_ref().filter(|receipt| left(receipt) == 0).count() as u64;
        let day = format::date_time(newest.at, &TimeZone::UTC);
        let day = day.split(',').next().unwrap_or(&day).to_owned();
        Some(Reconciled {
            ago: format::ago(newest.at, now_ms, &TimeZone::UTC),
            day,
            href: format!("{}?stream={}", SyncReceipts {}.url(), newest.stream),
            ended: format!("{} of {} whole reads ended at 0", number(clean), number(all)),
        })
    }

    pub(super) fn markup(&self) -> Markup {
        html! {
            p.reconciled {
                b { "Reconciled " (self.ago) }
                a href=(self.href) { "Receipt of " (self.day) }
                span.text-3 { (self.ended) }
            }
        }
    }
}

/// How many records differed still when the receipt was written.
pub(super) fn left(receipt: &Receipt) -> u64 {
    receipt.told.differed.saturating_sub(receipt.told.corrected)
}

#[cfg(test)]
mod tests {
    use almanac_model::stream::Stream;
    use almanac_store::ReceiptTold;

    use super::*;

    fn receipt(kind: ReceiptKind, (differed, corrected): (u64, u64)) -> Receipt {
        let told = ReceiptTold { differed, corrected, ..ReceiptTold::default() };
        Receipt { stream: Stream::Assets, seq: 1, at: 0, kind, told, is_genuine: true }
    }

    #[test]
    fn whole_reads_are_counted_by_how_they_ended() {
        let receipts = [
            receipt(ReceiptKind::Verify, (9, 0)),
            receipt(ReceiptKind::Scan, (4, 4)),
            receipt(ReceiptKind::Scan, (61, 0)),
            receipt(ReceiptKind::Scan, (0, 0)),
        ];
        let line = Reconciled::of(&receipts, 120_000).expect("it was read");
        assert_eq!(line.ended, "2 of 3 whole reads ended at 0");
        assert_eq!((line.ago.as_str(), line.day.as_str()), ("2 min ago", "1 Jan 1970"));
        assert_eq!(line.href, "/sync/receipts?stream=assets");
        assert!(Reconciled::of(&receipts[..1], 0).is_none(), "a comparison corrects nothing");
    }
}
