//! A table of assets with its filters, as it is shown: pictures 04 and 10a.

use almanac_model::grade::Grade;
use maud::{Markup, html};
use uuid::Uuid;

use super::column::{AssetCell, AssetColumn};
use super::filters::{Chip, EmptyTable, Facet};
use crate::components::button::{Button, Weight, act, hidden_fields, link_button, reset, submit};
use crate::components::empty::{Empty, EmptyKind, empty};
use crate::components::grade::GradeView;
use crate::components::icon::Icon;
use crate::components::keys::{KeyHint, key_hints};
use crate::components::notice::notice;
use crate::components::page::bulk_bar;
use crate::components::table::{
    Cell, Column, Direction, Part, Row, RowHeight, Table, more_rows, table,
};
use crate::places;
use crate::route::Route;

/// The keys of the table, as the status row hints at them.
const HINTS: [KeyHint<'static>; 5] = [
    KeyHint { keys: "J K", does: "move" },
    KeyHint { keys: "W", does: "why this grade" },
    KeyHint { keys: "X", does: "select" },
    KeyHint { keys: "/", does: "filter" },
    KeyHint { keys: "?", does: "all keys" },
];

/// The keys of the table.
pub(crate) const KEYS: [KeyHint<'static>; 9] = [
    KeyHint { keys: "J K", does: "move" },
    KeyHint { keys: "Enter", does: "open" },
    KeyHint { keys: "W", does: "why this grade" },
    KeyHint { keys: "/", does: "filter" },
    KeyHint { keys: "X", does: "select" },
    KeyHint { keys: "Shift+X", does: "select up to here" },
    KeyHint { keys: "E", does: "keep the selected until a date" },
    KeyHint { keys: "B", does: "return the selected to their grade" },
    KeyHint { keys: "C", does: "choose a class for the selected" },
];

/// What the bulk bar offers: the act's name, its words, its key.
const ACTS: [(&str, &str, &str); 3] = [
    ("keep", "Keep until a date", "E"),
    ("unkeep", "Return to its grade", "B"),
    ("class", "Choose a class", "C"),
];

/// The head of a column.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// The column.
    pub(crate) column: AssetColumn,
    /// The table sorted by it.
    pub(crate) sort_href: Option<String>,
    /// How it is sorted now.
    pub(crate) sorted: Option<Direction>,
}

/// What stands in the body.
#[derive(Debug, Clone)]
pub(crate) enum AssetPart {
    /// The head of a group.
    Group {
        /// Its title.
        label: String,
        /// How many it holds.
        count: String,
    },
    /// An asset.
    Row {
        /// Its place in the whole table, from 1.
        index: u64,
        /// Its identifier.
        key: String,
        /// One for each column.
        cells: Vec<AssetCell>,
    },
}

/// A part of the filter by grade.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    /// The grade; `None` for all.
    pub(crate) grade: Option<Grade>,
    /// How many.
    pub(crate) count: String,
    /// The table of them.
    pub(crate) href: String,
    /// Whether it is shown.
    pub(crate) is_current: bool,
}

/// Where the rows can be taken away.
#[derive(Debug, Clone)]
pub(crate) struct Export {
    /// As comma-separated values.
    pub(crate) csv: String,
    /// As a workbook.
    pub(crate) xlsx: String,
}

/// How rows are selected.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    /// The table's choices, which go along.
    pub(crate) query: String,
    /// The client whose page it is on.
    pub(crate) client: Option<String>,
    /// The words of the box that selects all, or why there is none.
    pub(crate) all: Result<String, String>,
    /// The bulk edit that was just made.
    pub(crate) done: Option<Uuid>,
}

