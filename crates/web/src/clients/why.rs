//! Why a client has a value: Halo's record and field, when it was read, who owns it.
//!
//! A client's values are Halo's: nobody locks them here, so there is no history of ours to show.

use almanac_fleet::FleetClient;
use almanac_model::id::RemoteId;
use almanac_model::projection::Projection;
use almanac_model::stream::Stream;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use crate::components::format;
use crate::components::page::{self, Header};
use crate::components::shell::Crumb;
use crate::components::why::{ValueView, value_source};
use crate::error::WebError;
use crate::extract::{Allowed, Visitor, is_fragment, needs};
use crate::hold::SHOWN_OF_ASSETS;
use crate::page::{Chrome, Frame};
use crate::places;
use crate::route::{Route, routes};
use crate::shown::Shown;
use crate::state::WebState;

routes! {
    /// Why a client has its values.
    ClientWhy { client: String } => "/clients/{client}/why";
}

/// A value of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    Type,
    Website,
    State,
}

impl Field {
    const ALL: [Field; 4] = [Field::Name, Field::Type, Field::Website, Field::State];

    fn name(self) -> &'static str {
        match self {
            Field::Name => "name",
            Field::Type => "type",
            Field::Website => "website",
            Field::State => "state",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Field::Name => "Name",
            Field::Type => "Type",
            Field::Website => "Website",
            Field::State => "State",
        }
    }

    /// The property of `/Client` that it is taken from (HALO-API 3.1).
    fn in_halo(self) -> &'static str {
        match self {
            Field::Name => "name",
            Field::Type => "customertype",
            Field::Website => "website",
            Field::State => "inactive",
        }
    }
}

/// A client's values with where they come from.
#[derive(Debug, Clone)]
pub(super) struct ClientValues {
    id: String,
    name: String,
    kind: Option<String>,
    website: Option<String>,
    is_inactive: bool,
    /// When clients were last read whole: for people, for machines.
    read: Option<(String, String)>,
}

impl ClientValues {
    /// What is known of a client that the visitor may see.
    pub(super) async fn read(
        visitor: &Visitor,
        client: &FleetClient,
    ) -> Result<ClientValues, WebError> {
        let connection = visitor.store.connection_active().await?.ok_or(WebError::NotFound)?;
        let ids: [RemoteId; 1] = [client.remote_id.clone()];
        let rows = visitor.store.projection_load(connection.id, Stream::Clients, &ids).await?;
        let website = rows.into_iter().find_map(|row| match row.projection {
            Projection::Client(client) => client.website,
            _ => None,
        });
        let pulses = &visitor.pulse.streams;
        let pulse = pulses.iter().find(|pulse| pulse.stream == Stream::Clients);
        let read_at = pulse.and_then(|pulse| pulse.last_scan_at);
        Ok(ClientValues {
            id: client.remote_id.as_str().to_owned(),
            name: client.name.clone(),
            kind: client.type_name.clone(),
            website: website.filter(|text| !text.trim().is_empty()),
            is_inactive: client.is_inactive,
            read: read_at.map(|at| (format::date_time(at, &TimeZone::UTC), format::iso(at))),
        })
    }

