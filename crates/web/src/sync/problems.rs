//! Rows that were not understood: by stream, and each as it was received.

use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_store::RecordProblem;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::view::wide;
use super::{SyncProblem, SyncProblems};
use crate::components::button::{Button, link_button};
use crate::components::empty::{Empty, EmptyKind, empty};
use crate::components::format;
use crate::components::page::{Header, body, header, section_head};
use crate::components::shell::Crumb;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::halo_words::stream_title;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::Route;

/// Rows shown of each stream; who has more has one fault many times.
pub(super) const ROWS_MAX: u32 = 100;

/// A longer row would only stop the browser; the export has all of it.
const RAW_CHARS_MAX: usize = 200_000;

/// Every stream with rows that were not understood.
pub(super) struct ProblemsView {
    pub(super) streams: Vec<StreamProblems>,
}

/// Those of one stream.
pub(super) struct StreamProblems {
    pub(super) stream: Stream,
    pub(super) total: u64,
    pub(super) lines: Vec<ProblemLine>,
}

/// One row.
pub(super) struct ProblemLine {
    id: String,
    url: String,
    problem: String,
    since: String,
}

/// One row as it was received.
pub(super) struct ProblemView {
    pub(super) stream: Stream,
    pub(super) id: String,
    pub(super) problem: String,
    pub(super) raw: String,
}

impl ProblemLine {
    pub(super) fn new(stream: Stream, row: &RecordProblem) -> ProblemLine {
        let id = row.remote_id.as_str().to_owned();
        ProblemLine {
            url: SyncProblem { stream: stream.name().to_owned(), record: id.clone() }.url(),
            id,
            problem: row.problem.clone(),
            since: format::date_time(row.changed_at, &TimeZone::UTC),
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            Cell::Name { label: &self.id, href: &self.url, beside: None },
            Cell::Value(&self.problem),
            Cell::Other(html! { code { (Code::SYNC_BAD_ROW.code) } }),
            Cell::Text(&self.since),
        ]
    }
}

impl ProblemsView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let total: u64 = self.streams.iter().map(|stream| stream.total).sum();
        if total == 0 {
            return in_frame(chrome, "Rows not understood", &body(&nothing()));
        }
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        let title = format!("{} not understood", format::count(total, "row was", "rows were"));
        let head = Header {
            title: &title,
            sentence: "Each is kept as Halo sent it, and read again with every sync. The other rows are not affected.",
            is_inline: false,
            actions: None,
        };
        let inside = html! {
            (header(&head))
            div.scroll { @for stream in &self.streams { (section(stream)) } }
        };
        in_frame(chrome, "Rows not understood", &body(&inside))
    }
}

fn nothing() -> Markup {
    let back = link_button(&Button::new("Back to Sync"), &places::Sync {}.url());
    html! {
        h1.unseen { "Rows not understood" }
        (empty(&Empty {
            kind: EmptyKind::Good,
            title: "Every row was understood",
            text: "A row that lacks an id or a name, or has another type than Halo documents, would be listed here.",
            actions: back,
        }))
    }
}

fn section(stream: &StreamProblems) -> Markup {
    let columns = [
        Column::new("Record", ColumnKind::Name),
        Column::new("Problem", ColumnKind::Text),
        Column { drop: Some(2), ..Column::new("Code", ColumnKind::Text) },
        Column { drop: Some(1), ..Column::new("As received since", ColumnKind::Text) },
    ];
    let parts: Vec<Part<'_>> = stream
        .lines
        .iter()
        .zip(1..)
        .map(|(line, index)| Part::Row(Row { index, key: &line.id, cells: line.cells() }))
        .collect();
    let title = stream_title(stream.stream);
    let table = bare_table(&Table {
        name: title,
        columns: &columns,
        parts: &parts,
        totals: None,
        select: None,
        rows_total: stream.total,
        next_href: None,
        height: RowHeight::Compact,
    });
    let shown = stream.lines.len() as u64;
    let meta = html! { (super::runs::number(shown)) " of " (super::runs::number(stream.total)) };
    html! {
        section.section id=(stream.stream.name()) {
            (section_head(title, Some(&meta)))
            (wide(title, &table))
            @if shown < stream.total {
                p.text-2 { "The rest: " code { "almanac records export --raw" } }
            }
        }
    }
}

impl ProblemView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let title = format!("{} {}", stream_title(self.stream), self.id);
        let head =
            Header { title: &title, sentence: &self.problem, is_inline: false, actions: None };
        let inside = html! {
            (header(&head))
            div.scroll {
                section.section {
                    (section_head("As Halo sent it", None))
                    (wide("As Halo sent it", &html! { pre.raw { code { (self.raw) } } }))
                }
                section.section {
                    (section_head("What to do", None))
                    p { (Code::SYNC_BAD_ROW.cause) }
                    p { "Mend the record in Halo; the next sync reads it again. Until then it is kept and left out of lists." }
                    p.text-3 { code { (Code::SYNC_BAD_ROW.code) } }
                }
            }
        };
        in_frame(chrome, &title, &body(&inside))
    }
}

fn in_frame(chrome: &Chrome, title: &str, content: &Markup) -> Markup {
    let (sync, problems) = (places::Sync {}.url(), SyncProblems {}.url());
    let mut crumbs = vec![
        Crumb { label: "Halo", href: None },
        Crumb { label: "Sync", href: Some(&sync) },
        Crumb { label: "Rows not understood", href: Some(&problems) },
    ];
    if title == "Rows not understood" {
        crumbs[2].href = None;
    } else {
        crumbs.push(Crumb { label: title, href: None });
    }
    let frame = Frame { title, crumbs: &crumbs, current: places::Sync::PATH, ..Frame::default() };
    chrome.page(&frame, content)
}

/// A row's bytes as text that can be read: JSON is indented, nothing else is changed but for what
/// no page can show.
pub(super) fn pretty(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
    let laid_out = if is_json { indent(&text) } else { text.into_owned() };
    let shown: String = laid_out
        .chars()
        .take(RAW_CHARS_MAX)
        .map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c })
        .collect();
    if laid_out.chars().nth(RAW_CHARS_MAX).is_some() { shown + "\n…" } else { shown }
}

/// Lays JSON out, keeping the order and the spelling of everything in it.
fn indent(json: &str) -> String {
    /// Deeper than this, lines would only be longer.
    const DEPTH_MAX: usize = 40;
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth.min(DEPTH_MAX)));
    };
    for c in json.chars() {
        if is_text {
            out.push(c);
            is_text = is_escaped || c != '"';
            is_escaped = !is_escaped && c == '\\';
            continue;
        }
        match c {
            '"' => {
                is_text = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                depth += 1;
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_in_its_own_order_and_spelling() {
        let raw = br#"{"z":1.50,"a":{"t":"x, {\"y\": [\\"},"e":[]}"#;
        let want = "{\n  \"z\": 1.50,\n  \"a\": {\n    \"t\": \"x, {\\\"y\\\": [\\\\\"\n  },\n  \"e\": [\n    \n  ]\n}";
        assert_eq!(pretty(raw), want);
    }

    #[test]
    fn what_is_no_json_is_shown_as_it_is() {
        assert_eq!(pretty(b"<html>\x00\xff"), "<html>\u{fffd}\u{fffd}");
        let long = vec![b'x'; RAW_CHARS_MAX + 1];
        assert!(pretty(&long).ends_with("\n…"));
    }
}
