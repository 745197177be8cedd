//! Clients: the list of all, and the pages of one.

mod assets;
mod list;
mod list_view;
mod overview;
mod overview_view;
mod quarters;
mod why;

use almanac_fleet::FleetClient;
use almanac_model::role::Permission;
use maud::{Markup, html};

use crate::components::format;
use crate::components::keys::KeyHint;
use crate::components::page::{Header, header};
use crate::components::shell::Crumb;
use crate::components::tabs::{Tab, tabs};
use crate::hold::SHOWN_OF_ASSETS;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::{Access, Route, Routes};

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    let access = Access::Needs(Permission::ViewClients);
    routes
        .get::<places::Clients, _, _>(access, list::get)
        .get::<places::Client, _, _>(access, overview::get)
        .get::<places::ClientAssets, _, _>(access, assets::get)
        .get::<why::ClientWhy, _, _>(access, why::get)
}

/// The views of the area in the states that matter.
#[cfg(test)]
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    [list_view::samples(), overview_view::samples(), why::samples()].into_iter().flatten().collect()
}

/// A page of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClientTab {
    Overview,
    Assets,
}

/// What stands above every page of a client.
#[derive(Debug, Clone)]
struct ClientHead {
    id: String,
    name: String,
    /// Its type, and whether it is active.
    about: String,
    assets: String,
}

impl ClientHead {
    fn new(client: &FleetClient) -> ClientHead {
        let kind = client.type_name.clone().unwrap_or_else(|| "No client type in Halo".to_owned());
        let state = if client.is_inactive { ", deactivated in Halo" } else { "" };
        ClientHead {
            id: client.remote_id.as_str().to_owned(),
            name: client.name.clone(),
            about: format!("{kind}{state}"),
            assets: format::number(client.tally.assets.into()),
        }
    }

    /// The whole page around `content`.
    fn page(
        &self,
        chrome: &Chrome,
        tab: ClientTab,
        (keys, actions): (&[KeyHint<'_>], Option<Markup>),
        content: &Markup,
    ) -> Markup {
        let clients = places::Clients {}.url();
        let crumbs = [
            Crumb { label: "Clients", href: Some(&clients) },
            Crumb { label: &self.name, href: None },
        ];
        let frame = Frame {
            title: &self.name,
            crumbs: &crumbs,
            current: places::Clients::PATH,
            keys,
            shows: &SHOWN_OF_ASSETS,
            ..Frame::default()
        };
        let overview = places::Client { client: self.id.clone() }.url();
        let assets = places::ClientAssets { client: self.id.clone() }.url();
        let links = [
            Tab::new("Overview", &overview, tab == ClientTab::Overview),
            Tab::new("Assets", &assets, tab == ClientTab::Assets).with_count(&*self.assets),
        ];
        let head = Header { title: &self.name, sentence: &self.about, is_inline: true, actions };
        chrome.page(&frame, &html! { (header(&head)) (tabs("Client", &links)) (content) })
    }

    #[cfg(test)]
    fn sample() -> ClientHead {
        ClientHead {
            id: "7".to_owned(),
            name: crate::components::sample::HOSTILE.to_owned(),
            about: "Solicitors, deactivated in Halo".to_owned(),
            assets: "118".to_owned(),
        }
    }
}
