//! The rules: kinds, policies, classes, grading, and the versions they went through.
//!
//! Every change goes one way: the form of a part, a preview of what it does to the assets, then
//! Apply. What travels between them is the list of edits, never a whole rulebook: it is carried
//! out on the rulebook that is there when it is applied, and an editor who began from an older
//! version is shown the effects anew.

mod apply;
mod change;
mod classes;
mod grading;
mod inputs;
mod kinds;
mod load;
mod policies;
mod preview;
mod read;
#[cfg(test)]
mod sample;
mod versions;
mod words;

use almanac_model::role::Permission;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

use self::inputs::Typed;
use self::load::Ruled;
use crate::components::button::{Button, Weight, hidden_fields, link_button, submit};
use crate::components::field::{Field, Input, field, form_summary};
use crate::components::icon::Icon;
use crate::components::notice::notice;
use crate::components::page::{self, Header};
use crate::components::shell::Crumb;
use crate::components::tabs::{Tab, tabs};
use crate::error::WebError;
use crate::extract::{Allowed, needs};
use crate::page::{Chrome, Frame};
use crate::places::{Rules, Settings};
use crate::route::{Access, Route, Routes, routes};
use crate::state::WebState;

#[cfg(test)]
pub(crate) use self::sample::samples;

/// A note is at most so long, in characters.
const NOTE_MAX: u32 = 500;

routes! {
    /// One part of the rules.
    RulesPart { part: String } => "/settings/rules/{part}";
    /// What a changed part would do.
    RulesPreview {} => "/settings/rules/preview";
    /// Makes a previewed change true.
    RulesApply {} => "/settings/rules/apply";
    /// What going back to a version would do.
    RulesVersion { version: i64 } => "/settings/rules/versions/{version}";
}

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    let view = Access::Needs(Permission::ViewClients);
    let edit = Access::Needs(Permission::EditRules);
    routes
        .get::<Rules, _, _>(view, first)
        .get::<RulesPart, _, _>(view, get)
        .post::<RulesPreview, _, _>(edit, apply::preview)
        .post::<RulesApply, _, _>(edit, apply::apply)
        .get::<RulesVersion, _, _>(edit, apply::restore)
}

/// A part of the rules with a page of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Area {
    Kinds,
    Policies,
    Classes,
    Grading,
    Versions,
}

impl Area {
    const ALL: [Area; 5] =
        [Area::Kinds, Area::Policies, Area::Classes, Area::Grading, Area::Versions];

