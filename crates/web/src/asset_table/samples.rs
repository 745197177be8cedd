//! Tables of assets in the states that matter, for the test of all views.

use almanac_model::grade::Grade;
use maud::Markup;

use super::column::{AssetCell, AssetColumn};
use super::filters::{Chip, EmptyTable, Facet};
use super::view::{AssetPart, AssetTableView, Export, Head, Segment, Select};
use crate::components::sample::HOSTILE;
use crate::components::table::Direction;
use crate::page::Chrome;

/// A cell of the only row.
fn cell(column: &AssetColumn) -> AssetCell {
    match column {
        AssetColumn::Name => AssetCell::Name {
            label: HOSTILE.to_owned(),
            href: "/assets/1".to_owned(),
            beside: Some(HOSTILE.to_owned()),
        },
        AssetColumn::Client => {
            AssetCell::Link { label: HOSTILE.to_owned(), href: "/clients/1".to_owned() }
        }
        AssetColumn::Grade => AssetCell::Grade {
            grade: Grade::Replace,
            reason: HOSTILE.to_owned(),
            why_href: "/assets/1/why".to_owned(),
            is_manual: true,
        },
        AssetColumn::Quarter => AssetCell::Strong("Oct–Dec 2026".to_owned()),
        AssetColumn::Warranty => AssetCell::Void("no record"),
        _ => AssetCell::Value("£940".to_owned()),
    }
}

/// A table with groups, a hostile name and more rows to come.
pub(super) fn table() -> AssetTableView {
    let columns = AssetColumn::own(true);
    let head = |column: &AssetColumn| Head {
        column: *column,
        sort_href: column.sort().map(|by| format!("/assets?sort={}", by.name())),
        sorted: (*column == AssetColumn::Quarter).then_some(Direction::Up),
    };
    let row =
        AssetPart::Row { index: 1, key: "1".to_owned(), cells: columns.iter().map(cell).collect() };
    let segment = |grade| Segment {
        grade,
        count: "118".to_owned(),
        href: "/assets".to_owned(),
        is_current: grade.is_none(),
    };
    let total = |column: &AssetColumn| match column {
        AssetColumn::Name => AssetCell::Strong("Total of 1,118".to_owned()),
        _ => AssetCell::Text("\u{a0}".to_owned()),
    };
    AssetTableView {
        name: "Assets of all clients".to_owned(),
        path: "/assets".to_owned(),
        here: "/assets?kind=laptop".to_owned(),
        table: "assets",
        has_client: true,
        heads: columns.iter().map(head).collect(),
        parts: vec![AssetPart::Group { label: HOSTILE.to_owned(), count: "1".to_owned() }, row],
        totals: columns.iter().map(total).collect(),
        columns,
        rows_total: 1_118,
        status: "Rows 1 to 200 of 1,118".to_owned(),
        next_href: Some("/assets?after=9".to_owned()),
        whole_href: Some("/assets?all=1".to_owned()),
        segments: vec![segment(None), segment(Some(Grade::Replace))],
        chips: vec![Chip {
            field: "Site",
            value: HOSTILE.to_owned(),
            without_href: "/assets".to_owned(),
        }],
        facets: vec![Facet {
            name: "site",
            label: "Site",
            options: vec![(HOSTILE.to_owned(), HOSTILE.to_owned())],
        }],
        sums: ("£63,660".to_owned(), "due in 12 months for 41 assets".to_owned()),
        groups: vec![("Kind", "/assets?group=kind".to_owned(), true)],
        empty: None,
        text: HOSTILE.to_owned(),
        kept: vec![("q", HOSTILE.to_owned())],
        select: Some(Select {
            query: HOSTILE.to_owned(),
            client: Some(HOSTILE.to_owned()),
            all: Ok("Select all 118".to_owned()),
            done: None,
        }),
        export: Some(Export {
            csv: "/export/assets.csv".to_owned(),
            xlsx: "/export/assets.xlsx".to_owned(),
        }),
    }
}

/// A table whose filters leave nothing.
pub(super) fn nothing() -> AssetTableView {
    let empty = EmptyTable {
        title: format!("No laptop at {HOSTILE} is graded Replace"),
        text: "Without “Site: Leeds” there is 1. Without “Grade: Replace” there are 2.".to_owned(),
        actions: vec![
            ("Remove Site".to_owned(), "/assets".to_owned()),
            ("Clear all".to_owned(), "/assets".to_owned()),
        ],
        is_filtered: true,
    };
    AssetTableView {
        parts: Vec::new(),
        rows_total: 0,
        next_href: None,
        whole_href: None,
        export: None,
        empty: Some(empty),
        ..table()
    }
}

/// Every state as a page.
pub(super) fn all() -> Vec<(&'static str, Markup)> {
    let mut chrome = Chrome::sample();
    vec![
        ("assets", super::page(&table(), &mut chrome)),
        ("assets, nothing fits", super::page(&nothing(), &mut chrome)),
    ]
}