/// A table of assets.
#[derive(Debug, Clone)]
pub(crate) struct AssetTableView {
    /// What it lists, for those who listen.
    pub(crate) name: String,
    /// Its address without choices.
    pub(crate) path: String,
    /// Its address with the choices.
    pub(crate) here: String,
    /// Its name in preferences.
    pub(crate) table: &'static str,
    /// The columns that are shown.
    pub(crate) columns: Vec<AssetColumn>,
    /// Whether it has more than one client.
    pub(crate) has_client: bool,
    /// Heads.
    pub(crate) heads: Vec<Head>,
    /// Rows and heads of groups.
    pub(crate) parts: Vec<AssetPart>,
    /// Sums over the filter.
    pub(crate) totals: Vec<AssetCell>,
    /// How many rows the whole table has.
    pub(crate) rows_total: u64,
    /// Which rows are here, in words.
    pub(crate) status: String,
    /// The next rows.
    pub(crate) next_href: Option<String>,
    /// All rows on one page.
    pub(crate) whole_href: Option<String>,
    /// The filter by grade.
    pub(crate) segments: Vec<Segment>,
    /// The other filters that are on.
    pub(crate) chips: Vec<Chip>,
    /// What filters can be added.
    pub(crate) facets: Vec<Facet>,
    /// The sum, and what it is for.
    pub(crate) sums: (String, String),
    /// What it can be grouped by: words, address, whether it is.
    pub(crate) groups: Vec<(&'static str, String, bool)>,
    /// What is said where there are no rows.
    pub(crate) empty: Option<EmptyTable>,
    /// What was searched for.
    pub(crate) text: String,
    /// Every choice of the address.
    pub(crate) kept: Vec<(&'static str, String)>,
    /// How rows are selected; `None` without the right to decide about them.
    pub(crate) select: Option<Select>,
    /// Where the rows can be taken away; `None` without the right to.
    pub(crate) export: Option<Export>,
}

impl AssetTableView {
    /// The rows alone, as the island asks for them.
    pub(crate) fn rows(&self) -> Markup {
        self.with_table(more_rows)
    }

    /// The filters, the table and its status row.
    pub(crate) fn body(&self) -> Markup {
        html! {
            (self.filters())
            @match (&self.empty, &self.select) {
                (Some(view), _) => { (self.nothing(view)) (self.status_row(&HINTS)) },
                (None, None) => {
                    (self.with_table(table))
                    (self.status_row(&[HINTS[0], HINTS[1], HINTS[3], HINTS[4]]))
                },
                (None, Some(select)) => (self.selectable(select)),
            }
        }
    }

    /// The table in the form that its boxes belong to.
    fn selectable(&self, select: &Select) -> Markup {
        let client = select.client.as_deref().unwrap_or_default();
        let carried = [("query", select.query.as_str()), ("client", client), ("hidden", "0")];
        let clear = Button { weight: Weight::Plain, key: Some("Esc"), ..Button::new("Clear") };
        let acts = html! {
            @match &select.all {
                Ok(label) => span.all-of {
                    label.choice {
                        input type="checkbox" name="all" value="1" data-total=(self.rows_total);
                        span { (label) }
                    }
                },
                Err(why) => span.text-3 { (why) },
            }
            @for (name, label, key) in ACTS {
                (submit(&Button { key: Some(key), ..Button::new(label) }, Some(("act", name))))
            }
            (reset(&clear))
        };
        html! {
            form.has-bulk method="post" action=(places::BulkPreview {}.url())
                data-selection=(self.path) autocomplete="off" {
                (hidden_fields(&carried))
                (self.with_table(table))
                (bulk_bar(&acts))
                (self.status_row(&HINTS))
            }
        }
    }

    fn status_row(&self, hints: &[KeyHint<'_>]) -> Markup {
        html! {
            div.status-row {
                span {
                    (self.status)
                    @if let Some(href) = &self.whole_href {
                        " " a href=(href) { "Show all for printing" }
                    }
                }
                (key_hints(hints))
            }
        }
    }

    /// What a bulk edit just did, with its undo.
    pub(crate) fn done(&self, said: Option<String>) -> Option<Markup> {
        let select = self.select.as_ref()?;
        let bulk = select.done?;
        let (undo_url, page_url) =
            (places::BulkUndo { bulk }.url(), places::BulkPage { bulk }.url());
        let client = select.client.as_deref().unwrap_or_default();
        let carried = [("query", select.query.as_str()), ("client", client)];
        let button = Button { is_small: true, icon: Some(Icon::Undo), ..Button::new("Undo") };
        let acts = html! {
            a href=(page_url) { "What changed" }
            (act(&Button { key: Some("U"), ..button }, &undo_url, &carried))
        };
        said.map(|said| notice(&said, Some(&acts)))
    }

    fn nothing(&self, view: &EmptyTable) -> Markup {
        let actions = html! {
            @for (label, href) in &view.actions {
                @let weight = if label == "Clear all" { Weight::Plain } else { Weight::Normal };
                (link_button(&Button { weight, ..Button::new(label) }, href))
            }
        };
        let kind =
            if view.is_filtered { EmptyKind::Filter } else { EmptyKind::FirstUse(Icon::Asset) };
        html! {
            div.scroll { (empty(&Empty { kind, title: &view.title, text: &view.text, actions })) }
        }
    }

    fn with_table(&self, render: impl FnOnce(&Table<'_>) -> Markup) -> Markup {
        let columns: Vec<Column<'_>> = self
            .heads
            .iter()
            .map(|head| Column {
                label: head.column.label(),
                kind: head.column.kind(),
                sort_href: head.sort_href.as_deref(),
                sorted: head.sorted,
                drop: head.column.drop(),
            })
            .collect();
        let parts: Vec<Part<'_>> = self.parts.iter().map(part).collect();
        let totals: Vec<Cell<'_>> = self.totals.iter().map(cell).collect();
        render(&Table {
            name: &self.name,
            columns: &columns,
            parts: &parts,
            totals: Some(&totals),
            select: self.select.as_ref().map(|_| "asset"),
            rows_total: self.rows_total,
            next_href: self.next_href.as_deref(),
            height: RowHeight::Normal,
        })
    }
}

fn part(part: &AssetPart) -> Part<'_> {
    match part {
        AssetPart::Group { label, count } => Part::Group { label, count },
        AssetPart::Row { index, key, cells } => {
            Part::Row(Row { index: *index, key, cells: cells.iter().map(cell).collect() })
        }
    }
}

/// A cell as the table takes it.
fn cell(cell: &AssetCell) -> Cell<'_> {
    match cell {
        AssetCell::Name { label, href, beside } => {
            Cell::Name { label, href, beside: beside.as_deref() }
        }
        AssetCell::Text(text) => Cell::Text(text),
        AssetCell::Link { label, href } => Cell::Other(html! { a href=(href) { (label) } }),
        AssetCell::Value(text) => Cell::Value(text),
        AssetCell::Strong(text) => Cell::Strong(text),
        AssetCell::Void(text) => Cell::Void(text),
        AssetCell::Grade { grade, reason, why_href, is_manual } => Cell::Grade(GradeView {
            grade: *grade,
            reason,
            why_href: Some(why_href),
            is_manual: *is_manual,
        }),
    }
}
