//! The list of all clients, as it is shown.

use maud::{Markup, html};

use super::list::ListParams;
use crate::components::button::{Button, Weight, link_button};
use crate::components::empty::{Empty, EmptyKind, empty};
use crate::components::filter::{FilterChip, Find, MenuItem, filter_chip, find, menu};
use crate::components::icon::Icon;
use crate::components::keys::{KeyHint, key_hints};
use crate::components::page::{Header, body, header};
use crate::components::table::{
    Cell, Column, ColumnKind, Direction, Part, Row, RowHeight, Table, more_rows, table,
};
use crate::hold::SHOWN_OF_ASSETS;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::Route;

const KEYS: [KeyHint<'static>; 3] = [
    KeyHint { keys: "J K", does: "move" },
    KeyHint { keys: "Enter", does: "open" },
    KeyHint { keys: "/", does: "filter" },
];

/// The head of a column.
#[derive(Debug, Clone)]
pub(super) struct ListHead {
    pub(super) label: &'static str,
    pub(super) kind: ColumnKind,
    pub(super) sort_href: Option<String>,
    pub(super) sorted: Option<Direction>,
    pub(super) drop: Option<u8>,
}

/// One client.
#[derive(Debug, Clone)]
pub(super) struct ClientLine {
    pub(super) index: u64,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) type_name: Option<String>,
    pub(super) is_inactive: bool,
    pub(super) numbers: [String; 6],
}

/// The list.
#[derive(Debug, Clone)]
pub(super) struct ListView {
    pub(super) sentence: String,
    pub(super) heads: Vec<ListHead>,
    pub(super) lines: Vec<ClientLine>,
    pub(super) totals: [String; 6],
    pub(super) total: usize,
    pub(super) status: String,
    pub(super) next_href: Option<String>,
    /// How many fit but are deactivated.
    pub(super) hidden: usize,
    /// Client types: name, the list with or without it, whether it is on.
    pub(super) types: Vec<(String, String, bool)>,
    pub(super) inactive_href: String,
    pub(super) clear_href: String,
    /// Whether there is any client at all.
    pub(super) has_any: bool,
    pub(super) params: ListParams,
}

impl ListView {
    /// The rows alone, as the island asks for them.
    pub(super) fn rows(&self) -> Markup {
        self.with_table(more_rows)
    }

    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let frame = Frame {
            title: "Clients",
            current: places::Clients::PATH,
            keys: &KEYS,
            shows: &SHOWN_OF_ASSETS,
            ..Frame::default()
        };
        let head =
            Header { title: "Clients", sentence: &self.sentence, is_inline: false, actions: None };
        let inside = html! {
            (self.filters())
            @if self.lines.is_empty() { (self.nothing()) } @else { (self.with_table(table)) }
            div.status-row { span { (self.status) } (key_hints(&KEYS)) }
        };
        chrome.page(&frame, &html! { (header(&head)) (body(&inside)) })
    }

    fn filters(&self) -> Markup {
        let kept = self.params.pairs();
        let kept: Vec<(&str, &str)> = kept
            .iter()
            .filter(|(key, _)| *key != "q")
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        let types: Vec<MenuItem<'_>> = self
            .types
            .iter()
            .map(|(label, href, is_current)| MenuItem { label, href, is_current: *is_current })
            .collect();
        let inactive =
            if self.params.include_inactive { "Hide deactivated" } else { "Show deactivated" };
        html! {
            div.filters {
                (find(&Find {
                    action: places::Clients::PATH,
                    hint: "Name of a client",
                    text: &self.params.text,
                    kept: &kept,
                }))
                @for (name, without_href, _) in self.types.iter().filter(|(_, _, is_on)| *is_on) {
                    (filter_chip(&FilterChip { field: "Type", value: name, without_href }))
                }
                @if !types.is_empty() { (menu("Type", Some(Icon::Plus), &types)) }
                @if self.hidden > 0 || self.params.include_inactive {
                    (link_button(&Button { weight: Weight::Plain, ..Button::new(inactive) }, &self.inactive_href))
                }
            }
        }
    }

    fn nothing(&self) -> Markup {
        let clear = Button::new("Clear all");
        let (kind, title, text) = if self.has_any {
            let text = match self.hidden {
                0 => "Take a filter off, or look for a part of the name.".to_owned(),
                1 => "1 that fits is deactivated in Halo.".to_owned(),
                many => format!("{many} that fit are deactivated in Halo."),
            };
            (EmptyKind::Filter, "No client fits", text)
        } else {
            let text = "Clients appear here as the first sync reads them from Halo.".to_owned();
            (EmptyKind::FirstUse(Icon::Client), "No clients yet", text)
        };
        let actions = html! {
            @if self.has_any {
                @if self.hidden > 0 {
                    (link_button(&Button::new("Show deactivated"), &self.inactive_href))
                }
                (link_button(&clear, &self.clear_href))
            } @else {
                (link_button(&Button::primary("See the sync"), &places::Sync {}.url()))
            }
        };
        html! { div.scroll { (empty(&Empty { kind, title, text: &text, actions })) } }
    }

    fn with_table(&self, render: impl FnOnce(&Table<'_>) -> Markup) -> Markup {
        let columns: Vec<Column<'_>> = self
            .heads
            .iter()
            .map(|head| Column {
                label: head.label,
                kind: head.kind,
                sort_href: head.sort_href.as_deref(),
                sorted: head.sorted,
                drop: head.drop,
            })
            .collect();
        let hrefs: Vec<String> = self
            .lines
            .iter()
            .map(|line| places::Client { client: line.id.clone() }.url())
            .collect();
        let parts: Vec<Part<'_>> =
            self.lines.iter().zip(&hrefs).map(|(line, href)| Part::Row(row(line, href))).collect();
        let total = format!("Total of {}", crate::components::format::number(self.total as i64));
        let mut totals = vec![Cell::Strong(&total), Cell::Text("\u{a0}"), Cell::Text("\u{a0}")];
        totals.extend(self.totals.iter().map(|text| Cell::Strong(text)));
        render(&Table {
            name: "Clients",
            columns: &columns,
            parts: &parts,
            totals: Some(&totals),
            select: None,
            rows_total: self.total as u64,
            next_href: self.next_href.as_deref(),
            height: RowHeight::High,
        })
    }
}

