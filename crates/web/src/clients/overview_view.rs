//! A client in one look, as it is shown.

use almanac_model::grade::Grade;
use maud::{Markup, html};

use super::quarters::Quarters;
use super::why::ClientValues;
use crate::components::empty::{Empty, EmptyKind, empty};
use crate::components::format;
use crate::components::grade::GradeView;
use crate::components::icon::Icon;
use crate::components::mark::grade_mark;
use crate::components::page::section_head;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};

/// One kind of asset.
#[derive(Debug, Clone)]
pub(super) struct KindLine {
    pub(super) title: &'static str,
    pub(super) href: String,
    pub(super) assets: String,
    pub(super) replace: String,
    pub(super) plan: String,
    pub(super) money_due: String,
}

/// One of the oldest assets.
#[derive(Debug, Clone)]
pub(super) struct OldestLine {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) model: Option<String>,
    pub(super) age: String,
    pub(super) grade: Grade,
    pub(super) reason: String,
    pub(super) why_href: String,
    pub(super) is_manual: bool,
}

/// Something that is missing, and where it can be mended.
#[derive(Debug, Clone)]
pub(super) struct Lack {
    pub(super) text: String,
    pub(super) href: String,
    pub(super) count: usize,
}

/// A client in one look.
#[derive(Debug, Clone)]
pub(super) struct OverviewView {
    pub(super) sentence: String,
    pub(super) assets: i64,
    /// Each grade with its count and its assets.
    pub(super) grades: Vec<(Grade, i64, String)>,
    pub(super) quarters: Quarters,
    pub(super) kinds: Vec<KindLine>,
    pub(super) oldest: Vec<OldestLine>,
    pub(super) oldest_href: String,
    pub(super) lacks: Vec<Lack>,
    /// At how many sites its assets stand.
    pub(super) sites: i64,
    /// Its own values, as Halo has them.
    pub(super) values: ClientValues,
}

impl OverviewView {
    /// What stands under the client's tabs.
    pub(super) fn content(&self) -> Markup {
        html! {
            div.page {
                div.body {
                    div.scroll {
                        div.section { p.key-sentence { (self.sentence) } }
                        @if self.assets == 0 { (self.nothing()) (self.values.section()) } @else { (self.evidence()) }
                    }
                }
            }
        }
    }

    fn nothing(&self) -> Markup {
        empty(&Empty {
            kind: EmptyKind::FirstUse(Icon::Asset),
            title: "No assets",
            text: "Assets of this client appear here once Halo has them, and their type is not ignored.",
            actions: Markup::default(),
        })
    }

    fn evidence(&self) -> Markup {
        html! {
            div.overview {
                div { (self.grade_section()) (self.quarter_section()) (self.kind_section()) }
                div { (self.lack_section()) (self.oldest_section()) (self.values.section()) }
            }
        }
    }

