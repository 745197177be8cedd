//! What a change of the rules would do, asset by asset, before it is applied.

use almanac_fleet::Preview;
use almanac_model::grade::Grade;
use almanac_model::money::Money;
use almanac_model::verdict::Rulebook;
use maud::{Markup, html};

use super::change::Change;
use super::load::Ruled;
use super::{RulesApply, words};
use crate::components::banner::{Banner, Level};
use crate::components::button::{Button, link_button};
use crate::components::format;
use crate::components::grade::grade_chip;
use crate::components::page::{self, Header};
use crate::components::plan_panel::{Effect, Plan, Verb, plan_panel};
use crate::components::shell::Crumb;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::page::{Chrome, Frame};
use crate::places::{Asset, Rules, Settings};
use crate::route::Route;

/// So many assets of each effect are listed.
const LISTED_MAX: usize = 50;

/// A change and what it does.
pub(super) struct PreviewView {
    change: String,
    version: i64,
    note: String,
    title: String,
    apply: String,
    lines: Vec<String>,
    effects: Vec<String>,
    hidden: u32,
    shown: u32,
    money: String,
    groups: Vec<Group>,
    back_url: String,
    /// The version that the editor began from, when another was saved since.
    moved_from: Option<i64>,
    /// What is wrong with the rules before and after the change; empty is nothing.
    faults: String,
}

/// Assets that the change does the same to.
struct Group {
    label: String,
    count: String,
    before: Grade,
    after: Grade,
    assets: Vec<Line>,
}

struct Line {
    name: String,
    url: String,
    client: String,
    kind: &'static str,
}

/// What a rulebook changes, each effect in words, the largest first.
pub(super) fn effect_words(preview: &Preview) -> Vec<String> {
    let mut pairs: Vec<_> = preview.pairs.iter().collect();
    pairs.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let turn = |((before, after), count): (&(Grade, Grade), &u32)| {
        let verb = if *count == 1 { "turns" } else { "turn" };
        let count = format::count(i64::from(*count), "asset", "assets");
        format!("{count} {verb} from {} to {}", before.title(), after.title())
    };
    pairs.into_iter().map(turn).collect()
}

/// What is wrong with the rules all the same: a change that brings something in has no preview.
fn faults_words(book: &Rulebook) -> String {
    let all: Vec<String> = book.check().iter().map(|problem| format!("{problem}.")).collect();
    all.join(" ")
}

impl PreviewView {
    /// What `book`, which the change makes, would do.
    pub(super) fn new(
        ruled: &Ruled,
        change: &Change,
        book: &Rulebook,
        note: String,
    ) -> PreviewView {
        let preview = ruled.fleet.preview(book);
        let lines = words::lines(change, ruled);
        let apply = match change {
            Change::Edits(edits) => {
                let count = i64::try_from(edits.len()).unwrap_or(i64::MAX);
                format!("Apply {}", format::count(count, "change", "changes"))
            }
            Change::Version(0) => "Go back to the default rules".to_owned(),
            Change::Version(version) => format!("Go back to v{version}"),
        };
        let assets = i64::try_from(preview.changed.len()).unwrap_or(i64::MAX);
        let title = match assets {
            0 => "No asset would change its grade".to_owned(),
            assets => {
                let count = format::count(assets, "asset", "assets");
                format!("{count} would change {} grade", if assets == 1 { "its" } else { "their" })
            }
        };
        PreviewView {
            change: change.to_text(),
            version: ruled.version,
            note,
            title,
            apply,
            lines,
            effects: effect_words(&preview),
            hidden: preview.hidden,
            shown: preview.shown,
            money: money(ruled, &preview),
            groups: groups(ruled, &preview),
            back_url: change.area().url(),
            moved_from: None,
            faults: faults_words(book),
        }
    }

    /// Says so when another version was saved since the one that the editor began from.
    pub(super) fn moved_from(self, seen: i64) -> PreviewView {
        let moved_from = (seen != self.version).then_some(seen);
        PreviewView { moved_from, ..self }
    }