    fn name(self) -> &'static str {
        match self {
            Area::Kinds => "kinds",
            Area::Policies => "policies",
            Area::Classes => "classes",
            Area::Grading => "grading",
            Area::Versions => "versions",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Area::Kinds => "Kinds",
            Area::Policies => "Policies",
            Area::Classes => "Classes",
            Area::Grading => "Grading rules",
            Area::Versions => "Versions",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Area::Kinds => {
                "Which kind each asset type of Halo is. Policies and classes hang on kinds."
            }
            Area::Policies => "How long assets are used, and which clocks decide.",
            Area::Classes => "What replacing an asset costs.",
            Area::Grading => "The first rule that matches an asset grades it.",
            Area::Versions => "Every version is kept; going back makes a new one.",
        }
    }

    fn parse(name: &str) -> Result<Area, WebError> {
        Area::ALL.into_iter().find(|area| area.name() == name).ok_or(WebError::NotFound)
    }

    fn url(self) -> String {
        RulesPart { part: self.name().to_owned() }.url()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RulesQuery {
    /// The version that was just saved: its undo is offered beside what was done.
    done: String,
}

async fn first(
    visitor: Allowed<needs::ViewClients>,
    chrome: Chrome,
    State(web): State<WebState>,
) -> Result<Response, WebError> {
    let ruled = Ruled::load(&visitor, &web).await?;
    Ok(part_page(Area::Kinds, &ruled, chrome, &Typed::default(), None).into_response())
}

async fn get(
    visitor: Allowed<needs::ViewClients>,
    chrome: Chrome,
    State(web): State<WebState>,
    Path(route): Path<RulesPart>,
    Query(query): Query<RulesQuery>,
) -> Result<Response, WebError> {
    let area = Area::parse(&route.part)?;
    let ruled = Ruled::load(&visitor, &web).await?;
    let done = query.done.parse().ok().filter(|done| *done == ruled.version);
    Ok(part_page(area, &ruled, chrome, &Typed::default(), done).into_response())
}

/// The page of a part; `typed` is what was sent and refused, if anything.
fn part_page(
    area: Area,
    ruled: &Ruled,
    mut chrome: Chrome,
    typed: &Typed,
    done: Option<i64>,
) -> Markup {
    let said = done.filter(|_| ruled.may_edit).and_then(|_| chrome.said.take());
    let settings = Settings {}.url();
    let rules = Rules {}.url();
    let crumbs = [
        Crumb { label: "Settings", href: Some(&settings) },
        Crumb { label: "Rules", href: Some(&rules) },
        Crumb { label: area.title(), href: None },
    ];
    let frame =
        Frame { title: area.title(), crumbs: &crumbs, current: Settings::PATH, ..Frame::default() };
    let urls: Vec<(Area, String)> = Area::ALL.into_iter().map(|area| (area, area.url())).collect();
    let links: Vec<Tab<'_>> =
        urls.iter().map(|(of, url)| Tab::new(of.title(), url, *of == area)).collect();
    let head = Header {
        title: area.title(),
        sentence: area.sentence(),
        is_inline: false,
        actions: Some(html! { span.text-2 { (ruled.version_title()) } }),
    };
    let body = match area {
        Area::Kinds => form(area, ruled, typed, &kinds::part(ruled, typed)),
        Area::Policies => form(area, ruled, typed, &policies::part(ruled, typed)),
        Area::Classes => form(area, ruled, typed, &classes::part(ruled, typed)),
        Area::Grading => form(area, ruled, typed, &grading::part(ruled, typed)),
        Area::Versions => versions::part(ruled),
    };
    chrome.page(
        &frame,
        &html! {
            @if let (Some(said), Some(done)) = (&said, done) { (notice(said, Some(&undo(done)))) }
            (page::header(&head))
            (tabs("Parts of the rules", &links))
            (page::body(&page::scrolling("Rules", &body)))
        },
    )
}

/// Undo leads to the preview of the version before.
fn undo(done: i64) -> Markup {
    let button = Button { is_small: true, icon: Some(Icon::Undo), ..Button::new("Undo") };
    link_button(&button, &RulesVersion { version: done - 1 }.url())
}

/// The form around a part. Those who may not change it read it.
fn form(area: Area, ruled: &Ruled, typed: &Typed, inside: &Markup) -> Markup {
    let faults: Vec<(&str, &str)> = typed.faults().collect();
    let version = typed.value("version", &ruled.version.to_string());
    let hidden = [("part", area.name()), ("version", version.as_str())];
    let note = typed.value("note", "");
    let length_max = NOTE_MAX;
    let note = Field {
        help: Some("Stands beside the version in the list."),
        is_optional: true,
        ..Field::new("note", "Why", &note, Input::Text { length_max })
    };
    let button =
        Button { busy_label: Some("Working it out"), ..Button::primary("Preview the changes") };
    html! {
        @if !ruled.may_edit {
            p.section.text-2 { "You can read the rules. Owners, administrators and managers can change them." }
            (inside)
        } @else {
            form method="post" action=(RulesPreview {}.url()) {
                (form_summary(&faults, "Nothing is saved yet."))
                (hidden_fields(&hidden))
                (inside)
                div.section {
                    div.form {
                        (field(&note))
                        div.actions {
                            (submit(&button, None))
                            (link_button(&Button { weight: Weight::Plain, ..Button::new("Put back") }, &area.url()))
                        }
                        p.text-2 { "Nothing changes before you have seen what it does." }
                    }
                }
            }
        }
    }
}
