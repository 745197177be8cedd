//! The receipts: what each scan and comparison found in a stream, signed.

use almanac_model::stream::Stream;
use almanac_store::{Receipt, ReceiptKind, ReceiptTold, ReceiptVerdict};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::runs::number;
use super::view::wide;
use crate::components::banner::{Banner, Level};
use crate::components::empty::{Empty, EmptyKind, empty};
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::page::{Header, body, header, section_head};
use crate::components::shell::Crumb;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::halo_words::stream_title;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::Route;

/// Receipts on one page: a day of a stream that is scanned every five minutes.
pub(super) const SHOWN_MAX: u32 = 300;

/// Records of one receipt that the page names for each thing that it tells; the command line names all that are kept.
const NAMED_MAX: usize = 3;

/// The receipts of a connection, or of one stream of it.
pub(super) struct ReceiptsView {
    pub(super) stream: Option<Stream>,
    /// The newest first.
    pub(super) receipts: Vec<Receipt>,
    pub(super) verdicts: Vec<ReceiptVerdict>,
}

impl ReceiptsView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let of = self.stream.map_or("Every stream", stream_title);
        let sentence = format!(
            "What each whole read of {} found, corrected and left, signed as it was written.",
            of.to_lowercase()
        );
        let head =
            Header { title: "Receipts", sentence: &sentence, is_inline: false, actions: None };
        let inside = html! {
            (header(&head))
            div.scroll {
                @if self.receipts.is_empty() {
                    (empty(&Empty {
                        kind: EmptyKind::FirstUse(Icon::Sync),
                        title: "No receipt yet",
                        text: "Each stream that is read whole leaves one.",
                        actions: Markup::default(),
                    }))
                } @else {
                    section.section {
                        (section_head(of, Some(&html! { (self.proof()) })))
                        (wide("Receipts", &self.table()))
                    }
                }
            }
        };
        let sync = places::Sync {}.url();
        let crumbs = [
            Crumb { label: "Halo", href: None },
            Crumb { label: "Sync", href: Some(&sync) },
            Crumb { label: "Receipts", href: None },
        ];
        let broken = self.broken();
        let banner = broken.as_ref().map(|text| Banner {
            level: Level::Halt,
            title: "A receipt is not as it was written.",
            text,
            hint: Some("Somebody changed the database past Almanac."),
            actions: None,
        });
        let banners: Vec<Banner<'_>> = banner.into_iter().collect();
        let current = places::Sync::PATH;
        let frame = Frame {
            title: "Receipts",
            crumbs: &crumbs,
            current,
            banners: &banners,
            ..Frame::default()
        };
        chrome.page(&frame, &body(&inside))
    }

    /// What checking the signatures found.
    fn proof(&self) -> String {
        let count: u64 = self.verdicts.iter().map(|verdict| verdict.count).sum();
        match self.broken() {
            Some(_) => "the chain is broken".to_owned(),
            None => format!("all {} signatures hold", number(count)),
        }
    }

    fn broken(&self) -> Option<String> {
        let broken = self.verdicts.iter().filter_map(|verdict| {
            let at = verdict.broken_at?;
            Some(format!("{}: from number {at} on.", stream_title(verdict.stream)))
        });
        let broken: Vec<String> = broken.collect();
        (!broken.is_empty()).then(|| broken.join(" "))
    }

    fn table(&self) -> Markup {
        let columns = [
            Column::new("Written", ColumnKind::Text),
            Column::new("Stream", ColumnKind::Name),
            Column { drop: Some(3), ..Column::new("Of", ColumnKind::Text) },
            Column::new("In Halo", ColumnKind::Number),
            Column::new("Here", ColumnKind::Number),
            Column { drop: Some(2), ..Column::new("Compared", ColumnKind::Number) },
            Column::new("Differed", ColumnKind::Number),
            Column::new("Corrected", ColumnKind::Number),
            Column { drop: Some(1), ..Column::new("What", ColumnKind::Text) },
        ];
        let keys: Vec<String> =
            self.receipts.iter().map(|one| format!("{}-{}", one.stream, one.seq)).collect();
        let lines = self.receipts.iter().zip(&keys).zip(1..);
        let parts: Vec<Part<'_>> = lines
            .map(|((receipt, key), index)| Part::Row(Row { index, key, cells: cells(receipt) }))
            .collect();
        bare_table(&Table::whole("Receipts", &columns, &parts, RowHeight::Low))
    }
}

fn cells(receipt: &Receipt) -> Vec<Cell<'static>> {
    let Receipt { at, stream, kind, told, is_genuine, seq } = receipt;
    let when = format::date_time(*at, &TimeZone::UTC);
    let count = |count: u64| Cell::Other(html! { (number(count)) });
    vec![
        Cell::Other(html! { time datetime=(format::iso(*at)) { (when) } }),
        Cell::Other(html! { (stream_title(*stream)) }),
        Cell::Text(match kind {
            ReceiptKind::Scan => "Whole read",
            ReceiptKind::Verify => "Comparison",
        }),
        count(told.theirs),
        count(told.ours),
        count(told.compared),
        count(told.differed),
        count(told.corrected),
        Cell::Other(html! {
            @if !is_genuine { b.is-over { "Number " (seq) " is not as it was written. " } }
            (what(receipt))
        }),
    ]
}

