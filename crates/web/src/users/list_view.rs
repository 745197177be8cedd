//! Every user in a table.

use almanac_store::User;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use uuid::Uuid;

use super::{UserNew, UserPage};
use crate::components::button::{Button, link_button};
use crate::components::format;
use crate::components::icon::Icon;
use crate::components::page::{Header, body, header};
use crate::components::shell::Crumb;
use crate::components::table::{Cell, Column, ColumnKind, Part, Row, RowHeight, Table, bare_table};
use crate::page::{Chrome, Frame};
use crate::places::{self, Users};
use crate::route::Route;

/// Every user.
pub(super) struct UsersView {
    pub(super) lines: Vec<UserLine>,
}

/// One user.
pub(super) struct UserLine {
    url: String,
    name: String,
    email: String,
    role: &'static str,
    sees: String,
    is_active: bool,
    is_me: bool,
    seen: Option<String>,
}

impl UserLine {
    pub(super) fn new(user: &User, is_me: bool, seen_at: Option<i64>, now_ms: i64) -> UserLine {
        UserLine {
            url: UserPage { user: user.id }.url(),
            name: user.name.clone(),
            email: user.email.clone(),
            role: user.role.title(),
            sees: sees(user),
            is_active: user.is_active,
            is_me,
            seen: seen_at.map(|at| format::age(at, now_ms, &TimeZone::UTC)),
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let beside = self.is_me.then_some("you");
        vec![
            Cell::Name { label: &self.name, href: &self.url, beside },
            Cell::Value(&self.email),
            Cell::Value(self.role),
            Cell::Text(&self.sees),
            if self.is_active { Cell::Text("may sign in") } else { Cell::Void("deactivated") },
            self.seen.as_deref().map_or(Cell::Void("no session"), Cell::Text),
        ]
    }
}

/// Which clients a user sees, in words.
pub(super) fn sees(user: &User) -> String {
    match &user.clients {
        None => "every client".to_owned(),
        Some(clients) if clients.is_empty() => "no client".to_owned(),
        Some(clients) => {
            let count = i64::try_from(clients.len()).unwrap_or(i64::MAX);
            format::count(count, "client", "clients")
        }
    }
}

impl UsersView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let active = self.lines.iter().filter(|line| line.is_active).count();
        let sentence = format!(
            "{} may sign in. What each role may do is one table for everyone.",
            format::count(i64::try_from(active).unwrap_or(i64::MAX), "person", "people")
        );
        let add = Button { icon: Some(Icon::Plus), ..Button::primary("Add a user") };
        let head = Header {
            title: "Users",
            sentence: &sentence,
            is_inline: false,
            actions: Some(link_button(&add, &UserNew {}.url())),
        };
        let inside = html! {
            (header(&head))
            div.scroll role="region" aria-label="Users" tabindex="0" { (self.table()) }
        };
        in_frame(chrome, "Users", None, &body(&inside))
    }

    fn table(&self) -> Markup {
        let columns = [
            Column::new("Name", ColumnKind::Name),
            Column { drop: Some(2), ..Column::new("E-mail address", ColumnKind::Text) },
            Column::new("Role", ColumnKind::Text),
            Column::new("Sees", ColumnKind::Text),
            Column::new("Sign-in", ColumnKind::Text),
            Column { drop: Some(1), ..Column::new("Last seen", ColumnKind::Text) },
        ];
        let parts: Vec<Part<'_>> = self
            .lines
            .iter()
            .zip(1..)
            .map(|(line, index)| Part::Row(Row { index, key: &line.email, cells: line.cells() }))
            .collect();
        bare_table(&Table::whole("Users", &columns, &parts, RowHeight::Normal))
    }
}

/// A page of this area; `under` is the user that it is about.
pub(super) fn in_frame(
    chrome: &Chrome,
    title: &str,
    under: Option<(&str, Option<Uuid>)>,
    content: &Markup,
) -> Markup {
    let (settings, users) = (places::Settings {}.url(), Users {}.url());
    let mut crumbs = vec![Crumb { label: "Settings", href: Some(&settings) }];
    let page = under.and_then(|(_, user)| user).map(|user| UserPage { user }.url());
    match under {
        None => crumbs.push(Crumb { label: "Users", href: None }),
        Some((label, _)) => {
            crumbs.push(Crumb { label: "Users", href: Some(&users) });
            crumbs.push(Crumb { label, href: page.as_deref() });
        }
    }
    let frame =
        Frame { title, crumbs: &crumbs, current: places::Settings::PATH, ..Frame::default() };
    chrome.page(&frame, content)
}
