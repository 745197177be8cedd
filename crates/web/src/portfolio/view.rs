//! The portfolio as it is shown: picture 01.

use almanac_model::grade::Grade;
use maud::{Markup, html};

use super::columns::{PortfolioCell, PortfolioColumn};
use super::decide::DecideGroup;
use crate::components::as_of::{AsOf, row_age};
use crate::components::banner::{Banner, Level};
use crate::components::button::{Button, link_button};
use crate::components::columns::{Choice, column_chooser};
use crate::components::empty::{Empty, EmptyKind, empty};
use crate::components::filter::{Find, find};
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::keys::{KeyHint, key_hints};
use crate::components::mark::{Freshness, grade_mark};
use crate::components::page::{Header, body, header, with_panel};
use crate::components::table::{
    Cell, Column, Direction, Part, Row, RowHeight, Table, more_rows, table,
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
pub(super) struct Head {
    pub(super) column: PortfolioColumn,
    pub(super) label: String,
    pub(super) sort_href: Option<String>,
    pub(super) sorted: Option<Direction>,
}

/// One client.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Its place in the whole list, from 1.
    pub(super) index: u64,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) cells: Vec<PortfolioCell>,
}

/// Why there is little or nothing to show yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FirstUse {
    /// There is no connection.
    Connect {
        /// Whether the person may make one.
        may_connect: bool,
    },
    /// The assets were never read whole.
    Sync {
        /// How many records were read.
        read: String,
        /// Whether a sync goes on, or waits to begin.
        is_under_way: bool,
        /// Whether clients are there already.
        has_clients: bool,
    },
}

/// The portfolio.
#[derive(Debug, Clone)]
pub(super) struct PortfolioView {
    pub(super) sentence: String,
    pub(super) columns: Vec<PortfolioColumn>,
    pub(super) heads: Vec<Head>,
    pub(super) lines: Vec<Line>,
    /// How many clients there are on all pages.
    pub(super) rows_total: u64,
    pub(super) next_href: Option<String>,
    pub(super) totals: Vec<PortfolioCell>,
    /// How old the data of every line is: freshness, the instant for machines, the age.
    pub(super) as_of: Option<(Freshness, String, String)>,
    /// Which months a financial year has.
    pub(super) year: String,
    /// How many assets no sum holds.
    pub(super) other_currency: i64,
    pub(super) text: String,
    pub(super) kept: Vec<(&'static str, String)>,
    pub(super) here: String,
    pub(super) decide: Vec<DecideGroup>,
    pub(super) first_use: Option<FirstUse>,
}

impl PortfolioView {
    /// The rows alone, as the island asks for them.
    pub(super) fn rows(&self) -> Markup {
        self.with_table(more_rows)
    }

    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let sync = places::Sync {}.url();
        let banner = match &self.first_use {
            Some(FirstUse::Sync { read, is_under_way: true, has_clients: true }) => {
                Some((format!("{read} read so far."), sync.clone()))
            }
            _ => None,
        };
        let banners: Vec<Banner<'_>> = banner
            .iter()
            .map(|(text, href)| Banner {
                level: Level::Warning,
                title: "The first sync from Halo goes on.",
                text,
                hint: Some("Counts and sums grow until it is done."),
                actions: Some(link_button(
                    &Button { is_small: true, ..Button::new("See the sync") },
                    href,
                )),
            })
            .collect();
        let frame = Frame {
            title: "Portfolio",
            current: places::Portfolio::PATH,
            keys: &KEYS,
            banners: &banners,
            crumbs: &[],
            shows: &SHOWN_OF_ASSETS,
        };
        let content = match &self.first_use {
            Some(first @ FirstUse::Connect { .. }) => self.first(first),
            Some(first @ FirstUse::Sync { has_clients: false, .. }) => self.first(first),
            _ => self.content(),
        };
        chrome.page(&frame, &content)
    }

    fn first(&self, first: &FirstUse) -> Markup {
        let sentence = match first {
            FirstUse::Connect { .. } => "Nothing to decide yet: Halo is not connected.",
            FirstUse::Sync { .. } => "Nothing to decide yet: Halo was not read.",
        };
        let head = Header { title: "Portfolio", sentence, is_inline: false, actions: None };
        let connection = places::Connection {}.url();
        let sync = places::Sync {}.url();
        let (title, text, actions) = match first {
            FirstUse::Connect { may_connect: true } => (
                "Connect Halo to see your clients",
                "Almanac starts read-only. Nothing in Halo changes until you approve a plan."
                    .to_owned(),
                link_button(&Button::primary("Connect Halo"), &connection),
            ),
            FirstUse::Connect { may_connect: false } => (
                "Halo is not connected",
                "An owner or administrator connects Halo; your clients appear here then."
                    .to_owned(),
                Markup::default(),
            ),
            FirstUse::Sync { read, is_under_way: true, .. } => (
                "The first sync from Halo goes on",
                format!(
                    "{read} read so far. You can close this page; clients appear here as they are read."
                ),
                link_button(&Button::primary("See the sync"), &sync),
            ),
            FirstUse::Sync { .. } => (
                "Read Halo to see your clients",
                "Halo is connected and was not read yet. Reading changes nothing in it.".to_owned(),
                link_button(&Button::primary("Start the first sync"), &sync),
            ),
        };
        let kind = EmptyKind::FirstUse(Icon::Plug);
        html! { (header(&head)) (body(&empty(&Empty { kind, title, text: &text, actions }))) }
    }

