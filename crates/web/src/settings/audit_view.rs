//! The audit: who did what, newest first, and whether the chain holds.

use almanac_store::{AuditEntry, AuditVerdict};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::SettingsAudit;
use super::view::in_frame;
use crate::components::banner::Level;
use crate::components::format;
use crate::components::icon::{Icon, icon};
use crate::components::page::{Header, body, header, status_row};
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::components::trouble::{Trouble, trouble};
use crate::page::Chrome;
use crate::route::Route;

/// A longer detail is cut in the list.
const DETAIL_CHARS_MAX: usize = 300;

/// A page of the audit.
pub(super) struct AuditView {
    pub(super) lines: Vec<AuditLine>,
    /// Whether the chain holds; `None` when it was not checked.
    pub(super) verdict: Option<AuditVerdict>,
    /// Entries before this one follow.
    pub(super) earlier: Option<i64>,
    pub(super) before: Option<i64>,
}

/// One entry.
pub(super) struct AuditLine {
    seq: String,
    at: String,
    actor: String,
    action: String,
    subject: String,
    detail: Option<String>,
}

impl AuditLine {
    pub(super) fn new(entry: &AuditEntry) -> AuditLine {
        let audit = &entry.audit;
        let mut detail: String = audit.detail.chars().take(DETAIL_CHARS_MAX).collect();
        if audit.detail.chars().nth(DETAIL_CHARS_MAX).is_some() {
            detail.push('…');
        }
        AuditLine {
            seq: format::number(entry.seq),
            at: format::date_time(audit.at, &TimeZone::UTC),
            actor: audit.actor.clone(),
            action: audit.action.clone(),
            subject: audit.subject.clone(),
            detail: Some(detail).filter(|detail| !detail.is_empty() && detail != "{}"),
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let detail = match &self.detail {
            Some(detail) => Cell::Other(html! { code.audit-detail { (detail) } }),
            None => Cell::Void("nothing more"),
        };
        vec![
            Cell::Other(html! { (self.seq) }),
            Cell::Value(&self.at),
            Cell::Value(&self.actor),
            Cell::Other(html! { code { (self.action) } }),
            Cell::Text(&self.subject),
            detail,
        ]
    }
}

impl AuditView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let head = Header {
            title: "Audit",
            sentence: "Who read a secret, changed a setting, signed out a person or exported, newest first. Times are UTC.",
            is_inline: false,
            actions: None,
        };
        let inside = html! {
            (header(&head))
            (self.verdict_line())
            @if self.lines.is_empty() {
                p.section.text-2 { "No entry before this one." }
            } @else {
                div.scroll role="region" aria-label="Audit" tabindex="0" { (self.table()) }
            }
            (self.foot())
        };
        in_frame(chrome, "Audit", Some("Audit"), &body(&inside))
    }

    fn verdict_line(&self) -> Markup {
        match &self.verdict {
            None => html! {
                p.section.text-2 {
                    "The chain was not checked for this page. "
                    a href={ (SettingsAudit {}.url()) "?check=yes" } { "Check the whole chain" }
                }
            },
            Some(AuditVerdict::Intact { count }) => html! {
                p.section {
                    span.is-good { (icon(Icon::Shield)) }
                    " The chain holds: all " (format::number(*count)) " entries are as they were written."
                }
            },
            Some(AuditVerdict::Broken { seq }) => {
                let title = format!("The chain is broken at entry {}", format::number(*seq));
                html! {
                    div.section role="alert" {
                        (trouble(&Trouble {
                            level: Level::Halt,
                            title: &title,
                            what: "Entries before it are as they were written. From it on, one was changed, removed or put in.",
                            why: "Each entry is sealed with a key that is not in the database, together with the one before it.",
                            act: "Keep the database as it is, compare it with a backup, and ask who could write to it.",
                            code: None,
                            actions: None,
                        }))
                    }
                }
            }
        }
    }

    fn table(&self) -> Markup {
        let columns = [
            Column::new("Number", ColumnKind::Name),
            Column::new("When", ColumnKind::Text),
            Column::new("Who", ColumnKind::Text),
            Column::new("What", ColumnKind::Text),
            Column { drop: Some(2), ..Column::new("Of", ColumnKind::Text) },
            Column { drop: Some(1), ..Column::new("Detail", ColumnKind::Text) },
        ];
        let parts: Vec<Part<'_>> = self
            .lines
            .iter()
            .zip(1..)
            .map(|(line, index)| Part::Row(Row { index, key: &line.seq, cells: line.cells() }))
            .collect();
        bare_table(&Table::whole("Audit", &columns, &parts, RowHeight::Compact))
    }

    fn foot(&self) -> Markup {
        let url = SettingsAudit {}.url();
        let words = match (self.lines.first(), self.lines.last()) {
            (Some(first), Some(last)) => format!("Entries {} to {}", first.seq, last.seq),
            _ => "No entries".to_owned(),
        };
        html! {
            nav.section.actions aria-label="Pages of the audit" {
                @if let Some(seq) = self.earlier { a href={ (url) "?before=" (seq) } { "Earlier entries" } }
                @if self.before.is_some() { a href=(url) { "Newest entries" } }
            }
            (status_row(&words, &[]))
        }
    }
}

#[cfg(test)]
pub(super) fn samples() -> Vec<(&'static str, Markup)> {
    use almanac_store::Audit;

    use crate::components::sample::HOSTILE;
    let chrome = Chrome::sample();
    let entry = |seq, detail: &str| AuditEntry {
        seq,
        audit: Audit {
            at: 1_795_426_860_000,
            actor: HOSTILE.to_owned(),
            action: "connection.secret_read".to_owned(),
            subject: HOSTILE.to_owned(),
            detail: detail.to_owned(),
        },
    };
    let long = HOSTILE.repeat(20);
    let view = |verdict, has_lines: bool| {
        let entries = if has_lines { vec![entry(9, &long), entry(8, "{}")] } else { Vec::new() };
        let lines = entries.iter().map(AuditLine::new).collect();
        let earlier = has_lines.then_some(8);
        AuditView { lines, verdict, earlier, before: Some(10) }.page(&chrome)
    };
    vec![
        ("audit", view(Some(AuditVerdict::Intact { count: 9 }), true)),
        ("audit-broken", view(Some(AuditVerdict::Broken { seq: 4 }), true)),
        ("audit-unchecked", view(None, true)),
        ("audit-end", view(None, false)),
    ]
}
