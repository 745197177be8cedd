//! The shell: the document, its side bar and top bar, the rail of a wizard, or a bare page.
//!
//! Nothing here is inline: no script, no style, so that the policy of the page can forbid both. Theme, height of
//! rows and keys are attributes of `<html>`, written by the server, so that no page flashes.

use maud::{DOCTYPE, Markup, html};

use super::as_of::{AsOf, as_of};
use super::banner::{Banner, banner};
use super::icon::{Icon, icon, product_mark};
use super::keys::{KeyHint, key_dialog};
use super::mark::hold_mark;
use super::notice::notice;
use crate::assets;
use crate::preferences::{Density, Theme};

/// What a link of the side bar says at its right: something to act on, never a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NavNote {
    /// Nothing to do.
    Quiet,
    /// How much is to be done.
    Count(u64),
    /// A stream is halted.
    OnHold,
}

/// A link of the side bar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NavLink<'a> {
    /// Its word.
    pub(crate) label: &'a str,
    /// Its icon; pinned clients have none.
    pub(crate) icon: Option<Icon>,
    /// Where it leads.
    pub(crate) href: &'a str,
    /// Whether the page lies under it.
    pub(crate) is_current: bool,
    /// What is to be done there.
    pub(crate) note: NavNote,
    /// The key that follows G.
    pub(crate) go_key: Option<char>,
}

/// A group of links.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NavGroup<'a> {
    /// Its heading; the first group has none.
    pub(crate) title: Option<&'a str>,
    /// Its links.
    pub(crate) links: &'a [NavLink<'a>],
}

/// A step of the way to this page; the last one is the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crumb<'a> {
    /// Its word.
    pub(crate) label: &'a str,
    /// Where it leads; the page itself leads nowhere.
    pub(crate) href: Option<&'a str>,
}

/// Who is signed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who<'a> {
    /// The person.
    pub(crate) name: &'a str,
    /// The MSP.
    pub(crate) place: &'a str,
    /// Settings and account.
    pub(crate) settings_href: &'a str,
}

/// The page of someone who is signed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Full<'a> {
    /// Where the word mark leads.
    pub(crate) home_href: &'a str,
    /// The side bar.
    pub(crate) nav: &'a [NavGroup<'a>],
    /// The way to this page.
    pub(crate) crumbs: &'a [Crumb<'a>],
    /// How old what is seen is.
    pub(crate) as_of: Option<AsOf<'a>>,
    /// Where a search is sent.
    pub(crate) search_href: &'a str,
    /// Who is signed in.
    pub(crate) who: Who<'a>,
}

/// A step of a wizard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// One line of result, or of what it will be.
    pub(crate) result: &'a str,
    /// A step that is done stays open to edit.
    pub(crate) href: Option<&'a str>,
    /// Whether it is done.
    pub(crate) is_done: bool,
    /// Whether it is this one.
    pub(crate) is_current: bool,
}

/// A wizard: one task, one exit.
#[derive(Debug, Clone)]
pub(crate) struct Wizard<'a> {
    /// "Connect Halo".
    pub(crate) title: &'a str,
    /// "calderridge.halopsa.com".
    pub(crate) subject: &'a str,
    /// Every step.
    pub(crate) steps: &'a [Step<'a>],
    /// What is promised, at the foot of the rail.
    pub(crate) promise: Markup,
    /// In the top bar, beside the exit.
    pub(crate) as_of: Option<AsOf<'a>>,
    /// Where "Save and exit" leads.
    pub(crate) exit_href: &'a str,
}

/// What stands around the content.
#[derive(Debug, Clone)]
pub(crate) enum Frame<'a> {
    /// Side bar and top bar.
    Full(Full<'a>),
    /// The rail of a wizard.
    Wizard(Wizard<'a>),
    /// Nothing but the word mark: sign-in, first-run, errors outside of a session.
    Bare,
}

/// A page without its content.
#[derive(Debug, Clone)]
pub(crate) struct Shell<'a> {
    /// What the window and a bookmark say; the product is added.
    pub(crate) title: &'a str,
    /// The person's theme.
    pub(crate) theme: Theme,
    /// How high the person wants rows.
    pub(crate) density: Density,
    /// Whether the person turned single keys off.
    pub(crate) are_keys_off: bool,
    /// Around the content.
    pub(crate) frame: Frame<'a>,
    /// What waits for a person.
    pub(crate) banners: &'a [Banner<'a>],
    /// What was just done.
    pub(crate) notice: Option<&'a str>,
    /// The keys of this page, for the list that `?` opens.
    pub(crate) keys: &'a [KeyHint<'a>],
}

/// The whole document.
pub(crate) fn page(shell: &Shell<'_>, content: &Markup) -> Markup {
    page_with(shell, content, &Markup::default())
}

/// The whole document, with more in its head.
pub(crate) fn page_with(shell: &Shell<'_>, content: &Markup, head_more: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[shell.theme.attribute()]
            data-density=[shell.density.attribute()] data-keys=[shell.are_keys_off.then_some("off")] {
            (head(shell.title, head_more))
            body {
                a.skip.unseen href="#content" { "Skip to the content" }
                (frame(shell, content))
                (key_dialog(shell.keys))
                div #announce .unseen role="status" {}
            }
        }
    }
}

fn head(title: &str, more: &Markup) -> Markup {
    let links = assets::links();
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            // htmx would add a style for its indicators; what it could evaluate the policy of the page forbids.
            meta name="htmx-config" content=r#"{"includeIndicatorCSS":false}"#;
            title { (title) " · Almanac" }
            @for font in &links.fonts {
                link rel="preload" as="font" type="font/woff2" href=(font) crossorigin;
            }
            @if let Some(style) = &links.style { link rel="stylesheet" href=(style); }
            (more)
            @if let Some(icon) = &links.icon { link rel="icon" type="image/svg+xml" href=(icon); }
            @if let Some(script) = &links.script { script type="module" src=(script) {} }
        }
    }
}

