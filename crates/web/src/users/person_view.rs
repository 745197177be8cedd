//! One user: what can be changed, and beside each control that cannot be used, why.

use almanac_model::role::{Permission, Role};
use almanac_store::User;
use maud::{Markup, html};
use uuid::Uuid;

use super::form::NewUserForm;
use super::list_view::{in_frame, sees};
use super::{
    LAST_OWNER, UserActive, UserClients, UserNew, UserPage, UserPassword, UserRole, UserSignOut,
};
use crate::components::button::{Button, Weight, act, hidden_fields, link_button, submit};
use crate::components::field::{Field, Input, check_box, field, form_summary, radio};
use crate::components::filter::{Find, find};
use crate::components::format;
use crate::components::page::{Header, body, header, section_head};
use crate::extract::Faults;
use crate::page::Chrome;
use crate::route::Route;

/// One user's page.
pub(super) struct PersonView {
    pub(super) user: User,
    pub(super) is_me: bool,
    pub(super) is_last_owner: bool,
    /// Whether the visitor may change this user.
    pub(super) may_change: bool,
    pub(super) roles: Vec<Role>,
    pub(super) sessions: usize,
    pub(super) clients: Vec<ClientChoice>,
    pub(super) find: String,
    pub(super) faults: Faults,
}

/// A client that can be chosen.
pub(super) struct ClientChoice {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_on: bool,
}

impl PersonView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let state = if self.user.is_active { "" } else { " Deactivated: may not sign in." };
        let sentence = format!(
            "{}, {}, sees {}.{state}",
            self.user.email,
            self.user.role.title(),
            sees(&self.user)
        );
        let head =
            Header { title: &self.user.name, sentence: &sentence, is_inline: false, actions: None };
        let faults: Vec<(&str, &str)> = self.faults.iter().collect();
        let inside = html! {
            (header(&head))
            div.scroll {
                @if !faults.is_empty() { div.section { (form_summary(&faults, "Nothing is saved.")) } }
                @if !self.may_change { p.section { "Only an owner can change an owner." } }
                (self.role())
                (self.reach())
                (self.sign_in())
                (self.password())
            }
        };
        in_frame(chrome, &self.user.name, Some((&self.user.name, None)), &body(&inside))
    }

    fn id(&self) -> Uuid {
        self.user.id
    }

    fn role(&self) -> Markup {
        let off_because = match (self.may_change, self.is_last_owner) {
            (false, _) => Some("Only an owner can change an owner."),
            (true, true) => Some(LAST_OWNER),
            (true, false) => None,
        };
        let mut roles: Vec<(&str, &str)> =
            self.roles.iter().map(|role| (role.name(), role.title())).collect();
        if !self.roles.contains(&self.user.role) {
            roles.push((self.user.role.name(), self.user.role.title()));
        }
        html! {
            section.section {
                (section_head("Role", None))
                form.form method="post" action=(UserRole { user: self.id() }.url()) {
                    (field(&Field {
                        fault: self.faults.of("role"),
                        ..Field::new("role", "Role", self.user.role.name(), Input::Select(&roles))
                    }))
                    div.form-foot { (submit(&Button { off_because, ..Button::new("Give this role") }, None)) }
                }
                (role_table())
            }
        }
    }

    fn reach(&self) -> Markup {
        let off_because = match (self.may_change, self.user.role == Role::Owner, self.is_me) {
            (false, _, _) => Some("Only an owner can change an owner."),
            (_, true, _) => Some("An owner sees every client; give another role first."),
            (_, _, true) => Some("You cannot limit yourself."),
            _ => None,
        };
        let is_limited = self.user.clients.is_some();
        let page = UserPage { user: self.id() }.url();
        let search = Find { action: &page, hint: "Find a client", text: &self.find, kept: &[] };
        html! {
            section.section #reach {
                (section_head("Clients", Some(&html! { "sees " (sees(&self.user)) })))
                @if let Some(reason) = off_because {
                    p.text-2 { (reason) }
                } @else {
                    (find(&search))
                    form.form method="post" action=(UserClients { user: self.id() }.url()) {
                        @if let Some(fault) = self.faults.of("reach") { p.is-over { (fault) } }
                        (radio("reach", "all", "Every client", None, !is_limited))
                        (radio("reach", "some", "Only those chosen below", Some("In lists, counts, sums, search and exports; settings and sync are hidden."), is_limited))
                        (self.choices())
                        div.form-foot { (submit(&Button::new("Save the limit"), None)) }
                    }
                }
            }
        }
    }

    fn choices(&self) -> Markup {
        html! {
            fieldset.client-choices {
                legend.unseen { "Clients" }
                @if self.clients.is_empty() {
                    p.text-2 {
                        @if self.find.is_empty() { "No client has been read from Halo yet." }
                        @else { "No client has “" (self.find) "” in its name." }
                    }
                }
                @for choice in &self.clients {
                    (check_box("client", &choice.id, &choice.name, None, choice.is_on))
                }
            }
        }
    }

    fn sign_in(&self) -> Markup {
        let is_active = self.user.is_active;
        let off_because = match (self.may_change, self.is_last_owner, self.is_me) {
            (false, _, _) => Some("Only an owner can change an owner."),
            (_, true, _) => Some(LAST_OWNER),
            (_, _, true) => Some("You cannot deactivate yourself."),
            _ => None,
        };
        let label = if is_active { "Deactivate" } else { "Let sign in again" };
        let weight = if is_active { Weight::Danger } else { Weight::Normal };
        let button =
            Button { weight, off_because: off_because.filter(|_| is_active), ..Button::new(label) };
        let none = (self.sessions == 0).then_some("No session is open.");
        let end = Button { off_because: none, ..Button::new("End the sessions") };
        let value = if is_active { "false" } else { "true" };
        html! {
            section.section {
                (section_head("Sign-in", Some(&html! { (self.open_sessions()) })))
                p.text-2 { "Who is deactivated is signed out everywhere and their API keys rest. What they decided stays." }
                @if let Some(fault) = self.faults.of("active") { p.is-over { (fault) } }
                div.form-foot {
                    (act(&button, &UserActive { user: self.id() }.url(), &[("active", value)]))
                    @if self.may_change { (act(&end, &UserSignOut { user: self.id() }.url(), &[])) }
                }
            }
        }
    }

    fn open_sessions(&self) -> String {
        let count = i64::try_from(self.sessions).unwrap_or(i64::MAX);
        format::count(count, "open session", "open sessions")
    }

    fn password(&self) -> Markup {
        let off_because = match (self.may_change, self.is_me) {
            (false, _) => Some("Only an owner can change an owner."),
            (_, true) => Some("Yours is changed under Your account."),
            _ => None,
        };
        html! {
            section.section {
                (section_head("Password", None))
                form.form method="post" action=(UserPassword { user: self.id() }.url()) {
                    @if off_because.is_none() {
                        (field(&Field {
                            help: Some("Empty makes one, which is shown once. The person is signed out everywhere."),
                            fault: self.faults.of("new_password"),
                            is_optional: true,
                            autocomplete: "new-password",
                            ..Field::new("new_password", "New password", "", Input::Secret)
                        }))
                    } @else if let Some(fault) = self.faults.of("new_password") { p.is-over { (fault) } }
                    div.form-foot { (submit(&Button { off_because, ..Button::new("Set a new password") }, None)) }
                }
            }
        }
    }
}

