//! What stands above a table of assets: its search, filters, groups, columns, and the menu that takes its rows away.
//!
//! Each of them is a link or a form of the table's own address, so all of it works without script.

use almanac_model::grade::Grade;
use maud::{Markup, html};

use super::column::AssetColumn;
use super::view::{AssetTableView, Export, Segment};
use crate::components::button::hidden_fields;
use crate::components::button::{Button, submit};
use crate::components::columns::{Choice, column_chooser};
use crate::components::filter::{FilterChip, Find, MenuItem, filter_chip, find, menu, menu_of};
use crate::components::icon::Icon;
use crate::components::mark::grade_mark;
use crate::components::tabs::{Tab, segments};
use crate::places;
use crate::route::Route;

impl AssetTableView {
    /// What stands at the right of the page's title: the search of the table, and the menu that
    /// takes its rows away.
    pub(crate) fn actions(&self) -> Markup {
        html! {
            (find(&Find {
                action: &self.path,
                hint: "Name, serial, model, user",
                text: &self.text,
                kept: &self.kept_but("q"),
            }))
            @if let Some(export) = &self.export { (export_menu(export)) }
        }
    }

    pub(super) fn filters(&self) -> Markup {
        let tabs: Vec<Tab<'_>> = self.segments.iter().map(segment).collect();
        html! {
            div.filters {
                (segments("Grade", &tabs))
                @for chip in &self.chips {
                    (filter_chip(&FilterChip {
                        field: chip.field,
                        value: &chip.value,
                        without_href: &chip.without_href,
                    }))
                }
                @if !self.facets.is_empty() {
                    (menu_of("Filter", Some(Icon::Plus), &self.filter_form()))
                }
                div.trail {
                    span { b { (self.sums.0) } " " (self.sums.1) }
                    (self.group_menu())
                    (self.chooser())
                }
            }
        }
    }

    fn kept_but(&self, name: &str) -> Vec<(&str, &str)> {
        let kept = self.kept.iter().filter(|(key, _)| *key != name);
        kept.map(|(key, value)| (*key, value.as_str())).collect()
    }

    /// A form that adds values to the choices of the address; several of one field are "or".
    fn filter_form(&self) -> Markup {
        let kept: Vec<(&str, &str)> =
            self.kept.iter().map(|(key, value)| (*key, value.as_str())).collect();
        html! {
            form.form.filter-form method="get" action=(self.path) {
                (hidden_fields(&kept))
                @for facet in &self.facets {
                    @let id = format!("filter-{}", facet.name);
                    div.field {
                        label for=(id) { (facet.label) }
                        select.input id=(id) name=(facet.name) {
                            option value="" { "Any" }
                            @for (value, label) in &facet.options {
                                option value=(value) { (label) }
                            }
                        }
                    }
                }
                (submit(&Button { is_small: true, ..Button::primary("Add filter") }, None))
            }
        }
    }

    fn group_menu(&self) -> Markup {
        let current = self.groups.iter().find(|(_, _, is_current)| *is_current);
        let label = match current {
            Some((label, _, _)) if *label != "No groups" => format!("Group: {label}"),
            _ => "Group: none".to_owned(),
        };
        let items: Vec<MenuItem<'_>> = self
            .groups
            .iter()
            .map(|(label, href, is_current)| MenuItem { label, href, is_current: *is_current })
            .collect();
        menu(&label, None, &items)
    }

    fn chooser(&self) -> Markup {
        let shown = self.columns.iter().copied();
        let rest = AssetColumn::ALL.into_iter().filter(|column| !self.columns.contains(column));
        let choices: Vec<Choice<'_>> = shown
            .chain(rest)
            .filter(|column| self.has_client || *column != AssetColumn::Client)
            .map(|column| Choice {
                key: column.name(),
                label: column.label(),
                is_on: self.columns.contains(&column),
                is_fixed: column.is_fixed(),
            })
            .collect();
        let action = places::Columns { table: self.table.to_owned() }.url();
        column_chooser(&action, &[("next", &self.here)], &choices)
    }
}

fn segment(segment: &Segment) -> Tab<'_> {
    let label = segment.grade.map_or("All", Grade::title);
    let tab = Tab::new(label, &segment.href, segment.is_current).with_count(&*segment.count);
    match segment.grade {
        Some(grade) => tab.with_mark(grade_mark(grade)),
        None => tab,
    }
}

fn export_menu(export: &Export) -> Markup {
    let items = [
        MenuItem { label: "CSV", href: &export.csv, is_current: false },
        MenuItem { label: "Excel workbook", href: &export.xlsx, is_current: false },
    ];
    menu("Export", Some(Icon::Download), &items)
}
