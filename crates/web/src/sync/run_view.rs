//! One run, stream by stream.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::runs::{Ending, number};
use super::told::{RunTold, StreamTold};
use super::view::wide;
use crate::components::format;
use crate::components::page::{Header, body, header, section_head};
use crate::components::shell::Crumb;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::halo_words::title_of;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::Route;

/// One run.
pub(super) struct RunView {
    pub(super) started_at: i64,
    pub(super) ended_at: Option<i64>,
    pub(super) cause: String,
    pub(super) ending: Ending,
    pub(super) told: Option<RunTold>,
}

impl RunView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let title = format!("Run of {}", format::date_time(self.started_at, &TimeZone::UTC));
        let took = self.ended_at.map(|ended_at| format::duration(ended_at - self.started_at));
        let lead = match &took {
            Some(took) => format!("Began {} UTC and took {took}.", self.clock()),
            None => format!("Began {} UTC; no end is noted.", self.clock()),
        };
        let head = Header { title: &title, sentence: &lead, is_inline: false, actions: None };
        let inside = html! {
            (header(&head))
            div.scroll { (self.facts()) (self.streams()) }
        };
        let sync = places::Sync {}.url();
        let crumbs = [
            Crumb { label: "Halo", href: None },
            Crumb { label: "Sync", href: Some(&sync) },
            Crumb { label: &title, href: None },
        ];
        let current = places::Sync::PATH;
        let frame = Frame { title: &title, crumbs: &crumbs, current, ..Frame::default() };
        chrome.page(&frame, &body(&inside))
    }

    fn clock(&self) -> String {
        format::clock_time(self.started_at, &TimeZone::UTC)
    }

    fn facts(&self) -> Markup {
        html! {
            section.section {
                dl.facts {
                    dt { "Result" } dd { (self.ending.markup()) }
                    dt { "Cause" } dd { (self.cause) }
                    @if let Some(told) = &self.told {
                        dt { "Records" } dd { (number(told.read())) }
                        dt { "Calls to Halo" } dd { (number(told.requests)) }
                        dt { "Refused by Halo (429)" } dd { (number(told.throttled())) }
                        dt { "Most memory used" } dd { (number(told.peak_memory_bytes / 1_048_576)) " MiB" }
                        @if let Some(error) = &told.error {
                            dt { "Ended early" } dd { code { (error.code) } " " (error.text) }
                        }
                    }
                }
            }
        }
    }

    fn streams(&self) -> Markup {
        let Some(told) = &self.told else {
            let words = if self.ended_at.is_none() {
                "What it did stream by stream is told when it ends."
            } else {
                "It told nothing of its streams."
            };
            return html! { section.section { p.text-2 { (words) } } };
        };
        let columns = [
            Column::new("Stream", ColumnKind::Name),
            Column::new("Read", ColumnKind::Number),
            Column::new("New", ColumnKind::Number),
            Column::new("Changed", ColumnKind::Number),
            Column { drop: Some(2), ..Column::new("As before", ColumnKind::Number) },
            Column::new("Gone", ColumnKind::Number),
            Column::new("Not understood", ColumnKind::Number),
            Column { drop: Some(2), ..Column::new("Calls", ColumnKind::Number) },
            Column { drop: Some(1), ..Column::new("429", ColumnKind::Number) },
            Column { drop: Some(1), ..Column::new("kB", ColumnKind::Number) },
            Column { drop: Some(1), ..Column::new("Took", ColumnKind::Number) },
        ];
        let lines: Vec<Vec<String>> = told.streams.iter().map(figures).collect();
        let parts: Vec<Part<'_>> = told
            .streams
            .iter()
            .zip(&lines)
            .zip(1..)
            .map(|((stream, line), index)| {
                let name = Cell::Other(html! { (title_of(&stream.stream)) });
                let rest = line.iter().map(|text| Cell::Value(text));
                let cells = std::iter::once(name).chain(rest).collect();
                Part::Row(Row { index, key: &stream.stream, cells })
            })
            .collect();
        let table =
            bare_table(&Table::whole("Streams of this run", &columns, &parts, RowHeight::Low));
        let held: Vec<&StreamTold> =
            told.streams.iter().filter(|each| each.held.is_some()).collect();
        html! {
            section.section {
                (section_head("Streams", None))
                (wide("Streams of this run", &table))
                @for stream in held {
                    @if let Some(held) = &stream.held {
                        p.is-over { (title_of(&stream.stream)) ": " code { (held.code) } " " (held.text) }
                    }
                }
            }
        }
    }
}

fn figures(told: &StreamTold) -> Vec<String> {
    let counts = [
        told.read,
        told.added,
        told.changed,
        told.unchanged,
        told.removed,
        told.bad,
        told.requests,
        told.throttled,
        told.bytes / 1_000,
    ];
    // Whole milliseconds are more than anyone reads of it.
    let ms = (told.seconds * 1_000.0).clamp(0.0, 1e15) as i64;
    counts.into_iter().map(number).chain([format::duration(ms)]).collect()
}
