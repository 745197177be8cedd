//! Samples of the shell, which need a small world: who, where to, what waits.

use maud::{Markup, html};
use serde::Deserialize;

use super::as_of::AsOf;
use super::banner::{Banner, Level};
use super::button::{Button, link_button, submit};
use super::field::{Field, Input, field};
use super::icon::Icon;
use super::keys::IN_TABLES;
use super::mark::Freshness;
use super::page::{Header, body, header};
use super::sample::HOSTILE;
use super::shell::{
    Crumb, Frame, Full, NavGroup, NavLink, NavNote, Shell, Step, Who, Wizard, page_with,
    wizard_foot,
};
use crate::preferences::{Density, Theme};

const fn link(label: &'static str, icon: Icon, note: NavNote) -> NavLink<'static> {
    NavLink { label, icon: Some(icon), href: "/styleguide", is_current: false, note, go_key: None }
}

const PINNED: NavLink<'static> = NavLink {
    label: HOSTILE,
    icon: None,
    href: "/styleguide",
    is_current: true,
    note: NavNote::Quiet,
    go_key: None,
};

/// The side bar of the pictures.
const NAV: [NavGroup<'static>; 3] = [
    NavGroup {
        title: None,
        links: &[
            NavLink { go_key: Some('p'), ..link("Portfolio", Icon::Portfolio, NavNote::Quiet) },
            link("Decisions", Icon::Decisions, NavNote::Count(12)),
            link("Reviews", Icon::Calendar, NavNote::Count(4)),
            link("Tickets", Icon::Inbox, NavNote::Count(143)),
            link("Plans", Icon::Board, NavNote::Quiet),
        ],
    },
    NavGroup {
        title: Some("Halo"),
        links: &[
            link("Sync", Icon::Sync, NavNote::OnHold),
            link("Mapping", Icon::Mapping, NavNote::Count(23)),
            link("Write-back", Icon::WriteBack, NavNote::Count(2)),
        ],
    },
    NavGroup { title: Some("Pinned clients"), links: &[PINNED] },
];

const AS_OF: AsOf<'static> = AsOf { freshness: Freshness::Fresh, iso: "", age: "40 s" };

const STEPS: [Step<'static>; 3] = [
    Step {
        name: "Connect",
        result: "Token works. Halo 2.196, hosted",
        href: Some("/styleguide"),
        is_done: true,
        is_current: false,
    },
    Step {
        name: "Permissions",
        result: "12 of 14 areas granted",
        href: None,
        is_done: false,
        is_current: true,
    },
    Step {
        name: "Scope",
        result: "Which teams, types and statuses",
        href: None,
        is_done: false,
        is_current: false,
    },
];

fn full() -> Frame<'static> {
    Frame::Full(Full {
        home_href: "/styleguide",
        nav: &NAV,
        crumbs: &[
            Crumb { label: "Development", href: Some("/styleguide") },
            Crumb { label: "Styleguide", href: None },
        ],
        as_of: Some(AS_OF),
        search_href: "/styleguide",
        who: Who { name: "Ruth Adeyemi", place: "Calder Ridge IT", settings_href: "/styleguide" },
    })
}

fn wizard() -> Frame<'static> {
    Frame::Wizard(Wizard {
        title: "Connect Halo",
        subject: "calderridge.halopsa.com",
        steps: &STEPS,
        promise: html! { b { "Read-only so far" } p { "14 requests sent to Halo, all GET. Nothing has been written." } },
        as_of: Some(AS_OF),
        exit_href: "/styleguide",
    })
}

/// Which frame the styleguide stands in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FrameSample {
    /// Side bar and top bar.
    #[default]
    Full,
    /// The rail of a wizard.
    Wizard,
    /// Nothing but the word mark.
    Bare,
}

/// The styleguide's document: its content in the full frame, a short page in the others.
pub(crate) fn document(
    theme: Theme,
    which: FrameSample,
    content: &Markup,
    head_more: &Markup,
) -> Markup {
    let banner = Banner {
        level: Level::Warning,
        title: "Halo has not answered since 09:22.",
        text: "You see data as of 09:21.",
        hint: None,
        actions: None,
    };
    let (frame, content) = match which {
        FrameSample::Full => (full(), content.clone()),
        FrameSample::Wizard => (wizard(), wizard_content()),
        FrameSample::Bare => (Frame::Bare, bare_content()),
    };
    let shell = Shell {
        title: "Styleguide",
        theme,
        density: Density::Normal,
        are_keys_off: false,
        frame,
        banners: if which == FrameSample::Wizard { std::slice::from_ref(&banner) } else { &[] },
        notice: (which == FrameSample::Bare).then_some("Signed out everywhere else."),
        keys: &IN_TABLES,
    };
    page_with(&shell, &content, head_more)
}

fn wizard_content() -> Markup {
    let again = link_button(
        &Button { icon: Some(Icon::Sync), key: Some("R"), ..Button::new("Check again") },
        "/styleguide",
    );
    let head = header(&Header {
        title: "Permissions",
        sentence: "Halo checks two gates: the API application and the agent it logs in as. Both must allow an area. \
                   One required area is closed, so you cannot continue yet.",
        is_inline: false,
        actions: Some(again),
    });
    let back = Button { icon: Some(Icon::ArrowLeft), ..Button::new("Connect") };
    let go_on = Button {
        off_because: Some("Contacts must be open to continue."),
        ..Button::primary("Continue to Scope")
    };
    html! { (body(&head)) (wizard_foot(&link_button(&back, "/styleguide"), &link_button(&go_on, "/styleguide"))) }
}

fn bare_content() -> Markup {
    let email = Field {
        autocomplete: "username",
        ..Field::new("email", "E-mail address", "", Input::Email)
    };
    let secret = Field {
        autocomplete: "current-password",
        ..Field::new("password", "Password", "", Input::Secret)
    };
    html! {
        h1 { "Sign in" }
        p { "To Calder Ridge IT." }
        form.form method="post" action="/styleguide" {
            (field(&email)) (field(&secret))
            div.form-foot { (submit(&Button::primary("Sign in"), None)) }
        }
    }
}

/// A whole page of each frame, for the test of documents.
#[cfg(test)]
pub(super) fn documents() -> Vec<Markup> {
    [FrameSample::Full, FrameSample::Wizard, FrameSample::Bare]
        .map(|which| document(Theme::System, which, &html! { h1 { "A page" } }, &Markup::default()))
        .into()
}
