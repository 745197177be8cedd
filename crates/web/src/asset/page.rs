//! The page of one asset: its verdict, every value with its source, what follows, what was before.

use almanac_model::chain::Target;
use almanac_model::choice::ChoiceField;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::source::{SourceView, cause};
use super::verdict::{Derived, derived, kind_words};
use super::why::WhyView;
use super::words::{field_title, kept_text, target_title};
use super::{AssetUndo, Seen};
use crate::components::banner::{Banner, Level};
use crate::components::button::{Button, act, link_button};
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::notice::notice;
use crate::components::page::{self, Header};
use crate::components::shell::Crumb;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::hold::SHOWN_OF_ASSETS;
use crate::page::{Chrome, Frame};
use crate::places::{AssetWhy, Assets, Client};
use crate::route::Route;

/// Everything about one asset.
pub(super) struct AssetView {
    name: String,
    sentence: String,
    /// Its client's name and page.
    client: Option<(String, String)>,
    why: WhyView,
    values: Vec<ValueLine>,
    derived: Vec<(Derived, String)>,
    history: Vec<HistoryLine>,
    /// Takes the decision back that was just made: where to, and which version.
    undo: Option<(String, String)>,
    acts: Vec<(&'static str, String)>,
    /// Why it is in no list.
    gone: Option<String>,
    warnings: Vec<&'static str>,
}

struct ValueLine {
    title: &'static str,
    source: SourceView,
    why_url: String,
    /// Locks or unlocks it, for those who may.
    edit_url: Option<String>,
}

struct HistoryLine {
    at: String,
    field: &'static str,
    old: String,
    new: String,
    cause: String,
}

impl AssetView {
    /// Everything about an asset; `done` is the version that was just made.
    pub(super) fn new(seen: &Seen, done: Option<i64>) -> AssetView {
        let asset = &seen.why.asset;
        let found = seen.fleet.find(&asset.remote_id).map(|at| seen.fleet.asset(at));
        let client = asset.client.as_ref().and_then(|id| seen.fleet.client(id));
        let version = seen.why.choice.version;
        let edit = |field| seen.edit_url(field);
        let acts = [
            ("Keep until a date", edit(ChoiceField::Kept)),
            ("Grade by hand", edit(ChoiceField::Manual)),
            ("Choose a class", edit(ChoiceField::Class)),
        ];
        AssetView {
            name: seen.name().to_owned(),
            sentence: sentence(seen),
            client: client.map(|client| {
                let url = Client { client: client.remote_id.to_string() }.url();
                (client.name.clone(), url)
            }),
            why: WhyView::of_grade(seen),
            values: Target::ALL.into_iter().map(|target| ValueLine::new(seen, target)).collect(),
            derived: derived(seen)
                .into_iter()
                .map(|derived| {
                    let url = why_url(seen, derived.key);
                    (derived, url)
                })
                .collect(),
            history: seen.history.iter().map(|change| HistoryLine::new(seen, change)).collect(),
            undo: (seen.may_edit && done == Some(version))
                .then(|| (AssetUndo { asset: seen.id() }.url(), version.to_string())),
            acts: if seen.may_edit && seen.why.deleted_at.is_none() {
                acts.into()
            } else {
                Vec::new()
            },
            gone: gone(seen),
            warnings: found
                .map(|asset| asset.warnings().into_iter().map(|warning| warning.text()).collect())
                .unwrap_or_default(),
        }
    }

    /// The whole page.
    pub(super) fn page(&self, mut chrome: Chrome) -> Markup {
        // What was done is said here, beside its undo.
        let said = self.undo.as_ref().and_then(|_| chrome.said.take());
        let assets = Assets {}.url();
        let mut crumbs = vec![Crumb { label: "Assets", href: Some(&assets) }];
        if let Some((client, url)) = &self.client {
            crumbs.push(Crumb { label: client, href: Some(url) });
        }
        crumbs.push(Crumb { label: &self.name, href: None });
        let banner = self.gone.as_ref().map(|gone| Banner {
            level: Level::Warning,
            title: "This asset is in no list.",
            text: gone,
            hint: None,
            actions: None,
        });
        let banners: Vec<Banner<'_>> = banner.into_iter().collect();
        let frame = Frame {
            title: &self.name,
            crumbs: &crumbs,
            current: Assets::PATH,
            banners: &banners,
            shows: &SHOWN_OF_ASSETS,
            ..Frame::default()
        };
        let head = Header {
            title: &self.name,
            sentence: &self.sentence,
            is_inline: false,
            actions: Some(html! {
                @for (label, url) in &self.acts { (link_button(&Button::new(label), url)) }
            }),
        };
        let body = html! {
            (self.why.article())
            @if !self.warnings.is_empty() { (self.warnings()) }
            (self.value_table())
            (self.derived_table())
            (self.history_table())
        };
        chrome.page(
            &frame,
            &html! {
                @if let Some(said) = &said { (notice(said, self.undo_act().as_ref())) }
                (page::header(&head))
                (page::body(&page::scrolling("Everything about the asset", &body)))
            },
        )
    }

