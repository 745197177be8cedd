//! The pages of users in the states that matter.

use almanac_model::id::RemoteId;
use almanac_model::role::Role;
use almanac_store::User;
use maud::Markup;
use uuid::Uuid;

use super::form::NewUserForm;
use super::list_view::{UserLine, UsersView};
use super::person_view::{ClientChoice, NewUserView, OnceView, PersonView};
use crate::components::sample::HOSTILE;
use crate::extract::Faults;
use crate::page::Chrome;

fn user(name: &str, role: Role, clients: Option<Vec<RemoteId>>) -> User {
    User {
        id: Uuid::nil(),
        email: "ruth@calder-ridge.example".to_owned(),
        name: name.to_owned(),
        role,
        is_active: role != Role::ReadOnly,
        clients,
        preferences: "{}".to_owned(),
        created_at: 0,
        password_changed_at: 0,
    }
}

fn person(user: User) -> PersonView {
    PersonView {
        is_me: false,
        is_last_owner: false,
        may_change: true,
        roles: Role::ALL.to_vec(),
        sessions: 2,
        clients: vec![
            ClientChoice { id: "11".to_owned(), name: "Harrow & Pike LLP".to_owned(), is_on: true },
            ClientChoice { id: HOSTILE.to_owned(), name: HOSTILE.to_owned(), is_on: false },
        ],
        find: String::new(),
        user,
        faults: Faults::default(),
    }
}

/// Every page of this area in the states that matter.
pub(crate) fn samples() -> Vec<(&'static str, Markup)> {
    let chrome = Chrome::sample();
    let limited = user(HOSTILE, Role::Technician, Some(vec![RemoteId::new("11")]));
    let owner = user("Ruth Adeyemi", Role::Owner, None);
    let inactive = user("Priya Nair", Role::ReadOnly, Some(Vec::new()));
    let lines = vec![
        UserLine::new(&owner, true, Some(0), 40_000),
        UserLine::new(&limited, false, None, 0),
        UserLine::new(&inactive, false, None, 0),
    ];
    let last = PersonView { is_last_owner: true, is_me: true, ..person(owner.clone()) };
    let forbidden = PersonView { may_change: false, roles: vec![Role::Manager], ..person(owner) };
    let mut faults = Faults::default();
    faults.add("role", "Only an owner can make an owner; choose another role.");
    faults.add("reach", "Choose all clients or some.");
    let refused = PersonView { faults, ..person(limited.clone()) };
    let nothing = PersonView {
        clients: Vec::new(),
        find: HOSTILE.to_owned(),
        sessions: 0,
        ..person(inactive)
    };
    let mut faults = Faults::default();
    faults.add("email", "Another user has this address already; give another.");
    let form = NewUserForm {
        email: HOSTILE.to_owned(),
        name: HOSTILE.to_owned(),
        ..NewUserForm::default()
    };
    let new =
        NewUserView { form, roles: Role::ALL.to_vec(), request_key: "key".to_owned(), faults };
    vec![
        ("users", UsersView { lines }.page(&chrome)),
        ("user-last-owner", last.page(&chrome)),
        ("user-of-an-owner", forbidden.page(&chrome)),
        ("user-refused", refused.page(&chrome)),
        ("user-no-client-found", nothing.page(&chrome)),
        ("user-new", new.page(&chrome)),
        ("user-password-once", OnceView::new(&limited, "k3fw-92na".to_owned()).page(&chrome)),
    ]
}
