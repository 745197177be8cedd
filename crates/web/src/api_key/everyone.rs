//! Everybody's API keys, for who manages users: whose, when last used, revoke.
//!
//! Nobody sees a key. Its fingerprint, the start of its SHA-256, tells whether a key that was found
//! somewhere is one of these. An owner's keys are revoked by an owner, as an owner is changed by one.

use std::collections::HashMap;

use almanac_store::{ApiKey, User};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use uuid::Uuid;

use super::view::may_words;
use crate::components::button::{Button, act};
use crate::components::empty::{Empty, EmptyKind, empty};
use crate::components::format;
use crate::components::page::{Header, body, header, scrolling};
use crate::components::shell::Crumb;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, needs};
use crate::flash::said;
use crate::page::{Chrome, Frame};
use crate::places::{EveryApiKey, Settings, UserPage};
use crate::route::{Route, routes};
use crate::state::WebState;

routes! {
    /// Makes somebody's key useless.
    AnyApiKeyRevoke { key: Uuid } => "/settings/api-keys/{key}/revoke";
}

type Managing = Allowed<needs::ManageUsers>;

pub(super) async fn get(
    visitor: Managing,
    chrome: Chrome,
    State(web): State<WebState>,
) -> Result<Response, WebError> {
    let users = users(&visitor).await?;
    let keys = visitor.store.api_key_list(None).await?;
    let me = &visitor.signed_in.user;
    let lines = keys.iter().filter_map(|key| {
        let user = users.get(&key.user)?;
        Some(Line::new(key, user, me.role.may_grant(user.role), web.now_ms()))
    });
    Ok(EveryoneView { lines: lines.collect() }.page(&chrome).into_response())
}

async fn users(visitor: &Managing) -> Result<HashMap<Uuid, User>, WebError> {
    let users = visitor.store.user_list().await?;
    Ok(users.into_iter().map(|user| (user.id, user)).collect())
}

pub(super) async fn revoke(
    visitor: Managing,
    State(web): State<WebState>,
    Path(route): Path<AnyApiKeyRevoke>,
) -> Result<Response, WebError> {
    let keys = visitor.store.api_key_list(None).await?;
    let key = keys.into_iter().find(|key| key.id == route.key).ok_or(WebError::NotFound)?;
    let users = users(&visitor).await?;
    let user = users.get(&key.user).ok_or(WebError::NotFound)?;
    let back = see_other(&EveryApiKey {}.url());
    if !visitor.signed_in.user.role.may_grant(user.role) {
        return Ok(said(back, "Only an owner can revoke an owner's key. Nothing is revoked."));
    }
    let text = match visitor.store.api_key_revoke(user.id, key.id, visitor.by(&web)).await? {
        true => {
            format!("{}'s key {} is revoked. Nothing can use it any more.", user.name, key.name)
        }
        false => "The key was revoked already.".to_owned(),
    };
    Ok(said(back, &text))
}

/// The keys of everybody.
struct EveryoneView {
    lines: Vec<Line>,
}

/// One key and whose it is.
struct Line {
    name: String,
    user: String,
    user_url: String,
    may: &'static str,
    fingerprint: String,
    used: String,
    end: End,
}

enum End {
    /// This address revokes it.
    Revoke(String),
    /// Why it is not revoked here.
    Said(String),
}

impl Line {
    fn new(key: &ApiKey, user: &User, may_revoke: bool, now_ms: i64) -> Line {
        let age = |at_ms| format::age(at_ms, now_ms, &TimeZone::UTC);
        let day = |at_ms| format::date_time(at_ms, &TimeZone::UTC);
        Line {
            name: key.name.clone(),
            user: user.name.clone(),
            user_url: UserPage { user: user.id }.url(),
            may: may_words(key),
            fingerprint: key.fingerprint.clone(),
            used: key.last_used_at.map_or_else(|| "never used".to_owned(), age),
            end: match key.revoked_at {
                Some(at_ms) => End::Said(format!("revoked {}", day(at_ms))),
                None if may_revoke => End::Revoke(AnyApiKeyRevoke { key: key.id }.url()),
                None => End::Said("an owner's".to_owned()),
            },
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let revoke = Button { is_small: true, ..Button::new("Revoke the key") };
        vec![
            Cell::Other(html! { b { (self.name) } }),
            Cell::Name { label: &self.user, href: &self.user_url, beside: None },
            Cell::Text(self.may),
            Cell::Other(html! { span.mono { (self.fingerprint) } }),
            Cell::Text(&self.used),
            match &self.end {
                End::Revoke(url) => Cell::Other(act(&revoke, url, &[])),
                End::Said(text) => Cell::Other(html! { span.none { (text) } }),
            },
        ]
    }
}

impl EveryoneView {
    fn page(&self, chrome: &Chrome) -> Markup {
        let settings = Settings {}.url();
        let crumbs = [
            Crumb { label: "Settings", href: Some(&settings) },
            Crumb { label: "Everyone's API keys", href: None },
        ];
        let current = Settings::PATH;
        let title = "Everyone's API keys";
        let frame = Frame { title, crumbs: &crumbs, current, ..Frame::default() };
        let head = Header {
            title,
            sentence: "Each acts as its user. A fingerprint is the start of the key's SHA-256: it \
                       tells whether a key that was found is one of these.",
            is_inline: false,
            actions: None,
        };
        let parts = match self.lines.is_empty() {
            true => empty(&Empty {
                kind: EmptyKind::Good,
                title: "Nobody has an API key",
                text: "Who may use the API makes keys under Your account.",
                actions: Markup::default(),
            }),
            false => scrolling(title, &self.table()),
        };
        chrome.page(&frame, &body(&html! { (header(&head)) (parts) }))
    }

    fn table(&self) -> Markup {
        let columns = [
            Column::new("Key", ColumnKind::Name),
            Column::new("User", ColumnKind::Name),
            Column { drop: Some(2), ..Column::new("May", ColumnKind::Text) },
            Column { drop: Some(1), ..Column::new("Fingerprint", ColumnKind::Text) },
            Column::new("Last used", ColumnKind::Text),
            Column::new("Revoke", ColumnKind::Text),
        ];
        let row = |(line, index)| Part::Row(Row { index, key: "", cells: Line::cells(line) });
        let parts: Vec<Part<'_>> = self.lines.iter().zip(1..).map(row).collect();
        bare_table(&Table::whole("Everyone's API keys", &columns, &parts, RowHeight::Normal))
    }
}

/// The page in the states that matter.
#[cfg(test)]
pub(super) fn samples() -> Vec<(&'static str, Markup)> {
    use crate::components::sample::HOSTILE;
    let line = |name: &str, end: End| Line {
        name: name.to_owned(),
        user: name.to_owned(),
        user_url: "/settings/users/1".to_owned(),
        may: "read",
        fingerprint: "0123abcd".to_owned(),
        used: "never used".to_owned(),
        end,
    };
    let lines = vec![
        line("Nightly report", End::Revoke("/revoke".to_owned())),
        line(HOSTILE, End::Said("an owner's".to_owned())),
    ];
    let chrome = Chrome::sample();
    vec![
        ("api-keys-everyone", EveryoneView { lines }.page(&chrome)),
        ("api-keys-nobody", EveryoneView { lines: Vec::new() }.page(&chrome)),
    ]
}