    fn content(&self) -> Markup {
        let head = Header {
            title: "Portfolio",
            sentence: &self.sentence,
            is_inline: false,
            actions: Some(html! { (self.finder()) (self.chooser()) }),
        };
        let inside = html! {
            (header(&head))
            @if self.lines.is_empty() { (self.nothing()) } @else { (self.with_table(table)) }
            (self.legend())
        };
        with_panel(&inside, "To decide", &self.panel())
    }

    fn finder(&self) -> Markup {
        let kept: Vec<(&str, &str)> =
            self.kept.iter().map(|(key, value)| (*key, value.as_str())).collect();
        find(&Find {
            action: places::Portfolio::PATH,
            hint: "Name of a client",
            text: &self.text,
            kept: &kept,
        })
    }

    fn chooser(&self) -> Markup {
        let rest = PortfolioColumn::ALL.into_iter().filter(|one| !self.columns.contains(one));
        let choices: Vec<Choice<'_>> = self
            .columns
            .iter()
            .copied()
            .chain(rest)
            .map(|column| Choice {
                key: column.name(),
                label: column.title(),
                is_on: self.columns.contains(&column),
                is_fixed: column.is_fixed(),
            })
            .collect();
        let action = places::Columns { table: "portfolio".to_owned() }.url();
        column_chooser(&action, &[("next", &self.here)], &choices)
    }

    fn with_table(&self, draw: impl Fn(&Table<'_>) -> Markup) -> Markup {
        let columns: Vec<Column<'_>> = self
            .heads
            .iter()
            .map(|head| Column {
                label: &head.label,
                kind: head.column.kind(),
                sort_href: head.sort_href.as_deref(),
                sorted: head.sorted,
                drop: head.column.drop(),
            })
            .collect();
        let hrefs: Vec<String> = self
            .lines
            .iter()
            .map(|line| places::Client { client: line.id.clone() }.url())
            .collect();
        let age = self
            .as_of
            .as_ref()
            .map(|(freshness, iso, age)| row_age(&AsOf { freshness: *freshness, iso, age }));
        let age = age.unwrap_or_default();
        let parts: Vec<Part<'_>> = self
            .lines
            .iter()
            .zip(&hrefs)
            .map(|(line, href)| {
                let name = Cell::Name { label: &line.name, href, beside: None };
                let cells = line.cells.iter().map(|value| cell(value, &name, &age)).collect();
                Part::Row(Row { index: line.index, key: &line.id, cells })
            })
            .collect();
        let none = Cell::Text("");
        let totals: Vec<Cell<'_>> =
            self.totals.iter().map(|value| cell(value, &none, &age)).collect();
        draw(&Table {
            name: "Portfolio",
            columns: &columns,
            parts: &parts,
            totals: Some(&totals),
            select: None,
            rows_total: self.rows_total,
            next_href: self.next_href.as_deref(),
            height: RowHeight::High,
        })
    }

    fn legend(&self) -> Markup {
        html! {
            div.status-row {
                div.legend {
                    span { (grade_mark(Grade::Replace)) "past a clock, red above 10% of assets" }
                    span { (grade_mark(Grade::Plan)) "due within 12 months" }
                    span { "FY is " (self.year) }
                    @if self.other_currency > 0 {
                        span {
                            (format::count(self.other_currency, "asset", "assets"))
                            " in another currency left out of sums"
                        }
                    }
                }
                (key_hints(&KEYS))
            }
        }
    }

    fn nothing(&self) -> Markup {
        let title = if self.text.is_empty() {
            "No clients".to_owned()
        } else {
            format!("No client is named “{}”", self.text)
        };
        let actions = html! {
            @if !self.text.is_empty() {
                (link_button(&Button::new("Show all clients"), &places::Portfolio {}.url()))
            }
        };
        let text = "Clients that Halo has deactivated are in the list of clients.";
        html! {
            div.scroll { (empty(&Empty { kind: EmptyKind::Filter, title: &title, text, actions })) }
        }
    }

    fn panel(&self) -> Markup {
        let total: usize = self.decide.iter().map(|group| group.total).sum();
        html! {
            div.to-decide {
                h2 { "To decide" span.count { (total) } }
                @if self.decide.is_empty() {
                    p.text-2 { "Nothing waits for you: no asset is past its clock, and each has a purchase date." }
                }
                @for group in &self.decide {
                    h3 { (group.title) }
                    ul {
                        @for item in &group.items {
                            li { a href=(item.href) { (item.title) span.who-for { (item.of) } } }
                        }
                    }
                    @if group.total > group.items.len() {
                        p.small.text-2 { "and " (group.total - group.items.len()) " more clients" }
                    }
                }
            }
        }
    }
}

fn cell<'a>(value: &'a PortfolioCell, name: &Cell<'a>, age: &'a Markup) -> Cell<'a> {
    match value {
        PortfolioCell::Name => name.clone(),
        PortfolioCell::Text(text) => Cell::Text(text),
        PortfolioCell::Value(text) => Cell::Value(text),
        PortfolioCell::Over(text) => Cell::Other(html! { b.is-over { (text) } }),
        PortfolioCell::Void(text) => Cell::Void(text),
        PortfolioCell::AsOf => Cell::Drawn(age),
    }
}

