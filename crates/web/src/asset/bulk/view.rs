//! The page of a bulk edit before it is made: what to decide, and what that would do.

use almanac_model::choice::AssetEdit;
use almanac_model::money::Money;
use almanac_store::BULK_ASSETS_MAX;
use maud::{Markup, html};

use super::act::{BulkAct, assets};
use super::apply_view::Apply;
use super::ask_view::Ask;
use super::form::BulkForm;
use super::plan::{Named, Picked, Plan, Standing};
use crate::asset::words::class_name;
use crate::components::banner::{Banner, Level};
use crate::components::button::{Button, link_button};
use crate::components::change::change;
use crate::components::format;
use crate::components::grade::{GradeView, graded};
use crate::components::page::{self, Header};
use crate::components::shell::Crumb;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::extract::Faults;
use crate::page::{Chrome, Frame};
use crate::places::Assets;
use crate::route::Route;
use crate::shown::Shown;

/// A decision about a selection: asked for, planned, or refused.
pub(super) struct BulkView {
    title: String,
    sentence: String,
    /// What somebody else did meanwhile.
    warning: Option<String>,
    back_url: String,
    /// What to type, where something is.
    ask: Option<Ask>,
    lines: Vec<Line>,
    left: Vec<(Named, String)>,
    apply: Option<Apply>,
}

/// An asset, how it is, and how it would be.
struct Line {
    asset: Named,
    before: Standing,
    after: Option<Standing>,
    act: BulkAct,
}

impl BulkView {
    /// What to decide, with what was typed and its faults.
    pub(super) fn asking(
        shown: &Shown,
        form: &BulkForm,
        picked: &Picked,
        faults: Faults,
    ) -> BulkView {
        let line = |at: &u32| {
            let asset = shown.fleet.asset(*at);
            let before = Standing::of(shown, form.act, asset);
            Line { asset: Named::of(shown, asset), before, after: None, act: form.act }
        };
        BulkView {
            title: form.act.title(picked.found.len()),
            sentence: left_out(form, picked),
            warning: None,
            back_url: form.back_url(),
            ask: Some(Ask::new(shown, form, picked, faults)),
            lines: picked.found.iter().map(line).collect(),
            left: Vec::new(),
            apply: None,
        }
    }

    /// What it would do.
    pub(super) fn planned(
        shown: &Shown,
        form: &BulkForm,
        picked: &Picked,
        plan: &Plan,
    ) -> BulkView {
        let line = |line: &super::plan::PlanLine| Line {
            asset: line.asset.clone(),
            before: line.before.clone(),
            after: Some(line.after.clone()),
            act: form.act,
        };
        let ask = || Ask::new(shown, form, picked, Faults::default());
        BulkView {
            title: match plan.lines.len() {
                0 => "Nothing would change".to_owned(),
                count => planned_title(shown, &plan.edit, count),
            },
            sentence: format!("{}{}", money(plan), left_out(form, picked)),
            warning: None,
            back_url: form.back_url(),
            ask: form.act.asks().then(ask),
            lines: plan.lines.iter().map(line).collect(),
            left: plan.left.clone(),
            apply: (!plan.lines.is_empty()).then(|| Apply::new(form, plan)),
        }
    }

    /// More than one bulk edit may be about.
    pub(super) fn too_many(form: &BulkForm, picked: &Picked) -> BulkView {
        let total = format::number(i64::try_from(picked.total).unwrap_or(i64::MAX));
        BulkView {
            title: format!("{total} assets are too many for one decision"),
            sentence: format!(
                "At most {BULK_ASSETS_MAX} are decided about at once. Nothing is changed: add a \
                 filter, or select fewer."
            ),
            warning: None,
            back_url: form.back_url(),
            ask: None,
            lines: Vec::new(),
            left: Vec::new(),
            apply: None,
        }
    }

    /// Says what somebody else did meanwhile.
    pub(super) fn with_warning(self, words: String) -> BulkView {
        BulkView { warning: Some(words), ..self }
    }

