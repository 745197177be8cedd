//! The frame of a page: who is signed in, where they are, how old the data is, what was just done.
//!
//! [`Chrome`] is an extractor, so that a handler has all of it in one argument.

use std::sync::Arc;

use almanac_model::code::Code;
use almanac_model::role::Permission;
use almanac_model::stream::Stream;
use almanac_store::Pulse;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::tz::TimeZone;
use maud::Markup;

use crate::components::as_of::AsOf;
use crate::components::banner::Banner;
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::keys::KeyHint;
use crate::components::mark::Freshness;
use crate::components::shell::{self, Crumb, Full, NavGroup, NavLink, NavNote, Shell, Who};
use crate::error::WebError;
use crate::extract::Visitor;
use crate::flash::flash;
use crate::hold::Hold;
use crate::places;
use crate::preferences::{Density, Preferences, Theme};
use crate::route::Route;
use crate::state::WebState;

/// Data that was read within this time is current: a scan is due every few hours, and what
/// changed in between waits for it.
const CURRENT_MS_MAX: i64 = 26 * 3_600_000;

/// What the frame of every page shows.
#[derive(Debug, Clone)]
pub(crate) struct Chrome {
    /// The person's name.
    pub(crate) name: String,
    /// What their role lets them do.
    pub(crate) permissions: Vec<Permission>,
    /// How they want pages to look.
    pub(crate) preferences: Preferences,
    /// The tenant in one look.
    pub(crate) pulse: Arc<Pulse>,
    /// What was just done.
    pub(crate) said: Option<String>,
    /// Now, in milliseconds UTC.
    pub(crate) now_ms: i64,
}

/// What a page says of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Frame<'a> {
    /// What the window says.
    pub(crate) title: &'a str,
    /// The way to the page, the page itself last.
    pub(crate) crumbs: &'a [Crumb<'a>],
    /// The address of the side bar's link that the page lies under.
    pub(crate) current: &'a str,
    /// The page's own keys.
    pub(crate) keys: &'a [KeyHint<'a>],
    /// What waits for a person.
    pub(crate) banners: &'a [Banner<'a>],
    /// The streams whose data the page shows: one of them that is on hold is told above it.
    pub(crate) shows: &'a [Stream],
}

impl FromRequestParts<WebState> for Chrome {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, WebError> {
        let visitor = Visitor::from_request_parts(parts, web).await?;
        let user = &visitor.signed_in.user;
        let all = Permission::ALL.iter().copied();
        Ok(Chrome {
            name: user.name.clone(),
            permissions: all.filter(|permission| visitor.may(*permission)).collect(),
            preferences: Preferences::read(&user.preferences),
            pulse: visitor.pulse.clone(),
            said: flash(&parts.headers),
            now_ms: web.now_ms(),
        })
    }
}

impl Chrome {
    /// Whether the person may.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// The whole document around a page's content.
    pub(crate) fn page(&self, frame: &Frame<'_>, content: &Markup) -> Markup {
        let current = frame.current;
        let places = self.places(current);
        let halo = self.halo(current);
        let mut nav = vec![NavGroup { title: None, links: &places }];
        if !halo.is_empty() {
            nav.push(NavGroup { title: Some("Halo"), links: &halo });
        }
        let only = [Crumb { label: frame.title, href: None }];
        let iso = self.pulse.assets_as_of().map(format::iso).unwrap_or_default();
        let age = self.pulse.assets_as_of().map(|at_ms| self.age(at_ms)).unwrap_or_default();
        let full = Full {
            home_href: &places::Portfolio {}.url(),
            nav: &nav,
            crumbs: if frame.crumbs.is_empty() { &only } else { frame.crumbs },
            as_of: self.freshness().map(|freshness| AsOf { freshness, iso: &iso, age: &age }),
            search_href: &places::Search {}.url(),
            who: Who {
                name: &self.name,
                place: &self.pulse.name,
                settings_href: &places::Settings {}.url(),
            },
        };
        let holds = self.holds(frame.shows);
        let mut banners: Vec<Banner<'_>> =
            holds.iter().map(|hold| hold.banner(self.may(Permission::ViewSync))).collect();
        banners.extend_from_slice(frame.banners);
        let shell = Shell {
            title: frame.title,
            theme: self.preferences.theme,
            density: self.preferences.density,
            are_keys_off: self.preferences.are_keys_off,
            frame: shell::Frame::Full(full),
            banners: &banners,
            notice: self.said.as_deref(),
            keys: frame.keys,
        };
        shell::page(&shell, content)
    }