    /// The whole page.
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let (settings, rules) = (Settings {}.url(), Rules {}.url());
        let crumbs = [
            Crumb { label: "Settings", href: Some(&settings) },
            Crumb { label: "Rules", href: Some(&rules) },
            Crumb { label: "Preview", href: None },
        ];
        let moved = format!("Rules v{} were saved while you were editing.", self.version);
        let banner = self.moved_from.map(|_| Banner {
            level: Level::Warning,
            title: &moved,
            text: "Nothing of yours is saved. This is what your changes do on top of them.",
            hint: None,
            actions: None,
        });
        let faults = (!self.faults.is_empty()).then_some(Banner {
            level: Level::Warning,
            title: "These rules have a fault that was there before",
            text: &self.faults,
            hint: None,
            actions: None,
        });
        let banners: Vec<Banner<'_>> = banner.into_iter().chain(faults).collect();
        let frame = Frame {
            title: "Preview of the rules",
            crumbs: &crumbs,
            current: Settings::PATH,
            banners: &banners,
            ..Frame::default()
        };
        let head = Header {
            title: &self.title,
            sentence: &self.money,
            is_inline: false,
            actions: Some(link_button(&Button::new("Back to the form"), &self.back_url)),
        };
        let body = html! { (self.change_list()) (self.asset_list()) };
        let body = page::scrolling("Effects", &body);
        let content = page::with_plan(&body, "Plan", &self.plan());
        chrome.page(&frame, &html! { (page::header(&head)) (content) })
    }

    fn change_list(&self) -> Markup {
        html! {
            section.section aria-label="Changes" {
                (page::section_head("Changes of the rules", None))
                ul { @for line in &self.lines { li { (line) } } }
            }
        }
    }

    fn asset_list(&self) -> Markup {
        let columns = [
            Column::new("Asset", ColumnKind::Name),
            Column::new("Client", ColumnKind::Text),
            Column::new("Kind", ColumnKind::Text),
            Column::new("Now", ColumnKind::Text),
            Column::new("Becomes", ColumnKind::Text),
        ];
        let mut parts = Vec::new();
        let mut index = 0;
        for group in &self.groups {
            parts.push(Part::Group { label: &group.label, count: &group.count });
            for asset in &group.assets {
                index += 1;
                let cells = vec![
                    Cell::Name { label: &asset.name, href: &asset.url, beside: None },
                    Cell::Text(&asset.client),
                    Cell::Text(asset.kind),
                    Cell::Other(grade_chip(group.before)),
                    Cell::Other(grade_chip(group.after)),
                ];
                parts.push(Part::Row(Row { index, key: &asset.url, cells }));
            }
        }
        html! {
            section.section aria-label="Assets" {
                (page::section_head("Assets", None))
                @if parts.is_empty() {
                    p.text-2 { "Every asset keeps its grade." }
                } @else {
                    (bare_table(&Table {
                        name: "Assets whose grade would change",
                        columns: &columns,
                        parts: &parts,
                        totals: None,
                        select: None,
                        rows_total: index,
                        next_href: None,
                        height: RowHeight::Compact,
                    }))
                }
            }
        }
    }

    fn plan(&self) -> Markup {
        let hide = format!("Hide {}", format::count(i64::from(self.hidden), "asset", "assets"));
        let show =
            format!("Show {} again", format::count(i64::from(self.shown), "asset", "assets"));
        let effect =
            |verb, title, is_zero| Effect { verb, title, lines: &[], warning: None, is_zero };
        let mut effects = Vec::new();
        if self.shown > 0 {
            effects.push(effect(Verb::Create, &show, false));
        }
        effects.extend(self.effects.iter().map(|words| effect(Verb::Change, words, false)));
        if self.hidden > 0 {
            effects.push(effect(Verb::Remove, &hide, false));
        }
        effects.push(effect(Verb::Write, "0 writes to Halo", true));
        let version = self.version.to_string();
        let hidden = [
            ("change", self.change.as_str()),
            ("version", version.as_str()),
            ("note", self.note.as_str()),
        ];
        let before = match self.version {
            0 => "the default rules".to_owned(),
            version => format!("v{version}"),
        };
        plan_panel(&Plan {
            title: "Plan",
            state: "not applied",
            lead: "What Apply does, and nothing else.",
            effects: &effects,
            action: &RulesApply {}.url(),
            hidden: &hidden,
            apply: Button {
                key: Some("Ctrl+Enter"),
                busy_label: Some("Applying"),
                ..Button::primary(&self.apply)
            },
            undo: &format!("Undo goes back to {before} and stays possible."),
        })
    }
}