    /// The whole page.
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let assets = Assets {}.url();
        let crumbs = [
            Crumb { label: "Assets", href: Some(&assets) },
            Crumb { label: "Selection", href: Some(&self.back_url) },
            Crumb { label: &self.title, href: None },
        ];
        let banner = self.warning.as_ref().map(|words| Banner {
            level: Level::Warning,
            title: words,
            text: "Nothing is changed yet. This is what the decision would do now.",
            hint: None,
            actions: None,
        });
        let banners: Vec<Banner<'_>> = banner.into_iter().collect();
        let frame = Frame {
            title: &self.title,
            crumbs: &crumbs,
            current: Assets::PATH,
            banners: &banners,
            ..Frame::default()
        };
        let head = Header {
            title: &self.title,
            sentence: &self.sentence,
            is_inline: false,
            actions: Some(link_button(&Button::new("Back to the selection"), &self.back_url)),
        };
        let body = html! {
            @if let Some(ask) = &self.ask { (ask.part(self.apply.is_some())) }
            @if !self.lines.is_empty() { (self.line_table()) }
            @if !self.left.is_empty() { (left_table(&self.left)) }
        };
        let body = page::scrolling("Effects", &body);
        let content = match &self.apply {
            Some(apply) => page::with_plan(&body, "Plan", &apply.panel()),
            None => page::body(&body),
        };
        chrome.page(&frame, &html! { (page::header(&head)) (content) })
    }

    fn line_table(&self) -> Markup {
        let is_planned = self.apply.is_some();
        let mut columns = vec![
            Column::new("Asset", ColumnKind::Name),
            Column { drop: Some(3), ..Column::new("Client", ColumnKind::Text) },
            Column::new("Now", ColumnKind::Text),
        ];
        if is_planned {
            columns.push(Column::new("Becomes", ColumnKind::Text));
        }
        let cells = |line: &'_ Line| {
            let after = line.after.as_ref().filter(|_| is_planned);
            let before = Cell::Other(standing(&line.before, line.act));
            let after = after.map(|after| match line.act {
                BulkAct::Class => Cell::Other(change(&line.before.words, &after.words)),
                _ => Cell::Other(standing(after, line.act)),
            });
            [before].into_iter().chain(after).collect::<Vec<_>>()
        };
        let rows = self.lines.iter().map(|line| (&line.asset, cells(line)));
        let title = if is_planned { "What changes" } else { "Selected" };
        section(title, self.lines.len(), &asset_table(title, &columns, rows))
    }
}

fn planned_title(shown: &Shown, edit: &AssetEdit, count: usize) -> String {
    let assets = assets(count);
    match edit {
        AssetEdit::Keep(kept) => format!("Keep {assets} until {}", format::date(kept.until)),
        AssetEdit::Class(class) => {
            let name: String = class_name(&shown.fleet, *class).chars().take(60).collect();
            format!("Give {assets} the class {name}")
        }
        _ => BulkAct::Unkeep.title(count),
    }
}

/// "£9,920 less due within 12 months. "
fn money(plan: &Plan) -> String {
    let verb = match plan.due.minor {
        0 => return "As much due within 12 months. ".to_owned(),
        minor if minor > 0 => "more",
        _ => "less",
    };
    let amount = Money { minor: plan.due.minor.saturating_abs(), ..plan.due };
    format!("{} {verb} due within 12 months. ", format::money(amount))
}

/// What of the selection the page is not about.
fn left_out(form: &BulkForm, picked: &Picked) -> String {
    let mut words = Vec::new();
    if form.hidden > 0 {
        let count = format::number(i64::try_from(form.hidden).unwrap_or(i64::MAX));
        words.push(format!("{count} selected before and not shown by the filter: left out."));
    }
    if picked.missing > 0 {
        words.push(format!("{} not found: left out.", assets(picked.missing)));
    }
    words.push("Nothing is changed before you apply it.".to_owned());
    words.join(" ")
}