    /// The document of a wizard: its rail in place of the side bar.
    pub(crate) fn wizard(
        &self,
        title: &str,
        wizard: shell::Wizard<'_>,
        content: &Markup,
    ) -> Markup {
        let shell = Shell {
            title,
            theme: self.preferences.theme,
            density: self.preferences.density,
            are_keys_off: self.preferences.are_keys_off,
            frame: shell::Frame::Wizard(wizard),
            banners: &[],
            notice: self.said.as_deref(),
            keys: &[],
        };
        shell::page(&shell, content)
    }

    /// An instant's age, as shown.
    pub(crate) fn age(&self, at_ms: i64) -> String {
        format::age(at_ms, self.now_ms, &TimeZone::UTC)
    }

    /// How fresh the asset list is; `None` before the first scan.
    pub(crate) fn freshness(&self) -> Option<Freshness> {
        let age_ms = self.now_ms - self.pulse.assets_as_of()?;
        Some(match age_ms {
            _ if self.is_on_hold() => Freshness::OnHold,
            ..=60_000 => Freshness::Fresh,
            _ if age_ms <= CURRENT_MS_MAX => Freshness::Recent,
            _ => Freshness::Old,
        })
    }

    /// Whether a stream waits for a person.
    pub(crate) fn is_on_hold(&self) -> bool {
        let mut codes = self.pulse.streams.iter().filter_map(|stream| stream.held_code.as_deref());
        codes.any(|code| !Code::heals_by_itself(code))
    }

    /// Those of these streams that are on hold.
    fn holds(&self, shows: &[Stream]) -> Vec<Hold> {
        let pulses = self.pulse.streams.iter().filter(|pulse| shows.contains(&pulse.stream));
        let mut holds: Vec<Hold> =
            pulses.filter_map(|pulse| Hold::of(pulse, self.now_ms)).collect();
        // What passes by itself has one cause: once is enough.
        let first = holds.iter().position(Hold::does_pass);
        let mut at = 0;
        holds.retain(|hold| {
            let is_kept = !hold.does_pass() || Some(at) == first;
            at += 1;
            is_kept
        });
        holds
    }

    fn places(&self, current: &str) -> Vec<NavLink<'static>> {
        let may = self.may(Permission::ViewClients);
        let link = |label, icon, href, key| link(label, icon, href, Some(key), current);
        let links = [
            link("Portfolio", Icon::Portfolio, places::Portfolio::PATH, 'P'),
            link("Clients", Icon::Client, places::Clients::PATH, 'C'),
            link("Assets", Icon::Asset, places::Assets::PATH, 'A'),
        ];
        if may { links.to_vec() } else { Vec::new() }
    }

    fn halo(&self, current: &str) -> Vec<NavLink<'static>> {
        let mut links = Vec::new();
        if self.may(Permission::ViewSync) {
            let note = if self.is_on_hold() { NavNote::OnHold } else { NavNote::Quiet };
            let sync = link("Sync", Icon::Sync, places::Sync::PATH, Some('S'), current);
            links.push(NavLink { note, ..sync });
        }
        if self.may(Permission::WriteBack) {
            let path = places::WriteBack::PATH;
            links.push(link("Write-back", Icon::WriteBack, path, None, current));
        }
        if self.may(Permission::ManageConnection) {
            let path = places::Connection::PATH;
            links.push(link("Connection", Icon::Plug, path, None, current));
        }
        links
    }

    /// The frame of samples: everything may be done, nothing is held.
    #[cfg(test)]
    pub(crate) fn sample() -> Chrome {
        Chrome {
            name: "Ruth Adeyemi".to_owned(),
            permissions: Permission::ALL.to_vec(),
            preferences: Preferences::default(),
            pulse: Arc::new(Pulse {
                name: "Calder Ridge IT".to_owned(),
                connection: None,
                streams: Vec::new(),
            }),
            said: None,
            now_ms: 1_795_426_860_000,
        }
    }
}

fn link(
    label: &'static str,
    icon: Icon,
    href: &'static str,
    go_key: Option<char>,
    current: &str,
) -> NavLink<'static> {
    let is_current = href == current;
    NavLink { label, icon: Some(icon), href, is_current, note: NavNote::Quiet, go_key }
}

/// A page of someone who is not signed in.
pub(crate) fn bare_page(title: &str, content: &Markup) -> Markup {
    let shell = Shell {
        title,
        theme: Theme::System,
        density: Density::Normal,
        are_keys_off: false,
        frame: shell::Frame::Bare,
        banners: &[],
        notice: None,
        keys: &[],
    };
    shell::page(&shell, content)
}