/// What differed, in words.
fn what(receipt: &Receipt) -> String {
    let told = &receipt.told;
    let held = told.held.as_ref().map_or_else(String::new, |code| format!("Held: {code}. "));
    if told.is_first {
        return format!("{held}Read for the first time");
    }
    if told.differed == 0 {
        return format!("{held}Nothing differed");
    }
    // What happened to whole records first: it is the larger matter.
    let mut parts: Vec<String> = Vec::new();
    for (what, words) in WHOLE {
        let ids: Vec<&str> = named(told, |one| one == *what).collect();
        if !ids.is_empty() {
            let count = number(ids.len() as u64);
            parts.push(format!("{count} {words}: {}", few(&ids)));
        }
    }
    let is_whole = |one: &str| WHOLE.iter().any(|(what, _)| one == *what);
    let differing: Vec<&str> = named(told, |one| !is_whole(one)).collect();
    if !differing.is_empty() || !told.fields.is_empty() {
        let fields: Vec<String> = told
            .fields
            .iter()
            .map(|(field, count)| format!("{field} in {}", number(*count)))
            .collect();
        let fields = if fields.is_empty() { FIELDS_UNUSED.to_owned() } else { fields.join(", ") };
        let names = if differing.is_empty() { None } else { Some(few(&differing)) };
        parts.push(names.map_or_else(|| fields.clone(), |names| format!("{fields}: {names}")));
    }
    // Of very many not all are named, and what a hold keeps is not.
    let rest = told.differed.saturating_sub(told.records.len() as u64);
    if rest > 0 {
        let words = match &told.held {
            Some(_) => Some("left as they were"),
            None if parts.is_empty() => Some("not named"),
            None if told.records.is_empty() => None,
            None => Some("more"),
        };
        parts.extend(words.map(|words| format!("{} {words}", number(rest))));
    }
    format!("{held}{}", parts.join("; "))
}

/// What happens to a record as a whole: as a receipt has it, and for people.
const WHOLE: &[(&str, &str)] = &[
    ("removed", "removed"),
    ("added", "added"),
    ("missing", "not here"),
    ("extra", "not in Halo"),
];

/// Where nothing differed that Almanac reads.
const FIELDS_UNUSED: &str = "fields not used";

/// The records of a receipt of which this is told.
fn named<'a>(
    told: &'a ReceiptTold,
    is_of: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = &'a str> + 'a {
    let of = told.records.iter().filter(move |one| is_of(&one.what));
    of.map(|one| one.remote_id.as_str())
}

/// The first of these, and how many more there are: `7, 12, 19, 733 more`.
fn few(ids: &[&str]) -> String {
    let mut words: Vec<String> = ids.iter().take(NAMED_MAX).map(|&id| id.to_owned()).collect();
    let more = (ids.len() - words.len()) as u64;
    if more > 0 {
        words.push(format!("{} more", number(more)));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use almanac_model::id::RemoteId;
    use almanac_store::Corrected;

    use super::*;

    fn receipt(told: ReceiptTold) -> Receipt {
        let (stream, kind) = (Stream::Assets, ReceiptKind::Scan);
        Receipt { stream, seq: 1, at: 0, kind, told, is_genuine: true }
    }

    #[test]
    fn a_receipt_is_told_in_words() {
        assert_eq!(what(&receipt(ReceiptTold::default())), "Nothing differed");
        let told = ReceiptTold {
            differed: 3,
            fields: [("serial".to_owned(), 1)].into(),
            records: vec![Corrected { remote_id: RemoteId::new("7"), what: "serial".to_owned() }],
            held: Some("SYNC-011".to_owned()),
            ..ReceiptTold::default()
        };
        assert_eq!(what(&receipt(told)), "Held: SYNC-011. serial in 1: 7; 2 left as they were");
    }

    #[test]
    fn what_happened_to_whole_records_is_counted_before_they_are_named() {
        let of = |id: u64, what: &str| Corrected {
            remote_id: RemoteId::new(id.to_string()),
            what: what.to_owned(),
        };
        let mut records = vec![of(7, "serial"), of(8, "added")];
        records.extend((100..836).map(|id| of(id, "removed")));
        let fields = [("serial".to_owned(), 1)].into();
        let told = ReceiptTold { differed: 740, fields, records, ..ReceiptTold::default() };
        let want = "736 removed: 100, 101, 102, 733 more; 1 added: 8; serial in 1: 7; 2 more";
        assert_eq!(what(&receipt(told)), want);
        let told = ReceiptTold { differed: 9, ..ReceiptTold::default() };
        assert_eq!(what(&receipt(told)), "9 not named");
        let fields = [("serial".to_owned(), 9)].into();
        let told = ReceiptTold { differed: 9, fields, ..ReceiptTold::default() };
        assert_eq!(what(&receipt(told)), "serial in 9");
    }
}