fn standing(standing: &Standing, of: BulkAct) -> Markup {
    if of == BulkAct::Class {
        return html! { (standing.words) };
    }
    graded(&GradeView {
        grade: standing.grade,
        reason: &standing.words,
        why_href: None,
        is_manual: standing.is_manual,
    })
}

pub(super) fn section(title: &str, count: usize, table: &Markup) -> Markup {
    let count = format::number(i64::try_from(count).unwrap_or(i64::MAX));
    html! {
        section.section aria-label=(title) {
            (page::section_head(title, Some(&html! { (count) })))
            (table)
        }
    }
}

fn left_table(left: &[(Named, String)]) -> Markup {
    let columns = [
        Column::new("Asset", ColumnKind::Name),
        Column::new("Client", ColumnKind::Text),
        Column::new("Stays, since it", ColumnKind::Text),
    ];
    let rows = left.iter().map(|(asset, why)| (asset, vec![Cell::Text(why)]));
    section("What stays as it is", left.len(), &asset_table("What stays as it is", &columns, rows))
}

pub(super) fn asset_table<'a>(
    name: &str,
    columns: &[Column<'_>],
    rows: impl Iterator<Item = (&'a Named, Vec<Cell<'a>>)>,
) -> Markup {
    let part = |(index, (asset, cells)): (u64, (&'a Named, Vec<Cell<'a>>))| {
        let named = Cell::Name { label: &asset.name, href: &asset.url, beside: None };
        let cells = [named, Cell::Text(&asset.client)].into_iter().chain(cells).collect();
        Part::Row(Row { index, key: asset.id.as_str(), cells })
    };
    let parts: Vec<Part<'_>> = (1..).zip(rows).map(part).collect();
    bare_table(&Table::whole(name, columns, &parts, RowHeight::Compact))
}

/// Each page in the states that matter.
#[cfg(test)]
pub(in crate::asset) fn samples(chrome: &Chrome) -> Vec<(&'static str, Markup)> {
    use almanac_model::grade::Grade;
    use almanac_model::id::RemoteId;

    use crate::components::plan_panel::Verb;
    use crate::components::sample::HOSTILE;

    let hostile = || HOSTILE.to_owned();
    let asset = || Named {
        id: RemoteId::new(HOSTILE),
        name: hostile(),
        url: "/assets/1".to_owned(),
        client: hostile(),
    };
    let standing = |grade| Standing { grade, words: hostile(), is_manual: true };
    let view = |act, is_planned: bool| {
        let mut faults = Faults::default();
        faults.add("value", "This day is past. Give today or a later day.");
        BulkView {
            title: "Keep 12 assets until 1 Mar 2027".to_owned(),
            sentence: "£9,920 less due within 12 months.".to_owned(),
            warning: is_planned.then(hostile),
            back_url: "/assets".to_owned(),
            ask: Some(Ask {
                act,
                hidden: vec![("asset", hostile())],
                value: hostile(),
                reason: hostile(),
                classes: vec![(hostile(), hostile())],
                faults: if is_planned { Faults::default() } else { faults },
            }),
            lines: vec![Line {
                asset: asset(),
                before: standing(Grade::Replace),
                after: is_planned.then(|| standing(Grade::Kept)),
                act,
            }],
            left: vec![(asset(), hostile())],
            apply: is_planned.then(|| Apply {
                button: "Keep 12 assets".to_owned(),
                effects: vec![(Verb::Write, "0 writes to Halo".to_owned(), true)],
                hidden: vec![("seen", hostile())],
                path: "/assets".to_owned(),
            }),
        }
    };
    vec![
        ("bulk-ask", view(BulkAct::Keep, false).page(chrome)),
        ("bulk-plan", view(BulkAct::Class, true).page(chrome)),
        ("bulk-done", super::done_view::sample(asset(), chrome)),
    ]
}
