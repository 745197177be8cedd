//! Samples of tables: every kind of cell, group, total, height, and the rows that follow.

use almanac_model::grade::Grade;
use maud::{Markup, html};

use super::as_of::AsOf;
use super::grade::GradeView;
use super::mark::Freshness;
use super::sample::{HOSTILE, Sample};
use super::table::{
    Cell, Column, ColumnKind, Direction, Part, Row, RowHeight, Table, bare_table, more_rows,
    skeleton, table,
};

const HERE: Option<&str> = Some("/styleguide");

const COLUMNS: [Column<'static>; 7] = [
    Column {
        sort_href: HERE,
        sorted: Some(Direction::Up),
        ..Column::new("Asset", ColumnKind::Name)
    },
    Column { drop: Some(1), sort_href: HERE, ..Column::new("Type", ColumnKind::Text) },
    Column { drop: Some(2), sort_href: HERE, ..Column::new("Age", ColumnKind::Number) },
    Column { drop: Some(2), ..Column::new("Warranty", ColumnKind::Text) },
    Column::new("Grade and reason", ColumnKind::Text),
    Column::new("Replace in", ColumnKind::Text),
    Column { sort_href: HERE, ..Column::new("Budget", ColumnKind::Number) },
];

const TOTALS: [Cell<'static>; 7] = [
    Cell::Strong("Total of 118"),
    Cell::Text(""),
    Cell::Value("4.1\u{a0}y"),
    Cell::Text(""),
    Cell::Text("14 to replace"),
    Cell::Text(""),
    Cell::Strong("£63,660"),
];

const RUNS: [Column<'static>; 3] = [
    Column { sorted: Some(Direction::Down), ..Column::new("Started", ColumnKind::Name) },
    Column::new("Result", ColumnKind::Text),
    Column::new("As of", ColumnKind::Text),
];

fn asset(
    index: u64,
    label: &'static str,
    beside: &'static str,
    grade: Grade,
    reason: &'static str,
) -> Part<'static> {
    let why_href = Some("/styleguide/why");
    let view = GradeView { grade, reason, why_href, is_manual: false };
    let cells = vec![
        Cell::Name { label, href: "/styleguide", beside: Some(beside) },
        Cell::Text("Laptop"),
        Cell::Value("7.4\u{a0}y"),
        Cell::Void("no record"),
        Cell::Grade(view),
        Cell::Strong("Oct–Dec 2026"),
        Cell::Value("£1,240"),
    ];
    Part::Row(Row { index, key: label, cells })
}

fn assets() -> Markup {
    let parts = [
        Part::Group { label: "Desktops", count: "2" },
        asset(
            1,
            "HP-WS-022",
            "OptiPlex 3050 Micro",
            Grade::Replace,
            "Windows 10 ended, 7.4 of 5 years",
        ),
        asset(2, HOSTILE, "OptiPlex 7010 Micro", Grade::Healthy, "until 20 Feb 2028"),
        Part::Group { label: "Laptops", count: "2" },
        asset(3, "HP-LT-014", "ThinkPad T14 Gen 2", Grade::Plan, "5 years on 3 Aug 2027"),
        asset(4, "HP-LT-061", "ThinkPad T14 Gen 5", Grade::Unknown, "no purchase date"),
    ];
    table(&Table {
        name: "Assets",
        columns: &COLUMNS,
        parts: &parts,
        totals: Some(&TOTALS),
        select: Some("asset"),
        rows_total: 118,
        next_href: Some("/styleguide/rows"),
        height: RowHeight::Normal,
    })
}

fn runs(height: RowHeight) -> Markup {
    let cells = vec![
        Cell::Value("09:40:22"),
        Cell::Other(html! { b { "1" } " changed" }),
        Cell::AsOf(AsOf { freshness: Freshness::Recent, iso: "", age: "4 min" }),
    ];
    bare_table(&Table {
        name: "Runs",
        columns: &RUNS,
        parts: &[Part::Row(Row { index: 1, key: "1", cells })],
        totals: None,
        select: None,
        rows_total: 1,
        next_href: None,
        height,
    })
}

/// Samples for the styleguide.
pub(super) fn samples() -> Vec<Sample> {
    let heights = [RowHeight::Low, RowHeight::Compact, RowHeight::High];
    let heights = html! { @for height in heights { (runs(height)) } };
    vec![
        Sample::wide("Table with groups, totals, selection", assets()),
        Sample::new("Rows of 28, 30 and 36 px", heights),
        Sample::new("Loading, page not ready after 300 ms", skeleton(&RUNS, 4)),
    ]
}

/// Rows as the island fetches them, for the styleguide's own table.
pub(crate) fn sample_more_rows() -> Markup {
    more_rows(&Table {
        name: "Assets",
        columns: &COLUMNS,
        parts: &[asset(118, "HP-LT-118", "Surface Laptop 5", Grade::Kept, "until 30 Jun 2027")],
        totals: None,
        select: Some("asset"),
        rows_total: 118,
        next_href: None,
        height: RowHeight::Normal,
    })
}