/// What each role may do.
fn role_table() -> Markup {
    html! {
        details.halo-step {
            summary { "What each role may do" }
            div.scroll role="region" aria-label="What each role may do" tabindex="0" {
                table.table.is-28 {
                    caption.unseen { "What each role may do" }
                    thead { tr {
                        th.is-name scope="col" { "May" }
                        @for role in Role::ALL { th scope="col" { (role.title()) } }
                        th scope="col" { "When limited to clients" }
                    } }
                    tbody {
                        @for permission in Permission::ALL {
                            tr {
                                th.is-name scope="row" { (permission.title()) }
                                @for role in Role::ALL { td { (yes(role.allows(*permission))) } }
                                td { (yes(!permission.is_tenant_wide())) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn yes(is_so: bool) -> Markup {
    html! { @if is_so { "yes" } @else { span.void { "no" } } }
}

/// The form of a new user.
pub(super) struct NewUserView {
    pub(super) form: NewUserForm,
    pub(super) roles: Vec<Role>,
    pub(super) request_key: String,
    pub(super) faults: Faults,
}

impl NewUserView {
    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let head = Header {
            title: "Add a user",
            sentence: "A person who signs in here. Nobody is written to: you hand over the password.",
            is_inline: false,
            actions: None,
        };
        let roles: Vec<(&str, &str)> =
            self.roles.iter().map(|role| (role.name(), role.title())).collect();
        let faults: Vec<(&str, &str)> = self.faults.iter().collect();
        let inside = html! {
            (header(&head))
            div.scroll { section.section {
                form.form method="post" action=(UserNew {}.url()) {
                    @if !faults.is_empty() { (form_summary(&faults, "Nobody is added yet.")) }
                    (hidden_fields(&[("request_key", &self.request_key)]))
                    (field(&Field {
                        fault: self.faults.of("email"),
                        ..Field::new("email", "E-mail address", &self.form.email, Input::Email)
                    }))
                    (field(&Field {
                        fault: self.faults.of("name"),
                        ..Field::new("name", "Name", &self.form.name, Input::Text { length_max: 120 })
                    }))
                    (field(&Field {
                        fault: self.faults.of("role"),
                        help: Some("A limit to clients is set on the next page."),
                        ..Field::new("role", "Role", &self.form.role, Input::Select(&roles))
                    }))
                    (field(&Field {
                        fault: self.faults.of("password"),
                        help: Some("Empty makes one, which is shown once."),
                        is_optional: true,
                        autocomplete: "new-password",
                        ..Field::new("password", "Initial password", "", Input::Secret)
                    }))
                    (submit(&Button { busy_label: Some("Adding"), ..Button::primary("Add the user") }, None))
                }
                (role_table())
            } }
        };
        in_frame(chrome, "Add a user", Some(("Add a user", None)), &body(&inside))
    }
}

/// A password that was made, shown in this one answer.
pub(super) struct OnceView {
    id: Uuid,
    name: String,
    email: String,
    password: String,
}

impl OnceView {
    pub(super) fn new(user: &User, password: String) -> OnceView {
        OnceView { id: user.id, name: user.name.clone(), email: user.email.clone(), password }
    }

    pub(super) fn page(&self, chrome: &Chrome) -> Markup {
        let title = format!("The password of {}", self.name);
        let head = Header {
            title: &title,
            sentence: "It is shown this once. Hand it over by another way than e-mail; they can change it after signing in.",
            is_inline: false,
            actions: None,
        };
        let go_on =
            link_button(&Button::primary("I have noted it"), &UserPage { user: self.id }.url());
        let inside = html! {
            (header(&head))
            div.scroll { section.section {
                dl.facts {
                    dt { "E-mail address" } dd { (self.email) }
                    dt { "Password" } dd { code.once { (self.password) } }
                }
                div.form-foot {
                    (go_on)
                    button.button type="button" data-copy=(self.password) data-script { "Copy the password" }
                }
            } }
        };
        in_frame(chrome, &title, Some((&self.name, Some(self.id))), &body(&inside))
    }
}