fn frame(shell: &Shell<'_>, content: &Markup) -> Markup {
    let main = html! {
        main.content #content tabindex="-1" {
            @if let Some(text) = shell.notice { (notice(text, None)) }
            @for each in shell.banners { (banner(each)) }
            (content)
        }
    };
    match &shell.frame {
        Frame::Full(full) => html! { div.shell { (side(full)) (top(full)) (main) } },
        Frame::Wizard(wizard) => {
            html! { div.shell.has-rail { (rail(wizard)) (wizard_top(wizard)) (main) } }
        }
        Frame::Bare => html! {
            div.bare {
                header { span.brand { (product_mark()) span.word { "Almanac" } } }
                main #content tabindex="-1" {
                    @if let Some(text) = shell.notice { (notice(text, None)) }
                    (content)
                }
            }
        },
    }
}

fn brand(href: &str) -> Markup {
    html! { a.brand href=(href) aria-label="Almanac, home" { (product_mark()) span.word { "Almanac" } } }
}

fn side(full: &Full<'_>) -> Markup {
    html! {
        aside.side #side aria-label="Almanac" {
            (brand(full.home_href))
            a.menu-close href="#" aria-label="Close the menu" { (icon(Icon::Close)) }
            nav aria-label="Main" {
                @for group in full.nav {
                    div.pinned[group.links.iter().all(|link| link.icon.is_none())] {
                        @if let Some(title) = group.title { h2 { (title) } }
                        ul.links { @for link in group.links { li { (nav_link(link)) } } }
                    }
                }
            }
            (who(&full.who))
        }
    }
}

fn nav_link(link: &NavLink<'_>) -> Markup {
    html! {
        a href=(link.href) aria-current=[link.is_current.then_some("page")] data-go=[link.go_key] {
            @if let Some(shape) = link.icon { (icon(shape)) }
            span.name { (link.label) }
            @match link.note {
                NavNote::Quiet => {},
                NavNote::Count(count) => span.count { (count) span.unseen { " to act on" } },
                NavNote::OnHold => span.count { (hold_mark()) span.unseen { "on hold" } },
            }
        }
    }
}

fn who(who: &Who<'_>) -> Markup {
    html! {
        div.who {
            span.initials aria-hidden="true" { (initials(who.name)) }
            span.name { b { (who.name) } span { (who.place) } }
            a.icon-button href=(who.settings_href) aria-label="Settings" { (icon(Icon::Settings)) }
        }
    }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

fn top(full: &Full<'_>) -> Markup {
    html! {
        div.top role="banner" {
            a.menu-open href="#side" aria-label="Menu" { (icon(Icon::Menu)) }
            nav.crumb aria-label="Where this is" {
                ol {
                    @for (at, crumb) in full.crumbs.iter().enumerate() {
                        li {
                            @if let Some(href) = crumb.href { a href=(href) { (crumb.label) } }
                            @else if at + 1 == full.crumbs.len() { span aria-current="page" { (crumb.label) } }
                            @else { span.text-2 { (crumb.label) } }
                        }
                    }
                }
            }
            @if let Some(view) = &full.as_of { (as_of(view)) }
            form.search role="search" method="get" action=(full.search_href) aria-label="Everywhere" {
                (icon(Icon::Search))
                input type="search" name="q" placeholder="Search or jump to" aria-label="Search or jump to"
                    autocomplete="off" spellcheck="false" maxlength="200";
                span.keys aria-hidden="true" { kbd { "Ctrl" } kbd { "K" } }
            }
        }
    }
}

fn rail(wizard: &Wizard<'_>) -> Markup {
    html! {
        aside.side.rail aria-label="Almanac" {
            (brand(wizard.exit_href))
            nav.rail-body aria-label="Steps" {
                p { b { (wizard.title) } }
                p.text-3.small { (wizard.subject) }
                ol.steps { @for (at, each) in wizard.steps.iter().enumerate() { (step(at + 1, each)) } }
            }
            div.rail-note { (wizard.promise) }
        }
    }
}

fn step(number: usize, step: &Step<'_>) -> Markup {
    let label = html! { span.name { (step.name) } span.result { (step.result) } };
    html! {
        li.is-done[step.is_done] aria-current=[step.is_current.then_some("step")] {
            span.number {
                @if step.is_done { (icon(Icon::Check)) span.unseen { "done" } } @else { (number) }
            }
            @if let Some(href) = step.href { a.label href=(href) { (label) } } @else { span.label { (label) } }
        }
    }
}

fn wizard_top(wizard: &Wizard<'_>) -> Markup {
    let current = wizard.steps.iter().position(|step| step.is_current).map_or(1, |at| at + 1);
    html! {
        div.top role="banner" {
            span.crumb.text-2 { "Step " (current) " of " (wizard.steps.len()) }
            @if let Some(view) = &wizard.as_of { (as_of(view)) }
            a.button.is-plain href=(wizard.exit_href) { "Save and exit" }
        }
    }
}

/// The foot of a wizard's page: back, and Continue, which says beside it why it is off.
pub(crate) fn wizard_foot(back: &Markup, go_on: &Markup) -> Markup {
    html! { div.wizard-foot { (back) div.go-on { (go_on) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        let all = ["Ruth Adeyemi", "ruth", "Ana Maria de Souza", "", "Émile Zola"].map(initials);
        assert_eq!(all, ["RA", "R", "AS", "", "ÉZ"]);
    }
}