    fn undo_act(&self) -> Option<Markup> {
        let (url, version) = self.undo.as_ref()?;
        let button = Button { is_small: true, icon: Some(Icon::Undo), ..Button::new("Undo") };
        Some(act(&button, url, &[("version", version)]))
    }

    fn warnings(&self) -> Markup {
        html! {
            section.section aria-label="Doubtful" {
                (page::section_head("Doubtful", None))
                ul { @for warning in &self.warnings { li { (warning) } } }
            }
        }
    }

    fn value_table(&self) -> Markup {
        let columns = [
            Column::new("Value", ColumnKind::Name),
            Column::new("Is", ColumnKind::Text),
            Column::new("Source", ColumnKind::Text),
            Column::new("Owner", ColumnKind::Text),
            Column::new("Change", ColumnKind::Text),
        ];
        let parts: Vec<Part<'_>> = (1..)
            .zip(&self.values)
            .map(|(index, line)| Part::Row(Row { index, key: line.title, cells: line.cells() }))
            .collect();
        let meta = html! { "every value, and where it comes from" };
        html! {
            section.section #values aria-label="Values and their sources" {
                (page::section_head("Values", Some(&meta)))
                (self.table("Values and their sources", &columns, &parts))
            }
        }
    }

    fn derived_table(&self) -> Markup {
        let columns = [
            Column::new("What follows", ColumnKind::Name),
            Column::new("Is", ColumnKind::Text),
            Column::new("Because", ColumnKind::Text),
        ];
        let parts: Vec<Part<'_>> = (1..)
            .zip(&self.derived)
            .map(|(index, (derived, url))| {
                let value = match &derived.value {
                    Ok(value) => Cell::Value(value),
                    Err(void) => Cell::Void(void),
                };
                let name = Cell::Other(why_link(derived.title, url));
                let cells = vec![name, value, Cell::Text(&derived.why)];
                Part::Row(Row { index, key: derived.key, cells })
            })
            .collect();
        html! {
            section.section aria-label="What follows" {
                (page::section_head("What follows", None))
                (self.table("What follows from the values", &columns, &parts))
            }
        }
    }

    fn history_table(&self) -> Markup {
        let columns = [
            Column::new("Until", ColumnKind::Name),
            Column::new("Field", ColumnKind::Text),
            Column::new("Was", ColumnKind::Text),
            Column::new("Became", ColumnKind::Text),
            Column::new("By", ColumnKind::Text),
        ];
        let parts: Vec<Part<'_>> = (1..)
            .zip(&self.history)
            .map(|(index, line)| {
                let cells = vec![
                    Cell::Other(html! { (line.at) }),
                    Cell::Text(line.field),
                    Cell::Other(html! { del { (line.old) } }),
                    Cell::Value(&line.new),
                    Cell::Text(&line.cause),
                ];
                Part::Row(Row { index, key: &line.at, cells })
            })
            .collect();
        html! {
            section.section aria-label="History" {
                (page::section_head("History", None))
                @if parts.is_empty() {
                    p.text-2 { "No value has changed since Halo was first read." }
                } @else {
                    (self.table("What values were", &columns, &parts))
                }
            }
        }
    }

    #[expect(clippy::unused_self, reason = "it reads as a part of the view")]
    fn table(&self, name: &str, columns: &[Column<'_>], parts: &[Part<'_>]) -> Markup {
        bare_table(&Table::whole(name, columns, parts, RowHeight::Compact))
    }
}

