//! Kinds: each asset type of Halo with its kind, the evidence of its name, and how many it has.

use almanac_model::asset_type::AssetType;
use almanac_model::kind::{Kind, KindChoice};
use almanac_model::quick_match::{MatchReason, quick_match};
use maud::{Markup, html};

use super::inputs::{CellInput, Typed};
use super::load::Ruled;
use crate::components::empty::{Empty, EmptyKind, empty};
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};

/// Hides a type's assets.
pub(super) const IGNORED: &str = "ignored";

/// Matches a type by its name, whatever was chosen.
pub(super) const BY_NAME: &str = "by_name";

/// What a type is now, as its field says it.
pub(super) fn present(ruled: &Ruled, asset_type: &AssetType) -> &'static str {
    let name = Some(asset_type.name.as_str());
    match ruled.book().kinds.choice(Some(&asset_type.remote_id), name) {
        KindChoice::Ignored => IGNORED,
        KindChoice::Kind(kind) => kind.name(),
    }
}

/// The part of the page.
pub(super) fn part(ruled: &Ruled, typed: &Typed) -> Markup {
    if ruled.types.is_empty() {
        return empty(&Empty {
            kind: EmptyKind::FirstUse(Icon::Asset),
            title: "No asset type has been read yet",
            text: "Each type of Halo is listed here with the kind that its name suggests, once the \
                   first sync has read them.",
            actions: html! {},
        });
    }
    let columns = [
        Column::new("Type in Halo", ColumnKind::Name),
        Column::new("Assets", ColumnKind::Number),
        Column::new("Kind", ColumnKind::Text),
        Column { drop: Some(3), ..Column::new("What its name suggests", ColumnKind::Text) },
    ];
    let mut options: Vec<(&str, &str)> =
        Kind::ALL.iter().map(|kind| (kind.name(), kind.title())).collect();
    options.push((IGNORED, "Ignored: its assets are hidden"));
    options.push((BY_NAME, "As its name suggests"));
    let lines: Vec<Line> =
        ruled.types.iter().map(|found| line(ruled, typed, found, &options)).collect();
    let parts: Vec<Part<'_>> = (1..)
        .zip(&lines)
        .map(|(index, line)| {
            let count = match &line.count {
                Ok(count) => Cell::Value(count),
                Err(void) => Cell::Void(void),
            };
            let cells = vec![
                Cell::Other(html! { (line.name) }),
                count,
                Cell::Other(line.select.clone()),
                Cell::Text(&line.evidence),
            ];
            Part::Row(Row { index, key: &line.name, cells })
        })
        .collect();
    bare_table(&Table::whole("Asset types and their kinds", &columns, &parts, RowHeight::Normal))
}

struct Line {
    name: String,
    count: Result<String, &'static str>,
    select: Markup,
    evidence: String,
}

fn line(ruled: &Ruled, typed: &Typed, found: &AssetType, options: &[(&str, &str)]) -> Line {
    let present = present(ruled, found);
    let count = match ruled.by_type.get(&found.name) {
        Some(count) => Ok(format::number(i64::from(*count))),
        None if present == IGNORED => Err("hidden"),
        None => Err("none"),
    };
    let cell = CellInput {
        name: &format!("kind.{}", found.remote_id),
        label: &format!("Kind of {}", found.name),
        present,
        is_off: !ruled.may_edit,
    };
    Line {
        name: found.name.clone(),
        count,
        select: typed.select(&cell, options),
        evidence: evidence(&found.name),
    }
}

/// What a type's name suggests, and why.
fn evidence(name: &str) -> String {
    let Some(found) = quick_match(name) else {
        return "Nothing: no word of it is known.".to_owned();
    };
    let how = match found.reason {
        MatchReason::Name => "the whole name",
        MatchReason::Synonym => "the whole name means it",
        MatchReason::LastWords => "its last words",
        MatchReason::SomeWords => "some of its words",
    };
    format!("{}, {} of 100: “{}”, {how}", found.kind.title(), found.score, found.phrase)
}