fn row<'a>(line: &'a ClientLine, href: &'a str) -> Row<'a> {
    let mut cells = vec![
        Cell::Name { label: &line.name, href, beside: None },
        line.type_name.as_deref().map_or(Cell::Void("no type"), Cell::Text),
        Cell::Text(if line.is_inactive { "deactivated" } else { "active" }),
    ];
    let [assets, replace, rest @ ..] = &line.numbers;
    cells.push(Cell::Text(assets));
    cells.push(if replace == "0" { Cell::Text(replace) } else { Cell::Strong(replace) });
    cells.extend(rest.iter().map(|text| Cell::Text(text)));
    Row { index: line.index, key: &line.id, cells }
}

/// The states that matter.
#[cfg(test)]
pub(super) fn samples() -> Vec<(&'static str, Markup)> {
    use crate::components::sample::HOSTILE;

    let chrome = Chrome::sample();
    let numbers = ["118", "14", "27", "68", "3", "6"].map(str::to_owned);
    let head = |label, kind| ListHead {
        label,
        kind,
        sort_href: Some("/clients?sort=-assets".to_owned()),
        sorted: None,
        drop: None,
    };
    let line = ClientLine {
        index: 1,
        id: "7".to_owned(),
        name: HOSTILE.to_owned(),
        type_name: Some(HOSTILE.to_owned()),
        is_inactive: true,
        numbers: numbers.clone(),
    };
    let mut heads = vec![head("Client", ColumnKind::Name)];
    heads.extend(["Type", "State in Halo"].map(|label| head(label, ColumnKind::Text)));
    let of_numbers = ["Assets", "Replace", "Plan", "Healthy", "Kept", "Unknown"];
    heads.extend(of_numbers.map(|label| head(label, ColumnKind::Number)));
    let view = ListView {
        sentence: "2 clients, 118 assets.".to_owned(),
        heads,
        lines: vec![line.clone(), ClientLine { type_name: None, is_inactive: false, ..line }],
        totals: numbers,
        total: 2,
        status: "Rows 1 to 2 of 2".to_owned(),
        next_href: Some("/clients?after=7".to_owned()),
        hidden: 3,
        types: vec![(HOSTILE.to_owned(), "/clients?type=x".to_owned(), true)],
        inactive_href: "/clients?inactive=1".to_owned(),
        clear_href: "/clients".to_owned(),
        has_any: true,
        params: ListParams { text: HOSTILE.to_owned(), ..ListParams::default() },
    };
    let none = ListView { lines: Vec::new(), total: 0, next_href: None, ..view.clone() };
    let first = ListView { has_any: false, hidden: 0, types: Vec::new(), ..none.clone() };
    vec![
        ("clients", view.page(&chrome)),
        ("clients, none fits", none.page(&chrome)),
        ("clients, first use", first.page(&chrome)),
    ]
}