impl ValueLine {
    fn new(seen: &Seen, target: Target) -> ValueLine {
        let can_edit = seen.may_edit && seen.why.deleted_at.is_none();
        ValueLine {
            title: target_title(target),
            source: SourceView::of_target(seen, target),
            why_url: why_url(seen, target.name()),
            edit_url: can_edit.then(|| seen.edit_url(ChoiceField::Fact(target))),
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let value = match &self.source.value {
            Ok(value) => Cell::Value(value),
            Err(void) => Cell::Void(void),
        };
        let owner = if self.source.is_locked { "locked here" } else { "Halo" };
        let label = if self.source.is_locked { "Unlock" } else { "Lock" };
        let change = match &self.edit_url {
            Some(url) => Cell::Other(html! {
                a href=(url) { (label) span.unseen { " " (self.title) } }
            }),
            None => Cell::Void("not yours to change"),
        };
        let name = Cell::Other(why_link(self.title, &self.why_url));
        vec![name, value, Cell::Other(self.source.from.clone()), Cell::Text(owner), change]
    }
}

impl HistoryLine {
    fn new(seen: &Seen, change: &almanac_store::FactChange) -> HistoryLine {
        let shown = |value: &Option<String>| match value {
            Some(value) => kept_text(&seen.fleet, change.field, value),
            None => "nothing".to_owned(),
        };
        HistoryLine {
            at: format::date_time(change.at, &TimeZone::UTC),
            field: field_title(change.field),
            old: shown(&change.old_value),
            new: shown(&change.new_value),
            cause: cause(change),
        }
    }
}

/// A name that answers "why?".
fn why_link(title: &str, url: &str) -> Markup {
    html! { a href=(url) aria-haspopup="dialog" data-why={ "Why this " (title) } { (title) } }
}

fn why_url(seen: &Seen, of: &str) -> String {
    format!("{}?of={of}", AssetWhy { asset: seen.id() }.url())
}

/// What it is, whose, and where: one sentence.
fn sentence(seen: &Seen) -> String {
    let facts = &seen.why.facts;
    let kind = seen.why.verdict.as_ref().map(|verdict| kind_words(verdict.kind));
    let mut parts = Vec::new();
    parts.extend(facts.text(Target::Manufacturer).map(str::to_owned));
    parts.extend(facts.text(Target::Model).map(str::to_owned));
    parts.extend(kind);
    let found = seen.fleet.find(&seen.why.asset.remote_id).map(|at| seen.fleet.asset(at));
    let client = seen.why.asset.client.as_ref().and_then(|id| seen.fleet.client(id));
    parts.push(client.map_or_else(|| "of no client".to_owned(), |client| client.name.clone()));
    parts.extend(found.and_then(|asset| seen.fleet.site_of(asset)).map(str::to_owned));
    parts.push(format!("Halo asset {}", seen.why.asset.remote_id));
    parts.join(", ")
}

fn gone(seen: &Seen) -> Option<String> {
    if let Some(at_ms) = seen.why.deleted_at {
        let at = format::date_time(at_ms, &TimeZone::UTC);
        return Some(format!(
            "Halo no longer had it at {at}. What was known then is kept; nothing can be changed."
        ));
    }
    if seen.why.asset.is_inactive {
        return Some("It is deactivated in Halo; it returns when Halo activates it.".to_owned());
    }
    seen.why.verdict.is_none().then(|| {
        "Its type is ignored; it returns when the type has a kind in the rules.".to_owned()
    })
}

/// A page as hostile as Halo can make it, and one of an asset that is gone.
#[cfg(test)]
pub(super) fn samples(chrome: &Chrome) -> Vec<(&'static str, Markup)> {
    use crate::components::sample::HOSTILE;

    let source = |value: Result<String, &'static str>, is_locked| SourceView {
        title: format!("Purchase date {HOSTILE}"),
        value,
        is_locked,
        facts: vec![("Source", html! { "Halo asset 2291, field " code { (HOSTILE) } })],
        from: html! { "field " code { "supplier_purchasedate" } },
    };
    let line = |source, edit_url: Option<&str>| ValueLine {
        title: "Purchase date",
        source,
        why_url: "/assets/1/why?of=purchase_date".to_owned(),
        edit_url: edit_url.map(str::to_owned),
    };
    let view = |name: &str, gone: Option<&str>, is_new: bool| AssetView {
        name: name.to_owned(),
        sentence: format!("Dell OptiPlex 3050, workstation, {name}"),
        client: Some((name.to_owned(), "/clients/1".to_owned())),
        why: super::why::sample(name, !is_new),
        values: vec![
            line(source(Ok("4 Jul 2019".to_owned()), true), Some("/assets/1/edit/purchase_date")),
            line(source(Err("needs a date"), false), None),
        ],
        derived: vec![(
            Derived {
                key: "class",
                title: "Class",
                value: Ok(name.to_owned()),
                why: name.to_owned(),
            },
            "/assets/1/why?of=class".to_owned(),
        )],
        history: if is_new {
            Vec::new()
        } else {
            vec![HistoryLine {
                at: "4 Aug 2026, 10:00".to_owned(),
                field: "Purchase date",
                old: name.to_owned(),
                new: "4 Jul 2019".to_owned(),
                cause: format!("{name} locked purchase date"),
            }]
        },
        undo: (!is_new).then(|| ("/assets/1/undo".to_owned(), "3".to_owned())),
        acts: vec![("Keep until a date", "/assets/1/edit/kept".to_owned())],
        gone: gone.map(str::to_owned),
        warnings: vec!["The purchase date is in the future."],
    };
    let said = Chrome { said: Some(format!("{HOSTILE} turns")), ..chrome.clone() };
    vec![
        ("asset", view("HP-WS-022", None, true).page(chrome.clone())),
        ("asset-hostile", view(HOSTILE, Some("It is deactivated in Halo."), false).page(said)),
    ]
}