fn money(ruled: &Ruled, preview: &Preview) -> String {
    let currency = ruled.fleet.currency();
    let words = |minor: i64, what: &str| match minor {
        0 => format!("as much {what}"),
        minor => {
            let amount = format::money(Money { minor: minor.saturating_abs(), currency });
            format!("{amount} {} {what}", if minor > 0 { "more" } else { "less" })
        }
    };
    format!(
        "{}, {}.",
        words(preview.money_due, "due within 12 months"),
        words(preview.money_all, "for every replacement there will be")
    )
}

fn groups(ruled: &Ruled, preview: &Preview) -> Vec<Group> {
    let mut pairs: Vec<_> = preview.pairs.iter().collect();
    pairs.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let group = |(&(before, after), &count): (&(Grade, Grade), &u32)| {
        let of_group =
            preview.changed.iter().filter(|(_, from, to)| (*from, *to) == (before, after));
        let assets = of_group.take(LISTED_MAX).map(|(at, ..)| line(ruled, *at)).collect::<Vec<_>>();
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let first = if count > assets.len() { ", the first 50" } else { "" };
        Group {
            label: format!("From {} to {}{first}", before.title(), after.title()),
            count: format::number(i64::try_from(count).unwrap_or(i64::MAX)),
            before,
            after,
            assets,
        }
    };
    pairs.into_iter().map(group).collect()
}

fn line(ruled: &Ruled, at: u32) -> Line {
    let asset = ruled.fleet.asset(at);
    let client = ruled.fleet.client_of(asset);
    Line {
        name: asset.name().to_owned(),
        url: Asset { asset: asset.remote_id().to_owned() }.url(),
        client: client.map_or_else(|| "no client".to_owned(), |client| client.name.clone()),
        kind: words::kind_title(asset.kind),
    }
}

/// A change with every kind of effect, and one with none.
#[cfg(test)]
pub(super) fn samples(chrome: &Chrome) -> Vec<(&'static str, Markup)> {
    use crate::components::sample::HOSTILE;

    let view = |name: &str, moved_from: Option<i64>| PreviewView {
        change: HOSTILE.to_owned(),
        version: 7,
        note: HOSTILE.to_owned(),
        title: "12 assets would change their grade".to_owned(),
        apply: "Apply 3 changes".to_owned(),
        lines: vec![format!("The type {name} is ignored; its assets are hidden.")],
        effects: vec!["12 assets turn from Healthy to Plan".to_owned()],
        hidden: 4,
        shown: 1,
        money: "£4,500 more due within 12 months.".to_owned(),
        groups: vec![Group {
            label: "From Healthy to Plan".to_owned(),
            count: "12".to_owned(),
            before: Grade::Healthy,
            after: Grade::Plan,
            assets: vec![Line {
                name: name.to_owned(),
                url: "/assets/1".to_owned(),
                client: name.to_owned(),
                kind: "Laptop",
            }],
        }],
        back_url: "/settings/rules/policies".to_owned(),
        moved_from,
        faults: String::new(),
    };
    let none =
        PreviewView { groups: Vec::new(), effects: Vec::new(), hidden: 0, ..view("x", None) };
    let faulty = PreviewView { faults: HOSTILE.to_owned(), ..view("x", None) };
    vec![
        ("rules-preview-faulty", faulty.page(chrome)),
        ("rules-preview", view(HOSTILE, Some(6)).page(chrome)),
        ("rules-preview-nothing", none.page(chrome)),
    ]
}
