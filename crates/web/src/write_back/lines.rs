//! The table of a plan: one row for each field, what Halo has, what it becomes, where it stands.

use almanac_model::chain::Target;
use almanac_model::fact::FactValue;
use almanac_model::write::{FieldWrite, WriteState};
use almanac_store::OutboxEntry;
use maud::{Markup, html};

use super::words::state_words;
use crate::components::change::change;
use crate::components::page::scrolling;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::fact_words::{field, target_title, value_text};
use crate::places::Asset;
use crate::route::Route;
use crate::shown::Shown;

/// A field that is written.
pub(super) struct Line {
    place: i64,
    name: String,
    url: String,
    client: String,
    title: &'static str,
    field: Markup,
    before: String,
    after: String,
    state: WriteState,
    code: Option<String>,
    /// Whether it is the first of its write, where the box stands.
    is_first: bool,
    /// Whether its write makes a date earlier, so that it is left out until it is ticked.
    is_risky: bool,
}

/// Whether a write makes a date earlier than Halo has it: a slip of the hand looks like this.
pub(super) fn is_risky(entry: &OutboxEntry) -> bool {
    entry.fields.iter().any(|field| match (&field.base, &field.wanted) {
        (Some(FactValue::Date(base)), Some(FactValue::Date(wanted))) => wanted < base,
        _ => false,
    })
}

impl Line {
    /// A write's fields. Taking back is never risky: what was there is put back.
    pub(super) fn of(shown: &Shown, entry: &OutboxEntry, is_undo: bool) -> Vec<Line> {
        let client = entry.client.as_ref().and_then(|id| shown.fleet.client(id));
        let client = client.map_or("no longer in Halo", |client| client.name.as_str());
        let is_risky = !is_undo && is_risky(entry);
        let line = |(at, field): (usize, &FieldWrite)| Line {
            place: entry.place,
            name: entry.label.clone(),
            url: Asset { asset: entry.remote_id.to_string() }.url(),
            client: client.to_owned(),
            is_first: at == 0,
            is_risky,
            ..Line::field(field, entry)
        };
        entry.fields.iter().enumerate().map(line).collect()
    }

    fn field(write: &FieldWrite, entry: &OutboxEntry) -> Line {
        Line {
            place: entry.place,
            name: String::new(),
            url: String::new(),
            client: String::new(),
            title: target_title(write.target),
            field: field(&write.field),
            before: shown_value(write.target, write.base.as_ref()),
            after: shown_value(write.target, write.wanted.as_ref()),
            state: entry.state,
            code: entry.problem.as_ref().map(|(code, _)| code.clone()),
            is_first: false,
            is_risky: false,
        }
    }

    fn cells(&self, is_planned: bool) -> Vec<Cell<'_>> {
        let becomes = html! {
            (change(&self.before, &self.after))
            @if self.is_risky && is_planned { " " span.is-plan { "an earlier date" } }
        };
        let name = Cell::Name { label: &self.name, href: &self.url, beside: None };
        let field = Cell::Other(html! { span title=(self.title) { (self.field) } });
        let mut cells = vec![name, Cell::Text(&self.client), Cell::Other(becomes)];
        if is_planned {
            cells.insert(0, Cell::Other(self.box_of()));
        } else {
            cells.push(Cell::Other(state_words(self.state, self.code.as_deref())));
        }
        cells.push(field);
        cells
    }

    fn box_of(&self) -> Markup {
        if !self.is_first {
            return html! { span.unseen { "with the row above" } };
        }
        html! {
            input.write-box type="checkbox" name="write" value=(self.place) form="plan-form"
                checked[!self.is_risky] aria-label={ "Write " (self.name) };
        }
    }
}

/// A value, or in words that there is none.
pub(super) fn shown_value(target: Target, value: Option<&FactValue>) -> String {
    match value {
        Some(value) => value_text(value),
        None if target.is_date() => "no date".to_owned(),
        None => "no value".to_owned(),
    }
}

/// The table; with boxes while it is planned.
pub(super) fn table(lines: &[Line], is_planned: bool) -> Markup {
    let client = Column { drop: Some(2), ..Column::new("Client", ColumnKind::Text) };
    let mut columns = vec![
        Column::new("Asset", ColumnKind::Name),
        client,
        Column::new("In Halo, becomes", ColumnKind::Text),
    ];
    if is_planned {
        columns.insert(0, Column::new("Write", ColumnKind::Text));
    } else {
        columns.push(Column::new("Stands", ColumnKind::Text));
    }
    columns.push(Column::new("Halo's field", ColumnKind::Text));
    let keys: Vec<String> = lines.iter().map(|line| line.place.to_string()).collect();
    let mut parts = Vec::with_capacity(lines.len());
    for (index, (line, key)) in (1..).zip(lines.iter().zip(&keys)) {
        parts.push(Part::Row(Row { index, key, cells: line.cells(is_planned) }));
    }
    let table = bare_table(&Table::whole("What is written", &columns, &parts, RowHeight::Compact));
    scrolling("Table of writes", &table)
}

/// A line with everything hostile, for samples.
#[cfg(test)]
pub(super) fn sample(state: WriteState) -> Vec<Line> {
    use almanac_model::asset::RemoteField;

    use crate::components::sample::HOSTILE;

    let hostile = || HOSTILE.to_owned();
    let line = |place, is_first, is_risky| Line {
        place,
        name: hostile(),
        url: "/assets/1".to_owned(),
        client: hostile(),
        title: target_title(Target::WarrantyEnd),
        field: field(&RemoteField::Typed { field_id: "7".to_owned(), name: hostile() }),
        before: "31 Dec 2026".to_owned(),
        after: hostile(),
        state,
        code: state.is_wedged().then(|| "WRITE-022".to_owned()),
        is_first,
        is_risky,
    };
    vec![line(0, true, true), line(0, false, true), line(1, true, false)]
}