/// The states that matter.
#[cfg(test)]
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    use super::columns::YearWords;
    use super::decide::ToDecide;
    use crate::components::sample::HOSTILE;

    let chrome = Chrome::sample();
    let year = YearWords::new(jiff::civil::Date::constant(2026, 11, 23), 1);
    let columns = PortfolioColumn::ALL.to_vec();
    let total = |column: &PortfolioColumn| match column {
        PortfolioColumn::Name => PortfolioCell::Value("Total of 1".to_owned()),
        _ => PortfolioCell::Text("\u{a0}".to_owned()),
    };
    let head = |column: &PortfolioColumn| Head {
        column: *column,
        label: column.label(&year),
        sort_href: column.sort().map(|_| "/?sort=name".to_owned()),
        sorted: (*column == PortfolioColumn::DueNow).then_some(Direction::Down),
    };
    let item = ToDecide {
        title: "Replace or keep 14 assets".to_owned(),
        of: HOSTILE.to_owned(),
        href: "/clients/7/assets?grade=replace".to_owned(),
    };
    let view = PortfolioView {
        sentence: "1 client. 14 assets are due now, £61,480.".to_owned(),
        heads: columns.iter().map(head).collect(),
        rows_total: 1,
        next_href: Some("/?after=7".to_owned()),
        lines: vec![Line {
            index: 1,
            id: "7".to_owned(),
            name: HOSTILE.to_owned(),
            cells: columns.iter().map(sample_cell).collect(),
        }],
        totals: columns.iter().map(total).collect(),
        as_of: Some((Freshness::Fresh, "2026-11-23T09:41:00Z".to_owned(), "40 s".to_owned())),
        columns,
        year: year.months,
        other_currency: 2,
        text: HOSTILE.to_owned(),
        kept: vec![("sort", "name".to_owned())],
        here: "/?sort=name".to_owned(),
        decide: vec![DecideGroup { title: "Past a clock", items: vec![item], total: 9 }],
        first_use: None,
    };
    let first = |first| PortfolioView { first_use: Some(first), ..view.clone() };
    let sync = |is_under_way, has_clients| {
        let read = "8,845 records".to_owned();
        first(FirstUse::Sync { read, is_under_way, has_clients }).page(&chrome)
    };
    let none = PortfolioView { lines: Vec::new(), decide: Vec::new(), ..view.clone() };
    vec![
        ("portfolio", view.page(&chrome)),
        ("portfolio, none fits", none.page(&chrome)),
        ("portfolio, not connected", first(FirstUse::Connect { may_connect: true }).page(&chrome)),
        (
            "portfolio, may not connect",
            first(FirstUse::Connect { may_connect: false }).page(&chrome),
        ),
        ("portfolio, first sync", sync(true, false)),
        ("portfolio, first sync with clients", sync(true, true)),
        ("portfolio, not read", sync(false, false)),
    ]
}

/// A cell of the only line.
#[cfg(test)]
fn sample_cell(column: &PortfolioColumn) -> PortfolioCell {
    use crate::components::sample::HOSTILE;

    match column {
        PortfolioColumn::Name => PortfolioCell::Name,
        PortfolioColumn::Type => PortfolioCell::Text(HOSTILE.to_owned()),
        PortfolioColumn::DueNow => PortfolioCell::Over("14".to_owned()),
        PortfolioColumn::AsOf => PortfolioCell::AsOf,
        _ => PortfolioCell::Value("£61,480".to_owned()),
    }
}
