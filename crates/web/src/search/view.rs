//! What a search found, as it is shown.

use maud::{Markup, html};

use crate::components::filter::{Find, find};
use crate::components::format;
use crate::components::icon::{Icon, icon};
use crate::components::page::{Header, body, header, scrolling};
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::Route;

/// Something found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) label: String,
    pub(super) beside: String,
    pub(super) href: String,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SearchView {
    pub(super) text: String,
    pub(super) clients: Vec<Hit>,
    pub(super) clients_total: i64,
    pub(super) assets: Vec<Hit>,
    pub(super) assets_total: i64,
    pub(super) all_clients_href: String,
    pub(super) all_assets_href: String,
    pub(super) pages: Vec<Hit>,
}

impl SearchView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let frame = Frame { title: "Search", current: places::Search::PATH, ..Frame::default() };
        let sentence = self.sentence();
        let head = Header { title: "Search", sentence: &sentence, is_inline: false, actions: None };
        let field = find(&Find {
            action: places::Search::PATH,
            hint: "Client, asset, serial number or page",
            text: &self.text,
            kept: &[],
        });
        let inside = html! {
            (header(&head))
            div.filters.is-search { (field) }
            (scrolling("What was found", &html! { div.found { (self.results()) } }))
        };
        chrome.page(&frame, &body(&inside))
    }

    fn sentence(&self) -> String {
        if self.text.is_empty() {
            return "Type a name, a serial number, a model or a page.".to_owned();
        }
        let clients = format::count(self.clients_total, "client", "clients");
        let assets = format::count(self.assets_total, "asset", "assets");
        format!("{clients} and {assets} hold “{}”.", self.text)
    }

    /// The results alone, as the palette shows them.
    pub(super) fn results(&self) -> Markup {
        let has_none = self.clients.is_empty() && self.assets.is_empty() && self.pages.is_empty();
        html! {
            (group("Clients", Icon::Client, &self.clients, self.clients_total, &self.all_clients_href))
            (group("Assets", Icon::Asset, &self.assets, self.assets_total, &self.all_assets_href))
            (group("Pages", Icon::ArrowRight, &self.pages, self.pages.len() as i64, ""))
            @if has_none && !self.text.is_empty() {
                p.nothing { "Nothing holds “" (self.text) "”. A part of a word is enough." }
            }
        }
    }
}

fn group(title: &str, shape: Icon, hits: &[Hit], total: i64, all_href: &str) -> Markup {
    html! {
        @if !hits.is_empty() {
            section.section {
                div.section-head { h2 { (title) span.count { (format::number(total)) } } }
                ul {
                    @for hit in hits {
                        li { a href=(hit.href) {
                            (icon(shape)) span.label { (hit.label) } span.beside { (hit.beside) }
                        } }
                    }
                    @if total > hits.len() as i64 {
                        li { a.all href=(all_href) { "All " (format::number(total)) } }
                    }
                }
            }
        }
    }
}

/// The states that matter.
#[cfg(test)]
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    use crate::components::sample::HOSTILE;

    let chrome = Chrome::sample();
    let hit = Hit {
        label: HOSTILE.to_owned(),
        beside: HOSTILE.to_owned(),
        href: "/clients/7".to_owned(),
    };
    let view = SearchView {
        text: HOSTILE.to_owned(),
        clients: vec![hit.clone()],
        clients_total: 1,
        assets: vec![hit.clone()],
        assets_total: 33,
        all_clients_href: "/clients?q=x".to_owned(),
        all_assets_href: "/assets?q=x".to_owned(),
        pages: vec![hit],
    };
    let none = SearchView {
        clients: Vec::new(),
        assets: Vec::new(),
        pages: Vec::new(),
        clients_total: 0,
        assets_total: 0,
        ..view.clone()
    };
    let asked = SearchView { text: String::new(), ..none.clone() };
    vec![
        ("search", view.page(&chrome)),
        ("search, nothing found", none.page(&chrome)),
        ("search, nothing asked", asked.page(&chrome)),
    ]
}