    fn grade_section(&self) -> Markup {
        let sites = format::count(self.sites, "site", "sites");
        let meta = (self.sites > 0).then(|| html! { "at " (sites) });
        let title = format!("Grades of {}", format::count(self.assets, "asset", "assets"));
        html! {
            section.section {
                (section_head(&title, meta.as_ref()))
                (self.grade_bar())
                ul.legend {
                    @for (grade, count, href) in &self.grades {
                        li {
                            a href=(href) {
                                (grade_mark(*grade)) (grade.title()) " "
                                b { (format::number(*count)) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The grades as parts of one bar; the list below says the same in words.
    fn grade_bar(&self) -> Markup {
        const WIDTH: i64 = 1_000;
        let mut x = 0;
        let whole = self.assets.max(1);
        let mut bars = Vec::new();
        for (grade, count, _) in &self.grades {
            let width = count * WIDTH / whole;
            // What is there is seen, however few it is.
            let shown = if *count > 0 { (width - 3).max(3) } else { 0 };
            bars.push((format!("fill-{}", grade.name()), x, shown));
            x += width;
        }
        html! {
            svg.grade-bar viewBox={ "0 0 " (WIDTH) " 10" } preserveAspectRatio="none" aria-hidden="true" {
                @for (class, x, width) in &bars {
                    @if *width > 0 { rect class=(class) x=(x) width=(width) height="10" {} }
                }
            }
        }
    }

    fn quarter_section(&self) -> Markup {
        let quarters = &self.quarters;
        let count = format::count(quarters.assets, "asset", "assets");
        let title = format!("When {count} fall due, next {} quarters", quarters.bars.len());
        let meta = html! { b { (quarters.money) } };
        html! {
            section.section {
                (section_head(&title, Some(&meta)))
                (quarters.chart())
                @if let Some(note) = quarters.note() { p.small.text-2 { (note) } }
                details.behind-chart { summary { "Show as a table" } (quarters.table()) }
            }
        }
    }

    fn kind_section(&self) -> Markup {
        let columns = [
            Column::new("Kind", ColumnKind::Name),
            Column::new("Assets", ColumnKind::Number),
            Column::new("Replace", ColumnKind::Number),
            Column::new("Plan", ColumnKind::Number),
            Column::new("Due in 12 months", ColumnKind::Number),
        ];
        let rows: Vec<Part<'_>> = (1..)
            .zip(&self.kinds)
            .map(|(index, line)| {
                let cells = vec![
                    Cell::Name { label: line.title, href: &line.href, beside: None },
                    Cell::Text(&line.assets),
                    Cell::Text(&line.replace),
                    Cell::Text(&line.plan),
                    Cell::Value(&line.money_due),
                ];
                Part::Row(Row { index, key: line.title, cells })
            })
            .collect();
        html! {
            section.section { (section_head("Kinds", None)) (short_table("Kinds", &columns, &rows)) }
        }
    }

    fn oldest_section(&self) -> Markup {
        let columns = [
            Column::new("Asset", ColumnKind::Name),
            Column::new("Age", ColumnKind::Number),
            Column::new("Grade and reason", ColumnKind::Text),
        ];
        let rows: Vec<Part<'_>> = (1..)
            .zip(&self.oldest)
            .map(|(index, line)| {
                let grade = GradeView {
                    grade: line.grade,
                    reason: &line.reason,
                    why_href: Some(&line.why_href),
                    is_manual: line.is_manual,
                };
                let cells = vec![
                    Cell::Name {
                        label: &line.name,
                        href: &line.href,
                        beside: line.model.as_deref(),
                    },
                    Cell::Value(&line.age),
                    Cell::Grade(grade),
                ];
                Part::Row(Row { index, key: &line.name, cells })
            })
            .collect();
        let all = html! { a href=(self.oldest_href) { "All by age" } };
        html! {
            @if !self.oldest.is_empty() {
                section.section {
                    (section_head("Oldest assets", Some(&all)))
                    (short_table("Oldest assets", &columns, &rows))
                }
            }
        }
    }

    fn lack_section(&self) -> Markup {
        html! {
            section.section {
                (section_head("Missing data", None))
                @if self.lacks.is_empty() {
                    p.text-2 { "Every asset has a purchase date, and no value is doubtful." }
                } @else {
                    ul.lacks { @for lack in &self.lacks { li { a href=(lack.href) { (lack.text) } } } }
                }
            }
        }
    }
}

fn short_table(name: &str, columns: &[Column<'_>], parts: &[Part<'_>]) -> Markup {
    html! {
        data-table {
            (bare_table(&Table::whole(name, columns, parts, RowHeight::Compact)))
        }
    }
}

/// The states that matter.
#[cfg(test)]
pub(super) fn samples() -> Vec<(&'static str, Markup)> {
    use super::{ClientHead, ClientTab};
    use crate::components::sample::HOSTILE;
    use crate::page::Chrome;

    let chrome = Chrome::sample();
    let view = OverviewView {
        sentence: "14 assets are due now and 27 more within 12 months, £63,660 in all.".to_owned(),
        assets: 118,
        grades: Grade::ALL.map(|grade| (grade, 20, "/clients/7/assets".to_owned())).to_vec(),
        quarters: Quarters::sample(),
        kinds: vec![KindLine {
            title: "Laptop",
            href: "/clients/7/assets?kind=laptop".to_owned(),
            assets: "74".to_owned(),
            replace: "9".to_owned(),
            plan: "20".to_owned(),
            money_due: "£40,000".to_owned(),
        }],
        oldest: vec![OldestLine {
            name: HOSTILE.to_owned(),
            href: "/assets/1".to_owned(),
            model: Some(HOSTILE.to_owned()),
            age: "7.4\u{a0}y".to_owned(),
            grade: Grade::Replace,
            reason: HOSTILE.to_owned(),
            why_href: "/assets/1/why".to_owned(),
            is_manual: false,
        }],
        values: ClientValues::sample(),
        oldest_href: "/clients/7/assets?sort=-age".to_owned(),
        lacks: vec![Lack {
            text: "6 assets need a purchase date".to_owned(),
            href: "/clients/7/assets?note=needs_date".to_owned(),
            count: 6,
        }],
        sites: 3,
    };
    let quiet = OverviewView { lacks: Vec::new(), oldest: Vec::new(), ..view.clone() };
    let none = OverviewView { assets: 0, ..view.clone() };
    let head = ClientHead::sample();
    let page =
        |view: &OverviewView| head.page(&chrome, ClientTab::Overview, (&[], None), &view.content());
    vec![
        ("client", page(&view)),
        ("client, nothing missing", page(&quiet)),
        ("client without assets", page(&none)),
    ]
}