    fn value(&self, field: Field) -> Result<&str, &'static str> {
        match field {
            Field::Name => Ok(&self.name),
            Field::Type => self.kind.as_deref().ok_or("no type"),
            Field::Website => self.website.as_deref().ok_or("no record"),
            Field::State => Ok(if self.is_inactive { "Deactivated" } else { "Active" }),
        }
    }

    /// Every value with the way to its explanation.
    pub(super) fn section(&self) -> Markup {
        let url = ClientWhy { client: self.id.clone() }.url();
        html! {
            section.section {
                (page::section_head("From Halo", Some(&html! { "customer " (self.id) })))
                dl.facts {
                    @for field in Field::ALL {
                        dt {
                            a href={ (url) "?of=" (field.name()) } aria-haspopup="dialog"
                                data-why={ "Why this " (field.title().to_lowercase()) } { (field.title()) }
                        }
                        dd {
                            @match self.value(field) {
                                Ok(value) => { (value) },
                                Err(void) => { span.text-3 { (void) } },
                            }
                        }
                    }
                }
            }
        }
    }

    /// The explanation of one value, or of all.
    fn article(&self, of: Option<Field>) -> Markup {
        let shown: Vec<Field> =
            Field::ALL.into_iter().filter(|field| of.is_none_or(|of| of == *field)).collect();
        html! {
            article.why {
                header { h2 { (self.title(of)) } span.subject.text-3.small { (self.name) } }
                @for field in shown {
                    @let title = match self.value(field) {
                        Ok(value) => format!("{} {value}", field.title()),
                        Err(void) => format!("{}: {void}", field.title()),
                    };
                    (value_source(&ValueView { title: &title, is_locked: false, facts: &self.facts(field) }))
                }
                @if of.is_some() {
                    footer {
                        a href={ (ClientWhy { client: self.id.clone() }.url()) } { "All 4 field sources" }
                    }
                }
            }
        }
    }

    fn facts(&self, field: Field) -> Vec<(&'static str, Markup)> {
        let source = html! { "Halo customer " (self.id) ", field " code { (field.in_halo()) } };
        let fetched = match &self.read {
            Some((at, iso)) => {
                html! { "seen by the scan that ended " time datetime=(iso) { (at) } " UTC" }
            }
            None => html! { "by the first scan, which is still under way" },
        };
        let owner = html! { "Halo: it is changed there, and the next read brings it here" };
        vec![("Source", source), ("Fetched", fetched), ("Owner", owner)]
    }

    fn title(&self, of: Option<Field>) -> String {
        match of {
            Some(field) => format!("Why this {}?", field.title().to_lowercase()),
            None => "Why these values?".to_owned(),
        }
    }

    /// The same as a page.
    fn page(&self, chrome: &Chrome, of: Option<Field>) -> Markup {
        let clients = places::Clients {}.url();
        let client = places::Client { client: self.id.clone() }.url();
        let crumbs = [
            Crumb { label: "Clients", href: Some(&clients) },
            Crumb { label: &self.name, href: Some(&client) },
            Crumb { label: "Why", href: None },
        ];
        let title = self.title(of);
        let frame = Frame {
            title: &title,
            crumbs: &crumbs,
            current: places::Clients::PATH,
            shows: &SHOWN_OF_ASSETS,
            ..Frame::default()
        };
        let head = Header { title: &self.name, sentence: &title, is_inline: false, actions: None };
        let article = page::scrolling("Why", &self.article(of));
        chrome.page(&frame, &html! { (page::header(&head)) (page::body(&article)) })
    }

    #[cfg(test)]
    pub(super) fn sample() -> ClientValues {
        use crate::components::sample::HOSTILE;

        ClientValues {
            id: "7".to_owned(),
            name: HOSTILE.to_owned(),
            kind: Some(HOSTILE.to_owned()),
            website: None,
            is_inactive: true,
            read: Some(("23 Nov 2026, 09:41".to_owned(), "2026-11-23T09:41:00Z".to_owned())),
        }
    }
}

/// The views in the states that matter.
#[cfg(test)]
pub(super) fn samples() -> Vec<(&'static str, Markup)> {
    let (chrome, values) = (Chrome::sample(), ClientValues::sample());
    let unread = ClientValues { read: None, ..values.clone() };
    vec![
        ("client-why", values.page(&chrome, None)),
        ("client-why-website", unread.page(&chrome, Some(Field::Website))),
    ]
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WhyQuery {
    of: Vec<String>,
}

pub(super) async fn get(
    visitor: Allowed<needs::ViewClients>,
    chrome: Chrome,
    State(web): State<WebState>,
    headers: HeaderMap,
    Path(route): Path<ClientWhy>,
    Query(query): Query<WhyQuery>,
) -> Result<Response, WebError> {
    let shown = Shown::of(&web, &visitor).await?;
    let client = shown.client(&route.client)?;
    let values = ClientValues::read(&visitor, client).await?;
    // What is no field is ignored, as everywhere in an address.
    let asked = query.of.first();
    let of = asked.and_then(|asked| Field::ALL.into_iter().find(|field| field.name() == asked));
    if is_fragment(&headers) {
        return Ok(values.article(of).into_response());
    }
    Ok(values.page(&chrome, of).into_response())
}
