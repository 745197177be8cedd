//! Tables: real ones, with scope, group rows, totals, and cells that know their kind.
//!
//! The markup works alone: sort links in the head, boxes of a form in the rows, a link to the next rows.
//! The islands `data-table` and `virtual-rows` add keys and long lists. An empty value is never an
//! empty cell: it is a word that says why.

use maud::{Markup, Render, html};

use super::as_of::{AsOf, row_age};
use super::grade::{GradeView, graded};
use super::icon::{Icon, icon};

/// What a column holds, which decides how it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// The name of the row: its header, sticky when the table is wider than the screen.
    Name,
    /// Words.
    Text,
    /// Numbers, money, ages of things: at the right, in figures of one width.
    Number,
}

/// Rows of one page of a long list; the next page comes as the list is scrolled, or by its link.
pub(crate) const ROWS: usize = 100;

/// Which way a column is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Smallest, first or earliest at the top.
    Up,
    /// Largest, last or latest at the top.
    Down,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column<'a> {
    /// What its head says, in sentence case; the unit belongs here.
    pub(crate) label: &'a str,
    /// How it stands.
    pub(crate) kind: ColumnKind,
    /// The same list sorted by this column, or turned; without one it cannot be sorted.
    pub(crate) sort_href: Option<&'a str>,
    /// How it is sorted now.
    pub(crate) sorted: Option<Direction>,
    /// When it goes for lack of width: 1 below 1280 px, 2 below 1024 px. Name, grade, money and date stay.
    pub(crate) drop: Option<u8>,
}

impl<'a> Column<'a> {
    /// A column that is not sorted and never goes.
    pub(crate) const fn new(label: &'a str, kind: ColumnKind) -> Self {
        Self { label, kind, sort_href: None, sorted: None, drop: None }
    }

    /// The classes of its head and cells.
    fn class(&self) -> &'static str {
        match (self.kind, self.drop) {
            (ColumnKind::Text, None) => "",
            (ColumnKind::Text, Some(..=1)) => "drop-1",
            (ColumnKind::Text, Some(2)) => "drop-2",
            (ColumnKind::Text, Some(_)) => "drop-3",
            (ColumnKind::Name, None) => "is-name",
            (ColumnKind::Name, Some(..=1)) => "is-name drop-1",
            (ColumnKind::Name, Some(2)) => "is-name drop-2",
            (ColumnKind::Name, Some(_)) => "is-name drop-3",
            (ColumnKind::Number, None) => "is-number",
            (ColumnKind::Number, Some(..=1)) => "is-number drop-1",
            (ColumnKind::Number, Some(2)) => "is-number drop-2",
            (ColumnKind::Number, Some(_)) => "is-number drop-3",
        }
    }
}

/// A value in a row.
#[derive(Debug, Clone)]
pub(crate) enum Cell<'a> {
    /// The name, a link, with something small beside it such as the model.
    Name {
        /// The name.
        label: &'a str,
        /// Where it leads.
        href: &'a str,
        /// Beside it.
        beside: Option<&'a str>,
    },
    /// A secondary value.
    Text(&'a str),
    /// A value.
    Value(&'a str),
    /// The value that one came for: one in a row, two at most.
    Strong(&'a str),
    /// No value, and why: "no record", "needs a date".
    Void(&'a str),
    /// A grade with its reason.
    Grade(GradeView<'a>),
    /// An age.
    AsOf(AsOf<'a>),
    /// What many rows share, drawn once.
    Drawn(&'a Markup),
    /// Anything else.
    Other(Markup),
}

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct Row<'a> {
    /// Its place in the whole list, from 1.
    pub(crate) index: u64,
    /// What its box sends, in a table with boxes.
    pub(crate) key: &'a str,
    /// One for each column.
    pub(crate) cells: Vec<Cell<'a>>,
}

/// What stands in the body of a table.
#[derive(Debug, Clone)]
pub(crate) enum Part<'a> {
    /// The head of a group, sticky under the table's head.
    Group {
        /// Its name.
        label: &'a str,
        /// How many it holds, as by `format::number`.
        count: &'a str,
    },
    /// A row.
    Row(Row<'a>),
}

/// How high rows are; a user's density, where set, wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowHeight {
    /// 28 px, for short facts.
    Low,
    /// 30 px.
    Compact,
    /// 34 px: assets, mapping.
    Normal,
    /// 36 px: the portfolio.
    High,
}

/// A table.
#[derive(Debug, Clone)]
pub(crate) struct Table<'a> {
    /// What it lists, for those who listen.
    pub(crate) name: &'a str,
    /// Its columns.
    pub(crate) columns: &'a [Column<'a>],
    /// Its rows and groups.
    pub(crate) parts: &'a [Part<'a>],
    /// Sums over the filter, not over the page; one for each column.
    pub(crate) totals: Option<&'a [Cell<'a>]>,
    /// The name of its boxes, when rows can be selected; they belong to the form around the table, or to
    /// the form of this id.
    pub(crate) select: Option<&'a str>,
    /// How many rows the whole list has.
    pub(crate) rows_total: u64,
    /// The next rows, when not all are here.
    pub(crate) next_href: Option<&'a str>,
    /// How high its rows are.
    pub(crate) height: RowHeight,
}

impl<'a> Table<'a> {
    /// A table that is all there: every row, no sums, nothing to select.
    pub(crate) fn whole(
        name: &'a str,
        columns: &'a [Column<'a>],
        parts: &'a [Part<'a>],
        height: RowHeight,
    ) -> Table<'a> {
        let rows_total = parts.iter().filter(|part| matches!(part, Part::Row(_))).count() as u64;
        Table {
            name,
            columns,
            parts,
            totals: None,
            select: None,
            rows_total,
            next_href: None,
            height,
        }
    }

    fn columns_count(&self) -> usize {
        self.columns.len() + usize::from(self.select.is_some())
    }

    fn class(&self) -> &'static str {
        match self.height {
            RowHeight::Low => "table is-28",
            RowHeight::Compact => "table is-30",
            RowHeight::Normal => "table",
            RowHeight::High => "table is-36",
        }
    }
}

