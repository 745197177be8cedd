//! Inputs in the cells of a table: small, named for those who listen, keeping what was typed.
//!
//! A part of the rules has hundreds of fields, so they are named by what they set (`years.laptop`)
//! and read back by those names.

use std::collections::BTreeMap;

use maud::{Markup, html};

/// What was sent, and what is wrong with it, by field; empty for a page that is only read.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    fields: BTreeMap<String, String>,
    faults: BTreeMap<String, String>,
}

impl Typed {
    /// What was sent. Of a field that came twice the last counts.
    pub(super) fn new(fields: Vec<(String, String)>) -> Typed {
        Typed { fields: fields.into_iter().collect(), faults: BTreeMap::new() }
    }

    /// What was typed into a field.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// What was typed, else what is.
    pub(super) fn value(&self, name: &str, present: &str) -> String {
        self.get(name).unwrap_or(present).to_owned()
    }

    /// Whether a box is ticked.
    pub(super) fn is_ticked(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Says what is wrong with a field; its first fault counts.
    pub(super) fn fault(&mut self, name: impl Into<String>, repair: impl Into<String>) {
        self.faults.entry(name.into()).or_insert_with(|| repair.into());
    }

    /// Fields with their faults.
    pub(super) fn faults(&self) -> impl Iterator<Item = (&str, &str)> {
        self.faults.iter().map(|(name, fault)| (name.as_str(), fault.as_str()))
    }

    /// Whether all fields are good.
    pub(super) fn is_good(&self) -> bool {
        self.faults.is_empty()
    }

    /// An input of one line; `label` is what those hear who do not see the column.
    pub(super) fn text(&self, cell: &CellInput<'_>) -> Markup {
        let CellInput { name, label, present, is_off } = *cell;
        let fault = self.faults.get(name);
        let fault_id = fault.map(|_| format!("{name}-fault"));
        html! {
            span.field.has-fault[fault.is_some()] {
                input.input.tabular type="text" id=(name) name=(name) value=(self.value(name, present))
                    maxlength="120" aria-label=(label) disabled[is_off] autocomplete="off"
                    aria-invalid=[fault.map(|_| "true")] aria-describedby=[fault_id.as_deref()];
                (self.fault_line(name))
            }
        }
    }

    /// One of several: value and words of each.
    pub(super) fn select(&self, cell: &CellInput<'_>, options: &[(&str, &str)]) -> Markup {
        let CellInput { name, label, present, is_off } = *cell;
        let value = self.value(name, present);
        html! {
            span.field.has-fault[self.faults.contains_key(name)] {
                select.input id=(name) name=(name) aria-label=(label) disabled[is_off] {
                    @for (option, words) in options {
                        option value=(option) selected[*option == value] { (words) }
                    }
                }
                (self.fault_line(name))
            }
        }
    }

    /// A box.
    pub(super) fn tick(&self, cell: &CellInput<'_>) -> Markup {
        let CellInput { name, label, is_off, .. } = *cell;
        html! {
            input type="checkbox" id=(name) name=(name) value="1" aria-label=(label)
                checked[self.is_ticked(name)] disabled[is_off];
        }
    }

    fn fault_line(&self, name: &str) -> Markup {
        html! {
            @if let Some(fault) = self.faults.get(name) {
                span.fault id={ (name) "-fault" } { (fault) }
            }
        }
    }
}

/// An input in a cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct CellInput<'a> {
    /// What it sets.
    pub(super) name: &'a str,
    /// What those hear who do not see the column.
    pub(super) label: &'a str,
    /// What it is now.
    pub(super) present: &'a str,
    /// Whether the visitor may only look.
    pub(super) is_off: bool,
}