/// The table in its scrolling frame.
pub(crate) fn table(table: &Table<'_>) -> Markup {
    html! {
        div.scroll role="region" aria-label=(table.name) tabindex="0" {
            virtual-rows { data-table { (bare_table(table)) } (more(table)) }
        }
    }
}

/// The table alone, for a section that scrolls with its page.
pub(crate) fn bare_table(table: &Table<'_>) -> Markup {
    html! {
        table class=(table.class()) aria-rowcount=(table.rows_total + 1) {
            caption.unseen { (table.name) }
            thead {
                tr aria-rowindex="1" {
                    @if table.select.is_some() {
                        th.is-box scope="col" { input type="checkbox" aria-label="Select all rows here"; }
                    }
                    @for column in table.columns { (head(column)) }
                }
            }
            (body(table))
            @if let Some(totals) = table.totals {
                tfoot {
                    tr {
                        @if table.select.is_some() { td.is-box {} }
                        @for (column, total) in table.columns.iter().zip(totals) { (CellOf(column, total)) }
                    }
                }
            }
        }
    }
}

/// The next rows, as the island asks for them: a body and the link to what follows.
pub(crate) fn more_rows(table: &Table<'_>) -> Markup {
    html! { table { (body(table)) } (more(table)) }
}

fn more(table: &Table<'_>) -> Markup {
    html! {
        @if let Some(next) = table.next_href {
            div.more-rows { a.button rel="next" href=(next) { "More rows" } }
        }
    }
}

fn body(table: &Table<'_>) -> Markup {
    html! {
        tbody {
            @for part in table.parts {
                @match part {
                    Part::Group { label, count } => tr.group {
                        th scope="rowgroup" colspan=(table.columns_count()) { (label) span.count { (count) } }
                    },
                    Part::Row(each) => (row(table, each)),
                }
            }
        }
    }
}

fn row(table: &Table<'_>, row: &Row<'_>) -> Markup {
    let name = row.cells.iter().find_map(|cell| match cell {
        Cell::Name { label, .. } => Some(*label),
        _ => None,
    });
    html! {
        // The head is row 1.
        tr aria-rowindex=(row.index + 1) {
            @if let Some(select) = table.select {
                td.is-box {
                    input type="checkbox" name=(select) value=(row.key) aria-label={ "Select " (name.unwrap_or(row.key)) };
                }
            }
            @for (column, value) in table.columns.iter().zip(&row.cells) { (CellOf(column, value)) }
        }
    }
}

fn some_class(column: &Column<'_>) -> Option<&'static str> {
    Some(column.class()).filter(|class| !class.is_empty())
}

fn head(column: &Column<'_>) -> Markup {
    let sort = column.sorted.map(|direction| match direction {
        Direction::Up => "ascending",
        Direction::Down => "descending",
    });
    let arrow = match column.sorted {
        Some(Direction::Up) => html! { (icon(Icon::ArrowUp)) },
        Some(Direction::Down) => html! { (icon(Icon::ArrowDown)) },
        None => Markup::default(),
    };
    html! {
        th scope="col" class=[some_class(column)] aria-sort=[sort] {
            @if let Some(href) = column.sort_href { a href=(href) { (column.label) (arrow) } }
            @else { span.sorted { (column.label) (arrow) } }
        }
    }
}

/// A cell of a column. Most of a page is cells, so each is written where it stands and takes no
/// string of its own.
struct CellOf<'a>(&'a Column<'a>, &'a Cell<'a>);

impl Render for CellOf<'_> {
    fn render_to(&self, out: &mut String) {
        let CellOf(column, value) = self;
        let (open, close) = match column.kind {
            ColumnKind::Name => ("<th scope=\"row\"", "</th>"),
            _ => ("<td", "</td>"),
        };
        out.push_str(open);
        let extra = match value {
            Cell::Value(_) => "is-value",
            Cell::Strong(_) => "is-strong",
            Cell::Void(_) => "void",
            _ => "",
        };
        let class = column.class();
        if !class.is_empty() || !extra.is_empty() {
            let space = if class.is_empty() || extra.is_empty() { "" } else { " " };
            for part in [" class=\"", class, space, extra, "\""] {
                out.push_str(part);
            }
        }
        out.push('>');
        match value {
            Cell::Name { label, href, beside } => html! {
                a href=(href) { (label) }
                @if let Some(beside) = beside { span.beside { (beside) } }
            }
            .render_to(out),
            Cell::Text(text) | Cell::Value(text) | Cell::Strong(text) | Cell::Void(text) => {
                text.render_to(out);
            }
            Cell::Grade(view) => graded(view).render_to(out),
            Cell::AsOf(view) => row_age(view).render_to(out),
            Cell::Drawn(markup) => markup.render_to(out),
            Cell::Other(markup) => markup.render_to(out),
        }
        out.push_str(close);
    }
}

/// The place of a list before its rows are there: final heads, bars after 300 ms.
pub(crate) fn skeleton(columns: &[Column<'_>], rows: usize) -> Markup {
    html! {
        table.table aria-busy="true" {
            thead { tr { @for column in columns { (head(column)) } } }
            tbody {
                @for _ in 0..rows {
                    tr { @for column in columns { td class=[some_class(column)] { span.skeleton {} } } }
                }
            }
        }
    }
}
